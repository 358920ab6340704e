#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use super::*;
use crate::processes::tests::{Here, Sleeper, identity};

/// Without the question whether the process belongs to this one: everything a
/// test can start does.
fn stop(input: &StopInput, hold: bool) -> Result<Ending, OperationError> {
    stop_with(input, hold, &Here::default())
}

fn stop_with(input: &StopInput, hold: bool, ctx: &Here) -> Result<Ending, OperationError> {
    let target = Target::open(&input.process, hold);
    assert!(!hold || target.descriptor.is_some() || target.look().is_ok_and(|p| p.is_none()));
    match target.look()? {
        Some(process) => ask_and_kill(&target, &process, input, ctx),
        None => Ok(Ending::Gone),
    }
}

fn input(process: Identity, grace_ms: u64) -> StopInput {
    StopInput { process, signal: StopSignal::Term, grace_ms, launcher: None }
}

/// A shell that has set its traps when this returns. It listens to all other
/// signals, also where the tests themselves were started with some ignored.
fn shell(script: &str) -> (Child, Identity) {
    let mut child = Command::new("env")
        .args([
            "--default-signal",
            "sh",
            "-c",
            &format!("{script}; echo ready; while :; do sleep 0.05; done"),
        ])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "ready\n");
    let identity = identity(child.id());
    (child, identity)
}

#[test]
fn a_process_ends_when_asked() {
    for hold in [true, false] {
        let mut sleeper = Sleeper::start("600");
        let wish = input(sleeper.identity(), 60_000);
        assert_eq!(stop(&wish, hold).unwrap(), Ending::Ended);
        sleeper.wait();
        assert_eq!(stop(&wish, hold).unwrap(), Ending::Gone);
    }
}

#[test]
fn a_process_that_does_not_listen_is_killed() {
    for hold in [true, false] {
        let (mut child, identity) = shell("trap '' TERM");
        assert_eq!(stop(&input(identity, 100), hold).unwrap(), Ending::Killed);
        child.wait().unwrap();
    }
}

#[test]
fn a_stopped_process_hears_it_too() {
    let mut sleeper = Sleeper::start("600");
    let pid = Pid::from_raw(sleeper.identity().pid).unwrap();
    rustix::process::kill_process(pid, Signal::STOP).unwrap();
    while Stat::of(sleeper.identity().pid).unwrap().state != b'T' {
        std::thread::yield_now();
    }
    assert_eq!(stop(&input(sleeper.identity(), 60_000), true).unwrap(), Ending::Ended);
    sleeper.wait();
}

#[test]
fn other_signals_and_kill_at_once() {
    let (mut child, identity) = shell("trap '' TERM");
    let wish = StopInput { signal: StopSignal::Int, ..input(identity.clone(), 60_000) };
    assert_eq!(stop(&wish, true).unwrap(), Ending::Ended);
    child.wait().unwrap();
    let (mut child, identity) = shell("trap '' TERM INT");
    let wish = StopInput { signal: StopSignal::Kill, ..input(identity, 60_000) };
    assert_eq!(stop(&wish, true).unwrap(), Ending::Killed);
    child.wait().unwrap();
}

#[test]
fn a_number_that_is_used_again_is_refused() {
    for hold in [true, false] {
        let mut sleeper = Sleeper::start("600");
        let meant =
            Identity { start_ticks: sleeper.identity().start_ticks - 1, ..sleeper.identity() };
        let error = stop(&input(meant, 100), hold).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Refused);
        assert!(error.message.contains("another process by now"), "{error}");
        assert!(sleeper.runs());
    }
}

#[test]
fn what_ran_before_the_node_started_anew_is_gone() {
    let mut sleeper = Sleeper::start("600");
    let meant = Identity { boot_id: "before".into(), ..sleeper.identity() };
    let answer = Stop.run(input(meant, 100), &Here::default()).unwrap();
    assert_eq!(answer.result, Ending::Gone);
    assert!(sleeper.runs());
}

#[test]
fn the_own_family_and_process_1_are_refused() {
    let own = std::process::id();
    let parent = rustix::process::getppid().unwrap().as_raw_nonzero().get();
    let mut child = Sleeper::start("600");
    for pid in [own, parent.cast_unsigned(), child.identity().pid.cast_unsigned(), 1] {
        let error = Stop.run(input(identity(pid), 100), &Here::default()).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Refused, "{pid}: {error}");
    }
    for pid in [0, -1, -5] {
        let meant = Identity { pid, ..child.identity() };
        let error = Stop.run(input(meant, 100), &Here::default()).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Refused, "{pid}");
    }
    assert!(child.runs());
}

#[test]
fn an_interruption_ends_the_waiting_but_kills_nothing() {
    let (mut child, identity) = shell("trap '' TERM");
    let wish = input(identity.clone(), 60_000);
    let error = stop_with(&wish, true, &Here { cancelled: true }).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Cancelled);
    assert!(Stat::of(identity.pid).is_some_and(|stat| !stat.is_dead()));
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_process_of_somebody_else_is_not_permitted() {
    let mut sleeper = Sleeper::start("600");
    let root = rustix::process::geteuid().is_root();
    let wish = input(if root { sleeper.identity() } else { identity(1) }, 100);
    // Where the test runs as root, one of its threads becomes somebody else.
    let refused = std::thread::scope(|scope| {
        let asked = scope.spawn(|| {
            if root {
                let nobody = rustix::process::Uid::from_raw(65_534);
                rustix::thread::set_thread_res_uid(nobody, nobody, nobody).unwrap();
            }
            [true, false].map(|hold| stop(&wish, hold).unwrap_err())
        });
        asked.join().unwrap()
    });
    for error in refused {
        assert_eq!(error.kind, ErrorKind::Permission);
        assert_eq!(error.message, "not permitted: it belongs to account `root`");
    }
    assert!(sleeper.runs());
}
