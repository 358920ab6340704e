//! Pages: each row once, whatever happens meanwhile.

use std::time::Duration;

use super::scene::{both, fill, same};
use crate::query::{Counts, Filter, Key, Limits, Op, Plan, Query};
use crate::schema::pseudo::{Pseudo, TABLES};
use crate::store::{Database, Options, Value};
use crate::testing::{on_both, sample};

/// All rows, page by page.
fn by_keys(database: &Database, plan: &Plan, limit: u64) -> Vec<Vec<Value>> {
    let mut all = Vec::new();
    let mut key: Option<Key> = None;
    loop {
        let page = database
            .read(|tx| {
                // As it would come back from a browser.
                let key = key.as_ref().map(Key::to_text);
                let key = key.map(|text| Key::parse(&text, plan, tx)).transpose()?;
                plan.page_after(tx, key.as_ref(), limit)
            })
            .unwrap();
        all.extend(page.rows);
        match page.next {
            Some(next) => key = Some(next),
            None => return all,
        }
    }
}

#[test]
fn pages_by_offset_and_by_place_have_each_row_once() {
    let all = both();
    for table in TABLES {
        for query in [
            Query::new(table.kind),
            Query { descending: true, ..Query::new(table.kind) },
            Query::new(table.kind).sorted(&["LDSBPId", "field"], true),
            Query::new(table.kind).sorted(&["field"], false).columns(&["LDSBId"]),
            Query::new(table.kind).sorted(&["message", "jones"], true),
            Query::new(table.kind).sorted(&["times"], false),
        ] {
            let Ok(plan) = Plan::new(&query, Limits::batch(&Options::default())) else { continue };
            let expected = same(all, &query);
            for database in all {
                assert_eq!(by_keys(database, &plan, 4), expected, "{query:?}");
                let count = database.read(|tx| plan.count(tx)).unwrap();
                assert_eq!(count, expected.len() as u64);
                let mut seen = Vec::new();
                for offset in (0..count).step_by(7) {
                    let page = database.read(|tx| plan.page(tx, offset, 7)).unwrap();
                    assert_eq!((page.offset, page.total), (offset, count));
                    assert_eq!(page.next.is_none(), offset + 7 >= count);
                    seen.extend(page.rows);
                }
                assert_eq!(seen, expected);
            }
        }
    }
}

#[test]
fn beyond_the_end_is_the_last_page_and_nothing_is_an_empty_one() {
    let all = both();
    for database in all {
        let plan = Plan::new(&Query::new(Pseudo::Ms), Limits::batch(&Options::default())).unwrap();
        let page = database.read(|tx| plan.page(tx, 5000, 10)).unwrap();
        assert_eq!((page.total, page.offset, page.rows.len()), (36, 30, 6));
        for pseudo in Pseudo::ALL {
            let none = Query::new(pseudo).with(Filter::Any(Vec::new()));
            let plan = Plan::new(&none, Limits::batch(&Options::default())).unwrap();
            let page = database.read(|tx| plan.page(tx, 100, 10)).unwrap();
            assert_eq!((page.total, page.offset, page.rows.len()), (0, 0, 0));
        }
    }
}

#[test]
fn rows_added_meanwhile_double_or_hide_none() {
    on_both(|database| {
        fill(database);
        let query = Query::new(Pseudo::Msp).sorted(&["sbIndex", "host"], false);
        let plan = Plan::new(&query, Limits::batch(&Options::default())).unwrap();
        let before = database.read(|tx| plan.ids(tx, true)).unwrap();
        let mut seen = Vec::new();
        let mut key = None;
        let mut number = 10;
        loop {
            let page = database.read(|tx| plan.page_after(tx, key.as_ref(), 5)).unwrap();
            seen.extend(page.rows.into_iter().map(|row| row[0].clone()));
            key = page.next;
            if key.is_none() {
                break;
            }
            if number < 14 {
                number += 1;
                database
                    .write(|tx| sample::observation(tx, number, sample::Size::default()))
                    .unwrap();
            }
        }
        let mut once = seen.clone();
        once.sort_by_key(|id| format!("{id:?}"));
        once.dedup();
        assert_eq!(once.len(), seen.len(), "no row comes twice");
        assert!(before.iter().all(|id| seen.contains(id)), "no row is missed");
    });
}

#[test]
fn ids_and_streams_give_what_pages_give() {
    let all = both();
    for database in all {
        for table in TABLES {
            let plan =
                Plan::new(&Query::new(table.kind), Limits::batch(&Options::default())).unwrap();
            let page = database.read(|tx| plan.page(tx, 0, 10_000)).unwrap().rows;
            let mut streamed = Vec::new();
            database
                .read(|tx| {
                    plan.stream(tx, true, |row| {
                        streamed.push(row);
                        Ok(std::ops::ControlFlow::Continue(()))
                    })
                })
                .unwrap();
            assert_eq!(streamed, page);
            let mut ids: Vec<Value> = page.iter().map(|row| row[0].clone()).collect();
            ids.dedup();
            assert_eq!(database.read(|tx| plan.ids(tx, true)).unwrap(), ids);
            assert_eq!(database.read(|tx| plan.ids(tx, false)).unwrap().len(), ids.len());
        }
    }
}

#[test]
fn a_place_of_another_result_is_refused() {
    let database = crate::testing::sqlite(&Options::default());
    let plan = Plan::new(&Query::new(Pseudo::Ms), Limits::batch(&Options::default())).unwrap();
    database
        .read(|tx| {
            for text in ["", "{}", "[1]", "[1,2,3]", "[\"x\",1]", "[1,\"'; --\"]", "[true,1]"] {
                assert!(Key::parse(text, &plan, tx).is_err(), "{text}");
            }
            assert!(Key::parse("[null,1]", &plan, tx).is_ok());
            Ok(())
        })
        .unwrap();
}

#[test]
fn the_number_of_rows_is_kept_for_a_while() {
    on_both(|database| {
        fill(database);
        let plan = Plan::new(&Query::new(Pseudo::Ms), Limits::batch(&Options::default())).unwrap();
        let lasting = Counts::new(Duration::from_hours(1));
        let fleeting = Counts::new(Duration::ZERO);
        let total =
            |counts: &Counts| database.read(|tx| counts.page(&plan, tx, 0, 5)).unwrap().total;
        assert_eq!((total(&lasting), total(&fleeting)), (36, 36));
        database.write(|tx| sample::observation(tx, 9, sample::Size::default())).unwrap();
        assert_eq!((total(&lasting), total(&fleeting)), (36, 48));
        let other = Query::new(Pseudo::Ms).with(Filter::new("sbIndex", Op::Equal, 0));
        let plan = Plan::new(&other, Limits::batch(&Options::default())).unwrap();
        assert_eq!(database.read(|tx| lasting.page(&plan, tx, 0, 5)).unwrap().total, 16);
    });
}
