//! The table of exit codes: 0 all done, 1 something failed or differs,
//! 2 nothing was done, 130 interrupted.

use crate::support::Work;

fn code(work: &Work, args: &[&str]) -> i32 {
    work.ledama(args).run().no_panic().code
}

#[test]
fn help_and_version_are_answers() {
    let work = Work::new();
    for args in [
        &["--help"][..],
        &["-h"],
        &["--version"],
        &["run", "--help"],
        &["run", "CopyData", "--help"],
        &["run", "CopyData", "-h"],
        &["list", "--help"],
        &["describe", "CopyData"],
    ] {
        let output = work.ledama(args).run().no_panic();
        assert_eq!(output.code, 0, "{output}");
        assert!(!output.stdout_bytes.is_empty(), "answers belong on standard output; {output}");
    }
}

#[test]
fn wrong_usage_does_nothing() {
    let work = Work::new();
    work.file("broken.rhai", "let = 1;\n");
    work.file("bad.toml", "[ssh\n");
    for args in [
        &[][..],
        &["no-such-command"],
        &["list", "--no-such-option"],
        &["run"],
        &["run", "NoSuchModule"],
        &["run", "CopyData"],
        &["run", "CopyData", "--no-such-option"],
        &["run", "CopyData", "stray", "words"],
        &["run", "CheckData", "--inarg", "nowhere.ref"],
        &["run", "CheckData", "--inarg", "x", "--acceptperc", "many"],
        &["run", "broken.rhai"],
        &["run", "nowhere.rhai"],
        &["describe", "NoSuchModule"],
        &["--config", "bad.toml", "list"],
        &["--config", "nowhere.toml", "config", "show"],
        &["completions", "no-such-shell"],
    ] {
        let output = work.ledama(args).run().no_panic();
        assert_eq!(output.code, 2, "{output}");
        assert!(!output.stderr.is_empty(), "silent; {output}");
        assert!(output.stdout_bytes.is_empty(), "errors belong on standard error; {output}");
    }
}

#[test]
fn scripts_end_as_they_say() {
    let work = Work::new();
    for (name, body, wanted) in [
        ("good", "\"done\\n\"", 0),
        ("nothing", "()", 0),
        ("difference", "run.found_difference(); \"differs\\n\"", 1),
        ("input", "run.fail(\"this is wrong\", \"do that\")", 2),
        ("thrown", "throw \"something\"", 2),
        ("late", "run.save(\"file\", \"x\", #{ overwrite: true }); throw \"something\"", 1),
    ] {
        work.file(format!("{name}.rhai"), format!("{body}\n"));
        assert_eq!(code(&work, &["run", &format!("{name}.rhai")]), wanted, "{name}");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_fault() {
    let work = Work::new();
    work.file("long.rhai", "let t = \"\"; for k in 0..200000 { t += \"line\\n\"; } t\n");
    let pipe = format!(
        "'{}' run long.rhai | head -n 1; echo \"${{PIPESTATUS[0]}}\"",
        crate::support::run::program().display()
    );
    let output = work.ledama(["-c", &pipe]).program("bash").ok().no_panic();
    assert_eq!(output.stdout().lines().next(), Some("line"), "{output}");
    let code: i32 = output.stdout().lines().last().unwrap().parse().unwrap();
    assert!(code == 0 || code == 141, "{output}");
}
