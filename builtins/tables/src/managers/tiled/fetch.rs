//! Brings a box of values of one tile from its file to the caller.
//!
//! What lies together in the file and in the result is read straight into the
//! result. Anything else is read into a buffer that stays in the cache of the
//! processor, as much at a time as fits there, and copied on. Where the
//! values of a box lie far from each other, only they are read.

use crate::buffer::{Endian, swap};
use crate::data_type::DataType;
use crate::error::Result;
use crate::managers::bits;
use crate::storage::Source;

use super::scatter::{Line, scatter, span};

/// Bytes read into the buffer at a time.
pub(super) const PIECE: usize = 256 << 10;
/// Unused bytes between two values that are read along rather than left out;
/// about what is copied in the time of one call to the system.
const GAP: usize = 6 << 10;
/// Runs of so many bytes are read on their own, straight into the result.
const DIRECT: usize = 16 << 10;

/// Bytes of a line of the cache.
const LINE: usize = 64;

/// Where the values go: bytes in memory, or booleans.
pub(super) enum Out<'a> {
    Bytes(&'a mut [u8]),
    Bools(&'a mut [bool]),
}

impl Out<'_> {
    /// The part from a place on.
    pub(super) fn slice(&mut self, width: usize, start: usize, length: usize) -> Out<'_> {
        match self {
            Self::Bytes(bytes) => Out::Bytes(&mut bytes[start * width..][..length * width]),
            Self::Bools(bools) => Out::Bools(&mut bools[start..][..length]),
        }
    }
}

/// Buffers that are used again and again.
#[derive(Default)]
pub(super) struct Scratch {
    bytes: Vec<u8>,
    bools: Vec<bool>,
    group: Vec<Line>,
}

/// How values stand in the file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Format {
    /// Bytes of a value in memory.
    pub(super) width: usize,
    /// Whether they are packed into bits.
    packed: bool,
    /// Bytes of a number that must be turned round, 1 for none.
    unit: usize,
}

impl Format {
    pub(super) fn new(kind: DataType, endian: Endian) -> Self {
        let unit = if endian == Endian::NATIVE { 1 } else { kind.swap_unit() };
        Self { width: kind.width().unwrap_or(1), packed: kind == DataType::Bool, unit }
    }

    /// Bytes that so many values take in the file, roughly for bits.
    fn bytes(self, values: usize) -> usize {
        if self.packed { values / 8 } else { values.saturating_mul(self.width) }
    }

    /// How many values the buffer takes.
    fn piece(self) -> usize {
        PIECE / self.width
    }
}

/// The values of a column in one tile.
pub(super) struct Tile<'a> {
    pub(super) source: &'a dyn Source,
    /// Where they begin in the file.
    pub(super) offset: u64,
    pub(super) format: Format,
}

impl Tile<'_> {
    /// Reads a box: its first value is at `from` in the tile and goes to `to`.
    pub(super) fn fetch(
        &self,
        lines: &[Line],
        from: usize,
        to: usize,
        out: &mut Out<'_>,
        scratch: &mut Scratch,
    ) -> Result<()> {
        let (last, rest) = match lines {
            [] => return self.run(from, to, 1, out, scratch),
            [line] if line.from == 1 && line.to == 1 => {
                return self.run(from, to, line.count, out, scratch);
            }
            [rest @ .., last] => (last, rest),
        };
        let inner = span(rest);
        let together = match self.together(*last, rest, inner) {
            1 if !rest.is_empty() => {
                for at in 0..last.count {
                    let (from, to) = (from + at * last.from, to + at * last.to);
                    self.fetch(rest, from, to, out, scratch)?;
                }
                return Ok(());
            }
            together => together,
        };
        let mut group = std::mem::take(&mut scratch.group);
        let mut at = 0;
        let mut result = Ok(());
        while at < last.count && result.is_ok() {
            let count = together.min(last.count - at);
            group.clear();
            group.extend_from_slice(rest);
            group.push(Line { count, ..*last });
            result = self.piece(&group, from + at * last.from, to + at * last.to, out, scratch);
            at += count;
        }
        scratch.group = group;
        result
    }

    /// How many positions of the slowest axis of a box are read together.
    fn together(&self, last: Line, rest: &[Line], inner: usize) -> usize {
        let gap = self.format.bytes(last.from.saturating_sub(inner));
        let long = matches!(rest, [run] if run.from == 1 && run.to == 1
            && self.format.bytes(run.count) >= DIRECT);
        if gap > GAP || long {
            return 1;
        }
        1 + self.format.piece().saturating_sub(inner) / last.from
    }

    /// Reads values that lie together in the tile and in the result.
    fn run(
        &self,
        from: usize,
        to: usize,
        count: usize,
        out: &mut Out<'_>,
        scratch: &mut Scratch,
    ) -> Result<()> {
        let width = self.format.width;
        match out {
            Out::Bytes(out) => {
                let offset = self.offset + (from * width) as u64;
                let out = &mut out[to * width..][..count * width];
                if self.format.unit == 1 {
                    return self.source.read_at(offset, out);
                }
                // Turned round while still in the cache.
                for (at, piece) in out.chunks_mut(PIECE).enumerate() {
                    self.source.read_at(offset + (at * PIECE) as u64, piece)?;
                    swap(piece, self.format.unit);
                }
                Ok(())
            }
            Out::Bools(out) => {
                let out = &mut out[to..][..count];
                for (at, piece) in out.chunks_mut(PIECE).enumerate() {
                    self.bits(from + at * PIECE, piece, &mut scratch.bytes)?;
                }
                Ok(())
            }
        }
    }

    /// Reads a box through the buffer.
    fn piece(
        &self,
        lines: &[Line],
        from: usize,
        to: usize,
        out: &mut Out<'_>,
        scratch: &mut Scratch,
    ) -> Result<()> {
        let width = self.format.width;
        let span = span(lines);
        match out {
            Out::Bytes(out) => {
                let bytes = sized(&mut scratch.bytes, span * width);
                self.source.read_at(self.offset + (from * width) as u64, bytes)?;
                swap(bytes, self.format.unit);
                scatter(bytes, &mut out[to * width..], width, lines);
            }
            Out::Bools(out) => {
                let bools = sized(&mut scratch.bools, span);
                self.bits(from, bools, &mut scratch.bytes)?;
                scatter(bools, &mut out[to..], 1, lines);
            }
        }
        Ok(())
    }

    /// Reads booleans from the value `from` of the tile on.
    fn bits(&self, from: usize, out: &mut [bool], bytes: &mut Vec<u8>) -> Result<()> {
        let first = from / 8;
        let bytes = sized(bytes, (from + out.len()).div_ceil(8) - first);
        self.source.read_at(self.offset + first as u64, bytes)?;
        bits::unpack(bytes, from % 8, out);
        Ok(())
    }
}

/// The first values of a buffer that grows where it is too small. They begin
/// at a line of the cache: the system copies files faster to such places.
fn sized<T: Copy + Default>(buffer: &mut Vec<T>, length: usize) -> &mut [T] {
    let slack = LINE / size_of::<T>();
    if buffer.len() < length + slack {
        buffer.resize(length + slack, T::default());
    }
    let skip = buffer.as_ptr().align_offset(LINE).min(slack);
    &mut buffer[skip..][..length]
}
