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
    /// Of each antenna or row, those of its correlations together; of each
    /// row alone.
    others: Vec<f64>,
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
                if normalization == Normalization::AntennaFrequency && layout.correlations > 1 {
                    self.turn(layout.correlations);
                }
            }
        }
    }

    /// From all antennas of one correlation after the other to all
    /// correlations of one antenna after the other.
    fn turn(&mut self, correlations: usize) {
        let stored = std::mem::take(&mut self.others);
        let antennas = stored.len() / correlations;
        self.others.reserve_exact(antennas * correlations);
        for antenna in 0..antennas {
            self.others.extend(stored[antenna..].iter().step_by(antennas).take(correlations));
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
        let pair = || {
            let (first, second) = antennas;
            Some((usize::try_from(first).ok()?, usize::try_from(second).ok()?))
        };
        if normalization == Normalization::Row {
            return Some((cell, [*self.others.get(place)?; 4]));
        }
        if 4 % correlations.max(1) == 0 {
            let each = if normalization == Normalization::AntennaFrequency {
                let (first, second) = pair()?;
                let (first, second) =
                    (self.four(first, correlations)?, self.four(second, correlations)?);
                std::array::from_fn(|at| first[at] * second[at])
            } else {
                self.four(place, correlations)?
            };
            return Some((cell, each));
        }
        let each = &mut room.each;
        each.clear();
        if normalization == Normalization::AntennaFrequency {
            let (first, second) = pair()?;
            let (first, second) =
                (self.other(first, correlations)?, self.other(second, correlations)?);
            each.extend(first.iter().zip(second).map(|(first, second)| first * second));
        } else {
            each.extend_from_slice(self.other(place, correlations)?);
        }
        let product = |(at, channel): (usize, &f64)| channel * each[at % each.len()];
        room.cell.clear();
        room.cell.extend(cell.iter().enumerate().map(product));
        Some((&room.cell, [1.0; 4]))
    }

    /// The factors of an antenna or row, one for each correlation.
    fn other(&self, at: usize, correlations: usize) -> Option<&[f64]> {
        let start = at.checked_mul(correlations)?;
        self.others.get(start..start.checked_add(correlations)?)
    }

    /// The same for four values after each other, of 1, 2 or 4 correlations.
    #[inline]
    fn four(&self, at: usize, correlations: usize) -> Option<[f64; 4]> {
        match *self.other(at, correlations)? {
            [all] => Some([all; 4]),
            [even, odd] => Some([even, odd, even, odd]),
            [a, b, c, d] => Some([a, b, c, d]),
            _ => None,
        }
    }
}
