//! Ways to a node: each starts `ledama worker` there and carries lines.
//!
//! Connecting is blocking and belongs on a thread of its own; a [`Link`] never
//! blocks its caller.

pub mod inprocess;
pub mod record;

mod bootstrap;
mod command_line;
mod connectors;
mod failure;
mod gate;
mod handshake;
mod keys;
mod known_hosts;
mod last_words;
mod lines;
mod link;
mod local;
mod openssh;
mod probe;
mod process;
mod program;
mod pump;
mod ssh2;
#[cfg(test)]
mod tests;
mod wake;
mod watch;
mod wire;

use std::sync::Arc;
use std::time::Duration;

pub use connectors::Connectors;
pub use probe::{Check, Probe, Step};

use crate::protocol::{FromWorker, ToWorker};

/// Where and how to reach one node, resolved from the configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// Name in node lists and RefFiles.
    pub node: String,
    /// Address to connect to.
    pub address: String,
    /// Port of sshd.
    pub port: u16,
    /// Account there.
    pub user: String,
    /// Which client.
    pub transport: ledama_config::model::Transport,
}

/// What a connection tells the executor, in order.
#[derive(Debug)]
pub enum LinkEvent {
    /// A message of the worker (never `Ready`: the connector has checked it).
    Message(FromWorker),
    /// The connection or the worker is gone; the last event of a link.
    Lost {
        /// Why, with the worker's last words on standard error.
        reason: String,
    },
}

/// Receives the events of one link; called from the link's own thread.
pub type Sink = Arc<dyn Fn(LinkEvent) + Send + Sync>;

/// An open connection to a worker that has said `ready`.
pub trait Link: Send {
    /// Queues a message; never blocks. After the link is lost it is dropped silently,
    /// the sink has heard of it.
    fn send(&self, message: ToWorker);
    /// Closes the worker's input, waits at most `grace` for it to end and reports
    /// nothing more to the sink.
    fn close(self: Box<Self>, grace: Duration);
    /// What the worker said in `ready`.
    fn peer(&self) -> &Peer;
}

/// What a worker said about itself.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Peer {
    /// Version of its program.
    pub version: String,
    /// What the node calls itself.
    pub hostname: String,
    /// Process id of the worker.
    pub pid: u32,
    /// Processors it may use.
    pub processors: usize,
    /// True when the program had to be uploaded first.
    pub uploaded: bool,
}

/// Opens links to nodes.
pub trait Connector: Send + Sync {
    /// Connects, starts the worker (uploading it when the node has none of this
    /// version) and shakes hands. Blocking, bounded by the configured time-outs.
    fn connect(
        &self,
        target: &Target,
        run_id: &str,
        sink: Sink,
    ) -> Result<Box<dyn Link>, crate::error::ConnectError>;
}
