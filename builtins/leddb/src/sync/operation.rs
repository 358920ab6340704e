//! Comparing and syncing as operations of plans.

use ledama_base::operation::{Effect, Operation, OperationContext, OperationError};
use serde::{Deserialize, Serialize};

use super::compare::{Compared, compare};
use super::{Synced, sync};
use crate::backup::Watch;
use crate::store::{Database, Location, Options};

/// Tells how two databases differ.
#[derive(Debug, Clone, Copy, Default)]
pub struct Compare;

/// Which two.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CompareInput {
    /// The one that is right.
    pub from: String,
    /// The one that is compared with it.
    pub to: String,
}

impl Operation for Compare {
    const NAME: &'static str = "leddb.compare";
    const VERB: &'static str = "compare";
    const EFFECT: Effect = Effect::Reads;
    type Input = CompareInput;
    type Output = Compared;

    fn run(
        &self,
        input: CompareInput,
        ctx: &dyn OperationContext,
    ) -> Result<Compared, OperationError> {
        let (from, to) = both(&input.from, &input.to)?;
        Ok(compare(&from, &to, Watch::of(ctx))?)
    }
}

/// Makes one database the same as another.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sync;

/// Which two.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SyncInput {
    /// The one that is right.
    pub from: String,
    /// The one that is changed.
    pub to: String,
}

impl Operation for Sync {
    const NAME: &'static str = "leddb.sync";
    const VERB: &'static str = "bring into line";
    const EFFECT: Effect = Effect::Changes;
    type Input = SyncInput;
    type Output = Synced;

    fn run(&self, input: SyncInput, ctx: &dyn OperationContext) -> Result<Synced, OperationError> {
        let (from, to) = both(&input.from, &input.to)?;
        Ok(sync(&from, &to, Watch::of(ctx))?)
    }
}

fn both(from: &str, to: &str) -> Result<(Database, Database), OperationError> {
    let open = |url: &str| Database::open(&Location::parse(url)?, &Options::default());
    Ok((open(from)?, open(to)?))
}
