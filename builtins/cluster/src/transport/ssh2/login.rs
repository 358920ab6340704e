//! Proves to an sshd who we are, with one of our keys.
//!
//! Order: the configured identity, the agent's keys, the default files. A key
//! is tried once wherever it is found, and at most [`TRIES`] keys are tried:
//! an sshd closes the connection after six failures.

use std::path::{Path, PathBuf};
use std::time::Duration;

use ::ssh2::{Agent, Error, PublicKey};

use crate::error::ConnectErrorKind;

use super::super::failure::{Failure, Trail};
use super::super::keys::{DEFAULTS, KeyFile, Usable};
use super::super::known_hosts::{fingerprint, key_type};
use super::super::probe::Step;
use super::super::watch::Watch;
use super::session::Session;

/// Keys tried at most.
const TRIES: usize = 5;
/// An agent may ask its user to confirm the use of a key.
const AGENT: Duration = Duration::from_mins(1);

/// Where our keys are.
#[derive(Debug, Clone, Default)]
pub(in super::super) struct Keyring {
    /// The configured key.
    pub(in super::super) identity: Option<PathBuf>,
    /// Home folder with the default keys.
    pub(in super::super) home: Option<PathBuf>,
    /// Socket of the agent.
    pub(in super::super) agent: Option<PathBuf>,
}

enum Candidate<'a> {
    File(KeyFile),
    Agent(&'a PublicKey),
}

impl Candidate<'_> {
    fn name(&self) -> String {
        match self {
            Self::File(file) => format!("`{}`", file.path.display()),
            Self::Agent(key) => {
                let kind = key_type(key.blob()).unwrap_or_default();
                format!("the agent's {kind} `{}` ({})", key.comment(), fingerprint(key.blob()))
            }
        }
    }
}

/// Logs in.
pub(super) fn log_in(
    session: &mut Session,
    user: &str,
    keyring: &Keyring,
    limit: Duration,
    watch: &Watch,
    trail: &mut Trail,
) -> Result<(), Failure> {
    watch.begin(Step::Login, "logging in", None);
    let ssh = session.ssh.clone();
    let offered = session
        .repeat(limit, Step::Login, "logging in", watch, || ssh.auth_methods(user))?
        .map(str::to_string);
    if ssh.authenticated() {
        trail.passed(Step::Login, format!("as {user}, without a key"));
        return Ok(());
    }
    if let Ok(offered) = &offered
        && !offered.split(',').any(|method| method == "publickey")
    {
        return Err(refusal(format!(
            "the node accepts no keys, only {}",
            offered.replace(',', ", ")
        ))
        .help("use `ssh.transport = \"openssh\"` if the system's ssh can log in"));
    }

    let mut notes = Vec::new();
    let agent = open_agent(&ssh, keyring, watch, &mut notes);
    let in_agent = agent.as_ref().map(|(_, keys)| keys.as_slice()).unwrap_or_default();
    let candidates = candidates(keyring, in_agent, &mut notes);
    let mut tried = Vec::new();
    for candidate in candidates.iter().take(TRIES) {
        let outcome = match (candidate, &agent) {
            (Candidate::Agent(key), Some((agent, _))) => {
                // Signing is a blocking call in the library.
                watch.begin(Step::Login, "waiting for the SSH agent", Some(limit + AGENT));
                let outcome = session
                    .repeat(limit, Step::Login, "logging in", watch, || agent.userauth(user, key));
                watch.begin(Step::Login, "logging in", None);
                outcome
            }
            (Candidate::Agent(_), None) => continue,
            (Candidate::File(file), _) => {
                session.repeat(limit, Step::Login, "logging in", watch, || {
                    ssh.userauth_pubkey_file(user, None, &file.path, None)
                })
            }
        };
        match outcome {
            Ok(Ok(())) if ssh.authenticated() => {
                trail.passed(Step::Login, format!("as {user} with {}", candidate.name()));
                return Ok(());
            }
            Ok(Ok(())) => tried.push(format!("{} (not enough alone)", candidate.name())),
            Ok(Err(error)) => tried.push(format!("{}{}", candidate.name(), why(&error))),
            Err(mut failure) if tried.is_empty() => {
                failure.message = format!("{} with {}", failure.message, candidate.name());
                return Err(failure);
            }
            Err(failure) => {
                // As when the server has had enough of wrong keys.
                notes.push(failure.message);
                return Err(refused(user, &tried, &notes));
            }
        }
    }
    let left = candidates.len().saturating_sub(TRIES);
    if left > 0 {
        notes.push(format!("{left} more keys were not tried, an SSH server allows few attempts"));
    }
    Err(refused(user, &tried, &notes))
}

/// The agent and its keys, if there is one.
fn open_agent(
    ssh: &::ssh2::Session,
    keyring: &Keyring,
    watch: &Watch,
    notes: &mut Vec<String>,
) -> Option<(Agent, Vec<PublicKey>)> {
    let socket = keyring.agent.as_deref()?;
    watch.begin(Step::Login, "asking the SSH agent for its keys", Some(AGENT));
    let list = || -> Result<_, Error> {
        let mut agent = ssh.agent()?;
        agent.set_identity_path(socket)?;
        agent.connect()?;
        agent.list_identities()?;
        let keys = agent.identities()?;
        Ok((agent, keys))
    };
    let found = list();
    watch.begin(Step::Login, "logging in", None);
    match found {
        Ok(found) => Some(found),
        Err(e) => {
            notes.push(format!(
                "the agent at `{}` does not answer ({})",
                socket.display(),
                e.message()
            ));
            None
        }
    }
}

/// The keys to try, in order, each once.
fn candidates<'a>(
    keyring: &Keyring,
    in_agent: &'a [PublicKey],
    notes: &mut Vec<String>,
) -> Vec<Candidate<'a>> {
    let mut list = List { in_agent, found: Vec::new(), seen: Vec::new(), notes };
    if let Some(path) = &keyring.identity {
        list.add_file(path);
    }
    for key in in_agent {
        list.add_agent(key);
    }
    if let Some(home) = &keyring.home {
        for path in DEFAULTS.map(|name| home.join(".ssh").join(name)) {
            if path.exists() {
                list.add_file(&path);
            }
        }
    }
    list.found
}

struct List<'a, 'n> {
    in_agent: &'a [PublicKey],
    found: Vec<Candidate<'a>>,
    seen: Vec<Vec<u8>>,
    notes: &'n mut Vec<String>,
}

impl<'a> List<'a, '_> {
    fn add_agent(&mut self, key: &'a PublicKey) {
        if !self.seen.iter().any(|blob| blob == key.blob()) {
            self.seen.push(key.blob().to_vec());
            self.found.push(Candidate::Agent(key));
        }
    }

    fn add_file(&mut self, path: &Path) {
        let file = match KeyFile::read(path) {
            Ok(file) => file,
            Err(why) => {
                self.notes.push(format!("`{}` cannot be used: {why}", path.display()));
                return;
            }
        };
        if let Some(public) = &file.public {
            if self.seen.contains(public) {
                return;
            }
            // The agent can use it without a passphrase.
            if file.usable != Usable::Yes
                && let Some(key) = self.in_agent.iter().find(|key| key.blob() == public)
            {
                self.add_agent(key);
                return;
            }
        }
        match file.usable {
            Usable::Yes => {
                self.seen.extend(file.public.clone());
                self.found.push(Candidate::File(file));
            }
            Usable::Locked => self.notes.push(format!(
                "`{0}` needs a passphrase: add it to the agent with `ssh-add {0}`",
                path.display()
            )),
            Usable::PublicOnly => {
                self.notes
                    .push(format!("`{}` is a public key that no agent holds", path.display()));
            }
        }
    }
}

fn refusal(message: String) -> Failure {
    Failure::new(Step::Login, ConnectErrorKind::Login, message)
}

fn refused(user: &str, tried: &[String], notes: &[String]) -> Failure {
    let mut message = if tried.is_empty() {
        format!("there is no key to log in with as {user}")
    } else {
        format!("login as {user} was refused; tried {}", tried.join(", "))
    };
    for note in notes {
        message.push_str("; ");
        message.push_str(note);
    }
    refusal(message).help(
        "put your public key into `~/.ssh/authorized_keys` of the account on the node, or name \
         the right key as `ssh.identity` and account as `ssh.user`",
    )
}

/// What the library says beyond "not accepted": authentication failed, public
/// key unverified.
fn why(error: &Error) -> String {
    match error.code() {
        ::ssh2::ErrorCode::Session(-18 | -19) => String::new(),
        _ => format!(" ({})", error.message()),
    }
}
