//! A file of digests that is being written.
//!
//! Each set is added as soon as it is done, so whatever ends the run, the file
//! holds what was done until then; it lacks the line that calls it complete.
//! At the end the sets are put into their order.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use ledama_base::atomic::{self, AtomicFile, Existing};
use ledama_base::clock;
use ledama_base::operation::{ErrorKind, Keep, OperationError};
use ledama_base::quote::show;
use ledama_base::rawtext;
use rustix::fs::{Access, FlockOperation, access, flock};
use serde_json::Value;

use super::algorithm::Algorithm;
use super::document::{self, Digests};
use super::operation::DigestOutput;

/// What to do where the file is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// Leave it and fail.
    Refuse,
    /// Write it anew, once there is something to write.
    Overwrite,
    /// Keep the sets it has and add others.
    Resume,
}

/// A file of digests that is being written. Nothing is written before the
/// first set is done.
#[derive(Debug)]
pub struct Output {
    path: PathBuf,
    algorithm: Algorithm,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    file: Option<File>,
    existing: Existing,
    /// Where the next set goes.
    end: u64,
    /// Where each set stands that is done, by node and path.
    places: HashMap<(String, String), Range<u64>>,
}

impl Output {
    /// Looks at the place; nothing is changed.
    pub fn new(path: &Path, algorithm: Algorithm, taken: Taken) -> Result<Self, OperationError> {
        let mut state =
            State { file: None, existing: Existing::Keep, end: 0, places: HashMap::new() };
        if path.symlink_metadata().is_ok() {
            match taken {
                Taken::Refuse => return Err(refused(path)),
                Taken::Overwrite => state.existing = Existing::Replace,
                Taken::Resume => state.resume(path, algorithm)?,
            }
        }
        can_write_beside(path)?;
        Ok(Self { path: path.to_path_buf(), algorithm, state: Mutex::new(state) })
    }

    /// Whether it has this set.
    pub fn has(&self, node: &str, path: &str) -> bool {
        self.state().places.contains_key(&(node.to_string(), path.to_string()))
    }

    /// How many sets it has.
    pub fn len(&self) -> usize {
        self.state().places.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Puts the sets into this order (node and path) and tells whether all are
    /// there. Sets of an earlier run that are not named come last. Without any
    /// set there is no file.
    pub fn finish(&self, order: &[(String, String)]) -> Result<(), OperationError> {
        let mut state = self.state();
        let Some(file) = state.file.take() else { return Ok(()) };
        let mut sorted = AtomicFile::create(&self.path, Existing::Replace)?;
        let failed = |error| OperationError::io(shown(&self.path), &error);
        sorted.write_all(self.head().as_bytes()).map_err(failed)?;
        let mut places = std::mem::take(&mut state.places);
        let mut missing = String::new();
        let mut count = 0;
        let mut write = |place: Range<u64>| {
            count += 1;
            copy(&file, place, &mut sorted).map_err(failed)
        };
        for key in order {
            match places.remove(key) {
                Some(place) => write(place)?,
                None => missing.push_str(&document::missing(&key.0, &key.1)),
            }
        }
        let mut others: Vec<_> = places.into_iter().collect();
        others.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        for (_, place) in others {
            write(place)?;
        }
        let end = if missing.is_empty() { document::complete(count) } else { missing };
        sorted.write_all(end.as_bytes()).map_err(failed)?;
        Ok(sorted.commit()?)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A set is in `places` only once it is whole in the file.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn head(&self) -> String {
        document::head(self.algorithm, &clock::utc_text(clock::now()))
    }

    fn add(&self, key: (String, String), text: &str) -> Result<(), OperationError> {
        let failed = |error| OperationError::io(shown(&self.path), &error);
        let mut state = self.state();
        if state.file.is_none() {
            let head = self.head();
            atomic::write(&self.path, head.as_bytes(), state.existing)?;
            let file = open(&self.path).map_err(failed)?;
            lock(&file, &self.path)?;
            state.end = head.len() as u64;
            state.file = Some(file);
        }
        let (start, end) = (state.end, state.end + text.len() as u64);
        let Some(file) = &state.file else { return Ok(()) };
        // Behind the last whole set may be what an earlier run left half done.
        let written = file.set_len(start).and_then(|()| file.write_all_at(text.as_bytes(), start));
        if let Err(error) = written {
            let _ = file.set_len(start);
            return Err(failed(error));
        }
        state.end = end;
        state.places.insert(key, start..end);
        Ok(())
    }
}

impl Keep for Output {
    fn keep(
        &self,
        node: &str,
        value: &mut Value,
        items: &mut Vec<Value>,
    ) -> Result<(), OperationError> {
        let output = output_of(value)?;
        let items = std::mem::take(items);
        let text = document::set(node, &output, items.iter().filter_map(Value::as_str));
        self.add((node.to_string(), output.path), &text)
    }
}

impl State {
    /// Takes over what an earlier run has done.
    fn resume(&mut self, path: &Path, algorithm: Algorithm) -> Result<(), OperationError> {
        let file = open(path).map_err(|error| OperationError::io(shown(path), &error))?;
        lock(&file, path)?;
        let known = Digests::open(path)?;
        if known.algorithm() != algorithm {
            let (is, wanted) = (known.algorithm().name(), algorithm.name());
            let message = format!("{} holds {is} digests, not {wanted}", shown(path));
            return Err(OperationError::new(ErrorKind::Input, message)
                .help(format!("go on with `--algorithm {is}`, or choose another output")));
        }
        for set in known.sets() {
            let place = set.place.start as u64..set.place.end as u64;
            self.places.insert((set.node.clone(), set.path.clone()), place);
        }
        let last = self.places.values().map(|place| place.end).max();
        self.end = last.unwrap_or_else(|| head_end(known.text()) as u64);
        self.existing = Existing::Replace;
        self.file = Some(file);
        Ok(())
    }
}

/// What `trees.digest` has answered.
pub(super) fn output_of(value: &Value) -> Result<DigestOutput, OperationError> {
    serde_json::from_value(value.clone()).map_err(|error| {
        OperationError::new(ErrorKind::Internal, format!("result of `trees.digest`: {error}"))
    })
}

/// Where the lines that tell of the whole file end, as far as there are whole ones.
fn head_end(text: &str) -> usize {
    text.match_indices('\n').map(|(at, _)| at + 1).take(3).last().unwrap_or(0)
}

fn open(path: &Path) -> std::io::Result<File> {
    File::options().read(true).write(true).open(path)
}

/// Keeps other runs away for as long as the file is open.
fn lock(file: &File, path: &Path) -> Result<(), OperationError> {
    flock(file, FlockOperation::NonBlockingLockExclusive).map_err(|_| {
        let message = format!("{} is being written by another run", shown(path));
        OperationError::new(ErrorKind::Exists, message)
    })
}

fn copy(file: &File, place: Range<u64>, target: &mut impl Write) -> std::io::Result<()> {
    let mut file = file;
    file.seek(SeekFrom::Start(place.start))?;
    std::io::copy(&mut file.take(place.end - place.start), target).map(drop)
}

/// Better now than when everything was read.
fn can_write_beside(path: &Path) -> Result<(), OperationError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    access(folder, Access::WRITE_OK | Access::EXEC_OK).map_err(|error| {
        OperationError::io(shown(folder), &error.into())
            .help("give an `--output` in a folder that you can write to")
    })
}

fn refused(path: &Path) -> OperationError {
    let incomplete = Digests::open(path).is_ok_and(|known| !known.is_complete());
    let (what, help) = if incomplete {
        (" and is incomplete", "add `--resume` to go on with it, or `--overwrite`")
    } else {
        ("", "choose another `--output`, or add `--overwrite`")
    };
    OperationError::new(ErrorKind::Exists, format!("{} exists{what}", shown(path))).help(help)
}

fn shown(path: &Path) -> String {
    show(&rawtext::path_text(path)).into_owned()
}
