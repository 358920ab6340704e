//! Averages of neighbours: a coarser axis that uses every sample.
//!
//! A bin holds so many consecutive samples; the last one holds what is left.
//! Its centre is the mean of the nominal places of its samples, whether or not
//! they are valid, so that all series on one axis keep the same places.

use num_complex::Complex64;

use super::mean::{ComplexMean, Mean};

/// How many bins so many samples make.
pub fn bin_count(samples: usize, factor: usize) -> usize {
    samples.div_ceil(factor.max(1))
}

/// The centres of the bins of an axis.
pub fn bin_centres(places: &[f64], factor: usize) -> Vec<f64> {
    bin_values(places, factor)
}

/// The edges of the bins of an axis whose samples have these edges: (lower,
/// upper) of each.
pub fn bin_edges(edges: &[(f64, f64)], factor: usize) -> Vec<(f64, f64)> {
    let widest = |bin: &[(f64, f64)]| {
        bin.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), edge| {
            (low.min(edge.0), high.max(edge.1))
        })
    };
    edges.chunks(factor.max(1)).map(widest).collect()
}

/// The means of the valid values of each bin; NaN where there is none.
pub fn bin_values(values: &[f64], factor: usize) -> Vec<f64> {
    let mean = |bin: &[f64]| {
        let mut mean = Mean::default();
        for value in bin {
            mean.add(*value);
        }
        mean.value()
    };
    values.chunks(factor.max(1)).map(mean).collect()
}

/// The means of the valid complex values of each bin; missing where there is none.
pub fn bin_complex(values: &[Complex64], factor: usize) -> Vec<Complex64> {
    let mean = |bin: &[Complex64]| {
        let mut mean = ComplexMean::default();
        for value in bin {
            mean.add(*value);
        }
        mean.value()
    };
    values.chunks(factor.max(1)).map(mean).collect()
}
