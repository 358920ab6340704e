//! Visibilities of a measurement set: which of them, with which flags, as
//! correlations or Stokes parameters, averaged or not.
//!
//! [`Selection`] says what is wanted, [`Visibilities`] is that choice on an
//! open set. The data are read in pieces of bounded memory, in table order,
//! and given as one [`Series`] for each baseline. Averages are arithmetic
//! means of the valid complex values, summed in 64 bits, without weights.

mod average;
mod block;
mod open;
mod selection;
mod series;
mod stokes;
#[cfg(test)]
mod tests;

pub use average::Average;
pub use open::{Baseline, Visibilities};
pub use selection::{ColumnExpression, Polarizations, Selection, Sign, SlotRange};
pub use series::{Counts, Series};
pub use stokes::{Product, StokesScale};
