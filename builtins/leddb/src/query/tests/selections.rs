//! Picks from lists: what they filter, and where they do nothing.

use serde_json::json;

use super::scene::{both, refused, same};
use crate::query::{Filter, Limits, Op, Pick, Plan, Query, selection_list};
use crate::schema::pseudo::{Pseudo, Selection};
use crate::store::Value;

fn names(rows: &[Vec<Value>]) -> Vec<String> {
    rows.iter()
        .map(|row| if let Value::Text(name) = &row[0] { name.clone() } else { String::new() })
        .collect()
}

#[test]
fn stations_are_all_of_them_but_for_gains_any() {
    let all = both();
    let stations =
        |pseudo, picked: &[&str]| same(all, &Query::new(pseudo).pick(Selection::Station, picked));
    // Observation k has 2 + k stations; the fourth and fifth are in few.
    assert_eq!(names(&stations(Pseudo::Lds, &["CS001HBA0", "CS001HBA1"])).len(), 3);
    assert_eq!(names(&stations(Pseudo::Lds, &["CS001HBA0", "DE601HBA"])), ["L80002", "L80003"]);
    let twice = ["DE601HBA", "CS001HBA0", "DE601HBA", "CS001HBA0"];
    assert_eq!(names(&stations(Pseudo::Lds, &twice)), ["L80002", "L80003"]);
    assert_eq!(names(&stations(Pseudo::Lds, &["DE601HBA", "CS002HBA0"])), ["L80003"]);
    assert!(stations(Pseudo::Lds, &["CS001HBA0", "nothing"]).is_empty());
    for pseudo in [Pseudo::Ldsb, Pseudo::Ms, Pseudo::Msp, Pseudo::Qbs, Pseudo::GainMovie] {
        let picked = stations(pseudo, &["CS001HBA0", "DE601HBA"]).len();
        assert!(picked > 0 && picked < same(all, &Query::new(pseudo)).len(), "{pseudo:?}");
    }
    // Two observations of 12 sets have gains, with three and four stations.
    assert_eq!(stations(Pseudo::Gain, &["CS001HBA0", "DE601HBA"]).len(), 24 + 12);
}

#[test]
fn baselines_are_filtered() {
    let all = both();
    let whole = same(all, &Query::new(Pseudo::Qbs)).len();
    let one = same(all, &Query::new(Pseudo::Qbs).pick(Selection::Baseline, &[0])).len();
    assert_eq!((whole, one), (12 * 2 * (6 + 10), 24 * 2));
    let name = Query::new(Pseudo::Qbs).filter("station = CS001HBA0").unwrap();
    assert_eq!(same(all, &name).len(), 12 * 2 * (3 + 4));
}

#[test]
fn none_and_all_picked_are_no_filter_and_some_lists_do_nothing() {
    let all = both();
    let with = |pick| Query { selections: vec![pick], ..Query::new(Pseudo::Ms) };
    let pick = |list, picked: &[&str], listed| Pick {
        list,
        picked: picked.iter().map(|one| json!(one)).collect(),
        listed,
    };
    let count = |pick| same(all, &with(pick)).len();
    assert_eq!(count(pick(Selection::Field, &[], Some(3))), 36);
    assert_eq!(count(pick(Selection::Field, &["3C196"], Some(1))), 36);
    assert_eq!(count(pick(Selection::Field, &["3C196"], Some(3))), 18);
    assert_eq!(count(pick(Selection::Field, &["3C196"], None)), 18);
    let idle = with(pick(Selection::StoreHost, &["node011"], None));
    assert_eq!(same(all, &idle).len(), 36);
    let plan = Plan::new(&idle, Limits::batch(&crate::store::Options::default())).unwrap();
    assert_eq!(plan.inactive(), [Selection::StoreHost]);
}

#[test]
fn each_list_filters_where_it_is_used() {
    let all = both();
    for (list, pseudo, picked, found) in [
        (Selection::Project, Pseudo::Lds, json!("LEA128"), 3),
        (Selection::Project, Pseudo::Gain, json!("other"), 0),
        (Selection::AntennaType, Pseudo::Ldsb, json!("LBA"), 0),
        (Selection::Store, Pseudo::Ldsbp, json!("EoR"), 12),
        (Selection::StoreHost, Pseudo::Msp, json!("node012"), 18),
        (Selection::StoreHost, Pseudo::GainMovie, json!("node011"), 3 + 4),
        (Selection::QualityKind, Pseudo::Qts, json!(1), 24),
    ] {
        let query = Query::new(pseudo).pick(list, &[picked]);
        let seen = same(all, &query).len();
        if pseudo == Pseudo::GainMovie {
            assert!(seen > 0);
        } else {
            assert_eq!(seen, found, "{list:?} {pseudo:?}");
        }
    }
    assert!(
        refused(&Query::new(Pseudo::Qts).pick(Selection::QualityKind, &["x"])).contains("qKId")
    );
}

#[test]
fn a_pick_takes_the_place_of_a_condition_on_its_column() {
    let all = both();
    let query = Query::new(Pseudo::Ldsbp)
        .with(Filter::new("store", Op::Equal, "TARGET_E_EOR"))
        .pick(Selection::Store, &["EoR"]);
    assert_eq!(same(all, &query).len(), 12);
}

#[test]
fn lists_are_alike_on_both() {
    let all = both();
    for list in Selection::ALL {
        let of = |database: &crate::Database| database.read(|tx| selection_list(tx, list)).unwrap();
        let (headers, rows) = of(&all[0]);
        assert_eq!(headers.len(), list.table().columns.len());
        assert!(!rows.is_empty(), "{list:?}");
        for other in &all[1..] {
            assert_eq!(of(other).1, rows, "{list:?}");
        }
    }
}
