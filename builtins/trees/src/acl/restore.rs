//! The operation `trees.acl_restore`: undoing a change of access lists.
//!
//! Only what is still as the change has left it is put back. What somebody has
//! changed since is theirs.

use std::ffi::CString;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;

use ledama_base::operation::{
    Effect, ErrorKind, Operation, OperationContext, OperationError, Progress,
};
use ledama_base::rawtext;
use rustix::io::Errno;
use serde::{Deserialize, Serialize};

use super::change::{Action, Change};
use super::record::Before;
use super::store::State;
use crate::walk::{Kind, Spot, Tally, Target, open_inside};

/// Undoes a change.
#[derive(Debug, Clone, Copy, Default)]
pub struct RestoreAcl;

/// Which tree, which change was made, and how all was before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RestoreAclInput {
    /// Path in text form.
    pub path: String,
    /// Folders inside which changes are allowed.
    pub roots: Vec<String>,
    /// The number of the user whose access was changed.
    pub uid: u32,
    /// What had happened.
    pub action: Action,
    /// The record, as JSON: see [`Before`].
    pub before: String,
}

/// What was done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestoreAclOutput {
    /// Files and folders that are as before again.
    pub changed: u64,
    /// Files and folders that were so already.
    pub unchanged: u64,
    /// Files and folders that are gone.
    pub gone: u64,
}

impl Operation for RestoreAcl {
    const NAME: &'static str = "trees.acl_restore";
    const VERB: &'static str = "restore access lists of";
    const EFFECT: Effect = Effect::Changes;
    type Input = RestoreAclInput;
    type Output = RestoreAclOutput;

    fn run(
        &self,
        input: RestoreAclInput,
        ctx: &dyn OperationContext,
    ) -> Result<RestoreAclOutput, OperationError> {
        let wrong = |error: String| {
            OperationError::new(ErrorKind::Input, format!("record of access lists: {error}"))
        };
        let before: Before =
            serde_json::from_str(&input.before).map_err(|e| wrong(e.to_string()))?;
        let entries = before.entries().map_err(|e| wrong(e.to_string()))?;
        let target = Target::approve(&input.path, &input.roots)?;
        let change = Change { uid: input.uid, action: input.action };
        let mut tree = Tree { target: &target, open: None };
        let mut gone = 0;
        let mut tally = Tally::default();
        for (index, (path, before)) in entries.iter().enumerate() {
            ctx.check()?;
            match tree.restore(path, before, change) {
                Ok(true) => tally.changed += 1,
                Ok(false) => tally.unchanged += 1,
                Err(error) if error.kind() == io::ErrorKind::NotFound => gone += 1,
                Err(error) => tally.lost(|| (*path).to_string(), &error),
            }
            ctx.progress(Progress { done: index as u64, total: entries.len() as u64 });
        }
        let (changed, unchanged) = (tally.changed, tally.unchanged);
        let done = format!("{changed} restored, {unchanged} were so already, {gone} are gone");
        tally.verdict(&input.path, &done, ctx)?;
        ctx.log(&done);
        Ok(RestoreAclOutput { changed, unchanged, gone })
    }
}

struct Tree<'a> {
    target: &'a Target,
    /// The folder that was used last, by its path in the tree.
    open: Option<(String, OwnedFd)>,
}

impl Tree<'_> {
    /// Puts an entry back; tells whether there was anything to do.
    fn restore(&mut self, path: &str, before: &State, change: Change) -> io::Result<bool> {
        if path.is_empty() {
            let spot = self.target.spot().map_err(|e| io::Error::other(e.message))?;
            return put_back(&spot, before, change);
        }
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let name = component(name)?;
        if self.open.as_ref().is_none_or(|(known, _)| known != folder) {
            self.open = Some((folder.to_string(), self.enter(folder)?));
        }
        let Some((_, open)) = &self.open else { return Ok(false) };
        let spot = Spot::look(open.as_fd(), &name, None)?;
        put_back(&spot, before, change)
    }

    /// Opens a folder of the tree by its path, passing no link.
    fn enter(&self, path: &str) -> io::Result<OwnedFd> {
        let mut folder = self.target.open()?;
        for name in path.split('/').filter(|name| !name.is_empty()) {
            folder = open_inside(folder.as_fd(), &component(name)?)?;
        }
        Ok(folder)
    }
}

fn put_back(spot: &Spot<'_>, before: &State, change: Change) -> io::Result<bool> {
    if spot.kind == Kind::Link {
        return Err(Errno::LOOP.into());
    }
    let now = State::read(spot)?;
    if now == *before {
        return Ok(false);
    }
    if now != change.apply(before, spot.is_folder()) {
        return Err(io::Error::other("was changed by somebody since, and is left so"));
    }
    before.write(&now, spot)?;
    Ok(true)
}

/// A name of one entry, not a path.
fn component(name: &str) -> io::Result<CString> {
    let raw = rawtext::decode(name);
    let bytes = raw.as_bytes();
    if matches!(bytes, b"" | b"." | b"..") || bytes.contains(&b'/') {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    CString::new(bytes).map_err(|_| io::ErrorKind::InvalidInput.into())
}
