//! The list, tried on real processes.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::HashSet;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use ledama_base::operation::{
    ErrorKind, Operation, OperationContext, OperationError, Progress, RUN_ID_VARIABLE,
};
use serde_json::Value;

use super::identity::{Identity, boot_id};
use super::list::{List, ListInput, ProcessInfo};
use super::table::Stat;

/// The surroundings of an operation without a host.
#[derive(Debug, Default)]
pub(super) struct Here {
    pub(super) cancelled: bool,
}

impl OperationContext for Here {
    fn node(&self) -> &'static str {
        "here"
    }
    fn run_id(&self) -> &'static str {
        "run"
    }
    fn cancelled(&self) -> bool {
        self.cancelled
    }
    fn progress(&self, _: Progress) {}
    fn item(&self, _: Value) {}
    fn log(&self, _: &str) {}
    fn call(&self, _: &str, _: &str, _: Value) -> Result<Value, OperationError> {
        Err(OperationError::new(ErrorKind::Internal, "no other nodes here"))
    }
}

/// A process as it would have been listed.
pub(super) fn identity(pid: u32) -> Identity {
    let pid = pid.cast_signed();
    let start_ticks = Stat::of(pid).map_or(0, |stat| stat.start_ticks);
    Identity { boot_id: boot_id(), pid, start_ticks }
}

/// A program that sleeps; killed when the test ends, however that is.
pub(super) struct Sleeper(Child);

impl Sleeper {
    /// `argv0` is what it calls itself.
    pub(super) fn start(argv0: &str) -> Self {
        Self::of(Command::new("sleep").arg0(argv0).arg("600"))
    }

    fn of(command: &mut Command) -> Self {
        let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Self(quiet.spawn().unwrap())
    }

    pub(super) fn identity(&self) -> Identity {
        identity(self.0.id())
    }

    pub(super) fn runs(&mut self) -> bool {
        self.0.try_wait().unwrap().is_none()
    }

    pub(super) fn wait(&mut self) {
        self.0.wait().unwrap();
    }
}

impl Drop for Sleeper {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// Without leaving out the family: everything a test starts belongs to it.
fn list(input: &ListInput) -> Vec<ProcessInfo> {
    list_with(input, &Here::default()).unwrap()
}

fn list_with(input: &ListInput, ctx: &Here) -> Result<Vec<ProcessInfo>, OperationError> {
    super::list::chosen(input, super::table::processes(), &HashSet::new(), ctx)
}

fn words(words: &[&str]) -> ListInput {
    let words = words.iter().map(ToString::to_string).collect();
    ListInput { words, ..ListInput::default() }
}

#[test]
fn words_with_quotes_and_semicolons_are_found() {
    let name = "it's a \"test\"; $(no) *shell* \u{1b}[31m";
    let sleeper = Sleeper::start(name);
    for word in ["it's a", "\"test\"; $(no)", "*shell*", name] {
        let found = list(&words(&[word, "600"]));
        assert_eq!(found.len(), 1, "{word}: {found:#?}");
        let process = &found[0];
        assert_eq!(process.pid, sleeper.identity().pid);
        assert_eq!(process.start_ticks, sleeper.identity().start_ticks);
        assert_eq!(process.command, r#"it's a "test"; $(no) *shell* \x1b[31m 600"#);
        assert_eq!(process.arguments, [name, "600"]);
        assert_eq!(process.uid, rustix::process::getuid().as_raw());
        assert_eq!(process.stays, None);
    }
    assert_eq!(list(&words(&[name, "no such word"])), []);
    let expression = ListInput { regex: true, ..words(&["^it.s", "600$"]) };
    assert_eq!(list(&expression).len(), 1);
}

#[test]
fn the_processes_of_a_run_are_found() {
    let mut command = Command::new("sleep");
    let sleeper = Sleeper::of(command.arg("600").env(RUN_ID_VARIABLE, "test-list-of-a-run"));
    let of_run = |id: &str| ListInput { run_id: Some(id.into()), ..ListInput::default() };
    // For some microseconds a new program has no environment yet.
    let found = loop {
        let found = list(&of_run("test-list-of-a-run"));
        if !found.is_empty() {
            break found;
        }
    };
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(found[0].pid, sleeper.identity().pid);
    assert_eq!(found[0].run_id.as_deref(), Some("test-list-of-a-run"));
    assert_eq!(list(&of_run("test-list-of-a-ru")), []);
    let both = ListInput { words: vec!["nothing".into()], ..of_run("test-list-of-a-run") };
    assert_eq!(list(&both), []);
    let error = List.run(of_run(""), &Here::default()).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Input);
}

#[test]
fn accounts_are_compared_by_number() {
    let _sleeper = Sleeper::start("test-of-accounts");
    let of = |account: &str| {
        list(&ListInput { account: Some(account.into()), ..words(&["test-of-accounts"]) }).len()
    };
    let own = rustix::process::getuid().as_raw();
    assert_eq!(of(&own.to_string()), 1);
    assert_eq!(of(&(own + 1).to_string()), 0);
    let all = ListInput { all_accounts: true, ..words(&["test-of-accounts"]) };
    assert_eq!(list(&all).len(), 1);
    let nobody = ListInput { account: Some("no such account".into()), ..words(&["x"]) };
    assert_eq!(List.run(nobody, &Here::default()).unwrap_err().kind, ErrorKind::Input);
}

#[test]
fn the_use_of_the_processor_is_watched() {
    let mut command = Command::new("sh");
    let script = "while :; do :; done # test-of-a-busy-one";
    let _busy = Sleeper::of(command.args(["-c", script]));
    let _idle = Sleeper::start("test-of-an-idle-one");
    let input = ListInput { interval_ms: 300, ..words(&["test-of-a"]) };
    let found = list(&input);
    let of = |word: &str| found.iter().find(|process| process.command.contains(word)).unwrap();
    // Whatever else the machine does, the one gets something and the other nothing.
    assert!(of("busy").cpu_percent > 0.0, "{found:#?}");
    assert!(of("idle").cpu_percent.abs() < f64::EPSILON, "{found:#?}");
    assert!(of("idle").memory_bytes > 0);
    let ended = list_with(&input, &Here { cancelled: true });
    assert_eq!(ended.unwrap_err().kind, ErrorKind::Cancelled);
}

#[test]
fn the_own_family_is_not_listed() {
    let sleeper = Sleeper::start("test-of-the-family");
    let found = List.run(words(&["test-of-the-family"]), &Here::default()).unwrap();
    assert_eq!(found.processes, [], "a child of this process");
    assert_eq!(found.boot_id, sleeper.identity().boot_id);
    let everything = ListInput { all_accounts: true, ..ListInput::default() };
    let own = std::process::id().cast_signed();
    let found = List.run(everything, &Here::default()).unwrap();
    assert!(found.processes.iter().all(|process| process.pid != own && process.pid != 1));
}
