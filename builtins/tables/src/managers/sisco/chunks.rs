//! The file of a Sisco column: a head, then chunks of deflated numbers.
//!
//! In a chunk the lowest bytes of all mantissas come first, then their second
//! bytes and so on, then all exponents; so deflate finds more to save. Always
//! little-endian.
//!
//! Sources of the format: `casacore/tables/AlternateMans/SiscoReader.cc`,
//! `SiscoStManColumn.h`.

use std::sync::Arc;

use flate2::{Decompress, FlushDecompress, Status};

use super::super::row_file::u64_at;
use super::decode::Level;
use crate::error::{Error, Result};
use crate::storage::Source;

/// Where the first chunk begins: a tag, the version with the mode, eight
/// bytes without a meaning, and the level.
pub(super) const HEAD: u64 = 21;

/// The version that is known; there was no other in a release of casacore.
const VERSION: u16 = 2;

/// Largest chunk that is accepted. Writers make chunks of 10 MB, or of one
/// spectrum where that is larger.
const MAX_CHUNK: u64 = 1 << 27;

/// The highest ratio that deflate reaches.
const MAX_RATIO: u64 = 1032;

/// Which correlations are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// All.
    All,
    /// The first and the last of four; the others are zero.
    Diagonal,
    /// One, which stands for the first and the last of four.
    StokesI,
}

impl Mode {
    /// How many of the correlations of a cell are stored.
    pub(super) fn stored(self, correlations: usize) -> usize {
        match self {
            Self::All => correlations,
            Self::Diagonal => 2,
            Self::StokesI => 1,
        }
    }
}

/// An open file.
pub(super) struct File {
    source: Arc<dyn Source>,
    pub(super) mode: Mode,
    pub(super) level: Option<Level>,
}

/// The numbers of one chunk.
#[derive(Default)]
pub(super) struct Chunk {
    /// Signs and mantissas.
    pub(super) mantissas: Vec<u32>,
    pub(super) exponents: Vec<i8>,
}

/// Buffers that are used again.
#[derive(Default)]
pub(super) struct Room {
    deflated: Vec<u8>,
    bytes: Vec<u8>,
}

impl File {
    /// Opens a file and reads its head.
    pub(super) fn open(source: Arc<dyn Source>) -> Result<Self> {
        let mut head = [0; 21];
        source.check(0, HEAD)?;
        source.read_at(0, &mut head)?;
        if &head[..8] != b"Sisco\0\0\0" {
            return Err(Error::corrupt(source.path(), "does not begin with Sisco"));
        }
        let version = u16::from_le_bytes([head[8], head[9]]);
        if version & 0x3fff != VERSION {
            return Err(Error::unsupported(
                source.path(),
                format!("is of Sisco version {}; {VERSION} is known", version & 0x3fff),
            ));
        }
        let mode = match version >> 14 {
            0 => Mode::All,
            1 => Mode::Diagonal,
            2 => Mode::StokesI,
            _ => return Err(Error::unsupported(source.path(), "stores unknown correlations")),
        };
        let code = i8::from_le_bytes([head[20]]);
        let level = Level::from_code(code);
        if level.is_none() && code != -1 {
            return Err(Error::unsupported(
                source.path(),
                format!("has the unknown prediction level {code}"),
            ));
        }
        Ok(Self { source, mode, level })
    }

    /// A "damaged" error of this file.
    pub(super) fn corrupt(&self, what: impl Into<String>) -> Error {
        Error::corrupt(self.source.path(), what)
    }

    /// The complex numbers of the chunk at this place, the bytes it is
    /// deflated to, and where the next begins; `None` at the end of the file.
    fn head(&self, at: u64) -> Result<Option<(u64, u64, u64)>> {
        if at >= self.source.len() {
            return Ok(None);
        }
        let mut head = [0; 16];
        self.source.check(at, 16)?;
        self.source.read_at(at, &mut head)?;
        let (size, deflated) = (u64_at(&head, 0), u64_at(&head, 8));
        self.source.check(at + 16, deflated)?;
        let numbers = size / (2 * self.width());
        if size > MAX_CHUNK || size / MAX_RATIO > deflated || numbers * 2 * self.width() != size {
            return Err(
                self.corrupt(format!("has a chunk of {size} bytes in {deflated} (at byte {at})"))
            );
        }
        Ok(Some((numbers, deflated, at + 16 + deflated)))
    }

    /// Bytes of a stored float: its mantissa with the sign, and its exponent.
    fn width(&self) -> u64 {
        if self.level.is_some() { 5 } else { 4 }
    }

    /// Reads the chunk at this place and gives where the next begins; `None`
    /// at the end of the file.
    pub(super) fn read(&self, at: u64, room: &mut Room, chunk: &mut Chunk) -> Result<Option<u64>> {
        let Some((numbers, deflated, next)) = self.head(at)? else {
            return Ok(None);
        };
        // Both lengths were compared with the file and the limits above.
        let count = usize::try_from(numbers * 2).unwrap_or(0);
        let size = usize::try_from(numbers * 2 * self.width()).unwrap_or(0);
        room.deflated.resize(usize::try_from(deflated).unwrap_or(0), 0);
        self.source.read_at(at + 16, &mut room.deflated)?;
        room.bytes.resize(size, 0);
        if !inflate(&room.deflated, &mut room.bytes) {
            return Err(self.corrupt(format!("has a chunk that cannot be inflated (at byte {at})")));
        }
        let (mantissas, exponents) = room.bytes.split_at(size - count);
        chunk.exponents.clear();
        chunk.exponents.extend_from_slice(bytemuck::cast_slice(exponents));
        chunk.mantissas.clear();
        let (low, rest) = mantissas.split_at(count);
        let (middle, rest) = rest.split_at(count);
        let low = low.iter().zip(middle);
        if self.level.is_some() {
            let (high, top) = rest.split_at(count);
            let all = low.zip(high.iter().zip(top));
            let join =
                |((a, b), (c, d)): ((&u8, &u8), (&u8, &u8))| u32::from_le_bytes([*a, *b, *c, *d]);
            chunk.mantissas.extend(all.map(join));
        } else {
            // The sign stands in the place of the leading bit, which is known.
            let join =
                |((a, b), c): ((&u8, &u8), &u8)| u32::from_le_bytes([*a, *b, *c | 0x80, *c & 0x80]);
            chunk.mantissas.extend(low.zip(rest).map(join));
        }
        Ok(Some(next))
    }
}

/// Fills a buffer with what the bytes were deflated from; `false` when it
/// cannot, or when that is of another length.
pub(super) fn inflate(deflated: &[u8], out: &mut [u8]) -> bool {
    let mut inflater = Decompress::new(false);
    let status = inflater.decompress(deflated, out, FlushDecompress::Finish);
    matches!(status, Ok(Status::StreamEnd)) && inflater.total_out() == out.len() as u64
}
