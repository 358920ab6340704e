//! An sshd of our own on the loopback, with fresh keys, for the account that
//! runs the tests.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

const SSHD: &str = "/usr/sbin/sshd";

/// A running sshd; ended with all its sessions when dropped.
pub(super) struct Sshd {
    folder: PathBuf,
    child: Child,
    pub(super) port: u16,
}

impl Sshd {
    /// Starts one in `folder`, or tells why that is impossible here. It has an
    /// ed25519 host key; others are made where `extra` names them.
    pub(super) fn start(folder: &Path, extra: &str) -> Option<Self> {
        if !Path::new(SSHD).exists() {
            eprintln!("skipped: there is no {SSHD}");
            return None;
        }
        if rustix::process::geteuid().is_root() {
            // Others may remove it when it is empty: make it each time.
            fs::create_dir_all("/run/sshd").unwrap();
        }
        for kind in ["ed25519", "ecdsa", "rsa"] {
            if kind == "ed25519" || extra.contains(&format!("host_{kind}")) {
                key(&folder.join(format!("host_{kind}")), kind, "");
            }
        }
        key(&folder.join("id"), "ed25519", "");
        fs::copy(folder.join("id.pub"), folder.join("authorized_keys")).unwrap();
        fs::create_dir_all(folder.join("home")).unwrap();
        for _ in 0..5 {
            let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            let mut sshd = Self { child: spawn(folder, port, extra), folder: folder.into(), port };
            if sshd.listens() {
                return Some(sshd);
            }
            // Somebody else got the port first.
            let _ = sshd.child.kill();
        }
        panic!("sshd does not start: {}", fs::read_to_string(folder.join("log")).unwrap());
    }

    fn listens(&mut self) -> bool {
        let deadline = Instant::now() + Duration::from_secs(10);
        while Instant::now() < deadline {
            if self.child.try_wait().unwrap().is_some() {
                return false;
            }
            if fs::read_to_string(self.folder.join("log")).unwrap().contains("Server listening")
                && TcpStream::connect(("127.0.0.1", self.port)).is_ok()
            {
                return true;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        false
    }

    /// A line of known_hosts with one of its keys under that name.
    pub(super) fn known_as(&self, name: &str, kind: &str) -> String {
        let public = self.folder.join(format!("host_{kind}.pub"));
        format!("{name} {}", fs::read_to_string(public).unwrap())
    }

    /// The processes of its sessions.
    pub(super) fn sessions(&self) -> Vec<Pid> {
        descendants(self.child.id())
    }

    /// Sends a signal to the listener and all sessions.
    pub(super) fn signal(&self, signal: Signal) {
        let own = Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        for pid in self.sessions().into_iter().chain([own]) {
            let _ = kill_process(pid, signal);
        }
    }

    /// What its sessions said, for failed tests.
    pub(super) fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap()
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        self.signal(Signal::CONT);
        self.signal(Signal::KILL);
        let _ = self.child.wait();
    }
}

fn spawn(folder: &Path, port: u16, extra: &str) -> Child {
    let d = folder.display();
    let extra = extra.replace("{folder}", &d.to_string());
    // The newest key exchange costs most of the time of a test.
    let kex = "KexAlgorithms curve25519-sha256";
    let config = format!(
        "ListenAddress 127.0.0.1:{port}\nHostKey {d}/host_ed25519\nPidFile none\n\
         AuthorizedKeysFile {d}/authorized_keys\n\
         StrictModes no\nUsePAM no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n\
         PermitRootLogin prohibit-password\nPrintMotd no\nUseDNS no\n{kex}\n{extra}\n\
         SetEnv HOME={d}/home\n"
    );
    fs::write(folder.join("sshd_config"), config).unwrap();
    let log = fs::File::create(folder.join("log")).unwrap();
    Command::new(SSHD)
        .args(["-D", "-e", "-f"])
        .arg(folder.join("sshd_config"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .unwrap()
}

/// Makes a key pair unless it is there.
pub(super) fn key(path: &Path, kind: &str, passphrase: &str) {
    if !path.exists() {
        let status = Command::new("ssh-keygen")
            .args(["-q", "-t", kind, "-N", passphrase, "-C", "test"])
            .args(if kind == "rsa" { &["-b", "2048"][..] } else { &[] })
            .arg("-f")
            .arg(path)
            .status()
            .unwrap();
        assert!(status.success());
    }
}

/// All processes below one.
fn descendants(parent: u32) -> Vec<Pid> {
    let mut found = Vec::new();
    let children = format!("/proc/{parent}/task/{parent}/children");
    for child in fs::read_to_string(children).unwrap_or_default().split_whitespace() {
        let child: u32 = child.parse().unwrap();
        found.extend(descendants(child));
        found.extend(Pid::from_raw(i32::try_from(child).unwrap()));
    }
    found
}
