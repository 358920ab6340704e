//! Diagnostics as numbers: gains, quality statistics and visibilities, selected,
//! averaged, and put on their true axes. Nothing here draws.

pub mod astro;
pub mod closure;
pub mod curves;
pub mod diag;
pub mod gains;
pub mod math;
#[cfg(feature = "script")]
pub mod script;
pub mod stations;
pub mod stats;
pub mod uv;
pub mod visibilities;

use ledama_base::operation::Registry;

/// Adds the operations of this crate.
#[must_use]
pub fn operations(registry: Registry) -> Registry {
    registry.with(diag::operation::ReadRows).with(diag::operation::CountRows).with(stats::Stats)
}
