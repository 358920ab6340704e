//! An operation that does nothing: it tells what a task itself costs, and
//! whether a worker answers at all.

use ledama_base::operation::{Effect, Operation, OperationContext, OperationError};
use serde::{Deserialize, Serialize};

/// Answers at once.
#[derive(Debug, Clone, Copy, Default)]
pub struct Noop;

/// It needs to be told nothing.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoInput {}

impl Operation for Noop {
    const NAME: &'static str = "cluster.noop";
    const EFFECT: Effect = Effect::Reads;
    type Input = NoInput;
    type Output = ();

    fn run(&self, _input: NoInput, _ctx: &dyn OperationContext) -> Result<(), OperationError> {
        Ok(())
    }
}
