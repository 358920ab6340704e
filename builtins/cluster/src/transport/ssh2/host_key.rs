//! Makes sure that a node is the one it is taken for.

use std::path::{Path, PathBuf};

use crate::error::ConnectErrorKind;

use super::super::Target;
use super::super::failure::Failure;
use super::super::known_hosts::{KnownHosts, Verdict, fingerprint, key_type, names};
use super::super::probe::Step;
use super::session::Session;

/// The host keys known for one node.
pub(super) struct HostKeys<'a> {
    known: KnownHosts,
    names: Vec<String>,
    target: &'a Target,
    files: &'a [PathBuf],
}

impl<'a> HostKeys<'a> {
    pub(super) fn read(files: &'a [PathBuf], target: &'a Target) -> Self {
        let names = names(&target.node, &target.address, target.port);
        Self { known: KnownHosts::read(files), names, target, files }
    }

    /// Key types that can be checked.
    pub(super) fn types(&self) -> Vec<String> {
        self.known.types(&self.names)
    }

    /// Fails unless the server's key is known and not revoked.
    pub(super) fn verify(&self, session: &Session) -> Result<(), Failure> {
        match session.ssh.host_key() {
            Some((key, _)) => self.judge(key),
            None => Err(failure("the node shows no host key".to_string())),
        }
    }

    fn judge(&self, key: &[u8]) -> Result<(), Failure> {
        let kind = key_type(key).unwrap_or_else(|| "unknown".into());
        let shown = format!("{kind} {}", fingerprint(key));
        let file = self.files.first().map_or(Path::new("~/.ssh/known_hosts"), PathBuf::as_path);
        let Target { address, port, .. } = self.target;
        let add = format!(
            "compare that fingerprint with what `ssh-keygen -lf` shows on the node for its key in \
             `/etc/ssh`; if it is the same: `ssh-keyscan -t {} -p {port} {address} >> {}`",
            scan_type(&kind),
            file.display()
        );
        match self.known.check(&self.names, key) {
            Verdict::Known => Ok(()),
            Verdict::Revoked(place) => {
                Err(failure(format!("its host key is revoked in {place}: {shown}")))
            }
            Verdict::Changed(place) => Err(failure(format!(
                "its host key is not the one in {place}: it shows {shown}"
            ))
            .help(format!(
                "the node was installed anew, or somebody is between; {add} and remove the line \
                 at {place}"
            ))),
            Verdict::Unknown { authority } => {
                let mut message = format!("its host key is not known: {shown}");
                for reason in &self.known.unreadable {
                    message = format!("{message}; cannot read {reason}");
                }
                Err(failure(message).help(if authority {
                    "its keys are signed by a certificate authority, which only \
                     `ssh.transport = \"openssh\"` can check"
                        .to_string()
                } else {
                    add
                }))
            }
        }
    }
}

fn failure(message: String) -> Failure {
    Failure::new(Step::HostKey, ConnectErrorKind::HostKey, message)
}

/// What `ssh-keyscan -t` calls it.
fn scan_type(kind: &str) -> &str {
    match kind {
        "ssh-ed25519" => "ed25519",
        "ssh-rsa" => "rsa",
        _ if kind.starts_with("ecdsa") => "ecdsa",
        other => other,
    }
}
