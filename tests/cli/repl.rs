//! The interactive session, fed from a pipe.

use crate::support::run::Run;
use crate::support::{Work, wait};

/// A session that reads these lines.
fn session(work: &Work, lines: &[&str]) -> Run {
    work.ledama(["repl"]).stdin(lines.join("\n") + "\n")
}

/// What it prints for them.
fn printed(lines: &[&str]) -> String {
    session(&Work::new(), lines).ok().stdout()
}

#[test]
fn values_are_shown() {
    assert_eq!(
        printed(&["1 + 1", "", "()", "7;", "let x = 5", "[x, \"a\", ()]"]),
        "2\n[5, \"a\", ()]\n"
    );
    assert_eq!(printed(&["nodes::fold([\"n1\", \"n2\"])"]), "\"n[1-2]\"\n");
    assert_eq!(printed(&["print(\"a\"); 3"]), "a\n3\n");
    assert_eq!(
        printed(&["#{ columns: [\"a\", \"b\"], rows: [[1, \"x\"], [22, ()]] }"]),
        "a   b\n1   x\n22  ?\n"
    );
    assert_eq!(printed(&["run.plan(\"Try\")"]), "plan `Try` with 0 tasks\n");
}

#[test]
fn what_was_typed_stays() {
    let work = Work::new();
    work.file("modules/lib/words.rhai", "export const WORD = \"so\"; fn twice(x) { x + x }");
    let lines = [
        "let x = 20",
        "fn double(n) {",
        "    n * 2",
        "}",
        "x += 1",
        "double(x)",
        "import \"lib/words\" as words",
        "words::twice(words::WORD)",
        "fn double(n) { n + n + 1 }",
        "double(x)",
    ];
    session(&work, &lines).ok().prints("42\n\"soso\"\n43\n");
}

#[test]
fn input_goes_on_until_it_is_whole() {
    assert_eq!(printed(&["let x = [", "1, // a", "2", "]", "x.len() +", "1"]), "3\n");
    assert_eq!(printed(&["`one", "two`"]), "one\ntwo\n");
}

#[test]
fn the_first_error_ends_it() {
    let work = Work::new();
    session(&work, &["1", "let y = 2 +* 3", "print(\"never\")"])
        .run()
        .code(1)
        .prints("1\n")
        .complains("--> input 2:1:");
    session(&work, &["nothing"]).run().code(1).complains("unknown variable `nothing`");
    session(&work, &["#{ a: 1 }.b"]).run().code(1).complains("the map has no key `b`");
    session(&work, &["f(", "1"]).run().code(1).complains("input 1");
    session(&work, &["eval(\"1\")"]).run().code(1).complains("`eval` is switched off");
    let output = session(&work, &["reffile::open(\"missing.ref\")"]).run().code(1);
    output.complains("missing.ref").complains("--> input 1:1:10").no_panic();
}

#[test]
fn an_error_in_a_function_shows_where_the_function_was_typed() {
    let lines = ["fn bad(x) {", "    x.nonsense()", "}", "let y = 1", "bad(y)"];
    let output = session(&Work::new(), &lines).run().code(1);
    output.complains("--> input 1:2:7").complains("x.nonsense()").complains("input 3:1:1");
}

#[test]
fn plans_are_executed_unless_only_asked_for() {
    let work = Work::new();
    let lines = [
        "let plan = run.plan(\"Touch\")",
        "plan.command(run.node, [\"touch\", \"made\"], #{ folder: args_folder })",
        "let report = run.execute(plan)",
        "report.ok",
    ];
    let folder = format!("const args_folder = {:?}", work.path().display().to_string());
    let lines = [&[folder.as_str()][..], &lines].concat();
    let asked = work.ledama(["repl", "--query"]).stdin(lines.join("\n")).run();
    assert!(asked.stdout().contains("touch made"), "{asked}");
    assert!(!work.has("made"));
    session(&work, &lines).ok().prints("0\ntrue\n");
    assert!(work.has("made"));
}

#[test]
fn a_failed_task_is_seen_in_the_exit_code() {
    let lines = [
        "let plan = run.plan(\"Fail\")",
        "plan.command(run.node, [\"false\"]);",
        "run.execute(plan).count(\"failed\")",
        "print(\"and on\")",
    ];
    session(&Work::new(), &lines).run().code(1).prints("1\nand on\n");
}

#[test]
fn commands_speak_to_the_session() {
    let work = Work::new();
    work.file("own.rhai", "fn own() { 7 }\nlet made = own();\nmade");
    let lines = [":load own.rhai", "own() + made", ":vars", ":quit", "print(\"never\")"];
    session(&work, &lines).ok().prints("7\n14\nname  type  value\nmade  int   7\n");
    session(&work, &[":load missing.rhai"]).run().code(1).complains("missing.rhai");
    session(&work, &[":hlep"]).run().code(1).complains("did you mean `help`?");
    session(&work, &["exit"]).ok().prints("");
}

#[test]
fn the_manual_is_inside() {
    let overview = printed(&[":help"]);
    assert!(overview.contains(":load FILE") && overview.contains("\n  reffile"), "{overview}");
    let open = printed(&[":help reffile::open"]);
    assert!(open.starts_with("reffile::open(path: text) -> RefFile\n    "), "{open}");
    let found = printed(&[":functions fold"]);
    assert!(found.contains("nodes::fold("), "{found}");
    let own = printed(&["/// Adds one.", "fn more(x) { x + 1 }", ":help more"]);
    assert!(own.contains("more(") && own.contains("Adds one."), "{own}");
}

#[test]
fn an_interruption_ends_what_runs() {
    let work = Work::new();
    let lines = ["run.save(\"begun\", \"\")", "loop {}", "print(\"never\")"];
    let running = session(&work, &lines).start();
    wait::until("the loop", || work.has("begun").then_some(()));
    // Whether it is in the loop by now or still before it: it ends.
    running.interrupt();
    let output = running.wait().code(130);
    assert_eq!(output.stdout(), "");
}
