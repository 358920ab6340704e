//! Queries in scripts.

use ledama_base::script::ScriptError;
use rhai::{Dynamic, Engine, EvalAltResult, Scope};

use crate::store::Database;
use crate::testing::{on_both, sample};

fn fill(database: &Database) {
    database
        .write(|tx| {
            let made = sample::observation(tx, 1, sample::Size::default())?;
            sample::diagnostics(tx, &made, sample::Size::default())
        })
        .unwrap();
    crate::meta::refresh(database, crate::meta::Scope::Touched).unwrap();
}

fn eval<T: Clone + Send + Sync + 'static>(database: &Database, script: &str) -> Result<T, String> {
    let mut engine = Engine::new();
    ledama_reffile::script::register(&mut engine);
    super::register(&mut engine);
    let mut scope = Scope::new();
    scope.push_constant("db", database.clone());
    engine.eval_with_scope(&mut scope, script).map_err(|error| match *error {
        EvalAltResult::ErrorRuntime(error, _) if error.is::<ScriptError>() => {
            error.cast::<ScriptError>().message
        }
        other => other.to_string(),
    })
}

#[test]
fn a_script_asks_counts_and_walks_through_rows() {
    on_both(|database| {
        fill(database);
        let script = r#"
            let q = db.query("GAIN").where("LDS = L80001").where("sbIndex = 0..1");
            let seen = [];
            for row in q.order(["station"]).rows(["LDS", "station"]) {
                if !(row.station in seen) { seen.push(row.station); }
            }
            let page = q.page(0, 5);
            [q.count(), q.ids().len(), page.rows.len(), page.total, seen[0], q.table, page.columns[0]]
        "#;
        let seen: rhai::Array = eval(database, script).unwrap();
        let text: Vec<String> = seen.iter().map(ToString::to_string).collect();
        assert_eq!(text, ["24", "24", "5", "24", "CS001HBA0", "GAIN", "gainId"]);
    });
}

#[test]
fn conditions_are_lines_maps_groups_picks_and_rows_above() {
    on_both(|database| {
        fill(database);
        for (script, expected) in [
            (r#"db.query("MS").where(#{ column: "sbIndex", op: "in", value: [0, 2] })"#, 8),
            (
                r#"db.query("MS").any(["sbIndex = 0", #{ all: [#{ column: "sbIndex", op: "=", value: 1 }] }])"#,
                8,
            ),
            (r#"db.query("MS").pick("FIELD", ["3C196"])"#, 6),
            (r#"db.query("MSP").below("MS", [1, 2])"#, 2),
            (r#"db.query("MSP").below(db.query("MS").where("sbIndex = 0"))"#, 4),
            (r#"db.query("MSP").below(db.query("MS").where("sbIndex = 0"), [0])"#, 3),
            (r#"db.query(db.query("MS").where("sbIndex = 0").json)"#, 4),
        ] {
            assert_eq!(
                eval::<i64>(database, &format!("{script}.count()")),
                Ok(expected),
                "{script}"
            );
        }
    });
}

#[test]
fn arrays_come_one_by_one_with_their_axes() {
    on_both(|database| {
        fill(database);
        let script = r#"
            let all = [];
            for array in db.query("GAIN").where("station = CS001HBA0").where("sbIndex = 0").values() {
                all.push([array["station"], array.shape, array.frequencies.len(), array.times.len(),
                          array.mean_amplitude(0) > 0.0, array.at(0, 1, 4).len(), array.at(0, 9, 9), array["x"]]);
            }
            `${all.len()} ${all[0]}`
        "#;
        let text: String = eval(database, script).unwrap();
        assert_eq!(text, r#"4 ["CS001HBA0", [4, 2, 5], 2, 5, true, 2, (), ()]"#);
        let stopped = r#"let n = 0; for array in db.query("QBS").values() { n += 1; if n == 3 { break; } } n"#;
        assert_eq!(eval::<i64>(database, stopped), Ok(3));
    });
}

#[test]
fn errors_name_what_is_wrong() {
    let database = crate::testing::sqlite(&crate::Options::default());
    for (script, part) in [
        (r#"db.query("NO")"#, "no pseudo-table"),
        (r#"db.query("MS").where("x = 1")"#, "no column `x`"),
        (r#"db.query("MS").where(5)"#, "a text or a map"),
        (r#"db.query("MS").columns(["x"])"#, "no column `x`"),
        (r#"db.query("MS").order([1])"#, "a header is a text"),
        (r#"db.query("MS").pick("NO", [])"#, "no list `NO`"),
        (r#"db.query("MS").page(-1, 5)"#, "cannot be -1"),
        (r#"db.query("MS").values()"#, "has no arrays"),
        (r#"db.query("GAIN").interactive().count()"#, "below chosen rows"),
        (r#"for row in db.query("GAIN").interactive().rows() { }"#, "below chosen rows"),
        (
            r#"diagfile::of(db.query("MS")).text.len() > 0; db.query("MS").to_reffile()"#,
            "query of MSP",
        ),
        (r#"db.list("NO")"#, "no list `NO`"),
    ] {
        let error = eval::<Dynamic>(&database, script).unwrap_err();
        assert!(error.contains(part), "{script}: {error}");
    }
}

#[test]
fn files_are_made_of_queries() {
    on_both(|database| {
        fill(database);
        let script = r#"
            let file = diagfile::of(db.query("GAIN").where("sbIndex = 0"));
            let frozen = diagfile::frozen(db.query("GAIN").where("sbIndex = 0"));
            let refs = db.query("MSP").where("sbIndex = 0..1").to_reffile();
            [db.query(file).count(), db.query(frozen).count(), refs.len, file.table,
             refs.text.contains("LEDDB QUERY: SELECT"), db.list("STATION").rows.len()]
        "#;
        let seen: rhai::Array = eval(database, script).unwrap();
        let text: Vec<String> = seen.iter().map(ToString::to_string).collect();
        assert_eq!(text, ["12", "12", "8", "GAIN", "true", "3"]);
    });
}
