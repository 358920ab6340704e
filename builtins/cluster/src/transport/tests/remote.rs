//! What both SSH clients must do.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ledama_config::model::Transport;
use rustix::process::Signal;

use super::super::probe::Step;
use super::bed::{Bed, Conversation, LONG, files_below};
use super::sshd;
use crate::error::ConnectErrorKind;

macro_rules! over_both_clients {
    ($($name:ident $(($extra:expr))?),* $(,)?) => {
        $(mod $name {
            use super::{Bed, Transport};

            fn run(transport: Transport) {
                let extra = concat!("", $($extra)?);
                if let Some(bed) = Bed::with_sshd(transport, extra) {
                    super::bodies::$name(bed);
                }
            }
            #[test]
            fn ssh2() {
                run(Transport::Ssh2);
            }
            #[test]
            fn openssh() {
                run(Transport::Openssh);
            }
        })*
    };
}

over_both_clients!(
    uploads_once,
    uploads_once_for_many_nodes_with_one_home("MaxStartups 2"),
    passes_over_noise(
        "ForceCommand printf 'Welcome to the\\ncluster'; echo oops >&2; \
        eval \"$SSH_ORIGINAL_COMMAND\"; echo bye"
    ),
    works_with_one_channel("MaxSessions 1"),
    tells_once_that_the_node_died,
    tells_that_nobody_answers,
    refuses_unknown_and_other_host_keys,
    tells_that_no_key_was_accepted,
    tries_again_what_was_dropped,
    probes_the_way,
    tells_that_the_folder_cannot_be_made,
    tells_that_the_folder_is_somebody_elses,
    gives_up_endless_noise("ForceCommand yes"),
    gives_up_a_worker_that_never_answers("ForceCommand exec sleep 1000"),
    survives_a_cut_at_any_byte,
);

/// Passes connections on to a port after dropping the first ones.
fn dropping_proxy(to: u16, drops: usize) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let seen = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&seen);
    std::thread::spawn(move || {
        for here in listener.incoming() {
            let mut here = here.unwrap();
            if count.fetch_add(1, Ordering::SeqCst) < drops {
                let _ = here.write_all(b"Exceeded MaxStartups\r\n");
                continue;
            }
            let there = TcpStream::connect(("127.0.0.1", to)).unwrap();
            for (mut from, mut into) in [
                (here.try_clone().unwrap(), there.try_clone().unwrap()),
                (there.try_clone().unwrap(), here.try_clone().unwrap()),
            ] {
                std::thread::spawn(move || {
                    let _ = std::io::copy(&mut from, &mut into);
                    let _ = into.shutdown(Shutdown::Both);
                });
            }
        }
    });
    (port, seen)
}

/// Passes one connection on until that many bytes came from the server.
fn cutting_proxy(to: u16, after: usize) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let (here, _) = listener.accept().unwrap();
        drop(listener);
        let there = TcpStream::connect(("127.0.0.1", to)).unwrap();
        let (mut from, mut into) = (here.try_clone().unwrap(), there.try_clone().unwrap());
        std::thread::spawn(move || std::io::copy(&mut from, &mut into));
        let limited = &mut (&there).take(after as u64);
        let _ = std::io::copy(limited, &mut &here);
        for stream in [here, there] {
            let _ = stream.shutdown(Shutdown::Both);
        }
    });
    port
}

mod bodies {
    use super::*;

    use Step::{Address, Clock, HostKey, Login, Port, Version, Worker};

    pub(super) fn uploads_once(bed: Bed) {
        assert!(bed.connect().link.peer().uploaded);
        let folder = bed.home().join(".cache/ledama");
        let files = files_below(&folder);
        assert_eq!(files.len(), 1, "{files:?}");
        assert_eq!(fs::read(&files[0]).unwrap(), fs::read(&bed.program).unwrap());
        for path in [&folder, files[0].parent().unwrap(), &files[0]] {
            assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o700);
        }
        let written = files[0].metadata().unwrap().modified().unwrap();
        assert!(!bed.connect().link.peer().uploaded);
        assert_eq!(files[0].metadata().unwrap().modified().unwrap(), written);
    }

    pub(super) fn uploads_once_for_many_nodes_with_one_home(bed: Bed) {
        let connectors = bed.connectors();
        let uploads: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|_| {
                    scope.spawn(|| {
                        let conversation = Conversation::open(&connectors, &bed.target).unwrap();
                        let uploaded = conversation.link.peer().uploaded;
                        assert!(conversation.close(LONG).is_empty());
                        usize::from(uploaded)
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(uploads, 1);
        assert_eq!(files_below(&bed.home().join(".cache/ledama")).len(), 1);
    }

    pub(super) fn passes_over_noise(bed: Bed) {
        assert!(bed.connect().link.peer().uploaded);
        assert!(bed.connect().close(LONG).is_empty());
    }

    pub(super) fn works_with_one_channel(bed: Bed) {
        assert!(bed.connect().link.peer().uploaded);
    }

    pub(super) fn tells_once_that_the_node_died(bed: Bed) {
        let conversation = bed.connect();
        bed.sshd.as_ref().unwrap().signal(Signal::KILL);
        let reason = conversation.lost();
        assert!(!reason.is_empty());
        conversation.link.close(LONG);
    }

    pub(super) fn tells_that_nobody_answers(mut bed: Bed) {
        // Bound and not listening: connections are refused.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        bed.target.port = port;
        let error = bed.fail();
        assert_eq!(error.kind, ConnectErrorKind::Unreachable);
        assert!(error.message.contains("refuse"), "{error}");
        bed.target.address = "no-such-host.invalid".into();
        let error = bed.fail();
        assert_eq!(error.kind, ConnectErrorKind::Unreachable);
        assert!(error.message.contains("no-such-host.invalid"), "{error}");
    }

    pub(super) fn refuses_unknown_and_other_host_keys(bed: Bed) {
        bed.known_hosts("");
        let error = bed.fail();
        assert_eq!(error.kind, ConnectErrorKind::HostKey, "{error}");
        let help = error.help.unwrap();
        let file = bed.path("known_hosts");
        assert!(help.contains(&format!(">> {}", file.display())), "{help}");
        assert!(help.contains("ssh-keyscan"), "{help}");

        let name = format!("[127.0.0.1]:{}", bed.target.port);
        sshd::key(&bed.path("other"), "ed25519", "");
        let other = fs::read_to_string(bed.path("other.pub")).unwrap();
        bed.known_hosts(&format!("{name} {other}"));
        let error = bed.fail();
        assert_eq!(error.kind, ConnectErrorKind::HostKey, "{error}");
    }

    pub(super) fn tells_that_no_key_was_accepted(bed: Bed) {
        fs::write(bed.path("authorized_keys"), "").unwrap();
        let error = bed.fail();
        assert_eq!(error.kind, ConnectErrorKind::Login, "{error}");
        assert!(error.help.is_some());
    }

    pub(super) fn tries_again_what_was_dropped(mut bed: Bed) {
        let (port, seen) = dropping_proxy(bed.target.port, 2);
        let line = bed.sshd.as_ref().unwrap().known_as(&format!("[127.0.0.1]:{port}"), "ed25519");
        bed.known_hosts(&line);
        bed.target.port = port;
        assert!(bed.connect().close(LONG).is_empty());
        assert!(seen.load(Ordering::SeqCst) >= 3);
    }

    pub(super) fn probes_the_way(bed: Bed) {
        let probe = bed.connectors().probe(&bed.target);
        assert!(probe.ok(), "{probe:#?}");
        let steps: Vec<Step> = probe.checks.iter().map(|check| check.step).collect();
        assert_eq!(steps, [Address, Port, HostKey, Login, Worker, Version, Clock]);
        assert!(probe.clock_ahead_s.unwrap().abs() < 60.0);
        assert!(probe.peer.unwrap().uploaded);

        bed.known_hosts("");
        let probe = bed.connectors().probe(&bed.target);
        assert!(!probe.ok());
        let last = probe.checks.last().unwrap();
        assert_eq!((last.step, last.ok), (HostKey, false));
        assert!(last.help.is_some());
    }

    pub(super) fn tells_that_the_folder_is_somebody_elses(mut bed: Bed) {
        if !rustix::process::geteuid().is_root() {
            eprintln!("skipped: only root can give folders away");
            return;
        }
        let folder = bed.path("theirs");
        fs::create_dir(&folder).unwrap();
        std::os::unix::fs::chown(&folder, Some(65534), None).unwrap();
        bed.config.ssh.worker_folder = Some(folder.display().to_string());
        let error = bed.fail();
        assert_eq!(error.kind, ConnectErrorKind::Worker);
        assert!(error.message.contains("belongs to another account"), "{error}");

        // Nor is a worker of somebody else started.
        bed.config.ssh.worker_folder = None;
        drop(bed.connect());
        let worker = files_below(&bed.home().join(".cache/ledama")).remove(0);
        std::os::unix::fs::chown(&worker, Some(65534), None).unwrap();
        let error = bed.fail();
        assert!(error.message.contains("belongs to another account"), "{error}");
    }

    pub(super) fn gives_up_endless_noise(bed: Bed) {
        let error = bed.fail();
        assert_eq!(error.kind, ConnectErrorKind::Worker);
        assert!(error.message.contains("prints without end"), "{error}");
    }

    pub(super) fn gives_up_a_worker_that_never_answers(mut bed: Bed) {
        bed.config.ssh.connect_timeout = 1;
        let error = bed.fail();
        assert_eq!(error.kind, ConnectErrorKind::Unreachable);
        assert!(error.message.contains("no answer from the worker within 4 s"), "{error}");
    }

    pub(super) fn survives_a_cut_at_any_byte(mut bed: Bed) {
        drop(bed.connect());
        let sshd = bed.target.port;
        let key = bed.sshd.as_ref().unwrap().known_as("node013,127.0.0.1", "ed25519");
        bed.known_hosts(&key);
        let mut connected = 0;
        for step in 0_u32..22 {
            let after = 2_usize.pow(step / 2) * (2 + step as usize % 2) + 10;
            bed.target.port = cutting_proxy(sshd, after);
            match bed.try_connect() {
                Ok(conversation) => {
                    connected += 1;
                    for id in 0..200 {
                        let input = serde_json::json!("x".repeat(1000));
                        let name = "test.echo".to_string();
                        conversation.run(id, crate::plan::Action::Operation { name, input });
                    }
                    assert!(!conversation.lost().is_empty());
                }
                Err(error) => assert_eq!(error.kind, ConnectErrorKind::Unreachable, "{error}"),
            }
        }
        assert!(connected > 0, "the last ones get through");
    }

    pub(super) fn tells_that_the_folder_cannot_be_made(mut bed: Bed) {
        bed.config.ssh.worker_folder = Some("/proc/ledama".into());
        let error = bed.fail();
        assert_eq!(error.kind, ConnectErrorKind::Worker);
        assert!(error.message.contains("/proc/ledama"), "{error}");
        assert!(error.help.unwrap().contains("ssh.worker_folder"));
    }
}
