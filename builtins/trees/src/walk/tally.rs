//! What a walk has come to: counts, and what failed.

use std::ffi::CStr;
use std::io;

use ledama_base::operation::{OperationContext, OperationError};
use ledama_base::quote::show;
use serde_json::json;

use super::list::Listed;
use super::{Spot, Visit};

/// Failures that are kept with their text; all are counted.
const KEPT: usize = 1000;

/// Failures named in the message of an error.
const NAMED: usize = 5;

/// One entry that could not be done.
#[derive(Debug)]
struct Failure {
    /// Below the place where the walk began.
    path: String,
    /// The failure of an unnamed entry: its kind and words.
    error: OperationError,
}

/// Counts of a walk.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// Entries that differ from before.
    pub(crate) changed: u64,
    /// Entries that were as wanted.
    pub(crate) unchanged: u64,
    /// Links, which are left alone.
    pub(crate) links: u64,
    /// Entries that could not be done.
    pub(crate) failed: u64,
    failures: Vec<Failure>,
    /// Entries that are folders although the listing did not tell.
    pub(super) left: Vec<Listed>,
}

impl Tally {
    /// Adds what came of one entry.
    pub(super) fn add(&mut self, spot: &Spot<'_>, visit: io::Result<Visit>) {
        match visit {
            Ok(Visit::Changed) => self.changed += 1,
            Ok(Visit::Unchanged | Visit::Later) => self.unchanged += 1,
            Err(error) => self.fail(spot, &error),
        }
    }

    /// Adds a failure.
    pub(super) fn fail(&mut self, spot: &Spot<'_>, error: &io::Error) {
        self.lost(|| spot.path(), error);
    }

    /// Adds a failure at a name in a folder.
    pub(super) fn fail_at(&mut self, folder: &Spot<'_>, name: &CStr, error: &io::Error) {
        self.lost(|| folder.below(name), error);
    }

    /// Adds a failure at a path below the place where the walk began.
    pub(crate) fn lost(&mut self, path: impl FnOnce() -> String, error: &io::Error) {
        self.failed += 1;
        if self.failures.len() < KEPT {
            let error = OperationError::io("", error);
            self.failures.push(Failure { path: path(), error });
        }
    }

    /// Takes over the counts of another.
    pub(super) fn merge(&mut self, mut other: Self) {
        self.changed += other.changed;
        self.unchanged += other.unchanged;
        self.links += other.links;
        self.failed += other.failed;
        self.failures.append(&mut other.failures);
        self.failures.truncate(KEPT);
        self.left.append(&mut other.left);
    }

    /// Both together.
    pub(super) fn plus(mut self, other: Self) -> Self {
        self.merge(other);
        self
    }

    /// Fails if an entry has failed: names the first of them and sends each of
    /// them to the report as an item `{path, error}`. `done` tells what was
    /// reached all the same.
    pub(crate) fn verdict(
        mut self,
        root: &str,
        done: &str,
        ctx: &dyn OperationContext,
    ) -> Result<Self, OperationError> {
        self.failures.sort_by(|a, b| a.path.cmp(&b.path));
        let Some(first) = self.failures.first() else { return Ok(self) };
        let kind = first.error.kind;
        let mut named = Vec::new();
        for failure in &self.failures {
            let path = join(root, &failure.path);
            // The words of the failure; its place was left empty.
            let reason = failure.error.message.trim_start_matches(": ");
            ctx.log(&format!("{}: {reason}", show(&path)));
            ctx.item(json!({ "path": path, "error": reason }));
            if named.len() < NAMED {
                let shown = if failure.path.is_empty() { root } else { failure.path.as_str() };
                named.push(format!("{}: {reason}", show(shown)));
            }
        }
        let named = named.join("; ");
        let message = if self.failed == 1 {
            format!("one entry could not be done: {named} ({done})")
        } else {
            let more = if self.failed > NAMED as u64 { ", the first" } else { "" };
            format!("{} entries could not be done{more}: {named} ({done})", self.failed)
        };
        Err(OperationError::new(kind, message))
    }
}

/// A path below a folder; the folder itself for an empty one.
pub(crate) fn join(root: &str, path: &str) -> String {
    if path.is_empty() {
        root.to_string()
    } else {
        format!("{}/{path}", root.trim_end_matches('/'))
    }
}
