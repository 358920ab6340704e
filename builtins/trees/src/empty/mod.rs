//! Observation folders that hold nothing: what failed or deleted transfers
//! leave behind.
//!
//! [`FindEmpty`] looks, [`RemoveEmpty`] removes folders that hold nothing but
//! folders, and [`RemoveListed`] deletes what somebody has looked at and
//! agreed to, entry by entry. Only folders whose name is that of an observation
//! (`L80897`, `L2013_80897_001`) are ever looked at.
//!
//! What could be somebody's work is left alone: a folder that changed a short
//! while ago, one that a running copy is about to fill, one with a hidden
//! `.ledama-` entry of an unfinished copy or removal, and one that cannot be
//! read, which is not the same as empty.

mod busy;
mod find;
mod handle;
mod listed;
mod look;
mod remove;
mod scan_list;
#[cfg(test)]
mod tests;

pub use find::{FindEmpty, FindEmptyInput, FindEmptyOutput, FolderState, FoundFolder};
pub use listed::{RemoveListed, RemoveListedInput};
pub use look::{EntryKind, Listed};
pub use remove::{RemoveEmpty, RemoveEmptyInput, RemoveEmptyOutput};
pub use scan_list::scan_list;

/// Seconds for which a folder must not have changed, unless somebody says
/// otherwise: a day.
pub const OLDER_THAN_S: u64 = 86_400;

fn a_day() -> u64 {
    OLDER_THAN_S
}
