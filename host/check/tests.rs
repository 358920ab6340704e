//! Scripts with faults, and scripts without.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;

use super::*;
use crate::diagnostic::any_error;

const HEAD: &str = "const MODULE = #{ version: 1, group: \"local\", summary: \"Try\",\n";

/// One line per finding of a file `name` among others.
fn findings(name: &str, files: &[(&str, &str)]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let library = Library::of(&[folder.path().to_path_buf()], true);
    let checker = Checker::new(library.clone());
    let script = library.find(folder.path().join(name).to_str().unwrap()).unwrap();
    let base = format!("{}/", folder.path().display());
    checker
        .check(&script)
        .iter()
        .map(|f| {
            let level = if f.is_error() { "" } else { "warning: " };
            let mut more = vec![String::new()];
            more.extend(f.notes.iter().chain(&f.help).cloned());
            let more = more.join(" | ");
            let place = f.place.as_ref().map_or_else(String::new, |p| format!("{p}: "));
            format!("{place}{level}{}{more}", f.message).replace(&base, "")
        })
        .collect()
}

fn module(options: &str, body: &str) -> Vec<String> {
    let text = format!("{HEAD}options: [\n{options}\n] }};\n{body}");
    findings("Try.rhai", &[("Try.rhai", &text)])
}

#[test]
fn a_good_module_has_no_findings() {
    let found = module(
        r#"#{ name: "mode", kind: "text", help: "How" }, #{ name: "dry-run", kind: "flag", help: "Look" },
           #{ name: "names", kind: "list", help: "Which" }, #{ name: "in-closure", kind: "int", help: "x" }"#,
        r#"
        import "lib/tools" as tools;
        const LIMIT = 3;
        fn process(opts, run) {
            let names = opts.names.filter(|n| n.len() > opts.in_closure + global::LIMIT);
            names.sort();
            for (name, i) in names { helper(opts, name); print(`${i}: ${name}`); }
            let f = Fn("helper");
            f.call(opts, "x");
            if opts["mode"] == "a" { run.plan("x") } else { () }
        }
        fn helper(o, name) { if o.dry_run { throw #{ kind: "x", message: name }; } }"#,
    );
    let [one] = &found[..] else { panic!("{found:?}") };
    let (fault, known) = one.split_once(" | there are: ").unwrap();
    assert_eq!(fault, "Try.rhai:7:16: there is no `lib/tools.rhai`");
    assert!(known.contains("lib/options"), "{known}");
}

#[test]
fn unknown_functions_are_found_wherever_they_stand() {
    let found = module(
        "",
        r#"import "lib/options" as known;
        fn process(opts, run) {
            let list = [1].map(|x| oops(x));
            if list.lenn() > 0 { reffile_open("x"); }
            switch list { 1 => names::parce("x"), _ => helper(1) }
            let f = Fn("hepler");
            list.push(1, 2);
            known::nothing();
            names::parse();
            fill("a");
            print(1, 2);
            run.sya("x");
            run.say();
            run.usr;
            run.split("x");
            `${list.frobnicate()}`
        }
        fn helper(a, b) { [a, b] }"#,
    );
    insta::assert_snapshot!(found.join("\n"));
}

#[test]
fn options_are_compared_with_their_use() {
    let found = module(
        r#"#{ name: "mode", kind: "text", help: "How" },
           #{ name: "unused", kind: "text", help: "x" },
           #{ name: "deep", kind: "text", help: "x" }"#,
        "fn process(opts, run) { if opts.mod == opts.mode { one(1, opts) } }\n\
         fn one(x, o) { two(o); o.nothing }\nfn two(all) { all.deep + all[\"deap\"] + all.get(\"deepp\") }",
    );
    insta::assert_snapshot!(found.join("\n"));
}

#[test]
fn nothing_is_unused_where_the_options_go_elsewhere() {
    let option = r#"#{ name: "mode", kind: "text", help: "How" }"#;
    for body in ["run.record(\"o\", opts);", "let o = opts;", "for x in opts.keys() {}", "[opts]"] {
        let found = module(option, &format!("fn process(opts, run) {{ {body} }}"));
        assert_eq!(found, Vec::<String>::new(), "{body}");
    }
}

#[test]
fn modules_have_an_entry_and_nothing_outside() {
    let text = format!("{HEAD}}};\nlet x = 1;\nprint(x);\nfn proces(opts, run) {{}}");
    insta::assert_snapshot!(findings("Try.rhai", &[("Try.rhai", &text)]).join("\n"));
}

#[test]
fn faults_of_syntax_and_manifest_are_told_together() {
    let text = format!(
        "{HEAD}optons: 1, access: \"root\" }};\nfn process(opts, run) {{ let a = 1 let b = 2; }}"
    );
    insta::assert_snapshot!(findings("Try.rhai", &[("Try.rhai", &text)]).join("\n"));
}

#[test]
fn examples_are_tried_out() {
    let head = HEAD.replace("summary", "examples: [\"ledama run Try --mode a --query\",\n\"ledama run Try --mdoe a\",\n\"ledama run Try\",\n\"ledama run Try -m 'a\"], summary");
    let text = format!(
        "{head}options: [#{{ name: \"mode\", short: \"m\", kind: \"text\", required: true, help: \"x\" }}] }};\n\
         fn process(opts, run) {{ opts.mode }}"
    );
    insta::assert_snapshot!(findings("Try.rhai", &[("Try.rhai", &text)]).join("\n"));
}

#[test]
fn scripts_and_libraries_are_checked_as_what_they_are() {
    let files = [
        (
            "x.rhai",
            "import \"lib/a\" as a;\nprint(args.len());\na::f(1);\na::f(1, 2);\na::g();\nrun.say(\"x\");",
        ),
        ("lib/a.rhai", "fn f(x) { args }"),
        ("lib/b.rhai", "const MODULE = 1;\nfn f(x) { x.nothing_known() }"),
        ("y.rhai", "import \"lib/b\" as b;\nb::f(1);"),
    ];
    insta::assert_snapshot!(findings("x.rhai", &files).join("\n"));
    insta::assert_snapshot!(findings("lib/a.rhai", &files).join("\n"));
    insta::assert_snapshot!(findings("lib/b.rhai", &files).join("\n"));
    assert_eq!(findings("y.rhai", &files), Vec::<String>::new());
}

const RECIPE: &str = "const RECIPE = #{ version: 1, summary: \"Try\", options: [\n\
     #{ name: \"nodes\", kind: \"nodes\", help: \"Where\" }] };\n";

fn recipe(body: &str) -> Vec<String> {
    findings("try.rhai", &[("try.rhai", &format!("{RECIPE}{body}"))])
}

#[test]
fn recipes_are_checked_as_modules_are() {
    let good = "fn steps(opts, recipe) {\n\
        let list = recipe.step(\"list\", \"CreateRefFileFromPath\", #{ inputpath: \"/d\", nodes: opts.nodes }, #{ creates: \"x.ref\" });\n\
        more(recipe, list.file); recipe.warn(recipe.folder);\n}\n\
        fn more(r, file) { r.step(\"later\", \"NotYetThere\", #{ anything: file }); }";
    assert_eq!(recipe(good), [""; 0]);
    let bad = "fn steps(opts, recipe) {\n\
        recipe.step(\"list\", \"CreateRefFileFromPath\", #{ inputpaht: opts.nodse });\n\
        recipe.step(\"copy\", \"CopyDta\", #{});\n\
        recipe.stpe(\"x\", \"CopyData\", #{});\n\
        recipe.plan(\"x\"); recipe.query;\n\
        recipe.step(\"x\", \"CopyData\");\n}\nprint(1);";
    insta::assert_snapshot!(recipe(bad).join("\n"));
    insta::assert_snapshot!(recipe("fn step(opts, recipe) {}\nfn steps(opts) {}").join("\n"));
    let keys = "const RECIPE = #{ version: 1, summary: \"Try\", group: \"local\", changes: \"data\", options: [\n\
        #{ name: \"resume\", kind: \"flag\", help: \"x\" }], examples: [\"ledama run try\"] };\n\
        fn steps(opts, recipe) { opts.resume }";
    insta::assert_snapshot!(findings("try.rhai", &[("try.rhai", keys)]).join("\n"));
}

/// Every module and recipe that comes with ledama is without fault.
#[test]
fn our_own_scripts_are_good() {
    let library = Library::of(&[], true);
    let checker = Checker::new(library.clone());
    for name in [
        "copyandcheck",
        "gencopyeor2target",
        "gencopytarget2eor",
        "gengainmovies",
        "genpreproc",
        "processobservation",
    ] {
        let script = crate::engine::open(&Spot::Embedded(format!("recipes/{name}.rhai"))).unwrap();
        let told: Vec<_> = checker.check(&script).iter().map(ToString::to_string).collect();
        assert_eq!(told, [""; 0], "{name}");
    }
    let mut seen = 0;
    for name in library.modules().keys() {
        let script = library.find(name).unwrap();
        let found = checker.check(&script);
        let told: Vec<_> = found.iter().map(ToString::to_string).collect();
        assert!(!any_error(&found) && found.is_empty(), "{}", told.join("\n"));
        seen += 1;
    }
    assert!(seen > 0, "no module is embedded");
}

/// Whatever stands in a file, looking at it ends with findings.
mod no_text_panics {
    use proptest::prelude::*;

    use super::*;

    thread_local! {
        static CHECKER: Checker = Checker::new(Library::of(&[], true));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

        #[test]
        fn mutilated_modules(
            from in 0..2500_usize,
            length in 0..60_usize,
            put in "[#{}\\[\\]()\"`:;,a-z0-9.+/*| -]{0,8}",
        ) {
            let whole = crate::scaffold::module("TryIt", "local", &groups()).unwrap();
            let mut text: Vec<char> = whole.chars().collect();
            let from = from.min(text.len());
            let to = (from + length).min(text.len());
            text.splice(from..to, put.chars());
            let script = ScriptFile {
                name: "TryIt".to_string(),
                label: "TryIt.rhai".to_string(),
                spot: Spot::File("TryIt.rhai".into()),
                text: text.into_iter().collect::<String>().into(),
            };
            let findings = CHECKER.with(|checker| checker.check(&script));
            for finding in findings {
                prop_assert!(!finding.message.is_empty());
            }
        }
    }

    fn groups() -> Groups {
        Groups::read("lib/options.rhai", include_str!("../../modules/lib/options.rhai")).unwrap()
    }
}
