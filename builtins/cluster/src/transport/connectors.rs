//! The one way to connect: picks the client that a node's configuration asks
//! for, and keeps the limits on connections of the whole run.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ledama_config::model::{Config, Transport};

use crate::error::ConnectError;
use crate::executor::CancelToken;

use super::bootstrap::{Bootstrap, Opener, ask_clock};
use super::failure::{Failure, Trail};
use super::gate::Gate;
use super::handshake::Hello;
use super::keys::expand_home;
use super::link::{self, Started};
use super::openssh::OpenSsh;
use super::probe::{Probe, Step, checks, clock_check};
use super::program::Program;
use super::ssh2::{Client, Keyring};
use super::watch::Watch;
use super::{Connector, Link, Sink, Target, local};

/// Unfinished logins at one sshd; its default begins to drop them at ten, and
/// others log in too.
const PER_NODE: usize = 4;
/// How often a connection is tried again that sshd dropped.
const TRIES: u32 = 8;
/// The pause before the first of those, doubled each time.
const PAUSE: Duration = Duration::from_millis(150);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// A worker's answer may take that many times the limit of a connection: home
/// folders and login files can be slow.
const ANSWER: u32 = 4;

/// Opens links with whichever client a target asks for. Cheap to clone; all
/// clones share their limits.
#[derive(Debug, Clone)]
pub struct Connectors {
    shared: Arc<Shared>,
    cancel: CancelToken,
}

#[derive(Debug)]
struct Shared {
    bootstrap: Bootstrap,
    ssh2: Client,
    openssh: OpenSsh,
    connects: Arc<Gate>,
    nodes: Mutex<HashMap<(String, u16), Arc<Gate>>>,
}

/// Where files and sockets of the user are.
#[derive(Debug, Clone)]
pub(super) struct Surroundings {
    pub(super) home: Option<PathBuf>,
    pub(super) agent: Option<PathBuf>,
    pub(super) account: Option<String>,
    /// See [`Client::send_buffer`].
    pub(super) send_buffer: Option<usize>,
}

impl Surroundings {
    fn of_process() -> Self {
        let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        Self {
            home: std::env::home_dir(),
            agent: set("SSH_AUTH_SOCK").map(PathBuf::from),
            account: set("LOGNAME")
                .or_else(|| set("USER"))
                .map(|name| name.to_string_lossy().into_owned()),
            send_buffer: None,
        }
    }
}

impl Connectors {
    /// Connectors for a configuration. `executable` is what runs as worker,
    /// here and on the nodes; by default this program itself.
    pub fn new(config: &Config, executable: Option<PathBuf>) -> Self {
        Self::in_surroundings(config, executable, Surroundings::of_process())
    }

    pub(super) fn in_surroundings(
        config: &Config,
        executable: Option<PathBuf>,
        around: Surroundings,
    ) -> Self {
        // This name leads to the running program even after its file was replaced.
        let executable = executable.unwrap_or_else(|| "/proc/self/exe".into());
        let ssh = &config.ssh;
        let limit = Duration::from_secs(ssh.connect_timeout.max(1));
        let keep_alive = Some(ssh.keepalive).filter(|&s| s > 0).map(Duration::from_secs);
        let home = around.home.as_deref();
        let expand = |path: &Path| expand_home(path, home);
        let identity = ssh.identity.as_deref().map(expand);
        let listed: Vec<PathBuf> = ssh.known_hosts.iter().map(|file| expand(file)).collect();
        let known_hosts = if listed.is_empty() {
            let files = [Path::new("~/.ssh/known_hosts"), Path::new("/etc/ssh/ssh_known_hosts")];
            files.map(expand).to_vec()
        } else {
            listed.clone()
        };
        // An account that the configuration names is always given to the client.
        let named = ssh.user.is_some() || config.hosts.iter().any(|group| group.user.is_some());
        let openssh = OpenSsh {
            program: config.command_of("ssh").map_or_else(|| vec!["ssh".into()], <[_]>::to_vec),
            config: ssh.config.as_deref().map(expand),
            identity: identity.clone(),
            known_hosts: listed,
            own_account: around.account.filter(|_| !named),
            limit,
            keep_alive,
        };
        let keyring = Keyring { identity, home: around.home, agent: around.agent };
        let folder = ssh.worker_folder.as_deref().unwrap_or_default();
        let shared = Shared {
            bootstrap: Bootstrap::new(Program::new(executable), folder, limit * ANSWER),
            ssh2: Client {
                keyring,
                known_hosts,
                limit,
                keep_alive,
                send_buffer: around.send_buffer,
            },
            openssh,
            connects: Gate::new(ssh.connects),
            nodes: Mutex::default(),
        };
        Self { shared: Arc::new(shared), cancel: CancelToken::new() }
    }

    /// Gives up connecting when that is cancelled.
    #[must_use]
    pub fn with_cancel(mut self, cancel: CancelToken) -> Self {
        self.cancel = cancel;
        self
    }

    /// Goes the way to a node step by step and tells how far it came; puts the
    /// worker there if it is missing. Blocking, as [`Connector::connect`] is.
    pub fn probe(&self, target: &Target) -> Probe {
        let watch = Arc::new(Watch::new(self.cancel.clone()));
        let begun = Instant::now();
        // The trail comes back through here: the thread may be left behind.
        let report = Arc::new(Mutex::new((Trail::default(), None, None)));
        let (shared, to, notes) = (Arc::clone(&self.shared), target.clone(), Arc::clone(&report));
        let linked = link::open(&target.node, &watch, Arc::new(|_| {}), move |watch| {
            let mut trail = Trail::default();
            let mut clock = None;
            let result = shared.start(&to, "probe", watch, &mut trail, Some(&mut clock));
            let failure = result.as_ref().err().cloned();
            *notes.lock().unwrap_or_else(PoisonError::into_inner) = (trail, failure, clock);
            result
        });
        let connect_s = begun.elapsed().as_secs_f64();
        let peer = linked.as_ref().ok().map(|link| link.peer().clone());
        let error = match linked {
            Ok(link) => {
                link.close(Duration::from_secs(2));
                None
            }
            Err(error) => Some(error),
        };
        let (trail, failure, clock) = {
            let mut report = report.lock().unwrap_or_else(PoisonError::into_inner);
            (std::mem::take(&mut report.0), report.1.take(), report.2.take())
        };
        let failure = failure.or_else(|| {
            let error = error?;
            let mut failure = watch
                .overdue()
                .unwrap_or_else(|| Failure::new(Step::Address, error.kind, error.message));
            failure.help = failure.help.or(error.help);
            Some(failure)
        });
        let mut checks = checks(trail, failure.as_ref());
        let mut clock_ahead_s = None;
        match clock {
            Some(Ok((ahead, exact))) => {
                checks.push(clock_check(ahead, exact));
                clock_ahead_s = Some(ahead);
            }
            Some(Err(failure)) => {
                checks.extend(super::probe::checks(Trail::default(), Some(&failure)));
            }
            None => {}
        }
        checks.sort_by_key(|check| check.step);
        Probe { node: target.node.clone(), checks, peer, clock_ahead_s, connect_s }
    }
}

impl Connector for Connectors {
    fn connect(
        &self,
        target: &Target,
        run_id: &str,
        sink: Sink,
    ) -> Result<Box<dyn Link>, ConnectError> {
        let watch = Arc::new(Watch::new(self.cancel.clone()));
        let (shared, to, run_id) = (Arc::clone(&self.shared), target.clone(), run_id.to_string());
        link::open(&target.node, &watch, sink, move |watch| {
            shared.start(&to, &run_id, watch, &mut Trail::default(), None)
        })
    }
}

/// What was learnt of a node's clock: how far it is ahead and how exactly that
/// is known, s.
type Clock = Option<Result<(f64, f64), Failure>>;

impl Shared {
    fn start(
        &self,
        target: &Target,
        run_id: &str,
        watch: &Watch,
        trail: &mut Trail,
        clock: Option<&mut Clock>,
    ) -> Result<Started, Failure> {
        let hello = &Hello { node: &target.node, run_id };
        let mut uploaded = None;
        match target.transport {
            Transport::Local => {
                let Bootstrap { program, answer_limit, .. } = &self.bootstrap;
                local::start(program, hello, *answer_limit, watch, trail)
            }
            Transport::Ssh2 => {
                let mut connection = self.with_patience(target, watch, || {
                    *trail = Trail::default();
                    self.ssh2.connect(target, watch, trail)
                })?;
                watch.release();
                self.ask(clock, &mut connection, watch);
                self.bootstrap.start(&mut connection, hello, &mut uploaded, watch, trail)
            }
            Transport::Openssh => {
                let mut client = self.openssh.opener(target);
                // The client logs in when the worker is started: the permits
                // are held until it answers.
                let started = self.with_patience(target, watch, || {
                    *trail = Trail::default();
                    let started =
                        self.bootstrap.start(&mut client, hello, &mut uploaded, watch, trail);
                    if started.is_ok() {
                        self.passed_by_client(target, trail);
                    }
                    started
                })?;
                watch.release();
                self.ask(clock, &mut client, watch);
                Ok(started)
            }
        }
    }

    /// Tries again what an sshd dropped because too many were logging in.
    fn with_patience<T>(
        &self,
        target: &Target,
        watch: &Watch,
        mut attempt: impl FnMut() -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let mut pause = PAUSE;
        let mut tries = 0;
        loop {
            watch.begin(Step::Port, "waiting for other connections", None);
            // First the narrow gate: nobody waits at it with a place in the
            // wide one.
            watch.hold(self.node_gate(target).enter(watch)?);
            watch.hold(self.connects.enter(watch)?);
            match attempt() {
                Err(failure) if failure.crowded && tries < TRIES => {
                    watch.release();
                    tries += 1;
                    watch.sleep(pause.mul_f64(jitter()))?;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
                result => return result,
            }
        }
    }

    fn node_gate(&self, target: &Target) -> Arc<Gate> {
        let mut nodes = self.nodes.lock().unwrap_or_else(PoisonError::into_inner);
        let place = (target.address.clone(), target.port);
        Arc::clone(nodes.entry(place).or_insert_with(|| Gate::new(PER_NODE)))
    }

    /// The steps before the worker are the client's; they went well if it runs.
    fn passed_by_client(&self, target: &Target, trail: &mut Trail) {
        let client = self.openssh.program.join(" ");
        let mut passed = Trail::default();
        passed.passed(Step::Address, target.address.clone());
        passed.passed(Step::Port, format!("reached by `{client}`"));
        passed.passed(Step::HostKey, format!("checked by `{client}`"));
        passed.passed(Step::Login, format!("by `{client}`"));
        passed.0.append(&mut trail.0);
        *trail = passed;
    }

    fn ask(&self, clock: Option<&mut Clock>, opener: &mut dyn Opener, watch: &Watch) {
        if let Some(clock) = clock {
            *clock = Some(ask_clock(opener, watch, self.bootstrap.answer_limit));
        }
    }
}

/// Between a half and one and a half, so that those that were dropped together
/// do not come back together.
fn jitter() -> f64 {
    use std::hash::{BuildHasher, RandomState};
    let random = RandomState::new().hash_one(0_u8) % 1000;
    f64::from(u32::try_from(random).unwrap_or(500)) / 1000.0 + 0.5
}
