//! What came of the last run of a job, and whether one is going on.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::Path;

use ledama_base::atomic::{self, Existing};
use serde::{Deserialize, Serialize};

use super::Place;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// It is going on.
    Running,
    /// Exit code 0.
    Done,
    /// Any other exit code, or killed.
    Failed,
    /// Stopped because it took too long.
    TimedOut,
    /// Stopped by a signal to us.
    Interrupted,
    /// It could not be started.
    NotStarted,
    /// Nobody knows: the machine stopped, or the run was killed with us.
    Lost,
}

impl Status {
    /// The word of tables and variables.
    pub fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::TimedOut => "timed-out",
            Self::Interrupted => "interrupted",
            Self::NotStarted => "not-started",
            Self::Lost => "lost",
        }
    }
}

/// One run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Version of this form.
    pub v: u32,
    /// The job.
    pub job: String,
    /// Its module.
    pub module: String,
    /// The host it ran on.
    pub host: String,
    /// The account it ran as.
    pub account: String,
    /// How it ended.
    pub status: Status,
    /// Exit code of the run; none if it was killed or never started.
    pub exit_code: Option<i32>,
    /// In one sentence; empty if there is nothing to tell.
    pub message: String,
    /// UTC, ISO 8601.
    pub start: String,
    /// UTC, ISO 8601.
    pub end: Option<String>,
    /// How long it took, s.
    pub seconds: Option<f64>,
    /// Process that looks after it, as long as it runs.
    pub pid: Option<u32>,
    /// Its log, in text form.
    pub log: String,
    /// How many runs in a row have failed, this one included.
    pub failures: u32,
    /// When a run was last done, UTC, ISO 8601.
    pub last_done: Option<String>,
    /// What went wrong with mail and hook, one sentence each.
    pub alarm_faults: Vec<String>,
}

impl Place {
    /// The record of the last run; none if there was none. A run that is said
    /// to go on and does not is lost.
    pub fn record(&self) -> Option<Record> {
        let text = fs::read(self.file("json")).ok()?;
        let mut record: Record = serde_json::from_slice(&text).ok()?;
        if record.status == Status::Running && !self.is_locked() {
            record.status = Status::Lost;
        }
        Some(record)
    }

    /// Replaces the record in one step.
    pub fn save(&self, record: &Record) -> io::Result<()> {
        fs::create_dir_all(&self.records)?;
        let text = serde_json::to_vec_pretty(record)?;
        atomic::write(&self.file("json"), &text, Existing::Replace).map_err(io::Error::other)
    }

    /// Takes the lock; none if another run has it. It is held as long as the
    /// file is open anywhere, so a child that has it holds it, too.
    pub fn lock(&self) -> io::Result<Option<File>> {
        fs::create_dir_all(&self.records)?;
        let file = open(&self.file("lock"))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Whether a run is going on. Looks only.
    pub fn is_locked(&self) -> bool {
        let Ok(file) = File::open(self.file("lock")) else { return false };
        matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
    }

    /// Counts a run that was not started because another one went on.
    pub fn skip(&self) -> io::Result<()> {
        let mut file = File::options().create(true).append(true).open(self.file("skipped"))?;
        let now = ledama_base::clock::utc_text(ledama_base::clock::now());
        file.write_all(format!("{now}\n").as_bytes())
    }

    /// Runs that were skipped since the last one began.
    pub fn skipped(&self) -> usize {
        fs::read_to_string(self.file("skipped")).map_or(0, |text| text.lines().count())
    }

    /// Begins to count anew.
    pub fn forget_skipped(&self) {
        let _ = fs::remove_file(self.file("skipped"));
    }
}

fn open(path: &Path) -> io::Result<File> {
    File::options().read(true).write(true).create(true).truncate(false).open(path)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn place(folder: &Path) -> Place {
        Place { records: folder.into(), logs: folder.into(), host: "h".into(), job: "j".into() }
    }

    #[test]
    fn one_run_at_a_time_and_the_lock_dies_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let place = place(folder.path());
        assert!(!place.is_locked());
        let lock = place.lock().unwrap().unwrap();
        assert!(place.lock().unwrap().is_none() && place.is_locked());
        place.skip().unwrap();
        place.skip().unwrap();
        assert_eq!(place.skipped(), 2);
        // A child that has it as its standard input holds it.
        let mut child = std::process::Command::new("sleep")
            .arg("1000")
            .stdin(lock.try_clone().unwrap())
            .spawn()
            .unwrap();
        drop(lock);
        assert!(place.lock().unwrap().is_none());
        child.kill().unwrap();
        child.wait().unwrap();
        // Children that other tests start hold all open files for the moment between fork and exec.
        let free = || {
            std::thread::sleep(std::time::Duration::from_millis(1));
            place.lock().unwrap().is_some()
        };
        assert!((0..10_000).any(|_| free()));
        place.forget_skipped();
        assert_eq!(place.skipped(), 0);
    }

    #[test]
    fn a_run_that_nobody_holds_is_lost() {
        let folder = tempfile::tempdir().unwrap();
        let place = place(folder.path());
        assert_eq!(place.record(), None);
        let record = Record {
            v: 1,
            job: "j".into(),
            module: "M".into(),
            host: "h".into(),
            account: "me".into(),
            status: Status::Running,
            exit_code: None,
            message: String::new(),
            start: "2026-01-01T00:00:00Z".into(),
            end: None,
            seconds: None,
            pid: Some(1),
            log: "/l".into(),
            failures: 0,
            last_done: None,
            alarm_faults: Vec::new(),
        };
        let lock = place.lock().unwrap();
        place.save(&record).unwrap();
        assert_eq!(place.record(), Some(record.clone()));
        drop(lock);
        // A program that another test starts has the lock until it is there.
        while place.record().unwrap().status == Status::Running {
            std::thread::yield_now();
        }
        assert_eq!(place.record().unwrap().status, Status::Lost);
        fs::write(folder.path().join("j.json"), "{broken").unwrap();
        assert_eq!(place.record(), None);
    }
}
