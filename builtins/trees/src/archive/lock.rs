//! Whether another program writes to a set at this moment.

use std::path::Path;

use ledama_base::operation::{ErrorKind, OperationError};
use ledama_base::quote::show;
use ledama_tables::{LockState, Usage};

use super::tree::{Kind, Tree};

/// How strict to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Strictness {
    /// Nobody may write.
    NoWriter,
    /// Nobody may have it open at all: it is about to be deleted.
    NoUser,
}

/// Fails with kind `refused` if the set or a table in it is locked by another
/// process.
pub(super) fn expect_free(
    set: &Path,
    tree: &Tree,
    strictness: Strictness,
) -> Result<(), OperationError> {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let folders = tree.entries.iter().filter(|entry| entry.kind == Kind::Folder);
    for folder in folders {
        let path = if folder.path.is_empty() {
            set.to_path_buf()
        } else {
            set.join(OsStr::from_bytes(&folder.path))
        };
        let state = ledama_tables::lock_state(&path).map_err(|error| {
            OperationError::new(ErrorKind::Io, format!("its locks cannot be seen: {error}"))
        })?;
        if is_used(state, strictness) {
            return Err(locked(tree, state));
        }
    }
    Ok(())
}

fn is_used(state: LockState, strictness: Strictness) -> bool {
    match strictness {
        Strictness::NoWriter => state.usage == Usage::Writing || state.permanent,
        Strictness::NoUser => state.usage != Usage::Free,
    }
}

fn locked(tree: &Tree, state: LockState) -> OperationError {
    let how = match state.usage {
        Usage::Writing => "locked",
        Usage::Reading => "being read",
        Usage::Open | Usage::Free => "open",
    };
    let by = state.pid.map_or_else(String::new, |pid| format!(" by process {pid}"));
    OperationError::new(ErrorKind::Refused, format!("`{}` is {how}{by}", show(&tree.text)))
        .help("nothing was changed; try again when the other program has finished, or add `--allow-locked`")
}
