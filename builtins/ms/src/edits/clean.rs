//! The operation `ms.clean`: removing columns from a set, to make it smaller.
//!
//! What a set cannot do without is refused, unless that is asked for by name
//! and with `force_protected`.

use ledama_base::operation::{Effect, ErrorKind, Operation, OperationContext, OperationError};
use ledama_base::quote::show;
use serde::{Deserialize, Serialize};

use super::history::Entry;
use super::session::Session;
use super::{Edited, default_wait, failed, guarded};

/// Removes columns from a set.
#[derive(Debug, Clone, Copy, Default)]
pub struct Clean;

/// Which set, and which columns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CleanInput {
    /// Path in text form.
    pub path: String,
    /// Folders inside which this edit, which cannot be undone, is allowed.
    pub roots: Vec<String>,
    /// Columns to remove.
    pub columns: Vec<String>,
    /// Also remove columns without which the set is of no use.
    #[serde(default)]
    pub force_protected: bool,
    /// How long to wait for other programs that use the set, s.
    #[serde(default = "default_wait")]
    pub wait_s: u64,
}

/// What was changed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CleanOutput {
    /// What every edit tells.
    #[serde(flatten)]
    pub edited: Edited,
    /// Columns that were removed.
    pub removed: Vec<String>,
    /// Columns that were not there.
    pub absent: Vec<String>,
    /// Blocks that are free now, bytes.
    pub freed_bytes: u64,
}

/// Columns that every measurement set has to have, and where the visibilities
/// are, which nothing can bring back.
const PROTECTED: [&str; 9] = [
    "DATA",
    "FLOAT_DATA",
    "FLAG",
    "FLAG_ROW",
    "FLAG_CATEGORY",
    "UVW",
    "EXPOSURE",
    "INTERVAL",
    "SCAN_NUMBER",
];

/// Beginnings of names of the same kind.
const PROTECTED_BEGINNINGS: [&str; 5] = ["TIME", "ANTENNA", "WEIGHT", "SIGMA", "FEED"];

/// Whether a set is of no use without this column of its main table.
pub fn is_protected(column: &str) -> bool {
    PROTECTED.contains(&column)
        || PROTECTED_BEGINNINGS.iter().any(|beginning| column.starts_with(beginning))
        || column.ends_with("_ID")
}

impl Operation for Clean {
    const NAME: &'static str = "ms.clean";
    const VERB: &'static str = "remove columns of";
    const EFFECT: Effect = Effect::Changes;
    type Input = CleanInput;
    type Output = CleanOutput;

    fn run(
        &self,
        input: CleanInput,
        ctx: &dyn OperationContext,
    ) -> Result<CleanOutput, OperationError> {
        check_columns(&input)?;
        guarded(&input.path, &input.roots)?;
        let mut session = Session::open(&input.path, input.wait_s, ctx)?;
        let mut columns = input.columns.clone();
        columns.sort_unstable();
        columns.dedup();
        let (removed, absent): (Vec<String>, Vec<String>) =
            columns.into_iter().partition(|name| session.editor.table().has_column(name));
        if removed.is_empty() {
            let edited = session.unchanged();
            return Ok(CleanOutput { edited, removed, absent, freed_bytes: 0 });
        }
        let names: Vec<&str> = removed.iter().map(String::as_str).collect();
        session.editor.remove_columns(&names).map_err(failed)?;
        let entry = Entry::new(format!("removed {}", names.join(", ")), Self::NAME)
            .with("columns", names.join(","))
            .with("force_protected", input.force_protected);
        let edited = session.commit(None, &entry)?;
        let freed_bytes = edited.freed_bytes();
        Ok(CleanOutput { edited, removed, absent, freed_bytes })
    }
}

fn check_columns(input: &CleanInput) -> Result<(), OperationError> {
    if input.columns.is_empty() {
        return Err(OperationError::new(ErrorKind::Input, "no column to remove"));
    }
    let protected = input.columns.iter().find(|column| is_protected(column));
    match protected {
        Some(column) if !input.force_protected => Err(OperationError::new(
            ErrorKind::Refused,
            format!(
                "{}: {column} is protected: the set is of no use without it",
                show(&input.path)
            ),
        )),
        _ => Ok(()),
    }
}
