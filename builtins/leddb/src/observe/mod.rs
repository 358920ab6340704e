//! What is on the disks and in the archives, brought into the database.
//!
//! [`Identity`] is what a path tells; [`Product`] all that is known of one file or
//! folder; [`process`] writes it, with all rows above it, in one transaction;
//! [`akin`] borrows what cannot be read from the same data elsewhere.

mod akin;
mod identity;
mod process;
mod product;
mod reference;
#[cfg(test)]
mod tests;

pub use akin::akin;
pub use identity::{Identity, Overrides, Place, Rejected};
pub use process::{Change, Processed, process};
pub use product::{Facts, Product, State, Station};
