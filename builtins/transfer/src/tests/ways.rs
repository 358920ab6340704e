//! How the nodes find each other.

use super::*;
use crate::link::{Way, serve_stream};
use crate::operations::{HelloOutput, SendInput};
use ledama_base::operation::ErrorKind;
use std::net::TcpListener;

/// The source cannot reach the node of the target.
fn block_direct(field: &Field) {
    field.cluster.tap(|_, operation, input| {
        if operation == "transfer.send" {
            let mut send: SendInput = serde_json::from_value(input.clone()).unwrap();
            if !send.addresses.is_empty() {
                send.addresses = vec!["127.0.0.1:1".into()];
            }
            *input = serde_json::to_value(send).unwrap();
        }
        Ok(())
    });
}

#[test]
fn the_receiver_connects_if_the_sender_cannot() {
    let field = Field::new();
    make_set(&field.source());
    block_direct(&field);
    for (encryption, way) in [(Encryption::Tls, Way::Tls), (Encryption::None, Way::Plain)] {
        let mut input = field.input();
        input.network.encryption = encryption;
        let output = field.copy(&input).unwrap();
        assert_eq!(output.channel, way);
        assert_eq!(portrait(&field.target()), portrait(&field.source()));
        fs::remove_dir_all(field.target()).unwrap();
    }
}

#[test]
fn all_that_was_tried_is_named() {
    let field = Field::new();
    make_set(&field.source());
    block_direct(&field);
    let mut input = field.input();
    input.network.source_addresses = vec!["no.such.host.invalid".into()];
    input.network.connect_timeout = 1;
    input.network.channel = Channel::Auto;
    input.network.ssh.program = vec!["/no/such/ssh".into()];
    let error = field.copy(&input).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Connection);
    for part in [
        "from a to b",
        "a to 127.0.0.1:1 (Connection refused)",
        "b to no.such.host.invalid:",
        "ssh no.such.host.invalid (No such file or directory)",
    ] {
        assert!(error.message.contains(part), "{part}: {}", error.message);
    }
    assert!(error.help.unwrap().contains("transfer.ports"));
    assert!(field.beside().is_empty());
}

#[test]
fn only_the_ports_that_are_allowed_are_used() {
    let field = Field::new();
    make_set(&field.source());
    let port = TcpListener::bind("0.0.0.0:0").unwrap().local_addr().unwrap().port();
    let mut input = field.input();
    input.network.ports = Some(format!("{port}-{port}"));
    let (seen, ports) = std::sync::mpsc::channel();
    let seen = std::sync::Mutex::new(seen);
    field.cluster.tap(move |_, operation, input| {
        if operation == "transfer.send" {
            let send: SendInput = serde_json::from_value(input.clone()).unwrap();
            seen.lock().unwrap().send(send.addresses).unwrap();
        }
        Ok(())
    });
    field.copy(&input).unwrap();
    let addresses = ports.recv().unwrap();
    assert!(addresses.iter().all(|a| a.ends_with(&format!(":{port}"))), "{addresses:?}");
    input.network.ports = Some("9-1".into());
    assert_eq!(field.copy(&input).unwrap_err().kind, ErrorKind::Exists);
    input.target.push_str(".other");
    assert_eq!(field.copy(&input).unwrap_err().kind, ErrorKind::Input);
}

/// A program that carries bytes between its standard streams and a socket
/// behind which `serve_stream` works, after saying `greeting`.
fn fake_ssh(field: &Field, greeting: &str) -> Vec<String> {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        while let Ok((stream, _)) = listener.accept() {
            std::thread::spawn(move || {
                let output = stream.try_clone().unwrap();
                let _ = serve_stream(stream.try_clone().unwrap(), output);
                let _ = stream.shutdown(std::net::Shutdown::Both);
            });
        }
    });
    let script = field.place.path().join("ssh.sh");
    let text = format!(
        "echo \"$@\" >> '{}'\nprintf '%s' '{greeting}'\nexec 3<>/dev/tcp/127.0.0.1/{port}\n\
         cat <&3 & cat >&3\nwait\n",
        field.place.path().join("ssh.log").display()
    );
    fs::write(&script, text).unwrap();
    vec!["bash".into(), path_text(&script)]
}

#[test]
fn a_pipe_through_ssh_is_the_last_resort() {
    let field = Field::new();
    make_set(&field.source());
    block_direct(&field);
    let mut input = field.input();
    input.network.channel = Channel::Auto;
    // Refused at once: nobody listens there.
    input.network.source_addresses = vec!["127.0.0.2".into()];
    input.network.ssh.program = fake_ssh(&field, "Welcome to node a!\n");
    field.cluster.tap(|_, operation, input| {
        if operation == "transfer.send" {
            let mut send: SendInput = serde_json::from_value(input.clone()).unwrap();
            if send.addresses.is_empty() {
                // As if the other direction was blocked, too.
                send.credentials.certificate = None;
                send.connect_timeout = 1;
            } else {
                send.addresses = vec!["127.0.0.1:1".into()];
            }
            *input = serde_json::to_value(send).unwrap();
        }
        Ok(())
    });
    let output = field.copy(&input).unwrap();
    assert_eq!(output.channel, Way::Ssh);
    assert_eq!(portrait(&field.target()), portrait(&field.source()));
    let log = fs::read_to_string(field.place.path().join("ssh.log")).unwrap();
    let program = path_text(&std::env::current_exe().unwrap());
    assert!(log.contains("BatchMode=yes") && log.contains("-- 127.0.0.2"), "{log}");
    assert!(log.trim_end().ends_with(&format!("{program} worker --data")), "{log}");
}

/// A port that somebody else listens on, as long as the first is held.
fn taken_port() -> (TcpListener, String) {
    let taken = TcpListener::bind("0.0.0.0:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    (taken, format!("{port}-{port}"))
}

#[test]
fn the_pipe_is_taken_too_if_no_port_is_free() {
    let field = Field::new();
    make_set(&field.source());
    let (_taken, ports) = taken_port();
    let mut input = field.input();
    input.network.channel = Channel::Auto;
    input.network.ports = Some(ports.clone());
    input.network.ssh.program = fake_ssh(&field, "");
    let output = field.copy(&input).unwrap();
    assert_eq!(output.channel, Way::Ssh);
    let why = output.detour.unwrap();
    for node in ["a", "b"] {
        let part = format!("{node} has no free port in {ports} to listen on (Address already");
        assert!(why.contains(&part), "{part}: {why}");
    }
    assert_eq!(portrait(&field.target()), portrait(&field.source()));
}

#[test]
fn a_channel_that_was_chosen_is_not_exchanged() {
    let field = Field::new();
    make_set(&field.source());
    let (taken, ports) = taken_port();
    let mut input = field.input();
    input.network.ports = Some(ports.clone());
    input.network.ssh.program = fake_ssh(&field, "");
    let error = field.copy(&input).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Connection);
    assert!(error.message.contains(&ports), "{}", error.message);
    assert!(error.help.unwrap().contains("transfer.ports"));
    assert!(field.beside().is_empty());
    drop(taken);
    let output = field.copy(&input).unwrap();
    assert_eq!((output.channel, output.detour), (Way::Tls, None));
}

#[test]
fn one_side_with_a_free_port_is_enough() {
    let field = Field::new();
    make_set(&field.source());
    let (_taken, ports) = taken_port();
    let mut input = field.input();
    input.network.channel = Channel::Auto;
    input.network.ports = Some(ports);
    field.cluster.tap(|_, operation, input| {
        if operation == "transfer.hello" {
            // The node of the source may use any.
            input.as_object_mut().unwrap().remove("ports");
        }
        Ok(())
    });
    let output = field.copy(&input).unwrap();
    assert_eq!((output.channel, output.detour), (Way::Tls, None));
}

#[test]
fn what_could_not_be_reached_is_not_tried_with_every_copy() {
    let field = Field::new();
    make_set(&field.source());
    let (taken, ports) = taken_port();
    let mut input = field.input();
    input.network.channel = Channel::Auto;
    input.network.ports = Some(ports);
    input.network.ssh.program = fake_ssh(&field, "");
    let first = field.copy(&input).unwrap();
    drop(taken);
    input.target.push_str(".2");
    let second = field.copy(&input).unwrap();
    assert_eq!((second.channel, second.detour), (Way::Ssh, first.detour));
    // Whoever asks for a direct connection gets a new attempt.
    input.network.channel = Channel::Direct;
    input.target.push_str(".3");
    assert_eq!(field.copy(&input).unwrap().channel, Way::Tls);
}

#[test]
fn ssh_can_be_the_only_way_and_is_resumed_too() {
    let field = Field::new();
    make_set(&field.source());
    let mut input = field.input();
    input.network.channel = Channel::Ssh;
    input.network.ssh.program = fake_ssh(&field, "");
    fs::create_dir(field.place.path().join("from/x")).unwrap();
    let output = field.copy(&input).unwrap();
    assert_eq!(output.channel, Way::Ssh);
    assert_eq!(portrait(&field.target()), portrait(&field.source()));
    // Failures of the sender come through, too.
    rustix::fs::mkfifoat(rustix::fs::CWD, field.source().join("pipe"), rustix::fs::Mode::RUSR)
        .unwrap();
    input.target.push_str(".2");
    let error = field.copy(&input).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Input);
    assert!(error.message.contains("named pipe"), "{}", error.message);
}

#[test]
fn what_ssh_complains_about_is_told() {
    let field = Field::new();
    make_set(&field.source());
    let mut input = field.input();
    input.network.channel = Channel::Ssh;
    let complain = "echo noise >&2; echo 'Permission denied (publickey).' >&2; exit 255";
    input.network.ssh.program = vec!["sh".into(), "-c".into(), complain.into()];
    let error = field.copy(&input).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Connection);
    assert!(error.message.contains("(Permission denied (publickey).)"), "{}", error.message);
}

#[test]
fn a_transfer_is_taken_up_once_and_by_whoever_was_announced() {
    let field = Field::new();
    make_set(&field.source());
    let hello = |listen| -> HelloOutput {
        let input = json!({
            "source": path_text(&field.source()), "encryption": "tls", "listen": listen
        });
        serde_json::from_value(field.cluster.run("a", "transfer.hello", input).unwrap()).unwrap()
    };
    let send = |session: &str| {
        let input = json!({
            "session": session,
            "credentials": { "token": "x" },
            "addresses": ["127.0.0.1:1"],
            "connect_timeout": 1,
        });
        field.cluster.run("a", "transfer.send", input)
    };
    let first = hello(false);
    assert_ne!(first.session, hello(false).session);
    assert!(first.port.is_none() && hello(true).port.is_some());
    assert_eq!(send(&first.session).unwrap()["connected"], false);
    assert_eq!(send(&first.session).unwrap_err().kind, ErrorKind::Connection);
    assert_eq!(send("guess").unwrap_err().kind, ErrorKind::Connection);
}
