//! The values of each baseline, averaged as asked.
//!
//! Pieces of the set are read and averaged by all processors, some at a time,
//! and put together in the order of the rows: the same numbers come out
//! whatever the number of processors.

use std::borrow::Cow;
use std::ops::Range;

use ledama_tables::Complex64;
use rayon::prelude::*;

use super::average::{Average, MISSING, Sum};
use super::block::Group;
use super::open::Visibilities;
use super::polarizations::Joined;
use super::selection::Averaging;
use super::stokes::Product;
use crate::read_error::ReadError;

/// How many samples went into a polarization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Valid samples before averaging.
    pub valid: u64,
    /// Samples that were flagged or no numbers.
    pub invalid: u64,
}

impl Counts {
    fn add(&mut self, other: Self) {
        self.valid += other.valid;
        self.invalid += other.invalid;
    }
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
    /// Values in C order; NaN where no sample was valid.
    pub values: Vec<Complex64>,
    /// For each polarization; an operation of two correlations counts both.
    pub counts: Vec<Counts>,
}

impl Series {
    /// The value at a time, channel and polarization.
    pub fn at(&self, time: usize, channel: usize, polarization: usize) -> Option<Complex64> {
        let [_, channels, polarizations] = self.shape;
        let value = *self.values.get((time * channels + channel) * polarizations + polarization)?;
        (!value.re.is_nan()).then_some(value)
    }

    /// The values of a channel and polarization along time.
    pub fn times(&self, channel: usize, polarization: usize) -> Vec<Complex64> {
        let [_, channels, polarizations] = self.shape;
        let values = self.values.iter().skip(channel * polarizations + polarization);
        values.step_by((channels * polarizations).max(1)).copied().collect()
    }

    /// The values of a time and polarization along the channels.
    pub fn channels(&self, time: usize, polarization: usize) -> Vec<Complex64> {
        let [_, channels, polarizations] = self.shape;
        let row = &self.values[time * channels * polarizations..][..channels * polarizations];
        row.iter().skip(polarization).step_by(polarizations.max(1)).copied().collect()
    }
}

/// What a group of rows makes: averages of the rows or all samples.
struct Piece {
    sums: Vec<Sum>,
    counts: Vec<Counts>,
}

impl Visibilities {
    /// The series of all baselines, in their order.
    pub fn series(&self, average: Average) -> Result<Vec<Series>, ReadError> {
        self.series_of(average, 0..self.baselines().len(), &mut |_, _| Ok(()))
    }

    /// The series of some baselines. Needs the memory that
    /// [`memory`](Self::memory) tells and a little for reading. `watch` is told
    /// how many rows of how many are done, and ends the work by an error.
    pub fn series_of<E: From<ReadError>>(
        &self,
        average: Average,
        baselines: Range<usize>,
        watch: &mut dyn FnMut(u64, u64) -> Result<(), E>,
    ) -> Result<Vec<Series>, E> {
        let kept = self.kept(average);
        let made = self.products.len();
        let each = kept[0] * kept[1] * made;
        let mut store = Store::new(self, average, baselines.len() * each);
        let mut counts = vec![Counts::default(); baselines.len() * made];
        let groups = self.groups(&baselines);
        let total: u64 = groups.iter().map(|group| group.wanted.len() as u64).sum();
        let mut done = 0;
        for wave in groups.chunks(4 * rayon::current_num_threads()) {
            watch(done, total)?;
            let pieces: Vec<Result<Piece, ReadError>> =
                wave.par_iter().map(|group| self.piece(group, average)).collect();
            for (group, piece) in wave.iter().zip(pieces) {
                let piece = piece?;
                let rows = piece.sums.chunks(piece.sums.len() / group.wanted.len().max(1));
                let tallies = piece.counts.chunks(made.max(1));
                for ((place, sums), tally) in group.wanted.iter().zip(rows).zip(tallies) {
                    let (_, slot, baseline) = self.rows[*place as usize];
                    let baseline = baseline as usize - baselines.start;
                    let start = baseline * each
                        + if average == Average::Times {
                            0
                        } else {
                            slot as usize * kept[1] * made
                        };
                    store.add(start, sums);
                    for (count, new) in counts[baseline * made..].iter_mut().zip(tally) {
                        count.add(*new);
                    }
                }
                done += group.wanted.len() as u64;
            }
        }
        watch(done, total)?;
        let values = store.values();
        let series = baselines.zip(values.chunks(each.max(1)).zip(counts.chunks(made.max(1))));
        Ok(series
            .map(|(baseline, (values, counts))| self.join(baseline, kept, values, counts))
            .collect())
    }

    /// A series without the times at which its baseline has no row, and the times that
    /// are left. Nothing is taken out where the set has one spectral window: there a time
    /// without a row is a gap, while in sets averaged by baseline it is that of another.
    pub fn own_times(&self, mut series: Series) -> (Series, Cow<'_, [f64]>) {
        let [times, channels, polarizations] = series.shape;
        if !self.mixed || times != self.times().len() {
            return (series, Cow::Borrowed(self.times()));
        }
        let mut there = vec![false; times];
        for (_, slot, baseline) in &self.rows {
            if *baseline as usize == series.baseline {
                there[*slot as usize] = true;
            }
        }
        let each = (channels * polarizations).max(1);
        let cells = series.values.chunks(each).zip(&there);
        series.values =
            cells.filter(|(_, there)| **there).flat_map(|(cell, _)| cell.to_vec()).collect();
        let kept = self.times().iter().zip(&there).filter(|(_, there)| **there);
        let kept: Vec<f64> = kept.map(|(time, _)| *time).collect();
        series.shape[0] = kept.len();
        (series, Cow::Owned(kept))
    }

    /// Bytes that the series of one baseline need.
    pub fn memory(&self, average: Average) -> usize {
        let kept = self.kept(average);
        let sum = if average == Average::Times { size_of::<Sum>() } else { 0 };
        kept[0] * kept[1] * self.products.len() * (2 * size_of::<Complex64>() + sum)
    }

    /// The baselines in parts whose series need at most so many bytes, or one baseline.
    pub fn batches(&self, average: Average, bytes: usize) -> Vec<Range<usize>> {
        let at_once = (bytes / self.memory(average).max(1)).max(1);
        let count = self.baselines().len();
        (0..count).step_by(at_once).map(|start| start..(start + at_once).min(count)).collect()
    }

    /// The lengths of the axes of time and channel of a series.
    fn kept(&self, average: Average) -> [usize; 2] {
        match average {
            Average::Channels => [self.times().len(), 1],
            Average::Times => [1, self.channels.len()],
            Average::None => [self.times().len(), self.channels.len()],
        }
    }

    fn piece(&self, group: &Group, average: Average) -> Result<Piece, ReadError> {
        let block = self.block(group)?;
        let (channels, made) = (self.channels.len(), self.products.len());
        let width = if average == Average::Channels { made } else { channels * made };
        let plain = if average == Average::Channels { self.plain() } else { None };
        let mut sums = vec![Sum::default(); group.wanted.len() * width];
        let mut counts = vec![Counts::default(); group.wanted.len() * made];
        for (at, place) in group.wanted.iter().enumerate() {
            let row = usize::try_from(self.rows[*place as usize].0 - group.rows.start)
                .unwrap_or_default();
            if let Some(found) = plain.as_ref().and_then(|_| block.row_sums(row)) {
                for (k, from) in plain.iter().flatten().enumerate() {
                    let (total, count) = found[*from];
                    sums[at * width + k] = Sum::of(total, count);
                    let valid = u64::from(count);
                    counts[at * made + k] = Counts { valid, invalid: channels as u64 - valid };
                }
                continue;
            }
            for (k, product) in self.products.iter().enumerate() {
                let count = &mut counts[at * made + k];
                for channel in 0..channels {
                    let Some((value, weight)) = block.product(row, channel, product) else {
                        count.invalid += 1;
                        continue;
                    };
                    count.valid += 1;
                    let into = if average == Average::Channels { k } else { channel * made + k };
                    sums[at * width + into].add(value, weight, self.averaging);
                }
            }
        }
        Ok(Piece { sums, counts })
    }

    /// The correlations that the polarizations are, where their values are simply added.
    fn plain(&self) -> Option<Vec<usize>> {
        let one = |product: &Product| {
            let [a, b] = product.inputs;
            (a == b).then_some(a)
        };
        match self.averaging {
            Averaging::Vector => self.products.iter().map(one).collect(),
            Averaging::Scalar => None,
        }
    }

    /// The series of a baseline, with the operation of two values where one was asked for.
    fn join(
        &self,
        baseline: usize,
        kept: [usize; 2],
        values: &[Complex64],
        counts: &[Counts],
    ) -> Series {
        if self.joined == Joined::No {
            let shape = [kept[0], kept[1], self.products.len()];
            return Series { baseline, shape, values: values.to_vec(), counts: counts.to_vec() };
        }
        // NaN of either stays NaN.
        let both = |pair: &[Complex64]| match (pair, self.joined) {
            ([one, two], Joined::Difference) => one - two,
            ([one, two], _) => one * two.conj(),
            _ => MISSING,
        };
        let mut sum = Counts::default();
        for count in counts {
            sum.add(*count);
        }
        let values = values.chunks(2).map(both).collect();
        Series { baseline, shape: [kept[0], kept[1], 1], values, counts: vec![sum] }
    }
}

/// What the rows add up to. Where each row has its own places nothing is to
/// be summed, so only values are held.
enum Store<'a> {
    Values(&'a Visibilities, Vec<Complex64>),
    Sums(&'a Visibilities, Vec<Sum>),
}

impl<'a> Store<'a> {
    fn new(of: &'a Visibilities, average: Average, length: usize) -> Self {
        if average == Average::Times || of.repeated {
            return Self::Sums(of, vec![Sum::default(); length]);
        }
        Self::Values(of, vec![MISSING; length])
    }

    fn add(&mut self, start: usize, sums: &[Sum]) {
        match self {
            Self::Values(of, values) => {
                for (value, sum) in values[start..].iter_mut().zip(sums) {
                    *value = sum.mean(of.averaging);
                }
            }
            Self::Sums(_, all) => {
                for (sum, new) in all[start..].iter_mut().zip(sums) {
                    sum.join(new);
                }
            }
        }
    }

    fn values(self) -> Vec<Complex64> {
        match self {
            Self::Values(_, values) => values,
            Self::Sums(of, sums) => sums.iter().map(|sum| sum.mean(of.averaging)).collect(),
        }
    }
}
