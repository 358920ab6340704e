//! Databases that fail in the middle of it.

use super::products::product;
use super::{content, count};
use crate::error::LeddbError;
use crate::load::{Diagnostics, Source, replace};
use crate::observe::{Change, process};
use crate::partition;
use crate::store::{Database, Options};
use crate::testing::sample::{self, Size};
use crate::testing::{Disk, Server, on_both, server, sqlite};

#[test]
fn a_server_that_is_killed_loses_what_was_not_finished_and_nothing_else() {
    if let Err(reason) = server() {
        eprintln!("skipped: no PostgreSQL: {reason}");
        return;
    }
    let server = Server::start().unwrap();
    let options = Options { roles: false, ..Options::default() };
    let database = Database::create(&server.location("crash"), &options).unwrap();
    for sub_band in 0..5 {
        database.write(|tx| process(tx, &product(sub_band))).unwrap();
    }
    let broken = database.write(|tx| {
        process(tx, &product(5))?;
        server.kill();
        process(tx, &product(6))
    });
    assert!(broken.is_err());
    server.run().unwrap();
    let database = Database::open(&server.location("crash"), &options).unwrap();
    assert_eq!(count(&database, "measurementset_product"), 5);
    // The same work again does the rest and repeats nothing.
    let changes: Vec<Change> = (0..10)
        .map(|sub_band| database.write(|tx| process(tx, &product(sub_band))).unwrap().change)
        .collect();
    assert_eq!(changes[..5], [Change::Kept; 5]);
    assert_eq!(changes[5..], [Change::Added; 5]);
    database.close();
}

#[test]
fn a_full_disk_keeps_nothing_of_the_set_and_all_before() {
    let database = sqlite(&Options::default());
    database.write(|tx| process(tx, &product(0))).unwrap();
    let before = content(&database);
    let full = database.write(|tx| {
        // As if there were no more space from here on.
        tx.raw("PRAGMA max_page_count = 1")?;
        for sub_band in 1..2000 {
            process(tx, &product(sub_band))?;
        }
        Ok(())
    });
    assert!(matches!(full, Err(LeddbError::Full { .. })), "{full:?}");
    assert_eq!(content(&database), before);
    database.write(|tx| tx.raw("PRAGMA max_page_count = 1073741823")).unwrap();
    assert_eq!(database.write(|tx| process(tx, &product(1))).unwrap().change, Change::Added);
}

#[test]
fn a_full_disk_of_a_server_keeps_nothing_of_the_set_and_all_before() {
    let disk = match server().map_err(|reason| format!("no PostgreSQL: {reason}")) {
        Ok(_) => Disk::new(4),
        Err(reason) => Err(reason),
    };
    let disk = match disk {
        Ok(disk) => disk,
        Err(reason) => return eprintln!("skipped: {reason}"),
    };
    let server = Server::start().unwrap();
    let options = Options { roles: false, ..Options::default() };
    let database = Database::create(&server.location("full"), &options).unwrap();
    let size = Size { subbands: 20, stations: 3, times: 4000, channels: 1, ..Size::default() };
    let made = database.write(|tx| sample::observation(tx, 1, size)).unwrap();
    partition::ensure(&database, None).unwrap();
    let place = disk.path().display();
    database.alone(&format!("CREATE TABLESPACE small LOCATION '{place}'")).unwrap();
    database.alone("ALTER TABLE \"gain_part_000_0_20000\" SET TABLESPACE small").unwrap();
    let load = |set: i64| {
        database.write(|tx| {
            let source = Source { stamp: Some(1), origin_msp: None };
            let rows = sample::rows_of(Diagnostics::Gain, set, &made, size);
            replace(tx, Diagnostics::Gain, set, source, rows)
        })
    };
    let loaded = made.sets.iter().take_while(|set| {
        let loaded = load(**set);
        let full = matches!(loaded, Err(LeddbError::Full { .. }));
        assert!(full || loaded.is_ok(), "{loaded:?}");
        !full
    });
    let sets = loaded.count();
    assert!(sets > 0 && sets < made.sets.len(), "{sets}");
    let counts = || (count(&database, "gain"), count(&database, "ms_diag_summary"));
    let loaded = i64::try_from(sets).unwrap();
    assert_eq!(counts(), (3 * loaded, loaded));
    disk.grow(64);
    load(made.sets[sets]).unwrap();
    assert_eq!(counts(), (3 * (loaded + 1), loaded + 1));
    database.close();
    drop(server);
}

#[test]
fn writers_that_meet_in_another_order_are_tried_again() {
    on_both(|database| {
        std::thread::scope(|scope| {
            for writer in 0..3_u32 {
                scope.spawn(move || {
                    for round in 0..2 {
                        // Several sets in one transaction, each writer in another order.
                        let mut sub_bands: Vec<u32> = (0..6).collect();
                        sub_bands.rotate_left((writer % 6) as usize);
                        if writer % 2 == 1 {
                            sub_bands.reverse();
                        }
                        database
                            .write(|tx| {
                                for sub_band in &sub_bands {
                                    let mut one = product(*sub_band);
                                    one.seen += i64::from(round * 10 + writer);
                                    process(tx, &one)?;
                                }
                                Ok(())
                            })
                            .unwrap();
                    }
                });
            }
        });
        assert_eq!(count(database, "measurementset_product"), 6);
        assert_eq!(count(database, "measurementset"), 6);
    });
}
