//! Which baselines the sky was seen with: coverage of the uv plane.
//!
//! A baseline gives the point (u, v) of the column UVW and its negative, in m
//! or in thousands of wavelengths λ = c/ν. Autocorrelations have none.

mod coverage;
mod slots;
#[cfg(test)]
mod tests;

pub use coverage::{Cover, Coverage, CoverageRequest, Points, SPEED_OF_LIGHT, coverage};
pub use slots::Slots;
