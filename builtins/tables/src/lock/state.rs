//! Tells whether another process uses a table, without waiting and without
//! changing anything.
//!
//! casacore locks single bytes of `table.lock`: the first for reading and
//! writing, the second as long as the table is open, the third by a process
//! that keeps its lock for good. Locks of this very process do not show.
//!
//! Source: `casacore/casa/IO/LockFile.cc` (`showLock`).

use std::fs::File;
use std::path::Path;

use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;

use super::NAME;
use crate::error::{Error, Result};

/// How other processes use a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Usage {
    /// Nobody has it open, as far as locks tell.
    #[default]
    Free,
    /// Somebody has it open, without a lock at this moment.
    Open,
    /// Somebody reads, and nobody may write.
    Reading,
    /// Somebody writes.
    Writing,
}

/// Who uses a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LockState {
    /// How other processes use it.
    pub usage: Usage,
    /// One of the processes; `None` where nobody uses it or where it cannot
    /// be told (locks of open files, processes of other machines).
    pub pid: Option<u32>,
    /// The holder keeps its lock until it closes the table.
    pub permanent: bool,
}

/// The state of the locks of the table in a folder. A table without a lock
/// file is free; on a file system without locks every table is.
pub fn state(folder: &Path) -> Result<LockState> {
    let path = folder.join(NAME);
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Ok(LockState::default());
        }
        Err(error) => return Err(Error::io(&path, error)),
    };
    let holder =
        |first, count| holder(&file, first, count).map_err(|error| Error::io(&path, error.into()));
    if holder(0, 3)?.is_none() {
        return Ok(LockState::default());
    }
    let holder = |byte| holder(byte, 1);
    let permanent = holder(2)?.is_some();
    if let Some(held) = holder(0)? {
        let usage = if held.writing { Usage::Writing } else { Usage::Reading };
        return Ok(LockState { usage, pid: held.pid, permanent });
    }
    Ok(match holder(1)? {
        Some(held) => LockState { usage: Usage::Open, pid: held.pid, permanent },
        None => LockState::default(),
    })
}

struct Held {
    writing: bool,
    pid: Option<u32>,
}

/// Who would keep this process from locking some bytes for writing.
fn holder(file: &File, first: i64, count: i64) -> nix::Result<Option<Held>> {
    #[allow(clippy::cast_possible_truncation)] // the constants are small
    let mut lock = libc::flock {
        l_type: libc::F_WRLCK as i16,
        l_whence: libc::SEEK_SET as i16,
        l_start: first,
        l_len: count,
        l_pid: 0,
    };
    match fcntl(file, FcntlArg::F_GETLK(&mut lock)) {
        Ok(_) => {}
        // File systems without locks: casacore takes every lock as granted.
        Err(nix::Error::ENOLCK | nix::Error::EINVAL | nix::Error::EOPNOTSUPP) => return Ok(None),
        Err(error) => return Err(error),
    }
    let kind = i32::from(lock.l_type);
    Ok((kind != libc::F_UNLCK).then(|| Held {
        writing: kind == libc::F_WRLCK,
        pid: u32::try_from(lock.l_pid).ok().filter(|pid| *pid > 0),
    }))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::cast_possible_truncation)]

    use std::io::{BufRead as _, BufReader, Read as _, Write as _};
    use std::os::unix::fs::FileExt as _;
    use std::process::{Child, Command, Stdio};

    use super::*;

    const ME: &str = "lock::state::tests::holder_of_locks";

    /// Not a test: what the child process of the tests below runs.
    #[test]
    fn holder_of_locks() {
        let (Some(path), Some(locks)) =
            (std::env::var_os("LOCK_TEST_FILE"), std::env::var_os("LOCK_TEST_LOCKS"))
        else {
            return;
        };
        let file = File::options().read(true).write(true).open(path).unwrap();
        for lock in locks.to_str().unwrap().split(' ') {
            let (kind, byte) = lock.split_at(1);
            let lock = libc::flock {
                l_type: if kind == "r" { libc::F_RDLCK } else { libc::F_WRLCK } as i16,
                l_whence: libc::SEEK_SET as i16,
                l_start: byte.parse().unwrap(),
                l_len: 1,
                l_pid: 0,
            };
            let how =
                if kind == "o" { FcntlArg::F_OFD_SETLK(&lock) } else { FcntlArg::F_SETLK(&lock) };
            fcntl(&file, how).unwrap();
        }
        writeln!(std::io::stdout(), "\nlocked").unwrap();
        std::io::stdin().lines().next();
    }

    /// The child, and its output: it must not fail for want of a reader.
    struct Holder(Child, Box<dyn std::io::BufRead>);

    impl Drop for Holder {
        fn drop(&mut self) {
            let _ = self.0.stdin.take().unwrap().write_all(b"\n");
            let _ = std::io::copy(&mut self.1, &mut std::io::sink());
            let _ = self.0.wait();
        }
    }

    fn hold(folder: &Path, locks: &str) -> Holder {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", ME, "--nocapture"])
            .env("LOCK_TEST_FILE", folder.join(NAME))
            .env("LOCK_TEST_LOCKS", locks)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        assert!(output.by_ref().lines().any(|line| line.unwrap() == "locked"));
        Holder(child, Box::new(output))
    }

    #[test]
    fn locks_of_another_process_are_seen() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        assert_eq!(state(folder).unwrap(), LockState::default());
        File::create(folder.join(NAME)).unwrap().write_all_at(&[0; 300], 0).unwrap();
        assert_eq!(state(folder).unwrap(), LockState::default());
        for (locks, usage, permanent) in [
            ("r1", Usage::Open, false),
            ("r1 r0", Usage::Reading, false),
            ("r1 w0", Usage::Writing, false),
            ("r1 r2 w0", Usage::Writing, true),
            ("r1 r2 r0", Usage::Reading, true),
        ] {
            let child = hold(folder, locks);
            let pid = Some(child.0.id());
            assert_eq!(state(folder).unwrap(), LockState { usage, pid, permanent }, "{locks}");
        }
        assert_eq!(state(folder).unwrap(), LockState::default());
    }

    #[test]
    fn a_lock_of_an_open_file_has_no_process() {
        let folder = tempfile::tempdir().unwrap();
        File::create(folder.path().join(NAME)).unwrap();
        let _child = hold(folder.path(), "o0");
        let told = state(folder.path()).unwrap();
        assert_eq!(told, LockState { usage: Usage::Writing, pid: None, permanent: false });
    }
}
