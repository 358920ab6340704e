//! The operations `ms.remove` and `ms.remove_folder`: deleting sets for good.
//!
//! Both go through the guard that keeps everything outside the data roots
//! safe. A set first gets a hidden name, so that nobody ever sees half of one;
//! what an interrupted run has left under such a name goes with it.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;

use ledama_base::guard::{Approved, Guard, Reason};
use ledama_base::operation::{Effect, ErrorKind, Operation, OperationContext, OperationError};
use ledama_base::quote::show;
use ledama_base::rawtext;
use serde::{Deserialize, Serialize};

use crate::folder::{Erased, Folder};

/// Deletes one set.
#[derive(Debug, Clone, Copy, Default)]
pub struct Remove;

/// Which set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RemoveInput {
    /// Path in text form.
    pub path: String,
    /// Folders inside which deleting is allowed.
    pub roots: Vec<String>,
}

/// What was deleted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemoveOutput {
    /// False when it was gone already.
    pub removed: bool,
    /// Blocks it had on the disk, bytes; of a link those of the link itself.
    pub bytes: u64,
    /// Its files.
    pub files: u64,
}

impl Operation for Remove {
    const NAME: &'static str = "ms.remove";
    const VERB: &'static str = "delete";
    const EFFECT: Effect = Effect::Changes;
    type Input = RemoveInput;
    type Output = RemoveOutput;

    fn run(
        &self,
        input: RemoveInput,
        ctx: &dyn OperationContext,
    ) -> Result<RemoveOutput, OperationError> {
        let failed = |error: io::Error| OperationError::io(show(&input.path), &error);
        let approved = guarded(&input.path, &input.roots)?;
        ctx.check()?;
        let path = rawtext::text_path(&input.path);
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(OperationError::new(ErrorKind::Refused, "the root cannot be deleted"));
        };
        let Some(approved) = approved else {
            // Under its hidden name it may still be there, by a run that was cut off.
            return leftovers(&input, parent, name, ctx);
        };
        let (folder, name) = parent_of(&approved).map_err(failed)?;
        let mut output = erase_hidden(&folder, name, &input.path, ctx)?;
        let hidden = hidden_name(name, ctx.run_id());
        match folder.rename(name, &hidden) {
            Ok(()) => output.add(&erase(&folder, &hidden, &input.path, ctx)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed(error)),
        }
        if folder.has(name) {
            return Err(OperationError::new(
                ErrorKind::Exists,
                format!("{}: something of that name has appeared meanwhile", show(&input.path)),
            ));
        }
        Ok(output)
    }
}

/// Deletes a folder that held sets, if it is empty but for named entries.
#[derive(Debug, Clone, Copy, Default)]
pub struct RemoveFolder;

/// Which folder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RemoveFolderInput {
    /// Path in text form.
    pub path: String,
    /// Folders inside which deleting is allowed.
    pub roots: Vec<String>,
    /// Names of other entries of the folder to delete first.
    #[serde(default)]
    pub extra: Vec<String>,
}

impl Operation for RemoveFolder {
    const NAME: &'static str = "ms.remove_folder";
    const VERB: &'static str = "delete folder";
    const EFFECT: Effect = Effect::Changes;
    type Input = RemoveFolderInput;
    type Output = RemoveOutput;

    fn run(
        &self,
        input: RemoveFolderInput,
        ctx: &dyn OperationContext,
    ) -> Result<RemoveOutput, OperationError> {
        let failed = |error: io::Error| OperationError::io(show(&input.path), &error);
        let names = input.extra.iter().map(|name| single(name)).collect::<Result<Vec<_>, _>>()?;
        let Some(approved) = guarded(&input.path, &input.roots)? else {
            return Ok(RemoveOutput::default());
        };
        ctx.check()?;
        let (parent, name) = parent_of(&approved).map_err(failed)?;
        let folder = match parent.enter(name) {
            Ok(folder) => folder,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(RemoveOutput::default());
            }
            Err(error) => return Err(failed(error)),
        };
        let mut others = folder.names().map_err(failed)?;
        others.retain(|other| !names.contains(other));
        if !others.is_empty() {
            return Err(not_empty(&input.path, &others));
        }
        let mut output = RemoveOutput { removed: true, ..RemoveOutput::default() };
        for extra in names.iter().filter(|extra| folder.has(extra)) {
            output.add(&erase(&folder, extra, &input.path, ctx)?);
        }
        // Refuses a folder that is not empty, whatever has appeared meanwhile.
        parent.remove_empty(name).map_err(failed)?;
        Ok(output)
    }
}

impl RemoveOutput {
    fn add(&mut self, erased: &Erased) {
        self.removed = true;
        self.bytes += erased.bytes;
        self.files += erased.files;
    }
}

/// The path if it may be deleted, nothing if it is gone already.
fn guarded(text: &str, roots: &[String]) -> Result<Option<Approved>, OperationError> {
    match Guard::new(roots)?.check(text) {
        Ok(approved) => Ok(Some(approved)),
        Err(refusal) if refusal.reason == Reason::Missing => Ok(None),
        Err(refusal) => Err(refusal.into()),
    }
}

/// The folder the path was approved in, held open: no link that somebody puts
/// there from now on can lead elsewhere.
fn parent_of(approved: &Approved) -> io::Result<(Folder, &OsStr)> {
    let (Some(parent), Some(name)) = (approved.real.parent(), approved.real.file_name()) else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    Ok((Folder::open(parent)?, name))
}

/// Deletes what is left under hidden names of a set that is gone.
fn leftovers(
    input: &RemoveInput,
    parent: &Path,
    name: &OsStr,
    ctx: &dyn OperationContext,
) -> Result<RemoveOutput, OperationError> {
    let Ok(Ok(mut names)) = Folder::resolve(parent).map(|folder| folder.names()) else {
        return Ok(RemoveOutput::default());
    };
    names.retain(|other| is_hidden_name_of(name, other));
    let mut output = RemoveOutput::default();
    for hidden in names {
        // Each by its own path through the guard, which knows links and mounts.
        let path = rawtext::path_text(&parent.join(hidden));
        if let Some(approved) = guarded(&path, &input.roots)? {
            let (folder, hidden) =
                parent_of(&approved).map_err(|e| OperationError::io(show(&path), &e))?;
            output.add(&erase(&folder, hidden, &input.path, ctx)?);
        }
    }
    Ok(output)
}

/// Deletes what is left under hidden names of a set, beside it.
fn erase_hidden(
    folder: &Folder,
    name: &OsStr,
    path: &str,
    ctx: &dyn OperationContext,
) -> Result<RemoveOutput, OperationError> {
    let mut names = folder.names().map_err(|e| OperationError::io(show(path), &e))?;
    names.retain(|other| is_hidden_name_of(name, other));
    let mut output = RemoveOutput::default();
    for hidden in names {
        output.add(&erase(folder, &hidden, path, ctx)?);
    }
    output.removed = false;
    Ok(output)
}

/// A name of one entry, not a path.
fn single(name: &str) -> Result<OsString, OperationError> {
    let raw = rawtext::decode(name);
    let path = Path::new(&raw);
    if path.components().count() == 1 && path.file_name() == Some(raw.as_os_str()) {
        return Ok(raw);
    }
    let message = format!("`{}` is no name of an entry", show(name));
    Err(OperationError::new(ErrorKind::Input, message))
}

fn not_empty(folder: &str, others: &[OsString]) -> OperationError {
    let shown: Vec<String> =
        others.iter().take(5).map(|name| format!("`{}`", show(&rawtext::encode(name)))).collect();
    let more = if others.len() > shown.len() {
        format!(" and {} more", others.len() - shown.len())
    } else {
        String::new()
    };
    OperationError::new(
        ErrorKind::Refused,
        format!("{}: not empty, it still holds {}{more}", show(folder), shown.join(", ")),
    )
    .help("name what may go as well, or leave the folder")
}

const MARK: &str = ".ledama-delete-";

/// `.<name>.ledama-delete-<run>`, beside the set. Where that is too long for a
/// name of a file, the end of the set's name is left out.
fn hidden_name(name: &OsStr, run_id: &str) -> OsString {
    use std::os::unix::ffi::OsStrExt;
    const LONGEST: usize = 255;
    let room = LONGEST.saturating_sub(1 + MARK.len() + run_id.len());
    let mut hidden = OsString::from(".");
    hidden.push(OsStr::from_bytes(&name.as_bytes()[..name.len().min(room)]));
    hidden.push(MARK);
    hidden.push(run_id);
    hidden
}

fn is_hidden_name_of(name: &OsStr, other: &OsStr) -> bool {
    use std::os::unix::ffi::OsStrExt;
    other
        .as_bytes()
        .strip_prefix(b".")
        .and_then(|rest| rest.strip_prefix(name.as_bytes()))
        .is_some_and(|rest| rest.starts_with(MARK.as_bytes()))
}

/// Deletes the entry, whatever it is; of a link the link itself.
fn erase(
    folder: &Folder,
    name: &OsStr,
    path: &str,
    ctx: &dyn OperationContext,
) -> Result<Erased, OperationError> {
    let erased = folder.erase(name).map_err(|e| {
        let shown = rawtext::encode(name);
        let place = format!("{} (as `{}`)", show(path), show(&shown));
        OperationError::io(place, &e)
    })?;
    ctx.log(&format!("deleted {} ({} files)", show(path), erased.files));
    Ok(erased)
}

#[cfg(test)]
mod tests;
