//! Compares the summary of loaded diagnostics, which the formulas trust, with the
//! rows that are really there.

use crate::ddl::quoted;
use crate::error::Result;
use crate::partition::{self, Range};
use crate::schema::{diagnostics::PARTITIONED, service::MS_DIAG_SUMMARY};
use crate::store::{Database, Statement, Transaction};

/// A measurement set whose summary is wrong.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mismatch {
    /// The diagnostic table.
    pub table: &'static str,
    /// The measurement set.
    pub measurementset_id: i64,
    /// Rows that the summary tells.
    pub told: i64,
    /// Rows that are there.
    pub found: i64,
}

/// Compares all summaries of attached ranges, and puts them right if asked to. Reads
/// every diagnostic row's key and length, so it takes its time.
pub fn verify(database: &Database, repair: bool) -> Result<Vec<Mismatch>> {
    let ranges = database.read(partition::list_within)?;
    let mut all = Vec::new();
    for table in PARTITIONED {
        for part in ranges.iter().filter(|part| part.table == table.name && part.attached) {
            let found = if repair {
                database.write(|tx| one(tx, table.name, part.range, true))
            } else {
                database.read(|tx| one(tx, table.name, part.range, false))
            }?;
            all.extend(found.into_iter().map(|(measurementset_id, told, found)| Mismatch {
                table: table.name,
                measurementset_id,
                told,
                found,
            }));
        }
    }
    Ok(all)
}

/// The same for one range, of all tables.
pub(crate) fn verify_range(
    database: &Database,
    range: Range,
    repair: bool,
) -> Result<Vec<Mismatch>> {
    let mut all = Vec::new();
    for table in PARTITIONED {
        let found = database.write(|tx| one(tx, table.name, range, repair))?;
        all.extend(found.into_iter().map(|(measurementset_id, told, found)| Mismatch {
            table: table.name,
            measurementset_id,
            told,
            found,
        }));
    }
    Ok(all)
}

fn one(
    tx: &mut Transaction,
    table: &'static str,
    range: Range,
    repair: bool,
) -> Result<Vec<(i64, i64, i64)>> {
    // Bytes follow from the shape; the arrays themselves need not be read.
    let of_shape = match crate::schema::table(table).and_then(|table| table.column("n_time")) {
        Some(_) => "16 * CAST(\"n_corr\" AS bigint) * \"n_freq\" * \"n_time\"",
        None => "16 * CAST(\"n_corr\" AS bigint) * \"n_freq\"",
    };
    let text = format!(
        "SELECT COALESCE(t.\"id\", s.\"measurementset_id\"), COALESCE(s.\"row_count\", 0), COALESCE(t.\"rows\", 0), \
         COALESCE(t.\"bytes\", 0), t.\"stamp\", s.\"measurementset_id\" IS NULL \
         FROM (SELECT \"measurementset_id\" AS \"id\", count(*) AS \"rows\", CAST(sum({of_shape}) AS bigint) AS \"bytes\", \
          min(\"last_check\") AS \"stamp\" FROM {} \
          WHERE \"measurementset_id\" >= $1 AND \"measurementset_id\" < $2 GROUP BY \"measurementset_id\") AS t \
         FULL JOIN (SELECT * FROM \"ms_diag_summary\" WHERE \"table_name\" = $3 \
          AND \"measurementset_id\" >= $1 AND \"measurementset_id\" < $2) AS s ON s.\"measurementset_id\" = t.\"id\" \
         WHERE COALESCE(t.\"rows\", 0) <> COALESCE(s.\"row_count\", 0) OR COALESCE(t.\"bytes\", 0) <> COALESCE(s.\"bytes\", 0) \
         ORDER BY 1",
        quoted(table)
    );
    let rows = tx
        .rows(Statement::built(text, vec![range.lower.into(), range.upper.into(), table.into()]))?;
    let mut found = Vec::new();
    for row in &rows {
        let (id, told, rows): (i64, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        found.push((id, told, rows));
        if !repair {
            continue;
        }
        let load = tx.next_ids(&MS_DIAG_SUMMARY, 1)?[0];
        tx.execute(Statement::constant(
            "INSERT INTO \"ms_diag_summary\" (\"measurementset_id\", \"table_name\", \"row_count\", \"bytes\", \"source_stamp\", \"load_id\") \
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (\"measurementset_id\", \"table_name\") DO UPDATE SET \
             \"row_count\" = excluded.\"row_count\", \"bytes\" = excluded.\"bytes\", \"source_stamp\" = excluded.\"source_stamp\", \
             \"load_id\" = excluded.\"load_id\"",
            vec![
                id.into(),
                table.into(),
                rows.into(),
                row.get::<i64>(3)?.into(),
                row.get::<Option<i64>>(4)?.into(),
                load.into(),
            ],
        ))?;
        if let Some(name) = crate::load::observation_of(tx, id)? {
            super::mark(tx, &name)?;
        }
    }
    Ok(found)
}
