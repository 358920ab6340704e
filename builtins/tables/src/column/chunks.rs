//! A column in pieces of bounded memory.
//!
//! Pieces hold cells of one shape and end where the storage manager ends a
//! bucket or a row of tiles, so that nothing is read twice.

use std::ops::Range;

use super::{Column, Run};
use crate::data_type::DataType;
use crate::error::Result;

/// Steps in the search for a good place to cut.
const MAX_GRAINS: usize = 4096;

impl Column {
    /// The rows in runs of cells of one shape that need at most about
    /// `bytes` of memory each, or one cell. Cut where the storage manager
    /// reads best.
    pub fn chunks(&self, rows: Range<u64>, bytes: usize) -> impl Iterator<Item = Result<Run>> + '_ {
        let width = self.width_in_memory();
        self.runs(rows).flat_map(move |run| {
            let (run, failed) = match run {
                Ok(run) => (Some(run), None),
                Err(error) => (None, Some(Err(error))),
            };
            let pieces = run.into_iter().flat_map(move |run| {
                let cell = run.shape.as_ref().map_or(1, |shape| {
                    shape.iter().fold(width, |all, axis| all.saturating_mul(*axis)).max(1)
                });
                let most = (bytes / cell).max(1) as u64;
                let mut next = run.rows.start;
                std::iter::from_fn(move || {
                    if next >= run.rows.end {
                        return None;
                    }
                    let first = next;
                    next = self.cut(first, run.rows.end, most);
                    Some(Ok(Run { rows: first..next, shape: run.shape.clone() }))
                })
            });
            failed.into_iter().chain(pieces)
        })
    }

    /// Where to cut at most `most` rows, so that the next begin with a
    /// bucket or a row of tiles if that is possible.
    pub(super) fn cut(&self, first: u64, end: u64, most: u64) -> u64 {
        let last = first.saturating_add(most);
        if last >= end {
            return end;
        }
        let mut at = first;
        for _ in 0..MAX_GRAINS {
            let next = at.saturating_add(self.reader.grain(at).max(1));
            if next > last {
                break;
            }
            at = next;
        }
        // Far smaller grains than the limit are not worth a search.
        if at == first || at.saturating_add(most / 2) < last { last } else { at }
    }

    /// Bytes of one value in memory; texts and records are guessed at.
    fn width_in_memory(&self) -> usize {
        match self.data_type() {
            DataType::Bool => 1,
            DataType::String => 256,
            DataType::Record => 4096,
            other => other.width().unwrap_or(1),
        }
    }
}
