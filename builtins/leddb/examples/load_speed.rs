//! How fast diagnostic rows are loaded and read back, on both back ends, next to a
//! bare COPY of the same bytes.
//!
//! `cargo run --release -p ledama-leddb --features testing --example load_speed`

#![allow(clippy::unwrap_used, clippy::cast_precision_loss)]

use std::ops::ControlFlow;
use std::time::Instant;

use ledama_leddb::load::{Diagnostics, Source, replace};
use ledama_leddb::meta::{self, Scope};
use ledama_leddb::store::Statement;
use ledama_leddb::testing::sample::{self, Size};
use ledama_leddb::testing::{Fresh, postgres, sqlite};
use ledama_leddb::{Database, Options};

fn size() -> Size {
    Size { beams: 1, products: 2, subbands: 20, stations: 30, kinds: 7, channels: 1, times: 800 }
}

fn tell(name: &str, what: &str, rows: u64, bytes: u64, began: Instant) {
    let seconds = began.elapsed().as_secs_f64();
    println!(
        "{name:10} {what:28} {rows:8} rows {:9.0} rows/s {:8.1} MB/s {seconds:7.3} s",
        rows as f64 / seconds,
        bytes as f64 / 1e6 / seconds
    );
}

fn measure(database: &Database) {
    let name = database.dialect().label();
    let began = Instant::now();
    let made = database.write(|tx| sample::observation(tx, 1, size())).unwrap();
    tell(name, "references, new", made.sets.len() as u64, 0, began);
    let began = Instant::now();
    database.write(|tx| sample::observation(tx, 1, size())).unwrap();
    tell(name, "references, nothing new", made.sets.len() as u64, 0, began);
    let source = Source { stamp: Some(1), origin_msp: None };
    for kind in Diagnostics::ALL {
        // Made beforehand: only the database is measured.
        let rows: Vec<Vec<_>> = made
            .sets
            .iter()
            .map(|set| sample::rows_of(kind, *set, &made, size()).map(Result::unwrap).collect())
            .collect();
        let began = Instant::now();
        let (mut count, mut bytes) = (0, 0);
        for (set, rows) in made.sets.iter().zip(&rows) {
            let loaded = database
                .write(|tx| replace(tx, kind, *set, source, rows.iter().cloned().map(Ok)))
                .unwrap();
            count += loaded.rows;
            bytes += loaded.bytes;
        }
        tell(name, &format!("load {kind:?}, a set each"), count, bytes, began);
        let began = Instant::now();
        let text = match kind {
            Diagnostics::Gain => {
                "SELECT \"values\" FROM \"gain\" WHERE \"measurementset_id\" BETWEEN $1 AND $2"
            }
            Diagnostics::Qts => {
                "SELECT \"values\" FROM \"quality_time_statistic\" WHERE \"measurementset_id\" BETWEEN $1 AND $2"
            }
            Diagnostics::Qfs => {
                "SELECT \"values\" FROM \"quality_frequency_statistic\" WHERE \"measurementset_id\" BETWEEN $1 AND $2"
            }
            Diagnostics::Qbs => {
                "SELECT \"values\" FROM \"quality_baseline_statistic\" WHERE \"measurementset_id\" BETWEEN $1 AND $2"
            }
        };
        let (mut count, mut bytes) = (0, 0);
        let statement = Statement::constant(text, vec![0_i64.into(), i64::MAX.into()]);
        database
            .read(|tx| {
                tx.each(statement, |row| {
                    count += 1;
                    bytes += row.bytes(0)?.unwrap_or_default().len() as u64;
                    Ok(ControlFlow::Continue(()))
                })
            })
            .unwrap();
        tell(name, &format!("read {kind:?}"), count, bytes, began);
    }
    let began = Instant::now();
    meta::refresh(database, Scope::All).unwrap();
    tell(name, "derived facts", made.sets.len() as u64, 0, began);
}

fn main() {
    let options = Options::default();
    let file: Fresh = sqlite(&options);
    measure(&file);
    if let Some(server) = postgres(&options) {
        measure(&server);
    }
}
