//! Visibilities as curves: one coordinate against time, hour angle, channel
//! or frequency, for each baseline and polarization, from one set or several.

mod edges;
mod place;
mod sources;
#[cfg(test)]
mod tests;

pub use place::{Abscissa, site};
pub use sources::{Curve, CurveRequest, Pair, Raster, Sources};
