//! Every fault of a manifest, with its place.

use super::*;

fn faults(keys: &str) -> Vec<String> {
    told(&reading(&module(keys)).faults)
}

#[test]
fn all_faults_are_told_together_with_their_places() {
    let text = r#"const MODULE = #{
    version: 2,
    groop: "local",
    access: "root",
    summary: "Two\nlines.",
    changes: "nothing",
    destructive: true,
    include: ["distribution", "distributoin"],
    options: [
        #{ name: "nodes", short: "n", kind: "node", help: "Where" },
        #{ name: "Nodes", kind: "text", help: 5 },
        #{ name: "query", kind: "flag", help: "Look" },
        #{ name: "x y", kind: "text", help: "z", requird: true },
        #{ name: "size", short: "hh", kind: "int", default_value: "8", help: "How many" },
        #{ name: "aa", short: "h", kind: "text", help: "h", required: true, default_value: "b" },
        #{ name: "mode", kind: "choice", choices: ["A"], default_value: "B", help: "m" },
        #{ name: "low", kind: "int", min: 5, default_value: 1, help: "l." },
        #{ kind: "text" },
        7,
    ],
};"#;
    insta::assert_snapshot!(told(&reading(text).faults).join("\n"));
}

#[test]
fn what_is_not_plain_is_named() {
    let text = "const N = 3;\nlet v = 1;\nconst MODULE = #{\n  version: 1,\n  group: [1].len(),\n  \
                summary: `a${N}`,\n  access: v,\n  changes: foo(1),\n  search: N - 1,\n};";
    insta::assert_snapshot!(told(&reading(text).faults).join("\n"));
}

#[test]
fn a_variable_is_no_manifest() {
    let told = told(&reading("let MODULE = #{ version: 1 };").faults);
    assert_eq!(told, ["1:1 MODULE is a variable | write `const MODULE = #{ … };`"]);
}

#[test]
fn a_fault_of_the_syntax_has_its_place() {
    let told = told(&reading("const MODULE = #{\n  version: 1,\n  default: 2,\n};").faults);
    assert_eq!(told.len(), 1);
    assert!(told[0].starts_with("3:3 "), "{told:?}");
}

#[test]
fn letters_and_names_are_unique_over_the_included_ones() {
    let told = faults(
        r#"include: ["distribution", "query"], letters: #{ numnodez: "x", numnodes: "no" }, defaults: #{ own: 3 },
           options: [#{ name: "own", short: "p", kind: "int", help: "x" },
                     #{ name: "quick", short: "q", kind: "flag", help: "x" },
                     #{ name: "no-quick", kind: "flag", help: "x" },
                     #{ name: "numnodes", kind: "int", help: "x" }]"#,
    );
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn levels_are_checked_as_options_are() {
    let told = faults(
        r#"include: ["distribution"],
           levels: #{ ful: #{}, user: #{ numnodes: #{ default_value: "a" }, nodes: #{} } },
           options: [#{ name: "own", kind: "choice", choices: ["A"], help: "x",
                        levels: #{ full: #{ default_value: "B", shown: 1 } } }]"#,
    );
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn what_makes_a_run_destructive_is_a_flag_of_the_module() {
    let options = r#"options: [#{ name: "delete", kind: "flag", help: "x" },
                               #{ name: "mode", kind: "text", help: "x" }]"#;
    let told = |what: &str| faults(&format!("changes: \"data\", destructive: {what}, {options}"));
    assert_eq!(told(r#"["delete"]"#), [""; 0]);
    let first = |what: &str| told(what)[0].trim_start_matches(|c| c != ' ').to_string();
    assert_eq!(
        first(r#""delet""#),
        " `destructive`: there is no option `delet` | did you mean `delete`?"
    );
    assert_eq!(first(r#""mode""#), " `destructive`: `mode` is no flag");
    assert_eq!(first("[]"), " `destructive` names no flag: write `true` or `false`");
    for wrong in ["5", "[5]"] {
        let fault = " `destructive` of MODULE must be `true`, `false` or names of flags, not a whole number";
        assert_eq!((told(wrong).len(), first(wrong).as_str()), (1, fault), "{wrong}");
    }
}

#[test]
fn words_after_two_dashes_are_for_a_text() {
    let options = r#"options: [#{ name: "line", kind: "text", help: "x" },
                               #{ name: "mode", kind: "int", help: "x" }]"#;
    let told = |name: &str| faults(&format!("trailing: \"{name}\", {options}"));
    assert_eq!(told("line"), [""; 0]);
    assert!(told("lin")[0].contains("there is no option `lin` | did you mean `line`?"));
    assert!(told("mode")[0].contains("`mode` is not of kind `text`"));
}

/// Whatever stands in a file, reading it ends with faults, never with a panic.
mod no_text_panics {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

        #[test]
        fn mutilated_modules(
            from in 0..1500_usize,
            length in 0..40_usize,
            put in "[#{}\\[\\]()\"`:;,a-z0-9.+/*-]{0,8}",
        ) {
            let mut text: Vec<char> = super::super::FULL.chars().collect();
            let from = from.min(text.len());
            let to = (from + length).min(text.len());
            text.splice(from..to, put.chars());
            let text: String = text.into_iter().collect();
            let reading = reading(&text);
            prop_assert!(reading.manifest.is_none() || !crate::diagnostic::any_error(&reading.faults));
        }
    }
}
