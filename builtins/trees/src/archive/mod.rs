//! Measurement sets as single files: archives in the form of `tar`, made and
//! unpacked so that nothing is ever lost, half there or written elsewhere.
//!
//! The form is read and written here and not by a library, because it must
//! keep what a set has (times to the nanosecond, holes, names of any bytes),
//! tell every damage, and let the system copy large files by itself. GNU tar
//! and the `tar` crate judge it in the tests.

mod compare;
mod extract;
mod fault;
mod format;
mod header;
mod layout;
mod lock;
mod look;
mod pack;
mod part;
mod pax;
mod pour;
mod read;
mod room;
mod sink;
#[cfg(test)]
mod tests;
mod tree;
mod unpack;

use serde::{Deserialize, Serialize};

pub use format::{Compression, Mode, pack_mode, unpack_mode};
pub use look::{LookInput, LookOutput, LookPack, LookUnpack, Looked};
pub use pack::{Pack, PackInput, PackOutput, archive_path};
pub use unpack::{Unpack, UnpackInput, UnpackOutput};

/// What there was to do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It was done now.
    #[default]
    Done,
    /// It had been done before, which was checked.
    Already,
}

/// Threads for one compression, when so many run at the same time.
fn threads(side_by_side: Option<usize>) -> u32 {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    u32::try_from(cores / side_by_side.unwrap_or(1).max(1)).unwrap_or(1).max(1)
}
