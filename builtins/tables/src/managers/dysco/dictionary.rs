//! The values that the symbols of a file stand for.
//!
//! All but the last symbol are the middles of equal shares of a distribution;
//! the last one stands for everything that is not finite. Nothing of this is
//! in the file but the kind of distribution, so the values have to come out
//! with the same bits as the writer's.
//!
//! Source: `casacore/tables/Dysco/stochasticencoder.cc`.

use super::header::Distribution;
use super::quantile;

/// The values of all symbols of `bits` bits (at most 16).
#[allow(clippy::cast_possible_truncation)] // they are floats in the writer, too
pub(super) fn dictionary(distribution: Distribution, bits: u8) -> Vec<f32> {
    let finite = (1u32 << bits.min(16)) - 1;
    // The share of the distribution below the middle of a symbol.
    let middle = |symbol: u32| (f64::from(symbol) + 0.5) / f64::from(finite);
    // Least error is reached with the quantiles of a distribution √3 as wide.
    let width = f64::from(3.0f64.sqrt() as f32);
    let value = |symbol: u32| match distribution {
        Distribution::Gaussian => width * coarse_quantile(middle(symbol)),
        Distribution::Uniform => {
            let twice = 2.0 * f64::from(symbol) + 1.0 - f64::from(finite);
            width * (twice / f64::from(finite))
        }
        Distribution::StudentsT(nu) => quantile::students(middle(symbol), nu),
        Distribution::TruncatedGaussian(truncation) => {
            let cut = quantile::normal_share(-truncation);
            quantile::normal(middle(symbol) * (1.0 - 2.0 * cut) + cut)
        }
    };
    let mut values: Vec<f32> = (0..finite).map(|symbol| value(symbol) as f32).collect();
    values.push(f32::NAN);
    values
}

/// The normal quantile as the writer finds it: by halving an interval until
/// the share is right to 1e-13, which in the tails shows in a float.
///
/// The way of the halving follows from the true quantile, and near it the
/// error of the share is its distance times the density.
fn coarse_quantile(share: f64) -> f64 {
    const ERROR: f64 = 1e-13;
    if share < 0.5 {
        return -coarse_quantile(1.0 - share);
    }
    let truth = quantile::normal(share);
    if truth <= 0.0 {
        return 0.0;
    }
    let (mut low, mut high) = (0.0, 1.0);
    while high < truth && high < 64.0 {
        low = high;
        high *= 2.0;
    }
    let density = quantile::normal_density(truth);
    let mut middle = truth;
    for _ in 0..64 {
        middle = 0.5 * (low + high);
        if (middle - truth).abs() * density <= ERROR {
            break;
        }
        if middle > truth {
            high = middle;
        } else {
            low = middle;
        }
    }
    middle
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Distribution; 4] = [
        Distribution::Gaussian,
        Distribution::Uniform,
        Distribution::StudentsT(3.5),
        Distribution::TruncatedGaussian(2.5),
    ];

    #[test]
    fn values_rise_and_mirror_and_end_with_nan() {
        for distribution in ALL {
            for bits in [2, 3, 4, 6, 8, 10, 12] {
                let values = dictionary(distribution, bits);
                assert_eq!(values.len(), 1 << bits);
                let (last, finite) = values.split_last().unwrap_or((&0.0, &[]));
                assert!(last.is_nan());
                assert!(finite.windows(2).all(|pair| pair[0] < pair[1]), "{distribution:?} {bits}");
                for (low, high) in finite.iter().zip(finite.iter().rev()) {
                    assert!((low + high).abs() <= 1e-6 * low.abs(), "{distribution:?} {bits}");
                }
            }
        }
    }

    #[test]
    fn the_coarse_quantile_is_close() {
        for step in 1..1000 {
            let share = f64::from(step) / 1000.0;
            let error = quantile::normal_share(coarse_quantile(share)) - share;
            assert!(error.abs() < 1.1e-13, "{share}: {error}");
        }
    }

    #[test]
    fn strange_cuts_do_no_harm() {
        for cut in [0.0, -2.5, 1e-300, 40.0, 1e300] {
            assert_eq!(dictionary(Distribution::TruncatedGaussian(cut), 8).len(), 256);
        }
        for nu in [0.5, 1e5] {
            assert_eq!(dictionary(Distribution::StudentsT(nu), 4).len(), 16);
        }
    }
}
