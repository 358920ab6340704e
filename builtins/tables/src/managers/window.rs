//! A buffered view of a file for many small reads, most of them forward.
//!
//! Arrays and texts of a few bytes stand one after the other in the files of
//! the standard managers. The window reads further ahead the longer the
//! places asked for follow each other, and little when they jump about.

use crate::error::Result;
use crate::storage::Source;

/// Bytes read at least, after a jump.
const LEAST: usize = 4 << 10;
/// Bytes read at most.
const MOST: usize = 256 << 10;
/// Reads of this size and more do not go through the window.
const DIRECT: usize = 32 << 10;
/// How far behind the window a place may be to count as "following".
const NEAR: u64 = 16 << 10;

/// The bytes of a file that were read last.
#[derive(Default)]
pub(crate) struct Window {
    start: u64,
    bytes: Vec<u8>,
    ahead: usize,
}

impl Window {
    /// The bytes at an offset.
    pub(crate) fn fetch<'a>(
        &'a mut self,
        source: &'a dyn Source,
        offset: u64,
        length: usize,
    ) -> Result<&'a [u8]> {
        if let Some(file) = source.held() {
            let start = usize::try_from(offset).unwrap_or(usize::MAX);
            if let Some(bytes) = file.get(start..start.saturating_add(length)) {
                return Ok(bytes);
            }
        }
        let at = match self.find(offset, length) {
            Some(at) => at,
            None => self.fill(source, offset, length)?,
        };
        Ok(self.bytes.get(at..at + length).unwrap_or_default())
    }

    /// Fills `out` with the bytes at an offset.
    pub(crate) fn read(&mut self, source: &dyn Source, offset: u64, out: &mut [u8]) -> Result<()> {
        let direct = out.len() >= DIRECT && source.held().is_none();
        if direct && self.find(offset, out.len()).is_none() {
            source.check(offset, out.len() as u64)?;
            source.read_at(offset, out)?;
            self.bytes.clear();
            self.start = offset + out.len() as u64;
            self.ahead = LEAST;
            return Ok(());
        }
        out.copy_from_slice(self.fetch(source, offset, out.len())?);
        Ok(())
    }

    /// Where in the window a place of the file is, if all of it is there.
    fn find(&self, offset: u64, length: usize) -> Option<usize> {
        let at = usize::try_from(offset.checked_sub(self.start)?).ok()?;
        (at.checked_add(length)? <= self.bytes.len()).then_some(at)
    }

    fn fill(&mut self, source: &dyn Source, offset: u64, length: usize) -> Result<usize> {
        source.check(offset, length as u64)?;
        let end = self.start + self.bytes.len() as u64;
        let follows = offset >= self.start && offset <= end.saturating_add(NEAR);
        self.ahead = if follows { (self.ahead * 2).clamp(LEAST, MOST) } else { LEAST };
        let left = usize::try_from(source.len() - offset).unwrap_or(usize::MAX);
        let size = length.max(self.ahead).min(left);
        self.start = offset;
        self.bytes.resize(size, 0);
        if let Err(error) = source.read_at(offset, &mut self.bytes) {
            self.bytes.clear();
            return Err(error);
        }
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;
    use crate::storage::{Folder as _, Memory};

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn gives_the_bytes_of_the_file(
            length in 0usize..200_000,
            reads in prop::collection::vec((0u64..220_000, 0usize..70_000), 1..30),
        ) {
            let bytes: Vec<u8> = (0..length).map(|at| (at * 31 % 251).to_le_bytes()[0]).collect();
            let source = Memory::new([("file".into(), bytes.clone())]).open("file").unwrap();
            let mut window = Window::default();
            for (offset, length) in reads {
                let at = usize::try_from(offset).unwrap();
                let mut out = vec![0; length];
                let read = window.read(&*source, offset, &mut out);
                match bytes.get(at..at + length) {
                    Some(expected) => {
                        prop_assert_eq!(&out, expected);
                        prop_assert_eq!(window.fetch(&*source, offset, length).unwrap(), expected);
                    }
                    None => prop_assert!(read.is_err() && window.fetch(&*source, offset, length).is_err()),
                }
            }
        }
    }
}
