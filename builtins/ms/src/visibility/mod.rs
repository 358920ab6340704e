//! Visibilities of a measurement set: which of them, with which flags, as
//! correlations or Stokes parameters, averaged or not.
//!
//! [`Selection`] says what is wanted, [`Visibilities`] is that choice on an
//! open set. The data are read in pieces of bounded memory, in table order,
//! by all processors, and given as one [`Series`] for each baseline. Averages
//! are arithmetic means of the valid complex values, summed in 64 bits, with
//! or without weights.

mod average;
mod block;
mod open;
mod polarizations;
mod rows;
mod selection;
mod series;
mod stokes;
#[cfg(test)]
mod tests;
mod window;

pub use average::Average;
pub use open::{Baseline, Visibilities};
pub use selection::{
    Averaging, ColumnExpression, Flags, Polarizations, Selection, Sign, SlotRange,
};
pub use series::{Counts, Series};
pub use stokes::{Product, StokesScale};
