//! A connector for unit tests that runs nothing: it records what the executor
//! says and answers what the test wants, in an order the test decides.

use std::collections::{HashMap, HashSet, VecDeque};
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crossbeam_channel::Sender;
use ledama_base::operation::{ErrorKind, OperationError};

use super::{Connector, Link, LinkEvent, Peer, Sink, Target};
use crate::error::{ConnectError, ConnectErrorKind};
use crate::protocol::{FromWorker, JobId, JobResult, ToWorker};
use crate::turns::Turns;

/// How long a test waits for what must happen.
const PATIENCE: Duration = Duration::from_secs(20);

/// What the imagined worker of a node does about a message.
#[derive(Debug)]
pub enum Act {
    /// It says something.
    Say(FromWorker),
    /// Its link is lost.
    Lose(String),
}

impl Act {
    /// The job is done, with this value.
    pub fn done(id: JobId, value: serde_json::Value) -> Self {
        Self::Say(FromWorker::Done { id, result: JobResult { value, ..JobResult::default() } })
    }

    /// The job has failed.
    pub fn failed(id: JobId, error: OperationError) -> Self {
        let result = JobResult { error: Some(error), ..JobResult::default() };
        Self::Say(FromWorker::Done { id, result })
    }
}

type Answer = Box<dyn Fn(&str, &ToWorker) -> Vec<Act> + Send + Sync>;

/// The connector; clones are the same one.
#[derive(Clone)]
pub struct Recorder {
    shared: Arc<Shared>,
}

struct Shared {
    answer: Answer,
    state: Mutex<State>,
    changed: Condvar,
}

/// What has happened.
#[derive(Debug, Default)]
struct State {
    said: Vec<(String, ToWorker)>,
    connects: Vec<String>,
    refusals: HashMap<String, VecDeque<ConnectErrorKind>>,
    links: HashMap<String, Sender<Order>>,
    open: usize,
}

#[derive(Debug)]
enum Order {
    Hear(ToWorker),
    Act(Act),
    Close,
}

/// The jobs of one link that were sent ahead of their turn.
#[derive(Default)]
struct Queue {
    turns: Turns<(JobId, ToWorker)>,
    places: usize,
    own: HashSet<JobId>,
}

impl Queue {
    fn withdraw(&mut self, job: JobId) -> bool {
        self.turns.withdraw(|(id, _)| *id == job).is_some() && self.own.remove(&job)
    }

    /// What begins in the place of a job.
    fn done(&mut self, job: JobId) -> Option<ToWorker> {
        if !self.own.remove(&job) {
            return None;
        }
        self.turns.leave(self.places).map(|(_, run)| run)
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Recorder").field(&*self.state()).finish()
    }
}

impl Recorder {
    /// `answer` is called on the thread of the link for every message to a node.
    pub fn new(answer: impl Fn(&str, &ToWorker) -> Vec<Act> + Send + Sync + 'static) -> Self {
        let shared =
            Shared { answer: Box::new(answer), state: Mutex::default(), changed: Condvar::new() };
        Self { shared: Arc::new(shared) }
    }

    /// Every job is done at once and answers nothing.
    pub fn obliging() -> Self {
        Self::new(|_, message| match message {
            ToWorker::Run { id, .. } => vec![Act::done(*id, serde_json::Value::Null)],
            _ => Vec::new(),
        })
    }

    /// The next tries to connect to a node fail, one for each kind.
    pub fn refuse(&self, node: &str, kinds: &[ConnectErrorKind]) {
        self.state().refusals.entry(node.to_string()).or_default().extend(kinds);
    }

    /// Lets the worker of a node do something now.
    pub fn act(&self, node: &str, act: Act) {
        if let Some(link) = self.state().links.get(node) {
            drop(link.send(Order::Act(act)));
        }
    }

    /// Everything said to the workers so far, in the order they heard it.
    pub fn said(&self) -> Vec<(String, ToWorker)> {
        self.state().said.clone()
    }

    /// The nodes of all tries to connect, in order.
    pub fn connects(&self) -> Vec<String> {
        self.state().connects.clone()
    }

    /// Links open now.
    pub fn open(&self) -> usize {
        self.state().open
    }

    /// Waits until all links are closed or lost; false if that takes too long.
    pub fn wait_until_closed(&self) -> bool {
        self.wait(|state| state.open == 0)
    }

    /// Waits until what was said satisfies the test; false if that takes too long.
    pub fn wait_for(&self, enough: impl Fn(&[(String, ToWorker)]) -> bool) -> bool {
        self.wait(|state| enough(&state.said))
    }

    fn wait(&self, enough: impl Fn(&State) -> bool) -> bool {
        let changed = &self.shared.changed;
        let (state, time_out) = changed
            .wait_timeout_while(self.state(), PATIENCE, |state| !enough(state))
            .unwrap_or_else(PoisonError::into_inner);
        drop(state);
        !time_out.timed_out()
    }

    fn closed(&self) {
        self.state().open -= 1;
        self.shared.changed.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The life of a link, on its own thread.
    fn carry(&self, node: &str, orders: &crossbeam_channel::Receiver<Order>, hear: &Sink) {
        let mut queue = Queue::default();
        while let Ok(order) = orders.recv() {
            let mut acts = match order {
                Order::Close => break,
                Order::Act(act) => VecDeque::from([act]),
                Order::Hear(message) => self.heard(node, message, &mut queue),
            };
            while let Some(act) = acts.pop_front() {
                match act {
                    Act::Say(message) => {
                        let next = match &message {
                            FromWorker::Done { id, .. } => queue.done(*id),
                            _ => None,
                        };
                        hear(LinkEvent::Message(message));
                        acts.extend(next.into_iter().flat_map(|next| self.told(node, next)));
                    }
                    Act::Lose(reason) => {
                        hear(LinkEvent::Lost { reason });
                        return self.closed();
                    }
                }
            }
        }
        self.closed();
    }

    /// The imagined workers keep jobs until their turn comes, as real ones do:
    /// tests see each of them when it begins.
    fn heard(&self, node: &str, message: ToWorker, queue: &mut Queue) -> VecDeque<Act> {
        match message {
            ToWorker::Queue { id, action, stream, places } => {
                queue.places = places;
                queue.own.insert(id);
                let run = ToWorker::Run { id, action, stream };
                let next = queue.turns.arrive((id, run), places);
                next.map(|(_, run)| self.told(node, run)).unwrap_or_default()
            }
            ToWorker::Cancel { id } if queue.withdraw(id) => {
                let error = OperationError::new(ErrorKind::Cancelled, "interrupted");
                VecDeque::from([Act::failed(id, error)])
            }
            other => self.told(node, other),
        }
    }

    fn told(&self, node: &str, message: ToWorker) -> VecDeque<Act> {
        let acts = (self.shared.answer)(node, &message);
        self.state().said.push((node.to_string(), message));
        self.shared.changed.notify_all();
        acts.into()
    }
}

impl Connector for Recorder {
    fn connect(
        &self,
        target: &Target,
        _run_id: &str,
        sink: Sink,
    ) -> Result<Box<dyn Link>, ConnectError> {
        let node = target.node.clone();
        let (orders, received) = crossbeam_channel::unbounded();
        {
            let mut state = self.state();
            state.connects.push(node.clone());
            let refusal = state.refusals.get_mut(&node).and_then(VecDeque::pop_front);
            if let Some(kind) = refusal {
                let message = "refused by the test".to_string();
                return Err(ConnectError { node, kind, message, help: None });
            }
            state.links.insert(node.clone(), orders.clone());
            state.open += 1;
        }
        let (done, finished) = crossbeam_channel::bounded::<()>(0);
        let recorder = self.clone();
        let life = move || {
            let _done = done;
            recorder.carry(&node, &received, &sink);
        };
        std::thread::spawn(life);
        let peer = Peer {
            version: env!("CARGO_PKG_VERSION").to_string(),
            hostname: target.node.clone(),
            pid: 1,
            processors: 1,
            uploaded: false,
        };
        Ok(Box::new(RecordLink { orders, finished, peer }))
    }
}

struct RecordLink {
    orders: Sender<Order>,
    finished: crossbeam_channel::Receiver<()>,
    peer: Peer,
}

impl Link for RecordLink {
    fn send(&self, message: ToWorker) {
        drop(self.orders.send(Order::Hear(message)));
    }

    fn close(self: Box<Self>, grace: Duration) {
        drop(self.orders.send(Order::Close));
        let _ = self.finished.recv_timeout(grace);
    }

    fn peer(&self) -> &Peer {
        &self.peer
    }
}
