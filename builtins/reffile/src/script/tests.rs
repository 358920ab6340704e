#![allow(clippy::expect_used)]

use ledama_config::script::attach;
use rhai::EvalAltResult;

use super::*;
use crate::read::tests::inventory;

fn run(code: &str) -> Result<String, Box<EvalAltResult>> {
    let mut engine = Engine::new();
    engine.set_fail_on_invalid_map_property(true);
    register(&mut engine);
    attach(&mut engine, Arc::clone(inventory().config()));
    let setup = r#"
        let a = reffile::parse("/d/L2013_80897_001/L80897_SAP001_SB003_uv.MS.dppp 115.5 7 node011 1\n\
/d/L80897/L80897_SB004_uv.MS.tar ? ? node012 ?\n\
L80898/x 1 2 SARA 0\n");
        let b = reffile::from_rows([#{ path: "/x", node: "node1", freq_mhz: 120, beam: () }, a.rows[1], a[0]]);
    "#;
    engine.eval::<Dynamic>(&format!("{setup}\n{code}")).map(|value| value.to_string())
}

#[test]
fn scripts_read_rows() {
    let table = [
        ("a.len", "3"),
        ("a.rows.len()", "3"),
        ("let n = 0; for e in a { n += e.path.len; } n", "89"),
        ("let n = 0; for (e, k) in a { n += k; } n", "3"),
        ("a.total_mb", ""),
        ("a.nodes", r#"["GRID_A", "node011", "node012"]"#),
        ("a.created", ""),
        ("a.query == () && a.header.is_empty() && a.notes.is_empty() && !a.is_empty()", "true"),
        ("a.rows.filter(|e| e.raw).len()", "2"),
        ("a[0].name", "L80897_SAP001_SB003_uv.MS.dppp"),
        ("a[0].parent + a[0].node", "/d/L2013_80897_001node011"),
        ("a[0].freq_mhz + a[0].size_mb", "122.5"),
        ("a[0].beam + a[0].sb + a[0].version + a[0].year", "2018"),
        ("a[0].lds + a[0].raw + a[0].store", "L80897falseCLUSTER"),
        ("a[0].dataset + a[0].line", "/d/L2013_80897_0011"),
        ("a[1].packed", "tar"),
        ("a[1].beam == () && a[1].freq_mhz == () && a[1].size_mb == () && a[1].year == ()", "true"),
        ("a[2].lds + a[2].key", "L80898GRID_A:L80898/x"),
        ("a.to_string() + a[2]", "RefFile of 3 rowsGRID_A:L80898/x"),
    ];
    for (code, expected) in table {
        assert_eq!(run(code).expect(code), expected, "{code}");
    }
}

#[test]
fn scripts_make_new_files() {
    let table = [
        ("b.len + b[0].node + b[0].beam + b[0].size_mb", "3node0010"),
        ("a.append(b).len + a.union(b).len", "10"),
        ("a.minus(b).len + a.intersect(b).len", "3"),
        ("a.append(a).dedup().same_rows(a)", "true"),
        ("a.sort(\"node,-path\")[0].node", "GRID_A"),
        ("a.spread([\"node1\", \"node2\"]).nodes", r#"["node001", "node002"]"#),
        ("a.balance([\"node1\", \"node2\"], [0, ()]).nodes", r#"["node002"]"#),
        ("a.with_sizes([1, (), 3])[2].size_mb", "3"),
        ("a.with_sizes(#{ \"node011:\": 4, \"L80898/x\": 9 })[2].size_mb", "9"),
        ("reffile::parse(a.with_header(\"x\\ny\").text).header", r#"["x", "y"]"#),
        ("reffile::parse(a.with_query(\"SELECT\\n1\").sealed_text).query", "SELECT 1"),
        ("a.select(#{ subbands: [3], nodes: (), store: () }).file.len", "1"),
        ("a.select(#{ subbands: [3] }).removed.subbands", "2"),
        ("a.select(#{ nodes: [\"SARA\"], include: [\"x\"] }).file[0].node", "GRID_A"),
        ("a.select(#{ store: \"EoR\" }).file.len", "2"),
    ];
    for (code, expected) in table {
        assert_eq!(run(code).expect(code), expected, "{code}");
    }
}

#[test]
fn scripts_compare_files() {
    let table = [
        ("reffile::compare([a, a], #{}).ok", "true"),
        ("reffile::compare([a, a], #{}).lacking[0].sb", "4"),
        (
            "let c = reffile::compare([a, b], #{ subbands: (), tolerance_percent: 5 }); c.files[1].missing",
            "L80898 beam 0: x",
        ),
        (
            "let c = reffile::compare([a], #{ subbands: [3, 5] }); c.files[0].missing + c.files[0].ok",
            "L80897: 5false",
        ),
        ("reffile::compare([a, b], #{ by_subband: true }).differing.len", "0"),
        (
            "reffile::compare([a, b], #{ by_subband: true }).files[0].warnings",
            r#"["it mixes the versions 0,1"]"#,
        ),
    ];
    for (code, expected) in table {
        assert_eq!(run(code).expect(code), expected, "{code}");
    }
}

#[test]
fn errors_have_a_kind_and_a_line() {
    let table = [
        ("reffile::open(\"/nowhere\")", "not-found", "/nowhere: No such file or directory"),
        ("reffile::open_lenient(\"/nowhere\")", "not-found", "/nowhere"),
        ("reffile::parse(\"x\")", "malformed", "the text: line 1: 1 column"),
        (
            "reffile::from_rows([#{ path: \"x\", node: \"node1\" }])",
            "input",
            "the list of rows: row 1",
        ),
        ("reffile::from_rows([#{ pfad: \"x\" }, 7])", "input", "2 rows cannot be read"),
        ("reffile::compare([a], #{})", "input", "one RefFile alone"),
        ("reffile::compare([a, 1], #{})", "input", "must hold RefFiles"),
        ("a.select(#{ subband: [1] })", "input", "unknown field `subband`"),
        ("a.select(#{ subbands: [-1] })", "input", "-1"),
        ("a.select(#{ include: [\"re:(\"] })", "input", "the pattern `re:(`"),
        ("a.select(#{ store: \"nowhere\" })", "unknown-store", "unknown store"),
        ("a.sort(\"nodes\")", "input", "sorted by `nodes`"),
        ("a.spread([])", "input", "no nodes"),
        ("a.with_sizes([1])", "input", "1 sizes for 3 rows"),
        ("a.with_sizes([1, -1, 2])", "input", "not `-1`"),
        ("a[3]", "input", "no row 3"),
    ];
    for (code, kind, message) in table {
        let error = run(&format!("\n{code}")).expect_err(code);
        let EvalAltResult::ErrorRuntime(value, position) = *error else {
            panic!("{code}: {error}")
        };
        assert!(position.line().is_some_and(|line| line > 5), "{code}: {position:?}");
        let error = value.try_cast::<ScriptError>().expect(code);
        assert_eq!(error.kind, kind, "{code}");
        assert!(error.message.contains(message), "{code}: {}", error.message);
    }
}

#[test]
fn parts_of_a_gds_are_maps() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("one.vds");
    std::fs::write(&path, include_str!("../../tests/data/gds/dp3.vds")).unwrap();
    let mut engine = Engine::new();
    register(&mut engine);
    let file = path.display();
    let script = format!("let p = gds::parts(`{file}`)[0]; [p.node, p.path, p.channels]");
    let seen: rhai::Array = engine.eval(&script).unwrap();
    let seen: Vec<String> = seen.iter().map(ToString::to_string).collect();
    assert_eq!(seen, ["localhost", "/data1/users/L1/L114220_SAP000_SB031_uv.MS", "[8]"]);
}
