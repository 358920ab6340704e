//! The texts of typical mistakes in scripts, as users see them.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use rhai::{Dynamic, Map};

use super::*;
use crate::engine::{Call, Library, Output, ScriptFile, Setup, Spot, Stop, run};

struct Nobody;

impl Output for Nobody {
    fn print(&self, _text: &str) {}
    fn debug(&self, _text: &str, _place: Option<Place>) {}
}

/// What the user sees when a script with this body fails.
fn told(body: &str) -> String {
    told_in(&format!("const MODULE = #{{}};\nfn process(opts, run) {{\n    {body}\n}}\n"))
}

fn told_in(text: &str) -> String {
    let sources = Sources::new();
    let setup = Setup::new(
        Library::of(&[], true),
        sources.clone(),
        Arc::default(),
        Arc::new(Nobody),
        Arc::new(AtomicBool::new(false)),
    );
    let script = ScriptFile {
        name: "Try".to_string(),
        label: "Try.rhai".to_string(),
        spot: Spot::Embedded("Try.rhai".to_string()),
        text: text.into(),
    };
    let options = Map::from([
        ("nodes".into(), Dynamic::from_array(vec!["node001".into()])),
        ("output".into(), Dynamic::UNIT),
    ]);
    match run(&setup, &script, Call::Module { options, run: Dynamic::UNIT }) {
        Ok(value) => panic!("it went well: {value}\n{text}"),
        Err(Stop::Fault(fault)) => fault.render(&sources, false),
        Err(stop) => panic!("{stop:?}"),
    }
}

macro_rules! mistakes {
    ($($name:ident: $body:expr;)*) => {
        $(#[test]
        fn $name() {
            insta::assert_snapshot!(stringify!($name), told($body));
        })*
    };
}

mistakes! {
    unknown_option: "opts.node";
    unknown_variable: "let nodes = opts.nodes; nods.len()";
    unknown_namespace: "refile::open(\"x\")";
    unknown_builtin: "names::parze(\"/data\")";
    unknown_method: "opts.nodes.lengt()";
    wrong_type_of_argument: "names::parse(5)";
    wrong_number_of_arguments: "names::parse(\"a\", \"b\", \"c\")";
    an_option_that_was_not_given: "names::parse(opts.output)";
    adding_nothing: "\"a/\" + opts.output.path";
    adding_text_to_number: "let n = 5; n - \"a\"";
    property_of_a_number: "opts.nodes.len().size";
    index_beyond_the_end: "opts.nodes[3]";
    for_over_a_number: "let n = opts.nodes.len(); for x in n { }";
    missing_semicolon: "let a = 1\n    let b = 2;";
    missing_brace: "if true { let a = [1, 2;";
    unclosed_text: "let a = \"abc;";
    reserved_word: "let default = 1;";
    other_languages: "let n = 1; n++;";
    thrown_text: "throw \"nothing to do\";";
    thrown_map: "throw #{ kind: \"input\", message: \"no sub-band 7\", help: \"look at --subbands\" };";
    error_of_a_builtin: "nodes::parse(\"nowhere[1-\")";
    function_without_brackets: "let f = print; f";
    constant_changed: "const A = 1; A = 2;";
    division_by_zero: "let n = 0; 10 / n";
    condition_is_no_truth_value: "let n = 1; if n { }";
    global_not_seen: "NUMBER";
    call_of_a_call: "let add = |x| x + 1; add.call(\"a\" - 1)";
}

#[test]
fn a_chain_of_calls_is_shown_to_its_end() {
    insta::assert_snapshot!(told_in(
        "const MODULE = #{};\nfn inner(x) {\n    x.nothing\n}\nfn outer(x) { inner(x) }\n\
         fn process(opts, run) {\n    [5].map(|x| outer(x))\n}\n"
    ));
}

#[test]
fn a_long_line_is_cut_around_the_place() {
    let long = "1, ".repeat(60);
    insta::assert_snapshot!(told(&format!("let a = [{long}oops(1), {long}];")));
}

#[test]
fn colour_is_used_only_if_asked() {
    let fault = Diagnostic::error("bad").at(Place::new("x", 1, 1)).help("do better");
    let sources = Sources::new();
    sources.add("x", "text".into());
    assert!(!fault.render(&sources, false).contains('\u{1b}'));
    assert!(fault.render(&sources, true).contains("\u{1b}["));
}

#[test]
fn no_text_of_the_engine_or_of_rust_shines_through() {
    for body in
        ["let a = 1; a.b.c()", "opts.nodes.foo", "#{a: 1}.b.c", "[1] - [2]", "opts.x = 1; opts.x.y"]
    {
        let told = told(body);
        for word in
            ["EvalAltResult", "rhai::", "::Error", "ImmutableString", "&str", "i64", "alloc::"]
        {
            assert!(!told.contains(word), "{word} in: {told}");
        }
    }
}
