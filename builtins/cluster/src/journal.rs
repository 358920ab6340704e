//! The journal of a status folder: `status.jsonl`, one record per state change.
//!
//! It is the truth about what has been done: `resume` and CheckData read it.
//! Lines are appended, one write each, so that a crash costs at most the last
//! one, and several runs follow each other in one file.

mod key;
mod lock;

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use ledama_base::operation::OperationError;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use key::{TaskKey, task_keys};
pub use lock::{Lock, is_held};

use crate::error::Error;

/// Name of the journal in its folder.
pub const FILE_NAME: &str = "status.jsonl";

/// Version of the form of the records.
pub const VERSION: u32 = 1;

/// Largest value of a task, in bytes of JSON, that the journal keeps.
pub const MAX_VALUE: usize = 64 << 10;

/// What a record says about its task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordState {
    /// It was started.
    Started,
    /// Its node was lost; it will be tried again.
    Retried,
    /// It was done.
    Done,
    /// It failed for good.
    Failed,
    /// It was not started because a predecessor failed or the run stopped at a failure.
    Skipped,
    /// The run was interrupted.
    Cancelled,
}

/// One change of the state of one task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// See [`VERSION`].
    pub v: u32,
    /// The run.
    pub run_id: String,
    /// Name of the module or script.
    #[serde(default)]
    pub module: String,
    /// Same node, action and label: same key, in every run.
    pub key: TaskKey,
    /// The node.
    pub node: String,
    /// What it is about, usually a path in text form.
    pub label: String,
    /// 1 for the first start in its run, 0 if it was never started.
    pub attempt: u32,
    /// What happened.
    pub state: RecordState,
    /// Exit status of a command, 128 + signal when killed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_status: Option<i32>,
    /// Bytes done so far; the planned size of a task that is done and told no other.
    #[serde(default)]
    pub bytes: u64,
    /// UTC, ISO 8601, when this attempt started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<String>,
    /// UTC, ISO 8601, when it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<String>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<OperationError>,
    /// What it answered, if that is at most [`MAX_VALUE`] long.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub value: Value,
}

/// What a journal says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Journal {
    /// In the order of the file.
    pub records: Vec<Record>,
    /// Lines that could not be read, such as one that was being written when the machine stopped.
    pub damaged: usize,
}

impl Journal {
    /// Reads the journal of a status folder. No journal is an empty one.
    pub fn read(folder: &Path) -> Result<Self, Error> {
        let path = folder.join(FILE_NAME);
        match File::open(&path) {
            Ok(file) => Self::from_lines(BufReader::new(file)).map_err(|e| failed(&path, e)),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(e) => Err(failed(&path, e)),
        }
    }

    fn from_lines(mut file: impl BufRead) -> io::Result<Self> {
        let mut journal = Self::default();
        let mut line = Vec::new();
        while file.read_until(b'\n', &mut line)? > 0 {
            if !line.trim_ascii().is_empty() {
                match serde_json::from_slice(&line) {
                    Ok(record) => journal.records.push(record),
                    Err(_) => journal.damaged += 1,
                }
            }
            line.clear();
        }
        Ok(journal)
    }

    /// The last record of each task.
    pub fn latest(&self) -> HashMap<&TaskKey, &Record> {
        self.records.iter().map(|record| (&record.key, record)).collect()
    }
}

/// Appends to the journal of a status folder, which is locked meanwhile.
#[derive(Debug)]
pub struct JournalWriter {
    file: File,
    path: PathBuf,
    line: Vec<u8>,
    // Dropped after the file.
    _lock: Lock,
}

impl JournalWriter {
    /// Makes the folder if need be, locks it ([`Error::Busy`] if another run
    /// has it) and opens the journal for appending.
    pub fn open(folder: &Path, run_id: &str) -> Result<Self, Error> {
        std::fs::create_dir_all(folder).map_err(|e| failed(folder, e))?;
        let lock = Lock::acquire(folder, run_id)?;
        let path = folder.join(FILE_NAME);
        let file = open_at_line_start(&path).map_err(|e| failed(&path, e))?;
        Ok(Self { file, path, line: Vec::new(), _lock: lock })
    }

    /// Appends a record with one write.
    pub fn write(&mut self, record: &Record) -> Result<(), Error> {
        self.line.clear();
        serde_json::to_writer(&mut self.line, record)
            .map_err(io::Error::from)
            .and_then(|()| {
                self.line.push(b'\n');
                self.file.write_all(&self.line)
            })
            .map_err(|e| failed(&self.path, e))
    }

    /// Makes sure that everything written is on the disk.
    pub fn sync(&self) -> Result<(), Error> {
        self.file.sync_all().map_err(|e| failed(&self.path, e))
    }
}

/// Ends a line that a crash left half written, so that it spoils no other.
fn open_at_line_start(path: &Path) -> io::Result<File> {
    let mut file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
    if file.seek(SeekFrom::End(0))? > 0 {
        file.seek(SeekFrom::End(-1))?;
        let mut last = [0];
        file.read_exact(&mut last)?;
        if last != *b"\n" {
            file.write_all(b"\n")?;
        }
    }
    Ok(file)
}

fn failed(path: &Path, source: io::Error) -> Error {
    Error::Io { what: path.display().to_string(), source }
}

#[cfg(test)]
mod tests;
