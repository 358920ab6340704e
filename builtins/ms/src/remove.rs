//! The operations `ms.remove` and `ms.remove_folder`: deleting sets for good.
//!
//! Both go through the guard that keeps everything outside the data roots
//! safe. A set first gets a hidden name, so that nobody ever sees half of one.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use ledama_base::guard::{Guard, Reason};
use ledama_base::operation::{Effect, ErrorKind, Operation, OperationContext, OperationError};
use ledama_base::{rawtext, usage};
use serde::{Deserialize, Serialize};

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
    /// Blocks freed, bytes; a symbolic link frees nothing of its target.
    pub bytes: u64,
    /// Files deleted.
    pub files: u64,
}

impl Operation for Remove {
    const NAME: &'static str = "ms.remove";
    const EFFECT: Effect = Effect::Changes;
    type Input = RemoveInput;
    type Output = RemoveOutput;

    fn run(
        &self,
        input: RemoveInput,
        ctx: &dyn OperationContext,
    ) -> Result<RemoveOutput, OperationError> {
        let Some(path) = guarded(&input.path, &input.roots)? else {
            return Ok(RemoveOutput::default());
        };
        ctx.check()?;
        let hidden = hidden_name(&path, ctx.run_id());
        // What an interrupted run of the same id has left goes too.
        let left = erase(&hidden, ctx)?;
        let output = match fs::rename(&path, &hidden) {
            Ok(()) => erase(&hidden, ctx)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => left,
            Err(error) => return Err(OperationError::io(&input.path, &error)),
        };
        if fs::symlink_metadata(&path).is_ok() {
            return Err(OperationError::new(
                ErrorKind::Exists,
                format!("{}: a new entry of that name appeared meanwhile", input.path),
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
    const EFFECT: Effect = Effect::Changes;
    type Input = RemoveFolderInput;
    type Output = RemoveOutput;

    fn run(
        &self,
        input: RemoveFolderInput,
        ctx: &dyn OperationContext,
    ) -> Result<RemoveOutput, OperationError> {
        let names = input.extra.iter().map(|name| single(name)).collect::<Result<Vec<_>, _>>()?;
        let Some(path) = guarded(&input.path, &input.roots)? else {
            return Ok(RemoveOutput::default());
        };
        ctx.check()?;
        let others = match others(&path, &names) {
            Ok(others) => others,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(RemoveOutput::default());
            }
            Err(error) => return Err(OperationError::io(&input.path, &error)),
        };
        if !others.is_empty() {
            return Err(not_empty(&input.path, &others));
        }
        let mut output = RemoveOutput { removed: true, ..RemoveOutput::default() };
        for name in names {
            let erased = erase(&path.join(name), ctx)?;
            output.bytes += erased.bytes;
            output.files += erased.files;
        }
        // Refuses a folder that is not empty, whatever has appeared meanwhile.
        fs::remove_dir(&path).map_err(|e| OperationError::io(&input.path, &e))?;
        Ok(output)
    }
}

/// The path if it may be deleted, nothing if it is gone already.
fn guarded(text: &str, roots: &[String]) -> Result<Option<PathBuf>, OperationError> {
    match Guard::new(roots)?.check(text) {
        Ok(approved) => Ok(Some(approved.path)),
        Err(refusal) if refusal.reason == Reason::Missing => Ok(None),
        Err(refusal) => Err(refusal.into()),
    }
}

/// A name of one entry, not a path.
fn single(name: &str) -> Result<OsString, OperationError> {
    let raw = rawtext::decode(name);
    let path = Path::new(&raw);
    if path.components().count() == 1 && path.file_name() == Some(raw.as_os_str()) {
        return Ok(raw);
    }
    Err(OperationError::new(ErrorKind::Input, format!("`{name}` is no name of an entry")))
}

fn others(folder: &Path, names: &[OsString]) -> io::Result<Vec<OsString>> {
    let mut others = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        if !names.contains(&name) {
            others.push(name);
        }
    }
    others.sort();
    Ok(others)
}

fn not_empty(folder: &str, others: &[OsString]) -> OperationError {
    let shown: Vec<String> =
        others.iter().take(5).map(|name| format!("`{}`", rawtext::encode(name))).collect();
    let more = if others.len() > shown.len() {
        format!(" and {} more", others.len() - shown.len())
    } else {
        String::new()
    };
    OperationError::new(
        ErrorKind::Refused,
        format!("{folder}: not empty, it still holds {}{more}", shown.join(", ")),
    )
    .help("name what may go as well, or leave the folder")
}

/// `.<name>.ledama-delete-<run>` beside the set.
fn hidden_name(path: &Path, run_id: &str) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(".ledama-delete-");
    name.push(run_id);
    path.with_file_name(name)
}

/// Deletes whatever has that name; a symbolic link itself, never its target.
fn erase(path: &Path, ctx: &dyn OperationContext) -> Result<RemoveOutput, OperationError> {
    let shown = || rawtext::path_text(path);
    let meta = match fs::symlink_metadata(path) {
        Ok(meta) => meta,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Ok(RemoveOutput::default());
        }
        Err(error) => return Err(OperationError::io(shown(), &error)),
    };
    let used = usage::measure_one(path.to_path_buf(), usage::Options::default(), &|| false)
        .unwrap_or_default();
    let result = if meta.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    result.map_err(|e| OperationError::io(shown(), &e))?;
    ctx.log(&format!("deleted {} ({} files)", shown(), used.files));
    Ok(RemoveOutput { removed: true, bytes: used.disk_bytes, files: used.files })
}

#[cfg(test)]
mod tests;
