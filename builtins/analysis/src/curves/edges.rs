//! Where cells of rasters begin and end.

use crate::math;

/// Edges halfway between centres.
pub(super) fn edges(centres: &[f64]) -> Vec<f64> {
    let Some((first, last)) = centres.first().zip(centres.last()) else { return vec![0.0] };
    let half = centres.windows(2).map(|pair| (pair[1] - pair[0]) / 2.0);
    let step = half.fold(f64::NAN, f64::min);
    let step = if step.is_nan() { 0.5 } else { step };
    let between = centres.windows(2).map(|pair| f64::midpoint(pair[0], pair[1]));
    std::iter::once(first - step).chain(between).chain([last + step]).collect()
}

/// Columns for times on a regular grid, so that gaps keep their width, and the
/// edges of the columns. Where the times fit no grid they stand side by side
/// with edges halfway between them.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
pub(super) fn grid(times: &[f64], interval: f64) -> (Vec<usize>, Vec<f64>) {
    let steps: Vec<f64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let step = if steps.is_empty() { interval } else { math::median(&steps) };
    let (Some(first), Some(last)) = (times.first(), times.last()) else {
        return (Vec::new(), vec![0.0]);
    };
    let place = |time: &f64| ((time - first) / step).round();
    let regular = step > 0.0
        && times.iter().all(|time| (time - first - place(time) * step).abs() < 0.3 * step)
        && place(last) < 4.0 * times.len() as f64;
    if !regular {
        return ((0..times.len()).collect(), edges(times));
    }
    let columns = place(last) as usize + 1;
    let slots = times.iter().map(|time| place(time) as usize).collect();
    (slots, (0..=columns).map(|at| first + (at as f64 - 0.5) * step).collect())
}
