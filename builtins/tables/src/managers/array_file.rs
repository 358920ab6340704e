//! Files of arrays of any shape (`table.fNi`), which the standard, the
//! incremental and the AipsIO manager point into.
//!
//! Such a file has a version and its length at its head. An array is a
//! reference count (from version 1 on), the number of axes, their lengths
//! (first axis fastest), and its values; for texts the places of the values.
//!
//! Source: `casacore/tables/DataMan/{StArrayFile,StIndArray}.cc`.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::bits;
use super::buckets::{u32_at, u64_at};
use super::window::Window;
use crate::aipsio::text;
use crate::buffer::{BufferMut, Endian};
use crate::data_type::DataType;
use crate::error::{Error, Result};
use crate::storage::{Folder, Source};

/// Axes of an array at most; more is taken for damage.
const MAX_AXES: u32 = 64;

/// Places of texts, and bytes of booleans, read at once.
const AT_ONCE: usize = 4096;

/// An array file that is opened when an array is asked for.
pub(crate) struct ArrayFile {
    folder: Arc<dyn Folder>,
    name: String,
    endian: Endian,
    open: OnceLock<Result<Open>>,
}

struct Open {
    source: Arc<dyn Source>,
    endian: Endian,
    /// Whether a reference count stands before each array.
    counted: bool,
    /// The window of the last reader, for the next one.
    kept: Mutex<Option<Window>>,
}

impl ArrayFile {
    /// The file of that name, in that byte order.
    pub(crate) fn new(folder: &Arc<dyn Folder>, name: String, endian: Endian) -> Self {
        Self { folder: Arc::clone(folder), name, endian, open: OnceLock::new() }
    }

    /// Begins to read.
    pub(crate) fn cursor(&self) -> Result<Cursor<'_>> {
        let open = self.open.get_or_init(|| self.open()).as_ref().map_err(Error::clone)?;
        let kept = open.kept.lock().unwrap_or_else(PoisonError::into_inner).take();
        Ok(Cursor { file: open, window: kept.unwrap_or_default() })
    }

    fn open(&self) -> Result<Open> {
        let source = self.folder.open(&self.name)?;
        let head = source.bytes(0, 12)?;
        let version = u32_at(&head, 0, self.endian).unwrap_or_default();
        let length = u64_at(&head, 4, self.endian).unwrap_or_default();
        if version > 1 || length > i64::MAX as u64 {
            return Err(Error::corrupt(
                source.path(),
                "is not a file of arrays of a known version",
            ));
        }
        Ok(Open { source, endian: self.endian, counted: version > 0, kept: Mutex::default() })
    }
}

/// Reads arrays, best those that follow each other.
pub(crate) struct Cursor<'a> {
    file: &'a Open,
    window: Window,
}

impl Drop for Cursor<'_> {
    fn drop(&mut self) {
        let window = std::mem::take(&mut self.window);
        *self.file.kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(window);
    }
}

/// Where the values of an array are, and how many.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Values {
    pub(crate) offset: u64,
    pub(crate) count: usize,
}

impl Cursor<'_> {
    /// Reads the head of the array at an offset, fills in its shape in C
    /// order, and makes sure that all its values are in the file.
    pub(crate) fn array(
        &mut self,
        kind: DataType,
        offset: u64,
        shape: &mut Vec<usize>,
    ) -> Result<Values> {
        let source = &*self.file.source;
        let endian = self.file.endian;
        let corrupt = |what: String| Error::corrupt(source.path(), what);
        let at = offset.saturating_add(if self.file.counted { 4 } else { 0 });
        let head = self.window.fetch(source, at, 4)?;
        let ndim = u32_at(head, 0, endian).filter(|ndim| *ndim <= MAX_AXES);
        let Some(ndim) = ndim else {
            return Err(corrupt(format!("no array stands at byte {offset}")));
        };
        let ndim = ndim as usize;
        let axes = self.window.fetch(source, at + 4, ndim * 4)?;
        shape.clear();
        let mut count = 1usize;
        for axis in (0..ndim).rev() {
            let length = u32_at(axes, axis * 4, endian).unwrap_or_default();
            let product = count.checked_mul(length as usize);
            let (Some(product), 0..=0x7fff_ffff) = (product, length) else {
                return Err(corrupt(format!("the array at byte {offset} has an impossible shape")));
            };
            count = product;
            shape.push(length as usize);
        }
        if ndim == 0 {
            shape.push(0);
            count = 0;
        }
        let values = at + 4 + ndim as u64 * 4;
        source.check(values, stored_bytes(kind, count))?;
        Ok(Values { offset: values, count })
    }

    /// Reads all values of an array.
    pub(crate) fn values(&mut self, from: u64, mut out: BufferMut<'_>) -> Result<()> {
        match &mut out {
            BufferMut::Bool(values) => self.bools(from, values),
            BufferMut::String(values) => self.texts(from, values),
            _ => {
                if let Some(bytes) = out.bytes_mut() {
                    self.window.read(&*self.file.source, from, bytes)?;
                }
                out.to_native(self.file.endian);
                Ok(())
            }
        }
    }

    /// Reads bytes as they are in the file.
    pub(crate) fn bytes(&mut self, from: u64, out: &mut [u8]) -> Result<()> {
        self.window.read(&*self.file.source, from, out)
    }

    /// The byte order of the file.
    pub(crate) fn endian(&self) -> Endian {
        self.file.endian
    }

    fn bools(&mut self, mut from: u64, out: &mut [bool]) -> Result<()> {
        for group in out.chunks_mut(AT_ONCE * 8) {
            let length = group.len().div_ceil(8);
            bits::unpack(self.window.fetch(&*self.file.source, from, length)?, 0, group);
            from += length as u64;
        }
        Ok(())
    }

    fn texts(&mut self, mut from: u64, out: &mut [String]) -> Result<()> {
        let source = &*self.file.source;
        let endian = self.file.endian;
        // The texts of an array do not overlap in a sound file.
        let mut left = source.len();
        let mut places = Vec::new();
        for group in out.chunks_mut(AT_ONCE) {
            places.clear();
            places.extend_from_slice(self.window.fetch(source, from, group.len() * 4)?);
            from += places.len() as u64;
            for (at, value) in group.iter_mut().enumerate() {
                value.clear();
                let place = u64::from(u32_at(&places, at * 4, endian).unwrap_or_default());
                if place == 0 {
                    continue;
                }
                let length =
                    u32_at(self.window.fetch(source, place, 4)?, 0, endian).unwrap_or_default();
                left = left.checked_sub(u64::from(length)).ok_or_else(|| {
                    Error::corrupt(source.path(), format!("the text at byte {place} is too long"))
                })?;
                *value = text(self.window.fetch(source, place + 4, length as usize)?);
            }
        }
        Ok(())
    }
}

/// Bytes that so many values take in an array file.
fn stored_bytes(kind: DataType, count: usize) -> u64 {
    match kind {
        DataType::Bool => count.div_ceil(8) as u64,
        DataType::String => (count as u64).saturating_mul(4),
        _ => (count as u64).saturating_mul(kind.width().unwrap_or(1) as u64),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::storage::Memory;

    /// A file in pieces: numbers of 32 bits, and bytes as they are.
    struct Made(Vec<u8>, Endian);

    impl Made {
        fn new(version: u32, endian: Endian) -> Self {
            let mut made = Self(Vec::new(), endian);
            made.words(&[version]);
            made.0.extend([0; 12]);
            made
        }

        fn words(&mut self, words: &[u32]) {
            for word in words {
                let bytes = match self.1 {
                    Endian::Big => word.to_be_bytes(),
                    Endian::Little => word.to_le_bytes(),
                };
                self.0.extend(bytes);
            }
        }

        fn file(self) -> ArrayFile {
            let folder: Arc<dyn Folder> = Arc::new(Memory::new([("a".into(), self.0)]));
            ArrayFile::new(&folder, "a".into(), self.1)
        }
    }

    #[test]
    fn reads_arrays_with_and_without_a_count() {
        for endian in [Endian::Big, Endian::Little] {
            for version in [0, 1] {
                let mut made = Made::new(version, endian);
                let count: &[u32] = if version == 0 { &[] } else { &[7] };
                made.words(count);
                made.words(&[2, 3, 2, 10, 11, 12, 13, 14, 15]);
                let bools = made.0.len() as u64;
                made.words(count);
                made.words(&[1, 10]);
                made.0.extend([0b0000_0101, 0b10]);
                let file = made.file();
                let mut cursor = file.cursor().unwrap();
                let mut shape = Vec::new();
                let values = cursor.array(DataType::Int, 16, &mut shape).unwrap();
                assert_eq!((values.count, &shape[..]), (6, &[2, 3][..]));
                let mut numbers = [0; 6];
                cursor.values(values.offset, BufferMut::Int(&mut numbers)).unwrap();
                assert_eq!(numbers, [10, 11, 12, 13, 14, 15]);
                let values = cursor.array(DataType::Bool, bools, &mut shape).unwrap();
                let mut flags = [false; 10];
                cursor.values(values.offset, BufferMut::Bool(&mut flags)).unwrap();
                assert_eq!(flags.iter().filter(|flag| **flag).count(), 3);
                assert!(flags[0] && flags[2] && flags[9]);
                assert!(cursor.array(DataType::Double, bools, &mut shape).is_err());
            }
        }
    }

    #[test]
    fn refuses_texts_that_share_their_bytes() {
        let texts = |places: &[u32]| {
            let mut made = Made::new(0, Endian::Big);
            made.words(&[1, 4]);
            made.words(places);
            made.words(&[12]);
            made.0.extend(b"twelve bytes");
            let file = made.file();
            let mut cursor = file.cursor().unwrap();
            let values = cursor.array(DataType::String, 16, &mut Vec::new()).unwrap();
            let mut out = vec![String::from("before"); 4];
            cursor.values(values.offset, BufferMut::String(&mut out)).map(|()| out)
        };
        assert_eq!(texts(&[0, 40, 0, 0]).unwrap(), ["", "twelve bytes", "", ""]);
        assert!(texts(&[0, 41, 0, 0]).is_err());
        // 56 bytes in all, of which the texts would be 48; the next is too much.
        assert!(texts(&[40, 40, 40, 40]).is_ok());
        assert!(texts(&[28, 40, 40, 40]).is_err());
    }

    #[test]
    fn refuses_impossible_shapes() {
        for words in
            [[65, 1, 1, 1], [3, 0xffff_ffff, 1, 1], [3, 0x7fff_ffff, 0x7fff_ffff, 9], [1, 5, 0, 0]]
        {
            let mut made = Made::new(0, Endian::Little);
            made.words(&words);
            let file = made.file();
            assert!(file.cursor().unwrap().array(DataType::Int, 16, &mut Vec::new()).is_err());
        }
        assert!(Made::new(2, Endian::Little).file().cursor().is_err());
    }
}
