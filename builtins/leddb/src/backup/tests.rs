//! Backups come back whole on either back end, unchanged ranges are not written again,
//! and nothing good is lost when something goes wrong.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::Path;

use super::*;
use crate::error::{LeddbError, Result};
use crate::load::{Diagnostics, Source, replace};
use crate::meta;
use crate::migrate;
use crate::partition::{self, Range};
use crate::rows::{Part, Sum, read};
use crate::schema::{self, Block};
use crate::store::{Database, Location, Options};
use crate::testing::sample::{self, Made as Sample, Size};
use crate::testing::{on_both_with, server, unique};
use crate::upkeep::{self, integrity};

fn narrow() -> Options {
    Options { partition_width: 10, roles: false, ..Options::default() }
}

/// Two observations of twelve sets each, in ranges of ten.
fn fill(database: &Database) -> Vec<Sample> {
    let made = (1..=2)
        .map(|number| {
            let made =
                database.write(|tx| sample::observation(tx, number, Size::default())).unwrap();
            partition::ensure(database, made.sets.last().copied()).unwrap();
            database.write(|tx| sample::diagnostics(tx, &made, Size::default())).unwrap();
            made
        })
        .collect();
    meta::refresh(database, meta::Scope::Touched).unwrap();
    made
}

/// What matters of every table, whatever the back end.
pub(crate) fn digests(database: &Database) -> Vec<(String, u64, String)> {
    let of = |tx: &mut crate::Transaction, table| -> Result<_> {
        let part = Part::all(table);
        let mut sum = Sum::default();
        read(tx, &part, |row| {
            sum.add(row);
            Ok(())
        })?;
        Ok((part.name()?, sum.rows(), sum.text()))
    };
    let tables: Vec<_> = schema::tables()
        .filter(|table| table.block != Block::Service || table.name == "ms_diag_summary")
        .collect();
    database.read(|tx| tables.iter().map(|table| of(tx, table)).collect()).unwrap()
}

fn saved(database: &Database, folder: &Folder, job: &Job) -> Made {
    let made = backup(database, folder, job, Watch::NOBODY).unwrap();
    assert_eq!(made.warnings, [""; 0]);
    made
}

/// New places, one of each back end.
fn places(folder: &Path) -> Vec<Location> {
    let mut places = vec![Location::Sqlite(folder.join(unique("new")).with_extension("sqlite"))];
    places.extend(server().ok().map(|server| server.location(&unique("new"))));
    places
}

fn all() -> Wanted {
    Wanted { workers: 3, ..Wanted::default() }
}

fn again(place: &Location, folder: &Folder, wanted: &Wanted) -> Result<Restored> {
    restore(place, &narrow(), folder, wanted, Watch::NOBODY)
}

#[test]
fn a_backup_comes_back_on_either_back_end() {
    on_both_with(&narrow(), |database| {
        fill(database);
        let here = tempfile::tempdir().unwrap();
        let folder = Folder::new(here.path().join("deep/backup"));
        let made = saved(database, &folder, &Job::default());
        assert_eq!((made.unchanged, made.retired.len()), (0, 0));
        for place in places(here.path()) {
            let restored = again(&place, &folder, &all()).unwrap();
            assert_eq!(restored.differences, []);
            let copy = Database::open(&place, &narrow()).unwrap();
            assert_eq!(digests(&copy), digests(database), "{place}");
            assert_eq!(migrate::check(&copy).unwrap(), []);
            assert_eq!(integrity(&copy).unwrap(), []);
            assert_eq!(meta::verify(&copy, false).unwrap(), []);
            assert!(upkeep::facts(&copy).unwrap().restoring.is_none());
            // Ids go on where they were, and rows can be added.
            let third = copy.write(|tx| sample::observation(tx, 3, Size::default())).unwrap();
            assert_eq!(third.sets[0], 24);
            partition::ensure(&copy, third.sets.last().copied()).unwrap();
            copy.write(|tx| sample::diagnostics(tx, &third, Size::default())).unwrap();
            // It is not empty now.
            let error = again(&place, &folder, &all()).unwrap_err();
            assert!(error.to_string().contains("is not empty"), "{error}");
            copy.close();
        }
    });
}

#[test]
fn only_ranges_that_changed_are_written_again_and_old_ones_go() {
    on_both_with(&narrow(), |database| {
        let samples = fill(database);
        let here = tempfile::tempdir().unwrap();
        let folder = Folder::new(here.path());
        let job = Job { keep: 2, ..Job::default() };
        let first = saved(database, &folder, &job);
        let ranges = partition::list(database).unwrap().len();
        let second = saved(database, &folder, &job);
        assert_eq!(second.unchanged, ranges);
        assert_ne!(first.name, second.name);
        // One set is loaded anew with as many rows of the same stamp.
        let set = samples[0].sets[3];
        let rows = || sample::rows_of(Diagnostics::Gain, set, &samples[1], Size::default());
        let source = Source { stamp: Some(1_332_000_000), origin_msp: None };
        database.write(|tx| replace(tx, Diagnostics::Gain, set, source, rows())).unwrap();
        let changed: Vec<_> = preview(database, &folder, &job).unwrap();
        let changed = changed.iter().filter(|(name, new)| *new && name.contains("_part_"));
        assert_eq!(changed.collect::<Vec<_>>(), [&("gain_part_000_0_10".to_string(), true)]);
        let third = saved(database, &folder, &job);
        assert_eq!(third.unchanged, ranges - 1);
        // The first backup goes, but not what the others need of it.
        assert!(third.retired.iter().any(|name| name.starts_with(&first.name)), "{third:?}");
        let names: Vec<_> = folder.list().unwrap().into_iter().map(|found| found.name).collect();
        assert_eq!(names, [third.name.clone(), second.name.clone()]);
        for name in [&second.name, &third.name] {
            let place = Location::Sqlite(here.path().join(format!("{name}.sqlite")));
            let wanted = Wanted { backup: Some(name.clone()), ..all() };
            assert_eq!(again(&place, &folder, &wanted).unwrap().differences, []);
            let copy = Database::open(&place, &narrow()).unwrap();
            assert_eq!(digests(&copy) == digests(database), *name == third.name);
        }
        // A set that goes is a change too.
        database
            .write(|tx| tx.raw("DELETE FROM \"measurementset\" WHERE \"measurementset_id\" = 11"))
            .unwrap();
        assert_eq!(saved(database, &folder, &job).unchanged, ranges - 4);
        assert_eq!(saved(database, &folder, &Job { all: true, ..job }).unchanged, 0);
        assert!(upkeep::facts(database).unwrap().last_backup.is_some());
    });
}

#[test]
fn emptied_ranges_are_filled_again() {
    on_both_with(&narrow(), |database| {
        fill(database);
        let here = tempfile::tempdir().unwrap();
        let folder = Folder::new(here.path());
        saved(database, &folder, &Job::default());
        let before = digests(database);
        let wanted = Wanted { partitions: Some(vec![1]), ..all() };
        let place = database.location().clone();
        let error = again(&place, &folder, &wanted).unwrap_err();
        assert!(error.to_string().contains("is not empty"), "{error}");
        if database.dialect() == crate::Dialect::Postgres {
            partition::detach(database, Range { lower: 10, upper: 20 }).unwrap();
            // What is taken off is still saved.
            saved(database, &folder, &Job { all: true, ..Job::default() });
            database
                .write(|tx| {
                    for part in partition::list_within(tx)?.iter().filter(|part| !part.attached) {
                        tx.raw(&format!("DROP TABLE \"{}\"", part.name))?;
                    }
                    Ok(())
                })
                .unwrap();
            // And when it is gone, its last copy stays.
            let made = saved(database, &folder, &Job { keep: 1, all: true, ..Job::default() });
            assert_eq!(made.unchanged, 4);
        } else {
            database
                .write(|tx| {
                    for table in schema::diagnostics::PARTITIONED {
                        tx.raw(&format!(
                            "DELETE FROM \"{}\" WHERE \"measurementset_id\" BETWEEN 10 AND 19",
                            table.name
                        ))?;
                    }
                    Ok(())
                })
                .unwrap();
        }
        let restored = again(&place, &folder, &wanted).unwrap();
        assert_eq!(restored.differences, []);
        assert_eq!(restored.parts, 4);
        assert_eq!(digests(database), before);
        let none = Wanted { partitions: Some(vec![9]), ..all() };
        assert!(again(&place, &folder, &none).unwrap_err().help().unwrap().contains("0 to"));
        // Not into another database.
        let other = crate::testing::sqlite(&narrow());
        let error = again(other.location(), &folder, &wanted).unwrap_err();
        assert!(error.to_string().contains("is not of the database"), "{error}");
    });
}

#[test]
fn damage_is_noticed_before_and_while_restoring() {
    let here = tempfile::tempdir().unwrap();
    let database = crate::testing::sqlite(&narrow());
    fill(&database);
    let folder = Folder::new(here.path().join("backup"));
    let made = saved(&database, &folder, &Job::default());
    let found = folder.open(None).unwrap();
    let gain = found
        .manifest
        .entries
        .iter()
        .find(|entry| entry.table == "gain" && entry.rows > 0)
        .unwrap();
    let path = folder.file(&gain.file);
    let whole = std::fs::read(&path).unwrap();
    let place = |name: &str| Location::Sqlite(here.path().join(name));
    // Cut: nothing is begun.
    std::fs::write(&path, &whole[..whole.len() - 1]).unwrap();
    let error = again(&place("cut.sqlite"), &folder, &all()).unwrap_err();
    assert!(matches!(error, LeddbError::Damaged { .. }), "{error}");
    assert!(!here.path().join("cut.sqlite").exists());
    // Changed: it fails, and the database says that it is not complete.
    let mut changed = whole.clone();
    let middle = changed.len() / 2;
    changed[middle] ^= 1;
    std::fs::write(&path, &changed).unwrap();
    again(&place("changed.sqlite"), &folder, &all()).unwrap_err();
    let half = Database::open(&place("changed.sqlite"), &narrow()).unwrap();
    assert_eq!(upkeep::facts(&half).unwrap().restoring, Some(made.name));
    // A file that is damaged is not taken over by the next backup when its size tells.
    std::fs::write(&path, &whole[..9]).unwrap();
    let next = saved(&database, &folder, &Job::default());
    assert!(next.written > 0);
    assert_eq!(again(&place("good.sqlite"), &folder, &all()).unwrap().differences, []);
}

#[test]
fn what_interrupted_backups_leave_is_swept_and_two_do_not_meet() {
    let here = tempfile::tempdir().unwrap();
    let database = crate::testing::sqlite(&narrow());
    fill(&database);
    let folder = Folder::new(here.path());
    let first = saved(&database, &folder, &Job::default());
    std::fs::write(folder.file(".partial-gain.x.rows.zst"), "half").unwrap();
    std::fs::write(folder.file("notes.txt"), "mine").unwrap();
    std::fs::write(folder.file("gain.lost.rows.zst"), "no manifest names it").unwrap();
    assert_eq!(folder.open(None).unwrap().name, first.name);
    let held = folder.hold().unwrap();
    let error = backup(&database, &folder, &Job::default(), Watch::NOBODY).unwrap_err();
    assert!(matches!(error, LeddbError::Busy { .. }), "{error}");
    drop(held);
    saved(&database, &folder, &Job::default());
    let names: Vec<_> = std::fs::read_dir(here.path())
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(
        names.iter().all(|name| !name.starts_with(".partial") && !name.contains("lost")),
        "{names:?}"
    );
    assert!(names.contains(&"notes.txt".to_string()));
}

#[test]
fn a_whole_file_is_copied_while_others_write() {
    let here = tempfile::tempdir().unwrap();
    let database = crate::testing::sqlite(&narrow());
    fill(&database);
    let folder = Folder::new(here.path().join("backup"));
    let job = Job { whole: true, ..Job::default() };
    saved(&database, &folder, &job);
    let place = Location::Sqlite(here.path().join("copy.sqlite"));
    let restored = again(&place, &folder, &all()).unwrap();
    assert_eq!(restored.differences, []);
    let copy = Database::open(&place, &narrow()).unwrap();
    assert_eq!(digests(&copy), digests(&database));
    let error = again(&place, &folder, &all()).unwrap_err();
    assert!(error.to_string().contains("is there already"), "{error}");
    if let Ok(server) = server() {
        let error = again(&server.location(&unique("new")), &folder, &all()).unwrap_err();
        assert!(error.to_string().contains("is a server"), "{error}");
    }
}

#[test]
fn readers_of_one_moment_see_nothing_that_comes_later() {
    let Some(database) = crate::testing::postgres(&narrow()) else { return };
    fill(&database);
    let moment = snapshot::Snapshot::take(&database).unwrap();
    database.write(|tx| tx.raw("DELETE FROM \"measurementset\"")).unwrap();
    let mut other = moment.share().unwrap();
    assert_eq!(
        crate::rows::count(&mut other, &Part::all(&schema::reference::MEASUREMENTSET)).unwrap(),
        24
    );
}
