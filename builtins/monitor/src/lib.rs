//! What a node does: its processes.
//!
//! Each task that runs on the nodes is an operation; [`operations`] gathers them.

pub mod processes;
#[cfg(feature = "script")]
pub mod script;

use ledama_base::operation::Registry;

/// Adds the operations of this crate.
#[must_use]
pub fn operations(registry: Registry) -> Registry {
    registry.with(processes::List).with(processes::Stop)
}
