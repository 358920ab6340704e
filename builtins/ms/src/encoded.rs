//! Arrays of numbers inside JSON: small, exact, and readable by anything.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

/// An array as it travels: base64 of its values as little-endian 64-bit
/// floats in C order (the last axis fastest). Complex values have a last axis
/// of 2, real and imaginary part; what is missing is NaN.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct EncodedArray {
    /// Names of the axes, slowest first.
    pub axes: Vec<String>,
    /// Lengths of the axes.
    pub shape: Vec<usize>,
    /// The values.
    pub base64: String,
}

impl EncodedArray {
    /// Encodes values that stand in C order.
    pub fn new(axes: &[&str], shape: &[usize], values: impl Iterator<Item = f64>) -> Self {
        let bytes: Vec<u8> = values.flat_map(f64::to_le_bytes).collect();
        Self {
            axes: axes.iter().map(ToString::to_string).collect(),
            shape: shape.to_vec(),
            base64: STANDARD.encode(bytes),
        }
    }

    /// The values in C order; `None` if they do not fit the shape.
    pub fn values(&self) -> Option<Vec<f64>> {
        let bytes = STANDARD.decode(&self.base64).ok()?;
        let count = self.shape.iter().try_fold(1_usize, |all, axis| all.checked_mul(*axis))?;
        let (values, rest) = bytes.as_chunks::<8>();
        let whole = rest.is_empty() && values.len() == count;
        whole.then(|| values.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect())
    }
}

/// A number as JSON can hold it: `None` for NaN and infinities.
pub(crate) fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn what_is_encoded_comes_out_again() {
        let encoded = EncodedArray::new(&["freq", "part"], &[1, 2], [1.5, -0.0].into_iter());
        assert_eq!(encoded.base64, "AAAAAAAA+D8AAAAAAAAAgA==");
        assert_eq!(encoded.values().unwrap(), [1.5, -0.0]);
        let empty = EncodedArray::new(&["time"], &[0], std::iter::empty());
        assert_eq!(empty.values().unwrap(), [0.0; 0]);
        assert!(EncodedArray { shape: vec![3], ..encoded.clone() }.values().is_none());
        assert!(EncodedArray { base64: "?".into(), ..encoded }.values().is_none());
    }
}
