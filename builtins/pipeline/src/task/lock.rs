//! One editor for a set: no other program may be writing it, and no other task
//! of ours may be about to.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use ledama_base::operation::{ErrorKind, OperationError};
use ledama_base::quote::show;
use ledama_base::rawtext::{path_text, text_path};
use ledama_tables::Table;
use ledama_tables::Usage;
use rustix::fs::FlockOperation;

/// A lock file beside a set; the lock goes with the process that holds it, and
/// the file with the lock.
#[derive(Debug)]
pub(super) struct SetLock {
    _file: File,
    path: PathBuf,
}

impl SetLock {
    /// Takes the lock of the set at `path` (text form).
    pub(super) fn take(path: &str) -> Result<Self, OperationError> {
        let set = text_path(path.trim_end_matches('/'));
        let set = set.canonicalize().map_err(|e| OperationError::io(show(path), &e))?;
        check_free(path, &set)?;
        let name = path_text(Path::new(set.file_name().unwrap_or_default()));
        let lock = set.with_file_name(text_path(&format!(".{name}.ledama-lock")));
        let fail = |e: std::io::Error| OperationError::io(format!("lock of {}", show(path)), &e);
        for _ in 0..100 {
            let file = OpenOptions::new().create(true).append(true).open(&lock).map_err(fail)?;
            match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => {}
                Err(rustix::io::Errno::WOULDBLOCK) => {
                    return Err(busy(path, "another task changes it"));
                }
                Err(error) => return Err(fail(error.into())),
            }
            // Its last holder may have removed it between the two calls.
            let own = file.metadata().map_err(fail)?;
            if lock
                .metadata()
                .is_ok_and(|there| (there.dev(), there.ino()) == (own.dev(), own.ino()))
            {
                return Ok(Self { _file: file, path: lock });
            }
        }
        Err(busy(path, "other tasks take its lock all the time"))
    }
}

impl Drop for SetLock {
    fn drop(&mut self) {
        let _gone = std::fs::remove_file(&self.path);
    }
}

/// Refuses a set that another program writes at this moment.
fn check_free(path: &str, set: &Path) -> Result<(), OperationError> {
    let fail =
        |error: ledama_tables::Error| OperationError::from(ledama_ms::ReadError::from(error));
    let state = Table::open(set).and_then(|table| table.lock_state()).map_err(fail)?;
    if state.usage == Usage::Writing || (state.usage == Usage::Reading && state.permanent) {
        let who = state.pid.map_or("another program".to_string(), |pid| format!("process {pid}"));
        return Err(busy(path, &format!("{who} uses it")));
    }
    Ok(())
}

fn busy(path: &str, why: &str) -> OperationError {
    OperationError::new(ErrorKind::Refused, format!("{}: {why}; nothing was changed", show(path)))
        .help("try again when it has finished")
}
