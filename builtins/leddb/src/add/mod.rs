//! Products of stores that cannot be looked into, added from lists: every row is
//! checked before the first one is written, and written like one that was read.
//!
//! What a list does not tell is borrowed from the same data on the cluster, where the
//! database knows it.

mod empty;
mod items;
pub mod operation;
mod sample;
#[cfg(test)]
mod tests;
mod write;

pub use empty::{Averaging, EmptyAdded, EmptyItem, add_empty, empty_items};
pub use items::{Item, items, known};
pub use sample::sub_band_paths;
pub use write::{Added, Failure, add};
