//! The meaning of a measurement set: where sets are, how large they are, and
//! how one is edited or removed.
//!
//! Each task that runs on the nodes is an operation; [`operations`] gathers them.

pub mod discover;
pub mod edits;
pub mod encoded;
pub mod extra;
mod folder;
pub mod frequency;
pub mod gains;
pub mod h5parm;
pub mod info;
pub mod newest;
pub mod packed;
pub mod parmdb;
mod pool;
pub mod quality;
pub mod read_error;
mod recognize;
pub mod remove;
pub mod scan;
#[cfg(feature = "script")]
pub mod script;
pub mod sizes;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(test)]
mod tree_test;
pub mod visibility;

use ledama_base::operation::Registry;

pub use read_error::ReadError;

/// Adds the operations of this crate.
#[must_use]
pub fn operations(registry: Registry) -> Registry {
    registry
        .with(scan::Scan)
        .with(info::operation::Info)
        .with(sizes::Sizes)
        .with(extra::ListExtra)
        .with(remove::Remove)
        .with(remove::RemoveFolder)
        .with(edits::mount::SetMount)
        .with(edits::unflag::Unflag)
        .with(edits::clean::Clean)
        .with(edits::imaging::AddImagingColumns)
        .with(quality::operation::Statistics)
        .with(gains::operation::ReadGains)
}
