//! Statistics of the valid ones among real values; NaN if there is none.

use super::mean::Mean;

fn valid(values: &[f64]) -> Vec<f64> {
    values.iter().copied().filter(|value| !value.is_nan()).collect()
}

/// How many values are valid.
pub fn count(values: &[f64]) -> usize {
    values.iter().filter(|value| !value.is_nan()).count()
}

/// The arithmetic mean.
pub fn mean(values: &[f64]) -> f64 {
    let mut mean = Mean::default();
    for value in values {
        mean.add(*value);
    }
    mean.value()
}

/// The standard deviation of a population (divisor N).
pub fn std(values: &[f64]) -> f64 {
    let centre = mean(values);
    let squares: Vec<f64> = values.iter().map(|value| (value - centre).powi(2)).collect();
    mean(&squares).sqrt()
}

/// The root of the mean square.
pub fn rms(values: &[f64]) -> f64 {
    let squares: Vec<f64> = values.iter().map(|value| value * value).collect();
    mean(&squares).sqrt()
}

/// The smallest value.
pub fn min(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::NAN, f64::min)
}

/// The largest value.
pub fn max(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::NAN, f64::max)
}

/// The middle value, or the mean of the two in the middle.
pub fn median(values: &[f64]) -> f64 {
    median_of(&mut valid(values))
}

/// The median of the absolute distances from the median, without a factor.
pub fn mad(values: &[f64]) -> f64 {
    let mut kept = valid(values);
    let centre = median_of(&mut kept);
    for value in &mut kept {
        *value = (*value - centre).abs();
    }
    median_of(&mut kept)
}

fn median_of(values: &mut [f64]) -> f64 {
    if values.is_empty() {
        return f64::NAN;
    }
    let half = values.len() / 2;
    let even = values.len().is_multiple_of(2);
    let (below, middle, _) = values.select_nth_unstable_by(half, f64::total_cmp);
    let upper = *middle;
    if !even {
        return upper;
    }
    let lower = below.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    // Halved one by one, so that large values do not overflow.
    if lower.is_infinite() || upper.is_infinite() {
        lower + upper
    } else {
        lower / 2.0 + upper / 2.0
    }
}

/// The value below which that part of the values lies, `percent` from 0 to
/// 100, with a straight line between neighbours.
pub fn percentile(values: &[f64], percent: f64) -> f64 {
    percentiles(values, &[percent])[0]
}

/// Several percentiles of the same values, which are sorted once.
pub fn percentiles(values: &[f64], percents: &[f64]) -> Vec<f64> {
    let mut sorted = valid(values);
    sorted.sort_unstable_by(f64::total_cmp);
    percents.iter().map(|percent| at_percent(&sorted, *percent)).collect()
}

#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn at_percent(sorted: &[f64], percent: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let place = last as f64 * (percent / 100.0).clamp(0.0, 1.0);
    let below = place.floor() as usize;
    let (low, high) = (sorted[below], sorted[(below + 1).min(last)]);
    if low.total_cmp(&high).is_eq() { low } else { low + (high - low) * place.fract() }
}

/// A range for an axis that a few wild values do not stretch: the percentiles
/// `percent` and 100 − `percent`, each moved outwards by a tenth of their
/// distance, and never beyond the finite values themselves. `None` if no value
/// is finite.
pub fn robust_range(values: &[f64], percent: f64) -> Option<(f64, f64)> {
    let finite: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    if finite.is_empty() {
        return None;
    }
    let ends = percentiles(&finite, &[percent, 100.0 - percent]);
    let margin = (ends[1] - ends[0]) / 10.0;
    Some(((ends[0] - margin).max(min(&finite)), (ends[1] + margin).min(max(&finite))))
}
