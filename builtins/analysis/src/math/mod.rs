//! Arithmetic of measured values, of which some are missing.
//!
//! A missing value is NaN, of complex values in either part; it never counts
//! and nothing is put in its place. All sums are made in 64 bits. Nothing here
//! knows where values come from.

mod bins;
mod circular;
mod mean;
mod spread;
#[cfg(test)]
mod tests;
mod unwrap;

pub use bins::{bin_centres, bin_complex, bin_count, bin_edges, bin_values};
pub use circular::{circular_mean, circular_std};
pub use mean::{ComplexMean, MISSING, Mean, complex_mean, missing};
pub use spread::{
    count, mad, max, mean, median, min, percentile, percentiles, rms, robust_range, std,
};
pub use unwrap::{DEFAULT_GAP, unwrap, wrap};
