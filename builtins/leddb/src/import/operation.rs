//! Importing as an operation of plans.

use ledama_base::operation::{Effect, Operation, OperationContext, OperationError};
use serde::{Deserialize, Serialize};

use super::report::Imported;
use super::{Job, import as run};
use crate::backup::Watch;
use crate::schema::PARTITION_WIDTH;
use crate::store::{Location, Options};

/// Takes over a database of the original program.
#[derive(Debug, Clone, Copy, Default)]
pub struct Import;

/// Which two, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImportInput {
    /// The original.
    pub from: String,
    /// The new one.
    pub to: String,
    /// Time zone of the original's stamps.
    pub zone: String,
    /// Ids in a partition of the new one.
    #[serde(default)]
    pub partition_width: Option<i64>,
}

impl Operation for Import {
    const NAME: &'static str = "leddb.import";
    const VERB: &'static str = "import";
    const EFFECT: Effect = Effect::Changes;
    type Input = ImportInput;
    type Output = Imported;

    fn run(
        &self,
        input: ImportInput,
        ctx: &dyn OperationContext,
    ) -> Result<Imported, OperationError> {
        let (from, to) = (Location::parse(&input.from)?, Location::parse(&input.to)?);
        let job = Job {
            zone: input.zone,
            partition_width: input.partition_width.unwrap_or(PARTITION_WIDTH),
        };
        Ok(run(&from, &to, &Options::default(), &job, Watch::of(ctx))?)
    }
}
