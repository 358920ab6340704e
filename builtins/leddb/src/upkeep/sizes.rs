//! How large a database and its tables are, and about how many rows they have.
//!
//! Rows of diagnostics are those of the summaries, which reads no array. Those of
//! other tables are what the server last counted; a file is small enough to count.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ddl::quoted;
use crate::dialect::Dialect;
use crate::error::{LeddbError, Result};
use crate::partition;
use crate::schema;
use crate::store::{Database, Location, Statement, Transaction};

/// One table.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableSize {
    /// Its name.
    pub table: String,
    /// About how many rows it has; none: nobody has counted yet.
    pub rows: Option<i64>,
    /// Bytes with indexes and long values.
    pub bytes: i64,
    /// Bytes of its indexes.
    pub index_bytes: i64,
    /// Its ranges, of which the table is the sum.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub partitions: Vec<PartSize>,
}

/// One range of a diagnostic table.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartSize {
    /// Its name.
    pub name: String,
    /// First id.
    pub lower: i64,
    /// First id after it.
    pub upper: i64,
    /// Whether its rows are in the table.
    pub attached: bool,
    /// Rows loaded.
    pub rows: i64,
    /// Bytes with indexes and long values; none: it is a part of a file.
    pub bytes: Option<i64>,
}

/// Bytes of the whole database.
pub fn whole(database: &Database) -> Result<i64> {
    match database.location() {
        Location::Postgres(_) => database.read(|tx| {
            let text = "SELECT pg_database_size(current_database())";
            tx.row(Statement::constant(text, Vec::new()))?.get(0)
        }),
        Location::Sqlite(path) => {
            let mut bytes = 0;
            for suffix in ["", "-wal"] {
                let mut file = path.as_os_str().to_os_string();
                file.push(suffix);
                match std::fs::metadata(&file) {
                    Ok(found) => bytes += i64::try_from(found.len()).unwrap_or(i64::MAX),
                    Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                    Err(source) => return Err(LeddbError::Io { path: file.into(), source }),
                }
            }
            Ok(bytes)
        }
    }
}

/// Every table of the description that is there, in its order.
pub fn sizes(database: &Database) -> Result<Vec<TableSize>> {
    database.read(|tx| {
        let pages = match tx.dialect() {
            Dialect::Sqlite => file_bytes(tx)?,
            Dialect::Postgres => server_bytes(tx)?,
        };
        let parts = partition::list_within(tx)?;
        let mut all = Vec::new();
        for table in schema::tables() {
            let Some(found) = pages.get(table.name) else { continue };
            let mut size = TableSize { table: table.name.to_string(), ..found.clone() };
            if table.partitioned {
                size.rows = Some(0);
                for part in parts.iter().filter(|part| part.table == table.name) {
                    let own = pages.get(&part.name);
                    let rows = loaded(tx, part)?;
                    if part.attached {
                        size.bytes += own.map_or(0, |own| own.bytes);
                        size.index_bytes += own.map_or(0, |own| own.index_bytes);
                        size.rows = size.rows.map(|sum| sum + rows);
                    }
                    size.partitions.push(PartSize {
                        name: part.name.clone(),
                        lower: part.range.lower,
                        upper: part.range.upper,
                        attached: part.attached,
                        rows,
                        bytes: own.map(|own| own.bytes),
                    });
                }
            } else if size.rows.is_none() && tx.dialect() == Dialect::Sqlite {
                let text = format!("SELECT count(*) FROM {}", quoted(table.name));
                size.rows = Some(tx.row(Statement::built(text, Vec::new()))?.get(0)?);
            }
            all.push(size);
        }
        Ok(all)
    })
}

/// Rows of a range as the summaries tell.
fn loaded(tx: &mut Transaction, part: &partition::Partition) -> Result<i64> {
    tx.row(Statement::constant(
        "SELECT CAST(COALESCE(sum(\"row_count\"), 0) AS bigint) FROM \"ms_diag_summary\" \
         WHERE \"table_name\" = $1 AND \"measurementset_id\" >= $2 AND \"measurementset_id\" < $3",
        vec![part.table.into(), part.range.lower.into(), part.range.upper.into()],
    ))?
    .get(0)
}

/// Pages by table, those of its indexes among them.
fn file_bytes(tx: &mut Transaction) -> Result<BTreeMap<String, TableSize>> {
    let rows = tx.rows(Statement::constant(
        "SELECT s.\"tbl_name\", s.\"type\", sum(p.\"pgsize\") FROM \"sqlite_schema\" AS s \
         JOIN dbstat AS p ON p.\"name\" = s.\"name\" WHERE p.\"aggregate\" = TRUE GROUP BY 1, 2",
        Vec::new(),
    ))?;
    let mut all: BTreeMap<String, TableSize> = BTreeMap::new();
    for row in &rows {
        let (table, kind, bytes): (String, String, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let size = all.entry(table).or_default();
        size.bytes += bytes;
        if kind == "index" {
            size.index_bytes += bytes;
        }
    }
    Ok(all)
}

fn server_bytes(tx: &mut Transaction) -> Result<BTreeMap<String, TableSize>> {
    let rows = tx.rows(Statement::constant(
        "SELECT CAST(c.relname AS text), pg_total_relation_size(c.oid), pg_indexes_size(c.oid), \
         CASE WHEN c.reltuples >= 0 THEN CAST(c.reltuples AS bigint) END \
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
         WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p')",
        Vec::new(),
    ))?;
    rows.iter()
        .map(|row| {
            let size = TableSize {
                bytes: row.get(1)?,
                index_bytes: row.get(2)?,
                rows: row.get(3)?,
                ..TableSize::default()
            };
            Ok((row.get(0)?, size))
        })
        .collect()
}
