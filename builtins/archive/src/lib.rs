//! Long-term archives, which have no shell: their published lists.
//!
//! Each task that runs on the nodes is an operation; [`operations`] gathers them.

mod error;
pub mod list;
#[cfg(feature = "script")]
pub mod script;

use ledama_base::operation::Registry;

pub use error::ArchiveError;

/// Adds the operations of this crate.
#[must_use]
pub fn operations(registry: Registry) -> Registry {
    registry.with(list::operation::List)
}
