//! Rows below chosen rows: by ids, or all but some; and how many may be chosen.

use serde_json::{Value as Json, json};

use super::scene::{both, rows, same};
use crate::query::{Filter, Limits, Op, Parents, Plan, Query, format};
use crate::schema::pseudo::Pseudo;
use crate::store::Options;

#[test]
fn rows_are_found_below_rows_of_any_pseudo_table_to_the_left() {
    let all = both();
    for (at, above) in Pseudo::ALL.into_iter().enumerate() {
        let ids: Vec<Json> =
            rows(&all[0], &Query::new(above)).iter().map(|row| format::json(&row[0])).collect();
        for below in Pseudo::ALL.into_iter().skip(at) {
            let every = same(all, &Query::new(below)).len();
            let some = same(all, &Query::new(below).below(above, &ids[..1]));
            let rest = Query::new(below).below_all(Query::new(above), ids[..1].to_vec());
            let rest = same(all, &rest);
            let whole = same(all, &Query::new(below).below(above, &ids)).len();
            let whole_too = Query::new(below).below_all(Query::new(above), Vec::new());
            assert_eq!(same(all, &whole_too).len(), whole, "{above:?} {below:?}");
            assert!(some.len() <= whole && rest.len() <= whole && whole <= every);
            assert!(some.len() + rest.len() >= whole, "{above:?} {below:?}");
        }
    }
}

#[test]
fn select_all_is_all_pages_whatever_their_number() {
    let all = both();
    let query = Query::new(Pseudo::Ms).filter("sbIndex < 2").unwrap();
    let mut ids: Vec<Json> = Vec::new();
    let plan = Plan::new(&query, Limits::interactive(&Options::default())).unwrap();
    for offset in [0, 9, 18] {
        let page = all[0].read(|tx| plan.page(tx, offset, 9)).unwrap();
        assert_eq!(page.total, 24);
        ids.extend(page.rows.iter().map(|row| format::json(&row[0])));
    }
    let by_ids = same(all, &Query::new(Pseudo::Msp).below(Pseudo::Ms, &ids));
    let by_all = same(all, &Query::new(Pseudo::Msp).below_all(query.clone(), Vec::new()));
    assert_eq!(by_ids, by_all);
    let but_one = Query::new(Pseudo::Msp).below_all(query, vec![ids[3].clone()]);
    assert_eq!(same(all, &but_one).len(), by_all.len() - 1);
}

#[test]
fn no_condition_of_the_rows_above_is_lost() {
    let all = both();
    // Files of one host, then the movies of their sets.
    let files = Query::new(Pseudo::Msp).filter("host = node012").unwrap();
    let movies = same(all, &Query::new(Pseudo::GainMovie).below_all(files, Vec::new()));
    let every = same(all, &Query::new(Pseudo::GainMovie));
    assert!(!movies.is_empty() && movies.len() < every.len());
    let by_set = Query::new(Pseudo::GainMovie).filter("MSId = 0").unwrap();
    assert_eq!(same(all, &by_set).len(), 1);
    let by_file = Query::new(Pseudo::GainMovie).filter("MSPId = 6,7").unwrap();
    assert_eq!(same(all, &by_file).len(), 1);
}

fn refusal(query: &Query) -> String {
    Plan::new(query, Limits::interactive(&Options::default())).unwrap_err().to_string()
}

#[test]
fn diagnostics_start_from_one_to_fifty_sets_or_products() {
    let all = both();
    for below in [Pseudo::Gain, Pseudo::Qts, Pseudo::Qfs, Pseudo::Qbs] {
        let query = Query::new(below);
        assert!(refusal(&query).contains("below chosen rows"));
        let many: Vec<i64> = (0..51).collect();
        assert!(refusal(&query.clone().below(Pseudo::Ms, &many)).contains("51 rows of MS"));
        assert!(refusal(&query.clone().below(Pseudo::Ms, &Vec::<i64>::new())).contains("0 rows"));
        assert!(refusal(&query.clone().below(Pseudo::Lds, &["L80001"])).contains("rows of LDS"));
        assert!(refusal(&query.clone().below(Pseudo::Msp, &[1])).contains("rows of MSP"));
        let fifty = query.clone().below(Pseudo::Ldsbp, &many[..50]);
        assert!(Plan::new(&fifty, Limits::interactive(&Options::default())).is_ok());
        let doubled: Vec<i64> = (0..51).map(|k| k / 2).collect();
        let doubled = query.clone().below(Pseudo::Ms, &doubled);
        assert!(Plan::new(&doubled, Limits::interactive(&Options::default())).is_ok());
        // Programs may do more.
        assert!(
            Plan::new(&query.clone().below(Pseudo::Ms, &many), Limits::batch(&Options::default()))
                .is_ok()
        );
        // All of a query is counted in the database.
        let limits = Limits { parents: Some(11), ..Limits::interactive(&Options::default()) };
        for database in all {
            let whole = query.clone().below_all(Query::new(Pseudo::Ldsbp), Vec::new());
            let plan = Plan::new(&whole, limits).unwrap();
            let error = database.read(|tx| plan.page(tx, 0, 10)).unwrap_err().to_string();
            assert!(error.contains("more than 11 rows are chosen"), "{error}");
            let less = query.clone().below_all(Query::new(Pseudo::Ldsbp), vec![json!(0)]);
            let plan = Plan::new(&less, limits).unwrap();
            assert!(database.read(|tx| plan.page(tx, 0, 10)).is_ok());
            let none = Query::new(Pseudo::Ldsbp).with(Filter::new("version", Op::Equal, 99));
            let plan = Plan::new(&query.clone().below_all(none, Vec::new()), limits).unwrap();
            let error = database.read(|tx| plan.count(tx)).unwrap_err().to_string();
            assert!(error.contains("no rows are chosen"), "{error}");
        }
    }
}

#[test]
fn a_query_for_too_many_rows_is_refused_before_it_runs() {
    let all = both();
    for database in all {
        let limits = Limits { rows: Some(100), ..Limits::batch(&Options::default()) };
        let plan = |query: &Query| Plan::new(query, limits).unwrap();
        let whole = Query::new(Pseudo::Qbs);
        let error = database.read(|tx| plan(&whole).page(tx, 0, 10)).unwrap_err();
        assert!(error.to_string().contains("100 are allowed"), "{error}");
        assert!(database.read(|tx| plan(&whole).count(tx)).is_ok());
        let narrow = whole.filter("qKId = 1").unwrap().filter("baselineId = 0").unwrap();
        assert_eq!(database.read(|tx| plan(&narrow).page(tx, 0, 10)).unwrap().total, 24);
    }
}

#[test]
fn a_query_is_the_same_after_json() {
    let query = Query::new(Pseudo::Gain)
        .filter("sbIndex = 1..3")
        .unwrap()
        .pick(crate::schema::pseudo::Selection::Station, &["CS001HBA0"])
        .below_all(Query::new(Pseudo::Ms).below(Pseudo::Lds, &["L80001"]), vec![json!(3)])
        .sorted(&["station"], true);
    let text = serde_json::to_string(&query).unwrap();
    assert_eq!(serde_json::from_str::<Query>(&text).unwrap(), query);
    assert!(text.contains("\"mode\":\"all_except\""), "{text}");
    let bad = text.replace("\"MS\"", "\"NO\"");
    assert!(serde_json::from_str::<Query>(&bad).unwrap_err().to_string().contains("`NO`"));
    assert!(matches!(query.parents, Some(Parents::AllExcept { .. })));
}

#[test]
fn ids_of_the_wrong_kind_are_refused() {
    let database = crate::testing::sqlite(&Options::default());
    let query = Query::new(Pseudo::Ms).below(Pseudo::Ldsb, &["x' OR 1=1"]);
    assert!(
        Plan::new(&query, Limits::batch(&Options::default()))
            .unwrap_err()
            .to_string()
            .contains("is an integer")
    );
    let query = Query::new(Pseudo::Ms).below(Pseudo::Lds, &["x' OR 1=1"]);
    assert!(super::scene::rows(&database, &query).is_empty());
}
