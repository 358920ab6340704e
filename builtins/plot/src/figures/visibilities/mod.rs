//! Visibilities as pictures: one coordinate against time, hour angle, channel
//! or frequency, or as a map over time and frequency.

mod operation;
mod panels;
#[cfg(test)]
mod tests;

pub use operation::{Drawn, PlotVisibilities, VisibilitiesInput};
pub use panels::Per;
