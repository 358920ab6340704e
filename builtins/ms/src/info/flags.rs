//! How much of a set is flagged.

use ledama_tables::Column;
use serde::{Deserialize, Serialize};

use super::reader::{MAIN, Reader};

/// How much is flagged; unknown unless all flags were read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FlagFacts {
    /// Values of FLAG.
    pub n_flags: Option<u64>,
    /// Those that are set.
    pub n_flagged: Option<u64>,
    /// Rows whose FLAG_ROW is set.
    pub n_flag_rows: Option<u64>,
}

pub(super) fn read(reader: &mut Reader) -> FlagFacts {
    let mut facts = FlagFacts::default();
    if let Some(column) = reader.column(MAIN, "FLAG") {
        let counted = count(&column);
        if let Some((all, set)) = reader.keep("FLAG", counted) {
            (facts.n_flags, facts.n_flagged) = (Some(all), Some(set));
        }
    }
    if let Some(column) = reader.column(MAIN, "FLAG_ROW") {
        let counted = count(&column);
        facts.n_flag_rows = reader.keep("FLAG_ROW", counted).map(|(_, set)| set);
    }
    facts
}

/// Values read at once.
const CHUNK: usize = 1 << 22;

/// How many values a boolean column has, and how many are set. Cells without
/// a value do not count.
fn count(column: &Column) -> ledama_tables::Result<(u64, u64)> {
    let (mut all, mut set) = (0, 0);
    for run in column.runs(0..column.nrow()) {
        let run = run?;
        let Some(shape) = run.shape else { continue };
        let cell = shape.iter().product::<usize>();
        let at_once = (CHUNK / cell.max(1)).max(1) as u64;
        let mut row = run.rows.start;
        while row < run.rows.end && cell > 0 {
            let end = (row + at_once).min(run.rows.end);
            let flags = column.values::<bool>(row..end)?;
            all += flags.len() as u64;
            set += flags.iter().filter(|flag| **flag).count() as u64;
            row = end;
        }
    }
    Ok((all, set))
}
