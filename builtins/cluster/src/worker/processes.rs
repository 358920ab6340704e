//! What runs on this node on behalf of a worker, read from `/proc`.
//!
//! A program can leave its process group, and the worker can be killed before
//! it can stop anything. So everything a worker starts carries the run and the
//! job in its environment, and is found again by that; a dedicated worker is
//! also the adoptive parent of what its children leave behind.

use std::collections::HashMap;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::sync::atomic::{AtomicU64, Ordering};

use ledama_base::operation::RUN_ID_VARIABLE;
use rustix::process::{Pid, PidfdFlags, Signal};

use crate::protocol::JobId;

/// Environment variable that tells which job of which worker started a program.
const JOB_VARIABLE: &str = "LEDAMA_JOB";

/// The marks of one worker.
#[derive(Debug, Clone)]
pub(super) struct Marks {
    run_id: String,
    worker: Worker,
}

/// A worker, for certain: process ids are used again, start times are not, and
/// both mean something only in their own process namespace. One process can
/// hold several workers.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Worker {
    namespace: String,
    pid: i32,
    start: u64,
    serial: u64,
}

static SERIAL: AtomicU64 = AtomicU64::new(0);

/// A process that was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    /// Its id.
    pub(super) pid: Pid,
    /// Its process group.
    pub(super) group: i32,
    /// The job it carries in its environment.
    pub(super) job: Option<JobId>,
}

/// Which processes to look for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Search {
    /// Those that carry the marks of this worker.
    Marked,
    /// Those, and all descendants of this process whatever they carry.
    MarkedOrBelow,
    /// Those of the same run whose worker is no more.
    Orphaned,
}

impl Marks {
    /// The marks of a new worker in this process.
    pub(super) fn new(run_id: &str) -> Self {
        let pid = rustix::process::getpid();
        let worker = Worker {
            namespace: namespace("self").unwrap_or_default(),
            pid: pid.as_raw_nonzero().get(),
            start: Stat::of("self").map_or(0, |stat| stat.start),
            serial: SERIAL.fetch_add(1, Ordering::Relaxed),
        };
        Self { run_id: run_id.to_string(), worker }
    }

    /// What a program of that job gets in its environment.
    pub(super) fn environment(&self, job: JobId) -> [(&'static str, String); 2] {
        let Worker { namespace, pid, start, serial } = &self.worker;
        [
            (RUN_ID_VARIABLE, self.run_id.clone()),
            (JOB_VARIABLE, format!("{namespace}.{pid}.{start}.{serial}.{job}")),
        ]
    }

    /// All processes that the search means, but this one.
    pub(super) fn find(&self, search: Search) -> Vec<Found> {
        let mut found = Vec::new();
        let below = match search {
            Search::MarkedOrBelow => descendants(self.worker.pid),
            Search::Marked | Search::Orphaned => Vec::new(),
        };
        for pid in process_ids() {
            if pid.as_raw_nonzero().get() == self.worker.pid {
                continue;
            }
            let name = pid.as_raw_nonzero().to_string();
            let job = self.job_of(&name, search);
            if job.is_none() && !below.contains(&pid) {
                continue;
            }
            if let Some(stat) = Stat::of(&name).filter(|stat| stat.state != b'Z') {
                found.push(Found { pid, group: stat.group, job });
            }
        }
        found
    }

    /// Sends a signal, unless `found` is by now another process.
    pub(super) fn signal(&self, found: &Found, search: Search, signal: Signal) {
        let name = found.pid.as_raw_nonzero().to_string();
        // The descriptor is opened before the second look, so that the signal
        // goes to the process that was looked at. Kernels before 5.3 have none.
        let descriptor = rustix::process::pidfd_open(found.pid, PidfdFlags::empty());
        if self.job_of(&name, search) != found.job {
            return;
        }
        let _gone_or_not_ours = match descriptor {
            Ok(descriptor) => rustix::process::pidfd_send_signal(descriptor, signal),
            Err(_) => rustix::process::kill_process(found.pid, signal),
        };
    }

    fn job_of(&self, process: &str, search: Search) -> Option<JobId> {
        let environment = fs::read(format!("/proc/{process}/environ")).ok()?;
        let mut run = false;
        let mut job = None;
        for entry in environment.split(|&byte| byte == 0) {
            if let Some(value) = value_of(entry, RUN_ID_VARIABLE) {
                run = value == self.run_id.as_bytes();
            } else if let Some(value) = value_of(entry, JOB_VARIABLE) {
                job = parse_job(value);
            }
        }
        let (worker, job) = job.filter(|_| run)?;
        let ours = match search {
            Search::Marked | Search::MarkedOrBelow => worker == self.worker,
            Search::Orphaned => worker.namespace == self.worker.namespace && !worker.lives(),
        };
        ours.then_some(job)
    }
}

impl Worker {
    fn lives(&self) -> bool {
        Stat::of(&self.pid.to_string())
            .is_some_and(|stat| stat.start == self.start && stat.state != b'Z')
    }
}

/// Ended children of this process that no `Child` waits for: adopted ones.
pub(super) fn dead_children() -> Vec<Pid> {
    let own = rustix::process::getpid().as_raw_nonzero().get();
    process_ids()
        .filter(|pid| {
            Stat::of(&pid.as_raw_nonzero().to_string())
                .is_some_and(|stat| stat.parent == own && stat.state == b'Z')
        })
        .collect()
}

fn descendants(ancestor: i32) -> Vec<Pid> {
    let mut children: HashMap<i32, Vec<Pid>> = HashMap::new();
    for pid in process_ids() {
        if let Some(stat) = Stat::of(&pid.as_raw_nonzero().to_string()) {
            children.entry(stat.parent).or_default().push(pid);
        }
    }
    let mut found = Vec::new();
    let mut todo = vec![ancestor];
    while let Some(parent) = todo.pop() {
        for pid in children.remove(&parent).unwrap_or_default() {
            todo.push(pid.as_raw_nonzero().get());
            found.push(pid);
        }
    }
    found
}

fn process_ids() -> impl Iterator<Item = Pid> {
    fs::read_dir("/proc").into_iter().flatten().flatten().filter_map(|entry| {
        let name = entry.file_name();
        if !name.as_bytes().first()?.is_ascii_digit() {
            return None;
        }
        Pid::from_raw(name.to_str()?.parse().ok()?)
    })
}

fn namespace(process: &str) -> Option<String> {
    // The link reads `pid:[4026531836]`.
    let link = fs::read_link(format!("/proc/{process}/ns/pid")).ok()?;
    Some(link.to_str()?.chars().filter(char::is_ascii_digit).collect())
}

fn value_of<'a>(entry: &'a [u8], variable: &str) -> Option<&'a [u8]> {
    entry.strip_prefix(variable.as_bytes())?.strip_prefix(b"=")
}

fn parse_job(value: &[u8]) -> Option<(Worker, JobId)> {
    let mut parts = std::str::from_utf8(value).ok()?.split('.');
    let worker = Worker {
        namespace: parts.next()?.to_string(),
        pid: parts.next()?.parse().ok()?,
        start: parts.next()?.parse().ok()?,
        serial: parts.next()?.parse().ok()?,
    };
    let job = parts.next()?.parse().ok()?;
    parts.next().is_none().then_some((worker, job))
}

/// The fields of `/proc/PID/stat` that matter here (see proc(5)).
#[derive(Debug, PartialEq, Eq)]
struct Stat {
    state: u8,
    parent: i32,
    group: i32,
    start: u64,
}

impl Stat {
    fn of(process: &str) -> Option<Self> {
        Self::parse(&fs::read(format!("/proc/{process}/stat")).ok()?)
    }

    fn parse(line: &[u8]) -> Option<Self> {
        // The program's name, in brackets, may itself hold blanks and brackets.
        let after = line.iter().rposition(|&byte| byte == b')')? + 1;
        let rest = std::str::from_utf8(line.get(after..)?).ok()?;
        let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
        Some(Self {
            state: *fields.first()?.as_bytes().first()?,
            parent: fields.get(1)?.parse().ok()?,
            group: fields.get(2)?.parse().ok()?,
            start: fields.get(19)?.parse().ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use std::io::{BufRead, BufReader};
    use std::os::unix::process::CommandExt;
    use std::process::{Child, Command, Stdio};
    use std::time::{Duration, Instant};

    use super::*;

    /// Killed when the test ends, however that is.
    struct Sleeper(Child);

    impl Drop for Sleeper {
        fn drop(&mut self) {
            self.0.kill().ok();
            self.0.wait().ok();
        }
    }

    impl Sleeper {
        fn start(marks: &Marks, job: JobId) -> Self {
            let child = Command::new("sleep")
                .arg("600")
                .envs(marks.environment(job))
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            Self(child)
        }
        fn pid(&self) -> Pid {
            Pid::from_child(&self.0)
        }
    }

    /// For some microseconds a new program has no environment yet.
    fn found(marks: &Marks, search: Search) -> Vec<Found> {
        let deadline = Instant::now() + Duration::from_mins(1);
        loop {
            let found = marks.find(search);
            if !found.is_empty() {
                return found;
            }
            assert!(Instant::now() < deadline, "nothing was found");
        }
    }

    #[test]
    fn a_name_with_brackets_does_not_confuse() {
        let line = b"12 (a) b (c) S 7 8 9 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 4711 99 1 2";
        let stat = Stat::parse(line).unwrap();
        assert_eq!(stat, Stat { state: b'S', parent: 7, group: 8, start: 4711 });
        assert_eq!(Stat::parse(b"12 (a"), None);
    }

    #[test]
    fn own_programs_are_found_by_worker_and_job() {
        let marks = Marks::new("test-own");
        let other = Marks::new("test-own");
        let mut ours = Sleeper::start(&marks, 5);
        let mut theirs = Sleeper::start(&other, 5);
        let first = found(&marks, Search::Marked);
        let what: Vec<_> = first.iter().map(|found| (found.pid, found.job)).collect();
        assert_eq!(what, [(ours.pid(), Some(5))]);
        assert!(marks.find(Search::Orphaned).is_empty(), "this worker lives");

        marks.signal(&first[0], Search::Marked, Signal::KILL);
        assert!(!ours.0.wait().unwrap().success());
        assert!(marks.find(Search::Marked).is_empty());
        found(&other, Search::Marked);
        let another_job = Found { pid: theirs.pid(), group: 0, job: Some(6) };
        other.signal(&another_job, Search::Marked, Signal::KILL);
        assert!(theirs.0.try_wait().unwrap().is_none(), "another job was meant");
    }

    #[test]
    fn programs_of_a_dead_worker_are_found() {
        let marks = Marks::new("test-orphan");
        let mut dead = marks.clone();
        dead.worker.start -= 1;
        let orphan = Sleeper::start(&dead, 1);
        let found = found(&marks, Search::Orphaned);
        assert_eq!(found.iter().map(|found| found.pid).collect::<Vec<_>>(), [orphan.pid()]);
    }

    #[test]
    fn children_of_children_are_descendants() {
        let mut shell = Command::new("sh")
            .args(["-c", "sleep 600 & echo $!; wait"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(shell.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let all = descendants(rustix::process::getpid().as_raw_nonzero().get());
        rustix::process::kill_process_group(Pid::from_child(&shell), Signal::KILL).unwrap();
        shell.wait().unwrap();
        let grandchild = Pid::from_raw(line.trim().parse().unwrap()).unwrap();
        assert!(all.contains(&Pid::from_child(&shell)) && all.contains(&grandchild));
    }
}
