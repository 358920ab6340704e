//! Products of lists: checked before, written once, with borrowed facts.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use ledama_base::corrections::Corrections;

use super::*;
use crate::lists::{CatalogueRow, Product};
use crate::meta::{self, Scope};
use crate::migrate::row_counts;
use crate::observe::{Overrides, Place};
use crate::store::{Cell, Database, Statement};
use crate::testing::on_both;
use crate::testing::sample::{self, Size};

const PLACE: Place<'static> = Place { host: "TARGET_E_EOR", store: "TARGET_E_EOR", remote: true };

fn row(line: usize, path: &str, size_mb: u64) -> Product {
    Product { line, path: path.into(), size_mb: Some(size_mb), checksum: None }
}

fn wanted(rows: &[Product], overrides: &Overrides) -> Vec<Item> {
    items(PLACE, rows, overrides, Corrections::built_in()).unwrap().0
}

fn one<T: Cell>(database: &Database, text: &'static str) -> T {
    database.read(|tx| tx.row(Statement::constant(text, Vec::new()))?.get(0)).unwrap()
}

fn put(database: &Database, items: &[Item], now: i64) -> Added {
    let done = database.write(|tx| add(tx, items, true, now)).unwrap();
    meta::refresh(database, Scope::Touched).unwrap();
    done
}

#[test]
fn all_rows_are_judged_before_any_is_written() {
    let rows = [
        row(1, "L80001/L80001_SAP000_SB000_uv.MS", 5),
        row(2, "L80001/readme", 5),
        row(3, "L80001/L80001_SAP000_SB000_uv.MS", 6),
        row(4, "L80001_SAP000_SB001_uv.MS", 5),
    ];
    let faults = items(PLACE, &rows, &Overrides::default(), Corrections::built_in()).unwrap_err();
    let lines: Vec<_> = faults.iter().map(|fault| fault.line).collect();
    assert_eq!(lines, [2, 3, 4], "{faults:?}");
    let rows = [rows[0].clone(), rows[0].clone()];
    let (items, twice) =
        items(PLACE, &rows, &Overrides::default(), Corrections::built_in()).unwrap();
    assert_eq!((items.len(), twice), (1, 1));
}

#[test]
fn what_a_list_does_not_tell_is_borrowed_from_the_cluster() {
    on_both(|database| {
        database.write(|tx| sample::observation(tx, 1, Size::default())).unwrap();
        let rows = [
            row(1, "L80001_001/L80001_SAP001_SB002_uv.MS.tar", 7),
            // No such sub-band on the cluster, and no such observation.
            row(2, "L80001_001/L80001_SAP001_SB200_uv.MS.tar", 7),
            row(3, "L99999/L99999_SAP000_SB000_uv.MS.tar", 7),
        ];
        let done = put(database, &wanted(&rows, &Overrides::default()), 1000);
        assert_eq!((done.added, done.failed.len()), (3, 0));
        assert_eq!(
            one::<i64>(
                database,
                "SELECT count(*) FROM \"lofar_dataset_beam_product\" WHERE \"store\" = 'TARGET_E_EOR' \
                 AND \"number_channels\" = 64 AND \"product_version\" = 1 AND \"product_state\" = 'ok'"
            ),
            1
        );
        assert!(
            (one::<f64>(
                database,
                "SELECT m.\"central_frequency\" FROM \"measurementset\" AS m \
                 JOIN \"measurementset_product\" AS f ON f.\"measurementset_id\" = m.\"measurementset_id\" \
                 WHERE f.\"name\" = 'L80001_SAP001_SB002_uv.MS.tar'"
            ) - sample::frequency(2))
            .abs()
                < 1e-9
        );
        assert_eq!(
            one::<i64>(
                database,
                "SELECT \"number_channels\" FROM \"lofar_dataset_beam_product\" AS p \
                 JOIN \"lofar_dataset_beam\" AS b ON b.\"lofar_dataset_beam_id\" = p.\"lofar_dataset_beam_id\" \
                 WHERE b.\"lofar_dataset\" = 'L99999'"
            ),
            -3
        );
        // META is computed, not assumed.
        assert!(one::<bool>(
            database,
            "SELECT \"ms_has_msp\" FROM \"ms_q\" ORDER BY \"measurementset_id\" DESC LIMIT 1"
        ));
    });
}

#[test]
fn overrides_count_before_facts_are_borrowed() {
    on_both(|database| {
        database.write(|tx| sample::observation(tx, 1, Size::default())).unwrap();
        let overrides = Overrides { lds: Some("L80001".into()), version: Some(1) };
        let rows = [row(1, "elsewhere/L99999_SAP000_SB001_uv.MS", 7)];
        assert_eq!(put(database, &wanted(&rows, &overrides), 1000).added, 1);
        assert_eq!(
            one::<i64>(
                database,
                "SELECT \"number_channels\" FROM \"lofar_dataset_beam_product\" \
                 WHERE \"store\" = 'TARGET_E_EOR' AND \"product_version\" = 1"
            ),
            64
        );
        assert_eq!(one::<i64>(database, "SELECT count(*) FROM \"lofar_dataset\""), 1);
    });
}

#[test]
fn a_list_that_is_read_again_changes_what_differs_only() {
    on_both(|database| {
        let md5 = "9e107d9d372bb6826bd81d3542a419d6";
        let mut rows = vec![
            row(1, "/pnfs/L80001/L80001_SB000_uv.MS.tar", 7),
            row(2, "/pnfs/L80001/L80001_SB001_uv.MS.tar", 8),
            Product { size_mb: None, ..row(3, "/pnfs/L80001/L80001_SB002_uv.MS.tar", 0) },
        ];
        let put = |rows: &[Product], now| {
            let done = put(database, &wanted(rows, &Overrides::default()), now);
            (done.added, done.updated, done.skipped)
        };
        assert_eq!(put(&rows, 1000), (3, 0, 0));
        let before = database.read(row_counts).unwrap();
        assert_eq!(put(&rows, 2000), (0, 0, 3));
        assert_eq!(database.read(row_counts).unwrap(), before);
        rows[0].size_mb = Some(9);
        rows[1].checksum = Some(md5.into());
        assert_eq!(put(&rows, 3000), (0, 2, 1));
        assert_eq!(put(&rows, 4000), (0, 0, 3));
        rows[1].checksum = None;
        assert_eq!(put(&rows, 5000), (0, 0, 3));
        let file = "SELECT \"last_modification\" FROM \"measurementset_product\" ORDER BY \"name\"";
        assert_eq!(one::<i64>(database, file), 3000);
        assert_eq!(
            one::<String>(
                database,
                "SELECT \"checksum\" FROM \"measurementset_product\" WHERE \"checksum\" IS NOT NULL"
            ),
            md5
        );
        let items = wanted(
            &[rows[0].clone(), row(9, "/pnfs/L80001/L80001_SB100_uv.MS.tar", 1)],
            &Overrides::default(),
        );
        assert_eq!(database.read(|tx| known(tx, &items)).unwrap(), [true, false]);
    });
}

#[test]
fn a_product_that_is_refused_takes_no_other_with_it() {
    on_both(|database| {
        let rows =
            [row(1, "/p/L80001/L80001_SB000_uv.MS", 1), row(2, "/p/L80001/L80001_SB001_uv.MS", 1)];
        let mut items = wanted(&rows, &Overrides::default());
        items[0].size_mb = Some(-5);
        let done = put(database, &items, 1000);
        assert_eq!((done.added, done.failed.len()), (1, 1));
        assert_eq!(done.failed[0].path, "/p/L80001/L80001_SB000_uv.MS");
        assert_eq!(one::<i64>(database, "SELECT count(*) FROM \"measurementset\""), 1);
    });
}

#[test]
fn a_sample_gives_the_paths_of_all_sub_bands() {
    assert_eq!(
        sub_band_paths("/SB777/L80001/L80001_SAP000_SB004_uv.MS_SB004.tar", &[0, 243, 1000])
            .unwrap(),
        [
            "/SB777/L80001/L80001_SAP000_SB000_uv.MS_SB004.tar",
            "/SB777/L80001/L80001_SAP000_SB243_uv.MS_SB004.tar",
            "/SB777/L80001/L80001_SAP000_SB1000_uv.MS_SB004.tar"
        ]
    );
    assert!(sub_band_paths("/SB777/L80001/readme", &[0]).is_err());
    assert!(sub_band_paths("/x/L80001_SB01.MS", &[0]).is_err());
}

fn catalogue(line: usize, name: &str, mhz: f64) -> CatalogueRow {
    CatalogueRow { line, name: name.into(), product_id: Some(1), central_frequency: mhz }
}

const AVERAGING: Averaging =
    Averaging { version: 3, integration_time: 10.0, bandwidth: 0.195, channels: 1 };

#[test]
fn products_without_files_get_frequencies() {
    on_both(|database| {
        database.write(|tx| sample::observation(tx, 1, Size::default())).unwrap();
        let rows = [
            catalogue(1, "L80001_SAP000_SB000_uv.MS", 115.1),
            catalogue(2, "L80001_SAP000_SB001_uv.MS", 115.2),
            catalogue(3, "L80001_SAP001_SB000_uv.MS.dppp", 115.3),
        ];
        let items = empty_items(&rows, Corrections::built_in()).unwrap();
        let put = || database.write(|tx| add_empty(tx, &items, AVERAGING, 1000)).unwrap();
        assert_eq!(put(), EmptyAdded { products: 2, sets: 3, filled: 0, skipped: 0 });
        assert_eq!(put(), EmptyAdded { products: 0, sets: 0, filled: 0, skipped: 3 });
        assert_eq!(
            one::<String>(
                database,
                "SELECT \"description\" FROM \"lofar_dataset_beam_product\" WHERE \"product_version\" = 3"
            ),
            "1 10"
        );
        meta::refresh(database, Scope::Touched).unwrap();
        assert!(!one::<bool>(
            database,
            "SELECT \"ms_has_msp\" FROM \"ms_q\" ORDER BY \"measurementset_id\" DESC LIMIT 1"
        ));
    });
}

#[test]
fn a_beam_that_is_missing_refuses_all() {
    on_both(|database| {
        database.write(|tx| sample::observation(tx, 1, Size::default())).unwrap();
        let before = database.read(row_counts).unwrap();
        let rows = [
            catalogue(1, "L80001_SAP000_SB000_uv.MS", 115.1),
            catalogue(2, "L80001_SAP007_SB001_uv.MS", 115.2),
            catalogue(3, "L99999_SAP000_SB001_uv.MS", 115.2),
        ];
        let items = empty_items(&rows, Corrections::built_in()).unwrap();
        let error = database.write(|tx| add_empty(tx, &items, AVERAGING, 1000)).unwrap_err();
        assert!(error.to_string().contains("L80001 beam 7, L99999 beam 0"), "{error}");
        let wrong = Averaging { channels: 0, ..AVERAGING };
        assert!(database.write(|tx| add_empty(tx, &items[..1], wrong, 1000)).is_err());
        assert_eq!(database.read(row_counts).unwrap(), before);
    });
    let rows = [
        catalogue(1, "readme", 115.1),
        catalogue(2, "L80001_SAP000_SB001_uv.MS", 115.2),
        catalogue(5, "L80001_SB001_uv.MS", 115.2),
    ];
    let faults = empty_items(&rows, Corrections::built_in()).unwrap_err();
    assert_eq!(faults.iter().map(|fault| fault.line).collect::<Vec<_>>(), [1, 5]);
}
