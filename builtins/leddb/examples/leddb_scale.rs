//! Makes a database of a given scale and tells how fast that was: for benchmarks.
//!
//! `leddb_scale make URL SCALE` makes it, `leddb_scale load URL SCALE` loads one
//! observation more and derives facts. Every figure is a line of JSON.

#![allow(clippy::cast_precision_loss)]

use std::process::ExitCode;
use std::time::Instant;

use ledama_leddb::edit::{Level, Target, preview, remove};
use ledama_leddb::load::Diagnostics;
use ledama_leddb::meta::{self, Scope};
use ledama_leddb::partition;
use ledama_leddb::testing::scale::{self, Amount, Scale};
use ledama_leddb::upkeep::{Tidy, tidy};
use ledama_leddb::{Database, LeddbError, Location, Options};
use serde_json::json;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let result = match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["make", url, name] => with(url, name, make),
        ["load", url, name] => with(url, name, load),
        _ => Err(LeddbError::input("usage: leddb_scale make|load URL XS|S|M")),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("leddb_scale: {error}");
            ExitCode::FAILURE
        }
    }
}

fn with(
    url: &str,
    name: &str,
    work: fn(&Database, Scale) -> Result<(), LeddbError>,
) -> Result<(), LeddbError> {
    let scale =
        scale::scale(name).ok_or_else(|| LeddbError::input(format!("there is no scale {name}")))?;
    let options = Options { roles: false, ..Options::default() };
    let database = Database::create(&Location::parse(url)?, &options)?;
    let done = work(&database, scale);
    database.close();
    done
}

fn tell(id: &str, began: Instant, rows: u64, bytes: u64) {
    let seconds = began.elapsed().as_secs_f64();
    println!("{}", json!({ "id": id, "seconds": seconds, "rows": rows, "bytes": bytes }));
}

fn make(database: &Database, scale: Scale) -> Result<(), LeddbError> {
    let began = Instant::now();
    let amount = scale::make(database, scale, |made, _| {
        eprintln!("{} {:.0} s", made.name, began.elapsed().as_secs_f64());
    })?;
    tell("make", began, amount.rows, amount.bytes);
    Ok(())
}

fn load(database: &Database, scale: Scale) -> Result<(), LeddbError> {
    let number = scale.observations;
    gone(database, number)?;
    let began = Instant::now();
    let made = database.write(|tx| scale::observation(tx, number, scale))?;
    let sets = made.products.iter().map(|p| p.sets.len() as u64).sum();
    tell("references", began, sets, 0);
    let began = Instant::now();
    database.write(|tx| scale::observation(tx, number, scale))?;
    tell("nothing new", began, sets, 0);
    partition::ensure(database, None)?;
    let whole = Instant::now();
    let mut sum = Amount::default();
    for kind in Diagnostics::ALL {
        let began = Instant::now();
        let amount = scale::diagnostics_of(database, &made, scale, &[kind])?;
        tell(kind.table().name, began, amount.rows, amount.bytes);
        sum.rows += amount.rows;
        sum.bytes += amount.bytes;
    }
    tell("diagnostics", whole, sum.rows, sum.bytes);
    let began = Instant::now();
    let refreshed = meta::refresh(database, Scope::Touched)?;
    tell("one observation refreshed", began, refreshed.sets, 0);
    let began = Instant::now();
    let refreshed = meta::refresh(database, Scope::All)?;
    tell("all refreshed", began, refreshed.observations, 0);
    let began = Instant::now();
    let amount = scale::diagnostics(database, &made, scale)?;
    tell("diagnostics replaced", began, amount.rows, amount.bytes);
    Ok(())
}

/// Takes an observation of an earlier run away: what is measured is new rows.
fn gone(database: &Database, number: usize) -> Result<(), LeddbError> {
    let names = vec![format!("L{}", 100_000 + number)];
    let target = Target { level: Level::Observation, names, ids: Vec::new() };
    if database.read(|tx| preview(tx, &target))?.observations.is_empty() {
        return Ok(());
    }
    database.write(|tx| remove(tx, &target))?;
    meta::refresh(database, Scope::Touched)?;
    tidy(database, Tidy { vacuum: true, ..Tidy::default() }, |_| Ok(())).map(drop)
}
