//! Changes by hand on both back ends: what is shown is what is done.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::product_file::{Properties, Step};
use super::*;
use crate::load::{Existing, upsert};
use crate::meta::{self, Scope};
use crate::schema::{Type, movies, reference};
use crate::store::{Database, Statement, Value};
use crate::testing::on_both;
use crate::testing::sample::{self, Made, Size};

fn make(database: &Database, number: i64) -> Made {
    database
        .write(|tx| {
            let made = sample::observation(tx, number, Size::default())?;
            sample::diagnostics(tx, &made, Size::default())?;
            Ok(made)
        })
        .unwrap()
}

fn movie(database: &Database, name: &str, sets: &[i64]) {
    database
        .write(|tx| {
            let row: Vec<Value> = vec![
                format!("/m/{name}.mp4").into(),
                "node011".into(),
                5.into(),
                "time".into(),
                Value::Ints(vec![0, 3]),
                true.into(),
                Value::Ints(vec![0, -1, 1]),
                Value::Ints(vec![0, 0, 1]),
                "[0,1,2,3]".into(),
            ];
            let columns = [
                "file_path",
                "store_host",
                "product_size",
                "xaxis",
                "jones",
                "polar",
                "times",
                "channels",
                "yrange",
            ];
            let written = upsert(tx, &movies::GAIN_MOVIE, &columns, &[row], Existing::Keep)?;
            let links: Vec<_> =
                sets.iter().map(|set| vec![written[0].id.into(), (*set).into()]).collect();
            let columns = ["gain_movie_id", "measurementset_id"];
            let table = &movies::GAIN_MOVIE_HAS_MEASUREMENTSET;
            upsert(tx, table, &columns, &links, Existing::Keep).map(drop)
        })
        .unwrap();
}

fn count(database: &Database, table: &'static str) -> u64 {
    let text = format!("SELECT count(*) FROM \"{table}\"");
    let count: i64 =
        database.read(|tx| tx.row(Statement::built(text.clone(), Vec::new()))?.get(0)).unwrap();
    count.unsigned_abs()
}

fn execute(database: &Database, text: &'static str) {
    database.write(|tx| tx.execute(Statement::constant(text, Vec::new()))).unwrap();
}

const COUNTED: [&str; 12] = [
    "lofar_dataset",
    "lofar_dataset_beam",
    "lofar_dataset_beam_product",
    "application_run",
    "measurementset",
    "measurementset_product",
    "gain",
    "quality_baseline_statistic",
    "quality_frequency_statistic",
    "quality_time_statistic",
    "gain_movie_has_measurementset",
    "gain_movie",
];

fn ids(level: Level, ids: &[i64]) -> Target {
    Target { level, names: Vec::new(), ids: ids.to_vec() }
}

fn named(names: &[&str]) -> Target {
    let names = names.iter().map(ToString::to_string).collect();
    Target { level: Level::Observation, names, ids: Vec::new() }
}

/// Removes and checks that exactly what was shown went.
fn removed(database: &Database, target: &Target) -> Removal {
    let shown = database.read(|tx| preview(tx, target)).unwrap();
    let before: Vec<_> = COUNTED.iter().map(|table| count(database, table)).collect();
    let done = database.write(|tx| remove(tx, target)).unwrap();
    assert_eq!(done, shown);
    for (table, before) in COUNTED.iter().zip(before) {
        assert_eq!(before - count(database, table), shown.rows(table), "{table}");
    }
    meta::refresh(database, Scope::Touched).unwrap();
    assert_eq!(meta::verify(database, false).unwrap(), []);
    shown
}

#[test]
fn an_observation_goes_with_all_that_belongs_to_it() {
    on_both(|database| {
        let (one, two) = (make(database, 1), make(database, 2));
        movie(database, "lost", &one.sets[..2]);
        movie(database, "kept", &[one.sets[0], two.sets[0]]);
        let gone = removed(database, &named(&["L80001", "L80001", "L99999"]));
        assert_eq!(gone.observations, ["L80001"]);
        assert_eq!(gone.missing, ["L99999"]);
        assert_eq!(gone.movies, ["node011:/m/lost.mp4"]);
        // 12 sets of 100, 101, 102 MiB; 3 stations, 2 kinds, 6 baselines.
        assert_eq!((gone.size_mb, gone.unknown_sizes), (1212, 0));
        assert_eq!(gone.rows("gain"), 36);
        assert_eq!(gone.rows("quality_baseline_statistic"), 144);
        assert_eq!(gone.rows("gain_movie_has_measurementset"), 3);
        assert!(gone.diagnostics_bytes > 0);
        assert_eq!(count(database, "gain_movie"), 1);
        assert_eq!(count(database, "lofar_dataset_meta"), 1);
        assert!(database.read(|tx| preview(tx, &named(&["L80001"]))).unwrap().is_empty());
    });
}

#[test]
fn each_level_takes_what_is_below_it() {
    on_both(|database| {
        let made = make(database, 1);
        let gone = removed(database, &ids(Level::File, &[made.files[0], 9999]));
        assert_eq!((gone.tables.len(), gone.size_mb), (1, 100), "{gone:?}");
        assert_eq!((gone.observations, gone.missing), (vec!["L80001".into()], vec!["9999".into()]));
        let gone = removed(database, &ids(Level::Set, &made.sets[..2]));
        assert_eq!((gone.rows("measurementset"), gone.rows("measurementset_product")), (2, 1));
        let gone = removed(database, &ids(Level::Product, &made.products[..1]));
        assert_eq!((gone.rows("measurementset"), gone.rows("gain")), (1, 3));
        let gone = removed(database, &ids(Level::Beam, &made.beams));
        assert_eq!(gone.rows("lofar_dataset_beam_product"), 3);
        assert_eq!((count(database, "lofar_dataset"), count(database, "gain")), (1, 0));
        let nothing = database.write(|tx| remove(tx, &ids(Level::Set, &[]))).unwrap();
        assert!(nothing.is_empty());
    });
}

#[test]
fn unknown_sizes_are_counted_apart() {
    on_both(|database| {
        let made = make(database, 1);
        execute(
            database,
            "UPDATE \"measurementset_product\" SET \"product_size\" = NULL WHERE \"measurementset_product_id\" < 2",
        );
        let gone = removed(database, &ids(Level::File, &made.files[..3]));
        assert_eq!((gone.size_mb, gone.unknown_sizes), (102, 2));
    });
}

#[test]
fn names_and_ids_are_not_mixed() {
    on_both(|database| {
        let mut target = ids(Level::Observation, &[5]);
        let error = database.read(|tx| preview(tx, &target)).unwrap_err();
        assert_eq!(error.kind(), "input");
        target = named(&["L80001"]);
        target.level = Level::Set;
        assert!(database.write(|tx| remove(tx, &target)).is_err());
    });
}

/// A product like another one, but with other averaging and no file; its set.
fn twin(database: &Database, product: i64, channels: i64) -> (i64, i64) {
    database
        .write(|tx| {
            let row = tx.row(Statement::constant(
                "SELECT \"lofar_dataset_beam_id\", \"store\", \"product_version\", \"raw\" FROM \"lofar_dataset_beam_product\" \
                 WHERE \"lofar_dataset_beam_product_id\" = $1",
                vec![product.into()],
            ))?;
            let columns = [
                "lofar_dataset_beam_id",
                "store",
                "integration_time",
                "number_channels",
                "product_version",
                "raw",
                "tar",
                "bvf",
                "product_state",
            ];
            let values = vec![
                Value::Int(row.get(0)?),
                Value::Text(row.get(1)?),
                (-3.0).into(),
                channels.into(),
                Value::Int(row.get(2)?),
                Value::Bool(row.get(3)?),
                false.into(),
                false.into(),
                "unknown".into(),
            ];
            let table = &reference::LOFAR_DATASET_BEAM_PRODUCT;
            let product = upsert(tx, table, &columns, &[values], Existing::Keep)?[0].id.unwrap();
            let columns = ["lofar_dataset_beam_product_id", "sb_index", "central_frequency"];
            let values = vec![product.into(), 1.into(), Value::Null(Type::Float)];
            let set = upsert(tx, &reference::MEASUREMENTSET, &columns, &[values], Existing::Keep)?;
            Ok((product, set[0].id.unwrap()))
        })
        .unwrap()
}

#[test]
fn only_products_with_nothing_are_cleaned() {
    on_both(|database| {
        let made = make(database, 1);
        let (empty, _) = twin(database, made.products[0], -3);
        let (_, with_movie) = twin(database, made.products[0], -4);
        movie(database, "m", &[with_movie]);
        // Without a sibling that has files it stays.
        let alone = twin(database, made.products[3], -3).0;
        execute(
            database,
            "DELETE FROM \"measurementset_product\" WHERE \"measurementset_id\" >= 9 AND \"measurementset_id\" < 12",
        );
        // What has diagnostics stays, even where the summary forgot them.
        execute(
            database,
            "DELETE FROM \"measurementset_product\" WHERE \"measurementset_id\" >= 3 AND \"measurementset_id\" < 6",
        );
        execute(database, "DELETE FROM \"ms_diag_summary\"");
        let sibling = twin(database, made.products[1], -3).1;
        execute(
            database,
            "UPDATE \"measurementset_product\" SET \"measurementset_id\" = (SELECT max(\"measurementset_id\") FROM \"measurementset\") \
             WHERE \"measurementset_id\" = 0",
        );
        assert!(sibling > 0 && alone > 0);
        let found = database.read(|tx| empty_products(tx, None)).unwrap();
        assert_eq!(found.iter().map(|product| product.id).collect::<Vec<_>>(), [empty]);
        assert!(database.read(|tx| empty_products(tx, Some("TARGET_E_EOR"))).unwrap().is_empty());
        assert_eq!(database.read(|tx| empty_products(tx, Some("EoR"))).unwrap(), found);
        let (cleaned, removal) = database.write(|tx| clean(tx, None)).unwrap();
        assert_eq!(cleaned, found);
        assert_eq!(
            (removal.rows("lofar_dataset_beam_product"), removal.rows("measurementset")),
            (1, 1)
        );
        assert!(database.write(|tx| clean(tx, None)).unwrap().0.is_empty());
    });
}

fn step(order: i64, name: &str, files: &[&str]) -> Step {
    Step {
        order,
        app_name: name.into(),
        description: None,
        files: files.iter().map(ToString::to_string).collect(),
    }
}

#[test]
fn products_get_properties_and_steps() {
    on_both(|database| {
        let made = make(database, 1);
        let ids = &made.products[..2];
        let steps = vec![step(0, "NDPPP", &["/p/a", "/p/b"]), step(2, "BBS", &[])];
        let update = Update {
            product: Properties {
                general_description: Some("it's \"new\"".into()),
                is_flagged: Some(true),
                is_calibrated: Some(false),
                ..Properties::default()
            },
            steps: Some(steps.clone()),
        };
        let shown = database.read(|tx| differences(tx, ids, &update)).unwrap();
        let lines: Vec<_> = shown
            .iter()
            .filter(|one| one.product == ids[0])
            .map(|one| format!("{}: {} -> {}", one.what, one.before, one.after))
            .collect();
        assert_eq!(
            lines,
            [
                "general_description: 64 2 -> it's \"new\"",
                "is_calibrated:  -> no",
                "step 0:  -> NDPPP [/p/a, /p/b]",
                "step 2:  -> BBS"
            ]
        );
        assert_eq!(database.write(|tx| update_products(tx, ids, &update)).unwrap(), shown);
        assert!(database.write(|tx| update_products(tx, ids, &update)).unwrap().is_empty());
        let described = database.read(|tx| describe(tx, ids[1])).unwrap();
        assert_eq!(described.steps, steps);
        assert_eq!(described.properties.general_description.as_deref(), Some("it's \"new\""));
        assert_eq!(described.properties.main_user.as_deref(), Some("offringa"));
        assert_eq!(described.files.len(), 3);
        assert!(described.files[0].path.starts_with("/data1/users/lofareor/pipeline/L80001_001/"));
        // Steps alone, and properties alone.
        let only = Update { steps: Some(vec![step(0, "DP3", &[])]), ..Update::default() };
        let changed = database.write(|tx| update_products(tx, &ids[..1], &only)).unwrap();
        assert_eq!(changed.len(), 2);
        assert_eq!(count(database, "application_file"), 2);
        let only = Update {
            product: Properties { main_user: Some("me".into()), ..Properties::default() },
            steps: None,
        };
        database.write(|tx| update_products(tx, ids, &only)).unwrap();
        assert_eq!(database.read(|tx| describe(tx, ids[1])).unwrap().steps, steps);
    });
}

#[test]
fn an_update_is_made_for_all_products_or_for_none() {
    on_both(|database| {
        let made = make(database, 1);
        let update = Update {
            product: Properties { main_user: Some("me".into()), ..Properties::default() },
            steps: None,
        };
        let ids = [made.products[0], 777, 778];
        let error = database.write(|tx| update_products(tx, &ids, &update)).unwrap_err();
        assert!(error.to_string().contains("777, 778"), "{error}");
        let long = Update {
            product: Properties { main_user: Some("x".repeat(21)), ..Properties::default() },
            steps: Some(vec![step(0, "a", &[])]),
        };
        assert!(database.write(|tx| update_products(tx, &made.products, &long)).is_err());
        assert_eq!(count(database, "application_run"), 0);
        let described = database.read(|tx| describe(tx, made.products[0])).unwrap();
        assert_eq!(described.properties.main_user.as_deref(), Some("offringa"));
        assert!(database.read(|tx| differences(tx, &ids, &Update::default())).is_err());
    });
}

#[test]
fn properties_are_copied_unless_products_would_become_the_same() {
    on_both(|database| {
        let made = make(database, 1);
        let from = made.products[0];
        // The same beam and version in another store, once alone, once next to a tar.
        let (to, set) = twin(database, from, -3);
        let (second, _) = twin(database, from, -4);
        for id in [to, second] {
            database
                .write(|tx| {
                    tx.execute(Statement::constant(
                        "UPDATE \"lofar_dataset_beam_product\" SET \"store\" = 'TARGET_E_EOR' WHERE \"lofar_dataset_beam_product_id\" = $1",
                        vec![id.into()],
                    ))
                })
                .unwrap();
        }
        let pairs = database.read(|tx| pairs_of_stores(tx, "EoR", "TARGET_E_EOR")).unwrap();
        assert_eq!(pairs, [Pair { from, to }, Pair { from, to: second }]);
        let parts = Parts { product: true, sets: true };
        let shown = database.read(|tx| copy_properties(tx, &pairs, parts, false)).unwrap();
        assert_eq!(shown[1].refused, Some(format!("it would be the same as product {to}")));
        let what: Vec<_> = shown[0].differences.iter().map(|one| one.what.as_str()).collect();
        assert_eq!(
            what,
            [
                "integration_time",
                "number_channels",
                "description",
                "product_state",
                "flagged",
                "SB001 central_frequency",
                "SB001 bandwidth"
            ]
        );
        let done = database.write(|tx| copy_properties(tx, &pairs, parts, true)).unwrap();
        assert_eq!(done, shown);
        let again = database.write(|tx| copy_properties(tx, &pairs[..1], parts, true)).unwrap();
        assert!(again[0].differences.is_empty() && again[0].refused.is_none());
        let frequency: f64 = database
            .read(|tx| {
                tx.row(Statement::constant(
                    "SELECT \"central_frequency\" FROM \"measurementset\" WHERE \"measurementset_id\" = $1",
                    vec![set.into()],
                ))?
                .get(0)
            })
            .unwrap();
        assert!((frequency - sample::frequency(1)).abs() < 1e-9);
    });
}

#[test]
fn only_what_is_asked_for_is_copied() {
    on_both(|database| {
        let made = make(database, 1);
        let (to, _) = twin(database, made.products[2], -3);
        let pair = [Pair { from: made.products[0], to }];
        let count = |parts| {
            let copied = database.read(|tx| copy_properties(tx, &pair, parts, false)).unwrap();
            copied[0].differences.len()
        };
        assert_eq!(count(Parts { product: false, sets: true }), 2);
        // In its own store there is such a product already.
        assert_eq!(count(Parts { product: true, sets: false }), 0);
        let unknown = [Pair { from: to, to: made.products[0] }, Pair { from: to, to }];
        let parts = Parts { product: true, sets: true };
        let copied = database.write(|tx| copy_properties(tx, &unknown, parts, true)).unwrap();
        assert!(copied[0].refused.as_ref().unwrap().contains("not known"));
        assert!(copied[1].refused.as_ref().unwrap().contains("same product"));
        let gone = [Pair { from: 12345, to }];
        assert!(database.read(|tx| copy_properties(tx, &gone, parts, false)).is_err());
    });
}
