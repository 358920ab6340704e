//! The factors of one block, by which its quantized values are scaled.
//!
//! Source: the `InitializeDecode` and `Decode` functions of
//! `casacore/tables/Dysco/{af,rf,row}timeblockencoder.cc` and
//! `weightblockencoder.h`.

use std::ops::Range;

use super::header::Normalization;
use super::layout::{Content, Layout};

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
                if normalization != Normalization::Row {
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

    /// Puts the factors of the values of some channels of a row into `into`.
    /// The row is known by its place in the block and by its antennas; `None`
    /// when the block has no factors for them.
    pub(super) fn row(
        &self,
        layout: &Layout,
        channels: Range<usize>,
        place: usize,
        antennas: (i32, i32),
        each: &mut Vec<f64>,
        into: &mut Vec<f64>,
    ) -> Option<()> {
        let Content::Data(normalization) = layout.content else { return None };
        let correlations = layout.correlations;
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
            Normalization::Row => {
                into.clear();
                into.resize(channels.len() * correlations, *self.others.get(place)?);
                return Some(());
            }
        }
        let cell = self.cell.get(channels.start * correlations..channels.end * correlations)?;
        into.resize(cell.len(), 0.0);
        if let Ok(each) = <&[f64; 4]>::try_from(each.as_slice()) {
            for (factor, channel) in
                into.as_chunks_mut::<4>().0.iter_mut().zip(cell.as_chunks::<4>().0)
            {
                *factor = std::array::from_fn(|at| channel[at] * each[at]);
            }
        } else {
            let width = correlations.max(1);
            for (factor, channel) in into.chunks_exact_mut(width).zip(cell.chunks_exact(width)) {
                for ((factor, channel), each) in factor.iter_mut().zip(channel).zip(&*each) {
                    *factor = channel * each;
                }
            }
        }
        Some(())
    }
}
