//! How much a removal takes away.

use sea_query::{Alias, Expr, ExprTrait as _, Func, Query};
use serde::{Deserialize, Serialize};

use super::chosen::Chosen;
use crate::error::Result;
use crate::store::Transaction;

/// Rows of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// The table.
    pub table: String,
    /// How many rows of it.
    pub rows: u64,
}

/// What a removal takes away, before or after it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removal {
    /// Observations concerned, also where only a part of them goes.
    pub observations: Vec<String>,
    /// Rows of each table that loses some, from observations down. Diagnostic rows
    /// are those that were loaded by the summary of the loader.
    pub tables: Vec<Count>,
    /// Sum of the known sizes of the files that are forgotten, MiB.
    pub size_mb: i64,
    /// How many of them have no known size.
    pub unknown_sizes: u64,
    /// Bytes of the diagnostic arrays.
    pub diagnostics_bytes: i64,
    /// Movies that show nothing else, as `host:path`; they go as well.
    pub movies: Vec<String>,
    /// What was named and is not there.
    pub missing: Vec<String>,
}

impl Removal {
    pub(super) fn of(tx: &mut Transaction, chosen: &Chosen, movies: &[Movie]) -> Result<Self> {
        let mut removal = Self {
            observations: chosen.touched.clone(),
            movies: movies.iter().map(|movie| movie.place.clone()).collect(),
            missing: chosen.missing.clone(),
            ..Self::default()
        };
        removal.add("lofar_dataset", chosen.observations.len());
        removal.add("lofar_dataset_beam", chosen.beams.len());
        removal.add("lofar_dataset_beam_product", chosen.products.len());
        let runs =
            related(tx, "application_run", "lofar_dataset_beam_product_id", &chosen.products)?;
        removal.add("application_run", runs);
        removal.add("measurementset", chosen.sets.len());
        removal.add("measurementset_product", chosen.files.len());
        (removal.size_mb, removal.unknown_sizes) = sizes(tx, &chosen.files)?;
        for (table, rows, bytes) in diagnostics(tx, &chosen.sets)? {
            removal.add(&table, usize::try_from(rows).unwrap_or(0));
            removal.diagnostics_bytes += bytes;
        }
        let links =
            related(tx, "gain_movie_has_measurementset", "measurementset_id", &chosen.sets)?;
        removal.add("gain_movie_has_measurementset", links);
        removal.add("gain_movie", movies.len());
        Ok(removal)
    }

    fn add(&mut self, table: &str, rows: usize) {
        if rows > 0 {
            self.tables.push(Count { table: table.to_string(), rows: rows as u64 });
        }
    }

    /// Rows of a table that go.
    pub fn rows(&self, table: &str) -> u64 {
        self.tables.iter().find(|count| count.table == table).map_or(0, |count| count.rows)
    }

    /// Whether nothing goes.
    pub fn is_empty(&self) -> bool {
        self.tables.is_empty()
    }
}

/// A movie.
#[derive(Debug, Clone)]
pub(super) struct Movie {
    pub id: i64,
    pub place: String,
}

/// Movies that show nothing but these sets.
pub(super) fn movies_of(tx: &mut Transaction, sets: &[i64]) -> Result<Vec<Movie>> {
    let dialect = tx.dialect();
    let shown = Query::select()
        .distinct()
        .column("gain_movie_id")
        .from("gain_movie_has_measurementset")
        .and_where(dialect.is_one_of(Expr::col("measurementset_id"), sets))
        .to_owned();
    let rows = tx.rows(dialect.build(&shown))?;
    let concerned: Vec<i64> = rows.iter().map(|row| row.get(0)).collect::<Result<_>>()?;
    if concerned.is_empty() {
        return Ok(Vec::new());
    }
    let others = Query::select()
        .distinct()
        .column("gain_movie_id")
        .from("gain_movie_has_measurementset")
        .and_where(dialect.is_one_of(Expr::col("gain_movie_id"), &concerned))
        .and_where(dialect.is_one_of(Expr::col("measurementset_id"), sets).not())
        .to_owned();
    let rows = tx.rows(dialect.build(&others))?;
    let kept: Vec<i64> = rows.iter().map(|row| row.get(0)).collect::<Result<_>>()?;
    let lost: Vec<i64> = concerned.into_iter().filter(|id| !kept.contains(id)).collect();
    let select = Query::select()
        .columns(["gain_movie_id", "store_host", "file_path"])
        .from("gain_movie")
        .and_where(dialect.is_one_of(Expr::col("gain_movie_id"), &lost))
        .order_by("gain_movie_id", sea_query::Order::Asc)
        .to_owned();
    let rows = tx.rows(dialect.build(&select))?;
    rows.iter()
        .map(|row| {
            let place = format!("{}:{}", row.get::<String>(1)?, row.get::<String>(2)?);
            Ok(Movie { id: row.get(0)?, place })
        })
        .collect()
}

fn related(
    tx: &mut Transaction,
    table: &'static str,
    column: &'static str,
    ids: &[i64],
) -> Result<usize> {
    let dialect = tx.dialect();
    let select = Query::select()
        .expr(Func::count(Expr::col(sea_query::Asterisk)))
        .from(table)
        .and_where(dialect.is_one_of(Expr::col(column), ids))
        .to_owned();
    let count: i64 = tx.row(dialect.build(&select))?.get(0)?;
    Ok(usize::try_from(count).unwrap_or(0))
}

/// Sum of known sizes, and how many are not known.
fn sizes(tx: &mut Transaction, files: &[i64]) -> Result<(i64, u64)> {
    let dialect = tx.dialect();
    let select = Query::select()
        .expr(whole(Func::sum(Expr::col("product_size")).into()))
        .expr(Func::count(Expr::col("product_size")))
        .from("measurementset_product")
        .and_where(dialect.is_one_of(Expr::col("measurementset_product_id"), files))
        .to_owned();
    let row = tx.row(dialect.build(&select))?;
    let known = usize::try_from(row.get::<i64>(1)?).unwrap_or(0);
    Ok((row.get::<Option<i64>>(0)?.unwrap_or(0), files.len().saturating_sub(known) as u64))
}

/// Rows and bytes that were loaded of these sets, by table.
fn diagnostics(tx: &mut Transaction, sets: &[i64]) -> Result<Vec<(String, i64, i64)>> {
    let dialect = tx.dialect();
    let select = Query::select()
        .column("table_name")
        .expr(whole(Func::sum(Expr::col("row_count")).into()))
        .expr(whole(Func::sum(Expr::col("bytes")).into()))
        .from("ms_diag_summary")
        .and_where(dialect.is_one_of(Expr::col("measurementset_id"), sets))
        .group_by_col("table_name")
        .order_by("table_name", sea_query::Order::Asc)
        .to_owned();
    let rows = tx.rows(dialect.build(&select))?;
    rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).collect()
}

/// A sum as an integer; a server's sums of integers are decimal numbers.
fn whole(sum: sea_query::SimpleExpr) -> sea_query::SimpleExpr {
    Func::cast_as(sum, Alias::new("bigint")).into()
}
