//! What a run of a recipe has done so far, so that a later one can go on:
//! JSON lines, one for each step that begins or ends. Each is written at once
//! and flushed to the disk; one that was cut off by a crash is not counted.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use ledama_base::clock;
use ledama_base::operation::OperationError;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::check::shown;
use super::digest::short;
use crate::diagnostic::Diagnostic;
use crate::run::outcome;

/// Version of the form of journals.
const VERSION: u32 = 1;

/// What every journal begins with.
const BEGIN: &[u8] = b"{\"record\":\"recipe\"";

/// What a run is: the first line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Header {
    version: u32,
    /// Name of the recipe.
    pub recipe: String,
    /// Folder it runs in, in text form.
    pub folder: String,
    /// Tells whether another run is the same work.
    pub digest: String,
    /// The options of the recipe.
    pub options: Value,
    /// Names of its steps, in order.
    pub steps: Vec<String>,
    /// When it began.
    pub time: String,
}

impl Header {
    /// The header of a run that begins now.
    pub fn new(
        recipe: &str,
        folder: &Path,
        digest: String,
        options: Value,
        steps: Vec<String>,
    ) -> Self {
        Self {
            version: VERSION,
            recipe: recipe.to_string(),
            folder: ledama_base::rawtext::path_text(folder),
            digest,
            options,
            steps,
            time: clock::utc_text(clock::now()),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "snake_case")]
enum Record {
    Recipe(Header),
    Begin { step: String, time: String },
    End { step: String, code: u8, time: String },
}

/// How far a step has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// It began, and nothing tells its end.
    Begun,
    /// It ended with this exit code.
    Ended(u8),
}

/// What a journal tells.
#[derive(Debug, Clone, PartialEq)]
pub struct Past {
    /// What was run.
    pub header: Header,
    steps: BTreeMap<String, Progress>,
}

impl Past {
    /// Reads a journal; nothing if there is none, or one without a whole line.
    pub fn read(path: &Path) -> Result<Option<Self>, Diagnostic> {
        match std::fs::read(path) {
            Ok(bytes) => Self::parse(path, &bytes),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed(path, &error)),
        }
    }

    fn parse(path: &Path, bytes: &[u8]) -> Result<Option<Self>, Diagnostic> {
        let strange = || {
            Diagnostic::error(format!("{} is no journal of a recipe", shown(path)))
                .help("name another file with `--state`")
        };
        // The last line counts only if it is whole.
        let whole = bytes.iter().rposition(|b| *b == b'\n').map_or(0, |end| end + 1);
        let text = std::str::from_utf8(&bytes[..whole]).map_err(|_| strange())?;
        let mut lines = text.lines();
        let Some(first) = lines.next() else {
            let ours = bytes.starts_with(BEGIN) || BEGIN.starts_with(bytes);
            return if ours { Ok(None) } else { Err(strange()) };
        };
        let Ok(Record::Recipe(header)) = serde_json::from_str(first) else { return Err(strange()) };
        if header.version != VERSION {
            return Err(Diagnostic::error(format!(
                "{} was written by another version of ledama",
                shown(path)
            )));
        }
        let mut past = Self { header, steps: BTreeMap::new() };
        for line in lines {
            match serde_json::from_str(line).map_err(|_| strange())? {
                Record::Begin { step, .. } => past.steps.insert(step, Progress::Begun),
                Record::End { step, code, .. } => past.steps.insert(step, Progress::Ended(code)),
                Record::Recipe(_) => return Err(strange()),
            };
        }
        Ok(Some(past))
    }

    /// Whether a step is done.
    pub fn is_done(&self, step: &str) -> bool {
        self.steps.get(step) == Some(&Progress::Ended(outcome::OK))
    }

    /// Whether a step has begun, done or not.
    pub fn has_begun(&self, step: &str) -> bool {
        self.steps.contains_key(step)
    }

    /// Whether something was done and something is left.
    pub fn is_unfinished(&self) -> bool {
        let nothing = Progress::Ended(outcome::NOTHING_DONE);
        self.steps.values().any(|progress| *progress != nothing)
            && !self.header.steps.iter().all(|step| self.is_done(step))
    }
}

/// A journal that is being written. Nobody else writes it meanwhile.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
}

impl Journal {
    /// Begins a journal, or goes on with the one that told `past`.
    pub fn open(path: &Path, header: &Header, past: Option<&Past>) -> Result<Self, Diagnostic> {
        let fail = |error: &std::io::Error| failed(path, error);
        if let Some(folder) = path.parent().filter(|f| !f.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(|e| failed(folder, &e))?;
        }
        let mut options = OpenOptions::new();
        let mut file = options
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(|e| fail(&e))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Diagnostic::error("this recipe is being run by another process")
                    .note(format!("its journal is {}", shown(path)))
                    .help("wait for its end, or name another journal with `--state`"));
            }
            Err(TryLockError::Error(error)) => return Err(fail(&error)),
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(|e| fail(&e))?;
        let now = Past::parse(path, &bytes)?;
        match past {
            Some(past) if now.as_ref() != Some(past) => {
                return Err(Diagnostic::error(format!("{} has just been changed", shown(path)))
                    .help("try again"));
            }
            // A line that was cut off would spoil the next one.
            Some(_) => {
                let whole = bytes.iter().rposition(|b| *b == b'\n').map_or(0, |end| end + 1);
                file.set_len(whole as u64).map_err(|e| fail(&e))?;
            }
            None => file.set_len(0).map_err(|e| fail(&e))?,
        }
        file.seek(SeekFrom::End(0)).map_err(|e| fail(&e))?;
        let mut journal = Self { path: path.to_path_buf(), file };
        if past.is_none() {
            journal.write(&Record::Recipe(header.clone()))?;
        }
        Ok(journal)
    }

    /// A step begins.
    pub fn begin(&mut self, step: &str) -> Result<(), Diagnostic> {
        self.write(&Record::Begin { step: step.to_string(), time: clock::utc_text(clock::now()) })
    }

    /// A step has ended.
    pub fn end(&mut self, step: &str, code: u8) -> Result<(), Diagnostic> {
        let time = clock::utc_text(clock::now());
        self.write(&Record::End { step: step.to_string(), code, time })
    }

    fn write(&mut self, record: &Record) -> Result<(), Diagnostic> {
        let mut line = serde_json::to_vec(record)
            .map_err(|e| Diagnostic::error(format!("the journal cannot be written: {e}")))?;
        line.push(b'\n');
        let written = self.file.write_all(&line).and_then(|()| self.file.sync_data());
        written.map_err(|e| failed(&self.path, &e))
    }
}

/// The journal of a run when the user names none.
pub fn usual_place(state: &Path, recipe: &str, digest: &str) -> PathBuf {
    state.join("recipes").join(format!("{recipe}-{}.jsonl", short(digest)))
}

/// The unfinished runs of a recipe in a folder, the latest first: where their
/// journals are, and what they tell.
pub fn unfinished(state: &Path, recipe: &str, folder: &Path) -> Vec<(PathBuf, Past)> {
    let folder = ledama_base::rawtext::path_text(folder);
    let entries = std::fs::read_dir(state.join("recipes")).into_iter().flatten().flatten();
    let mut found: Vec<(PathBuf, Past)> = entries
        .filter_map(|entry| {
            let path = entry.path();
            let past = Past::read(&path).ok().flatten()?;
            let same = past.header.recipe == recipe && past.header.folder == folder;
            (same && past.is_unfinished()).then_some((path, past))
        })
        .collect();
    found.sort_by(|(_, a), (_, b)| b.header.time.cmp(&a.header.time));
    found
}

fn failed(path: &Path, error: &std::io::Error) -> Diagnostic {
    Diagnostic::error(OperationError::io(shown(path), error).message)
}
