//! Backups: folders of files of rows with a manifest that says what belongs together.
//!
//! All files of a backup show one moment of the database. A range of diagnostics that
//! has not changed since the last backup in the same folder is not written again: the
//! new manifest names the old file. Files get their names when they are verified, the
//! manifest comes last, and only then files go that no manifest needs any more; so
//! whatever is interrupted, the last complete backup stays whole.
//!
//! Rows are in the form of [`crate::rows`], the same for both back ends: a backup of
//! a server can be restored into a file and the other way round.

mod folder;
mod lately;
mod manifest;
mod operation;
mod restore;
mod run;
mod snapshot;
mod target;
mod watch;
mod whole;

#[cfg(test)]
pub(crate) mod tests;

pub use folder::{Folder, Found};
pub use lately::saved_lately;
pub use manifest::{Entry, Form, Manifest};
pub use operation::{Backup, BackupInput, Restore, RestoreInput};
pub use restore::{Difference, Restored, Wanted, inspect, restore};
pub use run::{Job, Made, backup, preview};
pub(crate) use target::{counters as set_counters, empty as empty_target};
pub use watch::Watch;
