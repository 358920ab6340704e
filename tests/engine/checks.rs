//! `ledama check`: all faults of a script at once, without running it.

use crate::support::{Work, golden};

#[test]
fn calls_of_functions_that_do_not_exist_are_found() {
    let work = Work::new();
    work.file(
        "many.rhai",
        "\
const MODULE = #{
    version: 1,
    group: \"data management\",
    access: \"user\",
    summary: \"Many faults\",
    changes: \"nothing\",
    options: [],
};

fn process(opts, run) {
    let file = reffile::opne(\"x.ref\");
    for entry in file { run.say(entry.path); }
    if never() { run.savee(\"x\", \"y\"); }
    for number in ranges::ints(\"1-3\", 4) { run.say(`${number}`); }
}
",
    );
    let output = work.ledama(["check", "many.rhai"]).run().no_panic();
    assert!(output.code == 1 || output.code == 2, "{output}");
    let all = format!("{}{}", output.stdout(), output.stderr);
    for word in ["opne", "never", "savee", "ranges::ints", "many.rhai:11"] {
        assert!(all.contains(word), "nothing about {word}; {output}");
    }
    assert!(all.contains("open"), "no suggestion; {output}");
    golden::check(
        "cli/check.txt",
        &golden::mask(&all, &[(work.path().to_str().unwrap(), "[WORK]")]),
    );
}

#[test]
fn a_script_is_not_run_to_be_checked() {
    let work = Work::new();
    work.file("acts.rhai", "run.save(\"made\", \"x\", #{ overwrite: true });\n");
    work.ledama(["check", "acts.rhai"]).ok();
    assert!(!work.has("made"));
}
