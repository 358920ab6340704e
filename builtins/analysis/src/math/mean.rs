//! Means of valid values, with and without weights.

use num_complex::Complex64;

/// What stands for a missing complex value.
pub const MISSING: Complex64 = Complex64::new(f64::NAN, f64::NAN);

/// Whether a complex value is missing.
pub fn missing(value: Complex64) -> bool {
    value.re.is_nan() || value.im.is_nan()
}

/// A growing mean of complex values.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ComplexMean {
    sum: Complex64,
    weight: f64,
}

impl ComplexMean {
    /// Adds a value; a missing one is left out.
    pub fn add(&mut self, value: Complex64) {
        self.add_weighted(value, 1.0);
    }

    /// Adds a value with a weight; one without a positive weight is left out.
    pub fn add_weighted(&mut self, value: Complex64, weight: f64) {
        if !missing(value) && weight > 0.0 {
            self.sum += value * weight;
            self.weight += weight;
        }
    }

    /// The mean; missing if no value was valid.
    pub fn value(self) -> Complex64 {
        if self.weight > 0.0 { self.sum / self.weight } else { MISSING }
    }

    /// The sum of the weights: without weights, how many values were valid.
    pub fn weight(self) -> f64 {
        self.weight
    }
}

/// A growing mean of real values.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Mean {
    sum: f64,
    weight: f64,
}

impl Mean {
    /// Adds a value; a missing one is left out.
    pub fn add(&mut self, value: f64) {
        self.add_weighted(value, 1.0);
    }

    /// Adds a value with a weight; one without a positive weight is left out.
    pub fn add_weighted(&mut self, value: f64, weight: f64) {
        if !value.is_nan() && weight > 0.0 {
            self.sum += value * weight;
            self.weight += weight;
        }
    }

    /// The mean; NaN if no value was valid.
    pub fn value(self) -> f64 {
        if self.weight > 0.0 { self.sum / self.weight } else { f64::NAN }
    }
}

/// The mean of the valid values; missing if there is none.
pub fn complex_mean(values: impl IntoIterator<Item = Complex64>) -> Complex64 {
    let mut mean = ComplexMean::default();
    for value in values {
        mean.add(value);
    }
    mean.value()
}
