//! Commands: what they get, what they say, how they end.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use base64::Engine as _;
use ledama_base::operation::ErrorKind;
use ledama_base::rawtext;

use super::host::{Host, command, eventually, lives, numbers, run, shell, short_grace};
use crate::plan::{CommandSpec, ResultRule};
use crate::protocol::{FromWorker, JobResult, ToWorker};
use crate::worker::Options;

fn perform(spec: CommandSpec) -> JobResult {
    let mut host = Host::start("test-commands", Options::default());
    let result = host.perform(run(spec));
    assert_eq!(host.end(), 0);
    result
}

fn capture(spec: CommandSpec) -> JobResult {
    perform(CommandSpec { capture: true, ..spec })
}

fn stdout(result: &JobResult) -> Vec<u8> {
    assert_eq!(result.error, None);
    rawtext::decode(result.value["stdout"].as_str().unwrap()).as_bytes().to_vec()
}

fn failure(result: &JobResult) -> (ErrorKind, &str) {
    let error = result.error.as_ref().expect("a failure");
    (error.kind, &error.message)
}

#[test]
fn a_command_that_does_its_work_says_so() {
    let result = perform(command(&["true"]));
    assert_eq!((result.exit_status, result.error, result.tail.as_str()), (Some(0), None, ""));
}

#[test]
fn the_status_and_the_last_words_explain_a_failure() {
    let result = perform(shell("echo on the way; echo it broke >&2; exit 3"));
    assert_eq!(result.exit_status, Some(3));
    assert_eq!(failure(&result), (ErrorKind::Status, "`sh` ended with status 3: it broke"));
    assert!(result.tail.contains("on the way\n") && result.tail.contains("it broke\n"));

    let result = perform(shell("kill -9 $$"));
    assert_eq!(result.exit_status, Some(137));
    assert_eq!(failure(&result), (ErrorKind::Status, "`sh` was killed by signal 9 (SIGKILL)"));
}

#[test]
fn the_result_rule_decides() {
    let rule = ResultRule { success: vec![0, 1], failure_text: vec!["ERROR".into()] };
    let with_rule = |script: &str| perform(CommandSpec { rule: rule.clone(), ..shell(script) });
    assert_eq!(with_rule("exit 1").error, None);
    let result = with_rule("echo all well; echo an ERR''OR >&2");
    assert_eq!(failure(&result), (ErrorKind::Status, "the output of `sh` contains `ERROR`"));
    assert_eq!(result.exit_status, Some(0));
}

#[test]
fn arguments_arrive_byte_by_byte() {
    let raw = rawtext::encode(OsStr::from_bytes(b"\xff\xfe L\x80"));
    let odd = ["a b", "it's", "\"q\"", "$HOME;&|", "*", "new\nline", "\\n", "-x", "", &raw, "α☉"];
    let mut spec = command(&["printf", "%s\\0"]);
    spec.argv.extend(odd.iter().map(ToString::to_string));
    let result = capture(spec);
    let expected: Vec<u8> =
        odd.iter().flat_map(|a| [rawtext::decode(a).as_bytes(), b"\0"].concat()).collect();
    assert_eq!(stdout(&result), expected);
}

#[test]
fn the_surroundings_are_those_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().canonicalize().unwrap().join("a b'c\n\u{1F52D}");
    std::fs::create_dir(&path).unwrap();
    let result = capture(CommandSpec {
        folder: Some(rawtext::path_text(&path)),
        env: BTreeMap::from([("MINE".into(), "x y\n$HOME".into())]),
        ..shell("printf '%s|%s|%s' \"$MINE\" \"$LEDAMA_RUN_ID\" \"$(pwd -P; echo .)\"; cat")
    });
    let expected = format!("x y\n$HOME|test-commands|{}\n.", path.to_str().unwrap());
    assert_eq!(String::from_utf8(stdout(&result)).unwrap(), expected);

    let home = std::env::home_dir().unwrap().canonicalize().unwrap();
    let result = capture(shell("pwd -P"));
    assert_eq!(stdout(&result), [home.as_os_str().as_bytes(), b"\n"].concat());
}

#[test]
fn standard_input_is_given_and_need_not_be_read() {
    let text = "0123456789abcde\n".repeat(1 << 16);
    let result = capture(CommandSpec { stdin: Some(text.clone()), ..command(&["cat"]) });
    assert_eq!(stdout(&result), text.as_bytes());
    let result = perform(CommandSpec { stdin: Some(text), ..command(&["true"]) });
    assert_eq!(result.error, None);
    let result = capture(command(&["cat"]));
    assert_eq!(stdout(&result), b"");
}

#[test]
fn a_hundred_megabytes_on_both_streams_pass() {
    // One after the other: whoever reads only one stream at a time hangs.
    let script = "head -c 100000000 /dev/zero >&2; head -c 100000000 /dev/zero; \
                  head -c 1000 /dev/zero >&2; echo the end";
    let result = perform(shell(script));
    assert_eq!(result.error, None);
    assert!(result.tail.len() <= 8 << 10);
    assert!(result.tail.contains("the end\n"));
}

#[test]
fn streamed_output_is_complete() {
    let mut host = Host::start("test-stream", Options::default());
    let job = host.start_job(run(shell("seq 200000; echo no >&2")), true);
    let (said, result) = host.listen(job);
    let mut heard = Vec::new();
    for message in said {
        let FromWorker::Output { data, .. } = message else { panic!("{message:?}") };
        heard.extend(base64::engine::general_purpose::STANDARD.decode(data).unwrap());
    }
    // Two streams: only the order within each is certain.
    let heard = String::from_utf8(heard).unwrap();
    assert!(heard.contains("no\n"));
    let mut numbers = heard.replace("no\n", "").lines().map(str::to_string).collect::<Vec<_>>();
    assert_eq!(numbers.len(), 200_000);
    assert_eq!(numbers.pop().unwrap(), "200000");
    assert_eq!(result.error, None);
    assert_eq!(host.end(), 0);
}

#[test]
fn more_than_can_be_captured_is_a_failure() {
    let result = capture(shell("head -c 10000000 /dev/zero; head -c 10000000 /dev/zero >&2"));
    let (kind, message) = failure(&result);
    assert_eq!(kind, ErrorKind::Input);
    assert_eq!(message, "the output of `sh` is larger than the 16 MiB that can be returned");
    assert_eq!(result.value["stdout"], "");
}

#[test]
fn what_cannot_be_started_is_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| rawtext::path_text(&folder.path().join(name));
    std::fs::write(at("text"), "no program\n").unwrap();
    let check = |spec: CommandSpec, kind: ErrorKind, words: &str| {
        let result = perform(spec);
        let (found, message) = failure(&result);
        assert_eq!(found, kind, "{message}");
        assert!(message.contains(words), "`{message}` does not say `{words}`");
        assert_eq!(result.exit_status, None);
    };
    check(command(&[]), ErrorKind::Input, "without a program");
    check(command(&[""]), ErrorKind::Input, "without a program");
    check(command(&["echo", "a\0b"]), ErrorKind::Input, "NUL");
    check(command(&["no-such-program"]), ErrorKind::NotFound, "no-such-program is not in the PATH");
    check(command(&[&at("gone")]), ErrorKind::NotFound, "gone: No such file");
    check(command(&[&at("text")]), ErrorKind::Permission, "text: Permission denied");
    check(command(&["/"]), ErrorKind::Permission, "program /");
    let in_folder = |name| CommandSpec { folder: Some(at(name)), ..command(&["true"]) };
    check(in_folder("gone"), ErrorKind::NotFound, "working folder");
    check(in_folder("text"), ErrorKind::Input, "is no folder");
    let env = BTreeMap::from([("A=B".into(), String::new())]);
    check(CommandSpec { env, ..command(&["true"]) }, ErrorKind::Input, "no name for a variable");
    let init = |name| CommandSpec { init_file: Some(at(name)), ..command(&["true"]) };
    check(init("gone"), ErrorKind::NotFound, "init file");
    check(init("."), ErrorKind::Input, "is a folder");
}

#[test]
fn a_script_without_interpreter_is_told_apart() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("script");
    std::fs::write(&file, "#!/no/such/interpreter\n").unwrap();
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o755)).unwrap();
    let result = perform(command(&[file.to_str().unwrap()]));
    let error = result.error.unwrap();
    assert_eq!(error.kind, ErrorKind::NotFound);
    assert!(error.message.contains("cannot be started"), "{}", error.message);
    assert!(error.help.unwrap().contains("interpreter"));
}

#[test]
fn a_path_of_its_own_is_searched() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mine");
    std::fs::write(&file, "#!/bin/sh\necho \"$0\"\n").unwrap();
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o755)).unwrap();
    let env = BTreeMap::from([("PATH".into(), folder.path().to_str().unwrap().into())]);
    let result = capture(CommandSpec { env, ..command(&["mine"]) });
    assert_eq!(stdout(&result), format!("{}\n", file.display()).as_bytes());
}

#[test]
fn a_program_that_ignores_the_request_is_killed() {
    let mut host = Host::start("test-stubborn", short_grace());
    let script = "trap '' TERM; echo $$ ready; while :; do sleep 600; done";
    let job = host.start_job(run(shell(script)), true);
    let pid = numbers(&host.hear_output("ready")).remove(0);
    host.say(&ToWorker::Cancel { id: job });
    let (_, result) = host.listen(job);
    assert_eq!(failure(&result), (ErrorKind::Cancelled, "interrupted"));
    assert_eq!(result.exit_status, Some(137));
    assert!(!lives(&pid));
    assert_eq!(host.end(), 0);
}

#[test]
fn a_program_may_clean_up_when_it_is_cancelled() {
    let mut host = Host::start("test-clean", Options::default());
    let script = "trap 'echo cleaned; exit 0' TERM; echo ready; while :; do sleep 0.01; done";
    let job = host.start_job(run(shell(script)), true);
    host.hear_output("ready");
    host.say(&ToWorker::Cancel { id: job });
    let (_, result) = host.listen(job);
    assert_eq!(failure(&result).0, ErrorKind::Cancelled);
    assert_eq!(result.exit_status, Some(0));
    assert!(result.tail.contains("cleaned\n"), "{}", result.tail);
    assert_eq!(host.end(), 0);
}

#[test]
fn cancelling_reaches_what_left_the_process_group() {
    let mut host = Host::start("test-left", short_grace());
    let script = "setsid sh -c 'trap \"\" TERM; echo $$; exec sleep 600 >/dev/null 2>&1' & \
                  sleep 600 & echo $!; wait";
    let job = host.start_job(run(shell(script)), true);
    let mut heard = String::new();
    while numbers(&heard).len() < 2 {
        heard += &host.hear_output("\n");
    }
    host.say(&ToWorker::Cancel { id: job });
    let (_, result) = host.listen(job);
    assert_eq!(failure(&result).0, ErrorKind::Cancelled);
    eventually("the end of both", || !numbers(&heard).iter().any(|pid| lives(pid)));
    assert_eq!(host.end(), 0);
}

#[test]
fn cancelling_one_job_leaves_the_others() {
    let mut host = Host::start("test-others", Options::default());
    let sleeper = host.start_job(run(shell("sleep 600")), false);
    let reader = host.start_job(run(shell("echo $$ ready; exec sleep 600")), true);
    let pid = numbers(&host.hear_output("ready")).remove(0);
    host.say(&ToWorker::Cancel { id: sleeper });
    host.say(&ToWorker::Cancel { id: 4711 });
    host.listen(sleeper);
    assert!(lives(&pid));
    host.say(&ToWorker::Cancel { id: reader });
    host.listen(reader);
    assert_eq!(host.end(), 0);
}

#[test]
fn output_of_the_background_is_waited_for() {
    let result = capture(shell("(sleep 0.1; echo later) & echo first"));
    assert_eq!(stdout(&result), b"first\nlater\n");
}
