//! Edits of sets in place: the mount of the stations, the flags, columns that
//! are removed or added.
//!
//! Each edit is one transaction of one table, so no set is ever half edited.
//! The row in HISTORY that tells of it is a second one: it is prepared and
//! locked before the first is committed and committed after it, so a crash in
//! between leaves an edited set that does not tell of its edit, and never a
//! set that tells of an edit that was not made. All edits can be repeated: what
//! is done already is left alone and not recorded again.
//!
//! The lock of the main table is held as long as an edit takes, also where
//! only a sub-table changes, so a set has one editor at a time.

pub mod clean;
pub mod copies;
mod history;
pub mod imaging;
pub mod mount;
pub mod record;
mod session;
#[cfg(test)]
mod tests;
pub mod unflag;

use ledama_base::guard::Guard;
use ledama_base::operation::{ErrorKind, OperationError};
use ledama_base::rawtext;
use serde::{Deserialize, Serialize};

use crate::read_error::ReadError;

/// What every edit tells about its set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edited {
    /// Path in text form, as it was given.
    pub path: String,
    /// False when there was nothing to do.
    pub changed: bool,
    /// Whether a row in HISTORY tells of the edit.
    pub history: bool,
    /// Blocks of the set on disk before the edit, bytes.
    pub size_before_bytes: u64,
    /// The same after it.
    pub size_bytes: u64,
    /// The same in MiB, rounded up.
    pub size_mb: u64,
    /// What the user should know.
    pub notes: Vec<String>,
}

impl Edited {
    /// Bytes that the edit has set free on the disk.
    pub fn freed_bytes(&self) -> u64 {
        self.size_before_bytes.saturating_sub(self.size_bytes)
    }
}

/// How long an edit waits for other programs to let go of a set, s.
pub const WAIT_S: u64 = 5;

fn default_wait() -> u64 {
    WAIT_S
}

/// Refuses a set outside of the data roots to an edit that cannot be undone.
/// A link is refused, too, when the set it leads to is outside.
fn guarded(path: &str, roots: &[String]) -> Result<(), OperationError> {
    let guard = Guard::new(roots)?;
    guard.check(path)?;
    let folder = rawtext::text_path(path);
    if folder.is_symlink()
        && let Ok(real) = folder.canonicalize()
    {
        let roots: Vec<String> = roots
            .iter()
            .filter_map(|root| rawtext::text_path(root).canonicalize().ok())
            .map(|root| rawtext::path_text(&root))
            .collect();
        Guard::new(&roots)?.check(&rawtext::path_text(&real))?;
    }
    Ok(())
}

/// The failure of an edit.
fn failed(error: ledama_tables::Error) -> OperationError {
    use ledama_tables::Error as T;
    match error {
        T::Locked { .. } => OperationError::new(ErrorKind::Refused, error.to_string())
            .help("try again when the other program has finished; nothing was changed"),
        T::Refused { .. } | T::Unsupported { .. } => {
            OperationError::new(ErrorKind::Refused, error.to_string())
        }
        T::NoColumn { .. } | T::Type { .. } => {
            OperationError::new(ErrorKind::Input, error.to_string())
        }
        other => ReadError::from(other).into(),
    }
}
