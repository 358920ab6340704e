//! Products against products, files against rows.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::store::Statement;
use crate::testing::on_both;
use crate::testing::sample::{self, Size};

fn side(version: i64, beam: i64) -> Side {
    let raw = version == 0;
    Side { beam, version, store: "EoR".into(), raw, tar: false, bvf: false }
}

fn wanted() -> Wanted {
    Wanted {
        observations: Vec::new(),
        a: side(0, 0),
        b: side(1, 0),
        expected: Vec::new(),
        tolerance: 0.05,
    }
}

#[test]
fn each_sub_band_has_one_state() {
    on_both(|database| {
        let size = Size { subbands: 7, ..Size::default() };
        let made = database.write(|tx| sample::observation(tx, 1, size)).unwrap();
        database.write(|tx| sample::observation(tx, 2, size)).unwrap();
        // Version 0 has the sets 0 to 6 of the first beam, version 1 the sets 7 to 13.
        for text in [
            "UPDATE \"measurementset_product\" SET \"product_size\" = 97 WHERE \"measurementset_id\" = 7",
            "UPDATE \"measurementset_product\" SET \"product_size\" = 90 WHERE \"measurementset_id\" = 1",
            "UPDATE \"measurementset_product\" SET \"product_size\" = NULL WHERE \"measurementset_id\" = 2",
            "UPDATE \"measurementset_product\" SET \"product_size\" = 0 WHERE \"measurementset_id\" IN (3, 10)",
            "DELETE FROM \"measurementset_product\" WHERE \"measurementset_id\" = 11",
            "DELETE FROM \"measurementset_product\" WHERE \"measurementset_id\" IN (5, 12)",
            "UPDATE \"measurementset_product\" SET \"measurementset_id\" = 6 WHERE \"measurementset_id\" = 14",
        ] {
            database.write(|tx| tx.execute(Statement::constant(text, Vec::new()))).unwrap();
        }
        assert_eq!(made.sets[7], 7);
        let mut wanted = wanted();
        wanted.observations = vec!["L80001".into()];
        let checked = database.read(|tx| check_products(tx, &wanted)).unwrap();
        let states: Vec<_> = checked[0].pairs.iter().map(|pair| pair.state).collect();
        assert_eq!(
            states,
            [
                State::Ok,
                State::Size,
                State::Unknown,
                State::Ok,
                State::Missing,
                State::Absent,
                State::Multiple
            ]
        );
        assert_eq!((checked[0].count(State::Ok), checked[0].pairs[4].b.len()), (2, 0));
        wanted.tolerance = 0.2;
        let checked = database.read(|tx| check_products(tx, &wanted)).unwrap();
        assert_eq!(checked[0].pairs[1].state, State::Ok, "the larger side may be either");
        wanted.expected = (0..10).collect();
        let checked = database.read(|tx| check_products(tx, &wanted)).unwrap();
        assert_eq!(checked[0].count(State::Absent), 4);
        wanted.observations.clear();
        assert_eq!(database.read(|tx| check_products(tx, &wanted)).unwrap().len(), 2);
        wanted.a.store = "EoRBackup".into();
        wanted.b.store = "EoRBackup".into();
        assert!(database.read(|tx| check_products(tx, &wanted)).unwrap().is_empty());
        wanted.observations = vec!["L1".into()];
        assert!(database.read(|tx| check_products(tx, &wanted)).is_err());
    });
}

#[test]
fn files_are_unknown_or_absent() {
    on_both(|database| {
        database.write(|tx| sample::observation(tx, 1, Size::default())).unwrap();
        let folder = "/data1/users/lofareor/pipeline/L80001_000";
        let there = [format!("{folder}/L80001_SAP000_SB000_uv.MS"), format!("{folder}/new.MS")];
        let compare = |host: &str, roots: &[&str]| {
            let roots: Vec<String> = roots.iter().map(ToString::to_string).collect();
            database.read(|tx| compare_files(tx, host, &roots, &there)).unwrap()
        };
        let seen = compare("node011", &["/data1/users/lofareor/"]);
        assert_eq!((seen.unknown, seen.absent.len()), (vec![there[1].clone()], 5));
        // A root is a folder, not a pattern or the beginning of a name.
        for roots in [&["/data1/users/lofar"][..], &["/data1.users/lofareor"], &[]] {
            assert!(compare("node011", roots).absent.is_empty());
        }
        assert_eq!(compare("node012", &["/data2"]).unknown.len(), 2);
    });
}
