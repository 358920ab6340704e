//! Init files: their variables arrive, the command's arguments stay untouched.

use std::process::Command;

use ledama_base::operation::ErrorKind;
use ledama_base::rawtext;
use tempfile::TempDir;

use super::host::{Host, command, run};
use crate::plan::CommandSpec;
use crate::protocol::JobResult;
use crate::worker::Options;
use crate::worker::launch;

const ODD: [&str; 6] = ["a b", "$HOME;'\"", "*", "new\nline", "-n", ""];

fn with_init(text: &str, argv: &[&str]) -> JobResult {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("init file'\n.sh");
    std::fs::write(&file, text).unwrap();
    let mut host = Host::start("test-init", Options::default());
    let result = host.perform(run(CommandSpec {
        init_file: Some(rawtext::path_text(&file)),
        capture: true,
        ..command(argv)
    }));
    assert_eq!(host.end(), 0);
    result
}

fn printed(result: &JobResult) -> &str {
    assert_eq!(result.error, None);
    result.value["stdout"].as_str().unwrap()
}

#[test]
fn its_variables_arrive_and_its_chatter_does_not() {
    let result = with_init(
        "echo chatter; export SOME='x y'; declare -x OTHER=z\n",
        &["sh", "-c", "printf '%s|%s' \"$SOME\" \"$OTHER\""],
    );
    assert_eq!(printed(&result), "x y|z");
    assert!(result.value["stderr"].as_str().unwrap().contains("chatter"));
}

#[test]
fn it_gets_no_arguments_and_cannot_touch_those_of_the_command() {
    let argv = [&["printf", "%s|"], &ODD[..]].concat();
    let result = with_init("export COUNT=$#; set -- spoiled; shift\n", &argv);
    assert_eq!(printed(&result), "a b|$HOME;'\"|*|new\nline|-n||");
    let result = with_init("export COUNT=$#\n", &["sh", "-c", "echo $COUNT"]);
    assert_eq!(printed(&result), "0\n");
}

#[test]
fn its_failure_keeps_the_command_from_starting() {
    let result = with_init("echo no such module >&2; return 7\n", &["echo", "started"]);
    let error = result.error.unwrap();
    assert_eq!(error.kind, ErrorKind::Status);
    assert!(error.message.ends_with("ended with status 7; nothing was started"), "{error}");
    assert!(error.help.is_some());
    assert_eq!(result.value["stdout"], "");
    assert!(result.tail.contains("no such module"));
}

#[test]
fn the_shell_is_a_login_shell() {
    let result =
        with_init("shopt -q login_shell && export LOGIN=yes\n", &["sh", "-c", "echo $LOGIN"]);
    assert_eq!(printed(&result), "yes\n");
}

#[test]
fn a_program_that_it_does_not_provide_is_named() {
    let result = with_init("PATH=/nowhere\n", &["no-such-program"]);
    let error = result.error.unwrap();
    assert_eq!(error.kind, ErrorKind::Status);
    assert!(error.message.contains("no-such-program: not found"), "{error}");
}

#[test]
fn both_shell_texts_do_the_same() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("init");
    std::fs::write(&file, "echo chatter; COUNT=$#; export COUNT; set -- spoiled; shift\n").unwrap();
    for (shell, text) in [("bash", launch::BASH), ("sh", launch::POSIX)] {
        let output = Command::new(shell)
            .args(["-c", text, "ledama"])
            .arg(&file)
            .args(["sh", "-c", "printf '%s|' \"$COUNT\" \"$@\"", "name"])
            .args(ODD)
            .output()
            .unwrap();
        let heard = String::from_utf8(output.stdout).unwrap();
        assert_eq!(heard, "0|a b|$HOME;'\"|*|new\nline|-n||", "{shell}");
        assert_eq!(output.stderr, b"chatter\n", "{shell}");
        std::fs::write(folder.path().join("bad"), "return 3").unwrap();
        let output = Command::new(shell)
            .args(["-c", text, "ledama"])
            .arg(folder.path().join("bad"))
            .args(["echo", "started"])
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(launch::INIT_FAILED), "{shell}");
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(said, format!("{}3\n", launch::INIT_FAILED_TEXT), "{shell}");
    }
}
