//! Ranges are made ahead, hold what belongs to them, and go and come back.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::error::LeddbError;
use crate::load::{Diagnostics, Source, replace};
use crate::schema::diagnostics::GAIN;
use crate::store::Options;
use crate::testing::sample::{self, Size};
use crate::testing::{on_both, on_both_with, postgres};

fn narrow() -> Options {
    Options { partition_width: 10, ..Options::default() }
}

fn edges(database: &Database) -> Vec<(i64, i64)> {
    let all = list(database).unwrap();
    let of = |name: &str| -> Vec<_> {
        let ranges = all.iter().filter(|one| one.table == name && one.attached);
        ranges.map(|one| (one.range.lower, one.range.upper)).collect()
    };
    let gain = of("gain");
    for table in PARTITIONED {
        assert_eq!(of(table.name), gain, "all four tables have the same ranges");
    }
    gain
}

#[test]
fn names_and_bounds() {
    let range = Range::of(105_000, 20_000);
    assert_eq!(range, Range { lower: 100_000, upper: 120_000 });
    assert_eq!(
        range.partition_name(PARTITIONED[3]).unwrap(),
        "quality_baseline_statistic_part_005_100000_120000"
    );
    assert_eq!(bounds("FOR VALUES FROM ('100000') TO ('120000')"), Some(range));
    assert_eq!(bounds("DEFAULT"), None);
    let far = Range::of(i64::MAX / 2, 20_000);
    assert!(far.partition_name(PARTITIONED[2]).is_err());
}

#[test]
fn ranges_are_made_ahead_of_the_ids() {
    on_both_with(&narrow(), |database| {
        assert_eq!(edges(database), [(0, 10)]);
        assert_eq!(ensure(database, None).unwrap(), []);
        // Five of ten ids are left after id 4, and that is when the next is made.
        let take = |count| database.write(|tx| tx.next_ids(&MEASUREMENTSET, count)).unwrap();
        assert_eq!(take(5), [0, 1, 2, 3, 4]);
        assert_eq!(ensure(database, None).unwrap(), []);
        assert_eq!(take(1), [5]);
        assert_eq!(ensure(database, None).unwrap(), [Range { lower: 10, upper: 20 }]);
        assert_eq!(ensure(database, Some(31)).unwrap().len(), 2);
        assert_eq!(edges(database), [(0, 10), (10, 20), (20, 30), (30, 40)]);
        assert_eq!(ensure(database, Some(-1)).unwrap_err().kind(), "input");
    });
}

#[test]
fn many_that_make_ranges_at_once_agree() {
    on_both_with(&narrow(), |database| {
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| ensure(database, Some(45)).unwrap());
            }
        });
        assert_eq!(edges(database).len(), 5);
    });
}

#[test]
fn the_width_is_that_of_the_database_not_of_the_program() {
    on_both_with(&narrow(), |database| {
        let again = Database::open(database.location(), &Options::default()).unwrap();
        assert_eq!(again.read(width).unwrap(), 10);
        again.close();
    });
    on_both(|database| assert_eq!(edges(database), [(0, 20_000)]));
}

#[test]
fn a_range_goes_and_comes_back_with_its_rows() {
    let Some(database) = postgres(&narrow()) else { return };
    let size = Size { beams: 1, products: 1, subbands: 4, ..Size::default() };
    let made = database
        .write(|tx| {
            let made = sample::observation(tx, 1, size)?;
            sample::diagnostics(tx, &made, size)?;
            Ok(made)
        })
        .unwrap();
    crate::meta::refresh(&database, crate::meta::Scope::Touched).unwrap();
    let count = |tx: &mut Transaction| -> Result<i64> {
        tx.row(Statement::constant("SELECT count(*) FROM \"gain\"", Vec::new()))?.get(0)
    };
    let before = database.read(count).unwrap();
    assert_eq!(before, 4 * 3);
    let range = Range { lower: 0, upper: 10 };
    detach(&database, range).unwrap();
    detach(&database, range).unwrap();
    assert_eq!(database.read(count).unwrap(), 0);
    assert!(list(&database).unwrap().iter().all(|one| !one.attached));
    // What was loaded is known all the same.
    crate::meta::refresh(&database, crate::meta::Scope::All).unwrap();
    let known: bool = database
        .read(|tx| {
            tx.row(Statement::constant("SELECT \"lds_has_gain\" FROM \"lds_q\"", Vec::new()))?
                .get(0)
        })
        .unwrap();
    assert!(known);
    let load = database.write(|tx| {
        let source = Source { stamp: None, origin_msp: None };
        replace(
            tx,
            Diagnostics::Gain,
            made.sets[0],
            source,
            sample::rows_of(Diagnostics::Gain, made.sets[0], &made, size),
        )
    });
    let error = load.unwrap_err();
    assert!(
        matches!(&error, LeddbError::NoPartition { table, .. } if table == "gain"),
        "{error:?}"
    );
    attach(&database, range).unwrap();
    assert_eq!(database.read(count).unwrap(), before);
    assert_eq!(edges(&database)[0], (0, 10));
    assert_eq!(crate::migrate::check(&database).unwrap(), []);
    // Rows of a range that came back go with their measurement set.
    let deleted = Statement::constant("DELETE FROM \"lofar_dataset\"", Vec::new());
    database.write(|tx| tx.execute(deleted.clone())).unwrap();
    assert_eq!(database.read(count).unwrap(), 0);
}

#[test]
fn a_range_that_was_off_during_a_migration_comes_back() {
    let Some(database) = postgres(&narrow()) else { return };
    let size = Size { beams: 1, products: 1, subbands: 2, ..Size::default() };
    let filled = database.write(|tx| {
        let made = sample::observation(tx, 1, size)?;
        sample::diagnostics(tx, &made, size)?;
        for table in PARTITIONED {
            tx.raw(&format!("ALTER TABLE \"{}\" DROP COLUMN \"freq_start\"", table.name))?;
        }
        let first = "UPDATE \"schema_version\" SET \"version\" = 1";
        tx.execute(Statement::constant(first, Vec::new()))
    });
    filled.unwrap();
    let range = Range { lower: 0, upper: 10 };
    detach(&database, range).unwrap();
    crate::migrate::migrate(&database).unwrap();
    attach(&database, range).unwrap();
    assert_eq!(crate::migrate::check(&database).unwrap(), []);
    let known = "SELECT count(*) FROM \"gain\" WHERE \"freq_start\" IS NULL";
    let count: Result<i64> =
        database.read(|tx| tx.row(Statement::constant(known, Vec::new()))?.get(0));
    assert_eq!(count.unwrap(), 2 * 3);
}

#[test]
fn a_file_has_nothing_to_take_off() {
    let database = crate::testing::sqlite(&Options::default());
    assert_eq!(detach(&database, Range { lower: 0, upper: 20_000 }).unwrap_err().kind(), "input");
}

#[test]
fn the_fingerprint_changes_with_every_load() {
    on_both(|database| {
        let size = Size { beams: 1, products: 1, subbands: 2, ..Size::default() };
        let all = Range { lower: 0, upper: 20_000 };
        let print = || database.read(|tx| fingerprint(tx, &GAIN, all)).unwrap();
        let empty = print();
        assert_eq!(empty, "0:0:0:0:-1");
        let made = database
            .write(|tx| {
                let made = sample::observation(tx, 1, size)?;
                sample::diagnostics(tx, &made, size)?;
                Ok(made)
            })
            .unwrap();
        let first = print();
        let source = Source { stamp: Some(2), origin_msp: None };
        let again = || {
            database.write(|tx| {
                replace(
                    tx,
                    Diagnostics::Gain,
                    made.sets[0],
                    source,
                    sample::rows_of(Diagnostics::Gain, made.sets[0], &made, size),
                )
            })
        };
        again().unwrap();
        let second = print();
        assert!(first != empty && second != first);
        assert_eq!(print(), second);
    });
}

#[test]
fn queries_with_ids_and_their_limits_touch_only_their_partitions() {
    let Some(database) = postgres(&narrow()) else {
        return;
    };
    ensure(&database, Some(95)).unwrap();
    let plan = |text: &'static str, values: Vec<crate::store::Value>| -> Vec<String> {
        let mut names: Vec<String> = database
            .read(|tx| {
                let rows = tx.rows(Statement::constant(text, values.clone()))?;
                rows.iter().map(|row| row.get::<String>(0)).collect::<Result<Vec<_>>>()
            })
            .unwrap()
            .iter()
            .filter_map(|line| line.split("gain_part_").nth(1))
            .map(|rest| rest.split([' ', '_']).next().unwrap_or_default().to_string())
            .collect();
        names.sort();
        names.dedup();
        names
    };
    let ids = crate::store::Value::Ints(vec![12, 17, 31]);
    let one = plan(
        "EXPLAIN SELECT * FROM \"gain\" WHERE \"measurementset_id\" = ANY($1)",
        vec![ids.clone()],
    );
    assert_eq!(one, ["001", "003"]);
    let bounds = plan(
        "EXPLAIN SELECT * FROM \"gain\" WHERE \"measurementset_id\" = ANY($1) AND \"measurementset_id\" BETWEEN $2 AND $3",
        vec![ids, 12_i64.into(), 31_i64.into()],
    );
    assert_eq!(bounds, ["001", "003"]);
    let delete =
        plan("EXPLAIN DELETE FROM \"gain\" WHERE \"measurementset_id\" = $1", vec![55_i64.into()]);
    assert_eq!(delete, ["005"]);
    let built = database.dialect().build(
        sea_query::Query::select().column("gain_id").from("gain").and_where(
            database.dialect().is_one_of(sea_query::Expr::col("measurementset_id"), &[3, 4]),
        ),
    );
    let text = format!("EXPLAIN {}", built.text());
    let touched = database
        .read(|tx| {
            let rows = tx.rows(Statement::built(text.clone(), built.values().to_vec()))?;
            rows.iter().map(|row| row.get::<String>(0)).collect::<Result<Vec<_>>>()
        })
        .unwrap()
        .join(" ");
    assert!(touched.contains("gain_part_000_") && !touched.contains("gain_part_001_"), "{touched}");
}

#[test]
fn ranges_that_already_hold_rows_outside_are_refused() {
    let Some(database) = postgres(&narrow()) else {
        return;
    };
    // A set whose id is beyond the last edge has nowhere to put its gains.
    let made = database
        .write(|tx| {
            tx.next_ids(&MEASUREMENTSET, 25)?;
            sample::observation(
                tx,
                1,
                Size { beams: 1, products: 1, subbands: 1, ..Size::default() },
            )
        })
        .unwrap();
    let size = Size::default();
    let load = || database.write(|tx| sample::diagnostics(tx, &made, size));
    assert_eq!(load().unwrap_err().kind(), "no-partition");
    ensure(&database, Some(made.sets[0])).unwrap();
    load().unwrap();
    assert_eq!(edges(&database), [(0, 10), (10, 20), (20, 30), (30, 40)]);
}
