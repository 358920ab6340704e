//! Stops cancelled jobs: asks first, then kills.
//!
//! One thread does it for all jobs, because looking for what left its process
//! group means reading all of `/proc`. A job that survives even KILL (a system
//! call that hangs on a dead disk) is given up, so that the host hears of it.

use std::collections::HashSet;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};

use super::Session;
use super::job::Job;
use super::lock;
use super::processes::{Found, Marks, Search};
use crate::protocol::JobId;

/// Between two looks at the processes of cancelled jobs.
const LOOK: Duration = Duration::from_millis(100);
/// How long a killed job may take before it is given up.
const GIVE_UP: Duration = Duration::from_secs(5);
/// How often ended adopted children are taken away.
const TIDY: Duration = Duration::from_secs(5);

/// The jobs that are being stopped.
#[derive(Debug, Default)]
pub(super) struct Stopper {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    new: Vec<Arc<Job>>,
    closed: bool,
}

struct Stopping {
    job: Arc<Job>,
    kill_at: Instant,
    told: HashSet<Pid>,
}

impl Stopper {
    /// Asks a job to stop, and sees to it.
    pub(super) fn stop(&self, job: &Arc<Job>) {
        if job.cancel() {
            lock(&self.state).new.push(Arc::clone(job));
            self.changed.notify_one();
        }
    }

    /// Lets the thread end.
    pub(super) fn close(&self) {
        lock(&self.state).closed = true;
        self.changed.notify_one();
    }

    /// The life of the thread.
    pub(super) fn serve(&self, session: &Arc<Session>) {
        let mut stopping: Vec<Stopping> = Vec::new();
        loop {
            let pause = if stopping.is_empty() { TIDY } else { LOOK };
            let mut state = lock(&self.state);
            if state.new.is_empty() && !state.closed {
                state = self
                    .changed
                    .wait_timeout(state, pause)
                    .unwrap_or_else(PoisonError::into_inner)
                    .0;
            }
            if state.closed {
                return;
            }
            let kill_at = Instant::now() + session.options.grace;
            stopping.extend(state.new.drain(..).map(|job| Stopping {
                job,
                kill_at,
                told: HashSet::new(),
            }));
            drop(state);
            if stopping.is_empty() {
                session.tidy();
            } else {
                look(session, &mut stopping);
            }
        }
    }
}

/// One look at all jobs that are being stopped.
fn look(session: &Arc<Session>, stopping: &mut Vec<Stopping>) {
    let all = session.marks.find(Search::Marked);
    stopping.retain_mut(|entry| {
        let own: Vec<Found> = of_job(&all, entry.job.id);
        let now = Instant::now();
        if !session.is_running(entry.job.id) && own.is_empty() {
            return false;
        }
        if now >= entry.kill_at {
            entry.job.kill();
            for found in &own {
                session.marks.signal(found, Search::Marked, Signal::KILL);
            }
        } else {
            tell(&session.marks, entry, &own);
        }
        if now < entry.kill_at + GIVE_UP {
            return true;
        }
        session.give_up(&entry.job);
        false
    });
}

fn of_job(all: &[Found], job: JobId) -> Vec<Found> {
    all.iter().filter(|found| found.job == Some(job)).copied().collect()
}

/// TERM, once, to what is outside of the process group, which has had its own.
fn tell(marks: &Marks, entry: &mut Stopping, own: &[Found]) {
    let group = entry.job.group();
    for found in own {
        if Some(found.group) != group && entry.told.insert(found.pid) {
            marks.signal(found, Search::Marked, Signal::TERM);
            marks.signal(found, Search::Marked, Signal::CONT);
        }
    }
}

/// Stops every process that the search finds; true when none is left.
pub(super) fn sweep(marks: &Marks, search: Search, grace: Duration) -> bool {
    let begin = Instant::now();
    let mut told = HashSet::new();
    let mut empty = false;
    loop {
        let found = marks.find(search);
        if found.is_empty() {
            // A program that has just been started has no environment for some
            // microseconds, so that one look is not enough.
            if empty {
                return true;
            }
            empty = true;
            std::thread::sleep(Duration::from_millis(1));
            continue;
        }
        empty = false;
        let waited = begin.elapsed();
        if waited > grace + GIVE_UP {
            return false;
        }
        for process in &found {
            if waited >= grace {
                marks.signal(process, search, Signal::KILL);
            } else if told.insert(process.pid) {
                marks.signal(process, search, Signal::TERM);
                marks.signal(process, search, Signal::CONT);
            }
        }
        // What obeys is gone within milliseconds.
        std::thread::sleep(LOOK.min(Duration::from_millis(5) + waited / 4));
    }
}
