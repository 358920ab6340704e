//! One job of a worker, shared by the thread that does it and those that may
//! have to stop it.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::process::{Pid, Signal};

use super::lock;
use crate::protocol::JobId;

/// A job from its arrival to its last message.
#[derive(Debug)]
pub(super) struct Job {
    /// Its number on this connection.
    pub(super) id: JobId,
    /// Whether its output is wanted as it comes.
    pub(super) stream: bool,
    cancelled: AtomicBool,
    abandoned: AtomicBool,
    answered: AtomicBool,
    /// Has one of the places for which others wait.
    in_place: AtomicBool,
    leader: Mutex<Leader>,
}

/// The first process of a command, leader of its process group.
#[derive(Debug, Clone, Copy, Default)]
struct Leader {
    /// None before it starts and once its end was asked for: from then on the
    /// number may belong to another group.
    pid: Option<Pid>,
}

impl Job {
    /// A job that has not begun.
    pub(super) fn new(id: JobId, stream: bool) -> Self {
        Self {
            id,
            stream,
            cancelled: AtomicBool::new(false),
            abandoned: AtomicBool::new(false),
            answered: AtomicBool::new(false),
            in_place: AtomicBool::new(false),
            leader: Mutex::default(),
        }
    }

    /// Whether it is to stop.
    pub(super) fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::SeqCst)
    }

    /// Asks it to stop: at once, and its process group by TERM. False if it was asked before.
    pub(super) fn cancel(&self) -> bool {
        let leader = lock(&self.leader);
        let first = !self.cancelled.swap(true, Ordering::SeqCst);
        if first && let Some(pid) = leader.pid {
            ask_to_end(pid);
        }
        first
    }

    /// Kills its process group.
    pub(super) fn kill(&self) {
        if let Some(pid) = lock(&self.leader).pid {
            let _gone = rustix::process::kill_process_group(pid, Signal::KILL);
        }
    }

    /// The process group, while it certainly is the job's.
    pub(super) fn group(&self) -> Option<i32> {
        lock(&self.leader).pid.map(|pid| pid.as_raw_nonzero().get())
    }

    /// Its program runs now; when it was cancelled meanwhile, not for long.
    pub(super) fn started(&self, pid: Pid) {
        let mut leader = lock(&self.leader);
        leader.pid = Some(pid);
        if self.is_cancelled() {
            ask_to_end(pid);
        }
    }

    /// Its program has ended and `reap` takes its status, during which nobody signals it.
    pub(super) fn ended<T>(&self, reap: impl FnOnce() -> T) -> T {
        let mut leader = lock(&self.leader);
        let status = reap();
        leader.pid = None;
        status
    }

    /// It gets one of the places for which others wait.
    pub(super) fn take_place(&self) {
        self.in_place.store(true, Ordering::SeqCst);
    }

    /// True for the first caller only, who gives its place to the next one.
    pub(super) fn leave_place(&self) -> bool {
        self.in_place.swap(false, Ordering::SeqCst)
    }

    /// Nobody waits for it any more.
    pub(super) fn abandon(&self) {
        self.abandoned.store(true, Ordering::SeqCst);
    }

    /// Whether nobody waits for it any more.
    pub(super) fn is_abandoned(&self) -> bool {
        self.abandoned.load(Ordering::SeqCst)
    }

    /// True for the first caller only, who sends the answer.
    pub(super) fn claim_answer(&self) -> bool {
        !self.answered.swap(true, Ordering::SeqCst)
    }
}

fn ask_to_end(leader: Pid) {
    // A stopped process hears TERM only when it is continued.
    let _gone = rustix::process::kill_process_group(leader, Signal::TERM);
    let _gone = rustix::process::kill_process_group(leader, Signal::CONT);
}
