//! The system's ssh client, which reads `~/.ssh/config`: jump hosts, Kerberos,
//! certificates.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::error::ConnectErrorKind;

use super::Target;
use super::bootstrap::Opener;
use super::failure::Failure;
use super::last_words::one_line;
use super::probe::Step;
use super::process::{ProcessWire, Role};
use super::pump::{Gone, Pump};
use super::watch::Watch;
use super::wire::{Exit, Wire};

/// How the client is called.
#[derive(Debug, Clone)]
pub(super) struct OpenSsh {
    /// The client and fixed arguments.
    pub(super) program: Vec<String>,
    /// Configuration file in place of its own.
    pub(super) config: Option<PathBuf>,
    pub(super) identity: Option<PathBuf>,
    /// Configured files with host keys; empty: its own.
    pub(super) known_hosts: Vec<PathBuf>,
    /// Our account here, which the client takes by itself.
    pub(super) own_account: Option<String>,
    pub(super) limit: Duration,
    pub(super) keep_alive: Option<Duration>,
}

impl OpenSsh {
    /// All arguments but the command line for the node.
    fn arguments(&self, target: &Target) -> Vec<String> {
        let mut arguments: Vec<String> = Vec::new();
        if let Some(config) = &self.config {
            arguments.extend(["-F".into(), config.display().to_string()]);
        }
        // No terminal, no X11, no agent forwarding; no forwarding of ports,
        // which a second connection could not open again; no connection that
        // outlives this one and holds our streams.
        arguments.extend(["-T", "-x", "-a"].map(String::from));
        let seconds = self.limit.as_secs().max(1);
        let mut options = vec![
            "BatchMode=yes".to_string(),
            "StrictHostKeyChecking=yes".to_string(),
            format!("ConnectTimeout={seconds}"),
            "ClearAllForwardings=yes".to_string(),
            "PermitLocalCommand=no".to_string(),
            "RemoteCommand=none".to_string(),
            "ControlMaster=no".to_string(),
            "LogLevel=ERROR".to_string(),
        ];
        if let Some(period) = self.keep_alive {
            options.push(format!("ServerAliveInterval={}", period.as_secs().max(1)));
            options.push("ServerAliveCountMax=3".to_string());
        }
        if !self.known_hosts.is_empty() {
            let files: Vec<String> = self.known_hosts.iter().map(|file| quoted(file)).collect();
            options.push(format!("UserKnownHostsFile={}", files.join(" ")));
            options.push("GlobalKnownHostsFile=/dev/null".to_string());
        }
        for option in options {
            arguments.extend(["-o".to_string(), option]);
        }
        if let Some(identity) = &self.identity {
            arguments.extend(["-i".to_string(), percent(identity)]);
        }
        // Port and account are given only if they are not what the client
        // takes anyway: its configuration may know better.
        if target.port != 22 {
            arguments.extend(["-p".to_string(), target.port.to_string()]);
        }
        if self.own_account.as_deref() != Some(target.user.as_str()) {
            arguments.extend(["-l".to_string(), target.user.clone()]);
        }
        arguments.extend(["--".to_string(), target.address.clone()]);
        arguments
    }

    /// A way to run command lines on the node; connects when it is used.
    pub(super) fn opener(&self, target: &Target) -> Client {
        let mut words = self.program.clone();
        words.extend(self.arguments(target));
        Client { words, target: target.clone(), known_hosts: self.known_hosts.first().cloned() }
    }
}

/// The client for one node.
pub(super) struct Client {
    words: Vec<String>,
    target: Target,
    known_hosts: Option<PathBuf>,
}

impl Opener for Client {
    fn open(&mut self, line: &str, _watch: &Watch) -> Result<Box<dyn Wire>, Failure> {
        let (program, arguments) = self.words.split_first().ok_or_else(|| {
            Failure::worker("`ssh` in `[programs]` of the configuration is empty")
        })?;
        let mut command = Command::new(program);
        command.args(arguments).arg(line);
        match ProcessWire::spawn(&mut command, Role::Client) {
            Ok(wire) => Ok(Box::new(wire)),
            Err(e) => Err(Failure::new(
                Step::Port,
                ConnectErrorKind::Worker,
                format!("`{program}` cannot be started: {e}"),
            )
            .help("install the OpenSSH client, or use `ssh.transport = \"ssh2\"`")),
        }
    }

    fn explain(&self, pump: &Pump, gone: &Gone) -> Option<Failure> {
        if gone.exit != Some(Exit::Connection) {
            return None;
        }
        Some(self.classify(&pump.words.raw()))
    }
}

impl Client {
    /// The client says only in words why it failed.
    fn classify(&self, words: &str) -> Failure {
        let says = |parts: &[&str]| parts.iter().any(|part| words.contains(part));
        let said = match one_line(words.as_bytes()) {
            said if said.is_empty() => "ssh failed without a word".to_string(),
            said => said,
        };
        let Target { user, address, port, .. } = &self.target;
        if says(&["Could not resolve hostname"]) {
            return Failure::unreachable(Step::Address, said)
                .help("see `address` in its `[[hosts]]` table, or `~/.ssh/config`");
        }
        if says(&[
            "Host key verification failed",
            "IDENTIFICATION HAS CHANGED",
            "host key is known",
        ]) {
            let file = self.known_hosts.clone().unwrap_or_else(|| "~/.ssh/known_hosts".into());
            let message = words
                .lines()
                .filter(|line| !line.contains("@@@"))
                .find(|line| line.contains("key"))
                .map_or(said, |line| one_line(line.as_bytes()));
            return Failure::new(Step::HostKey, ConnectErrorKind::HostKey, message).help(format!(
                "compare the fingerprint that `ssh-keyscan -p {port} {address} | ssh-keygen -lf -` \
                 shows with what `ssh-keygen -lf` shows on the node for its key in `/etc/ssh`; if \
                 it is the same: `ssh-keyscan -p {port} {address} >> {}`; an older entry has to be \
                 removed",
                file.display()
            ));
        }
        if says(&["Permission denied", "Too many authentication failures"]) {
            return Failure::new(Step::Login, ConnectErrorKind::Login, said).help(format!(
                "`ssh {user}@{address}` must log in without a question; see `ssh.identity` and \
                 `ssh.user`, and `ssh-add -l` for keys with a passphrase"
            ));
        }
        let failure = Failure::unreachable(Step::Port, said);
        if says(&["MaxStartups", "kex_exchange_identification", "ssh_exchange_identification"]) {
            return failure.crowded();
        }
        failure
    }
}

/// For an option with a list of files: quotes keep blanks, `%` and `$` would
/// be expanded.
fn quoted(path: &Path) -> String {
    format!("\"{}\"", percent(path))
}

fn percent(path: &Path) -> String {
    path.display().to_string().replace('%', "%%")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use ledama_config::model::Transport;

    use super::*;

    fn client() -> OpenSsh {
        OpenSsh {
            program: vec!["ssh".into()],
            config: None,
            identity: None,
            known_hosts: Vec::new(),
            own_account: Some("me".into()),
            limit: Duration::from_secs(15),
            keep_alive: Some(Duration::from_secs(30)),
        }
    }

    fn target() -> Target {
        Target {
            node: "node013".into(),
            address: "node013.site".into(),
            port: 22,
            user: "me".into(),
            transport: Transport::Openssh,
        }
    }

    #[test]
    fn the_client_keeps_its_own_configuration_unless_told_otherwise() {
        let plain = client().arguments(&target()).join(" ");
        for part in ["BatchMode=yes", "StrictHostKeyChecking=yes", "ConnectTimeout=15"] {
            assert!(plain.contains(part), "{plain}");
        }
        assert!(plain.ends_with("-- node013.site"), "{plain}");
        for part in ["-F", "-i ", "-p ", "-l ", "KnownHostsFile"] {
            assert!(!plain.contains(part), "{plain}");
        }

        let mut told = client();
        told.config = Some("/etc/my config".into());
        told.identity = Some("/keys/100%".into());
        told.known_hosts = vec!["/a b".into(), "/c".into()];
        let target = Target { port: 2222, user: "you".into(), ..target() };
        let arguments = told.arguments(&target);
        for part in [
            ["-F", "/etc/my config"],
            ["-i", "/keys/100%%"],
            ["-p", "2222"],
            ["-l", "you"],
            ["-o", "UserKnownHostsFile=\"/a b\" \"/c\""],
        ] {
            assert!(arguments.windows(2).any(|two| two == part), "{part:?} in {arguments:?}");
        }
    }

    #[test]
    fn the_words_of_the_client_are_understood() {
        let client = client().opener(&target());
        let cases = [
            (
                "ssh: Could not resolve hostname node013.site: Name or service not known\r\n",
                Step::Address,
                ConnectErrorKind::Unreachable,
                false,
            ),
            (
                "ssh: connect to host node013.site port 22: Connection refused\r\n",
                Step::Port,
                ConnectErrorKind::Unreachable,
                false,
            ),
            (
                "No ED25519 host key is known for node013.site and you have requested strict \
                 checking.\r\nHost key verification failed.\r\n",
                Step::HostKey,
                ConnectErrorKind::HostKey,
                false,
            ),
            (
                "me@node013.site: Permission denied (publickey).\r\n",
                Step::Login,
                ConnectErrorKind::Login,
                false,
            ),
            (
                "kex_exchange_identification: read: Connection reset by peer\r\n\
                 Connection reset by 10.0.0.13 port 22\r\n",
                Step::Port,
                ConnectErrorKind::Unreachable,
                true,
            ),
            ("", Step::Port, ConnectErrorKind::Unreachable, false),
        ];
        for (words, step, kind, crowded) in cases {
            let failure = client.classify(words);
            assert_eq!(
                (failure.step, failure.kind, failure.crowded),
                (step, kind, crowded),
                "{words}"
            );
            assert!(!failure.message.is_empty() && !failure.message.contains('\r'));
        }
    }
}
