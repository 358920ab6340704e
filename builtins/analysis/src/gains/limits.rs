//! Limits of an axis that a few wild values cannot stretch.

/// The lower and upper limit.
pub type Limits = (f64, f64);

/// Most values that are sorted; of more, every n-th counts.
const MOST: usize = 4_000_000;

/// The values below which `low` and `high` (0 to 1) of all finite values lie;
/// `None` if there is none. Equal limits mean that all values are equal.
pub fn limits(values: impl Iterator<Item = f64>, low: f64, high: f64) -> Option<Limits> {
    let mut kept: Vec<f64> = values.filter(|value| value.is_finite()).collect();
    if kept.len() > MOST {
        kept = kept.iter().copied().step_by(kept.len().div_ceil(MOST)).collect();
    }
    let last = kept.len().checked_sub(1)?;
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let mut at = |part: f64| {
        let place = ((last as f64 * part).round() as usize).min(last);
        *kept.select_nth_unstable_by(place, f64::total_cmp).1
    };
    Some((at(low), at(high)))
}

/// The robust range of amplitudes (from 0) or of signed numbers: 1 to 99 % of the
/// values, and a margin of 5 %.
pub fn range(values: impl Iterator<Item = f64>, from_zero: bool) -> Option<Limits> {
    let (low, high) = limits(values, 0.01, 0.99)?;
    let margin = 0.05 * (high - low);
    let low = if from_zero { (low - margin).max(0.0) } else { low - margin };
    Some(smallest_range(low, high + margin))
}

/// Limits that can be drawn: equal ones are set apart.
pub fn smallest_range(low: f64, high: f64) -> Limits {
    let least = 1e-6 * low.abs().max(high.abs());
    if high - low > least {
        return (low, high);
    }
    let apart = if high == 0.0 { 1.0 } else { 0.1 * high.abs() };
    (low - apart, high + apart)
}
