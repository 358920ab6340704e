//! One node: its sshd, its namespaces, its processes.

use std::fs::File;
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::{Process, SSHD, keeper};
use crate::support::wait;

/// Becomes process 1 of the node; the benchmarks start theirs with the same text.
const INIT: &str = include_str!("init.sh");

/// What a node is, running or not.
#[derive(Debug)]
pub(crate) struct Facts {
    pub(crate) name: String,
    pub(crate) address: String,
    pub(crate) port: u16,
    /// Its own folder: host key, `sshd_config`, log.
    pub(crate) folder: PathBuf,
    /// The folder of the cluster: home, authorized keys.
    pub(crate) cluster: PathBuf,
    /// The folder with `data1` and so on.
    pub(crate) disks: PathBuf,
    pub(crate) disk_size: Option<String>,
    pub(crate) namespaces: bool,
    pub(crate) sshd: Vec<String>,
}

/// A node, running or not.
#[derive(Debug)]
pub(crate) struct Node {
    facts: Facts,
    child: Option<Child>,
}

impl Node {
    pub(crate) fn new(facts: Facts) -> Self {
        Self { facts, child: None }
    }

    /// Starts it, if it does not run.
    pub(crate) fn launch(&mut self) {
        if self.child.is_some() {
            return;
        }
        let config = self.write_sshd_config();
        let log = File::options().create(true).append(true).open(self.log()).unwrap();
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "--"]);
        if self.facts.namespaces {
            let facts = &self.facts;
            command
                .args(["unshare", "--mount", "--uts", "--pid", "--fork", "--kill-child"])
                .args(["--mount-proc", "--propagation", "private", "/bin/sh", "-c", INIT, "init"])
                .arg(&facts.name)
                .arg(facts.cluster.join("root"))
                .arg(facts.cluster.join("home"))
                .arg(home_of_root())
                .arg(&facts.disks)
                .arg(facts.disk_size.as_deref().unwrap_or(""))
                .arg(&config);
        } else {
            command.args([SSHD, "-D", "-e", "-f"]).arg(&config);
        }
        command
            .env_clear()
            .env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log);
        self.child = Some(keeper::spawn(command).unwrap());
    }

    fn write_sshd_config(&self) -> PathBuf {
        let Facts { address, port, folder, cluster, sshd, .. } = &self.facts;
        // A plain user's sshd cannot see that an account without password is
        // fine unless PAM tells it.
        let pam = if self.facts.namespaces { "no" } else { "yes" };
        let mut text = format!(
            "ListenAddress {address}:{port}\n\
             HostKey {}\n\
             PidFile none\n\
             AuthorizedKeysFile {}\n\
             StrictModes no\n\
             UsePAM {pam}\n\
             PasswordAuthentication no\n\
             KbdInteractiveAuthentication no\n\
             PermitRootLogin prohibit-password\n\
             PrintMotd no\n\
             UseDNS no\n\
             Subsystem sftp internal-sftp\n",
            folder.join("host_key").display(),
            cluster.join("authorized_keys").display(),
        );
        for line in sshd {
            text.push_str(line);
            text.push('\n');
        }
        let file = folder.join("sshd_config");
        std::fs::write(&file, text).unwrap();
        file
    }

    pub(crate) fn wait_until_it_listens(&self) {
        let address: SocketAddr =
            format!("{}:{}", self.facts.address, self.facts.port).parse().unwrap();
        wait::until("a node that listens", || {
            let pid = self.child.as_ref().unwrap().id();
            // A zombie is one that could not start.
            let gone = std::fs::read_to_string(format!("/proc/{pid}/stat")).map_or(true, |stat| {
                stat.rsplit(')').next().is_some_and(|s| s.trim_start().starts_with('Z'))
            });
            assert!(!gone, "{} does not start: {}", self.facts.name, self.log_text());
            TcpStream::connect_timeout(&address, Duration::from_secs(5)).ok()
        });
    }

    /// Ends it at once, with everything on it.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let inside =
                if self.facts.namespaces { self.processes_of(child.id()) } else { Vec::new() };
            let _ = child.kill();
            let _ = child.wait();
            // The kernel ends the rest of the namespace; its sockets are free then.
            wait::until("the end of a node", || {
                inside
                    .iter()
                    .all(|process| !Path::new(&format!("/proc/{}", process.pid)).exists())
                    .then_some(())
            });
        }
    }

    pub(crate) fn is_running(&self) -> bool {
        self.child.is_some()
    }

    /// Process 1 of the node, by its number here.
    pub(crate) fn init_pid(&self) -> i32 {
        let child = self.child.as_ref().unwrap_or_else(|| panic!("{} is down", self.facts.name));
        self.init_of(child.id()).unwrap_or_else(|| panic!("{} has ended", self.facts.name))
    }

    fn init_of(&self, child: u32) -> Option<i32> {
        if !self.facts.namespaces {
            return i32::try_from(child).ok();
        }
        let children =
            std::fs::read_to_string(format!("/proc/{child}/task/{child}/children")).ok()?;
        children.split_whitespace().next()?.parse().ok()
    }

    /// All processes of the node; of this machine, where it has none of its own.
    pub(crate) fn processes(&self) -> Vec<Process> {
        self.child.as_ref().map(|child| self.processes_of(child.id())).unwrap_or_default()
    }

    fn processes_of(&self, child: u32) -> Vec<Process> {
        let Some(init) = self.init_of(child) else { return Vec::new() };
        let space = |pid: &str| std::fs::read_link(format!("/proc/{pid}/ns/pid")).ok();
        let Some(own) = space(&init.to_string()) else { return Vec::new() };
        std::fs::read_dir("/proc")
            .unwrap()
            .flatten()
            .filter_map(|entry| entry.file_name().into_string().ok())
            .filter(|name| name.bytes().all(|b| b.is_ascii_digit()))
            .filter(|pid| space(pid).as_ref() == Some(&own))
            .filter_map(|pid| read_process(&pid))
            .collect()
    }

    pub(crate) fn known_hosts_line(&self) -> String {
        let key = std::fs::read_to_string(self.facts.folder.join("host_key.pub")).unwrap();
        let key: Vec<&str> = key.split_whitespace().take(2).collect();
        let Facts { name, address, port, .. } = &self.facts;
        format!("{name},[{address}]:{port} {}\n", key.join(" "))
    }

    fn log(&self) -> PathBuf {
        self.facts.folder.join("log")
    }

    fn log_text(&self) -> String {
        std::fs::read_to_string(self.log()).unwrap_or_default()
    }

    /// Prints the last lines of its log, for a failed test.
    pub(crate) fn show_log(&self) {
        let text = self.log_text();
        let lines: Vec<&str> = text.lines().collect();
        for line in lines.iter().skip(lines.len().saturating_sub(6)) {
            println!("{} sshd: {line}", self.facts.name);
        }
    }
}

fn read_process(pid: &str) -> Option<Process> {
    let list = |file: &str| -> Option<Vec<String>> {
        let raw = std::fs::read(format!("/proc/{pid}/{file}")).ok()?;
        let parts = raw.split(|byte| *byte == 0).filter(|part| !part.is_empty());
        Some(parts.map(|part| String::from_utf8_lossy(part).into_owned()).collect())
    };
    let environment = list("environ").unwrap_or_default();
    let run_id = environment
        .iter()
        .find_map(|variable| variable.strip_prefix("LEDAMA_RUN_ID="))
        .map(ToString::to_string);
    Some(Process { pid: pid.parse().ok()?, arguments: list("cmdline")?, run_id })
}

/// Home folder of root by the account list: what sshd uses, whatever `HOME` says.
fn home_of_root() -> PathBuf {
    let accounts = std::fs::read_to_string("/etc/passwd").unwrap();
    let home = accounts.lines().find_map(|line| {
        let fields: Vec<&str> = line.split(':').collect();
        (fields.len() > 5 && fields[2] == "0").then(|| PathBuf::from(fields[5]))
    });
    home.unwrap_or_else(|| "/root".into())
}
