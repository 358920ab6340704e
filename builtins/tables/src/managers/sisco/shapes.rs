//! The shapes of the cells of a Sisco column where they are not all the same:
//! a file beside it with deflated blocks of 64-bit numbers. Each cell has the
//! number of its axes and their lengths; cells may straddle two blocks.
//!
//! Source of the format: `casacore/tables/AlternateMans/ShapesFileReader.h`.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use super::super::row_file::u32_at;
use super::chunks::inflate;
use crate::error::{Error, Result};
use crate::managers::Shape;
use crate::storage::Source;

/// Largest block that is accepted; writers make blocks of 10 MB.
const MAX_BLOCK: u32 = 1 << 24;

/// Most axes of a cell; Sisco itself stores two.
const MAX_AXES: u64 = 8;

/// The shapes of all cells.
pub(super) struct Shapes {
    source: Arc<dyn Source>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Where each block begins that was seen so far.
    starts: Vec<Start>,
    /// The block decoded last.
    last: Option<(usize, Block)>,
}

#[derive(Clone, Default)]
struct Start {
    /// Where it stands in the file.
    at: u64,
    /// The first row that ends in it.
    row: u64,
    /// What stands in the blocks before of that row.
    begun: Vec<u64>,
}

/// The rows that end in one block.
#[derive(Default)]
struct Block {
    first: u64,
    /// For each row the place of its shape.
    rows: Vec<u32>,
    shapes: Vec<Shape>,
}

impl Shapes {
    /// The shapes in this file.
    pub(super) fn new(source: Arc<dyn Source>) -> Self {
        let state = State { starts: vec![Start::default()], last: None };
        Self { source, state: Mutex::new(state) }
    }

    /// The shape of the first of the rows in C order, `None` where none was
    /// written, and how many rows from there have the same.
    pub(super) fn run(&self, rows: Range<u64>) -> Result<(Option<Shape>, u64)> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let rest = rows.end.saturating_sub(rows.start).max(1);
        let Some(block) = self.find(&mut state, rows.start)? else {
            return Ok((None, rest));
        };
        let at = usize::try_from(rows.start - block.first).unwrap_or(usize::MAX);
        let ids = block.rows.get(at..).unwrap_or_default();
        let Some(id) = ids.first() else { return Ok((None, rest)) };
        let same = ids.iter().take_while(|other| *other == id).count() as u64;
        Ok((block.shapes.get(*id as usize).cloned(), same.min(rest)))
    }

    /// The block with this row; `None` when the file ends before.
    fn find<'a>(&self, state: &'a mut State, row: u64) -> Result<Option<&'a Block>> {
        let mut at = state.starts.partition_point(|start| start.row <= row).saturating_sub(1);
        loop {
            if state.last.as_ref().is_none_or(|(last, _)| *last != at) {
                let Some(start) = state.starts.get(at) else { return Ok(None) };
                let Some((block, next)) = self.read(start)? else { return Ok(None) };
                if at + 1 == state.starts.len() {
                    state.starts.push(next);
                }
                state.last = Some((at, block));
            }
            let end =
                state.last.as_ref().map_or(0, |(_, last)| last.first + last.rows.len() as u64);
            if row < end {
                return Ok(state.last.as_ref().map(|(_, block)| block));
            }
            at += 1;
        }
    }

    /// Reads a block, and tells where the next begins.
    fn read(&self, start: &Start) -> Result<Option<(Block, Start)>> {
        if start.at >= self.source.len() {
            return Ok(None);
        }
        let wrong = |what: &str| {
            Error::corrupt(self.source.path(), format!("{what} (at byte {})", start.at))
        };
        let head = self.source.bytes(start.at, 8)?;
        let (size, deflated) = (u32_at(&head, 0), u32_at(&head, 4));
        if size > MAX_BLOCK || size % 8 != 0 || size / 1032 > deflated || size == 0 {
            return Err(wrong("has a block of shapes of a wrong length"));
        }
        let packed = self.source.bytes(start.at + 8, u64::from(deflated))?;
        let mut bytes = vec![0; size as usize];
        if !inflate(&packed, &mut bytes) {
            return Err(wrong("has a block of shapes that cannot be inflated"));
        }
        let mut block = Block { first: start.row, ..Block::default() };
        let mut known: HashMap<Vec<u64>, u32> = HashMap::new();
        let mut begun = start.begun.clone();
        for number in bytes.as_chunks::<8>().0 {
            begun.push(u64::from_le_bytes(*number));
            let axes = begun[0];
            if axes > MAX_AXES {
                return Err(wrong("has a cell of too many axes"));
            }
            if begun.len() as u64 <= axes {
                continue;
            }
            let id = if let Some(id) = known.get(&begun) {
                *id
            } else {
                let id = u32::try_from(block.shapes.len()).unwrap_or(u32::MAX);
                let shape = c_order(&begun[1..]);
                block.shapes.push(shape.ok_or_else(|| wrong("has a cell that is too large"))?);
                known.insert(begun.clone(), id);
                id
            };
            block.rows.push(id);
            begun.clear();
        }
        let next = Start {
            at: start.at + 8 + u64::from(deflated),
            row: start.row + block.rows.len() as u64,
            begun,
        };
        Ok(Some((block, next)))
    }
}

/// A shape in C order; `None` where its values could not be counted.
fn c_order(storage: &[u64]) -> Option<Shape> {
    let shape: Shape =
        storage.iter().rev().map(|axis| usize::try_from(*axis).ok()).collect::<Option<_>>()?;
    shape.iter().try_fold(8usize, |all, axis| all.checked_mul(*axis)).map(|_| shape.clone())
}
