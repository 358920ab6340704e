//! One run at a time in a status folder.
//!
//! The lock is the kernel's lock on `status.lock`, which ends with the process
//! however that ends. The text in the file (run, process, host) is for the
//! message to the second run, and decides by itself only where the file system
//! has no locks.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::Error;

/// Name of the lock file in the status folder. It stays there, empty, when
/// nobody has the lock: removing it could remove the lock of another run.
pub(super) const FILE_NAME: &str = "status.lock";

/// Held while a run uses a status folder.
#[derive(Debug)]
pub struct Lock {
    file: File,
}

/// Who has the lock.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Holder {
    run_id: String,
    pid: u32,
    host: String,
}

impl Holder {
    fn here(run_id: &str) -> Self {
        let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
        Self { run_id: run_id.to_string(), pid: std::process::id(), host }
    }

    /// Whether this run may still be alive, as far as this host can tell.
    fn may_live(&self, here: &Self) -> bool {
        if self.host != here.host {
            return true;
        }
        let pid = i32::try_from(self.pid).ok().and_then(rustix::process::Pid::from_raw);
        pid.is_some_and(|pid| {
            !matches!(rustix::process::test_kill_process(pid), Err(rustix::io::Errno::SRCH))
        })
    }
}

impl Lock {
    /// Takes the lock of a folder, or says who has it ([`Error::Busy`]).
    pub fn acquire(folder: &Path, run_id: &str) -> Result<Self, Error> {
        let path = folder.join(FILE_NAME);
        let failed = |source| Error::Io { what: path.display().to_string(), source };
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(failed)?;
        let here = Holder::here(run_id);
        let free = match file.try_lock() {
            Ok(()) => true,
            Err(TryLockError::WouldBlock) => false,
            Err(TryLockError::Error(e)) if without_locks(&e) => {
                holder(&mut file).is_none_or(|other| !other.may_live(&here))
            }
            Err(TryLockError::Error(e)) => return Err(failed(e)),
        };
        if !free {
            let other = holder(&mut file).unwrap_or_default();
            return Err(Error::Busy {
                folder: folder.to_path_buf(),
                run_id: other.run_id,
                pid: other.pid,
            });
        }
        file.rewind()
            .and_then(|()| file.set_len(0))
            .and_then(|()| file.write_all(&serde_json::to_vec(&here)?))
            .map_err(failed)?;
        Ok(Self { file })
    }
}

/// Whether a run has the lock of a folder now. Looks only: takes and changes nothing.
pub fn is_held(folder: &Path) -> bool {
    let Ok(mut file) = File::open(folder.join(FILE_NAME)) else { return false };
    // A shared lock is refused while somebody has the exclusive one.
    match file.try_lock_shared() {
        Ok(()) => false,
        Err(TryLockError::WouldBlock) => true,
        Err(TryLockError::Error(_)) => {
            holder(&mut file).is_some_and(|other| other.may_live(&Holder::here("")))
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // An empty file says that nobody has it, also where there are no locks.
        let _ = self.file.set_len(0);
        let _ = self.file.unlock();
    }
}

fn holder(file: &mut File) -> Option<Holder> {
    let mut text = String::new();
    file.rewind().ok()?;
    file.read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}

/// The answers of file systems that know no locks.
fn without_locks(error: &io::Error) -> bool {
    use rustix::io::Errno;
    let code = error.raw_os_error();
    [Errno::NOLCK, Errno::NOSYS, Errno::OPNOTSUPP, Errno::INVAL]
        .iter()
        .any(|errno| Some(errno.raw_os_error()) == code)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    #[test]
    fn the_second_run_is_told_who_has_it() {
        let folder = tempfile::tempdir().unwrap();
        let first = Lock::acquire(folder.path(), "run-1").unwrap();
        match Lock::acquire(folder.path(), "run-2") {
            Err(Error::Busy { run_id, pid, .. }) => {
                assert_eq!((run_id.as_str(), pid), ("run-1", std::process::id()));
            }
            other => panic!("{other:?}"),
        }
        drop(first);
        assert!(Lock::acquire(folder.path(), "run-2").is_ok());
    }

    #[test]
    fn what_a_dead_process_left_is_no_lock() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(
            folder.path().join(FILE_NAME),
            r#"{"run_id":"old","pid":1,"host":"elsewhere"} and rubbish"#,
        )
        .unwrap();
        assert!(Lock::acquire(folder.path(), "new").is_ok());
    }

    #[test]
    fn without_kernel_locks_the_process_decides() {
        let here = Holder::here("r");
        assert!(here.may_live(&here));
        assert!(Holder { host: "elsewhere".into(), ..here.clone() }.may_live(&here));
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let gone = Holder { pid: child.id(), ..here.clone() };
        child.wait().unwrap();
        assert!(!gone.may_live(&here));
    }
}
