//! The operation `trees.remove_listed`: deletes an observation folder without
//! measurement sets, with exactly what somebody has seen in it.
//!
//! The list that was agreed to is compared with the folder before anything
//! happens, and each entry once more right before it goes: what has changed,
//! or has come since, stays and ends the task.

use std::collections::{HashMap, HashSet};
use std::time::SystemTime;

use ledama_base::operation::{Effect, ErrorKind, Operation, OperationContext, OperationError};
use ledama_base::quote::show;
use ledama_base::rawtext;
use rustix::fs::FileType;
use serde::{Deserialize, Serialize};

use super::find::{FolderState, Judge};
use super::handle::Handle;
use super::look::{EntryKind, Listed};
use super::remove::{Place, RemoveEmptyOutput, not_removed, refused};

/// Deletes one folder with the entries that are listed.
#[derive(Debug, Clone, Copy, Default)]
pub struct RemoveListed;

/// Which folder, and what is in it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RemoveListedInput {
    /// Path in text form.
    pub path: String,
    /// Folders inside which deleting is allowed.
    pub roots: Vec<String>,
    /// Everything in it, as `trees.find_empty` has listed it.
    pub entries: Vec<Listed>,
    /// Seconds for which it and all in it must not have changed.
    #[serde(default = "super::a_day")]
    pub older_than_s: u64,
    /// Places on this node that running copies write to, text form.
    #[serde(default)]
    pub busy: Vec<String>,
}

impl Operation for RemoveListed {
    const NAME: &'static str = "trees.remove_listed";
    const VERB: &'static str = "delete with all that is listed";
    const EFFECT: Effect = Effect::Changes;
    type Input = RemoveListedInput;
    type Output = RemoveEmptyOutput;

    fn run(
        &self,
        input: RemoveListedInput,
        ctx: &dyn OperationContext,
    ) -> Result<RemoveEmptyOutput, OperationError> {
        remove_at(&input, SystemTime::now(), ctx)
    }
}

/// The same at any time.
pub(super) fn remove_at(
    input: &RemoveListedInput,
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
    if !matches!(found.state, FolderState::Empty | FolderState::Other) {
        return Err(refused(&found));
    }
    let listed: HashMap<&str, &Listed> =
        input.entries.iter().map(|entry| (entry.path.as_str(), entry)).collect();
    let known = |entry: &Listed| listed.get(entry.path.as_str()).is_some_and(|l| **l == *entry);
    if let Some(other) = found.entries.iter().find(|entry| !known(entry)) {
        return Err(changed(&format!("{}/{}", input.path, other.path)));
    }
    let mut output = RemoveEmptyOutput::default();
    let mut removal =
        Removal { listed, root: &input.path, output: &mut output, shared: HashSet::new(), ctx };
    removal.below(&place.folder, "")?;
    place.remove(&mut output)?;
    ctx.log(&format!(
        "deleted {} ({} folders, {} files)",
        show(&input.path),
        output.folders,
        output.files
    ));
    Ok(output)
}

fn changed(path: &str) -> OperationError {
    let message = format!("{}: was changed since it was listed", show(path));
    OperationError::new(ErrorKind::Changed, message).help("list it again, and look at it again")
}

struct Removal<'a> {
    listed: HashMap<&'a str, &'a Listed>,
    root: &'a str,
    output: &'a mut RemoveEmptyOutput,
    /// Files of which a name is gone and others are left: that changed them.
    shared: HashSet<u64>,
    ctx: &'a dyn OperationContext,
}

impl Removal<'_> {
    /// Deletes what is in a folder, deepest first.
    fn below(&mut self, folder: &Handle, inner: &str) -> Result<(), OperationError> {
        let entries = folder.entries().map_err(|e| OperationError::io(self.shown(inner), &e))?;
        for (name, kind) in entries {
            self.ctx.check()?;
            let text = rawtext::encode(&name);
            let at = if inner.is_empty() { text } else { format!("{inner}/{text}") };
            let failed = |e: std::io::Error| OperationError::io(show(&at), &e);
            let Some(&listed) = self.listed.get(at.as_str()) else {
                return Err(changed(&format!("{}/{at}", self.root)));
            };
            if kind == FileType::Directory && listed.kind == EntryKind::Folder {
                let below = folder.enter(&name).map_err(failed)?;
                self.below(&below, &at)?;
                folder.remove_empty(&name).map_err(|e| not_removed(&self.shown(&at), &e))?;
                self.output.folders += 1;
                continue;
            }
            let facts = folder.facts_of(&name).map_err(failed)?;
            let now = Listed::new(
                at.clone(),
                EntryKind::of(FileType::from_raw_mode(facts.st_mode)),
                &facts,
            );
            let moved = self.shared.contains(&facts.st_ino);
            if (Listed {
                changed_ns: if moved { listed.changed_ns } else { now.changed_ns },
                ..now
            }) != *listed
            {
                return Err(changed(&format!("{}/{at}", self.root)));
            }
            folder.remove_file(&name).map_err(failed)?;
            self.output.files += 1;
            self.output.bytes += listed.disk_bytes;
            if facts.st_nlink > 1 {
                self.shared.insert(facts.st_ino);
            }
        }
        Ok(())
    }

    fn shown(&self, inner: &str) -> String {
        if inner.is_empty() { self.root.to_string() } else { format!("{}/{inner}", self.root) }
    }
}
