//! Derived facts: the same on both back ends, whole, and only what changed.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::load::{Existing, upsert};
use crate::schema::{Type, reference, views};
use crate::testing::on_both;
use crate::testing::sample::{self, Made, Size};

/// All rows of a view as text, by key.
fn facts(database: &Database, view: &views::View) -> Vec<String> {
    let columns: Vec<_> = view.meta.columns.iter().collect();
    let names: Vec<_> = columns.iter().map(|column| quoted(column.name)).collect();
    let text = format!(
        "SELECT {} FROM {} ORDER BY {}",
        names.join(", "),
        quoted(view.name),
        quoted(view.key)
    );
    database
        .read(|tx| {
            tx.rows(Statement::built(text.clone(), Vec::new()))?
                .iter()
                .map(|row| {
                    let parts: Vec<_> = columns
                        .iter()
                        .enumerate()
                        .map(|(k, column)| {
                            Ok(match row.value(k, column.kind)? {
                                Value::Null(_) => "-".to_string(),
                                Value::Int(number) => number.to_string(),
                                Value::Float(number) => format!("{number:.3}"),
                                Value::Bool(flag) => if flag { "yes" } else { "no" }.to_string(),
                                Value::Text(text) => text,
                                other => format!("{other:?}"),
                            })
                        })
                        .collect::<Result<_>>()?;
                    Ok(parts.join(" "))
                })
                .collect()
        })
        .unwrap()
}

fn make(database: &Database, number: i64, size: Size) -> Made {
    database.write(|tx| sample::observation(tx, number, size)).unwrap()
}

#[test]
fn facts_follow_from_the_rows_below() {
    let size = Size { beams: 3, ..Size::default() };
    on_both(|database| {
        let made = make(database, 1, size);
        assert_eq!(
            facts(database, &views::LDS_Q),
            ["- - - - - - - - - - - - - - -"],
            "a new row is seen at once"
        );
        let source = crate::load::Source { stamp: Some(5), origin_msp: Some(made.files[0]) };
        database
            .write(|tx| {
                let (set, kind) = (made.sets[0], crate::load::Diagnostics::Gain);
                crate::load::replace(tx, kind, set, source, sample::rows_of(kind, set, &made, size))?;
                let (set, kind) = (made.sets[17], crate::load::Diagnostics::Qbs);
                crate::load::replace(tx, kind, set, source, sample::rows_of(kind, set, &made, size))?;
                // A field twice, one unknown size, one file gone.
                for text in [
                    "UPDATE \"lofar_dataset_beam\" SET \"field\" = '3C196' WHERE \"beam_index\" = 2",
                    "UPDATE \"measurementset_product\" SET \"product_size\" = NULL WHERE \"measurementset_product_id\" = 1",
                    "DELETE FROM \"measurementset_product\" WHERE \"measurementset_product_id\" = 0",
                ] {
                    tx.execute(Statement::constant(text, Vec::new()))?;
                }
                Ok(())
            })
            .unwrap();
        let refreshed = refresh(database, Scope::Touched).unwrap();
        assert_eq!(
            refreshed,
            Refreshed { observations: 1, sets: 18, products: 6, beams: 3, changed: 1 }
        );
        assert_eq!(
            facts(database, &views::LDS_Q),
            ["L80001 3 1801 3 9 3 115.000 115.390 17 1617 yes yes no 3C196 3C196,NCP"]
        );
        assert_eq!(
            facts(database, &views::LDSB_Q),
            [
                "0 3 2 115.000 115.390 5 405 yes no no",
                "1 3 2 115.000 115.390 6 606 no no no",
                "2 3 2 115.000 115.390 6 606 no yes no",
            ]
        );
        assert_eq!(
            facts(database, &views::LDSBP_Q)[..2],
            [
                "0 115.000 115.390 2 102 1332000002 yes no no",
                "1 115.000 115.390 3 303 1332000005 no no no",
            ]
        );
        let sets = facts(database, &views::MS_Q);
        assert_eq!(sets[0], "0 no yes no no");
        assert_eq!(sets[1], "1 yes no no no");
        assert_eq!(sets[17], "17 yes no yes no");
    });
}

#[test]
fn only_marked_observations_are_looked_at_and_only_differences_written() {
    on_both(|database| {
        for number in 0..3 {
            make(database, number, Size::default());
        }
        assert_eq!(refresh(database, Scope::Touched).unwrap().observations, 3);
        assert_eq!(refresh(database, Scope::Touched).unwrap(), Refreshed::default());
        let all = refresh(database, Scope::All).unwrap();
        assert_eq!(all, Refreshed { observations: 3, ..Refreshed::default() }, "nothing differs");
        database
            .write(|tx| {
                mark(tx, "L80001")?;
                mark(tx, "L80001")?;
                mark(tx, "L99999")?;
                tx.execute(Statement::constant(
                    "UPDATE \"measurementset_product\" SET \"product_size\" = 1000 WHERE \"measurementset_product_id\" IN (0, 12)",
                    Vec::new(),
                ))
            })
            .unwrap();
        let one = refresh(database, Scope::Touched).unwrap();
        assert_eq!(
            (one.observations, one.sets, one.products, one.beams, one.changed),
            (2, 0, 1, 1, 1)
        );
        // File 0 belongs to the first observation, which has no mark.
        assert!(facts(database, &views::LDS_Q)[0].contains(" 1212 "));
        assert!(facts(database, &views::LDS_Q)[1].contains(" 2112 "));
        refresh(database, Scope::All).unwrap();
        assert!(facts(database, &views::LDS_Q)[0].contains(" 2112 "));
    });
}

#[test]
fn facts_go_with_their_rows_and_of_nothing_are_zero() {
    on_both(|database| {
        let made = make(database, 1, Size::default());
        refresh(database, Scope::All).unwrap();
        database
            .write(|tx| {
                tx.execute(Statement::constant("DELETE FROM \"lofar_dataset_beam\"", Vec::new()))?;
                tx.execute(Statement::constant(
                    "UPDATE \"lofar_dataset\" SET \"final_mjd\" = \"initial_mjd\" - 0.5",
                    Vec::new(),
                ))?;
                mark(tx, &made.name)
            })
            .unwrap();
        refresh(database, Scope::Touched).unwrap();
        assert_eq!(facts(database, &views::LDS_Q), ["L80001 0 -1 3 0 0 - - 0 0 no no no - -"]);
        let left: i64 = database
            .read(|tx| {
                tx.row(Statement::constant(
                    "SELECT count(*) FROM \"measurementset_meta\"",
                    Vec::new(),
                ))?
                .get(0)
            })
            .unwrap();
        assert_eq!(left, 0);
    });
}

#[test]
fn a_mark_that_comes_during_a_refresh_stays() {
    on_both(|database| {
        make(database, 1, Size::default());
        make(database, 2, Size::default());
        if database.dialect() == Dialect::Sqlite {
            // One writer at a time: nothing can come during it.
            return;
        }
        let mut refreshing = database.begin(crate::store::Mode::Snapshot).unwrap();
        refresh_within(&mut refreshing, Scope::Touched).unwrap();
        database.write(|tx| mark(tx, "L80002")).unwrap();
        refreshing.commit().unwrap();
        assert_eq!(refresh(database, Scope::Touched).unwrap().observations, 1);
    });
}

#[test]
fn writers_and_refreshes_do_not_lose_each_others_work() {
    on_both(|database| {
        let made = make(database, 1, Size::default());
        std::thread::scope(|scope| {
            for writer in 0..4_i64 {
                let made = &made;
                scope.spawn(move || {
                    for k in 0..6 {
                        let name = format!("extra-{writer}-{k}");
                        database
                            .write(|tx| {
                                upsert(
                                    tx,
                                    &reference::MEASUREMENTSET_PRODUCT,
                                    &[
                                        "measurementset_id",
                                        "store_host",
                                        "parent_path",
                                        "name",
                                        "product_size",
                                    ],
                                    &[vec![
                                        made.sets[0].into(),
                                        "node011".into(),
                                        "/data1/users/lofareor/pipeline/L80001_000".into(),
                                        name.as_str().into(),
                                        7_i64.into(),
                                    ]],
                                    Existing::Fill,
                                )?;
                                mark(tx, &made.name)
                            })
                            .unwrap();
                    }
                });
            }
            for _ in 0..2 {
                scope.spawn(|| {
                    for _ in 0..5 {
                        refresh(database, Scope::Touched).unwrap();
                    }
                });
            }
        });
        refresh(database, Scope::Touched).unwrap();
        assert!(facts(database, &views::LDS_Q)[0].contains(&format!(" 36 {} ", 1212 + 24 * 7)));
    });
}

#[test]
fn wrong_summaries_are_found_and_put_right() {
    let size = Size { beams: 1, products: 1, ..Size::default() };
    on_both(|database| {
        let made = make(database, 1, size);
        database.write(|tx| sample::diagnostics(tx, &made, size)).unwrap();
        assert_eq!(verify(database, false).unwrap(), []);
        database
            .write(|tx| {
                tx.execute(Statement::constant("DELETE FROM \"gain\" WHERE \"measurementset_id\" = 1", Vec::new()))?;
                tx.execute(Statement::constant(
                    "DELETE FROM \"ms_diag_summary\" WHERE \"measurementset_id\" = 2 AND \"table_name\" = 'quality_baseline_statistic'",
                    Vec::new(),
                ))
            })
            .unwrap();
        let found = verify(database, true).unwrap();
        assert_eq!(
            found,
            [
                Mismatch { table: "gain", measurementset_id: 1, told: 3, found: 0 },
                Mismatch {
                    table: "quality_baseline_statistic",
                    measurementset_id: 2,
                    told: 0,
                    found: 12
                },
            ]
        );
        assert_eq!(verify(database, false).unwrap(), []);
        refresh(database, Scope::Touched).unwrap();
        assert_eq!(
            facts(database, &views::MS_Q),
            ["0 yes yes yes no", "1 yes no yes no", "2 yes yes yes no"]
        );
        let _ = Type::Bool;
    });
}
