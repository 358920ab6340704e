//! A cluster of real nodes on this machine, each an sshd of its own.
//!
//! As root every node has its own mount, uts and pid namespaces: its hostname
//! is its name, `/data1` to `/data3` are its own, `ps` shows its own
//! processes, and killing it is a power cut. All nodes share one empty home,
//! as over NFS. A plain user gets one sshd per node and nothing more, enough
//! for what does not need disks ([`Cluster::of_any_kind`]).
//!
//! Addresses and ports differ for every cluster, so tests run in parallel.
//! Nodes die with the test process, whatever way it ends (see `keeper`).

mod config;
mod keeper;
mod keys;
mod node;

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU8, Ordering};

use rustix::process::{Pid, Signal, kill_process};

use super::skip::Skip;
use super::wait;
use super::work::{fresh_folder, remove};
pub(crate) use config::Settings;
use node::Node;

const SSHD: &str = "/usr/sbin/sshd";

/// How a cluster is made.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wish {
    /// Nodes `node011` and up.
    nodes: u8,
    /// Size of each data disk, such as `48m`; folders if absent.
    disk_size: Option<String>,
    /// Lines added to `sshd_config`.
    sshd: Vec<String>,
    /// Folder with `NODE/data1` and so on; the cluster's own if absent.
    disks: Option<PathBuf>,
    /// Whether nodes without disks of their own will do.
    plain_will_do: bool,
}

impl Wish {
    /// Each data disk is a tmpfs of that size and can run full.
    pub(crate) fn disk_size(mut self, size: &str) -> Self {
        self.disk_size = Some(size.to_string());
        self
    }

    /// One more line of `sshd_config`.
    pub(crate) fn sshd(mut self, line: &str) -> Self {
        self.sshd.push(line.to_string());
        self
    }

    /// The disks are `FOLDER/NODE/data1` and so on.
    pub(crate) fn disks(mut self, folder: &Path) -> Self {
        self.disks = Some(folder.to_path_buf());
        self
    }

    /// Starts them all.
    pub(crate) fn start(self) -> Result<Cluster, Skip> {
        Cluster::new(self)
    }
}

/// Running nodes; all of them end when this is dropped.
#[derive(Debug)]
pub(crate) struct Cluster {
    folder: PathBuf,
    net: u8,
    port: u16,
    own_disks: bool,
    disks: PathBuf,
    wish: Wish,
    nodes: BTreeMap<String, Node>,
}

impl Cluster {
    /// `count` nodes with disks of their own: `node011`, `node012` …
    pub(crate) fn of(count: u8) -> Wish {
        Wish { nodes: count, ..Wish::default() }
    }

    /// `count` nodes; without root they share the disks and the process list.
    pub(crate) fn of_any_kind(count: u8) -> Wish {
        Wish { nodes: count, plain_will_do: true, ..Wish::default() }
    }

    fn new(wish: Wish) -> Result<Self, Skip> {
        if !Path::new(SSHD).exists() {
            return Err(Skip(format!("no {SSHD} (Debian: openssh-server)")));
        }
        let root = rustix::process::geteuid().is_root();
        if !root && !wish.plain_will_do {
            return Err(Skip("nodes with disks of their own need root".into()));
        }
        if root {
            can_unshare()?;
            // Privilege separation of sshd needs it; a service would make it.
            let _ = std::fs::create_dir("/run/sshd");
        }
        let folder = fresh_folder("nodes");
        for name in ["home", "root"] {
            std::fs::create_dir(folder.join(name)).unwrap();
        }
        let (net, port) = free_address();
        let disks = wish.disks.clone().unwrap_or_else(|| folder.clone());
        let mut cluster =
            Self { folder, net, port, own_disks: root, disks, wish, nodes: BTreeMap::new() };
        keys::user_key(&cluster.folder);
        for index in 11..11 + cluster.wish.nodes {
            let name = format!("node{index:03}");
            let node = cluster.prepare(&name, index);
            cluster.nodes.insert(name, node);
        }
        cluster.write_known_hosts();
        for node in cluster.nodes.values_mut() {
            node.launch();
        }
        for node in cluster.nodes.values() {
            node.wait_until_it_listens();
        }
        Ok(cluster)
    }

    fn prepare(&self, name: &str, index: u8) -> Node {
        let folder = self.folder.join(name);
        std::fs::create_dir_all(&folder).unwrap();
        for k in 1..=3 {
            std::fs::create_dir_all(self.disks.join(name).join(format!("data{k}"))).unwrap();
        }
        keys::host_key(&folder);
        Node::new(node::Facts {
            name: name.to_string(),
            address: format!("127.0.{}.{index}", self.net),
            port: self.port,
            folder,
            cluster: self.folder.clone(),
            disks: self.disks.join(name),
            disk_size: self.wish.disk_size.clone(),
            namespaces: self.own_disks,
            sshd: self.wish.sshd.clone(),
        })
    }

    fn write_known_hosts(&self) {
        let lines: String = self.nodes.values().map(Node::known_hosts_line).collect();
        std::fs::write(self.folder.join("known_hosts"), lines).unwrap();
    }

    /// Names of the nodes, in order.
    pub(crate) fn names(&self) -> Vec<&str> {
        self.nodes.keys().map(String::as_str).collect()
    }

    /// The folder with keys, `known_hosts` and `ssh_config`.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The address of the node with that index.
    pub(crate) fn address(&self, index: &str) -> String {
        format!("127.0.{}.{index}", self.net)
    }

    /// The home folder that all nodes share, seen from here.
    pub(crate) fn home(&self) -> PathBuf {
        self.folder.join("home")
    }

    fn node(&self, name: &str) -> &Node {
        self.nodes.get(name).unwrap_or_else(|| panic!("no {name} in this cluster"))
    }

    /// A path of a running node, seen from here.
    pub(crate) fn seen(&self, node: &str, path: &str) -> PathBuf {
        let relative = path.strip_prefix('/').unwrap_or_else(|| panic!("{path} is not absolute"));
        if self.wish.disk_size.is_none() && relative.starts_with("data") {
            // Also there while the node is down.
            return self.disks.join(node).join(relative);
        }
        PathBuf::from(format!("/proc/{}/root", self.node(node).init_pid())).join(relative)
    }

    /// Makes a folder on a node and returns it, seen from here.
    pub(crate) fn make(&self, node: &str, path: &str) -> PathBuf {
        let folder = self.seen(node, path);
        std::fs::create_dir_all(&folder).unwrap();
        folder
    }

    /// A power cut.
    pub(crate) fn kill(&mut self, name: &str) {
        self.nodes.get_mut(name).unwrap().kill();
    }

    /// Brings a node back, its folders as they were (a tmpfs is empty again).
    pub(crate) fn start(&mut self, name: &str) {
        let node = self.nodes.get_mut(name).unwrap();
        node.launch();
        node.wait_until_it_listens();
    }

    /// Stops all processes of a node: connections stay, nobody answers.
    pub(crate) fn freeze(&self, name: &str) {
        self.signal_all(name, Signal::STOP);
    }

    /// Lets them go on.
    pub(crate) fn thaw(&self, name: &str) {
        self.signal_all(name, Signal::CONT);
    }

    fn signal_all(&self, name: &str, signal: Signal) {
        for process in self.processes(name) {
            process.signal(signal);
        }
    }

    /// Cuts all SSH connections of a node; what it runs must notice by itself.
    pub(crate) fn cut(&self, name: &str) {
        let listener = self.node(name).init_pid();
        for process in self.processes(name) {
            if process.pid != listener
                && process.arguments.first().is_some_and(|a| a.starts_with("sshd"))
            {
                process.signal(Signal::KILL);
            }
        }
    }

    /// Lets the nodes log in at each other, as on a cluster with one home.
    pub(crate) fn let_nodes_log_in(&self) {
        let folder = self.home().join(".ssh");
        std::fs::create_dir_all(&folder).unwrap();
        for name in ["id_ed25519", "known_hosts"] {
            std::fs::copy(self.folder.join(name), folder.join(name)).unwrap();
        }
        std::fs::copy(self.ssh_config(), folder.join("config")).unwrap();
    }

    /// Runs a program on a node, past its sshd.
    pub(crate) fn exec(&self, name: &str, argv: &[&str]) -> Output {
        let mut command = if self.own_disks {
            let mut command = Command::new("nsenter");
            let target = self.node(name).init_pid().to_string();
            command
                .args(["--target", &target, "--mount", "--uts", "--pid", "--root", "--wd=/", "--"]);
            command.args(argv);
            command
        } else {
            let mut command = Command::new(argv[0]);
            command.args(&argv[1..]);
            command
        };
        command.output().unwrap()
    }

    /// Runs a program on a node and expects it to succeed.
    #[track_caller]
    pub(crate) fn exec_ok(&self, name: &str, argv: &[&str]) {
        let done = self.exec(name, argv);
        assert!(
            done.status.success(),
            "{argv:?} on {name}: {}",
            String::from_utf8_lossy(&done.stderr)
        );
    }

    /// Makes a disk of a node read-only, as a kernel does with a broken one.
    pub(crate) fn make_read_only(&self, name: &str, disk: &str) {
        let options = if self.wish.disk_size.is_some() { "remount,ro" } else { "remount,ro,bind" };
        self.exec_ok(name, &["mount", "-o", options, disk]);
    }

    /// Makes it writable again.
    pub(crate) fn make_writable(&self, name: &str, disk: &str) {
        let options = if self.wish.disk_size.is_some() { "remount,rw" } else { "remount,rw,bind" };
        self.exec_ok(name, &["mount", "-o", options, disk]);
    }

    /// The processes of a node (of this machine, if it has none of its own).
    pub(crate) fn processes(&self, name: &str) -> Vec<Process> {
        self.node(name).processes()
    }

    /// Waits until no process of any run is left on any running node.
    #[track_caller]
    pub(crate) fn expect_nothing_left(&self) {
        for name in self.names() {
            if !self.node(name).is_running() {
                continue;
            }
            let left = || -> Vec<Process> {
                self.processes(name).into_iter().filter(Process::belongs_to_a_run).collect()
            };
            let start = std::time::Instant::now();
            while !left().is_empty() {
                assert!(
                    start.elapsed() < std::time::Duration::from_secs(30),
                    "left behind on {name}: {:?}",
                    left()
                );
                std::thread::sleep(std::time::Duration::from_millis(20));
            }
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for node in self.nodes.values_mut() {
            node.kill();
        }
        if std::thread::panicking() {
            for node in self.nodes.values() {
                node.show_log();
            }
        }
        remove(&self.folder);
    }
}

/// A process of a node, as seen from here.
#[derive(Debug, Clone)]
pub(crate) struct Process {
    /// Its number outside of the node.
    pub(crate) pid: i32,
    /// Its arguments.
    pub(crate) arguments: Vec<String>,
    /// The run it belongs to, if it says so.
    pub(crate) run_id: Option<String>,
}

impl Process {
    fn signal(&self, signal: Signal) {
        if let Some(pid) = Pid::from_raw(self.pid) {
            let _ = kill_process(pid, signal);
        }
    }

    /// Whether a run of ours started it.
    pub(crate) fn belongs_to_a_run(&self) -> bool {
        self.run_id.is_some() || self.arguments.iter().any(|argument| argument == "worker")
    }
}

/// Whether this root may make namespaces and mounts at all.
fn can_unshare() -> Result<(), Skip> {
    let tried = Command::new("unshare")
        .args(["--mount", "--uts", "--pid", "--fork", "--propagation", "private", "--"])
        .args(["mount", "-t", "tmpfs", "none", "/mnt"])
        .output()
        .map_err(|e| Skip(format!("unshare: {e}")))?;
    if tried.status.success() {
        return Ok(());
    }
    Err(Skip(format!("no namespaces here: {}", String::from_utf8_lossy(&tried.stderr).trim())))
}

/// A part of the loopback net and a port on it that nobody uses.
fn free_address() -> (u8, u16) {
    static NEXT: AtomicU8 = AtomicU8::new(0);
    wait::until("a free port", || {
        let turn = NEXT.fetch_add(1, Ordering::Relaxed);
        let net = 20 + (turn % 200);
        // Below the ports the kernel gives to clients.
        let port =
            12_000 + u16::try_from(std::process::id() % 10_000).unwrap_or(0) + u16::from(turn);
        TcpListener::bind((format!("127.0.{net}.11"), port)).ok().map(|_| (net, port))
    })
}
