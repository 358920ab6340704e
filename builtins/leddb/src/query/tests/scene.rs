//! A small database with gaps: unknown values, sets without files, movies over
//! several products.

use std::sync::OnceLock;

use crate::load::{Existing, upsert};
use crate::meta::{self, Scope};
use crate::query::{Limits, Plan, Query};
use crate::schema::{Type, movies, reference};
use crate::store::{Database, Options, Value};
use crate::testing::sample::{self, Made, Size};
use crate::testing::{Fresh, postgres, sqlite};

/// Both databases, filled alike, for tests that only read.
pub(super) fn both() -> &'static [Fresh] {
    static BOTH: OnceLock<Vec<Fresh>> = OnceLock::new();
    BOTH.get_or_init(|| {
        let options = Options::default();
        let mut all = vec![sqlite(&options)];
        all.extend(postgres(&options));
        for database in &all {
            fill(database);
        }
        all
    })
}

pub(super) fn fill(database: &Database) -> Vec<Made> {
    let made = database
        .write(|tx| {
            let mut all = Vec::new();
            for number in 1..=3 {
                let stations = 2 + usize::try_from(number).unwrap();
                let size = Size { stations, ..Size::default() };
                let made = sample::observation(tx, number, size)?;
                if number < 3 {
                    sample::diagnostics(tx, &made, size)?;
                }
                all.push(made);
            }
            // A beam without a field, and a product that cannot be read.
            upsert(
                tx,
                &reference::LOFAR_DATASET_BEAM,
                &["lofar_dataset", "beam_index", "field"],
                &[vec!["L80003".into(), 7.into(), Value::Null(Type::Text(None))]],
                Existing::Fill,
            )?;
            movie(tx, &all[0], 0, &all[0].sets[..4])?;
            movie(tx, &all[0], 1, &all[0].sets[6..8])?;
            movie(tx, &all[1], 2, &all[1].sets)?;
            Ok(all)
        })
        .unwrap();
    meta::refresh(database, Scope::All).unwrap();
    made
}

fn movie(tx: &mut crate::Transaction, made: &Made, number: i64, sets: &[i64]) -> crate::Result<()> {
    let row = vec![
        format!("/data2/movies/{}_{number}.mp4", made.name).into(),
        "node011".into(),
        (10 + number).into(),
        if number == 1 { "freq" } else { "time" }.into(),
        if number == 0 { vec![0_i64, 3] } else { vec![0, 1, 2, 3] }.into(),
        (number == 2).into(),
        sample::station(0).0.into(),
        vec![0, -1, 10 * number].into(),
        vec![0_i64, 0, 1].into(),
        "[0.0, 1.0]".into(),
        Value::maybe((number > 0).then(|| format!("movie {number}")), Type::Text(None)),
        Value::Int(1_333_000_000 + number),
    ];
    let columns = [
        "file_path",
        "store_host",
        "product_size",
        "xaxis",
        "jones",
        "polar",
        "reference_station",
        "times",
        "channels",
        "yrange",
        "message",
        "last_check",
    ];
    let written = upsert(tx, &movies::GAIN_MOVIE, &columns, &[row], Existing::Fill)?;
    let id = written[0].id.unwrap();
    let rows: Vec<_> = sets.iter().map(|set| vec![id.into(), (*set).into()]).collect();
    let columns = ["gain_movie_id", "measurementset_id"];
    upsert(tx, &movies::GAIN_MOVIE_HAS_MEASUREMENTSET, &columns, &rows, Existing::Keep)?;
    Ok(())
}

/// All rows of a query, in order.
pub(super) fn rows(database: &Database, query: &Query) -> Vec<Vec<Value>> {
    let plan = Plan::new(query, Limits::batch(&Options::default())).unwrap();
    database.read(|tx| plan.page(tx, 0, 10_000)).unwrap().rows
}

/// The same answers from all; what they are.
pub(super) fn same(all: &[Fresh], query: &Query) -> Vec<Vec<Value>> {
    let first = rows(&all[0], query);
    for other in &all[1..] {
        assert_eq!(rows(other, query), first, "{query:?}");
    }
    first
}

/// The error of a query that is refused.
pub(super) fn refused(query: &Query) -> String {
    Plan::new(query, Limits::batch(&Options::default())).unwrap_err().to_string()
}
