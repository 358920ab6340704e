//! What connections promise: limits on time, unchanging states, partial undoing, and
//! that a server or a file that fails fails with its reason.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use super::*;
use crate::Dialect;
use crate::error::LeddbError;
use crate::testing::{Server, on_both, on_both_with, server};

fn one(text: &'static str) -> Statement {
    Statement::constant(text, Vec::new())
}

fn fields(database: &Database) -> Vec<String> {
    database
        .read(|tx| {
            let rows = tx.rows(one("SELECT \"name\" FROM \"field\" ORDER BY \"name\""))?;
            rows.iter().map(|row| row.get(0)).collect()
        })
        .unwrap()
}

fn put(tx: &mut Transaction, name: &str) -> crate::Result<u64> {
    tx.execute(Statement::constant(
        "INSERT INTO \"field\" (\"name\") VALUES ($1)",
        vec![name.into()],
    ))
}

/// A query without end.
const ENDLESS: &str = "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 1000000000) SELECT count(*) FROM t";

#[test]
fn a_statement_that_takes_too_long_is_stopped_and_nothing_else() {
    let options =
        Options { statement_timeout: Some(Duration::from_millis(1500)), ..Options::default() };
    on_both_with(&options, |database| {
        let began = Instant::now();
        let error = database.read(|tx| tx.row(one(ENDLESS))).unwrap_err();
        assert!(matches!(error, LeddbError::TimedOut { seconds: 1 }), "{error:?}");
        assert!(began.elapsed() < Duration::from_secs(50));
        // The connection goes on, and the limit counts anew for each statement.
        database
            .read(|tx| {
                tx.row(one("SELECT 1"))?;
                std::thread::sleep(Duration::from_millis(1600));
                tx.row(one("SELECT 1"))
            })
            .unwrap();
        // A transaction may have another limit.
        let error = database
            .read(|tx| {
                tx.set_timeout(Some(Duration::from_millis(200)))?;
                tx.row(one(ENDLESS))
            })
            .unwrap_err();
        assert_eq!(error.kind(), "time-out");
        assert!(fields(database).is_empty());
    });
}

#[test]
fn readers_see_one_state_and_writers_do_not_wait_for_them() {
    on_both(|database| {
        database.write(|tx| put(tx, "a")).unwrap();
        database
            .read(|tx| {
                let count = |tx: &mut Transaction| {
                    tx.row(one("SELECT count(*) FROM \"field\""))?.get::<i64>(0)
                };
                assert_eq!(count(tx)?, 1);
                database.write(|tx| put(tx, "b"))?;
                assert_eq!(count(tx)?, 1);
                Ok(())
            })
            .unwrap();
        assert_eq!(fields(database), ["a", "b"]);
    });
}

#[test]
fn reading_transactions_cannot_write() {
    on_both(|database| {
        let error = database.read(|tx| put(tx, "a")).unwrap_err();
        assert!(error.to_string().contains("read"), "{error}");
    });
}

#[test]
fn what_fails_is_undone_and_what_is_dropped_too() {
    on_both(|database| {
        let failed: crate::Result<()> = database.write(|tx| {
            put(tx, "gone")?;
            Err(LeddbError::input("stop"))
        });
        assert_eq!(failed.unwrap_err().to_string(), "stop");
        let mut left = database.begin(Mode::Write).unwrap();
        put(&mut left, "left").unwrap();
        drop(left);
        database
            .write(|tx| {
                put(tx, "kept")?;
                let inner: crate::Result<()> = tx.attempt(|tx| {
                    put(tx, "inner")?;
                    tx.attempt(|tx| put(tx, "kept")).map(drop)
                });
                assert_eq!(inner.unwrap_err().kind(), "exists");
                tx.attempt(|tx| put(tx, "also kept")).map(drop)
            })
            .unwrap();
        assert_eq!(fields(database), ["also kept", "kept"]);
    });
}

#[test]
fn conflicts_are_tried_again_and_no_more_often_than_said() {
    let options = Options { tries: 3, ..Options::default() };
    on_both_with(&options, |database| {
        let mut attempts = 0;
        database
            .write(|_| {
                attempts += 1;
                if attempts < 3 {
                    Err(LeddbError::Conflict { reason: "made up".into() })
                } else {
                    Ok(())
                }
            })
            .unwrap();
        assert_eq!(attempts, 3);
        let mut attempts = 0;
        let error = database
            .write(|_| -> crate::Result<()> {
                attempts += 1;
                Err(LeddbError::Conflict { reason: "made up".into() })
            })
            .unwrap_err();
        assert_eq!((attempts, error.kind()), (3, "conflict"));
    });
}

#[test]
fn deadlocks_are_dissolved() {
    on_both(|database| {
        if database.dialect() == Dialect::Sqlite {
            return;
        }
        database
            .write(|tx| {
                put(tx, "a")?;
                put(tx, "b")
            })
            .unwrap();
        let (ready, go) = (std::sync::Barrier::new(2), ());
        let swap = |first: &'static str, second: &'static str| {
            let mut met = false;
            database.write(|tx| {
                let touch = |tx: &mut Transaction, name: &str| {
                    tx.execute(Statement::constant(
                        "UPDATE \"field\" SET \"name\" = \"name\" WHERE \"name\" = $1",
                        vec![name.into()],
                    ))
                };
                touch(tx, first)?;
                if !met {
                    met = true;
                    ready.wait();
                }
                touch(tx, second)
            })
        };
        std::thread::scope(|scope| {
            let other = scope.spawn(|| swap("a", "b"));
            swap("b", "a").unwrap();
            other.join().unwrap().unwrap();
        });
        let () = go;
    });
}

#[test]
fn rows_come_one_by_one_and_can_be_left() {
    on_both(|database| {
        let text = match database.dialect() {
            Dialect::Sqlite => {
                "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT n FROM t LIMIT 100000000"
            }
            Dialect::Postgres => "SELECT n FROM generate_series(1, 100000) AS g(n)",
        };
        let mut seen = 0;
        database
            .read(|tx| {
                tx.each(one(text), |row| {
                    seen += 1;
                    assert_eq!(row.get::<i64>(0)?, seen);
                    // Other transactions work meanwhile.
                    if seen == 3 {
                        database.write(|tx| put(tx, "meanwhile"))?;
                    }
                    Ok(if seen == 50 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
                })?;
                tx.row(one("SELECT 7"))?.get::<i64>(0)
            })
            .unwrap();
        assert_eq!(seen, 50);
        assert_eq!(fields(database), ["meanwhile"]);
    });
}

#[test]
fn ids_are_unique_across_threads() {
    on_both(|database| {
        let mut all: Vec<i64> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|_| {
                    scope.spawn(|| {
                        let take = || {
                            database
                                .write(|tx| tx.next_ids(&crate::schema::diagnostics::GAIN, 25))
                                .unwrap()
                        };
                        (0..4).flat_map(|_| take()).collect::<Vec<_>>()
                    })
                })
                .collect();
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
        });
        all.sort_unstable();
        assert_eq!(all, (0..400).collect::<Vec<_>>());
    });
}

#[test]
fn zero_bytes_and_wrong_types_are_refused_clearly() {
    on_both(|database| {
        let zero = database.write(|tx| put(tx, "a\0b"));
        if database.dialect() == Dialect::Postgres {
            assert_eq!(zero.unwrap_err().kind(), "input");
        }
        let error = database.read(|tx| tx.row(one("SELECT 'text'"))?.get::<i64>(0)).unwrap_err();
        assert!(error.to_string().contains("expected an integer, found TEXT"), "{error}");
        let error = database
            .read(|tx| tx.row(one("SELECT CAST(NULL AS bigint)"))?.get::<i64>(0))
            .unwrap_err();
        assert!(error.to_string().contains("found none"), "{error}");
    });
}

#[test]
fn no_server_is_an_error_at_once() {
    let place = Location::parse("postgres://me@127.0.0.1:1/leddb").unwrap();
    let options = Options { busy_timeout: Duration::from_secs(2), ..Options::default() };
    let error = Database::open(&place, &options).unwrap_err();
    assert!(
        matches!(&error, LeddbError::Connect { place, .. } if place == "postgres://me@127.0.0.1:1/leddb"),
        "{error:?}"
    );
}

#[test]
fn a_killed_server_keeps_what_was_committed_and_nothing_else() {
    if server().is_err() {
        return;
    }
    let server = Server::start().unwrap();
    let place = server.location("crash");
    let options =
        Options { busy_timeout: Duration::from_secs(5), roles: false, ..Options::default() };
    let database = Database::create(&place, &options).unwrap();
    database.write(|tx| put(tx, "kept")).unwrap();
    let mut open = database.begin(Mode::Write).unwrap();
    put(&mut open, "lost").unwrap();
    server.kill();
    let error = put(&mut open, "more").unwrap_err();
    assert!(["database", "busy", "connection", "time-out"].contains(&error.kind()), "{error:?}");
    drop(open);
    assert!(database.write(|tx| put(tx, "no")).is_err());
    server.run().unwrap();
    let again = Database::open(&place, &options).unwrap();
    assert_eq!(fields(&again), ["kept"]);
    again.close();
    database.close();
}

#[test]
fn arrays_read_as_arrays_in_psql() {
    let Some(database) = crate::testing::postgres(&Options::default()) else { return };
    let numbers = [
        1.0,
        -2.5,
        0.1,
        1.0e300,
        -1.0e-300,
        5.0e-324,
        0.0,
        -0.0,
        f64::MAX,
        f64::MIN_POSITIVE,
        4.9e-310,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::NAN,
        1.0 / 3.0,
        -1000.0,
    ];
    let bytes: Vec<u8> = numbers.iter().flat_map(|number| f64::to_le_bytes(*number)).collect();
    let back: Vec<f64> = database
        .read(|tx| {
            tx.row(Statement::constant("SELECT \"leddb_floats\"($1)", vec![bytes.into()]))?.get(0)
        })
        .unwrap();
    let bits = |numbers: &[f64]| -> Vec<u64> {
        numbers.iter().map(|n| if n.is_nan() { 0 } else { n.to_bits() }).collect()
    };
    assert_eq!(bits(&back), bits(&numbers));
    database
        .write(|tx| {
            let size = crate::testing::sample::Size {
                beams: 1,
                products: 1,
                subbands: 1,
                ..Default::default()
            };
            let made = crate::testing::sample::observation(tx, 1, size)?;
            crate::testing::sample::diagnostics(tx, &made, size)
        })
        .unwrap();
    let text: String = database
        .read(|tx| tx.row(one(
            "SELECT array_dims(\"leddb_array\"(\"values\", \"n_corr\", \"n_freq\", \"n_time\")) || ' ' || \
             CAST((\"leddb_array\"(\"values\", \"n_corr\", \"n_freq\", \"n_time\"))[2][1][3][2] = (\"leddb_floats\"(\"values\"))[1 + ((1 * 2 + 0) * 5 + 2) * 2 + 1] AS text) \
             FROM \"gain\" LIMIT 1",
        ))?.get(0))
        .unwrap();
    assert_eq!(text, "[1:4][1:2][1:5][1:2] true");
    let text: String = database
        .read(|tx| tx.row(one("SELECT array_dims(\"leddb_array\"(\"values\", \"n_corr\", \"n_freq\")) FROM \"quality_baseline_statistic\" LIMIT 1"))?.get(0))
        .unwrap();
    assert_eq!(text, "[1:4][1:2][1:2]");
}
