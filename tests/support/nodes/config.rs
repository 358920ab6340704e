//! The configuration that matches a cluster: about ten lines of TOML.

use std::fmt::Write as _;
use std::path::PathBuf;

use super::Cluster;
use crate::support::Work;

/// What a test may want to be different.
#[derive(Debug, Clone, Default)]
pub(crate) struct Settings {
    /// `ssh2` (default), `openssh` or `local`.
    pub(crate) transport: Option<String>,
    /// Lines added below `[ssh]`.
    pub(crate) ssh: Vec<String>,
    /// Address of a node for the launching host; its own by default.
    pub(crate) address: Option<String>,
    /// Whole tables added at the end.
    pub(crate) more: String,
}

impl Cluster {
    /// Writes `ledama.toml` into the work folder.
    pub(crate) fn config(&self, work: &Work) -> PathBuf {
        self.config_with(work, &Settings::default())
    }

    /// Writes `ledama.toml` with these settings into the work folder.
    pub(crate) fn config_with(&self, work: &Work, settings: &Settings) -> PathBuf {
        let folder = self.folder.display();
        let transport = settings.transport.as_deref().unwrap_or("ssh2");
        let last = 10 + self.nodes.len();
        let mut text = format!("[ssh]\ntransport = \"{transport}\"\nport = {}\n", self.port);
        let _ = writeln!(text, "identity = \"{folder}/id_ed25519\"");
        let _ = writeln!(text, "known_hosts = [\"{folder}/known_hosts\"]");
        if transport == "openssh" {
            let _ = writeln!(text, "config = \"{}\"", self.ssh_config().display());
        }
        for line in &settings.ssh {
            let _ = writeln!(text, "{line}");
        }
        let _ =
            writeln!(text, "\n[[hosts]]\nprefix = \"node\"\nrange = \"11-{last}\"\nbare = true");
        let own = self.address("{index}");
        let _ = writeln!(text, "address = \"{}\"", settings.address.as_ref().unwrap_or(&own));
        text.push_str(&settings.more);
        work.file("ledama.toml", text)
    }

    /// A configuration file for the system's own client.
    pub(crate) fn ssh_config(&self) -> PathBuf {
        let folder = self.folder.display();
        let text = format!(
            "Host *\n\
             \x20 IdentityFile {folder}/id_ed25519\n\
             \x20 IdentitiesOnly yes\n\
             \x20 UserKnownHostsFile {folder}/known_hosts\n\
             \x20 GlobalKnownHostsFile /dev/null\n\
             \x20 StrictHostKeyChecking yes\n\
             \x20 BatchMode yes\n"
        );
        // Names of nodes are known here and nowhere else.
        let hosts: String = self
            .names()
            .iter()
            .map(|name| {
                let address = self.address(name.trim_start_matches("node").trim_start_matches('0'));
                format!(
                    "Host {name}\n  HostName {address}\n  HostKeyAlias {name}\n  Port {}\n",
                    self.port
                )
            })
            .collect();
        let file = self.folder.join("ssh_config");
        std::fs::write(&file, format!("{hosts}{text}")).unwrap();
        file
    }
}
