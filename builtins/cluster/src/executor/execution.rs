//! One execution of a plan: the loop that hears what happens and acts on it.
//!
//! One thread does all of it. It sleeps until a link, a connecting thread or an
//! alarm has news, and looks ten times a second whether the user wants to stop.

mod calls;
mod ends;
mod jobs;
mod lane;

use std::collections::{BTreeSet, HashMap};
use std::time::{Duration, Instant};

use base64::Engine as _;
use ledama_base::operation::{ErrorKind, Registry};

use self::jobs::{Job, Stop, TaskRun};
use self::lane::Lane;
use super::alarms::{Alarm, Alarms, pause_after};
use super::ledger::Ledger;
use super::pool::{Input, News, NodeId, Pool};
use super::resolve::Resolve;
use super::{CancelToken, Event, Settings};
use crate::leases::Leases;
use crate::plan::{Plan, TaskIndex};
use crate::protocol::{FromWorker, JobId};
use crate::report::{Report, State};
use crate::scheduler::{Limits, Scheduler};
use crate::transport::LinkEvent;

/// Longest sleep.
const LOOK: Duration = Duration::from_millis(100);

/// Pause before asking again for a stream that other runs use.
const LEASE_PAUSE: Duration = Duration::from_millis(250);

/// Messages taken in a row before anything else is looked at.
const BATCH: usize = 256;

pub(super) struct Execution<'a> {
    plan: &'a Plan,
    settings: &'a Settings,
    registry: &'a Registry,
    resolver: &'a dyn Resolve,
    pool: &'a mut Pool,
    ledger: Ledger<'a>,
    /// Where each task runs.
    nodes: Vec<NodeId>,
    leases: Option<Leases>,
    scheduler: Scheduler,
    tasks: Vec<TaskRun>,
    jobs: HashMap<JobId, Job>,
    /// Jobs that wait for the link of their node.
    waiting: HashMap<NodeId, Vec<JobId>>,
    /// Tasks that rest before they are tried again.
    resting: BTreeSet<TaskIndex>,
    /// Stores whose streams are used by other runs.
    closed_stores: BTreeSet<String>,
    alarms: Alarms,
    /// What each node does of what it was sent; empty if nothing is sent ahead.
    lanes: HashMap<NodeId, Lane>,
    ahead: bool,
    stopping: bool,
}

/// What an execution is made of.
pub(super) struct Parts<'a> {
    pub(super) plan: &'a Plan,
    pub(super) settings: &'a Settings,
    pub(super) registry: &'a Registry,
    pub(super) resolver: &'a dyn Resolve,
    pub(super) pool: &'a mut Pool,
    pub(super) ledger: Ledger<'a>,
    pub(super) nodes: Vec<NodeId>,
    pub(super) leases: Option<Leases>,
}

impl<'a> Execution<'a> {
    pub(super) fn new(parts: Parts<'a>) -> Self {
        let Parts { plan, settings, registry, resolver, pool, ledger, nodes, leases } = parts;
        let limits = Limits {
            nodes: settings.nodes,
            tasks_per_node: settings.tasks_per_node,
            total: settings.total,
            stores: settings.store_streams.clone(),
        };
        let ahead = lane::can_be_ahead(plan, settings);
        let scheduler = Scheduler::new(&plan.tasks, &nodes, &limits, |task| ledger.is_over(task));
        Self {
            plan,
            settings,
            registry,
            resolver,
            pool,
            ledger,
            nodes,
            leases,
            scheduler,
            tasks: plan.tasks.iter().map(|_| TaskRun::default()).collect(),
            jobs: HashMap::new(),
            waiting: HashMap::new(),
            resting: BTreeSet::new(),
            closed_stores: BTreeSet::new(),
            alarms: Alarms::default(),
            lanes: HashMap::new(),
            ahead,
            stopping: false,
        }
    }

    /// Runs to the end.
    pub(super) fn run(mut self, cancel: &CancelToken) -> Report {
        self.ledger.begin();
        // What happened to the links since the last execution.
        self.take_waiting(usize::MAX);
        while !self.is_over() {
            if cancel.is_cancelled() && !self.stopping {
                self.interrupt();
            }
            self.start_tasks();
            if !self.is_over() {
                self.listen();
            }
        }
        self.ledger.close(self.stopping)
    }

    fn is_over(&self) -> bool {
        self.scheduler.is_over() && self.jobs.is_empty()
    }

    fn listen(&mut self) {
        let pause = self.alarms.pause(Instant::now()).map_or(LOOK, |pause| pause.min(LOOK));
        if let Ok(input) = self.pool.inbox.recv_timeout(pause) {
            self.take(input);
            self.take_waiting(BATCH);
        }
        let now = Instant::now();
        while let Some(alarm) = self.alarms.due(now) {
            self.ring(alarm);
        }
    }

    fn take_waiting(&mut self, most: usize) {
        for _ in 0..most {
            match self.pool.inbox.try_recv() {
                Ok(input) => self.take(input),
                Err(_) => return,
            }
        }
    }

    fn take(&mut self, input: Input) {
        match input {
            Input::Connected { node, generation, result } => {
                let news = self.pool.connected(node, generation, result, self.settings.retries);
                if let Some(news) = news {
                    self.heard_of(node, news);
                }
            }
            Input::Link { node, generation, event } => {
                if self.pool.is_current(node, generation) {
                    match event {
                        LinkEvent::Message(message) => self.message(node, message),
                        LinkEvent::Lost { reason } => self.lose(node, &reason),
                    }
                }
            }
        }
    }

    /// A try to connect has ended, or a link was lost.
    fn heard_of(&mut self, node: NodeId, news: News) {
        match news {
            News::Open => {
                self.ledger.tell(&Event::Connected { node: self.pool.name(node) });
                for job in self.waiting.remove(&node).unwrap_or_default() {
                    self.dispatch(job);
                }
            }
            News::TryAgain { failures, reason } => {
                self.ledger.tell(&Event::Lost { node: self.pool.name(node), reason: &reason });
                let pause = pause_after(failures, self.settings.back_off);
                self.alarms.set(pause, Alarm::Connect(node));
            }
            // A connector may see the interruption before this thread does.
            News::Dead { error } if error.kind == ErrorKind::Cancelled && !self.stopping => {
                self.interrupt();
            }
            News::Dead { error } => {
                let reason = &error.message;
                self.ledger.tell(&Event::Lost { node: self.pool.name(node), reason });
                for job in self.waiting.remove(&node).unwrap_or_default() {
                    self.unreachable(job, &error);
                }
            }
        }
    }

    fn message(&mut self, node: NodeId, message: FromWorker) {
        match message {
            FromWorker::Done { id, result } => self.done(node, id, result),
            FromWorker::Output { id, data } => {
                if let Some(job) = self.jobs.get(&id)
                    && let Ok(bytes) = base64::engine::general_purpose::STANDARD.decode(data)
                {
                    self.ledger.output(job.root, &bytes);
                }
            }
            FromWorker::Progress { id, progress } => {
                if let Some(task) = self.jobs.get(&id).and_then(Job::task) {
                    self.tasks[task].attempt.progress = progress;
                    self.ledger.tell(&Event::Progress { task, progress });
                }
            }
            FromWorker::Item { id, value } => {
                if let Some(task) = self.jobs.get(&id).and_then(Job::task) {
                    self.tasks[task].items.push(value);
                }
            }
            FromWorker::Call { id, call, node: callee, operation, input } => {
                self.call(node, id, call, &callee, operation, input);
            }
            // Connectors have taken it.
            FromWorker::Ready { .. } => {}
        }
    }

    fn ring(&mut self, alarm: Alarm) {
        match alarm {
            Alarm::TimeOut(job) => self.stop_job(job, Stop::TimeOut),
            Alarm::Grace(job) => self.grace_is_over(job),
            Alarm::Connect(node) => {
                let wanted = self.waiting.get(&node).is_some_and(|jobs| !jobs.is_empty());
                self.pool.rested(node, wanted);
            }
            Alarm::Retry(task) => {
                if self.resting.remove(&task) {
                    self.start(task);
                }
            }
            Alarm::Lease => self.open_stores(),
        }
    }

    fn start_tasks(&mut self) {
        while let Some(task) = self.scheduler.next_task() {
            if self.take_lease(task) {
                self.start(task);
            } else {
                self.scheduler.put_back(task);
            }
        }
    }

    /// Takes a stream of the task's store, or closes the store for a while.
    fn take_lease(&mut self, task: TaskIndex) -> bool {
        let (Some(leases), Some(store)) = (&self.leases, &self.plan.tasks[task].store) else {
            return true;
        };
        let Some(&limit) = self.settings.store_streams.get(store) else { return true };
        match leases.try_take(store, limit) {
            Ok(Some(lease)) => self.tasks[task].lease = Some(lease),
            Ok(None) => {
                self.scheduler.close_store(store);
                if self.closed_stores.is_empty() {
                    self.alarms.set(LEASE_PAUSE, Alarm::Lease);
                }
                self.closed_stores.insert(store.clone());
                return false;
            }
            // The limit of this run still holds.
            Err(e) => self
                .ledger
                .warn(format!("the streams of {store} are not shared with other runs: {e}")),
        }
        true
    }

    fn open_stores(&mut self) {
        for store in std::mem::take(&mut self.closed_stores) {
            self.scheduler.open_store(&store);
        }
    }

    /// Tells a task that will not be started.
    fn not_started(&mut self, task: TaskIndex, state: State) {
        let planned = &self.plan.tasks[task];
        let outcome = crate::report::Outcome::new(task, &planned.node, &planned.label, state);
        self.ledger.finished(outcome, None, &super::ledger::Attempt::default());
    }
}
