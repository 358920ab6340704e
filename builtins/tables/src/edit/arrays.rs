//! Writes files of arrays of any shape (`table.fNi`).
//!
//! Source of the format: `casacore/tables/DataMan/{StArrayFile,StIndArray}.cc`.

use super::cells::Cell;
use super::files::NewFile;
use crate::buffer::Endian;
use crate::error::{Error, Result};

/// Bytes before the first array.
const HEAD: u64 = 16;

/// Bytes collected before they are written.
const BUFFER: usize = 1 << 20;

/// An array file under construction.
pub(super) struct ArrayWriter {
    file: NewFile,
    endian: Endian,
    /// Whether a reference count stands before each array.
    counted: bool,
    /// What is not written yet, and where it goes.
    buffer: Vec<u8>,
    start: u64,
}

impl ArrayWriter {
    /// A new file; `counted` is its version 1, which the incremental manager has.
    pub(super) fn new(file: NewFile, endian: Endian, counted: bool) -> Self {
        Self { file, endian, counted, buffer: Vec::new(), start: HEAD }
    }

    fn end(&self) -> u64 {
        self.start + self.buffer.len() as u64
    }

    /// Appends an array and gives its place.
    pub(super) fn put(&mut self, shape: &[usize], cell: Cell<'_>) -> Result<u64> {
        while !self.end().is_multiple_of(8) {
            self.buffer.push(0);
        }
        let place = self.end();
        if self.counted {
            self.number(1);
        }
        self.number(u32::try_from(shape.len()).unwrap_or(0));
        for axis in shape.iter().rev() {
            let axis = u32::try_from(*axis).map_err(|_| self.refused("an axis is too long"))?;
            self.number(axis);
        }
        if let Cell::Texts(texts) = cell {
            self.texts(texts)?;
        } else {
            self.buffer.extend_from_slice(&cell.packed());
        }
        self.flush(BUFFER)?;
        Ok(place)
    }

    /// The places of the texts, and behind them the texts.
    fn texts(&mut self, texts: &[String]) -> Result<()> {
        let mut place = self.end() + 4 * texts.len() as u64;
        for text in texts {
            let stored = if text.is_empty() { 0 } else { place };
            let stored = u32::try_from(stored)
                .map_err(|_| self.refused("texts beyond 4 GiB cannot be stored"))?;
            self.number(stored);
            if !text.is_empty() {
                place += 4 + text.len() as u64;
            }
        }
        for text in texts.iter().filter(|text| !text.is_empty()) {
            self.number(u32::try_from(text.len()).map_err(|_| self.refused("a text is too long"))?);
            self.buffer.extend_from_slice(text.as_bytes());
        }
        Ok(())
    }

    /// Sets how often the array at a place is used.
    pub(super) fn used(&mut self, place: u64, count: u32) -> Result<()> {
        let bytes = self.endian.u32(count);
        if let Some(at) = place.checked_sub(self.start).and_then(|at| usize::try_from(at).ok())
            && let Some(target) = self.buffer.get_mut(at..at + 4)
        {
            target.copy_from_slice(&bytes);
            return Ok(());
        }
        self.file.write(&bytes, place)
    }

    fn number(&mut self, number: u32) {
        let bytes = self.endian.u32(number);
        self.buffer.extend_from_slice(&bytes);
    }

    fn flush(&mut self, above: usize) -> Result<()> {
        if self.buffer.len() > above {
            self.file.write(&self.buffer, self.start)?;
            self.start += self.buffer.len() as u64;
            self.buffer.clear();
        }
        Ok(())
    }

    /// Writes the head and makes sure that all is on disk.
    pub(super) fn finish(mut self) -> Result<()> {
        self.flush(0)?;
        let mut head = self.endian.u32(u32::from(self.counted)).to_vec();
        head.extend(self.endian.u64(self.start));
        head.extend([0; 4]);
        self.file.write(&head, 0)?;
        self.file.sync()
    }

    fn refused(&self, what: &str) -> Error {
        Error::Refused { path: self.file.path.clone(), what: what.into() }
    }
}
