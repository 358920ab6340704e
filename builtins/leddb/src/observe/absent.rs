//! The operation `leddb.absent`: which of these paths are surely gone from a node.

use std::fs;
use std::io::ErrorKind as Kind;

use ledama_base::operation::{Effect, Operation, OperationContext, OperationError};
use ledama_base::rawtext;
use serde::{Deserialize, Serialize};

/// Looks for products that a search did not find.
#[derive(Debug, Clone, Copy, Default)]
pub struct Absent;

/// What to look for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AbsentInput {
    /// Paths in text form.
    pub paths: Vec<String>,
}

/// What is gone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AbsentOutput {
    /// Those of the paths where nothing is.
    pub absent: Vec<String>,
    /// Those that could not be looked at.
    pub unknown: Vec<String>,
}

impl Operation for Absent {
    const NAME: &'static str = "leddb.absent";
    const VERB: &'static str = "look for what was not found";
    const EFFECT: Effect = Effect::Reads;
    type Input = AbsentInput;
    type Output = AbsentOutput;

    fn run(
        &self,
        input: AbsentInput,
        ctx: &dyn OperationContext,
    ) -> Result<AbsentOutput, OperationError> {
        let mut output = AbsentOutput::default();
        for path in input.paths {
            ctx.check()?;
            match fs::symlink_metadata(rawtext::text_path(&path)) {
                Ok(_) => {}
                Err(error) if matches!(error.kind(), Kind::NotFound | Kind::NotADirectory) => {
                    output.absent.push(path);
                }
                Err(_) => output.unknown.push(path),
            }
        }
        Ok(output)
    }
}
