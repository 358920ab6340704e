//! The factors of one block, by which its quantized values are scaled.
//!
//! Source: the `InitializeDecode` and `Decode` functions of
//! `casacore/tables/Dysco/{af,rf,row}timeblockencoder.cc` and
//! `weightblockencoder.h`.

use std::ops::Range;

use super::header::Normalization;
use super::layout::{Content, Layout};

/// Room for the factors of one row.
#[derive(Debug, Default)]
pub(super) struct Room {
    each: Vec<f64>,
    cell: Vec<f64>,
}

/// The factors of a block, as doubles.
#[derive(Debug, Default)]
pub(super) struct Factors {
    /// Of each value of a cell.
    cell: Vec<f64>,
    /// Of each antenna or row, all correlations together; of each row alone.
    others: Vec<f64>,
    /// How many antennas or rows there are.
    count: usize,
    /// The value of the lowest weight but 0.
    weight: f64,
}

impl Factors {
    /// Takes over the factors that stand before the symbols of a block.
    pub(super) fn load(&mut self, layout: &Layout, bytes: &[u8]) {
        let mut values =
            bytes.as_chunks::<4>().0.iter().map(|bytes| f64::from(f32::from_le_bytes(*bytes)));
        self.cell.clear();
        self.others.clear();
        match layout.content {
            Content::Weights => {
                let highest = f64::from((1u32 << layout.bits) - 1);
                self.weight = values.next().unwrap_or_default() / highest;
            }
            Content::Data(normalization) => {
                if normalization == Normalization::Row {
                    self.cell.resize(layout.cell(), 1.0);
                } else {
                    self.cell.extend(values.by_ref().take(layout.cell()));
                }
                self.others.extend(values);
                let each =
                    if normalization == Normalization::Row { 1 } else { layout.correlations };
                self.count = self.others.len() / each.max(1);
            }
        }
    }

    /// The value of the lowest weight but 0.
    pub(super) fn weight(&self) -> f64 {
        self.weight
    }

    /// The factors of the values of some channels of a row: one for each
    /// value, and one for each of four values after each other. The row is
    /// known by its place in the block and by its antennas; `None` when the
    /// block has no factors for them.
    pub(super) fn row<'a>(
        &'a self,
        layout: &Layout,
        channels: &Range<usize>,
        place: usize,
        antennas: (i32, i32),
        room: &'a mut Room,
    ) -> Option<(&'a [f64], [f64; 4])> {
        let Content::Data(normalization) = layout.content else { return None };
        let correlations = layout.correlations;
        let cell = self.cell.get(channels.start * correlations..channels.end * correlations)?;
        let each = &mut room.each;
        each.clear();
        match normalization {
            Normalization::AntennaFrequency => {
                let first = usize::try_from(antennas.0).ok().filter(|at| *at < self.count)?;
                let second = usize::try_from(antennas.1).ok().filter(|at| *at < self.count)?;
                for of_one in self.others.chunks_exact(self.count) {
                    each.push(of_one[first] * of_one[second]);
                }
            }
            Normalization::RowFrequency => {
                let start = place.checked_mul(correlations)?;
                each.extend_from_slice(self.others.get(start..start.checked_add(correlations)?)?);
            }
            Normalization::Row => return Some((cell, [*self.others.get(place)?; 4])),
        }
        match each.as_slice() {
            [] => None,
            each if 4 % each.len() == 0 => {
                Some((cell, std::array::from_fn(|at| each[at % each.len()])))
            }
            each => {
                let product = |(at, channel): (usize, &f64)| channel * each[at % each.len()];
                room.cell.clear();
                room.cell.extend(cell.iter().enumerate().map(product));
                Some((&room.cell, [1.0; 4]))
            }
        }
    }
}
