//! Reads the samples of consecutive rows: values and whether they count.

use ledama_tables::{AxisPart, Complex32, Complex64, Part};

use super::open::Visibilities;
use super::selection::Sign;
use crate::read_error::ReadError;

/// Samples of consecutive rows: `[row][channel][correlation]`.
pub(super) struct Block {
    pub(super) values: Vec<Complex64>,
    pub(super) valid: Vec<bool>,
}

/// Values read at once, if one row is not longer.
const AT_ONCE: usize = 1 << 19;

impl Visibilities {
    /// How many values one row has in the selection, all correlations included.
    fn row_values(&self) -> usize {
        self.channels.len() * self.shape[1]
    }

    /// The rows wanted in groups: each of consecutive rows of the set, and
    /// not too many at once. Ranges of `self.rows`.
    pub(super) fn groups(&self) -> Vec<std::ops::Range<usize>> {
        let most = (AT_ONCE / self.row_values().max(1)).max(1);
        let mut groups = Vec::new();
        let mut start = 0;
        for at in 1..=self.rows.len() {
            let ends = at == self.rows.len()
                || self.rows[at].0 != self.rows[at - 1].0 + 1
                || at - start >= most;
            if ends {
                groups.push(start..at);
                start = at;
            }
        }
        groups
    }

    /// Reads one group.
    pub(super) fn block(&self, group: std::ops::Range<usize>) -> Result<Block, ReadError> {
        let first = self.rows[group.start].0;
        let rows = first..first + group.len() as u64;
        let part =
            Part::new([AxisPart::range(self.channels.clone()), AxisPart::all(self.shape[1])]);
        let wide = |value: &Complex32| Complex64::new(value.re.into(), value.im.into());
        let data = self.data.part::<Complex32>(rows.clone(), &part)?;
        let mut values: Vec<Complex64> = data.iter().map(wide).collect();
        if let Some((sign, other)) = &self.other {
            let other = other.part::<Complex32>(rows.clone(), &part)?;
            for (value, second) in values.iter_mut().zip(other.iter().map(wide)) {
                *value = match sign {
                    Sign::Plus => *value + second,
                    Sign::Minus => *value - second,
                };
            }
        }
        // NaN never counts, also where flagged samples are shown.
        let mut valid: Vec<bool> =
            values.iter().map(|v| !v.re.is_nan() && !v.im.is_nan()).collect();
        if let Some(flags) = self.flags.as_ref().filter(|_| !self.show_flagged) {
            let flags = flags.part::<bool>(rows, &part)?;
            for (valid, flag) in valid.iter_mut().zip(&flags) {
                *valid &= !flag;
            }
        }
        Ok(Block { values, valid })
    }
}
