//! The values of each baseline, averaged as asked.

use ledama_tables::Complex64;

use super::average::{Average, Sum};
use super::open::{Joined, Visibilities};
use crate::read_error::ReadError;

/// How many samples went into a polarization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Valid samples before averaging.
    pub valid: u64,
    /// Samples that were flagged or no numbers.
    pub invalid: u64,
}

/// The values of one baseline.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Place of the baseline in [`Visibilities::baselines`].
    pub baseline: usize,
    /// Lengths of the axes time, channel and polarization; an averaged axis
    /// has length 1. Times are those of [`Visibilities::times`]: one at which
    /// the baseline has no row has no values.
    pub shape: [usize; 3],
    /// Values in C order; nothing where no sample was valid.
    pub values: Vec<Option<Complex64>>,
    /// For each polarization; an operation of two correlations counts both.
    pub counts: Vec<Counts>,
}

impl Series {
    /// The value at a time, channel and polarization.
    pub fn at(&self, time: usize, channel: usize, polarization: usize) -> Option<Complex64> {
        let [_, channels, polarizations] = self.shape;
        *self.values.get((time * channels + channel) * polarizations + polarization)?
    }
}

impl Visibilities {
    /// The series of all baselines, in their order. Holds one sum for each
    /// value of the result and one piece of the data.
    pub fn series(&self, average: Average) -> Result<Vec<Series>, ReadError> {
        let (times, channels) = (self.times().len(), self.channels.len());
        let kept = match average {
            Average::Channels => [times, 1],
            Average::Times => [1, channels],
            Average::None => [times, channels],
        };
        let made = self.products.len();
        let each = kept[0] * kept[1] * made;
        let mut sums = vec![Sum::default(); self.baselines().len() * each];
        let mut counts = vec![Counts::default(); self.baselines().len() * made];
        for group in self.groups() {
            let block = self.block(group.clone())?;
            let correlations = self.shape[1];
            for (at, &(_, slot, baseline)) in self.rows[group].iter().enumerate() {
                let (slot, baseline) = (slot as usize, baseline as usize);
                for channel in 0..channels {
                    let start = (at * channels + channel) * correlations;
                    let values = &block.values[start..start + correlations];
                    let valid = &block.valid[start..start + correlations];
                    let place = match average {
                        Average::Channels => slot,
                        Average::Times => channel,
                        Average::None => slot * channels + channel,
                    };
                    for (k, product) in self.products.iter().enumerate() {
                        let count = &mut counts[baseline * made + k];
                        if product.inputs.iter().all(|input| valid[*input]) {
                            sums[baseline * each + place * made + k].add(product.of(values));
                            count.valid += 1;
                        } else {
                            count.invalid += 1;
                        }
                    }
                }
            }
        }
        let series = sums.chunks(each.max(1)).zip(counts.chunks(made.max(1))).enumerate();
        Ok(series
            .map(|(baseline, (sums, counts))| self.join(baseline, kept, sums, counts))
            .collect())
    }

    /// Means, and the operation of two of them where one was asked for.
    fn join(&self, baseline: usize, kept: [usize; 2], sums: &[Sum], counts: &[Counts]) -> Series {
        let means: Vec<Option<Complex64>> = sums.iter().map(|sum| sum.mean()).collect();
        if self.joined == Joined::No {
            let shape = [kept[0], kept[1], self.products.len()];
            return Series { baseline, shape, values: means, counts: counts.to_vec() };
        }
        let both =
            |pair: &[Option<Complex64>]| match (pair.first()?.as_ref()?, pair.get(1)?.as_ref()?) {
                (one, two) if self.joined == Joined::Difference => Some(one - two),
                (one, two) => Some(one * two.conj()),
            };
        let sum = counts.iter().fold(Counts::default(), |all, one| Counts {
            valid: all.valid + one.valid,
            invalid: all.invalid + one.invalid,
        });
        let values = means.chunks(2).map(both).collect();
        Series { baseline, shape: [kept[0], kept[1], 1], values, counts: vec![sum] }
    }
}
