//! What statements touch: tables joined, partitions read; and their texts for people.

use std::ops::ControlFlow;

use super::scene::fill;
use crate::dialect::Dialect;
use crate::query::{Filter, Limits, Op, Plan, Query};
use crate::schema::pseudo::{Pseudo, Selection};
use crate::store::{Database, Options, Statement};
use crate::testing::{on_both, postgres};

fn plan(query: &Query) -> Plan {
    Plan::new(query, Limits::batch(&Options::default())).unwrap()
}

fn joins(database: &Database, query: &Query) -> usize {
    let text = database.read(|tx| plan(query).explain(tx)).unwrap();
    text.matches(" JOIN ").count()
}

#[test]
fn only_needed_tables_are_joined() {
    on_both(|database| {
        let msp = Query::new(Pseudo::Msp).columns(&["host", "path"]).sorted(&["name"], false);
        assert_eq!(joins(database, &msp), 0);
        assert_eq!(joins(database, &msp.clone().filter("LDSBPId = 1").unwrap()), 1);
        assert_eq!(joins(database, &msp.clone().filter("LDS = L1").unwrap()), 3);
        assert_eq!(joins(database, &msp.clone().filter("project = x").unwrap()), 4);
        assert_eq!(joins(database, &msp.clone().below(Pseudo::Ms, &[1])), 0);
        assert_eq!(joins(database, &msp.pick(Selection::Station, &["x"])), 3);
        let movie = Query::new(Pseudo::GainMovie).columns(&["path"]);
        assert_eq!(joins(database, &movie), 0);
        assert_eq!(joins(database, &movie.filter("MSId = 1").unwrap()), 1);
    });
}

#[test]
fn the_text_for_people_has_the_values_and_one_line() {
    on_both(|database| {
        let query = Query::new(Pseudo::Msp)
            .columns(&["path"])
            .with(Filter::new("name", Op::Equal, "it's\n? $1"))
            .filter("sbIndex = 1..3")
            .unwrap();
        let text = database.read(|tx| plan(&query).explain(tx)).unwrap();
        assert!(text.contains("'it''s ? $1'"), "{text}");
        assert!(!text.contains('\n') && text.contains("1,2,3") || text.contains("1, 2, 3"));
        assert!(text.ends_with("\"measurementset_product_id\" ASC NULLS LAST"), "{text}");
    });
}

/// Partitions that a statement of a plan touches, as the server tells.
fn partitions(database: &Database, query: &Query) -> Vec<String> {
    let plan = plan(query);
    let mut names = Vec::new();
    database
        .read(|tx| {
            let sets = plan.sets(tx)?;
            let part = super::super::statement::Part { sorted: true, ..Default::default() };
            let built =
                Dialect::Postgres.build(&plan.rows_statement(Dialect::Postgres, &sets, part)?);
            let text = format!("EXPLAIN {}", built.text());
            tx.each(Statement::built(text, built.values().to_vec()), |row| {
                let line: String = row.get(0)?;
                let table = line.rsplit_once(" on ").and_then(|(_, on)| on.split(' ').next());
                let table =
                    table.filter(|name| name.contains("_part_") && !line.contains("Bitmap Index"));
                names.extend(table.map(str::to_string));
                Ok(ControlFlow::Continue(()))
            })
        })
        .unwrap();
    names.sort_unstable();
    names.dedup();
    names
}

#[test]
fn only_partitions_of_the_sets_are_read() {
    let options = Options { partition_width: 10, ..Options::default() };
    let Some(database) = postgres(&options) else { return };
    crate::partition::ensure(&database, Some(39)).unwrap();
    let made = fill(&database);
    // 24 sets with diagnostics in three ranges.
    for (pseudo, name) in [
        (Pseudo::Gain, "gain_part"),
        (Pseudo::Qts, "quality_time_statistic_part"),
        (Pseudo::Qfs, "quality_frequency_statistic_part"),
        (Pseudo::Qbs, "quality_baseline_statistic_part"),
    ] {
        let read = |query: &Query| partitions(&database, query).len();
        assert!(read(&Query::new(pseudo)) >= 3, "{name}");
        let one = Query::new(pseudo).below(Pseudo::Ms, &[13]);
        assert_eq!(partitions(&database, &one), [format!("{name}_001_10_20")]);
        let by_set = Query::new(pseudo).filter("MSId = 21,22").unwrap();
        assert_eq!(partitions(&database, &by_set), [format!("{name}_002_20_30")]);
        let by_product = Query::new(pseudo).below(Pseudo::Ldsbp, &made[0].products[..1]);
        assert_eq!(partitions(&database, &by_product), [format!("{name}_000_0_10")]);
        let by_name = Query::new(pseudo).filter("LDS = L80001").unwrap();
        assert_eq!(read(&by_name), 2);
        let frozen = Query { rows: Some(vec![(3, 7), (4, 9)]), ..Query::new(pseudo) };
        assert_eq!(partitions(&database, &frozen), [format!("{name}_000_0_10")]);
    }
}
