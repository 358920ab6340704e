//! A column of a Dysco file: finds the blocks of the rows asked for, reads
//! the packed rows in pieces that stay in the processor's cache, and decodes
//! them straight into the buffer of the caller.
//!
//! What was read last is kept, so that reading row by row costs one read of
//! the file for many rows. Each thread at work has such a memory of its own.
//!
//! Source: `casacore/tables/Dysco/threadeddyscocolumn.cc`.

use std::ops::Range;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::dictionary::dictionary;
use super::factors::{Factors, Room};
use super::header::{Header, Normalization};
use super::layout::{Content, Layout};
use super::selection::Selection;
use super::symbols::{self, PADDING, with_width};
use crate::buffer::BufferMut;
use crate::data_type::DataType;
use crate::error::{Error, Result};
use crate::managers::{self, ColumnReader, Shape};
use crate::part::Part;
use crate::storage::Source;

/// Packed bytes read at once: few enough to be in the cache when they are decoded.
const PIECE: u64 = 128 << 10;
/// Packed bytes read at once when rows are asked for one after the other.
const AHEAD: u64 = 32 << 10;
/// Memories kept while nobody reads, and the largest that is kept.
const KEPT: usize = 16;
const KEPT_BYTES: usize = 1 << 20;

/// Reads the numbers of the two antennas of rows.
pub(super) type Antennas = Box<dyn Fn(Range<u64>, &mut [Vec<i32>; 2]) -> Result<()> + Send + Sync>;

/// What the columns of a file have in common.
pub(super) struct Shared {
    pub(super) file: Arc<dyn Source>,
    pub(super) header: Header,
    /// Rows of the table.
    pub(super) nrow: u64,
    /// Whether the file ends inside of a column of a block.
    pub(super) cut: bool,
    pub(super) antennas: Antennas,
    /// The values of the symbols of data columns, computed when first needed.
    pub(super) dictionary: OnceLock<Vec<f32>>,
}

/// A column of a Dysco file.
pub(super) struct DyscoColumn {
    shared: Arc<Shared>,
    layout: Layout,
    idle: Mutex<Vec<Memory>>,
}

/// What was read last.
#[derive(Default)]
struct Memory {
    block: Option<u64>,
    factors: Factors,
    /// The rows whose symbols and antennas are here; all of the block.
    rows: Range<u64>,
    packed: Vec<u8>,
    /// The bit of `packed` at which the first of the rows begins.
    first_bit: usize,
    antennas: [Vec<i32>; 2],
    /// Where the last call ended, to see that rows are read in their order.
    end: u64,
    room: Room,
}

/// The symbols of one row, and its factors where it has some.
struct Row<'a> {
    packed: &'a [u8],
    bit: usize,
    /// Of each value, and of each of four values.
    factors: (&'a [f64], [f64; 4]),
    weight: f64,
}

impl DyscoColumn {
    pub(super) fn new(shared: Arc<Shared>, layout: Layout) -> Self {
        Self { shared, layout, idle: Mutex::default() }
    }

    /// Decodes a selection of the values of rows of a data column.
    fn data(&self, rows: Range<u64>, selection: &Selection, numbers: &mut [f32]) -> Result<()> {
        let correlations = self.layout.correlations;
        let bits = self.layout.bits;
        let dictionary = self
            .shared
            .dictionary
            .get_or_init(|| dictionary(self.shared.header.distribution, bits));
        let width = 2 * selection.len(correlations);
        let mut cells = numbers.chunks_exact_mut(width.max(1));
        let mut whole = vec![0.0; selection.detour(self.layout.cell())];
        self.each_row(rows, &selection.channels(self.layout.channels), |row| {
            let Some(out) = cells.next() else { return };
            let Some(row) = row else { return out.fill(0.0) };
            let (factors, each) = (row.factors.0, &row.factors.1);
            with_width!(bits, BITS => match selection {
                Selection::Channels(channels) => {
                    let bit = row.bit + channels.start * correlations * 2 * BITS;
                    symbols::scale::<BITS>(row.packed, bit, dictionary, (factors, each), out);
                }
                Selection::Places(places) if whole.is_empty() => {
                    for (place, out) in places.iter().zip(out.as_chunks_mut::<2>().0) {
                        let factor = factors.get(*place..=*place).unwrap_or_default();
                        let factors = (factor, &[each[place % 4]; 4]);
                        let bit = row.bit + place * 2 * BITS;
                        symbols::scale::<BITS>(row.packed, bit, dictionary, factors, out);
                    }
                }
                Selection::Places(places) => {
                    symbols::scale::<BITS>(
                        row.packed, row.bit, dictionary, (factors, each), &mut whole,
                    );
                    let values = whole.as_chunks::<2>().0;
                    for (place, out) in places.iter().zip(out.as_chunks_mut::<2>().0) {
                        *out = values.get(*place).copied().unwrap_or_default();
                    }
                }
            });
        })
    }

    /// Decodes a selection of the weights of rows.
    fn weights(&self, rows: Range<u64>, selection: &Selection, weights: &mut [f32]) -> Result<()> {
        let correlations = self.layout.correlations;
        let bits = self.layout.bits;
        let width = selection.len(correlations);
        let mut cells = weights.chunks_exact_mut(width.max(1));
        self.each_row(rows, &(0..0), |row| {
            let Some(out) = cells.next() else { return };
            let Some(row) = row else { return out.fill(0.0) };
            with_width!(bits, BITS => match selection {
                Selection::Channels(channels) => {
                    let bit = row.bit + channels.start * BITS;
                    symbols::weigh::<BITS>(row.packed, bit, row.weight, correlations, out);
                }
                Selection::Places(places) => {
                    for (place, out) in places.iter().zip(out.chunks_exact_mut(1)) {
                        let bit = row.bit + place / correlations * BITS;
                        symbols::weigh::<BITS>(row.packed, bit, row.weight, 1, out);
                    }
                }
            });
        })
    }

    /// Hands out the symbols of each row, with the factors of the values of
    /// some channels; nothing for a row that was never written.
    fn each_row(
        &self,
        rows: Range<u64>,
        channels: &Range<usize>,
        mut with: impl FnMut(Option<Row<'_>>),
    ) -> Result<()> {
        let in_block = self.shared.header.rows_per_block;
        let Some(first) = rows.start.checked_div(in_block) else {
            rows.for_each(|_| with(None));
            return Ok(());
        };
        let mut memory = self.remember(first);
        let mut row = rows.start;
        while row < rows.end {
            let block = row / in_block;
            let end = (block * in_block).saturating_add(in_block).min(rows.end);
            if self.is_stored(block)? {
                self.each_of_block(&mut memory, block, row..end, channels, &mut with)?;
            } else {
                (row..end).for_each(|_| with(None));
            }
            row = end;
        }
        memory.end = rows.end;
        self.keep(memory);
        Ok(())
    }

    fn each_of_block(
        &self,
        memory: &mut Memory,
        block: u64,
        rows: Range<u64>,
        channels: &Range<usize>,
        with: &mut impl FnMut(Option<Row<'_>>),
    ) -> Result<()> {
        if memory.block != Some(block) {
            self.load_factors(memory, block)?;
        }
        let row_bits = self.row_bits();
        let mut row = rows.start;
        while row < rows.end {
            if !memory.rows.contains(&row) {
                self.load_rows(memory, block, row..rows.end)?;
            }
            let end = memory.rows.end.min(rows.end);
            let Memory { factors, packed, antennas, room, .. } = memory;
            for row in row..end {
                let at = narrow(row - memory.rows.start);
                let of_row = if let Content::Data(_) = self.layout.content {
                    let place = narrow(row - block * self.shared.header.rows_per_block);
                    let antenna = |which: usize| antennas[which].get(at).copied().unwrap_or(-1);
                    let pair = (antenna(0), antenna(1));
                    let found = factors.row(&self.layout, channels, place, pair, room);
                    found.ok_or_else(|| self.no_factors(row, pair))?
                } else {
                    (&[][..], [0.0; 4])
                };
                let bit = memory.first_bit + at * row_bits;
                with(Some(Row { packed, bit, factors: of_row, weight: factors.weight() }));
            }
            row = end;
        }
        Ok(())
    }

    /// Reads the factors of a block.
    fn load_factors(&self, memory: &mut Memory, block: u64) -> Result<()> {
        memory.block = None;
        memory.rows = 0..0;
        let length = narrow(self.layout.symbols_at());
        grow(&mut memory.packed, length);
        let bytes = memory.packed.get_mut(..length).unwrap_or_default();
        self.shared.file.read_at(self.start(block), bytes)?;
        memory.factors.load(&self.layout, bytes);
        memory.block = Some(block);
        Ok(())
    }

    /// Reads symbols and antennas of the first of the rows, and of more of
    /// them where that is of use.
    fn load_rows(&self, memory: &mut Memory, block: u64, wanted: Range<u64>) -> Result<()> {
        let first = wanted.start;
        let start = block * self.shared.header.rows_per_block;
        let row_bits = self.row_bits() as u64;
        let fitting = |bytes: u64| (bytes * 8 / row_bits.max(1)).max(1);
        let mut end = wanted.end.min(first.saturating_add(fitting(PIECE)));
        if first == memory.end {
            let last =
                start.saturating_add(self.shared.header.rows_per_block).min(self.shared.nrow);
            end = end.max(last.min(first.saturating_add(fitting(AHEAD))));
        }
        memory.rows = 0..0;
        let bits = (first - start) * row_bits..(end - start) * row_bits;
        let bytes = bits.start / 8..bits.end.div_ceil(8);
        let length = narrow(bytes.end - bytes.start);
        grow(&mut memory.packed, length + PADDING);
        let offset = self.start(block) + self.layout.symbols_at() + bytes.start;
        let into = memory.packed.get_mut(..length).unwrap_or_default();
        self.shared.file.read_at(offset, into)?;
        if self.layout.content == Content::Data(Normalization::AntennaFrequency) {
            (self.shared.antennas)(first..end, &mut memory.antennas)?;
        }
        memory.first_bit = narrow(bits.start % 8);
        memory.rows = first..end;
        Ok(())
    }

    /// Where the column begins in a block that is stored.
    fn start(&self, block: u64) -> u64 {
        let header = &self.shared.header;
        block
            .saturating_mul(header.block_size)
            .saturating_add(header.size)
            .saturating_add(self.layout.offset)
    }

    /// Whether a block was written. Blocks are written one after the other,
    /// so that the end of the file tells it.
    fn is_stored(&self, block: u64) -> Result<bool> {
        let (start, length) = (self.start(block), self.shared.file.len());
        if start.saturating_add(self.layout.size) <= length {
            return Ok(true);
        }
        if start >= length && !self.shared.cut {
            return Ok(false);
        }
        Err(Error::corrupt(
            self.shared.file.path(),
            format!(
                "is cut off at byte {length}, before block {block} of column {}",
                self.layout.name
            ),
        ))
    }

    fn row_bits(&self) -> usize {
        narrow(self.layout.symbols) * usize::from(self.layout.bits)
    }

    fn no_factors(&self, row: u64, antennas: (i32, i32)) -> Error {
        Error::corrupt(
            self.shared.file.path(),
            format!(
                "has no factors of row {row} of column {}: its antennas are {} and {} of {}",
                self.layout.name, antennas.0, antennas.1, self.shared.header.antennas,
            ),
        )
    }

    /// A memory to read with, if possible one that knows the block.
    fn remember(&self, block: u64) -> Memory {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let known = idle.iter().rposition(|memory| memory.block == Some(block));
        let at = known.or(idle.len().checked_sub(1));
        at.map(|at| idle.swap_remove(at)).unwrap_or_default()
    }

    fn keep(&self, memory: Memory) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < KEPT && memory.packed.len() <= KEPT_BYTES {
            idle.push(memory);
        }
    }

    fn select(&self, rows: Range<u64>, selection: &Selection, out: BufferMut<'_>) -> Result<()> {
        let kind = match self.layout.content {
            Content::Data(_) => DataType::Complex,
            Content::Weights => DataType::Float,
        };
        managers::check_type(&self.layout.name, kind, &out)?;
        match out {
            BufferMut::Complex(values) if !values.is_empty() => {
                self.data(rows, selection, bytemuck::cast_slice_mut(values))
            }
            BufferMut::Float(values) if !values.is_empty() => self.weights(rows, selection, values),
            _ => Ok(()),
        }
    }
}

impl ColumnReader for DyscoColumn {
    fn shape(&self, _row: u64) -> Result<Option<Shape>> {
        Ok(Some(vec![self.layout.channels, self.layout.correlations]))
    }

    fn run(&self, rows: Range<u64>) -> Result<(Option<Shape>, u64)> {
        Ok((self.shape(rows.start)?, rows.end.saturating_sub(rows.start).max(1)))
    }

    fn read(&self, rows: Range<u64>, out: BufferMut<'_>) -> Result<()> {
        self.select(rows, &Selection::Channels(0..self.layout.channels), out)
    }

    fn read_part(&self, rows: Range<u64>, part: &Part, out: BufferMut<'_>) -> Result<()> {
        let shape = [self.layout.channels, self.layout.correlations];
        part.check(&self.layout.name, &shape)?;
        let selection = Selection::of(part, &shape);
        self.select(rows, &selection, out)
    }

    fn grain(&self, row: u64) -> u64 {
        let in_block = self.shared.header.rows_per_block;
        row.checked_rem(in_block).map_or(u64::MAX, |place| in_block - place)
    }
}

/// Makes room for `length` bytes; what is there already is not of interest.
fn grow(bytes: &mut Vec<u8>, length: usize) {
    if bytes.len() < length {
        bytes.resize(length, 0);
    }
}

/// A number that was found to fit when the file was opened, or that counts
/// rows of a part of a block that was read.
fn narrow(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
