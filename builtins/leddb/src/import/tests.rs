//! An original database is taken over into either back end, with everything put right
//! that was wrong in it, and nothing lost without a reason.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::migrate;
use crate::store::{Cell, Statement};
use crate::testing::{original, server, unique};
use crate::upkeep::integrity;
use crate::values::{Shape, decode, decode_times};

fn one<T: Cell>(database: &Database, text: &'static str) -> T {
    database
        .read(|tx| tx.row(Statement::constant(text, vec![]))?.get(0))
        .unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn numbers(database: &Database, text: &'static str) -> Vec<i64> {
    database
        .read(|tx| {
            tx.rows(Statement::constant(text, vec![]))?.iter().map(|row| row.get(0)).collect()
        })
        .unwrap()
}

#[test]
fn everything_is_taken_over_and_put_right() {
    let Some(from) = original() else { return };
    let folder = tempfile::tempdir().unwrap();
    let options = Options { roles: false, ..Options::default() };
    let job = Job { partition_width: 10, ..Job::default() };
    let mut seen = Vec::new();
    for to in [
        Location::Sqlite(folder.path().join("new.sqlite")),
        server().unwrap().location(&unique("imported")),
    ] {
        let report = import(&from, &to, &options, &job, Watch::NOBODY).unwrap();
        assert_eq!(report.differing, [""; 0], "{report:#?}");
        let database = Database::open(&to, &options).unwrap();
        assert_eq!(migrate::check(&database).unwrap(), []);
        assert_eq!(integrity(&database).unwrap(), []);
        assert_eq!(meta::verify(&database, false).unwrap(), []);
        what_is_there(&database);
        what_was_told(&report);
        let again = import(&from, &to, &options, &job, Watch::NOBODY).unwrap_err();
        assert!(again.to_string().contains("is not empty"), "{again}");
        let digests: Vec<_> =
            report.tables.iter().map(|t| (t.table.clone(), t.found, t.digest.clone())).collect();
        seen.push(digests);
        database.close();
    }
    assert_eq!(seen[0], seen[1], "both back ends have the same");
}

fn what_is_there(database: &Database) {
    // Products and sets that are one; ids are kept.
    assert_eq!(
        numbers(
            database,
            "SELECT \"lofar_dataset_beam_product_id\" FROM \"lofar_dataset_beam_product\" ORDER BY 1"
        ),
        [0, 2]
    );
    assert_eq!(
        numbers(database, "SELECT \"measurementset_id\" FROM \"measurementset\" ORDER BY 1"),
        [0, 1, 2, 4, 12, 23]
    );
    assert_eq!(
        one::<i64>(
            database,
            "SELECT \"lofar_dataset_beam_product_id\" FROM \"measurementset\" WHERE \"measurementset_id\" = 4"
        ),
        0
    );
    assert_eq!(
        one::<i64>(
            database,
            "SELECT \"measurementset_id\" FROM \"measurementset_product\" WHERE \"measurementset_product_id\" = 1"
        ),
        1
    );
    assert_eq!(
        one::<String>(
            database,
            "SELECT \"product_state\" FROM \"lofar_dataset_beam_product\" WHERE \"lofar_dataset_beam_product_id\" = 2"
        ),
        "unknown"
    );
    // Stamps are UTC, in winter and in summer; that of adding was so already.
    assert_eq!(
        one::<i64>(
            database,
            "SELECT \"last_check\" FROM \"measurementset_product\" WHERE \"measurementset_product_id\" = 0"
        ),
        1_358_247_600
    );
    assert_eq!(
        one::<i64>(
            database,
            "SELECT \"last_modification\" FROM \"measurementset_product\" WHERE \"measurementset_product_id\" = 0"
        ),
        1_373_882_400
    );
    assert_eq!(
        one::<i64>(
            database,
            "SELECT \"add_date\" FROM \"lofar_dataset_beam_product\" WHERE \"lofar_dataset_beam_product_id\" = 0"
        ),
        1_332_500_000
    );
    assert_eq!(
        one::<Option<i64>>(
            database,
            "SELECT \"product_size\" FROM \"measurementset_product\" WHERE \"measurementset_product_id\" = 2"
        ),
        None
    );
    assert_eq!(one::<String>(database, "SELECT \"store_host\" FROM \"update_job\""), "node011");
    assert!(
        one::<String>(
            database,
            "SELECT \"description\" FROM \"quality_kind\" WHERE \"quality_kind_id\" = 1"
        )
        .contains("samples used")
    );
    arrays(database);
}

fn arrays(database: &Database) {
    // Gains: of the parents too; the older double is gone; arrays are as they were.
    assert_eq!(
        numbers(database, "SELECT \"measurementset_id\" FROM \"gain\" ORDER BY 1"),
        [0, 0, 1, 1, 4, 4, 12, 12, 23]
    );
    let gain: Vec<u8> = one(
        database,
        "SELECT \"values\" FROM \"gain\" WHERE \"measurementset_id\" = 0 AND \"station\" = 'CS001HBA0'",
    );
    let gain = decode_times(&gain, Shape { channels: 1, times: Some(2) }).unwrap();
    assert!((gain[[1, 0, 1]].im - 4.0).abs() < 1e-12 && gain[[3, 0, 0]].re < -999.0);
    // Two correlations are XX and YY; the others are filled.
    let qts: Vec<u8> = one(database, "SELECT \"values\" FROM \"quality_time_statistic\"");
    let qts = decode_times(&qts, Shape { channels: 1, times: Some(2) }).unwrap();
    assert!((qts[[3, 0, 1]].re - 4.0).abs() < 1e-12 && crate::values::is_filler(qts[[1, 0, 0]]));
    // The baseline in byte order, its values conjugated, what is not there still so.
    assert_eq!(
        one::<String>(database, "SELECT \"station_1\" FROM \"baseline\" WHERE \"baseline_id\" = 2"),
        "DE601HBA"
    );
    let of =
        |text| decode(&one::<Vec<u8>>(database, text), Shape { channels: 1, times: None }).unwrap();
    let turned =
        of("SELECT \"values\" FROM \"quality_baseline_statistic\" WHERE \"baseline_id\" = 2");
    let same =
        of("SELECT \"values\" FROM \"quality_baseline_statistic\" WHERE \"baseline_id\" = 1");
    assert!((turned[[1, 0]].im + 2.0).abs() < 1e-12 && (same[[1, 0]].im - 2.0).abs() < 1e-12);
    assert!(crate::values::is_filler(turned[[3, 0]]));
    assert_eq!(
        numbers(database, "SELECT \"measurementset_id\" FROM \"gain_movie_has_measurementset\""),
        [1]
    );
    assert!(one::<bool>(
        database,
        "SELECT \"ms_has_gain_movie\" FROM \"ms_q\" WHERE \"measurementset_id\" = 1"
    ));
    assert_eq!(one::<String>(database, "SELECT \"lds_fields\" FROM \"lds_q\""), "NCP");
    // New ids come after all that were ever given.
    let next = database.write(|tx| tx.next_ids(&schema::reference::MEASUREMENTSET, 1)).unwrap();
    assert_eq!(next, [25]);
}

fn what_was_told(report: &Imported) {
    let of = |name: &str| report.tables.iter().find(|table| table.table == name).unwrap();
    let gain = of("gain");
    assert_eq!((gain.source, gain.written), (16, 9));
    let why: Vec<_> = gain.left_out.iter().map(|(why, count)| (why.as_str(), *count)).collect();
    assert_eq!(
        why,
        [
            ("its array has another shape", 1),
            ("its measurement set is not there", 2),
            ("its station is not there", 1),
            ("the merged set has such a row", 0),
            ("there is a newer row of the same key", 3),
        ]
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .collect::<Vec<_>>()
    );
    assert_eq!(gain.mended["outside of all partitions"], 6);
    assert_eq!(of("quality_baseline_statistic").left_out["its baseline is not there"], 1);
    assert_eq!(of("application_file").left_out["its step was left out"], 1);
    assert_eq!(of("measurementset_product").mended["size of -1 is unknown"], 1);
}

#[test]
fn only_an_original_is_taken_over() {
    let Some(ours) = crate::testing::postgres(&Options::default()) else { return };
    let folder = tempfile::tempdir().unwrap();
    let to = Location::Sqlite(folder.path().join("x.sqlite"));
    let options = Options::default();
    let error = import(ours.location(), &to, &options, &Job::default(), Watch::NOBODY).unwrap_err();
    assert!(error.to_string().contains("this program made it"), "{error}");
    let error = import(
        &server().unwrap().location("postgres"),
        &to,
        &options,
        &Job::default(),
        Watch::NOBODY,
    )
    .unwrap_err();
    assert!(error.to_string().contains("no table"), "{error}");
    assert!(!folder.path().join("x.sqlite").exists());
}
