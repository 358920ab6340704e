//! The operations `analysis.rows` and `analysis.count`.

use ledama_base::operation::{Effect, ErrorKind, Operation, OperationContext, OperationError};
use serde::{Deserialize, Serialize};

use super::input::{Chosen, Input};
use super::row::{Packed, Row};
use super::{Type, database, direct};

/// Reads the diagnostics of a file of its node.
#[derive(Debug, Clone, Copy, Default)]
pub struct ReadRows;

/// What to read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReadInput {
    /// A measurement set, a table of solutions or an H5parm file, in text form.
    pub path: String,
    /// What of it.
    pub of: Type,
    /// Kinds of statistics; all stored ones if empty.
    #[serde(default)]
    pub kinds: Vec<String>,
}

/// What was read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ReadOutput {
    rows: Vec<Packed>,
    warnings: Vec<String>,
}

impl ReadOutput {
    /// The rows, and what was odd.
    pub fn unpack(self) -> Result<(Vec<Row>, Vec<String>), OperationError> {
        let broken = || OperationError::new(ErrorKind::Internal, "rows do not fit their axes");
        let rows = self.rows.into_iter().map(|row| row.unpack().ok_or_else(broken));
        Ok((rows.collect::<Result<_, _>>()?, self.warnings))
    }
}

impl Operation for ReadRows {
    const NAME: &'static str = "analysis.rows";
    const VERB: &'static str = "read the diagnostics of";
    const EFFECT: Effect = Effect::Reads;
    type Input = ReadInput;
    type Output = ReadOutput;

    fn run(
        &self,
        input: ReadInput,
        ctx: &dyn OperationContext,
    ) -> Result<ReadOutput, OperationError> {
        ctx.check()?;
        let (rows, warnings) = direct::read(&input.path, input.of, &input.kinds)?;
        Ok(ReadOutput { rows: rows.iter().map(Row::packed).collect(), warnings })
    }
}

/// Counts rows before they are read.
#[derive(Debug, Clone, Copy, Default)]
pub struct CountRows;

/// How many rows there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountOutput {
    /// Rows of the database; not known of files.
    pub rows: Option<u64>,
    /// Files.
    pub files: u64,
}

impl Operation for CountRows {
    const NAME: &'static str = "analysis.count";
    const VERB: &'static str = "count the diagnostics of";
    const EFFECT: Effect = Effect::Reads;
    type Input = Input;
    type Output = CountOutput;

    fn run(&self, input: Input, ctx: &dyn OperationContext) -> Result<CountOutput, OperationError> {
        ctx.check()?;
        Ok(match (&input.chosen, &input.database) {
            (Chosen::Files(sources), _) => CountOutput { rows: None, files: sources.len() as u64 },
            (_, Some(url)) => CountOutput { rows: Some(database::count(&input, url)?), files: 0 },
            (_, None) => CountOutput::default(),
        })
    }
}
