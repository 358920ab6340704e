//! Sizes, faults, tidying, and taking a database away.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::integrity::set_next_id;
use super::*;
use crate::error::LeddbError;
use crate::migrate::{self, row_counts};
use crate::schema::diagnostics::GAIN;
use crate::store::{Database, Location, Options, Statement};
use crate::testing::sample::{self, Size};
use crate::testing::{on_both, postgres, server, unique};

fn filled(database: &Database) {
    database
        .write(|tx| {
            let made = sample::observation(tx, 1, Size::default())?;
            sample::diagnostics(tx, &made, Size::default()).map(drop)
        })
        .unwrap();
}

#[test]
fn tables_have_sizes_and_rows() {
    on_both(|database| {
        filled(database);
        tidy(database, Tidy { vacuum: true, ..Tidy::default() }, |_| Ok(())).unwrap();
        let counts = database.read(row_counts).unwrap();
        let sizes = sizes(database).unwrap();
        assert_eq!(sizes.len(), counts.len());
        for (size, (table, rows)) in sizes.iter().zip(counts) {
            assert_eq!((size.table.as_str(), size.rows), (table, Some(rows)));
            assert!(size.bytes >= size.index_bytes, "{size:?}");
        }
        let gain = sizes.iter().find(|size| size.table == "gain").unwrap();
        assert!(gain.bytes > 36 * 640, "{gain:?}");
        assert_eq!(gain.partitions.len(), 1);
        assert_eq!(gain.partitions[0].rows, 36);
        assert!(whole(database).unwrap() > sizes.iter().map(|size| size.bytes).sum::<i64>() / 2);
    });
}

#[test]
fn facts_tell_versions_rows_and_marks() {
    on_both(|database| {
        filled(database);
        let facts = facts(database).unwrap();
        assert_eq!(facts.version, Some(facts.needed));
        assert_eq!((facts.partitions, facts.detached, facts.marks), (1, 0, 1));
        assert_eq!(facts.partition_width, Some(20_000));
        assert!(facts.database_id.is_some() && facts.runs.is_empty());
        assert!(facts.last_backup.is_none() && facts.restoring.is_none());
    });
}

#[test]
fn a_sound_database_has_no_faults_and_a_counter_behind_is_one() {
    on_both(|database| {
        filled(database);
        assert_eq!(integrity(database).unwrap(), []);
        database
            .write(|tx| {
                let insert = "INSERT INTO \"baseline\" (\"baseline_id\", \"station_1\", \"station_2\") \
                              SELECT 900, \"station_2\", \"station_2\" FROM \"baseline\" WHERE \"station_1\" < \"station_2\" LIMIT 1";
                tx.execute(Statement::constant("DELETE FROM \"quality_baseline_statistic\"", vec![]))?;
                tx.execute(Statement::constant("DELETE FROM \"baseline\" WHERE \"station_1\" = \"station_2\"", vec![]))?;
                tx.execute(Statement::constant(insert, vec![]))
            })
            .unwrap();
        let faults = integrity(database).unwrap();
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert!(faults[0].what.contains("900 was given already"), "{faults:?}");
        database
            .write(|tx| set_next_id(tx, crate::schema::table("baseline").unwrap(), 901))
            .unwrap();
        assert_eq!(integrity(database).unwrap(), []);
        // It never goes back.
        database.write(|tx| set_next_id(tx, &GAIN, 0)).unwrap();
        assert_eq!(database.write(|tx| tx.next_ids(&GAIN, 1)).unwrap(), [36]);
    });
}

#[test]
fn tidying_changes_no_row() {
    on_both(|database| {
        filled(database);
        let before = database.read(row_counts).unwrap();
        let mut steps = 0;
        let all = Tidy { vacuum: true, full: true, reindex: true };
        let done = tidy(database, all, |_| {
            steps += 1;
            Ok(())
        });
        assert_eq!(done.unwrap(), steps);
        assert_eq!(database.read(row_counts).unwrap(), before);
        assert_eq!(migrate::check(database).unwrap(), []);
    });
}

#[test]
fn everything_of_ours_goes_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let file = Location::Sqlite(folder.path().join("leddb.sqlite"));
    let options = Options::default();
    let database = Database::create(&file, &options).unwrap();
    filled(&database);
    let error = remove(&file, &options).unwrap_err();
    assert!(matches!(error, LeddbError::Busy { .. }), "{error}");
    assert!(database.read(row_counts).unwrap().iter().any(|(_, rows)| *rows > 0));
    database.close();
    assert_eq!(name_of(&file), "leddb");
    assert!(remove(&file, &options).unwrap().file);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);

    let database = Database::create(&file, &options).unwrap();
    database.write(|tx| tx.raw("CREATE TABLE other (x INTEGER)")).unwrap();
    database.close();
    assert!(!remove(&file, &options).unwrap().file);
    let database = Database::connect(&file, &options).unwrap();
    assert!(migrate::status(&database).unwrap_err().to_string().contains("other"));
}

#[test]
fn a_server_keeps_its_database_without_our_tables() {
    let Some(fresh) = postgres(&Options::default()) else { return };
    filled(&fresh);
    let (place, options) = (fresh.location().clone(), Options::default());
    let error = remove(&place, &options).unwrap_err();
    assert!(error.to_string().contains("others are connected"), "{error}");
    fresh.close();
    let removed = remove(&place, &options).unwrap();
    assert!(!removed.file && removed.tables > 30, "{removed:?}");
    let database = Database::connect(&place, &options).unwrap();
    assert_eq!(migrate::status(&database).unwrap().version, None);
    let left = database.read(|tx| {
        let text = "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public'";
        tx.row(Statement::constant(text, vec![]))?.get::<i64>(0)
    });
    assert_eq!(left.unwrap(), 0);
    database.close();
    // It can be made anew.
    let again = Database::create(&place, &Options { roles: false, ..options }).unwrap();
    assert_eq!(migrate::check(&again).unwrap(), []);
    again.close();
}

#[test]
fn an_administrator_takes_away_what_the_role_owns() {
    let Ok(server) = server() else { return };
    let place = server.location(&unique("roles"));
    let options = Options::default();
    Database::create(&place, &options).unwrap().close();
    assert!(remove(&place, &options).unwrap().tables > 30);
    assert_eq!(name_of(&place).split('_').next(), Some("roles"));
}
