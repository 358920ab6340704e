//! What a test of a transport needs: a node, a configuration, a connection
//! and what it said.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, unbounded};
use ledama_config::model::{Config, Transport};
use tempfile::TempDir;

use super::super::connectors::{Connectors, Surroundings};
use super::super::{Connector, Link, LinkEvent, Sink, Target};
use super::programs;
use super::sshd::Sshd;
use crate::error::ConnectError;
use crate::protocol::{FromWorker, JobResult, ToWorker};

/// Longer than anything takes unless it hangs.
pub(super) const LONG: Duration = Duration::from_mins(1);

/// One node, reached by one transport.
pub(super) struct Bed {
    pub(super) folder: TempDir,
    pub(super) sshd: Option<Sshd>,
    pub(super) config: Config,
    pub(super) target: Target,
    pub(super) program: PathBuf,
    pub(super) agent: Option<PathBuf>,
    pub(super) send_buffer: Option<usize>,
}

impl Bed {
    /// A node that works; none where there is no sshd.
    pub(super) fn new(transport: Transport) -> Option<Self> {
        Self::with_sshd(transport, "")
    }

    /// The same with more lines for the configuration of its sshd.
    pub(super) fn with_sshd(transport: Transport, extra: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let sshd = match transport {
            Transport::Local => None,
            _ => Some(Sshd::start(folder.path(), extra)?),
        };
        let mut config = Config::default();
        config.ssh.identity = Some(folder.path().join("id"));
        config.ssh.known_hosts = vec![folder.path().join("known_hosts")];
        // Nothing of the account that runs the tests takes part.
        config.ssh.config = Some("/dev/null".into());
        let port = sshd.as_ref().map_or(1, |sshd| sshd.port);
        if let Some(sshd) = &sshd {
            let line = sshd.known_as(&format!("[127.0.0.1]:{port}"), "ed25519");
            fs::write(folder.path().join("known_hosts"), line).unwrap();
        }
        let target = Target {
            node: "node013".into(),
            address: "127.0.0.1".into(),
            port,
            user: account(),
            transport,
        };
        let program = programs::real(folder.path());
        Some(Self { folder, sshd, config, target, program, agent: None, send_buffer: None })
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Home folder on the node.
    pub(super) fn home(&self) -> PathBuf {
        self.path("home")
    }

    pub(super) fn known_hosts(&self, content: &str) {
        fs::write(self.path("known_hosts"), content).unwrap();
    }

    pub(super) fn connectors(&self) -> Connectors {
        let around = Surroundings {
            home: Some(self.path("own-home")),
            agent: self.agent.clone(),
            account: Some(account()),
            send_buffer: self.send_buffer,
        };
        Connectors::in_surroundings(&self.config, Some(self.program.clone()), around)
    }

    /// A connection that is expected to come about.
    pub(super) fn connect(&self) -> Conversation {
        match self.try_connect() {
            Ok(conversation) => conversation,
            Err(error) => panic!("{error} ({:?})\n{}", error.help, self.log()),
        }
    }

    pub(super) fn try_connect(&self) -> Result<Conversation, ConnectError> {
        Conversation::open(&self.connectors(), &self.target)
    }

    /// A connection that is expected to fail.
    pub(super) fn fail(&self) -> ConnectError {
        match self.try_connect() {
            Ok(_) => panic!("connected"),
            Err(error) => error,
        }
    }

    pub(super) fn log(&self) -> String {
        self.sshd.as_ref().map(Sshd::log).unwrap_or_default()
    }
}

/// The account of this process, by its number: the environment may lie.
fn account() -> String {
    let id = rustix::process::getuid().as_raw().to_string();
    let accounts = fs::read_to_string("/etc/passwd").unwrap();
    let mut rows = accounts.lines().map(|line| line.split(':').collect::<Vec<_>>());
    rows.find(|row| row.get(2) == Some(&id.as_str())).expect("an account")[0].to_string()
}

/// A link and what came over it.
pub(super) struct Conversation {
    pub(super) link: Box<dyn Link>,
    events: Receiver<LinkEvent>,
}

impl Conversation {
    pub(super) fn open(connector: &dyn Connector, target: &Target) -> Result<Self, ConnectError> {
        let (sender, events) = unbounded();
        let sink: Sink = Arc::new(move |event| {
            let _ = sender.send(event);
        });
        let link = connector.connect(target, "run-1", sink)?;
        Ok(Self { link, events })
    }

    pub(super) fn next(&self) -> LinkEvent {
        self.events.recv_timeout(LONG).expect("an event")
    }

    pub(super) fn next_message(&self) -> FromWorker {
        match self.next() {
            LinkEvent::Message(message) => message,
            LinkEvent::Lost { reason } => panic!("lost: {reason}"),
        }
    }

    /// The result of the next job to end; other messages go to `see`.
    pub(super) fn next_done(&self, mut see: impl FnMut(FromWorker)) -> (u64, JobResult) {
        loop {
            match self.next_message() {
                FromWorker::Done { id, result } => return (id, result),
                other => see(other),
            }
        }
    }

    /// Why it was lost; nothing may come after that.
    pub(super) fn lost(&self) -> String {
        loop {
            if let LinkEvent::Lost { reason } = self.next() {
                // The sender lives in the sink, which ends with the thread.
                let after = self.events.recv_timeout(LONG);
                assert!(
                    matches!(after, Err(crossbeam_channel::RecvTimeoutError::Disconnected)),
                    "{after:?} after the end"
                );
                return reason;
            }
        }
    }

    pub(super) fn run(&self, id: u64, action: crate::plan::Action) {
        self.link.send(ToWorker::Run { id, action, stream: true });
    }

    pub(super) fn pid(&self) -> u32 {
        self.link.peer().pid
    }

    /// Closes the link; returns what came after that, which should be nothing.
    pub(super) fn close(self, grace: Duration) -> Vec<LinkEvent> {
        while self.events.try_recv().is_ok() {}
        self.link.close(grace);
        self.events.try_iter().collect()
    }
}

/// Waits until a process has ended (or is a zombie of somebody else).
pub(super) fn ended(pid: u32) -> bool {
    let alive = || {
        let state = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        state.rsplit(") ").next().is_some_and(|rest| !rest.is_empty() && !rest.starts_with('Z'))
    };
    for _ in 0..1000 {
        if !alive() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    false
}

/// The files below a folder, by name.
pub(super) fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_below(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}
