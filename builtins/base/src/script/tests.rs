//! Tests of the functions of this crate for scripts.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;

fn run(code: &str) -> Result<String, Box<EvalAltResult>> {
    let mut engine = Engine::new();
    register(&mut engine);
    engine.eval::<Dynamic>(code).map(|value| value.to_string())
}

#[test]
fn scripts_get_values() {
    let table = [
        (r#"ranges::ints("0-3,7,7")"#, "[0, 1, 2, 3, 7, 7]"),
        (r#"ranges::floats("-1e-3..2")"#, "[-0.001, 2.0]"),
        ("ranges::fold([0, 1, 2, 9])", "0-2,9"),
        ("ranges::blocks(11, 3)", "[4, 4, 3]"),
        (r#"names::parse("/d/L2013_80897_001/L80897_SAP001_SB034_uv.MS.dppp").lds"#, "L80897"),
        (r#"names::parse("/d/L2013_80897_001/L80897_SB034.MS").year + 1"#, "2014"),
        (r#"names::parse("/d/L2013_80897_001").kind"#, "dataset"),
        (r#"names::parse("/d/L80897_SB034.MS.tar").packed"#, "tar"),
        (r#"names::parse("/d/x").packed == ()"#, "true"),
        (r#"names::parse("anything").sb == ()"#, "true"),
        (r#"names::parse("L80897_SB034.MS").version"#, "0"),
        (r#"names::parse("L80897/L80898_SB034.MS").warnings.len()"#, "1"),
        (r#"names::last("/a/b/")"#, "b"),
        (r#"names::parent("/a/b/")"#, "/a"),
        (r#"names::below("/a/", "b")"#, "/a/b"),
        (r#"names::join(["a", 1, "b"], ", ")"#, "a, 1, b"),
        (r#"names::fill("/x/LXXXXX", "/d/L80897_002/y.dppp")"#, "/x/L80897_002"),
        (
            r#"names::fill("/r/LXXXX_XXXXX", "L80897/y.dppp", #{ year: 2013, roots: ["/r"] })"#,
            "/r/pipeline/L2013_80897",
        ),
        (r#"names::needs_year("LXXXX_XXXXX")"#, "true"),
        (r#"names::nearest("CopyDate", ["CopyData", "MSInfo"])"#, r#"["CopyData"]"#),
        ("units::human(1536)", "1.5 KiB"),
        ("units::human_mib(1536)", "1.5 GiB"),
        ("units::mib(1048577)", "2"),
        ("units::bytes(2)", "2097152"),
        ("units::duration(185)", "3 min 05 s"),
        (r#"units::seconds("1d")"#, "86400"),
        (r#"units::utc("2013-04-02T10:11:12+01:00")"#, "2013-04-02T09:11:12Z"),
        ("units::now().len()", "20"),
        (r#"words::split("ls 'a b' *\n").words"#, r#"["ls", "a b", "*"]"#),
        (r#"words::split("ls 'a b' *").kept"#, r#"["*"]"#),
        (r#"words::fill(["a--MS--", "--MS--"], #{ "--MS--": "x y" })"#, r#"["ax y", "x y"]"#),
        (r#"words::line(["ls", "a b", "c\nd"])"#, r"ls 'a b' $'c\nd'"),
        (r#"words::show("a\x1b[31m")"#, r"a\x1b[31m"),
    ];
    for (code, expected) in table {
        assert_eq!(run(code).unwrap(), expected, "{code}");
    }
}

#[test]
fn scripts_get_errors_with_kind_and_place() {
    let table = [
        (r#"ranges::ints("0,3-1")"#, "input", "3-1"),
        (r#"ranges::floats("x")"#, "input", "`x`"),
        ("ranges::fold([-1])", "input", "-1"),
        (r#"units::seconds("1m")"#, "input", "`1m`"),
        ("ranges::blocks(-1, 2)", "input", "-1"),
        (r#"names::fill("/x/{yaer}", "L80897")"#, "input", "{yaer}"),
        (r#"names::fill("/x/{year}", "L80897")"#, "unknown-year", "L80897"),
        (r#"names::fill("/x/{lds}", "y")"#, "unknown-observation", "y"),
        (r#"names::fill("/x", "y", #{ yaer: 1 })"#, "input", "yaer"),
        (r#"names::fill("/x", "y", #{ year: -1 })"#, "input", "-1"),
        (r#"names::fill("/x", "y", #{ roots: 1 })"#, "input", "roots"),
        ("units::human(-1)", "input", "-1"),
        (r#"units::utc("yesterday")"#, "input", "yesterday"),
        (r#"words::split("a > b")"#, "input", "`>`"),
        (r#"words::split("a 'b")"#, "input", "not closed"),
        (r#"words::fill(["a"], #{ a: 1 })"#, "input", "`a` must be a text"),
        ("words::fill([1], #{})", "input", "must be texts"),
    ];
    for (code, kind, part) in table {
        let error = *run(&format!("\n  {code}")).unwrap_err();
        let EvalAltResult::ErrorRuntime(value, place) = error else { panic!("{code}: {error}") };
        let error = value.cast::<ScriptError>();
        assert_eq!(error.kind, kind, "{code}");
        assert!(error.message.contains(part), "{code}: {}", error.message);
        assert_eq!(place.line(), Some(2), "{code}");
    }
}
