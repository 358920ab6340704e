//! Reads the samples of rows: values, and whether and how much they count.

use std::ops::Range;

use ledama_tables::ndarray::ArrayD;
use ledama_tables::{AxisPart, Complex32, Complex64, Part};

use super::open::{Visibilities, Weights};
use super::selection::{Flags, Sign};
use super::stokes::Product;
use crate::read_error::ReadError;

/// Rows that are read together, some of which are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Group {
    /// Rows of the set.
    pub(super) rows: Range<u64>,
    /// Places of the rows wanted among those of the selection.
    pub(super) wanted: Vec<u32>,
}

/// Samples of a group: `[row][channel][correlation]`.
pub(super) struct Block {
    values: Vec<Complex32>,
    other: Option<(Sign, Vec<Complex32>)>,
    flags: Option<Vec<bool>>,
    weights: Option<Vec<f32>>,
    /// Whether there is one weight a row and correlation, for all channels.
    flat: bool,
    only_flagged: bool,
    channels: usize,
    correlations: usize,
}

/// Values read at once, if one row is not longer.
const AT_ONCE: usize = 1 << 19;
/// Unwanted rows between two wanted ones that are read with them, at most.
const SKIPPED: u64 = 64;

impl Visibilities {
    /// The rows wanted of some baselines in groups that are not too large.
    pub(super) fn groups(&self, baselines: &Range<usize>) -> Vec<Group> {
        let row_values = (self.channels.len() * self.shape[1]).max(1);
        let most = (AT_ONCE / row_values).max(1) as u64;
        let mut groups: Vec<Group> = Vec::new();
        for (place, &(row, _, baseline)) in (0u32..).zip(&self.rows) {
            if !baselines.contains(&(baseline as usize)) {
                continue;
            }
            match groups.last_mut() {
                Some(group)
                    if row - group.rows.end <= SKIPPED
                        && row - group.rows.start < most
                        && !self.breaks.iter().any(|at| (group.rows.end..=row).contains(at)) =>
                {
                    group.rows.end = row + 1;
                    group.wanted.push(place);
                }
                _ => groups.push(Group { rows: row..row + 1, wanted: vec![place] }),
            }
        }
        groups
    }

    /// Reads one group.
    pub(super) fn block(&self, group: &Group) -> Result<Block, ReadError> {
        let rows = group.rows.clone();
        let part =
            Part::new([AxisPart::range(self.channels.clone()), AxisPart::all(self.shape[1])]);
        let complex = |column: &ledama_tables::Column| -> Result<Vec<Complex32>, ReadError> {
            Ok(plain(column.part::<Complex32>(rows.clone(), &part)?))
        };
        let values = complex(&self.data)?;
        let other = match &self.other {
            None => None,
            Some((sign, column)) => Some((*sign, complex(column)?)),
        };
        let flags = match &self.flags {
            None => None,
            Some(column) => Some(plain(column.part::<bool>(rows.clone(), &part)?)),
        };
        let (weights, flat) = match &self.weights {
            None => (None, false),
            Some(Weights::Samples(column)) => {
                (Some(plain(column.part::<f32>(rows.clone(), &part)?)), false)
            }
            Some(Weights::Rows(column)) => (Some(column.values::<f32>(rows.clone())?), true),
        };
        Ok(Block {
            values,
            other,
            flags,
            weights,
            flat,
            only_flagged: self.flag_use == Flags::Only,
            channels: self.channels.len(),
            correlations: self.shape[1],
        })
    }
}

fn plain<T: Clone>(array: ArrayD<T>) -> Vec<T> {
    // Parts come in C order without an offset; anything else is copied.
    match array.into_raw_vec_and_offset() {
        (values, None | Some(0)) => values,
        (values, Some(offset)) => values[offset..].to_vec(),
    }
}

impl Block {
    /// The sums of the valid samples of each correlation of a row over its channels, and
    /// how many there are; `None` for blocks whose samples are not simply added: joined
    /// columns, weights, other numbers of correlations. Adds in the order of the channels,
    /// as adding sample by sample does.
    pub(super) fn row_sums(&self, row: usize) -> Option<[(Complex64, u32); 4]> {
        if self.other.is_some() || self.weights.is_some() {
            return None;
        }
        let mut all = [(Complex64::default(), 0); 4];
        match self.correlations {
            4 => all = self.sums_of::<4>(row),
            2 => all[..2].copy_from_slice(&self.sums_of::<2>(row)),
            1 => all[..1].copy_from_slice(&self.sums_of::<1>(row)),
            _ => return None,
        }
        Some(all)
    }

    fn sums_of<const N: usize>(&self, row: usize) -> [(Complex64, u32); N] {
        let cells = row * self.channels * N..(row + 1) * self.channels * N;
        let values = self.values[cells.clone()].chunks_exact(N);
        let mut sums = [(Complex64::default(), 0_u32); N];
        // Without branches, so that several are added at once.
        let mut add = |cell: &[Complex32], good: [bool; N]| {
            for k in 0..N {
                let keep = good[k] & cell[k].re.is_finite() & cell[k].im.is_finite();
                let (re, im) = if keep { (cell[k].re, cell[k].im) } else { (0.0, 0.0) };
                sums[k].0.re += f64::from(re);
                sums[k].0.im += f64::from(im);
                sums[k].1 += u32::from(keep);
            }
        };
        match &self.flags {
            None => values.for_each(|cell| add(cell, [true; N])),
            Some(flags) => {
                for (cell, flags) in values.zip(flags[cells].chunks_exact(N)) {
                    add(cell, std::array::from_fn(|k| flags[k] == self.only_flagged));
                }
            }
        }
        sums
    }

    /// A correlation of a row and channel with its weight; `None` if it does not count.
    #[inline]
    fn sample(&self, row: usize, channel: usize, correlation: usize) -> Option<(Complex64, f64)> {
        let at = (row * self.channels + channel) * self.correlations + correlation;
        if self.flags.as_ref().is_some_and(|flags| flags[at] != self.only_flagged) {
            return None;
        }
        let wide = |value: Complex32| Complex64::new(value.re.into(), value.im.into());
        let mut value = wide(self.values[at]);
        if let Some((sign, other)) = &self.other {
            match sign {
                Sign::Plus => value += wide(other[at]),
                Sign::Minus => value -= wide(other[at]),
            }
        }
        if !(value.re.is_finite() && value.im.is_finite()) {
            return None;
        }
        let Some(weights) = &self.weights else { return Some((value, 1.0)) };
        let at = if self.flat { row * self.correlations + correlation } else { at };
        let weight = f64::from(weights[at]);
        (weight > 0.0 && weight.is_finite()).then_some((value, weight))
    }

    /// A polarization of a row and channel with its weight. The weight of what
    /// is made of two correlations is that of their sum: 1/(1/a + 1/b).
    #[inline]
    pub(super) fn product(
        &self,
        row: usize,
        channel: usize,
        product: &Product,
    ) -> Option<(Complex64, f64)> {
        let [a, b] = product.inputs;
        let first = self.sample(row, channel, a)?;
        if a == b {
            return Some(first);
        }
        let second = self.sample(row, channel, b)?;
        let value = product.factors[0] * first.0 + product.factors[1] * second.0;
        let weight =
            if self.weights.is_some() { first.1 * second.1 / (first.1 + second.1) } else { 1.0 };
        Some((value, weight))
    }
}
