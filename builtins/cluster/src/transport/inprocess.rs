//! A connector whose workers are threads of this process, for tests: the
//! real worker and its language, without any program started or uploaded.

use std::collections::HashMap;
use std::fmt;
use std::io::{BufRead, BufReader, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender};
use ledama_base::operation::Registry;

use super::{Connector, Link, LinkEvent, Peer, Sink, Target};
use crate::error::{ConnectError, ConnectErrorKind};
use crate::protocol::{FromWorker, PROTOCOL, ToWorker};
use crate::worker::{self, Options};

/// Starts a worker thread for every connection.
pub struct InProcess {
    registry: Arc<Registry>,
    options: Options,
    /// The streams of the newest worker of each node.
    workers: Mutex<HashMap<String, UnixStream>>,
}

impl fmt::Debug for InProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InProcess").field("registry", &self.registry).finish_non_exhaustive()
    }
}

impl InProcess {
    /// Workers that know these operations.
    pub fn new(registry: Arc<Registry>, options: Options) -> Self {
        Self { registry, options, workers: Mutex::default() }
    }

    /// Cuts the connection to a node.
    pub fn cut(&self, node: &str) {
        let workers = self.workers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(stream) = workers.get(node) {
            drop(stream.shutdown(Shutdown::Both));
        }
    }

    fn start(&self, target: &Target, run_id: &str, sink: Sink) -> std::io::Result<Box<dyn Link>> {
        let (host, there) = UnixStream::pair()?;
        let (registry, options) = (Arc::clone(&self.registry), self.options.clone());
        let (input, output) = (there.try_clone()?, there.try_clone()?);
        spawn("worker", move || {
            worker::serve(registry, input, output, options);
            // Threads that outlive the worker may have copies of the stream.
            drop(there.shutdown(Shutdown::Both));
        })?;
        let mut writer = host.try_clone()?;
        let mut reader = BufReader::new(host.try_clone()?);
        say(&mut writer, &hello(&target.node, run_id))?;
        let peer = greeted(&mut reader)?;
        let (sender, messages) = crossbeam_channel::unbounded();
        let (done, finished) = crossbeam_channel::bounded(0);
        spawn("write", move || write(writer, &messages))?;
        spawn("read", move || {
            let _done: Sender<()> = done;
            read(reader, &sink);
        })?;
        let mut workers = self.workers.lock().unwrap_or_else(PoisonError::into_inner);
        workers.insert(target.node.clone(), host);
        Ok(Box::new(PipeLink { sender, finished, peer }))
    }
}

impl Connector for InProcess {
    fn connect(
        &self,
        target: &Target,
        run_id: &str,
        sink: Sink,
    ) -> Result<Box<dyn Link>, ConnectError> {
        self.start(target, run_id, sink).map_err(|e| ConnectError {
            node: target.node.clone(),
            kind: ConnectErrorKind::Worker,
            message: e.to_string(),
            help: None,
        })
    }
}

struct PipeLink {
    sender: Sender<ToWorker>,
    finished: Receiver<()>,
    peer: Peer,
}

impl Link for PipeLink {
    fn send(&self, message: ToWorker) {
        drop(self.sender.send(message));
    }

    fn close(self: Box<Self>, grace: Duration) {
        let Self { sender, finished, .. } = *self;
        // The writing thread closes the worker's input when it has nothing more to say.
        drop(sender);
        let _ = finished.recv_timeout(grace);
    }

    fn peer(&self) -> &Peer {
        &self.peer
    }
}

fn spawn(name: &str, life: impl FnOnce() + Send + 'static) -> std::io::Result<()> {
    std::thread::Builder::new().name(name.to_string()).spawn(life).map(drop)
}

fn hello(node: &str, run_id: &str) -> ToWorker {
    ToWorker::Hello {
        protocol: PROTOCOL,
        version: env!("CARGO_PKG_VERSION").to_string(),
        run_id: run_id.to_string(),
        node: node.to_string(),
    }
}

fn say(stream: &mut impl Write, message: &ToWorker) -> std::io::Result<()> {
    let mut line = serde_json::to_vec(message)?;
    line.push(b'\n');
    stream.write_all(&line)
}

fn greeted(stream: &mut impl BufRead) -> std::io::Result<Peer> {
    let mut line = String::new();
    stream.read_line(&mut line)?;
    match serde_json::from_str(&line)? {
        FromWorker::Ready { version, hostname, pid, processors, .. } => {
            Ok(Peer { version, hostname, pid, processors, uploaded: false })
        }
        other => Err(std::io::Error::other(format!("not a greeting: {other:?}"))),
    }
}

fn write(mut stream: UnixStream, messages: &Receiver<ToWorker>) {
    while let Ok(message) = messages.recv() {
        if say(&mut stream, &message).is_err() {
            return;
        }
    }
    drop(stream.shutdown(Shutdown::Write));
}

fn read(mut stream: impl BufRead, sink: &Sink) {
    let mut line = Vec::new();
    let reason = loop {
        line.clear();
        match stream.read_until(b'\n', &mut line) {
            Ok(0) => break "the worker has ended".to_string(),
            Err(e) => break e.to_string(),
            Ok(_) => match serde_json::from_slice(&line) {
                Ok(message) => sink(LinkEvent::Message(message)),
                Err(e) => break format!("not understood: {e}"),
            },
        }
    };
    sink(LinkEvent::Lost { reason });
}
