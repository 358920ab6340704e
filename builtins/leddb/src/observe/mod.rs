//! What is on the disks and in the archives, brought into the database.
//!
//! [`Identity`] is what a path tells; [`Product`] all that is known of one file or
//! folder; [`process`] writes it, with all rows above it, in one transaction;
//! [`akin`] borrows what cannot be read from the same data elsewhere.

pub mod absent;
mod akin;
mod diagnostics;
mod identity;
pub mod jobs;
pub mod loader;
pub mod operations;
mod process;
mod product;
pub mod read;
mod reference;
pub mod runs;
pub mod scan;
pub mod target;
#[cfg(test)]
mod tests;

pub use akin::akin;
pub use diagnostics::{Brought, Deed, Group, Present, bring, present};
pub use identity::{Identity, Overrides, Place, Rejected};
pub use process::{Change, Processed, process};
pub use product::{Facts, Product, State, Station};

/// This moment, seconds since 1970 UTC.
pub(crate) fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}
