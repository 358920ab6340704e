//! How a worker begins and ends, and that nothing is left of what it started.

use std::io::Read;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal};
use serde_json::Value;

use super::host::{
    BE_A_WORKER, Host, command, eventually, hello, lives, numbers, operation, registry, run, shell,
    short_grace,
};
use crate::protocol::{FromWorker, PROTOCOL, ToWorker};
use crate::worker::{Options, serve_process};

/// Not a test: what [`Host::spawn`] runs.
#[test]
fn a_worker_process() {
    if std::env::var_os(BE_A_WORKER).is_some() {
        let options = Options { grace: Duration::from_millis(500), ..Options::default() };
        std::process::exit(serve_process(registry(), options));
    }
}

/// Programs of every kind of independence: in the group, in a group of its
/// own, deaf to TERM, without the marks in the environment, with closed
/// output, and an orphan. Says the number of each.
const FAMILY: &str = "
    sleep 600 & echo $!
    setsid sh -c 'echo $$; exec sleep 600' &
    setsid sh -c 'trap \"\" TERM; echo $$; while :; do sleep 600; done' &
    env -i setsid sh -c 'echo $$; exec sleep 600 >/dev/null 2>&1' &
    (setsid sh -c 'echo $$; exec sleep 600 >/dev/null 2>&1' &)
    echo $$
    exec sleep 600";
const MEMBERS: usize = 6;

fn start_family(host: &mut Host) -> Vec<String> {
    host.start_job(run(shell(FAMILY)), true);
    let mut heard = String::new();
    while numbers(&heard).len() < MEMBERS {
        heard += &host.hear_output("\n");
    }
    numbers(&heard)
}

fn assert_all_gone(family: &[String]) {
    let left: Vec<_> = family.iter().filter(|pid| lives(pid)).collect();
    assert!(left.is_empty(), "{left:?} of {family:?} live");
}

fn pid_of(host: &mut Host) -> Pid {
    Pid::from_child(host.process())
}

#[test]
fn the_end_of_the_input_leaves_no_process() {
    let mut host = Host::spawn("test-eof");
    let family = start_family(&mut host);
    assert!(family.iter().all(|pid| lives(pid)));
    assert_eq!(host.end(), 0);
    assert_all_gone(&family);
}

#[test]
fn a_worker_on_a_thread_leaves_nothing_that_carries_its_marks() {
    let mut host = Host::start("test-thread-eof", short_grace());
    let script = "setsid sleep 600 & echo $!; sleep 600 & echo $!; echo $$; wait";
    host.start_job(run(shell(script)), true);
    let mut heard = String::new();
    while numbers(&heard).len() < 3 {
        heard += &host.hear_output("\n");
    }
    assert_eq!(host.end(), 0);
    eventually("the end of all", || !numbers(&heard).iter().any(|pid| lives(pid)));
}

#[test]
fn signals_leave_no_process() {
    for (signal, code) in [(Signal::TERM, 143), (Signal::HUP, 129), (Signal::INT, 130)] {
        let mut host = Host::spawn("test-signal");
        let family = start_family(&mut host);
        rustix::process::kill_process(pid_of(&mut host), signal).unwrap();
        assert_eq!(host.exit_code(), code);
        assert_all_gone(&family);
    }
}

#[test]
fn a_host_that_does_not_read_any_more_is_gone() {
    let (from_host, mut input) = std::io::pipe().unwrap();
    let (output, to_host) = std::io::pipe().unwrap();
    drop(output);
    let mut line = serde_json::to_vec(&hello("test-deaf")).unwrap();
    line.push(b'\n');
    std::io::Write::write_all(&mut input, &line).unwrap();
    // The input stays open: only the failing answer can end it.
    let code = crate::worker::serve(registry(), from_host, to_host, short_grace());
    assert_eq!(code, 0);
    drop(input);
}

#[test]
fn the_next_worker_of_the_run_stops_what_a_killed_one_left() {
    let mut host = Host::spawn("test-killed");
    host.start_job(run(shell("setsid sleep 600 >/dev/null 2>&1 & echo $!; echo $$; wait")), true);
    let mut heard = String::new();
    while numbers(&heard).len() < 2 {
        heard += &host.hear_output("\n");
    }
    let family = numbers(&heard);
    rustix::process::kill_process(pid_of(&mut host), Signal::KILL).unwrap();
    assert_eq!(host.exit_code(), -1);
    assert!(family.iter().all(|pid| lives(pid)));
    let stranger = Host::spawn("test-other-run");
    assert_eq!(stranger.end(), 0);
    assert!(family.iter().all(|pid| lives(pid)), "another run is none of its business");
    let next = Host::spawn("test-killed");
    eventually("the end of both", || !family.iter().any(|pid| lives(pid)));
    assert_eq!(next.end(), 0);
}

#[test]
fn two_workers_of_a_run_leave_each_other_alone() {
    let mut first = Host::spawn("test-two");
    let family = start_family(&mut first);
    let second = Host::spawn("test-two");
    assert_eq!(second.end(), 0);
    assert!(family.iter().all(|pid| lives(pid)));
    assert_eq!(first.end(), 0);
    assert_all_gone(&family);
}

#[test]
fn nothing_but_messages_reaches_the_host() {
    let mut host = Host::spawn("test-chatter");
    let job = host.start_job(operation("test.chatter", Value::Null), false);
    let (said, result) = host.listen(job);
    assert!(said.is_empty());
    assert_eq!(result.value, true);
    assert_eq!(host.end(), 0);
}

#[test]
fn adopted_orphans_do_not_stay_as_zombies_nor_take_the_status_of_others() {
    let mut host = Host::spawn("test-zombies");
    for _ in 0..20 {
        let result = host.perform(run(shell("(true &) ; exit 4")));
        assert_eq!(result.exit_status, Some(4));
    }
    let worker = host.process().id();
    eventually("the end of the orphans", || {
        let own = format!(" {worker} ");
        !std::fs::read_dir("/proc").unwrap().flatten().any(|entry| {
            let stat = std::fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
            stat.rfind(')').is_some_and(|at| stat[at..].starts_with(&format!(") Z{own}")))
        })
    });
    assert_eq!(host.perform(run(command(&["true"]))).exit_status, Some(0));
    assert_eq!(host.end(), 0);
}

#[test]
fn a_host_of_another_version_is_told_so() {
    let mut host = Host::spawn_silent(Stdio::piped());
    let ToWorker::Hello { version, run_id, node, .. } = hello("test-version") else { panic!() };
    host.say(&ToWorker::Hello { protocol: PROTOCOL + 1, version, run_id, node });
    assert!(matches!(host.hear(), FromWorker::Ready { protocol: PROTOCOL, .. }));
    assert_eq!(host.exit_code(), 2);
    let mut said = String::new();
    host.process().stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(said.contains("install the same version of ledama on both"), "{said}");
}

#[test]
fn a_host_that_makes_no_sense_ends_the_worker() {
    let bad_run = hello("../../etc");
    let mut line = serde_json::to_vec(&bad_run).unwrap();
    line.push(b'\n');
    let run_first = b"{\"say\":\"cancel\",\"id\":1}\n".to_vec();
    for (line, words) in [
        (line, "no run id"),
        (run_first, "is not `hello`"),
        (b"SSH-2.0-OpenSSH\n".to_vec(), "not understood"),
    ] {
        let mut host = Host::spawn_silent(Stdio::piped());
        host.say_raw(&line);
        assert_eq!(host.exit_code(), 2);
        let mut said = String::new();
        host.process().stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert!(said.contains(words), "{said}");
    }
}

#[test]
fn nonsense_later_stops_everything_too() {
    let mut host = Host::spawn("test-nonsense");
    let family = start_family(&mut host);
    host.say_raw(b"{\"say\":\"dance\"}\n");
    assert_eq!(host.exit_code(), 2);
    assert_all_gone(&family);
}

#[test]
fn an_input_that_ends_before_it_begins_is_no_error() {
    let host = Host::spawn_silent(Stdio::inherit());
    assert_eq!(host.end(), 0);
}
