//! AipsIO: casacore's format for nested, versioned objects.
//!
//! An object is a magic number (outermost only), its total length, its type
//! name and its version, followed by its fields. `table.dat`, the headers of
//! all storage managers and the lock file are written in it. In memory it is
//! always big-endian, except where a storage manager says otherwise.
//!
//! Source of the format: `casacore/casa/IO/AipsIO.{h,cc}`, `ArrayIO.tcc`,
//! `IPositionIO.cc`.

mod values;

use std::ops::Range;
use std::path::Path;

use crate::buffer::Endian;
use crate::error::{Error, Result};

/// The number before each outermost object, and the length of an object
/// whose writer did not know it.
pub(crate) const MAGIC: u32 = 0xbebe_bebe;

/// How deep objects may nest; a damaged file must not exhaust the stack.
const MAX_DEPTH: usize = 64;

/// Reads objects from bytes in memory.
pub(crate) struct Reader<'a> {
    path: &'a Path,
    bytes: &'a [u8],
    at: usize,
    endian: Endian,
    /// End of each open object, outermost first; `usize::MAX` where unknown.
    open: [usize; MAX_DEPTH],
    depth: usize,
}

impl<'a> Reader<'a> {
    /// A reader of big-endian bytes; `path` is named in errors.
    pub(crate) fn new(path: &'a Path, bytes: &'a [u8]) -> Self {
        Self::with_endian(path, bytes, Endian::Big)
    }

    /// A reader of bytes in a given order (headers of some storage managers).
    pub(crate) fn with_endian(path: &'a Path, bytes: &'a [u8], endian: Endian) -> Self {
        Self { path, bytes, at: 0, endian, open: [0; MAX_DEPTH], depth: 0 }
    }

    /// A reader of an object that stands at a place inside another, and so
    /// has no magic number before it.
    pub(crate) fn inside(path: &'a Path, bytes: &'a [u8], place: &Range<usize>) -> Self {
        let bytes = bytes.get(..place.end).unwrap_or_default();
        let at = place.start.min(bytes.len());
        let open = [usize::MAX; MAX_DEPTH];
        Self { path, bytes, at, endian: Endian::Big, open, depth: 1 }
    }

    /// The position in the bytes.
    pub(crate) fn position(&self) -> usize {
        self.at
    }

    /// The file that is named in errors.
    pub(crate) fn path(&self) -> &'a Path {
        self.path
    }

    /// How many bytes are left.
    pub(crate) fn remaining(&self) -> usize {
        self.bytes.len() - self.at
    }

    /// A "damaged" error at this place.
    pub(crate) fn corrupt(&self, what: impl std::fmt::Display) -> Error {
        Error::corrupt(self.path, format!("{what} (at byte {})", self.at))
    }

    /// Opens an object of the given type and gives its version.
    #[inline]
    pub(crate) fn start(&mut self, kind: &str) -> Result<u32> {
        let (found, version) = self.open()?;
        if found != kind.as_bytes() {
            let found = text(found);
            return Err(self.corrupt(format_args!("holds a {found:?} where a {kind} should stand")));
        }
        Ok(version)
    }

    /// Opens an object of any type and gives its type and version.
    pub(crate) fn start_any(&mut self) -> Result<(String, u32)> {
        let (kind, version) = self.open()?;
        Ok((text(kind), version))
    }

    #[inline]
    fn open(&mut self) -> Result<(&'a [u8], u32)> {
        let (kind, end) = self.header()?;
        let version = self.u32()?;
        let Some(place) = self.open.get_mut(self.depth) else {
            return Err(self.corrupt("objects are nested too deeply"));
        };
        *place = end;
        self.depth += 1;
        Ok((kind, version))
    }

    #[inline]
    fn header(&mut self) -> Result<(&'a [u8], usize)> {
        if self.depth == 0 && self.u32()? != MAGIC {
            return Err(self.corrupt("is not an AipsIO object"));
        }
        let start = self.at;
        let length = self.u32()?;
        let end = if length == MAGIC { usize::MAX } else { start.saturating_add(length as usize) };
        if end != usize::MAX && end > self.bytes.len() {
            return Err(self.corrupt("is cut off: an object is longer than the file"));
        }
        Ok((self.raw_string()?, end))
    }

    fn close(&mut self) -> Option<usize> {
        self.depth = self.depth.checked_sub(1)?;
        self.open.get(self.depth).copied()
    }

    /// Closes the innermost object; all of it must have been read.
    #[inline]
    pub(crate) fn end(&mut self) -> Result<()> {
        match self.close() {
            Some(end) if end == usize::MAX || end == self.at => Ok(()),
            Some(end) => Err(self.corrupt(format_args!("an object should end at byte {end}"))),
            None => Err(self.corrupt("no object is open")),
        }
    }

    /// Closes the innermost object wherever it was read to.
    pub(crate) fn skip_to_end(&mut self) -> Result<()> {
        match self.close() {
            Some(end) if end != usize::MAX && end >= self.at => {
                self.at = end;
                Ok(())
            }
            _ => Err(self.corrupt("an object of unknown length cannot be skipped")),
        }
    }

    /// Passes over an object that stands inside another; `false` where its
    /// length is unknown, so that it has to be read.
    pub(crate) fn skip_object(&mut self) -> Result<bool> {
        let start = self.at;
        let (_, end) = self.header()?;
        let known = self.depth > 0 && end != usize::MAX && end >= self.at;
        self.at = if known { end } else { start };
        Ok(known)
    }

    /// The next bytes.
    #[inline]
    pub(crate) fn take(&mut self, length: usize) -> Result<&'a [u8]> {
        match self.bytes.get(self.at..).and_then(|rest| rest.get(..length)) {
            Some(bytes) => {
                self.at += length;
                Ok(bytes)
            }
            None => Err(self.cut_off(length)),
        }
    }

    #[cold]
    #[inline(never)]
    fn cut_off(&self, length: usize) -> Error {
        self.corrupt(format_args!("is cut off: {length} more bytes should follow"))
    }

    #[inline]
    fn number<const N: usize>(&mut self) -> Result<[u8; N]> {
        let Some(bytes) = self.bytes.get(self.at..).and_then(|rest| rest.first_chunk::<N>()) else {
            return Err(self.cut_off(N));
        };
        self.at += N;
        let mut bytes = *bytes;
        if self.endian == Endian::Little {
            bytes.reverse();
        }
        Ok(bytes)
    }

    /// A boolean: one bit in a byte of its own.
    #[inline]
    pub(crate) fn bool(&mut self) -> Result<bool> {
        Ok(self.take(1)?[0] & 1 != 0)
    }

    /// An unsigned byte.
    pub(crate) fn u8(&mut self) -> Result<u8> {
        Ok(self.take(1)?[0])
    }

    /// A signed 16-bit number.
    pub(crate) fn i16(&mut self) -> Result<i16> {
        self.number().map(i16::from_be_bytes)
    }

    /// An unsigned 16-bit number.
    pub(crate) fn u16(&mut self) -> Result<u16> {
        self.number().map(u16::from_be_bytes)
    }

    /// A signed 32-bit number.
    #[inline]
    pub(crate) fn i32(&mut self) -> Result<i32> {
        self.number().map(i32::from_be_bytes)
    }

    /// An unsigned 32-bit number.
    #[inline]
    pub(crate) fn u32(&mut self) -> Result<u32> {
        self.number().map(u32::from_be_bytes)
    }

    /// A signed 64-bit number.
    pub(crate) fn i64(&mut self) -> Result<i64> {
        self.number().map(i64::from_be_bytes)
    }

    /// An unsigned 64-bit number.
    pub(crate) fn u64(&mut self) -> Result<u64> {
        self.number().map(u64::from_be_bytes)
    }

    /// A 32-bit float.
    pub(crate) fn f32(&mut self) -> Result<f32> {
        self.number().map(f32::from_be_bytes)
    }

    /// A 64-bit float.
    pub(crate) fn f64(&mut self) -> Result<f64> {
        self.number().map(f64::from_be_bytes)
    }

    /// Text: its length in bytes, then its bytes. Bytes that are not UTF-8
    /// become replacement characters.
    pub(crate) fn string(&mut self) -> Result<String> {
        self.raw_string().map(text)
    }

    /// Passes over a text and tells where its bytes are.
    #[inline]
    pub(crate) fn skip_string(&mut self) -> Result<Range<usize>> {
        let length = self.raw_string()?.len();
        Ok(self.at - length..self.at)
    }

    /// The bytes of a text.
    #[inline]
    pub(crate) fn raw_string(&mut self) -> Result<&'a [u8]> {
        let length = self.u32()? as usize;
        self.take(length)
    }

    /// A count that stands before `width` bytes for each item; refused when
    /// the rest of the bytes cannot hold so many.
    #[inline]
    pub(crate) fn count(&mut self, width: usize) -> Result<usize> {
        let count = self.u32()? as usize;
        if count.saturating_mul(width) > self.remaining() {
            return Err(self.corrupt(format_args!("is cut off: {count} items should follow")));
        }
        Ok(count)
    }

    /// A shape in storage order (first axis fastest), as `IPosition` holds it.
    pub(crate) fn position_shape(&mut self) -> Result<Vec<i64>> {
        let version = self.start("IPosition")?;
        let wide = version == 2;
        let count = self.count(if wide { 8 } else { 4 })?;
        let mut axes = Vec::with_capacity(count);
        for _ in 0..count {
            axes.push(if wide { self.i64()? } else { i64::from(self.i32()?) });
        }
        self.end()?;
        Ok(axes)
    }

    /// The same in C order (last axis fastest); negative lengths become 0.
    pub(crate) fn shape(&mut self) -> Result<Vec<usize>> {
        let version = self.start("IPosition")?;
        let wide = version == 2;
        let count = self.count(if wide { 8 } else { 4 })?;
        let mut axes = vec![0; count];
        for axis in axes.iter_mut().rev() {
            let length = if wide { self.i64()? } else { i64::from(self.i32()?) };
            *axis = usize::try_from(length).unwrap_or(0);
        }
        self.end()?;
        Ok(axes)
    }

    /// A block of unsigned 32-bit numbers.
    pub(crate) fn block_u32(&mut self) -> Result<Vec<u32>> {
        self.start("Block")?;
        let count = self.count(4)?;
        let mut numbers = Vec::with_capacity(count);
        for _ in 0..count {
            numbers.push(self.u32()?);
        }
        self.end()?;
        Ok(numbers)
    }

    /// A block of unsigned 64-bit numbers.
    pub(crate) fn block_u64(&mut self) -> Result<Vec<u64>> {
        self.start("Block")?;
        let count = self.count(8)?;
        let mut numbers = Vec::with_capacity(count);
        for _ in 0..count {
            numbers.push(self.u64()?);
        }
        self.end()?;
        Ok(numbers)
    }
}

/// Bytes of a file as text; bytes that are not UTF-8 become replacement characters.
pub(crate) fn text(bytes: &[u8]) -> String {
    // Nearly all texts are UTF-8, and the check alone is several times faster.
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_string(),
        Err(_) => String::from_utf8_lossy(bytes).into_owned(),
    }
}
