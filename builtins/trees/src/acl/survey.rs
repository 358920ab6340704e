//! The operation `trees.acl_survey`: what a change of access lists would do,
//! and how everything is before it.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Mutex, PoisonError};

use ledama_base::operation::{Effect, ErrorKind, Operation, OperationContext, OperationError};
use ledama_base::rawtext::path_text;
use serde::{Deserialize, Serialize};

use super::change::{Action, Change};
use super::reach::{self, Person};
use super::record::Before;
use super::store::State;
use crate::walk::{self, Spot, Target, Visit, Visitor};

/// Looks at a tree.
#[derive(Debug, Clone, Copy, Default)]
pub struct Survey;

/// Which tree, and which change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SurveyInput {
    /// Path in text form.
    pub path: String,
    /// Folders inside which changes are allowed.
    pub roots: Vec<String>,
    /// The number of the user.
    pub uid: u32,
    /// The numbers of the user's groups.
    #[serde(default)]
    pub groups: Vec<u32>,
    /// What would happen.
    pub action: Action,
    /// Also tell what is in the folder itself.
    #[serde(default)]
    pub names: bool,
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SurveyOutput {
    /// Files and folders that would change.
    pub changing: u64,
    /// Files and folders that are so already.
    pub unchanged: u64,
    /// The record of those that would change, as JSON: see [`Before`].
    pub before: String,
    /// The first folder above that the user may not enter.
    pub obstacle: Option<String>,
    /// Names in the folder, if asked for, sorted.
    pub names: Vec<String>,
}

impl Operation for Survey {
    const NAME: &'static str = "trees.acl_survey";
    const VERB: &'static str = "look at the access lists of";
    const EFFECT: Effect = Effect::Reads;
    type Input = SurveyInput;
    type Output = SurveyOutput;

    fn run(
        &self,
        input: SurveyInput,
        ctx: &dyn OperationContext,
    ) -> Result<SurveyOutput, OperationError> {
        let target = Target::approve(&input.path, &input.roots)?;
        let look = Look {
            change: Change { uid: input.uid, action: input.action },
            found: Mutex::default(),
        };
        let tally = walk::walk(&target, true, &look, ctx)?;
        let tally = tally.verdict(&input.path, "nothing was changed", ctx)?;
        let found = look.found.into_inner().unwrap_or_else(PoisonError::into_inner);
        let before = serde_json::to_string(&Before::of(found))
            .map_err(|e| OperationError::new(ErrorKind::Internal, e.to_string()))?;
        let person = Person { uid: input.uid, groups: &input.groups };
        let obstacle = match input.action {
            Action::Revoke => None,
            _ => reach::obstacle(target.real(), person).map(|folder| path_text(&folder)),
        };
        let names = if input.names { target.names()? } else { Vec::new() };
        let (changing, unchanged) = (tally.changed, tally.unchanged);
        Ok(SurveyOutput { changing, unchanged, before, obstacle, names })
    }
}

struct Look {
    change: Change,
    found: Mutex<BTreeMap<State, Vec<String>>>,
}

impl Visitor for Look {
    fn enter(&self, spot: &Spot<'_>) -> io::Result<Visit> {
        let now = State::read(spot)?;
        if self.change.apply(&now, spot.is_folder()) == now {
            return Ok(Visit::Unchanged);
        }
        let path = spot.path();
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        found.entry(now).or_default().push(path);
        Ok(Visit::Changed)
    }
}
