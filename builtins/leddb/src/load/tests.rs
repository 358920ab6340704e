//! Rows are found, made, filled; diagnostics are replaced whole; both back ends give
//! back what they were given.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::borrow::Cow;

use super::*;
use crate::error::{LeddbError, Rule};
use crate::schema::{Type, reference, tables};
use crate::store::{Database, Options, Value};
use crate::testing::sample::{self, Size};
use crate::testing::{on_both, on_both_with};
use crate::values::{self, Shape};

fn outcomes(written: &[Written]) -> Vec<Outcome> {
    written.iter().map(|row| row.outcome).collect()
}

fn count(database: &Database, text: &'static str) -> i64 {
    database.read(|tx| tx.row(Statement::constant(text, Vec::new()))?.get(0)).unwrap()
}

#[test]
fn rows_are_made_once_and_filled_only_where_unknown() {
    use Outcome::{Inserted, Kept, Updated};
    let columns = ["name", "initial_mjd", "initial_utc"];
    let unknown = || Value::Null(Type::Float);
    let row = |name: &str, mjd: Value, utc: &str| vec![Value::from(name), mjd, utc.into()];
    on_both(|database| {
        let put = |rows: Vec<Vec<Value>>, existing| {
            database
                .write(|tx| upsert(tx, &reference::LOFAR_DATASET, &columns, &rows, existing))
                .map(|written| outcomes(&written))
        };
        let first =
            vec![row("L2", unknown(), "b"), row("L1", 1.0.into(), "a"), row("L2", 9.0.into(), "c")];
        assert_eq!(put(first.clone(), Existing::Fill).unwrap(), [Inserted, Inserted, Inserted]);
        assert_eq!(put(first, Existing::Fill).unwrap(), [Kept, Kept, Kept]);
        assert_eq!(put(vec![row("L2", 2.0.into(), "z")], Existing::Keep).unwrap(), [Kept]);
        assert_eq!(put(vec![row("L2", 2.0.into(), "z")], Existing::Fill).unwrap(), [Updated]);
        assert_eq!(put(vec![row("L2", unknown(), "y")], Existing::Overwrite).unwrap(), [Updated]);
        let rows = database
            .read(|tx| {
                tx.rows(Statement::constant(
                    "SELECT \"name\", \"initial_mjd\", \"initial_utc\" FROM \"lofar_dataset\" ORDER BY \"name\"",
                    Vec::new(),
                ))?
                .iter()
                .map(|row| Ok((row.get::<String>(0)?, row.get::<Option<f64>>(1)?, row.get::<String>(2)?)))
                .collect::<Result<Vec<_>>>()
            })
            .unwrap();
        assert_eq!(
            rows,
            [("L1".into(), Some(1.0), "a".into()), ("L2".into(), Some(2.0), "y".into())]
        );
    });
}

#[test]
fn bad_rows_are_refused_with_the_reason() {
    on_both(|database| {
        let put = |columns: &[&str], row: Vec<Value>| {
            let rows = [row];
            let error = database
                .write(|tx| upsert(tx, &reference::LOFAR_DATASET, columns, &rows, Existing::Fill));
            error.unwrap_err().to_string()
        };
        assert_eq!(
            put(&["name", "colour"], vec!["L1".into(), "red".into()]),
            "table `lofar_dataset` has no column `colour`"
        );
        assert_eq!(
            put(&["name"], vec!["L12345678901234567".into()]),
            "table `lofar_dataset`: column `name` holds at most 15 characters, not `L12345678901234567`"
        );
        assert_eq!(
            put(&["initial_mjd"], vec![1.0.into()]),
            "table `lofar_dataset`: column `name` is part of the key and is not known"
        );
        assert!(
            put(&["name", "initial_mjd"], vec!["L1".into(), f64::NAN.into()])
                .contains("cannot hold Float(NaN)")
        );
        assert!(
            put(&["name", "initial_mjd"], vec!["L1".into(), "soon".into()])
                .contains("cannot hold Text")
        );
        assert!(put(&["name"], vec![]).contains("0 values for 1 columns"));
    });
}

#[test]
fn rules_are_named_alike() {
    on_both(|database| {
        let violation = |text: &'static str| match database
            .write(|tx| tx.execute(Statement::constant(text, Vec::new())))
        {
            Err(LeddbError::Violation(violation)) => *violation,
            other => panic!("{other:?}"),
        };
        let twice = violation("INSERT INTO \"field\" (\"name\") VALUES ('a'), ('a')");
        assert_eq!(
            (twice.rule, twice.table.as_deref(), twice.columns.as_slice()),
            (Rule::Unique, Some("field"), &["name".to_string()][..])
        );
        let check = violation("INSERT INTO \"antenna_type\" (\"name\") VALUES ('XBA')");
        assert_eq!(
            (check.rule, check.table.as_deref(), check.columns.as_slice()),
            (Rule::Check, Some("antenna_type"), &["name".to_string()][..])
        );
        assert_eq!(check.name.as_deref(), Some("antenna_name_known"));
        let missing = violation("INSERT INTO \"setting\" (\"name\", \"value\") VALUES ('a', NULL)");
        assert_eq!(
            (missing.rule, missing.columns.as_slice()),
            (Rule::Missing, &["value".to_string()][..])
        );
        let reference = violation(
            "INSERT INTO \"lofar_dataset\" (\"name\", \"project\") VALUES ('L1', 'none')",
        );
        assert_eq!(reference.rule, Rule::Reference);
    });
}

#[test]
fn products_are_the_same_when_their_times_differ_by_less_than_a_microsecond() {
    let size = Size { beams: 1, products: 1, subbands: 1, ..Size::default() };
    on_both(|database| {
        let made = database.write(|tx| sample::observation(tx, 1, size)).unwrap();
        let put = |seconds: f64| {
            let columns = [
                "lofar_dataset_beam_id",
                "store",
                "integration_time",
                "number_channels",
                "product_version",
                "raw",
                "tar",
                "bvf",
            ];
            let row = vec![
                made.beams[0].into(),
                "EoR".into(),
                seconds.into(),
                64.into(),
                0.into(),
                true.into(),
                false.into(),
                false.into(),
            ];
            database
                .write(|tx| {
                    upsert(
                        tx,
                        &reference::LOFAR_DATASET_BEAM_PRODUCT,
                        &columns,
                        std::slice::from_ref(&row),
                        Existing::Fill,
                    )
                })
                .unwrap()[0]
        };
        assert_eq!(put(2.002_780_000_1).id, Some(made.products[0]));
        assert_eq!(put(2.002_779_6).outcome, Outcome::Kept);
        assert_eq!(put(2.002_781).outcome, Outcome::Inserted);
        assert_eq!(put(-3.0).outcome, Outcome::Inserted);
        let us = count(
            database,
            "SELECT min(\"integration_time_us\") FROM \"lofar_dataset_beam_product\"",
        );
        assert_eq!(us, -3_000_000);
    });
}

#[test]
fn a_second_run_writes_nothing_and_uses_no_ids() {
    on_both(|database| {
        let size = Size::default();
        let first = database.write(|tx| sample::observation(tx, 1, size)).unwrap();
        let again = database.write(|tx| sample::observation(tx, 1, size)).unwrap();
        assert_eq!(first, again);
        let next = database.write(|tx| tx.next_ids(&reference::MEASUREMENTSET, 1)).unwrap();
        assert_eq!(
            next[0],
            i64::try_from(first.sets.len()).unwrap(),
            "ids begin at 0 and none is lost"
        );
        let kinds = count(database, "SELECT min(\"quality_kind_id\") FROM \"quality_kind\"");
        assert_eq!(kinds, 1);
    });
}

#[test]
fn eight_writers_of_one_observation_make_it_once() {
    let options = Options { connections: 10, tries: 30, ..Options::default() };
    on_both_with(&options, |database| {
        let made: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|_| {
                    scope.spawn(|| {
                        database.write(|tx| sample::observation(tx, 7, Size::default())).unwrap()
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        for one in &made {
            assert_eq!(one, &made[0]);
        }
        assert_eq!(count(database, "SELECT count(*) FROM \"measurementset\""), 12);
        assert_eq!(count(database, "SELECT count(*) FROM \"baseline\""), 6);
        assert_eq!(count(database, "SELECT count(*) FROM \"lofar_dataset_has_station\""), 3);
    });
}

#[test]
fn arrays_come_back_bit_for_bit_and_loads_replace() {
    let size = Size { beams: 1, products: 1, subbands: 2, stations: 5, ..Size::default() };
    on_both(|database| {
        let made = database.write(|tx| sample::observation(tx, 1, size)).unwrap();
        let (rows, bytes) = database.write(|tx| sample::diagnostics(tx, &made, size)).unwrap();
        // Gains of 5 stations, two tables of 2 kinds, 2 kinds of 15 baselines, for 2 sets.
        assert_eq!(rows, 2 * (5 + 2 + 2 + 30));
        assert_eq!(bytes, 2 * (7 * 640 + 32 * 128));
        for kind in Diagnostics::ALL {
            let table = kind.table();
            let times = if kind.has_times() { "\"n_time\"" } else { "NULL" };
            let text = format!(
                "SELECT \"measurementset_id\", \"values\", \"n_corr\", \"n_freq\", {times} FROM {} ORDER BY \"measurementset_id\", {}",
                crate::ddl::quoted(table.name),
                crate::ddl::quoted(table.id.unwrap().0),
            );
            let expected: Vec<Vec<u8>> = made
                .sets
                .iter()
                .flat_map(|set| sample::rows_of(kind, *set, &made, size))
                .map(|row| row.unwrap().values.into_owned())
                .collect();
            let mut place = 0;
            database
                .read(|tx| {
                    tx.each(Statement::built(text.clone(), Vec::new()), |row| {
                        let bytes = row.bytes(1)?.unwrap();
                        assert_eq!(bytes, expected[place]);
                        let n_time = if kind.has_times() { row.get(4)? } else { None };
                        let shape = Shape::of_columns(row.get(2)?, row.get(3)?, n_time)?;
                        assert_eq!(values::decode_any(bytes, shape)?.shape()[..2], [4, 2]);
                        place += 1;
                        Ok(std::ops::ControlFlow::Continue(()))
                    })
                })
                .unwrap();
            assert_eq!(place, expected.len());
        }
        // Fewer rows now: the others go.
        let source = Source { stamp: Some(77), origin_msp: None };
        let again = database
            .write(|tx| {
                let rows = sample::rows_of(Diagnostics::Gain, made.sets[0], &made, size).take(2);
                replace(tx, Diagnostics::Gain, made.sets[0], source, rows)
            })
            .unwrap();
        assert_eq!(again, Loaded { deleted: 5, rows: 2, bytes: 2 * 640 });
        assert_eq!(count(database, "SELECT count(*) FROM \"gain\""), 2 + 5);
        let summary = "SELECT \"row_count\" + \"source_stamp\" FROM \"ms_diag_summary\" WHERE \"table_name\" = 'gain' ORDER BY \"load_id\" DESC LIMIT 1";
        assert_eq!(count(database, summary), 2 + 77);
        let none = database
            .write(|tx| replace(tx, Diagnostics::Gain, made.sets[0], source, std::iter::empty()))
            .unwrap();
        assert_eq!(none, Loaded { deleted: 2, rows: 0, bytes: 0 });
        assert_eq!(
            count(
                database,
                "SELECT count(*) FROM \"ms_diag_summary\" WHERE \"table_name\" = 'gain'"
            ),
            1
        );
        assert_eq!(crate::meta::verify(database, false).unwrap(), []);
    });
}

#[test]
fn a_row_that_does_not_fit_undoes_the_whole_set() {
    let size = Size { beams: 1, products: 1, subbands: 1, ..Size::default() };
    on_both(|database| {
        let made = database.write(|tx| sample::observation(tx, 1, size)).unwrap();
        database.write(|tx| sample::diagnostics(tx, &made, size)).unwrap();
        let set = made.sets[0];
        let source = Source { stamp: Some(9), origin_msp: None };
        let good = || sample::rows_of(Diagnostics::Gain, set, &made, size);
        let with = |change: fn(&mut DiagRow<'static>)| {
            let result = database.write(|tx| {
                let mut rows: Vec<_> = good().map(Result::unwrap).collect();
                change(&mut rows[2]);
                replace(tx, Diagnostics::Gain, set, source, rows.into_iter().map(Ok))
            });
            result.unwrap_err()
        };
        assert_eq!(with(|row| row.values.to_mut().truncate(8)).kind(), "input");
        assert_eq!(with(|row| row.shape.times = None).kind(), "input");
        assert_eq!(with(|row| row.key = DiagKey::Kind(1)).kind(), "input");
        assert_eq!(with(|row| row.freq_step = Some(f64::INFINITY)).kind(), "input");
        // What only the database knows: a station twice, a station unknown.
        let twice = with(|row| {
            row.key = DiagKey::Gain { station: Cow::Borrowed("CS001HBA0"), direction: None }
        });
        assert_eq!(twice.kind(), "exists", "{twice}");
        let unknown = with(|row| {
            row.key = DiagKey::Gain { station: Cow::Borrowed("XX999"), direction: None }
        });
        assert_eq!(unknown.kind(), "reference", "{unknown}");
        assert_eq!(
            count(database, "SELECT count(*) FROM \"gain\""),
            3,
            "the old rows are still there"
        );
        assert_eq!(count(database, "SELECT count(*) FROM \"gain\" WHERE \"last_check\" = 9"), 0);
        // The same connection goes on working.
        database
            .write(|tx| replace(tx, Diagnostics::Gain, set, source, good().collect::<Vec<_>>()))
            .unwrap();
    });
}

#[test]
fn directions_tell_gains_apart() {
    let size = Size { beams: 1, products: 1, subbands: 1, ..Size::default() };
    on_both(|database| {
        let made = database.write(|tx| sample::observation(tx, 1, size)).unwrap();
        let source = Source { stamp: None, origin_msp: None };
        database
            .write(|tx| {
                let rows: Vec<_> = [None, Some((10.0, 20.0)), Some((10.5, 20.0))]
                    .into_iter()
                    .map(|direction| {
                        let mut row = sample::rows_of(Diagnostics::Gain, made.sets[0], &made, size)
                            .next()
                            .unwrap()?;
                        row.key = DiagKey::Gain { station: "CS001HBA0".into(), direction };
                        row.time_start = Some(4.8e9);
                        Ok(row)
                    })
                    .collect();
                replace(tx, Diagnostics::Gain, made.sets[0], source, rows)
            })
            .unwrap();
        assert_eq!(count(database, "SELECT count(*) FROM \"gain\" WHERE \"direction_ra\" = -1"), 1);
        assert_eq!(
            count(
                database,
                "SELECT count(*) FROM \"gain\" WHERE \"time_start\" = 4.8e9 AND \"last_check\" IS NULL"
            ),
            3
        );
    });
}

#[test]
fn deleting_an_observation_leaves_nothing_of_it() {
    on_both(|database| {
        let size = Size::default();
        database
            .write(|tx| {
                let made = sample::observation(tx, 1, size)?;
                sample::diagnostics(tx, &made, size)?;
                sample::observation(tx, 2, size).map(drop)
            })
            .unwrap();
        crate::meta::refresh(database, crate::meta::Scope::All).unwrap();
        let before: i64 = count(database, "SELECT count(*) FROM \"measurementset\"");
        database
            .write(|tx| {
                tx.execute(Statement::constant(
                    "DELETE FROM \"lofar_dataset\" WHERE \"name\" = 'L80001'",
                    Vec::new(),
                ))
            })
            .unwrap();
        assert_eq!(count(database, "SELECT count(*) FROM \"measurementset\""), before / 2);
        for kind in Diagnostics::ALL {
            let text = format!("SELECT count(*) FROM {}", crate::ddl::quoted(kind.table().name));
            let left: i64 = database
                .read(|tx| tx.row(Statement::built(text.clone(), Vec::new()))?.get(0))
                .unwrap();
            assert_eq!(left, 0);
        }
        assert_eq!(count(database, "SELECT count(*) FROM \"measurementset_meta\""), before / 2);
        assert_eq!(count(database, "SELECT count(*) FROM \"ms_diag_summary\""), 0);
        assert_eq!(count(database, "SELECT count(*) FROM \"station\""), 3, "what others use stays");
        // Ids of what is gone are not given again.
        let next = database.write(|tx| tx.next_ids(&reference::MEASUREMENTSET, 1)).unwrap()[0];
        assert_eq!(next, before);
    });
}

/// A value of a type that no other test of this file writes.
fn probe(kind: Type) -> Value {
    match kind {
        Type::Int64 | Type::Time => Value::Int(-9_007_199_254_740_993),
        Type::Int32 => Value::Int(-2_147_483_648),
        Type::Int16 => Value::Int(32_767),
        Type::Float => Value::Float(-1.0e-300),
        Type::Bool => Value::Bool(true),
        Type::Text(_) | Type::Json => Value::Text("\"\u{e9}\\ '$1'\u{1f52d}\"".to_string()),
        Type::Floats(_) => Value::Floats(vec![0.1, -0.0, 1.0e22]),
        Type::Ints(_) => Value::Ints(vec![0, -1, i64::MAX]),
        Type::Values => Value::Bytes(vec![0, 255, 10, 13]),
    }
}

#[test]
fn every_type_comes_back_as_it_went_and_so_does_nothing() {
    let kinds: Vec<Type> =
        tables().flat_map(|table| table.columns).map(|column| column.kind).collect();
    on_both(|database| {
        for kind in &kinds {
            for value in [probe(*kind), Value::Null(*kind)] {
                let cast = match (database.dialect(), kind) {
                    (crate::Dialect::Sqlite, _) => "",
                    (_, Type::Int16) => "::smallint",
                    (_, Type::Int32) => "::integer",
                    (_, Type::Int64 | Type::Time) => "::bigint",
                    (_, Type::Float) => "::double precision",
                    (_, Type::Bool) => "::boolean",
                    (_, Type::Text(_) | Type::Json) => "::text",
                    (_, Type::Floats(_)) => "::double precision[]",
                    (_, Type::Ints(_)) => "::bigint[]",
                    (_, Type::Values) => "::bytea",
                };
                let back = database
                    .read(|tx| {
                        let statement =
                            Statement::built(format!("SELECT $1{cast}"), vec![value.clone()]);
                        tx.row(statement)?.value(0, *kind)
                    })
                    .unwrap();
                assert_eq!(back, value);
            }
        }
    });
}
