//! Rows removed with all that hangs on them.
//!
//! Diagnostic rows go first, by their sets and the bounds of these, so that only
//! the partitions concerned are touched; the rest goes with the rows it belongs to.

use sea_query::{Expr, ExprTrait as _, Query};

use super::chosen::{Chosen, Level, Target};
use super::counts::{Movie, Removal, movies_of};
use crate::error::Result;
use crate::meta;
use crate::schema::enumerations::DIAGNOSTIC_TABLES;
use crate::store::{Statement, Transaction};

/// Sets whose diagnostic rows go with one statement.
const SETS_AT_ONCE: usize = 2000;

/// What a removal would take away.
pub fn preview(tx: &mut Transaction, target: &Target) -> Result<Removal> {
    find(tx, target).map(|(_, _, removal)| removal)
}

/// Removes the rows; what went.
pub fn remove(tx: &mut Transaction, target: &Target) -> Result<Removal> {
    let (chosen, movies, removal) = find(tx, target)?;
    for some in chosen.sets.chunks(SETS_AT_ONCE) {
        diagnostics(tx, some)?;
    }
    let movies: Vec<i64> = movies.iter().map(|movie| movie.id).collect();
    delete(tx, "gain_movie", "gain_movie_id", &movies)?;
    match target.level {
        Level::Observation => {
            for name in &chosen.observations {
                tx.execute(Statement::constant(
                    "DELETE FROM \"lofar_dataset\" WHERE \"name\" = $1",
                    vec![name.as_str().into()],
                ))?;
            }
        }
        Level::Beam => {
            delete(tx, "lofar_dataset_beam", "lofar_dataset_beam_id", &chosen.beams)?;
        }
        Level::Product => delete(
            tx,
            "lofar_dataset_beam_product",
            "lofar_dataset_beam_product_id",
            &chosen.products,
        )?,
        Level::Set => delete(tx, "measurementset", "measurementset_id", &chosen.sets)?,
        Level::File => {
            delete(tx, "measurementset_product", "measurementset_product_id", &chosen.files)?;
        }
    }
    for name in &chosen.touched {
        meta::mark(tx, name)?;
    }
    Ok(removal)
}

fn find(tx: &mut Transaction, target: &Target) -> Result<(Chosen, Vec<Movie>, Removal)> {
    let chosen = Chosen::find(tx, target)?;
    let movies = movies_of(tx, &chosen.sets)?;
    let removal = Removal::of(tx, &chosen, &movies)?;
    Ok((chosen, movies, removal))
}

/// Deletes the diagnostic rows of sets whose ids are sorted.
fn diagnostics(tx: &mut Transaction, sets: &[i64]) -> Result<()> {
    let (Some(first), Some(last)) = (sets.first(), sets.last()) else { return Ok(()) };
    let dialect = tx.dialect();
    for table in DIAGNOSTIC_TABLES {
        let delete = Query::delete()
            .from_table(*table)
            .and_where(Expr::col("measurementset_id").between(*first, *last))
            .and_where(dialect.is_one_of(Expr::col("measurementset_id"), sets))
            .to_owned();
        tx.execute(dialect.build(&delete))?;
    }
    Ok(())
}

fn delete(tx: &mut Transaction, table: &'static str, id: &'static str, ids: &[i64]) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let dialect = tx.dialect();
    let delete = Query::delete()
        .from_table(table)
        .and_where(dialect.is_one_of(Expr::col(id), ids))
        .to_owned();
    tx.execute(dialect.build(&delete)).map(drop)
}
