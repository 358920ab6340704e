//! What every transport must do, the local one included.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ledama_config::model::Transport;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use super::super::{Connector as _, Sink};
use super::bed::{Bed, LONG, ended};
use super::programs;
use crate::error::ConnectErrorKind;
use crate::plan::{Action, CommandSpec};
use crate::protocol::{FromWorker, ToWorker};

macro_rules! over_every_transport {
    ($($name:ident),* $(,)?) => {
        $(mod $name {
            use super::{Bed, Transport};

            #[test]
            fn local() {
                if let Some(bed) = Bed::new(Transport::Local) {
                    super::bodies::$name(bed);
                }
            }
            #[test]
            fn ssh2() {
                if let Some(bed) = Bed::new(Transport::Ssh2) {
                    super::bodies::$name(bed);
                }
            }
            #[test]
            fn openssh() {
                if let Some(bed) = Bed::new(Transport::Openssh) {
                    super::bodies::$name(bed);
                }
            }
        })*
    };
}

over_every_transport!(
    shakes_hands_and_closes,
    carries_ten_thousand_messages,
    carries_fifty_megabytes,
    tells_once_that_a_worker_was_killed,
    refuses_another_version,
    tells_the_last_words_of_a_worker_that_fails,
    is_lost_when_the_worker_talks_nonsense,
    ends_the_worker_when_dropped,
    closes_although_nobody_listens,
);

mod bodies {
    use super::*;

    pub(super) fn shakes_hands_and_closes(bed: Bed) {
        let conversation = bed.connect();
        let peer = conversation.link.peer().clone();
        if bed.sshd.is_none() {
            // A Ctrl-C at the terminal reaches the group of this process only.
            let pid = Pid::from_raw(i32::try_from(peer.pid).unwrap()).unwrap();
            assert_eq!(rustix::process::getpgid(Some(pid)).unwrap(), pid);
        }
        assert_eq!(peer.version, env!("CARGO_PKG_VERSION"));
        assert!(peer.processors > 0 && !peer.hostname.is_empty());
        assert_eq!(peer.uploaded, bed.sshd.is_some());
        let after = conversation.close(LONG);
        assert!(after.is_empty(), "{after:?}");
        assert!(ended(peer.pid));
    }

    pub(super) fn carries_ten_thousand_messages(bed: Bed) {
        const COUNT: u64 = 10_000;
        let conversation = bed.connect();
        for id in 0..COUNT {
            let input =
                json!({"number": id, "text": "x".repeat(usize::try_from(id % 300).unwrap())});
            conversation.run(id, Action::Operation { name: "test.echo".into(), input });
        }
        let mut seen = std::collections::HashSet::new();
        for _ in 0..COUNT {
            let (id, result) = conversation.next_done(drop);
            assert_eq!(result.error, None);
            assert_eq!(result.value["number"], id);
            assert_eq!(result.value["text"].as_str().unwrap().len() as u64, id % 300);
            assert!(seen.insert(id), "{id} twice");
        }
        assert!(conversation.close(LONG).is_empty());
    }

    pub(super) fn carries_fifty_megabytes(bed: Bed) {
        const SIZE: usize = 50_000_000;
        const STEP: usize = 1_000_000;
        let conversation = bed.connect();
        let script = "i=0; while [ $i -lt 50 ]; do head -c 1000000 /dev/zero | tr '\\0' \
            \"$(printf \"\\\\$(printf %o $((33 + i)))\")\"; i=$((i+1)); done";
        let argv = vec!["/bin/sh".into(), "-c".into(), script.into()];
        conversation.run(7, Action::Command(CommandSpec { argv, ..CommandSpec::default() }));
        let mut received = 0;
        let (id, result) = conversation.next_done(|message| {
            if let FromWorker::Output { id: 7, data } = message {
                let mut data = &STANDARD.decode(data).unwrap()[..];
                while !data.is_empty() {
                    let byte = u8::try_from(33 + received / 1_000_000).unwrap();
                    let (here, rest) = data.split_at(data.len().min(STEP - received % STEP));
                    assert!(*here == vec![byte; here.len()], "at {received}");
                    received += here.len();
                    data = rest;
                }
            }
        });
        assert_eq!((id, result.error, received), (7, None, SIZE));
        assert!(conversation.close(LONG).is_empty());
    }

    pub(super) fn tells_once_that_a_worker_was_killed(bed: Bed) {
        let conversation = bed.connect();
        let pid = i32::try_from(conversation.pid()).unwrap();
        kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL).unwrap();
        let reason = conversation.lost();
        let expected = match bed.target.transport {
            // The client tells no signals.
            Transport::Openssh => "the connection was cut",
            _ => "the worker ended with signal KILL",
        };
        assert!(reason.starts_with(expected), "{reason}");
        conversation.link.close(LONG);
    }

    pub(super) fn refuses_another_version(mut bed: Bed) {
        bed.program = programs::outdated(bed.folder.path());
        let error = bed.fail();
        assert_eq!(error.kind, ConnectErrorKind::Worker);
        assert!(error.message.contains("0.0.1"), "{error}");
        assert!(error.message.contains(env!("CARGO_PKG_VERSION")), "{error}");
        assert!(error.help.is_some());
    }

    pub(super) fn tells_the_last_words_of_a_worker_that_fails(mut bed: Bed) {
        bed.program = programs::failing(bed.folder.path(), "the library libx is missing");
        let error = bed.fail();
        assert_eq!(error.kind, ConnectErrorKind::Worker);
        assert!(error.message.contains("status 3: the library libx is missing"), "{error}");
        if bed.sshd.is_some() {
            let words = "error while loading shared libraries: libx.so";
            bed.program = programs::failing(bed.folder.path(), words);
            assert!(bed.fail().help.unwrap().contains("lacks a library"));
        }
    }

    pub(super) fn is_lost_when_the_worker_talks_nonsense(mut bed: Bed) {
        bed.program = programs::babbling(bed.folder.path());
        let conversation = bed.connect();
        conversation.run(1, Action::Operation { name: "x".into(), input: json!({}) });
        let reason = conversation.lost();
        assert!(reason.contains("`nonsense`"), "{reason}");
    }

    pub(super) fn closes_although_nobody_listens(bed: Bed) {
        let (entered, inside) = crossbeam_channel::unbounded();
        let (release, released) = crossbeam_channel::bounded::<()>(0);
        let sink: Sink = Arc::new(move |_| {
            let _ = entered.send(());
            let _ = released.recv();
        });
        let link = bed.connectors().connect(&bed.target, "run-1", sink).unwrap();
        let action = Action::Operation { name: "test.echo".into(), input: json!(1) };
        link.send(ToWorker::Run { id: 1, action, stream: false });
        inside.recv_timeout(LONG).unwrap();
        // The thread is stuck in the sink: it is left behind.
        link.close(Duration::ZERO);
        drop(release);
    }

    pub(super) fn ends_the_worker_when_dropped(bed: Bed) {
        let conversation = bed.connect();
        let pid = conversation.pid();
        drop(conversation);
        assert!(ended(pid));
        let closed_at_once = bed.connect();
        let pid = closed_at_once.pid();
        assert!(closed_at_once.close(Duration::ZERO).is_empty());
        assert!(ended(pid));
    }
}
