//! After a failure, an interruption or a kill the same command with `--resume`
//! does what is left, and nothing else.

use rustix::process::Signal;

use super::stage::Stage;
use crate::support::{Output, wait};

fn begun(stage: &Stage, step: &str) -> String {
    stage.work.read(format!("begun-{step}.ref"))
}

/// The command that the last line of help tells, as words behind `ledama`.
fn told_command(output: &Output) -> Vec<String> {
    let line = output.stderr.lines().rfind(|l| l.contains("go on with `")).expect("a command");
    let line = line.split('`').nth(1).unwrap();
    line.split_whitespace().skip(1).map(str::to_string).collect()
}

#[test]
fn a_failure_stops_it_and_it_goes_on_there() {
    let stage = Stage::new();
    stage.work.file("fail-two.ref", "");
    let output = stage.run(&["--note", "x"]).run().code(1).no_panic();
    assert!(output.stderr.contains("step `two` (2 of 3, WriteFile) failed"), "{output}");
    assert!(
        output.stderr.contains("done: one") && output.stderr.contains("left: two, three"),
        "{output}"
    );
    assert_eq!(stage.made(), ["one.ref"]);
    // The same command again does not begin anew.
    let again = stage.run(&["--note", "x"]).run().code(2);
    assert!(again.stderr.contains("is not finished"), "{again}");
    std::fs::remove_file(stage.work.join("fail-two.ref")).unwrap();
    std::fs::remove_file(stage.work.join("begun-one.ref")).unwrap();
    // What it says is what works.
    let words = told_command(&output);
    assert_eq!(told_command(&again), words);
    stage.work.ledama(&words).config(&stage.work.join("ledama.toml")).ok();
    assert_eq!(stage.made(), ["one.ref", "three.ref", "two.ref"]);
    assert!(!stage.work.has("begun-one.ref"), "what is done is not done again");
    assert_eq!(stage.work.read("two.ref"), "x|true", "its module goes on too");
    assert_eq!(begun(&stage, "three"), "false", "this one had not begun");
}

#[test]
fn a_step_that_cannot_begin_is_no_beginning() {
    let stage = Stage::new();
    stage.work.file("nothing-one.ref", "");
    stage.run(&[]).run().code(2).complains("could not begin");
    std::fs::remove_file(stage.work.join("nothing-one.ref")).unwrap();
    stage.work.file("nothing-two.ref", "");
    stage.run(&[]).run().code(1).complains("could not begin");
    std::fs::remove_file(stage.work.join("nothing-two.ref")).unwrap();
    stage.run(&["--resume"]).ok();
}

#[test]
fn it_goes_on_after_a_kill() {
    let stage = Stage::new();
    stage.work.file("wait-two.ref", "");
    let run = stage.run(&["--state", "my.state"]).start();
    wait::until("the second step", || stage.work.has("begun-two.ref").then_some(()));
    // Nobody else runs it meanwhile.
    let busy = stage.run(&["--state", "my.state", "--resume"]).run().code(2);
    assert!(busy.stderr.contains("another process"), "{busy}");
    run.signal(Signal::KILL);
    run.wait().code(137);
    assert_eq!(stage.made(), ["one.ref"]);
    std::fs::remove_file(stage.work.join("wait-two.ref")).unwrap();
    stage.run(&["--state", "my.state", "--resume"]).ok();
    assert_eq!(stage.work.read("two.ref"), "none|true");
    assert_eq!(stage.journals(), [""; 0], "its journal is where it was told to be");
}

#[test]
fn ctrl_c_stops_the_step_and_the_recipe() {
    for signal in [Signal::INT, Signal::TERM] {
        let stage = Stage::new();
        stage.work.file("wait-two.ref", "");
        let run = stage.run(&[]).start();
        wait::until("the second step", || stage.work.has("begun-two.ref").then_some(()));
        run.signal(signal);
        let output = run.wait().code(130).no_panic();
        assert!(output.stderr.contains("interrupted at step `two`"), "{output}");
        assert_eq!(stage.made(), ["one.ref"]);
        std::fs::remove_file(stage.work.join("wait-two.ref")).unwrap();
        let words = told_command(&output);
        stage.work.ledama(&words).config(&stage.work.join("ledama.toml")).ok();
        assert_eq!(stage.made(), ["one.ref", "three.ref", "two.ref"]);
    }
}

#[test]
fn a_journal_of_other_work_is_refused() {
    let stage = Stage::new();
    stage.work.file("fail-two.ref", "");
    stage.run(&["--note", "x"]).run().code(1);
    let before = stage.everything();
    let refused = |words: &[&str], message: &str| {
        let output = stage.run(words).run().code(2).no_panic().complains(message);
        assert_eq!(stage.everything(), before, "{output}");
    };
    refused(&["--note", "y", "--resume"], "`--note` was `x` and is now `y`");
    refused(&["--resume"], "`--note` was `x` and is now `none`");
    // Another folder is another run.
    let other = stage.work.join("home");
    let recipe = stage.work.join("scripts/frequent/three.rhai");
    let output = stage
        .recipe(&["run"])
        .arg(&recipe)
        .args(["--note", "x", "--resume", "--modules"])
        .arg(stage.work.join("modules"))
        .folder(&other)
        .run()
        .code(2);
    assert!(output.stderr.contains("nothing to go on with"), "{output}");
    // So is a recipe with other steps.
    let text = stage.work.read("scripts/frequent/three.rhai");
    stage.work.file("scripts/frequent/three.rhai", text.replace("note: opts.note }", "}"));
    let output = stage.run(&["--note", "x", "--resume"]).run().code(2);
    assert!(output.stderr.contains("its steps were others"), "{output}");
    // A file that is no journal stays as it is.
    stage.work.file("mine", "my notes\n");
    stage.run(&["--state", "mine"]).run().code(2).complains("no journal");
    assert_eq!(stage.work.read("mine"), "my notes\n");
}

#[test]
fn runs_with_other_options_do_not_disturb_each_other() {
    let stage = Stage::new();
    stage.work.file("fail-two.ref", "");
    stage.run(&["--note", "x"]).run().code(1);
    std::fs::remove_file(stage.work.join("one.ref")).unwrap();
    stage.run(&["--note", "y"]).run().code(1);
    assert_eq!(stage.journals().len(), 2);
    std::fs::remove_file(stage.work.join("fail-two.ref")).unwrap();
    stage.run(&["--note", "x", "--resume"]).ok();
    assert_eq!(stage.work.read("two.ref"), "x|true");
}

#[test]
fn what_was_made_and_is_gone_is_told() {
    let stage = Stage::new();
    stage.work.file("fail-two.ref", "");
    stage.run(&[]).run().code(1);
    std::fs::remove_file(stage.work.join("one.ref")).unwrap();
    std::fs::remove_file(stage.work.join("fail-two.ref")).unwrap();
    let output = stage.run(&["--resume"]).run().code(2);
    assert!(output.stderr.contains("one.ref is not there"), "{output}");
    assert!(output.stderr.contains("step `one` makes it"), "{output}");
    stage.run(&["--only", "one"]).ok();
    stage.run(&["--resume"]).ok();
    assert_eq!(stage.made(), ["one.ref", "three.ref", "two.ref"]);
}
