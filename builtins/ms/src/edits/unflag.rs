//! The operation `ms.unflag`: every visibility of a set counts again.
//!
//! Flags hide values that are not numbers, too; they take part again, and
//! quality statistics of the set no longer fit it. Both are told.

use ledama_base::operation::{Effect, ErrorKind, Operation, OperationContext, OperationError};
use ledama_base::quote::show;
use ledama_tables::edit::Fill;
use ledama_tables::{Column, DataType};
use serde::{Deserialize, Serialize};

use super::history::Entry;
use super::session::Session;
use super::{Edited, default_wait, failed, guarded};

const FLAG: &str = "FLAG";
const FLAG_ROW: &str = "FLAG_ROW";

/// Bytes of flags that are read at once.
const CHUNK: usize = 4 << 20;

/// Rows whose antennas are read at once.
const ROWS: u64 = 1 << 18;

/// Takes all flags of a set away.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unflag;

/// Which set, and which flags.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnflagInput {
    /// Path in text form.
    pub path: String,
    /// Folders inside which this edit, which cannot be undone, is allowed.
    pub roots: Vec<String>,
    /// Column of flags. With `FLAG`, FLAG_ROW is reset with it.
    #[serde(default = "flag")]
    pub column: String,
    /// Leave the flags of autocorrelations as they are.
    #[serde(default)]
    pub keep_autocorrelations: bool,
    /// How long to wait for other programs that use the set, s.
    #[serde(default = "default_wait")]
    pub wait_s: u64,
}

fn flag() -> String {
    FLAG.into()
}

/// What was changed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnflagOutput {
    /// What every edit tells.
    #[serde(flatten)]
    pub edited: Edited,
    /// Rows of the set.
    pub rows: u64,
    /// Rows whose FLAG_ROW was set and is not any more.
    pub rows_unflagged: u64,
    /// Values of the column that were set and are not any more.
    pub flags_cleared: u64,
    /// Values of the column that are still set, of autocorrelations.
    pub flags_kept: u64,
}

impl Operation for Unflag {
    const NAME: &'static str = "ms.unflag";
    const VERB: &'static str = "unflag";
    const EFFECT: Effect = Effect::Changes;
    type Input = UnflagInput;
    type Output = UnflagOutput;

    fn run(
        &self,
        input: UnflagInput,
        ctx: &dyn OperationContext,
    ) -> Result<UnflagOutput, OperationError> {
        guarded(&input.path, &input.roots)?;
        let mut session = Session::open(&input.path, input.wait_s, ctx)?;
        let table = session.editor.table().clone();
        let column = flags_of(&table.column(&input.column).map_err(failed)?, &input.path)?;
        let autos = input
            .keep_autocorrelations
            .then(|| autocorrelations(&table))
            .transpose()
            .map_err(failed)?;
        let values = Found::read(&column, autos.as_deref(), ctx)?;
        let rows = if input.column == FLAG && table.has_column(FLAG_ROW) {
            let column = flags_of(&table.column(FLAG_ROW).map_err(failed)?, &input.path)?;
            Found::read(&column, autos.as_deref(), ctx)?
        } else {
            Found::default()
        };
        let mut output = UnflagOutput {
            rows: table.nrow(),
            rows_unflagged: rows.cleared,
            flags_cleared: values.cleared,
            flags_kept: values.kept,
            ..UnflagOutput::default()
        };
        if values.cleared == 0 && rows.cleared == 0 {
            output.edited = session.unchanged();
            return Ok(output);
        }
        let mut names = Vec::new();
        for (name, found) in [(input.column.as_str(), values), (FLAG_ROW, rows)] {
            if found.cleared > 0 {
                names.push(name);
                let fill = autos.clone().map_or(Fill::Zero, Fill::ZeroBut);
                session.editor.replace_values(name, fill).map_err(failed)?;
            }
        }
        session.note("values that are not numbers (NaN) are not flagged any more either");
        let quality = table.folder().folder("QUALITY_TIME_STATISTIC");
        if quality.is_ok_and(|folder| folder.has("table.dat")) {
            session.note(
                "the quality statistics of the set (QUALITY_* tables) are those of the old flags: \
                 collect them again, or remove them with `aoquality remove`",
            );
        }
        let entry = Entry::new(
            format!("{} flags of {} reset", output.flags_cleared, names.join(" and ")),
            Self::NAME,
        )
        .with("column", &input.column)
        .with("keep_autocorrelations", input.keep_autocorrelations)
        .with("flags_cleared", output.flags_cleared)
        .with("rows_unflagged", output.rows_unflagged);
        output.edited = session.commit(None, &entry)?;
        Ok(output)
    }
}

/// The column, if it holds flags.
fn flags_of(column: &Column, path: &str) -> Result<Column, OperationError> {
    if column.data_type() == DataType::Bool {
        return Ok(column.clone());
    }
    let message = format!(
        "{}: the column {} holds {}, not flags",
        show(path),
        column.name(),
        column.data_type()
    );
    Err(OperationError::new(ErrorKind::Input, message))
}

/// Which rows are autocorrelations.
fn autocorrelations(table: &ledama_tables::Table) -> ledama_tables::Result<Vec<bool>> {
    let (first, second) = (table.column("ANTENNA1")?, table.column("ANTENNA2")?);
    let mut autos = Vec::new();
    let mut row = 0;
    while row < table.nrow() {
        let rows = row..table.nrow().min(row + ROWS);
        row = rows.end;
        let (first, second) = (first.as_i64(rows.clone())?, second.as_i64(rows)?);
        autos.extend(first.iter().zip(&second).map(|(first, second)| first == second));
    }
    Ok(autos)
}

/// The flags of a column that are set.
#[derive(Debug, Default)]
struct Found {
    /// How many are to be reset.
    cleared: u64,
    /// How many are to stay.
    kept: u64,
}

impl Found {
    fn read(
        column: &Column,
        kept: Option<&[bool]>,
        ctx: &dyn OperationContext,
    ) -> Result<Self, OperationError> {
        let mut found = Self::default();
        for run in column.chunks(0..column.nrow(), CHUNK) {
            ctx.check()?;
            let run = run.map_err(failed)?;
            // A cell that was never written has no flags.
            if run.shape.is_none() {
                continue;
            }
            let flags = column.array::<bool>(run.rows.clone()).map_err(failed)?;
            for (row, cell) in run.rows.zip(flags.outer_iter()) {
                let set = cell.iter().filter(|flag| **flag).count() as u64;
                let at = usize::try_from(row).unwrap_or(usize::MAX);
                if kept.is_some_and(|kept| kept.get(at) == Some(&true)) {
                    found.kept += set;
                } else {
                    found.cleared += set;
                }
            }
        }
        Ok(found)
    }
}
