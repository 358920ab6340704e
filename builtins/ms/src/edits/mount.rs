//! The operation `ms.set_mount`: how the antennas of a set are mounted.
//!
//! LOFAR writes `X-Y`, for which some imagers have no parallactic angle; they
//! take a set whose antennas are `ALT-AZ`.

use ledama_base::operation::{Effect, ErrorKind, Operation, OperationContext, OperationError};
use ledama_base::quote::show;
use ledama_tables::Value;
use serde::{Deserialize, Serialize};

use super::history::Entry;
use super::session::Session;
use super::{Edited, default_wait, failed};

const TABLE: &str = "ANTENNA";
const COLUMN: &str = "MOUNT";

/// Sets the mount of all antennas of a set.
#[derive(Debug, Clone, Copy, Default)]
pub struct SetMount;

/// Which set, and what it is to say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetMountInput {
    /// Path in text form.
    pub path: String,
    /// The mount, such as `ALT-AZ` or `X-Y`.
    #[serde(default = "alt_az")]
    pub value: String,
    /// How long to wait for other programs that use the set, s.
    #[serde(default = "default_wait")]
    pub wait_s: u64,
}

fn alt_az() -> String {
    "ALT-AZ".into()
}

/// What was changed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetMountOutput {
    /// What every edit tells.
    #[serde(flatten)]
    pub edited: Edited,
    /// Rows of ANTENNA.
    pub rows: u64,
    /// Those that said something else.
    pub rows_changed: u64,
    /// What they said, each text once.
    pub old: Vec<String>,
}

impl Operation for SetMount {
    const NAME: &'static str = "ms.set_mount";
    const VERB: &'static str = "set the mount of";
    const EFFECT: Effect = Effect::Changes;
    type Input = SetMountInput;
    type Output = SetMountOutput;

    fn run(
        &self,
        input: SetMountInput,
        ctx: &dyn OperationContext,
    ) -> Result<SetMountOutput, OperationError> {
        let session = Session::open(&input.path, input.wait_s, ctx)?;
        let Some(mut antennas) = session.subtable(TABLE)? else {
            let message = format!("{}: has no {TABLE} table", show(&input.path));
            return Err(OperationError::new(ErrorKind::NotFound, message));
        };
        let rows = antennas.table().nrow();
        let column = antennas.table().column(COLUMN).map_err(failed)?;
        let found = column.values::<String>(0..rows).map_err(failed)?;
        let others: Vec<u64> = (0..)
            .zip(&found)
            .filter(|(_, mount)| **mount != input.value)
            .map(|(row, _)| row)
            .collect();
        let mut old: Vec<String> = found.into_iter().filter(|m| *m != input.value).collect();
        old.sort_unstable();
        old.dedup();
        let rows_changed = others.len() as u64;
        if others.is_empty() {
            return Ok(SetMountOutput { edited: session.unchanged(), rows, rows_changed, old });
        }
        let cells = others.iter().map(|row| (*row, Value::String(input.value.clone())));
        antennas.set_cells(COLUMN, cells).map_err(failed)?;
        let entry = Entry::new(
            format!("{TABLE}.{COLUMN} of {rows_changed} rows set to {}", input.value),
            Self::NAME,
        )
        .with("value", &input.value)
        .with("old", old.join(","))
        .with("rows", rows_changed);
        let edited = session.commit(Some(antennas), &entry)?;
        Ok(SetMountOutput { edited, rows, rows_changed, old })
    }
}
