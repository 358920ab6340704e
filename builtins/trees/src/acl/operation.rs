//! The operation `trees.acl`: changing the access lists of a whole tree.

use std::io;

use ledama_base::operation::{Effect, Operation, OperationContext, OperationError};
use serde::{Deserialize, Serialize};

use super::change::{Action, Change};
use super::store::State;
use crate::walk::{self, Spot, Target, Visit, Visitor};

/// Changes the lists of a tree.
#[derive(Debug, Clone, Copy, Default)]
pub struct SetAcl;

/// Which tree, and which change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetAclInput {
    /// Path in text form.
    pub path: String,
    /// Folders inside which changes are allowed.
    pub roots: Vec<String>,
    /// The number of the user.
    pub uid: u32,
    /// What happens.
    pub action: Action,
}

/// What was done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetAclOutput {
    /// Files and folders whose lists are others now.
    pub changed: u64,
    /// Files and folders that were so already.
    pub unchanged: u64,
    /// Symbolic links, which are left alone.
    pub links: u64,
}

impl Operation for SetAcl {
    const NAME: &'static str = "trees.acl";
    const VERB: &'static str = "change access lists of";
    const EFFECT: Effect = Effect::Changes;
    type Input = SetAclInput;
    type Output = SetAclOutput;

    fn run(
        &self,
        input: SetAclInput,
        ctx: &dyn OperationContext,
    ) -> Result<SetAclOutput, OperationError> {
        let target = Target::approve(&input.path, &input.roots)?;
        ctx.check()?;
        let change = Change { uid: input.uid, action: input.action };
        let tally = walk::walk(&target, true, &change, ctx)?;
        let done = format!("{} changed, {} were so already", tally.changed, tally.unchanged);
        let tally = tally.verdict(&input.path, &done, ctx)?;
        ctx.log(&done);
        Ok(SetAclOutput { changed: tally.changed, unchanged: tally.unchanged, links: tally.links })
    }
}

impl Visitor for Change {
    fn enter(&self, spot: &Spot<'_>) -> io::Result<Visit> {
        let now = State::read(spot)?;
        let wanted = self.apply(&now, spot.is_folder());
        if wanted == now {
            return Ok(Visit::Unchanged);
        }
        wanted.write(&now, spot)?;
        Ok(Visit::Changed)
    }
}
