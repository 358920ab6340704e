//! Arrays with their axes, in batches.

use std::ops::ControlFlow;

use super::scene::{both, fill};
use crate::query::{ArrayRow, BATCH_BYTES, Limits, Plan, Query};
use crate::schema::pseudo::Pseudo;
use crate::store::{Database, Value};
use crate::testing::{on_both, sample};

fn load(database: &Database, query: &Query, bytes: usize) -> (Vec<ArrayRow>, usize) {
    let plan = Plan::new(query, Limits::batch(&crate::store::Options::default())).unwrap();
    let (mut all, mut batches) = (Vec::new(), 0);
    database
        .read(|tx| {
            plan.values(tx, bytes, |batch| {
                let size: usize = batch.iter().map(|row| row.array.len() * 16).sum();
                assert!(size <= bytes || batch.len() == 1);
                all.extend(batch);
                batches += 1;
                Ok(ControlFlow::Continue(()))
            })
        })
        .unwrap();
    (all, batches)
}

#[test]
fn arrays_come_whole_in_order_and_alike_on_both() {
    let all = both();
    for pseudo in [Pseudo::Gain, Pseudo::Qts, Pseudo::Qfs, Pseudo::Qbs] {
        let query = Query::new(pseudo).filter("sbIndex > 0").unwrap();
        let count = super::scene::rows(&all[0], &query).len();
        let (first, one) = load(&all[0], &query, BATCH_BYTES);
        assert_eq!((first.len(), one), (count, 1));
        let (again, many) = load(&all[0], &query, 300);
        assert_eq!(again, first);
        assert!(many > 5);
        for other in &all[1..] {
            assert_eq!(load(other, &query, BATCH_BYTES).0, first);
        }
        let frequencies: Vec<f64> = first.iter().map(|row| row.frequencies[0]).collect();
        let half = &frequencies[..count * if pseudo == Pseudo::Gain { 3 } else { 1 } / 10];
        assert!(half.windows(2).all(|pair| pair[0] <= pair[1]), "{pseudo:?}");
    }
}

#[test]
fn axes_are_those_of_the_set() {
    on_both(|database| {
        let made = fill(database);
        let query = Query::new(Pseudo::Gain)
            .below(Pseudo::Ms, &made[0].sets[1..2])
            .filter("station = CS001HBA1")
            .unwrap();
        let (rows, _) = load(database, &query, BATCH_BYTES);
        assert_eq!(rows.len(), 1);
        let row = &rows[0];
        assert_eq!(row.set, made[0].sets[1]);
        assert_eq!(row.array.shape(), [4, 2, 5]);
        let first = sample::frequency(1) - 0.195 / 2.0 + 0.5 * 97_656.25 / 1e6;
        assert!((row.frequencies[0] - first).abs() < 1e-12);
        let times = row.times.as_ref().unwrap();
        assert_eq!(times.len(), 5);
        assert!((times[4] - times[0] - 40.0).abs() < 1e-6);
        assert!((times[0] - 4_839_322_659.5).abs() < 1e-6);
        assert!(row.mask().iter().all(|masked| !masked));
        let bytes = sample::array(
            made[0].sets[1] * 1000 + 1,
            crate::values::Shape { channels: 2, times: Some(5) },
        )
        .unwrap();
        let shape = crate::values::Shape { channels: 2, times: Some(5) };
        assert_eq!(row.array, crate::values::decode_any(&bytes, shape).unwrap());
        let plan = Plan::new(&query, Limits::batch(&crate::store::Options::default())).unwrap();
        let station = plan.value_columns().iter().position(|one| one.header == "station").unwrap();
        assert_eq!(row.facts[station], Value::Text("CS001HBA1".to_string()));
    });
}

#[test]
fn frozen_rows_are_those_rows() {
    on_both(|database| {
        fill(database);
        for pseudo in [Pseudo::Gain, Pseudo::Qts, Pseudo::Qfs, Pseudo::Qbs] {
            let query = Query::new(pseudo).filter("sbIndex = 1").unwrap();
            let plan = Plan::new(&query, Limits::batch(&crate::store::Options::default())).unwrap();
            let pairs = database.read(|tx| plan.pairs(tx)).unwrap();
            assert!(pairs.len() > 3);
            let frozen = Query { rows: Some(pairs[1..3].to_vec()), ..Query::new(pseudo) };
            let (arrays, _) = load(database, &frozen, BATCH_BYTES);
            let mut ids: Vec<(i64, i64)> = arrays.iter().map(|row| (row.set, row.id)).collect();
            ids.sort_unstable();
            let mut expected = pairs[1..3].to_vec();
            expected.sort_unstable();
            assert_eq!(ids, expected);
            assert_eq!(super::scene::rows(database, &frozen).len(), 2);
        }
        let none = Query { rows: Some(vec![(0, 0)]), ..Query::new(Pseudo::Ms) };
        assert!(Plan::new(&none, Limits::batch(&crate::store::Options::default())).is_err());
    });
}

#[test]
fn a_reader_may_stop() {
    on_both(|database| {
        fill(database);
        let plan =
            Plan::new(&Query::new(Pseudo::Qbs), Limits::batch(&crate::store::Options::default()))
                .unwrap();
        let mut batches = 0;
        database
            .read(|tx| {
                plan.values(tx, 1, |batch| {
                    assert_eq!(batch.len(), 1);
                    batches += 1;
                    Ok(if batches == 3 {
                        ControlFlow::Break(())
                    } else {
                        ControlFlow::Continue(())
                    })
                })
            })
            .unwrap();
        assert_eq!(batches, 3);
    });
}
