//! What the built-in client must do by itself.

use std::fs;
use std::io::ErrorKind;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use ledama_config::model::Transport;
use rustix::process::Signal;
use serde_json::json;

use super::super::bootstrap::Opener as _;
use super::super::failure::Trail;
use super::super::known_hosts::fingerprint;
use super::super::probe::Step;
use super::super::ssh2::{Client, Keyring};
use super::super::watch::Watch;
use super::super::wire::{Stream, Wire};
use super::bed::{Bed, Conversation, LONG};
use super::{programs, sshd};
use crate::error::ConnectErrorKind;
use crate::executor::CancelToken;
use crate::plan::{Action, CommandSpec};
use crate::protocol::FromWorker;

#[test]
fn host_keys_are_shown_with_fingerprint_and_place() {
    let Some(bed) = Bed::new(Transport::Ssh2) else { return };
    let name = format!("[127.0.0.1]:{}", bed.target.port);
    sshd::key(&bed.path("other"), "ed25519", "");
    let other = fs::read_to_string(bed.path("other.pub")).unwrap();
    bed.known_hosts(&format!("# first\n{name} {other}"));
    let error = bed.fail();
    let listed =
        Command::new("ssh-keygen").arg("-lf").arg(bed.path("host_ed25519.pub")).output().unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    let print = listed.split_whitespace().find(|word| word.starts_with("SHA256:")).unwrap();
    assert!(error.message.contains(print), "{error} {print}");
    assert!(error.message.contains("known_hosts:2"), "{error}");
    let blob = bed.path("host_ed25519.pub");
    let blob = super::super::keys::KeyFile::read(&blob).unwrap().public.unwrap();
    assert_eq!(fingerprint(&blob), print);
}

#[test]
fn the_host_key_asked_for_is_the_one_that_is_known() {
    let keys = "HostKey {folder}/host_rsa\nHostKey {folder}/host_ecdsa";
    let Some(bed) = Bed::with_sshd(Transport::Ssh2, keys) else { return };
    for kind in ["rsa", "ecdsa", "ed25519"] {
        for name in ["*", "node013", "127.0.0.1"] {
            bed.known_hosts(&bed.sshd.as_ref().unwrap().known_as(name, kind));
            assert!(bed.connect().close(LONG).is_empty(), "{kind} {name}");
        }
    }
    let status = Command::new("ssh-keygen")
        .args(["-q", "-H", "-f"])
        .arg(bed.path("known_hosts"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success());
    assert!(fs::read_to_string(bed.path("known_hosts")).unwrap().starts_with("|1|"));
    assert!(bed.connect().close(LONG).is_empty());
}

/// An agent with one key; ended when dropped.
struct Agent(Child);

impl Agent {
    fn start(bed: &Bed, keys: &[&str]) -> Self {
        let socket = bed.path("agent");
        let agent = Command::new("ssh-agent")
            .arg("-D")
            .arg("-a")
            .arg(&socket)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let agent = Self(agent);
        while !socket.exists() {
            std::thread::sleep(Duration::from_millis(5));
        }
        for key in keys {
            let status = Command::new("ssh-add")
                .arg("-q")
                .arg(bed.path(key))
                .env("SSH_AUTH_SOCK", &socket)
                .stdin(Stdio::null())
                .stderr(Stdio::null())
                .status()
                .unwrap();
            assert!(status.success());
        }
        agent
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Gives a key file a passphrase.
fn lock(bed: &Bed, key: &str) {
    let status = Command::new("ssh-keygen")
        .args(["-q", "-p", "-P", "", "-N", "secret", "-f"])
        .arg(bed.path(key))
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success());
}

#[test]
fn keys_of_all_kinds_log_in() {
    let Some(mut bed) = Bed::new(Transport::Ssh2) else { return };
    for kind in ["rsa", "ecdsa", "ed25519"] {
        let name = format!("key_{kind}");
        sshd::key(&bed.path(&name), kind, "");
        fs::copy(bed.path(&format!("{name}.pub")), bed.path("authorized_keys")).unwrap();
        bed.config.ssh.identity = Some(bed.path(&name));
        assert!(bed.connect().close(LONG).is_empty(), "{kind} from its file");

        let agent = Agent::start(&bed, &[&name]);
        bed.agent = Some(bed.path("agent"));
        lock(&bed, &name);
        assert!(bed.connect().close(LONG).is_empty(), "{kind} from the agent");
        drop(agent);
        fs::remove_file(bed.path("agent")).ok();
        bed.agent = None;
    }
}

#[test]
fn a_refused_login_names_the_keys() {
    let Some(mut bed) = Bed::new(Transport::Ssh2) else { return };
    fs::write(bed.path("authorized_keys"), "").unwrap();
    // The same key as a file and in the agent, others in the agent, a locked default.
    for name in ["a", "b", "c", "d", "e", "f"] {
        sshd::key(&bed.path(name), "ed25519", "");
    }
    let _agent = Agent::start(&bed, &["id", "a", "b", "c", "d", "e", "f"]);
    bed.agent = Some(bed.path("agent"));
    fs::create_dir_all(bed.path("own-home/.ssh")).unwrap();
    sshd::key(&bed.path("own-home/.ssh/id_ed25519"), "ed25519", "secret");
    let error = bed.fail();
    assert_eq!(error.kind, ConnectErrorKind::Login);
    let message = &error.message;
    assert!(message.contains(&format!("`{}`", bed.path("id").display())), "{message}");
    assert_eq!(message.matches("the agent's ssh-ed25519").count(), 4, "{message}");
    assert!(message.contains("2 more keys were not tried"), "{message}");
    assert!(message.contains("ssh-add"), "{message}");
}

#[test]
fn a_missing_agent_and_a_missing_key_are_told() {
    let Some(mut bed) = Bed::new(Transport::Ssh2) else { return };
    bed.config.ssh.identity = Some(bed.path("nothing"));
    bed.agent = Some(bed.path("no-agent"));
    let error = bed.fail();
    assert_eq!(error.kind, ConnectErrorKind::Login);
    assert!(error.message.contains("there is no key"), "{error}");
    assert!(error.message.contains("nothing` cannot be used"), "{error}");
    assert!(error.message.contains("no-agent"), "{error}");
}

#[test]
fn a_silent_node_is_lost() {
    let Some(mut bed) = Bed::new(Transport::Ssh2) else { return };
    bed.config.ssh.keepalive = 1;
    let conversation = bed.connect();
    bed.sshd.as_ref().unwrap().signal(Signal::STOP);
    let reason = conversation.lost();
    assert!(reason.contains("silent"), "{reason}");
}

#[test]
fn a_quiet_node_is_not_lost() {
    let Some(mut bed) = Bed::new(Transport::Ssh2) else { return };
    bed.config.ssh.keepalive = 1;
    let conversation = bed.connect();
    let argv = vec!["sleep".into(), "4".into()];
    conversation.run(1, Action::Command(CommandSpec { argv, ..CommandSpec::default() }));
    let (_, result) = conversation.next_done(drop);
    assert_eq!(result.error, None);
}

/// Sends and receives much at once, so that every queue fills.
fn crowd(bed: &Bed, jobs: u64, size: usize) {
    let conversation = bed.connect();
    for id in 0..jobs {
        let input = json!("x".repeat(size));
        conversation.run(id, Action::Operation { name: "test.echo".into(), input });
    }
    for _ in 0..jobs {
        let (_, result) = conversation.next_done(drop);
        assert_eq!(result.error, None);
        assert_eq!(result.value.as_str().unwrap().len(), size);
    }
    assert!(conversation.close(LONG).is_empty());
}

#[test]
fn much_goes_both_ways_at_once() {
    let Some(mut bed) = Bed::new(Transport::Ssh2) else { return };
    crowd(&bed, 20, 500_000);
    // Packets that are sent in part, and input that comes meanwhile.
    bed.send_buffer = Some(4096);
    crowd(&bed, 20, 300_000);
}

#[test]
fn keys_are_changed_under_way() {
    for ciphers in ["aes128-gcm@openssh.com", "chacha20-poly1305@openssh.com", "aes128-ctr"] {
        let extra = format!("RekeyLimit 1M\nCiphers {ciphers}");
        let Some(bed) = Bed::with_sshd(Transport::Ssh2, &extra) else { return };
        crowd(&bed, 10, 500_000);
    }
}

/// A command line on the node of a bed, without a worker.
fn wire(bed: &Bed, line: &str) -> Box<dyn Wire> {
    let client = Client {
        keyring: Keyring { identity: bed.config.ssh.identity.clone(), ..Keyring::default() },
        known_hosts: bed.config.ssh.known_hosts.clone(),
        limit: LONG,
        keep_alive: None,
        send_buffer: None,
    };
    let watch = Watch::new(CancelToken::new());
    let mut connection = client.connect(&bed.target, &watch, &mut Trail::default()).unwrap();
    connection.open(line, &watch).unwrap()
}

/// Waits as the pump does, and not in vain.
fn wait(wire: &mut dyn Wire, want_write: bool) {
    let begun = Instant::now();
    wire.wait(None, want_write, LONG).unwrap();
    assert!(begun.elapsed() < LONG, "nothing woke us");
}

#[test]
fn errors_taken_in_by_a_look_for_output_are_not_slept_over() {
    let Some(bed) = Bed::new(Transport::Ssh2) else { return };
    let mut wire = wire(&bed, "echo error >&2; exec sleep 1000");
    let mut buffer = [0; 100];
    // The first waits may end for other packets of the new channel.
    for _ in 0..10 {
        let error = wire.read(Stream::Output, &mut buffer).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::WouldBlock);
        wait(&mut *wire, false);
    }
    let count = wire.read(Stream::Errors, &mut buffer).unwrap();
    assert_eq!(&buffer[..count], b"error\n");
    wire.leave(Instant::now());
}

#[test]
fn a_full_window_opens_again() {
    let Some(bed) = Bed::new(Transport::Ssh2) else { return };
    let mut wire = wire(&bed, "sleep 0.3; exec cat > /dev/null");
    let piece = vec![b'x'; 100_000];
    let mut buffer = [0; 100];
    // More than fits into the window before the node begins to read.
    let mut written = 0;
    while written < 8_000_000 {
        match wire.write(&piece) {
            Ok(count) => written += count,
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::WouldBlock);
                wait(&mut *wire, true);
                let error = wire.read(Stream::Output, &mut buffer).unwrap_err();
                assert_eq!(error.kind(), ErrorKind::WouldBlock);
                wait(&mut *wire, true);
            }
        }
    }
    wire.leave(Instant::now());
}

#[test]
fn a_server_that_says_nothing_is_given_up() {
    let Some(mut bed) = Bed::new(Transport::Ssh2) else { return };
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    bed.target.port = listener.local_addr().unwrap().port();
    bed.config.ssh.connect_timeout = 1;
    let error = bed.fail();
    assert_eq!(error.kind, ConnectErrorKind::Unreachable);
    assert!(error.message.contains("no SSH server answers within 1 s"), "{error}");
}

#[test]
fn another_kind_of_server_is_named() {
    use std::io::Write as _;
    let Some(mut bed) = Bed::new(Transport::Ssh2) else { return };
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    bed.target.port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let mut held = Vec::new();
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.write_all(b"220 mail ready\r\n");
            held.push(stream);
        }
    });
    let error = bed.fail();
    assert!(error.message.contains("no SSH server: it says `220 mail ready`"), "{error}");
}

#[test]
fn a_missing_client_and_a_missing_executable_are_told() {
    let Some(mut bed) = Bed::new(Transport::Openssh) else { return };
    let command = Some(vec!["/nowhere/ssh".into()]);
    let program = ledama_config::model::Program { command, ..Default::default() };
    bed.config.programs.insert("ssh".into(), program);
    let error = bed.fail();
    assert!(error.message.contains("`/nowhere/ssh` cannot be started"), "{error}");
    bed.program = "/nowhere/ledama".into();
    for transport in [Transport::Local, Transport::Ssh2] {
        bed.target.transport = transport;
        let error = bed.fail();
        assert_eq!(error.kind, ConnectErrorKind::Worker);
        assert!(error.message.contains("`/nowhere/ledama`"), "{error}");
    }
}

#[test]
fn the_way_to_this_host_is_probed_too() {
    let Some(mut bed) = Bed::new(Transport::Local) else { return };
    let probe = bed.connectors().probe(&bed.target);
    assert!(probe.ok() && probe.peer.is_some(), "{probe:?}");
    let steps: Vec<Step> = probe.checks.iter().map(|check| check.step).collect();
    assert_eq!(steps, [Step::Worker, Step::Version]);
    bed.program = programs::outdated(bed.folder.path());
    let probe = bed.connectors().probe(&bed.target);
    let check = probe.checks.last().unwrap();
    assert_eq!((check.step, check.ok), (Step::Version, false));
}

#[test]
fn an_interrupt_ends_the_wait() {
    let Some(mut bed) = Bed::new(Transport::Ssh2) else { return };
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    bed.target.port = listener.local_addr().unwrap().port();
    bed.config.ssh.connect_timeout = 600;
    let cancel = CancelToken::new();
    let connectors = bed.connectors().with_cancel(cancel.clone());
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| Conversation::open(&connectors, &bed.target).err());
        // It has connected, and waits for words that never come.
        let _held = listener.accept().unwrap();
        cancel.cancel();
        assert_eq!(waiting.join().unwrap().unwrap().kind, ConnectErrorKind::Cancelled);
    });
}

#[test]
fn errors_of_the_worker_are_read_while_it_talks() {
    let Some(bed) = Bed::new(Transport::Ssh2) else { return };
    let conversation = bed.connect();
    let script = "i=0; while [ $i -lt 20000 ]; do echo error >&2; echo output; i=$((i+1)); done";
    let argv = vec!["/bin/sh".into(), "-c".into(), script.into()];
    conversation.run(1, Action::Command(CommandSpec { argv, ..CommandSpec::default() }));
    let mut outputs = 0;
    let (_, result) = conversation.next_done(|message| {
        outputs += usize::from(matches!(message, FromWorker::Output { .. }));
    });
    assert_eq!(result.error, None);
    assert!(outputs > 0);
}
