//! Whatever differs, afterwards nothing does; on either back end and across.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::backup::tests::digests;
use crate::load::{Diagnostics, Source, replace};
use crate::migrate;
use crate::store::Options;
use crate::testing::sample::{self, Size};
use crate::testing::{Fresh, postgres, sqlite};

fn narrow() -> Options {
    Options { partition_width: 10, roles: false, ..Options::default() }
}

fn add(database: &Database, number: i64) -> sample::Made {
    let made = database.write(|tx| sample::observation(tx, number, Size::default())).unwrap();
    partition::ensure(database, made.sets.last().copied()).unwrap();
    database.write(|tx| sample::diagnostics(tx, &made, Size::default())).unwrap();
    made
}

fn pairs(work: impl Fn(&Database, &Database)) {
    let new: [fn() -> Option<Fresh>; 2] = [|| Some(sqlite(&narrow())), || postgres(&narrow())];
    for from in new {
        for to in new {
            if let (Some(from), Some(to)) = (from(), to()) {
                work(&from, &to);
            }
        }
    }
}

#[test]
fn a_new_database_becomes_the_same_and_then_nothing_is_written() {
    pairs(|from, to| {
        add(from, 1);
        add(from, 2);
        meta::refresh(from, meta::Scope::Touched).unwrap();
        let before = compare(from, to, Watch::NOBODY).unwrap();
        let sets = before.parts.iter().find(|part| part.name == "measurementset").unwrap();
        assert_eq!((sets.source, sets.missing), (24, 24));
        let synced = sync(from, to, Watch::NOBODY).unwrap();
        assert_eq!(synced.differing, [""; 0]);
        assert_eq!(digests(from), digests(to));
        let again = sync(from, to, Watch::NOBODY).unwrap();
        assert_eq!(again, Synced::default());
        assert!(compare(from, to, Watch::NOBODY).unwrap().parts.iter().all(Counts::same));
        // New rows get the same ids on both.
        assert_eq!(add(to, 3).sets, add(from, 3).sets);
        assert_eq!(migrate::check(to).unwrap(), []);
    });
}

#[test]
fn changes_additions_and_deletions_are_found_everywhere() {
    pairs(|from, to| {
        let made = add(from, 1);
        add(from, 2);
        sync(from, to, Watch::NOBODY).unwrap();
        // The source goes on.
        from.write(|tx| {
            tx.raw("DELETE FROM \"lofar_dataset\" WHERE \"name\" = 'L80002'")?;
            tx.raw("UPDATE \"measurementset_product\" SET \"product_size\" = 7 WHERE \"measurementset_product_id\" = 3")?;
            tx.raw("UPDATE \"lofar_dataset_beam_product\" SET \"description\" = NULL, \"flagged\" = NULL WHERE \"lofar_dataset_beam_product_id\" = 1")?;
            tx.raw("INSERT INTO \"field\" (\"name\") VALUES ('new')")?;
            let source = Source { stamp: Some(5), origin_msp: None };
            let rows = sample::rows_of(Diagnostics::Qts, 2, &made, Size { times: 9, ..Size::default() });
            replace(tx, Diagnostics::Qts, 2, source, rows)?;
            let none = std::iter::empty();
            replace(tx, Diagnostics::Gain, 4, source, none).map(drop)
        }).unwrap();
        add(from, 3);
        meta::refresh(from, meta::Scope::Touched).unwrap();
        // The target has something of its own.
        to.write(|tx| tx.raw("INSERT INTO \"parent_path\" (\"name\") VALUES ('/mine')")).unwrap();
        let told = compare(from, to, Watch::NOBODY).unwrap();
        let of = |name: &str| {
            let part = told.parts.iter().find(|part| part.name == name).unwrap();
            (part.missing, part.changed, part.extra)
        };
        assert_eq!(of("field"), (1, 0, 0));
        assert_eq!(of("parent_path"), (2, 0, 1));
        assert_eq!(of("measurementset"), (12, 0, 12));
        assert_eq!(of("lofar_dataset_beam_product"), (4, 1, 4));
        assert_eq!(of("quality_time_statistic_part_000_0_10"), (0, 1, 0));
        assert_eq!(of("gain_part_000_0_10"), (0, 0, 1));
        let synced = sync(from, to, Watch::NOBODY).unwrap();
        assert_eq!(synced.differing, [""; 0]);
        assert_eq!(digests(from), digests(to));
        assert_eq!(meta::verify(to, false).unwrap(), []);
    });
}

#[test]
fn one_database_and_strangers_are_refused_and_stay_as_they_are() {
    let from = sqlite(&narrow());
    add(&from, 1);
    let error = sync(&from, &from, Watch::NOBODY).unwrap_err();
    assert!(error.to_string().contains("one database"), "{error}");
    // Another database, that numbers other observations alike.
    let to = sqlite(&narrow());
    to.write(|tx| tx.raw("INSERT INTO \"station\" VALUES ('XX', 'HBA', 'CS', '[1.0,2.0,3.0]')"))
        .unwrap();
    add(&to, 7);
    to.write(|tx| tx.raw("UPDATE \"baseline\" SET \"baseline_id\" = 77 WHERE \"baseline_id\" = 0"))
        .unwrap_or(());
    let before = digests(&to);
    match sync(&from, &to, Watch::NOBODY) {
        Ok(synced) => assert_eq!(synced.differing, [""; 0]),
        Err(error) => {
            let help = error.help().unwrap_or_default();
            assert!(help.contains("copies of one database"), "{error}");
            assert_eq!(digests(&to), before);
        }
    }
}
