//! Kinds of statistics: those that are stored, and those that follow from them.
//!
//! What is stored are mostly accumulators: numbers of samples, sums, sums of
//! squares, each by itself for the real and the imaginary part. Samples of
//! several channels, times or sets are put together by adding accumulators;
//! only then is anything derived from them, as AOFlagger's `aoquality` does.

use num_complex::Complex64;
use serde::{Deserialize, Serialize};

use crate::math::{ComplexMean, MISSING, missing};

/// What the samples of a row are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quantity {
    /// Gains; put together by their mean.
    Gain,
    /// A stored kind.
    Stored(String),
    /// A kind that follows from accumulators.
    Derived(Derived),
}

/// A kind that follows from accumulators.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Derived {
    /// Sum / Count.
    Mean,
    /// DSum / DCount.
    DMean,
    /// √((SumP2 − Sum²/n)/n).
    StandardDeviation,
    /// The same of differences.
    DStandardDeviation,
    /// (SumP2 − Sum²/n)/(n − 1).
    Variance,
    /// The same of differences.
    DVariance,
    /// |Mean| / `DStandardDeviation`.
    SignalToNoise,
    /// 100 · `RFICount` / (`RFICount` + Count).
    #[serde(rename = "RFIPercentage")]
    RfiPercentage,
}

impl Derived {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Mean,
        Self::DMean,
        Self::StandardDeviation,
        Self::DStandardDeviation,
        Self::Variance,
        Self::DVariance,
        Self::SignalToNoise,
        Self::RfiPercentage,
    ];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Mean => "Mean",
            Self::DMean => "DMean",
            Self::StandardDeviation => "StandardDeviation",
            Self::DStandardDeviation => "DStandardDeviation",
            Self::Variance => "Variance",
            Self::DVariance => "DVariance",
            Self::SignalToNoise => "SignalToNoise",
            Self::RfiPercentage => "RFIPercentage",
        }
    }

    /// The kind of that name, in any case.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name().eq_ignore_ascii_case(name))
    }

    /// The accumulators it needs, in the order of [`Self::value`].
    #[must_use]
    pub fn accumulators(self) -> &'static [&'static str] {
        match self {
            Self::Mean => &["Sum", "Count"],
            Self::DMean => &["DSum", "DCount"],
            Self::StandardDeviation | Self::Variance => &["Sum", "SumP2", "Count"],
            Self::DStandardDeviation | Self::DVariance => &["DSum", "DSumP2", "DCount"],
            Self::SignalToNoise => &["Sum", "Count", "DSum", "DSumP2", "DCount"],
            Self::RfiPercentage => &["RFICount", "Count"],
        }
    }

    /// Its value by the accumulators.
    fn value(self, parts: &[Complex64]) -> Complex64 {
        let each = |of: &dyn Fn(&[f64]) -> f64| {
            // Counts have no imaginary part: the real one is for both.
            let re: Vec<f64> = parts.iter().map(|part| part.re).collect();
            let names = self.accumulators().iter().zip(parts);
            let im: Vec<f64> = names
                .map(|(name, part)| if name.ends_with("Count") { part.re } else { part.im })
                .collect();
            Complex64::new(of(&re), of(&im))
        };
        match self {
            Self::Mean | Self::DMean => each(&|p| p[0] / p[1]),
            Self::StandardDeviation | Self::DStandardDeviation => each(&deviation),
            Self::Variance | Self::DVariance => each(&|p| squares(p[0], p[1], p[2]) / (p[2] - 1.0)),
            Self::SignalToNoise => each(&|p| (p[0] / p[1]).abs() / deviation(&p[2..])),
            Self::RfiPercentage => {
                let (rfi, count) = (parts[0].re, parts[1].re);
                Complex64::new(100.0 * rfi / (rfi + count), 0.0)
            }
        }
    }
}

fn squares(sum: f64, of_squares: f64, count: f64) -> f64 {
    of_squares - sum * sum / count
}

/// Of sum, sum of squares and count.
fn deviation(parts: &[f64]) -> f64 {
    (squares(parts[0], parts[1], parts[2]) / parts[2]).sqrt()
}

/// Kinds that are added when samples are put together.
const ADDED: [&str; 7] = ["RFICount", "Count", "Sum", "SumP2", "DCount", "DSum", "DSumP2"];

impl Quantity {
    /// Of a kind of statistics as it is stored.
    #[must_use]
    pub fn stored(name: &str) -> Self {
        Self::Stored(name.to_string())
    }

    /// Whether samples are added when they are put together; others are averaged.
    #[must_use]
    pub fn is_added(&self) -> bool {
        match self {
            Self::Gain => false,
            Self::Stored(name) => ADDED.contains(&name.as_str()),
            Self::Derived(_) => true,
        }
    }

    /// Puts samples of one accumulator together; missing if all are.
    pub fn together(&self, samples: impl Iterator<Item = Complex64>) -> Complex64 {
        let mut mean = ComplexMean::default();
        for sample in samples {
            mean.add(sample);
        }
        let value = mean.value();
        if self.is_added() && !missing(value) { value * mean.weight() } else { value }
    }

    /// The value by its accumulators; missing where it cannot be told.
    #[must_use]
    pub fn value(&self, parts: &[Complex64]) -> Complex64 {
        if parts.iter().any(|part| missing(*part)) {
            return MISSING;
        }
        let value = match self {
            Self::Gain | Self::Stored(_) => parts[0],
            Self::Derived(kind) => kind.value(parts),
        };
        if value.is_finite() { value } else { MISSING }
    }

    /// The name of the kind; nothing for gains.
    #[must_use]
    pub fn kind(&self) -> Option<&str> {
        match self {
            Self::Gain => None,
            Self::Stored(name) => Some(name),
            Self::Derived(kind) => Some(kind.name()),
        }
    }

    /// What its real part counts or measures, and the unit; for what is only real.
    #[must_use]
    pub fn real_label(&self) -> Option<&'static str> {
        match self.kind()? {
            "Count" => Some("Unflagged samples"),
            "RFICount" => Some("Flagged samples"),
            "DCount" => Some("Unflagged pairs"),
            "RFIPercentage" => Some("Flagged [%]"),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Accumulators of a real set, XX of its first time.
    fn accumulator(name: &str) -> Complex64 {
        let (re, im) = match name {
            "Count" => (224.0, 0.0),
            "RFICount" => (56.0, 0.0),
            "Sum" => (0.013_319_6, -0.001_391_45),
            "SumP2" => (3.862_95e-6, 2.830_42e-6),
            "DCount" => (196.0, 0.0),
            "DSum" => (3.031e-4, 5.124e-5),
            "DSumP2" => (3.462_31e-8, 3.643_74e-8),
            other => panic!("{other}"),
        };
        Complex64::new(re, im)
    }

    #[test]
    fn derived_kinds_are_those_of_aoquality() {
        for (kind, re, im) in [
            (Derived::StandardDeviation, 1.170_88e-4, 1.122_37e-4),
            (Derived::Variance, 1.3771e-8, 1.265_37e-8),
            (Derived::DStandardDeviation, 1.320_06e-5, 1.363_22e-5),
            (Derived::DVariance, 1.7515e-10, 1.8679e-10),
            (Derived::SignalToNoise, 4.504_51, 0.455_675),
            (Derived::Mean, 0.013_319_6 / 224.0, -0.001_391_45 / 224.0),
            (Derived::DMean, 3.031e-4 / 196.0, 5.124e-5 / 196.0),
            (Derived::RfiPercentage, 20.0, 0.0),
        ] {
            let parts: Vec<_> = kind.accumulators().iter().map(|name| accumulator(name)).collect();
            let value = Quantity::Derived(kind).value(&parts);
            let near = |found: f64, known: f64| (found - known).abs() <= 2e-4 * known.abs();
            assert!(near(value.re, re) && near(value.im, im), "{kind:?}: {value}");
            assert_eq!(Derived::named(&kind.name().to_lowercase()), Some(kind));
        }
    }

    #[test]
    fn accumulators_are_added_and_gains_averaged() {
        let samples = [Complex64::new(1.0, 2.0), MISSING, Complex64::new(3.0, 0.0)];
        let all = |quantity: Quantity| quantity.together(samples.into_iter());
        assert_eq!(all(Quantity::stored("Count")), Complex64::new(4.0, 2.0));
        assert_eq!(all(Quantity::stored("Kurtosis")), Complex64::new(2.0, 1.0));
        assert_eq!(all(Quantity::Gain), Complex64::new(2.0, 1.0));
        assert!(missing(Quantity::stored("Sum").together([MISSING; 2].into_iter())));
    }

    #[test]
    fn what_cannot_be_told_is_missing() {
        let zero = Complex64::new(0.0, 0.0);
        assert!(missing(Quantity::Derived(Derived::RfiPercentage).value(&[zero, zero])));
        assert!(missing(Quantity::Derived(Derived::Mean).value(&[MISSING, zero])));
    }
}
