//! The operation `trees.find_empty`: observation folders of a node that hold
//! nothing, or nothing that is data.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use ledama_base::guard::{Approved, Guard};
use ledama_base::operation::{Effect, ErrorKind, Operation, OperationContext, OperationError};
use ledama_base::path::is_dataset_name;
use ledama_base::quote::show;
use ledama_base::rawtext;
use serde::{Deserialize, Serialize};

use super::busy::Busy;
use super::handle::Handle;
use super::look::{Inside, Listed, Stop, look};

/// Looks for empty observation folders on its node.
#[derive(Debug, Clone, Copy, Default)]
pub struct FindEmpty;

/// Where to look.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FindEmptyInput {
    /// Folders that hold observation folders: absolute, text form.
    pub paths: Vec<String>,
    /// Folders inside which deleting is allowed.
    pub roots: Vec<String>,
    /// Seconds for which a folder and all in it must not have changed.
    #[serde(default = "super::a_day")]
    pub older_than_s: u64,
    /// Places on this node that running copies write to, text form.
    #[serde(default)]
    pub busy: Vec<String>,
    /// List what is in folders that hold other things than data.
    #[serde(default)]
    pub list: bool,
}

/// What can be said about one observation folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FolderState {
    /// Nothing in it but folders, all of them empty.
    Empty,
    /// No measurement sets, but other files.
    Other,
    /// It was changed a short while ago.
    Fresh,
    /// A copy writes to it, or has left something unfinished in it.
    Busy,
    /// It may not be deleted.
    Refused,
    /// Not all of it could be read.
    Unreadable,
}

/// An observation folder without measurement sets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundFolder {
    /// Path in text form.
    pub path: String,
    /// What can be said about it.
    pub state: FolderState,
    /// Why it stays; of folders that hold other things what they hold.
    pub reason: Option<String>,
    /// Folders in it, at any depth.
    pub folders: u64,
    /// Files, links and the like in it.
    pub files: u64,
    /// Their blocks on the disk, bytes.
    pub bytes: u64,
    /// Seconds since anything in it was changed.
    pub age_s: u64,
    /// Everything in it, where that was asked for.
    pub entries: Vec<Listed>,
}

/// What a node has.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindEmptyOutput {
    /// Observation folders without measurement sets, sorted by path.
    pub folders: Vec<FoundFolder>,
    /// How many observation folders hold measurement sets.
    pub with_data: u64,
    /// What was to be searched and is not there.
    pub absent: Vec<String>,
    /// What is called like an observation folder and is none, one sentence each.
    pub notes: Vec<String>,
    /// What was to be searched and could not be read, one sentence each.
    pub unreadable: Vec<String>,
}

impl Operation for FindEmpty {
    const NAME: &'static str = "trees.find_empty";
    const VERB: &'static str = "look for empty folders on";
    const EFFECT: Effect = Effect::Reads;
    type Input = FindEmptyInput;
    type Output = FindEmptyOutput;

    fn run(
        &self,
        input: FindEmptyInput,
        ctx: &dyn OperationContext,
    ) -> Result<FindEmptyOutput, OperationError> {
        find(&input, SystemTime::now(), ctx)
    }
}

/// The same at any time.
pub(super) fn find(
    input: &FindEmptyInput,
    now: SystemTime,
    ctx: &dyn OperationContext,
) -> Result<FindEmptyOutput, OperationError> {
    let judge = Judge::new(&input.roots, &input.busy, input.older_than_s, now)?;
    let mut output = FindEmptyOutput::default();
    // The same folder by two ways is judged once.
    let mut seen = BTreeSet::new();
    for text in &input.paths {
        ctx.check()?;
        let folder = rawtext::text_path(text);
        if !folder.is_absolute() {
            let message = format!("`{}` is no absolute path", show(text));
            return Err(OperationError::new(ErrorKind::Input, message));
        }
        let names = match observations(&folder, &mut output.notes) {
            Ok(names) => names,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                output.absent.push(text.clone());
                continue;
            }
            Err(error) => {
                output.unreadable.push(OperationError::io(show(text), &error).message);
                continue;
            }
        };
        for name in names {
            ctx.check()?;
            let path = rawtext::path_text(&folder.join(name));
            let (verdict, real) = judge.folder(&path, ctx)?;
            if real.is_some_and(|real| !seen.insert(real)) {
                continue;
            }
            match verdict {
                Verdict::Data(_) => output.with_data += 1,
                Verdict::Gone => {}
                Verdict::Found(mut found) => {
                    if !input.list {
                        found.entries = Vec::new();
                    }
                    output.folders.push(*found);
                }
            }
        }
    }
    output.folders.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(output)
}

/// Names of the observation folders in a folder, sorted. What has such a name
/// and is no folder is noted.
fn observations(folder: &Path, notes: &mut Vec<String>) -> io::Result<Vec<std::ffi::OsString>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        if !is_dataset_name(&rawtext::encode(&name)) {
            continue;
        }
        let kind = entry.file_type()?;
        if kind.is_dir() {
            names.push(name);
        } else {
            let what =
                if kind.is_symlink() { "a link, which is not followed" } else { "no folder" };
            notes.push(format!("{}: {what}", show(&rawtext::path_text(&entry.path()))));
        }
    }
    names.sort();
    notes.sort();
    Ok(names)
}

/// What came of the look at one folder.
#[derive(Debug)]
pub(super) enum Verdict {
    /// It holds measurement sets; this one.
    Data(String),
    /// It is not there any more.
    Gone,
    /// Anything else.
    Found(Box<FoundFolder>),
}

/// Judges folders; the same judgement for looking and for removing.
pub(super) struct Judge {
    guard: Guard,
    busy: Busy,
    older_than_s: u64,
    now: SystemTime,
}

impl Judge {
    pub(super) fn new(
        roots: &[String],
        busy: &[String],
        older_than_s: u64,
        now: SystemTime,
    ) -> Result<Self, OperationError> {
        Ok(Self { guard: Guard::new(roots)?, busy: Busy::new(busy), older_than_s, now })
    }

    /// Whether the path may be deleted at all: inside a data root, itself an
    /// observation folder, no mount point, and so on.
    pub(super) fn approve(&self, path: &str) -> Result<Approved, OperationError> {
        let approved = self.guard.check(path)?;
        let name = approved.path.file_name().map(rawtext::encode).unwrap_or_default();
        if is_dataset_name(&name) {
            return Ok(approved);
        }
        let message = format!("{}: the name is not that of an observation folder", show(path));
        Err(OperationError::new(ErrorKind::Refused, message))
    }

    /// Judges one folder; also tells where it really is.
    fn folder(
        &self,
        path: &str,
        ctx: &dyn OperationContext,
    ) -> Result<(Verdict, Option<PathBuf>), OperationError> {
        let approved = match self.approve(path) {
            Ok(approved) => approved,
            Err(error) if error.kind == ErrorKind::NotFound => return Ok((Verdict::Gone, None)),
            Err(error) => {
                let state = match error.kind {
                    ErrorKind::Refused => FolderState::Refused,
                    _ => FolderState::Unreadable,
                };
                return Ok((found(path, state, Some(error.message)), None));
            }
        };
        let verdict = match open(&approved) {
            Ok((_, handle)) => self.open_folder(path, &approved, &handle, ctx)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Verdict::Gone,
            Err(error) => {
                let message = OperationError::io(show(path), &error).message;
                found(path, FolderState::Unreadable, Some(message))
            }
        };
        Ok((verdict, Some(approved.real)))
    }

    /// Judges a folder that is held open.
    pub(super) fn open_folder(
        &self,
        path: &str,
        approved: &Approved,
        handle: &Handle,
        ctx: &dyn OperationContext,
    ) -> Result<Verdict, OperationError> {
        let state = |state, reason: String| Ok(found(path, state, Some(reason)));
        match look(handle, path, ctx) {
            Err(Stop::Data(at)) => Ok(Verdict::Data(at)),
            Err(Stop::Cancelled(error)) => Err(error),
            Err(Stop::Unreadable(error)) => state(FolderState::Unreadable, error.message),
            Err(Stop::Mounted(at)) => state(
                FolderState::Refused,
                format!("{}: another file system is mounted there", show(&at)),
            ),
            Err(Stop::Unfinished(at)) => state(
                FolderState::Busy,
                format!("{}: a copy or a removal is at work here, or was cut off", show(&at)),
            ),
            Err(Stop::TooMany) => state(
                FolderState::Refused,
                format!("{}: holds too many files to look through", show(path)),
            ),
            Ok(_) if self.busy.touches(&approved.path, &approved.real) => {
                state(FolderState::Busy, format!("{}: a running copy writes here", show(path)))
            }
            Ok(inside) => Ok(self.readable(path, inside)),
        }
    }

    fn readable(&self, path: &str, inside: Inside) -> Verdict {
        let age_s = self.age_s(inside.changed_ns);
        let (mut files, mut bytes) = (0, 0);
        for file in inside.files() {
            files += 1;
            bytes += file.disk_bytes;
        }
        let (state, reason) = match age_s {
            Some(age) if age >= self.older_than_s => {
                (if files == 0 { FolderState::Empty } else { FolderState::Other }, None)
            }
            _ => {
                let reason = format!("{}: changed less than the given time ago", show(path));
                (FolderState::Fresh, Some(reason))
            }
        };
        Verdict::Found(Box::new(FoundFolder {
            path: path.to_string(),
            state,
            reason,
            folders: inside.folders(),
            files,
            bytes,
            age_s: age_s.unwrap_or(0),
            entries: inside.entries,
        }))
    }

    /// Seconds since a time; none if it is still to come, as with a wrong clock.
    fn age_s(&self, changed_ns: i64) -> Option<u64> {
        let now = self.now.duration_since(SystemTime::UNIX_EPOCH).ok()?.as_nanos();
        let changed = u128::try_from(changed_ns).unwrap_or(0);
        u64::try_from(now.checked_sub(changed)? / 1_000_000_000).ok()
    }
}

fn found(path: &str, state: FolderState, reason: Option<String>) -> Verdict {
    Verdict::Found(Box::new(FoundFolder {
        path: path.to_string(),
        state,
        reason,
        folders: 0,
        files: 0,
        bytes: 0,
        age_s: 0,
        entries: Vec::new(),
    }))
}

/// Opens the folder above and the folder itself.
pub(super) fn open(approved: &Approved) -> io::Result<(Handle, Handle)> {
    let (Some(parent), Some(name)) = (approved.real.parent(), approved.real.file_name()) else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    let parent = Handle::open(parent)?;
    let folder = parent.enter(name)?;
    Ok((parent, folder))
}
