//! Mean and spread of angles, which have no beginning.
//!
//! With R the length of the mean of e^{iφ}, the mean is its argument and the
//! standard deviation is √(−2 ln R) (Mardia and Jupp, Directional Statistics,
//! §2.3; the same as `scipy.stats.circmean` and `circstd`, with the mean in
//! (−π, π]).

use num_complex::Complex64;

use super::mean::{complex_mean, missing};

fn resultant(angles: &[f64]) -> Option<Complex64> {
    let unit = |angle: &f64| Complex64::new(angle.cos(), angle.sin());
    Some(complex_mean(angles.iter().map(unit))).filter(|mean| !missing(*mean))
}

/// The mean direction of the valid angles, rad, in (−π, π]; NaN if there is none.
pub fn circular_mean(angles: &[f64]) -> f64 {
    resultant(angles).map_or(f64::NAN, Complex64::arg)
}

/// The circular standard deviation of the valid angles, rad; NaN if there is none.
pub fn circular_std(angles: &[f64]) -> f64 {
    // Rounding may make R a little more than 1.
    resultant(angles).map_or(f64::NAN, |mean| (-2.0 * mean.norm().min(1.0).ln()).max(0.0).sqrt())
}
