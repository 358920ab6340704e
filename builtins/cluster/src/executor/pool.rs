//! The connections of a cluster, kept from one execution to the next.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Receiver, SendTimeoutError, Sender};
use ledama_base::operation::{ErrorKind, OperationError};

use crate::error::{ConnectError, ConnectErrorKind};
use crate::protocol::{JobId, ToWorker};
use crate::transport::{Connector, Link, LinkEvent, Sink, Target};

/// Messages that wait for the executor; a link that has more stops reading, and so its worker.
const INBOX: usize = 1024;

/// How often a link that waits for the inbox looks whether it is still wanted.
const LOOK: Duration = Duration::from_millis(50);

/// Time idle workers get to end.
const LEAVE: Duration = Duration::from_secs(5);

/// Number of a node in the pool.
pub(super) type NodeId = usize;

/// What the threads of the connections tell the executor.
pub(super) enum Input {
    /// Something about an open link.
    Link { node: NodeId, generation: u64, event: LinkEvent },
    /// The end of a try to connect.
    Connected { node: NodeId, generation: u64, result: Result<OpenLink, ConnectError> },
}

/// A link that is closed when nobody has it any more, and is silent from then on.
pub(super) struct OpenLink {
    link: Option<Box<dyn Link>>,
    unwanted: Arc<AtomicBool>,
}

impl OpenLink {
    fn send(&self, message: ToWorker) {
        if let Some(link) = &self.link {
            link.send(message);
        }
    }

    fn close(mut self, grace: Duration) {
        self.unwanted.store(true, Ordering::SeqCst);
        if let Some(link) = self.link.take() {
            link.close(grace);
        }
    }
}

impl Drop for OpenLink {
    fn drop(&mut self) {
        self.unwanted.store(true, Ordering::SeqCst);
        if let Some(link) = self.link.take() {
            link.close(Duration::ZERO);
        }
    }
}

/// What is known about the way to a node.
enum Way {
    /// Not asked for.
    Idle,
    /// Waits for its turn to connect.
    Queued,
    Connecting,
    /// Waits before the next try.
    Resting,
    Open(OpenLink),
    /// Given up for this execution.
    Dead(OperationError),
}

struct Node {
    target: Target,
    way: Way,
    /// Counts connections, so that late news of earlier ones is recognised.
    generation: u64,
    /// Tries to connect in a row that failed.
    failures: u32,
    /// Connections in a row that were lost before any job was done.
    losses: u32,
}

/// The news about a node after a try to connect or a loss.
#[derive(Debug)]
pub(super) enum News {
    /// Its link is open.
    Open,
    /// Another try comes after this many that failed.
    TryAgain { failures: u32, reason: String },
    /// It is given up.
    Dead { error: OperationError },
}

/// All connections.
pub(super) struct Pool {
    connector: Arc<dyn Connector>,
    /// Connections opened at the same time.
    at_once: usize,
    run_id: String,
    nodes: Vec<Node>,
    by_name: HashMap<String, NodeId>,
    queue: VecDeque<NodeId>,
    connecting: usize,
    sender: Sender<Input>,
    /// What the links and connecting threads say.
    pub(super) inbox: Receiver<Input>,
    /// Set when nobody will read the inbox any more.
    gone: Arc<AtomicBool>,
    closing: Vec<JoinHandle<()>>,
    jobs: JobId,
}

impl Pool {
    /// A pool without connections.
    pub(super) fn new(connector: Arc<dyn Connector>, at_once: usize) -> Self {
        let (sender, inbox) = crossbeam_channel::bounded(INBOX);
        Self {
            connector,
            at_once: at_once.max(1),
            run_id: String::new(),
            nodes: Vec::new(),
            by_name: HashMap::new(),
            queue: VecDeque::new(),
            connecting: 0,
            sender,
            inbox,
            gone: Arc::default(),
            closing: Vec::new(),
            jobs: 0,
        }
    }

    /// A new execution: nodes that were given up get another chance. Workers
    /// know the run they belong to, so those of another run are not used.
    pub(super) fn begin(&mut self, run_id: &str) {
        if self.run_id != run_id {
            self.run_id = run_id.to_string();
            (0..self.nodes.len()).for_each(|node| self.drop_link(node, LEAVE));
        }
        for node in &mut self.nodes {
            node.failures = 0;
            node.losses = 0;
            if !matches!(node.way, Way::Open(_) | Way::Connecting) {
                node.way = Way::Idle;
            }
        }
        self.queue.clear();
        self.closing.retain(|thread| !thread.is_finished());
    }

    /// A number that no other job of this pool has.
    pub(super) fn new_job(&mut self) -> JobId {
        self.jobs += 1;
        self.jobs
    }

    /// The number of a node already known.
    pub(super) fn find(&self, name: &str) -> Option<NodeId> {
        self.by_name.get(name).copied()
    }

    /// Adds a node.
    pub(super) fn add(&mut self, target: Target) -> NodeId {
        let id = self.nodes.len();
        self.by_name.insert(target.node.clone(), id);
        self.nodes.push(Node { target, way: Way::Idle, generation: 0, failures: 0, losses: 0 });
        id
    }

    /// Another name for a node already known.
    pub(super) fn alias(&mut self, name: &str, node: NodeId) {
        self.by_name.insert(name.to_string(), node);
    }

    /// Its configured name.
    pub(super) fn name(&self, node: NodeId) -> &str {
        &self.nodes[node].target.node
    }

    /// Whether messages can be sent.
    pub(super) fn is_open(&self, node: NodeId) -> bool {
        matches!(self.nodes[node].way, Way::Open(_))
    }

    /// Why a node was given up.
    pub(super) fn dead(&self, node: NodeId) -> Option<&OperationError> {
        match &self.nodes[node].way {
            Way::Dead(error) => Some(error),
            _ => None,
        }
    }

    /// Sends a message; without a link it is dropped.
    pub(super) fn send(&self, node: NodeId, message: ToWorker) {
        if let Way::Open(link) = &self.nodes[node].way {
            link.send(message);
        }
    }

    /// A job of the node has been answered: its worker works.
    pub(super) fn works(&mut self, node: NodeId) {
        self.nodes[node].losses = 0;
    }

    /// Connects to a node unless that is under way.
    pub(super) fn want(&mut self, node: NodeId) {
        if matches!(self.nodes[node].way, Way::Idle) {
            self.nodes[node].way = Way::Queued;
            self.queue.push_back(node);
            self.connect_queued();
        }
    }

    /// A pause is over; `wanted` says whether anybody still waits for the node.
    pub(super) fn rested(&mut self, node: NodeId, wanted: bool) {
        if matches!(self.nodes[node].way, Way::Resting) {
            self.nodes[node].way = Way::Idle;
            if wanted {
                self.want(node);
            }
        }
    }

    /// Starts nothing more; tries that are under way are not waited for.
    pub(super) fn stop_connecting(&mut self) {
        self.queue.clear();
        for node in &mut self.nodes {
            if matches!(node.way, Way::Queued | Way::Resting) {
                node.way = Way::Idle;
            }
        }
    }

    fn connect_queued(&mut self) {
        while self.connecting < self.at_once
            && let Some(node) = self.queue.pop_front()
        {
            self.nodes[node].generation += 1;
            self.nodes[node].way = Way::Connecting;
            self.connecting += 1;
            self.connect(node);
        }
    }

    fn connect(&self, node: NodeId) {
        let Node { target, generation, .. } = &self.nodes[node];
        let (target, generation) = (target.clone(), *generation);
        let (connector, sender) = (Arc::clone(&self.connector), self.sender.clone());
        let (inbox, gone) = (self.inbox.clone(), Arc::clone(&self.gone));
        let run_id = self.run_id.clone();
        let unwanted = Arc::new(AtomicBool::new(false));
        let sink = sink(node, generation, sender.clone(), Arc::clone(&unwanted));
        let name = target.node.clone();
        let life = move || {
            let attempt = || connector.connect(&target, &run_id, sink);
            let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(attempt))
                .unwrap_or_else(|_| Err(broken(&target.node, "the connecting thread panicked")))
                .map(|link| OpenLink { link: Some(link), unwanted });
            deliver(Input::Connected { node, generation, result }, &sender, &inbox, &gone);
        };
        if std::thread::Builder::new().name(format!("connect {name}")).spawn(life).is_err() {
            let result = Err(broken(&name, "no thread for its connection"));
            drop(self.sender.try_send(Input::Connected { node, generation, result }));
        }
    }

    /// Takes the end of a try to connect. None when it is about an earlier connection.
    pub(super) fn connected(
        &mut self,
        node: NodeId,
        generation: u64,
        result: Result<OpenLink, ConnectError>,
        retries: u32,
    ) -> Option<News> {
        self.connecting = self.connecting.saturating_sub(1);
        self.connect_queued();
        let facts = &mut self.nodes[node];
        if facts.generation != generation || !matches!(facts.way, Way::Connecting) {
            if let Ok(link) = result {
                self.close(link, LEAVE);
            }
            return None;
        }
        match result {
            Ok(link) => {
                facts.failures = 0;
                facts.way = Way::Open(link);
                Some(News::Open)
            }
            Err(error) => {
                facts.failures += 1;
                if error.kind == ConnectErrorKind::Unreachable && facts.failures <= retries {
                    facts.way = Way::Resting;
                    let (message, failures) = (error.message, facts.failures);
                    let reason = format!("{message} (try {failures} of {})", retries + 1);
                    Some(News::TryAgain { failures, reason })
                } else {
                    let error = error.to_operation_error();
                    facts.way = Way::Dead(error.clone());
                    Some(News::Dead { error })
                }
            }
        }
    }

    /// The open link of a node is gone or not wanted any more: the node rests
    /// before the next try, or is given up when it was lost more than `most`
    /// times in a row before anything was done. None if there is no open link.
    pub(super) fn lost(&mut self, node: NodeId, reason: &str, most: u32) -> Option<News> {
        if !self.is_open(node) {
            return None;
        }
        self.drop_link(node, Duration::ZERO);
        let facts = &mut self.nodes[node];
        facts.losses += 1;
        if facts.losses > most {
            let message = format!("lost {} times in a row: {reason}", facts.losses);
            let error = OperationError::new(ErrorKind::Connection, message);
            facts.way = Way::Dead(error.clone());
            return Some(News::Dead { error });
        }
        facts.way = Way::Resting;
        Some(News::TryAgain { failures: facts.losses, reason: reason.to_string() })
    }

    /// Whether a message is from the current link of its node.
    pub(super) fn is_current(&self, node: NodeId, generation: u64) -> bool {
        self.nodes[node].generation == generation && self.is_open(node)
    }

    /// Closes the link of a node on a thread of its own.
    pub(super) fn drop_link(&mut self, node: NodeId, grace: Duration) {
        if matches!(self.nodes[node].way, Way::Open(_))
            && let Way::Open(link) = std::mem::replace(&mut self.nodes[node].way, Way::Idle)
        {
            self.close(link, grace);
        } else if matches!(self.nodes[node].way, Way::Connecting) {
            // Its result is not wanted any more.
            self.nodes[node].generation += 1;
            self.nodes[node].way = Way::Idle;
        }
    }

    fn close(&mut self, link: OpenLink, grace: Duration) {
        // At once, so that a link that waits for the inbox lets go.
        link.unwanted.store(true, Ordering::SeqCst);
        let closer = std::thread::Builder::new().name("close link".into());
        // If there is no thread, the link has been closed by being dropped.
        if let Ok(thread) = closer.spawn(move || link.close(grace)) {
            self.closing.push(thread);
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.gone.store(true, Ordering::SeqCst);
        (0..self.nodes.len()).for_each(|node| self.drop_link(node, LEAVE));
        // Links that opened after they were wanted.
        while let Ok(input) = self.inbox.try_recv() {
            if let Input::Connected { result: Ok(link), .. } = input {
                self.close(link, LEAVE);
            }
        }
        for thread in self.closing.drain(..) {
            drop(thread.join());
        }
    }
}

/// Hands a new link to the executor; one that comes too late is dropped, and so
/// closed. A message that stayed in the inbox would keep its link open for
/// ever, because the link in turn keeps the inbox.
fn deliver(input: Input, sender: &Sender<Input>, inbox: &Receiver<Input>, gone: &AtomicBool) {
    let mut waiting = Some(input);
    while let Some(input) = waiting.take() {
        if gone.load(Ordering::SeqCst) {
            return;
        }
        if let Err(SendTimeoutError::Timeout(back)) = sender.send_timeout(input, LOOK) {
            waiting = Some(back);
        }
    }
    // Sent while the pool went: either it has seen this message, or this sees that it is gone.
    if gone.load(Ordering::SeqCst) {
        while inbox.try_recv().is_ok() {}
    }
}

/// What a link calls: hands its news to the executor and waits while that is busy.
fn sink(node: NodeId, generation: u64, sender: Sender<Input>, unwanted: Arc<AtomicBool>) -> Sink {
    Arc::new(move |event| {
        let mut input = Input::Link { node, generation, event };
        while !unwanted.load(Ordering::SeqCst) {
            match sender.send_timeout(input, LOOK) {
                Err(SendTimeoutError::Timeout(back)) => input = back,
                Ok(()) | Err(SendTimeoutError::Disconnected(_)) => return,
            }
        }
    })
}

fn broken(node: &str, message: &str) -> ConnectError {
    ConnectError {
        node: node.to_string(),
        kind: ConnectErrorKind::Worker,
        message: message.to_string(),
        help: None,
    }
}

#[cfg(test)]
mod tests;
