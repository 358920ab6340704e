//! The way through a Sisco file: every cell builds on the cells before it of
//! the same baseline, so cells are decoded in the order in which they were
//! written.
//!
//! The stream remembers where it is and goes on from there; a few saved
//! places keep the way back short.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::Arc;

use super::Layout;
use super::chunks::{Chunk, HEAD, Mode, Room};
use super::decode::{self, History};
use crate::data_type::Complex32;
use crate::error::{Error, Result};

/// Values decoded at once, at least one cell.
const BLOCK_VALUES: usize = 1 << 18;

/// Rows of a block at most, so that a block of empty cells ends.
const BLOCK_ROWS: u64 = 1 << 14;

/// Bytes that all saved places may take together.
const SAVED_BYTES: usize = 64 << 20;

/// Saved places in a whole pass.
const SAVED_PLACES: u64 = 64;

/// Decoded cells of consecutive rows.
#[derive(Default)]
pub(super) struct Block {
    pub(super) rows: Range<u64>,
    /// Where each cell begins in the values, and the end of the last.
    starts: Vec<usize>,
    values: Vec<Complex32>,
}

impl Block {
    /// The values of a row of the block.
    pub(super) fn cell(&self, row: u64) -> &[Complex32] {
        let at = usize::try_from(row.wrapping_sub(self.rows.start)).unwrap_or(usize::MAX);
        match (self.starts.get(at), self.starts.get(at.saturating_add(1))) {
            (Some(start), Some(end)) => self.values.get(*start..*end).unwrap_or_default(),
            _ => &[],
        }
    }

    /// The values of rows of the block, which follow each other.
    pub(super) fn cells(&self, rows: Range<u64>) -> &[Complex32] {
        let place = |row: u64| {
            let at = usize::try_from(row.wrapping_sub(self.rows.start)).ok()?;
            self.starts.get(at).copied()
        };
        match (place(rows.start), place(rows.end)) {
            (Some(start), Some(end)) => self.values.get(start..end).unwrap_or_default(),
            _ => &[],
        }
    }
}

/// Where a stream is.
#[derive(Clone, Default)]
struct Place {
    /// The next row.
    row: u64,
    /// Where the chunk stands in which the row begins, and complex numbers
    /// of it that were read before.
    chunk: Option<u64>,
    read: usize,
    /// The number of each baseline: field, data description, two antennas.
    baselines: Arc<HashMap<[i32; 4], usize>>,
    /// For each baseline the history of each stored correlation.
    histories: Vec<Vec<History>>,
}

/// Decodes one cell after the other.
#[derive(Default)]
pub(super) struct Stream {
    place: Place,
    chunk: Chunk,
    /// Where the chunk in memory begins, and where the next does.
    loaded: Option<(u64, u64)>,
    room: Room,
    numbers: decode::Room,
    ids: [Vec<i32>; 4],
    saved: BTreeMap<u64, Place>,
    saved_bytes: usize,
}

impl Stream {
    /// The row that comes next.
    pub(super) fn row(&self) -> u64 {
        self.place.row
    }

    /// Goes to the nearest known place before a row; the blocks up to it have
    /// to be decoded.
    pub(super) fn seek(&mut self, row: u64) {
        let known = self.saved.range(..=row).next_back();
        let nearest = known.map_or(0, |(row, _)| *row);
        if row < self.place.row || nearest > self.place.row {
            self.place = known.map(|(_, place)| place.clone()).unwrap_or_default();
        }
    }

    /// Decodes the next rows.
    pub(super) fn next(&mut self, layout: &Layout, block: &mut Block) -> Result<()> {
        let done = self.decode(layout, block);
        if done.is_err() {
            // Some histories are ahead of others now.
            block.rows = 0..0;
            self.place = Place::default();
        }
        done
    }

    fn decode(&mut self, layout: &Layout, block: &mut Block) -> Result<()> {
        self.save(layout);
        let start = self.place.row;
        block.rows = start..start;
        block.values.clear();
        block.starts.clear();
        block.starts.push(0);
        let end = start.saturating_add(BLOCK_ROWS).min(layout.nrow);
        let mut row = start;
        while row < end && (row == start || block.values.len() < BLOCK_VALUES) {
            let (shape, same) = layout.run(row..end)?;
            let (channels, correlations) = layout.cell(row, shape.as_deref())?;
            let values = channels.saturating_mul(correlations);
            let room = (BLOCK_VALUES.saturating_sub(block.values.len())) / values.max(1);
            let count = same.min(room.max(1) as u64);
            layout.baselines()?.read(row..row + count, &mut self.ids)?;
            for at in 0..usize::try_from(count).unwrap_or(0) {
                if values > 0 {
                    self.cell(layout, at, channels, correlations, &mut block.values)?;
                }
                block.starts.push(block.values.len());
                row += 1;
            }
        }
        self.place.row = row;
        block.rows = start..row;
        Ok(())
    }

    /// Decodes a cell; `at` is its place in the baselines that were read.
    fn cell(
        &mut self,
        layout: &Layout,
        at: usize,
        channels: usize,
        correlations: usize,
        out: &mut Vec<Complex32>,
    ) -> Result<()> {
        let file = &layout.file;
        let stored = file.mode.stored(correlations);
        let baseline = [0, 1, 2, 3].map(|id: usize| self.ids[id].get(at).copied().unwrap_or(0));
        let place = &mut self.place;
        let known = place.baselines.get(&baseline).copied();
        let number = known.unwrap_or(place.histories.len());
        if known.is_none() {
            Arc::make_mut(&mut place.baselines).insert(baseline, number);
            place.histories.push(Vec::new());
        }
        if place.histories[number].len() < stored {
            place.histories[number].resize_with(stored, History::default);
        }
        let start = out.len();
        for correlation in 0..stored {
            self.load(layout, channels)?;
            let place = &mut self.place;
            let history = &mut place.histories[number][correlation];
            if ![0, 2 * channels].contains(&history.newest().len()) && file.level.is_some() {
                return Err(file.corrupt(format!(
                    "has {channels} channels where the baseline {baseline:?} had {} before",
                    history.newest().len() / 2
                )));
            }
            let range = 2 * place.read..2 * (place.read + channels);
            let (Some(mantissas), Some(exponents)) =
                (self.chunk.mantissas.get(range.clone()), self.chunk.exponents.get(range))
            else {
                return Err(file.corrupt("has a spectrum that crosses the end of a chunk"));
            };
            history.decode(file.level, mantissas, exponents, &mut self.numbers);
            place.read += channels;
            if correlation == 0 {
                // As large as what was just decoded, but for a small factor.
                out.resize(start + channels * correlations, Complex32::default());
            }
            let (re, im) = history.newest().split_at(channels);
            let column = match file.mode {
                Mode::Diagonal if correlation == 1 => correlations - 1,
                _ => correlation,
            };
            let cells = out[start..].iter_mut().skip(column).step_by(correlations);
            for ((value, re), im) in cells.zip(re).zip(im) {
                *value = Complex32::new(f32::from_bits(*re), f32::from_bits(*im));
            }
            if file.mode == Mode::StokesI {
                for cell in out[start..].chunks_exact_mut(correlations) {
                    cell[correlations - 1] = cell[0];
                }
            }
        }
        Ok(())
    }

    /// Makes the chunk in memory the one with the next spectrum.
    fn load(&mut self, layout: &Layout, channels: usize) -> Result<()> {
        let mut at = self.place.chunk.unwrap_or(HEAD);
        loop {
            let next = match self.loaded {
                Some((loaded, next)) if loaded == at => next,
                _ => {
                    self.loaded = None;
                    let next = layout.file.read(at, &mut self.room, &mut self.chunk)?;
                    let Some(next) = next else {
                        return Err(layout.file.corrupt(format!(
                            "ends before row {} (at byte {at})",
                            self.place.row
                        )));
                    };
                    self.loaded = Some((at, next));
                    next
                }
            };
            self.place.chunk = Some(at);
            if self.place.read.saturating_mul(2) < self.chunk.exponents.len() || channels == 0 {
                return Ok(());
            }
            self.place.read = 0;
            at = next;
            self.place.chunk = Some(at);
        }
    }

    /// Saves this place for later, now and then.
    fn save(&mut self, layout: &Layout) {
        let place = &self.place;
        let far = (layout.nrow / SAVED_PLACES).max(1);
        let last = self.saved.range(..=place.row).next_back().map_or(0, |(row, _)| *row);
        if place.row < last.saturating_add(far) {
            return;
        }
        let histories = place.histories.iter().flatten().map(History::bytes).sum::<usize>();
        let bytes = histories + place.histories.len() * 48;
        if layout.file.level.is_some() && self.saved_bytes.saturating_add(bytes) > SAVED_BYTES {
            return;
        }
        let mut saved = place.clone();
        if layout.file.level.is_none() {
            // Nothing builds on what was before.
            saved.histories = Vec::new();
            saved.baselines = Arc::default();
        } else {
            self.saved_bytes += bytes;
        }
        self.saved.insert(place.row, saved);
    }
}

/// A column whose cells and shapes do not fit together.
pub(super) fn misshapen(layout: &Layout, row: u64, shape: &[usize]) -> Error {
    layout.file.corrupt(format!("row {row} has the shape {shape:?}"))
}
