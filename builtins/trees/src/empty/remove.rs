//! The operation `trees.remove_empty`: removes an observation folder that
//! holds nothing but empty folders.
//!
//! Only rmdir is used, which the system refuses for anything that is not
//! empty: whatever appears meanwhile is safe.

use std::ffi::OsStr;
use std::io;
use std::time::SystemTime;

use ledama_base::guard::Approved;
use ledama_base::operation::{Effect, ErrorKind, Operation, OperationContext, OperationError};
use ledama_base::quote::show;
use rustix::fs::FileType;
use serde::{Deserialize, Serialize};

use super::find::{FolderState, FoundFolder, Judge, Verdict, open};
use super::handle::Handle;

/// Removes one empty observation folder.
#[derive(Debug, Clone, Copy, Default)]
pub struct RemoveEmpty;

/// Which folder.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RemoveEmptyInput {
    /// Path in text form.
    pub path: String,
    /// Folders inside which deleting is allowed.
    pub roots: Vec<String>,
    /// Seconds for which it and all in it must not have changed.
    #[serde(default = "super::a_day")]
    pub older_than_s: u64,
    /// Places on this node that running copies write to, text form.
    #[serde(default)]
    pub busy: Vec<String>,
}

/// What was removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemoveEmptyOutput {
    /// False when it was gone already.
    pub removed: bool,
    /// Folders, itself included.
    pub folders: u64,
    /// Files, links and the like.
    pub files: u64,
    /// Their blocks on the disk, bytes.
    pub bytes: u64,
}

impl Operation for RemoveEmpty {
    const NAME: &'static str = "trees.remove_empty";
    const VERB: &'static str = "remove the empty folder";
    const EFFECT: Effect = Effect::Changes;
    type Input = RemoveEmptyInput;
    type Output = RemoveEmptyOutput;

    fn run(
        &self,
        input: RemoveEmptyInput,
        ctx: &dyn OperationContext,
    ) -> Result<RemoveEmptyOutput, OperationError> {
        remove_at(&input, SystemTime::now(), ctx)
    }
}

/// The same at any time.
pub(super) fn remove_at(
    input: &RemoveEmptyInput,
    now: SystemTime,
    ctx: &dyn OperationContext,
) -> Result<RemoveEmptyOutput, OperationError> {
    let judge = Judge::new(&input.roots, &input.busy, input.older_than_s, now)?;
    let Some(place) = Place::find(&judge, &input.path)? else {
        return Ok(RemoveEmptyOutput::default());
    };
    let Some(found) = place.judged(&judge, ctx)? else {
        return Ok(RemoveEmptyOutput::default());
    };
    if found.state != FolderState::Empty {
        return Err(refused(&found));
    }
    let mut output = RemoveEmptyOutput::default();
    below(&place.folder, &input.path, &mut output, ctx)?;
    place.remove(&mut output)?;
    ctx.log(&format!("removed {} ({} folders)", show(&input.path), output.folders));
    Ok(output)
}

/// An approved folder, open, with the one above it.
pub(super) struct Place {
    path: String,
    approved: Approved,
    parent: Handle,
    pub(super) folder: Handle,
}

impl Place {
    /// Opens the folder; none if it is gone.
    pub(super) fn find(judge: &Judge, path: &str) -> Result<Option<Self>, OperationError> {
        let approved = match judge.approve(path) {
            Ok(approved) => approved,
            Err(error) if error.kind == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        match open(&approved) {
            Ok((parent, folder)) => {
                Ok(Some(Self { path: path.to_string(), approved, parent, folder }))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) if no_folder(&error) => {
                Err(OperationError::new(ErrorKind::Refused, format!("{}: no folder", show(path))))
            }
            Err(error) => Err(OperationError::io(show(path), &error)),
        }
    }

    /// What is in it now; refuses a folder with data.
    pub(super) fn judged(
        &self,
        judge: &Judge,
        ctx: &dyn OperationContext,
    ) -> Result<Option<FoundFolder>, OperationError> {
        match judge.open_folder(&self.path, &self.approved, &self.folder, ctx)? {
            Verdict::Found(found) => Ok(Some(*found)),
            Verdict::Gone => Ok(None),
            Verdict::Data(at) => Err(OperationError::new(
                ErrorKind::Refused,
                format!("{}: holds measurement sets ({})", show(&self.path), show(&at)),
            )),
        }
    }

    /// Removes the folder itself, which is empty by now.
    pub(super) fn remove(&self, output: &mut RemoveEmptyOutput) -> Result<(), OperationError> {
        let name = self.approved.real.file_name().unwrap_or_default();
        self.parent.remove_empty(name).map_err(|e| not_removed(&self.path, &e))?;
        output.folders += 1;
        output.removed = true;
        Ok(())
    }
}

/// The answers of the system for what is no folder, or a link to one.
fn no_folder(error: &io::Error) -> bool {
    use rustix::io::Errno;
    [Errno::NOTDIR, Errno::LOOP].iter().any(|e| error.raw_os_error() == Some(e.raw_os_error()))
}

/// Why a folder that was judged stays.
pub(super) fn refused(found: &FoundFolder) -> OperationError {
    let kind = match found.state {
        FolderState::Unreadable => ErrorKind::Permission,
        _ => ErrorKind::Refused,
    };
    let reason = found.reason.clone().unwrap_or_else(|| {
        let first = found.entries.iter().find(|e| e.kind != super::EntryKind::Folder);
        let what = first.map_or(String::new(), |e| format!(", such as {}", show(&e.path)));
        format!("{}: not empty, it holds {} files{what}", show(&found.path), found.files)
    });
    OperationError::new(kind, reason)
}

/// Something kept the folder from being removed.
pub(super) fn not_removed(path: &str, error: &io::Error) -> OperationError {
    if error.kind() == io::ErrorKind::DirectoryNotEmpty {
        let message = format!("{}: something has appeared in it meanwhile", show(path));
        return OperationError::new(ErrorKind::Refused, message);
    }
    OperationError::io(show(path), error)
}

/// Removes the empty folders below, deepest first.
fn below(
    folder: &Handle,
    path: &str,
    output: &mut RemoveEmptyOutput,
    ctx: &dyn OperationContext,
) -> Result<(), OperationError> {
    let entries = folder.entries().map_err(|e| OperationError::io(show(path), &e))?;
    for (name, kind) in entries {
        ctx.check()?;
        let at = format!("{path}/{}", ledama_base::rawtext::encode(&name));
        if kind != FileType::Directory {
            let message = format!("{}: has appeared meanwhile", show(&at));
            return Err(OperationError::new(ErrorKind::Refused, message));
        }
        match one(folder, &name, &at, output, ctx) {
            // Somebody else has removed it.
            Err(error) if error.kind == ErrorKind::NotFound => {}
            other => other?,
        }
    }
    Ok(())
}

fn one(
    folder: &Handle,
    name: &OsStr,
    at: &str,
    output: &mut RemoveEmptyOutput,
    ctx: &dyn OperationContext,
) -> Result<(), OperationError> {
    let inner = folder.enter(name).map_err(|e| OperationError::io(show(at), &e))?;
    below(&inner, at, output, ctx)?;
    folder.remove_empty(name).map_err(|e| not_removed(at, &e))?;
    output.folders += 1;
    Ok(())
}
