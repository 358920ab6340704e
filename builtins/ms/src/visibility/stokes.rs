//! Correlations as Stokes parameters and other products.
//!
//! Definitions of `casacore/measures/Measures/StokesConverter.h`: linear feeds
//! I = (XX+YY)/2, Q = (XX−YY)/2, U = (XY+YX)/2, V = (XY−YX)/(2i); circular
//! feeds I = (RR+LL)/2, V = (RR−LL)/2, Q = (RL+LR)/2, U = (RL−LR)/(2i).

use ledama_tables::Complex64;
use serde::{Deserialize, Serialize};

/// Whether Stokes parameters are in the units of the sky.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StokesScale {
    /// With the factor ½.
    #[default]
    Sky,
    /// Without it: I is the sum of both feeds.
    Sum,
}

/// A weighted sum of two correlations.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Product {
    /// Places of the two correlations.
    pub inputs: [usize; 2],
    /// Their factors.
    pub factors: [Complex64; 2],
}

impl Product {
    /// One correlation as it is.
    pub(super) fn one(at: usize) -> Self {
        let none = Complex64::new(0.0, 0.0);
        Self { inputs: [at, at], factors: [Complex64::new(1.0, 0.0), none] }
    }
}

/// The names of the Stokes parameters.
pub(super) const NAMES: [&str; 4] = ["I", "Q", "U", "V"];

/// How a Stokes parameter is made of four correlations with these names, or
/// why it cannot be.
pub(super) fn product(
    parameter: usize,
    correlations: &[String],
    scale: StokesScale,
) -> Result<Product, String> {
    let names: Vec<&str> = correlations.iter().map(String::as_str).collect();
    let at = |name: &str| names.iter().position(|known| *known == name);
    let half = if scale == StokesScale::Sky { 0.5 } else { 1.0 };
    let (plus, minus) = (Complex64::new(half, 0.0), Complex64::new(-half, 0.0));
    // 1/i = -i
    let turned = [Complex64::new(0.0, -half), Complex64::new(0.0, half)];
    let (linear, circular) = (["XX", "XY", "YX", "YY"], ["RR", "RL", "LR", "LL"]);
    let feeds = [linear, circular].into_iter().find(|feeds| feeds.iter().all(|f| at(f).is_some()));
    let Some(feeds) = feeds else {
        return Err(format!(
            "Stokes parameters need four correlations of linear or circular feeds, not {}",
            names.join(",")
        ));
    };
    let [aa, ab, ba, bb] = feeds.map(|name| at(name).unwrap_or_default());
    let sum = |inputs| Product { inputs, factors: [plus, plus] };
    let difference = |inputs| Product { inputs, factors: [plus, minus] };
    let imaginary = |inputs| Product { inputs, factors: turned };
    Ok(match (parameter, feeds[0]) {
        (0, _) => sum([aa, bb]),
        (1, "XX") | (3, "RR") => difference([aa, bb]),
        (1, "RR") | (2, "XX") => sum([ab, ba]),
        (2, "RR") | (3, "XX") => imaginary([ab, ba]),
        _ => return Err(format!("there is no Stokes parameter {parameter}, only 0 to 3")),
    })
}
