//! Ranges of measurement set ids into which the diagnostic tables are cut.
//!
//! Ids grow with time, so a range is a stretch of time. On a server each range is a
//! partition of its own that can be taken off and put back; in a file it is a name
//! for a stretch of the index, so that lists and backups read the same.

mod change;

#[cfg(test)]
mod tests;

pub(crate) use change::{as_owner, filled, remember, revive};
pub use change::{attach, detach, ensure};

use crate::ddl::LONGEST;
use crate::dialect::Dialect;
use crate::error::{LeddbError, Result};
use crate::migrate::setting;
use crate::schema::{PARTITION_WIDTH, Table, diagnostics::PARTITIONED, reference::MEASUREMENTSET};
use crate::store::{Database, Statement, Transaction};

/// Ids from `lower` up to but not including `upper`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Range {
    /// First id.
    pub lower: i64,
    /// First id after it.
    pub upper: i64,
}

impl Range {
    /// The range of an id.
    pub fn of(id: i64, width: i64) -> Self {
        let lower = id.div_euclid(width) * width;
        Self { lower, upper: lower + width }
    }

    /// Its place in the order of ranges.
    pub fn index(self) -> i64 {
        self.lower / (self.upper - self.lower).max(1)
    }

    /// Name of its partition of a table: `gain_part_000_0_20000`.
    pub fn partition_name(self, table: &Table) -> Result<String> {
        let name = format!("{}_part_{:03}_{}_{}", table.name, self.index(), self.lower, self.upper);
        if name.len() > LONGEST {
            return Err(LeddbError::input(format!("`{name}` is too long a name for a server")));
        }
        Ok(name)
    }
}

/// One range of one table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partition {
    /// The diagnostic table.
    pub table: &'static str,
    /// The ids.
    pub range: Range,
    /// Name of the partition on a server.
    pub name: String,
    /// Whether its rows are in the table.
    pub attached: bool,
}

/// Ids in a partition of this database.
pub fn width(tx: &mut Transaction) -> Result<i64> {
    let text = setting(tx, "partition_width")?;
    let width = text.map_or(Some(PARTITION_WIDTH), |text| text.parse().ok());
    width.filter(|width| *width > 0).ok_or_else(|| LeddbError::Damaged {
        reason: "the setting `partition_width` is no positive number".to_string(),
    })
}

/// All ranges of all diagnostic tables, by table and id.
pub fn list(database: &Database) -> Result<Vec<Partition>> {
    database.read(list_within)
}

pub(crate) fn list_within(tx: &mut Transaction) -> Result<Vec<Partition>> {
    let mut all = Vec::new();
    for table in PARTITIONED {
        let mut ranges: Vec<(Range, bool)> = Vec::new();
        for row in tx.rows(Statement::constant(
            "SELECT \"lower_id\", \"upper_id\", \"state\" FROM \"partition_state\" WHERE \"table_name\" = $1",
            vec![table.name.into()],
        ))? {
            let range = Range {
                lower: row.get(0)?,
                upper: row.get(1)?,
            };
            ranges.push((range, row.get::<String>(2)? == "attached"));
        }
        if tx.dialect() == Dialect::Postgres {
            // The catalogue knows what is attached; our table only what should be.
            let attached = attached_on_server(tx, table)?;
            for (range, state) in &mut ranges {
                *state = attached.contains(range);
            }
            for range in attached {
                if !ranges.iter().any(|(known, _)| *known == range) {
                    ranges.push((range, true));
                }
            }
        }
        ranges.sort_unstable();
        for (range, attached) in ranges {
            all.push(Partition {
                table: table.name,
                range,
                name: range.partition_name(table)?,
                attached,
            });
        }
    }
    Ok(all)
}

/// Ranges of the partitions that a server's table has.
fn attached_on_server(tx: &mut Transaction, table: &Table) -> Result<Vec<Range>> {
    let rows = tx.rows(Statement::constant(
        "SELECT pg_get_expr(c.relpartbound, c.oid) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid \
         JOIN pg_class p ON p.oid = i.inhparent JOIN pg_namespace n ON n.oid = p.relnamespace \
         WHERE n.nspname = 'public' AND p.relname = $1 AND NOT i.inhdetachpending",
        vec![table.name.into()],
    ))?;
    rows.iter()
        .map(|row| {
            let text: String = row.get(0)?;
            bounds(&text).ok_or_else(|| LeddbError::Database {
                message: format!(
                    "table `{}` has a partition with unknown bounds: {text}",
                    table.name
                ),
            })
        })
        .collect()
}

/// Reads `FOR VALUES FROM ('0') TO ('20000')`.
fn bounds(text: &str) -> Option<Range> {
    let rest = text.strip_prefix("FOR VALUES FROM (")?;
    let (lower, upper) = rest.strip_suffix(')')?.split_once(") TO (")?;
    let number = |text: &str| text.trim_matches('\'').parse().ok();
    Some(Range { lower: number(lower)?, upper: number(upper)? })
}

/// The id that the next measurement set gets.
pub(crate) fn next_set_id(tx: &mut Transaction) -> Result<i64> {
    let statement = match tx.dialect() {
        Dialect::Sqlite => Statement::constant(
            "SELECT \"next_id\" FROM \"id_counter\" WHERE \"name\" = $1",
            vec![MEASUREMENTSET.name.into()],
        ),
        Dialect::Postgres => Statement::constant(
            "SELECT last_value + CASE WHEN is_called THEN 1 ELSE 0 END FROM \"measurementset_seq\"",
            Vec::new(),
        ),
    };
    tx.row(statement)?.get(0)
}

/// What is loaded in a range of a table, as a text that changes with every load and
/// deletion: rows, bytes, and the numbers of the loads. Cheap: it reads no arrays.
pub fn fingerprint(tx: &mut Transaction, table: &Table, range: Range) -> Result<String> {
    let row = tx.row(Statement::constant(
        "SELECT count(*), CAST(COALESCE(sum(\"row_count\"), 0) AS bigint), CAST(COALESCE(sum(\"bytes\"), 0) AS bigint), \
         CAST(COALESCE(sum(\"load_id\"), 0) AS bigint), COALESCE(max(\"load_id\"), -1) FROM \"ms_diag_summary\" \
         WHERE \"table_name\" = $1 AND \"measurementset_id\" >= $2 AND \"measurementset_id\" < $3",
        vec![table.name.into(), range.lower.into(), range.upper.into()],
    ))?;
    let numbers: Vec<String> = (0..5)
        .map(|column| row.get::<i64>(column).map(|number| number.to_string()))
        .collect::<Result<_>>()?;
    Ok(numbers.join(":"))
}
