//! What happens after a copy was cut off.

use super::*;
use crate::operations::SendInput;
use crate::receive::CopyState;
use ledama_base::operation::ErrorKind;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::fs::FileExt;

/// Passes a connection on and cuts it after `limit` bytes from the sender.
pub(super) fn cutter(upstream: String, limit: usize) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        let Ok((sender, _)) = listener.accept() else { return };
        let Ok(receiver) = TcpStream::connect(upstream) else { return };
        let (back_from, back_to) = (receiver.try_clone().unwrap(), sender.try_clone().unwrap());
        std::thread::spawn(move || pass(back_from, back_to, usize::MAX));
        pass(sender, receiver, limit);
    });
    address
}

fn pass(mut from: TcpStream, mut to: TcpStream, limit: usize) {
    let mut left = limit;
    let mut bytes = vec![0; 64 << 10];
    while left > 0 {
        let room = left.min(bytes.len());
        let Ok(len @ 1..) = from.read(&mut bytes[..room]) else { break };
        if to.write_all(&bytes[..len]).is_err() {
            break;
        }
        left -= len;
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}

/// The next copies are cut after `limit` bytes.
pub(super) fn cut(field: &Field, limit: usize) {
    field.cluster.tap(move |_, operation, input| {
        if operation == "transfer.send" {
            let mut send: SendInput = serde_json::from_value(input.clone()).unwrap();
            let Some(upstream) = send.addresses.first().cloned() else {
                return Err(OperationError::new(ErrorKind::Connection, "no other way"));
            };
            send.addresses = vec![cutter(upstream, limit)];
            *input = serde_json::to_value(send).unwrap();
        }
        Ok(())
    });
}

/// The next copies are not cut.
pub(super) fn mend(field: &Field) {
    field.cluster.tap(|_, _, _| Ok(()));
}

#[test]
fn a_copy_cut_anywhere_leaves_nothing_visible_and_can_be_resumed() {
    let field = Field::new();
    make_set(&field.source());
    let before = portrait(&field.source());
    let whole = field.input();
    let total = field.copy(&whole).unwrap().bytes;
    fs::remove_dir_all(field.target()).unwrap();

    let mut reused = 0;
    let positions = (0..12).map(|n| 40 + n * n * 36_000);
    for (count, limit) in positions.enumerate() {
        for encryption in [Encryption::Tls, Encryption::None] {
            cut(&field, limit);
            let mut input = field.input();
            input.network.encryption = encryption;
            // Before the channel stands, being cut off is being unreachable.
            input.network.connect_timeout = 1;
            let error = field.copy(&input).unwrap_err();
            assert_eq!(error.kind, ErrorKind::Connection, "{limit}: {error:?}");
            assert!(!field.target().exists());
            mend(&field);
            input.network.connect_timeout = 20;
            if count % 2 == 0 {
                field.cluster.next_run();
                input.resume = true;
            }
            let output = field.copy(&input).unwrap();
            assert_eq!(portrait(&field.target()), before, "{limit}");
            assert_eq!(field.beside(), ["set.MS"]);
            assert!(output.sent_bytes <= total);
            if output.state == CopyState::Resumed {
                reused += output.reused_files;
            }
            fs::remove_dir_all(field.target()).unwrap();
        }
    }
    assert!(reused > 60, "{reused}");
    assert_eq!(portrait(&field.source()), before);
}

#[test]
fn several_cuts_one_after_the_other_get_there_in_the_end() {
    let field = Field::new();
    fs::create_dir(field.source()).unwrap();
    fs::write(field.source().join("large"), noise(24 << 20, 1)).unwrap();
    let mut input = field.input();
    input.resume = true;
    let mut cuts = 0;
    let sent = loop {
        field.cluster.next_run();
        cut(&field, 8 << 20);
        match field.copy(&input) {
            Ok(output) => break output.sent_bytes,
            Err(error) => assert_eq!(error.kind, ErrorKind::Connection, "{error:?}"),
        }
        cuts += 1;
        assert!(cuts < 20, "no progress");
    };
    assert!(cuts >= 2 && sent < 8 << 20, "{cuts} {sent}");
    assert_eq!(portrait(&field.target()), portrait(&field.source()));
    assert_eq!(field.beside(), ["set.MS"]);
}

/// Cuts a copy late, changes the part, and resumes.
fn tampered(change: impl Fn(&Path)) -> (Field, CopyOutput) {
    let field = Field::new();
    make_set(&field.source());
    cut(&field, 4 << 20);
    field.copy(&field.input()).unwrap_err();
    mend(&field);
    change(&field.part());
    field.cluster.next_run();
    let mut input = field.input();
    input.resume = true;
    let output = field.copy(&input).unwrap();
    assert_eq!(portrait(&field.target()), portrait(&field.source()));
    assert_eq!(field.beside(), ["set.MS"]);
    (field, output)
}

#[test]
fn nothing_in_an_old_part_is_believed() {
    let (_, untouched) = tampered(|_| ());
    assert_eq!(untouched.state, CopyState::Resumed);

    // The same size and time, another content.
    tampered(|part| {
        for entry in fs::read_dir(part.join("SUB")).unwrap() {
            let path = entry.unwrap().path();
            let facts = fs::metadata(&path).unwrap();
            if facts.is_file() && facts.len() > 0 {
                let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
                file.write_all_at(b"~", facts.len() / 2).unwrap();
                file.set_modified(facts.modified().unwrap()).unwrap();
            }
        }
    });
    // Longer, shorter, of another type, not in the source.
    tampered(|part| {
        for (n, entry) in fs::read_dir(part.join("SUB")).unwrap().enumerate() {
            let path = entry.unwrap().path();
            let facts = fs::metadata(&path).unwrap();
            if !facts.is_file() {
                continue;
            }
            match n % 4 {
                0 => {
                    let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
                    file.set_len(facts.len() + 9).unwrap();
                }
                1 => {
                    let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
                    file.set_len(facts.len() / 2).unwrap();
                }
                2 => {
                    fs::remove_file(&path).unwrap();
                    fs::create_dir(&path).unwrap();
                    fs::write(path.join("x"), "x").unwrap();
                }
                _ => {
                    fs::remove_file(&path).unwrap();
                    std::os::unix::fs::symlink("/etc/passwd", &path).unwrap();
                }
            }
        }
        fs::write(part.join("SUB/unknown"), "x").unwrap();
        fs::create_dir(part.join("unknown")).unwrap();
        fs::remove_dir_all(part.join("QUALITY")).unwrap();
        fs::write(part.join("QUALITY"), "a file now").unwrap();
    });
    // Replaced by a file altogether, or gone.
    tampered(|part| {
        fs::remove_dir_all(part).unwrap();
        fs::write(part, "x").unwrap();
    });
    tampered(|part| fs::remove_dir_all(part).unwrap());
}

#[test]
fn damage_in_a_large_file_costs_only_its_piece() {
    let field = Field::new();
    fs::create_dir(field.source()).unwrap();
    fs::write(field.source().join("large"), noise(16 << 20, 1)).unwrap();
    fs::write(field.source().join("z"), noise(2 << 20, 2)).unwrap();
    cut(&field, (17 << 20) + 500_000);
    field.copy(&field.input()).unwrap_err();
    mend(&field);
    let large = field.part().join("large");
    let file = fs::OpenOptions::new().write(true).open(&large).unwrap();
    file.write_all_at(b"damage", 5 << 20).unwrap();
    let mut input = field.input();
    input.resume = true;
    let output = field.copy(&input).unwrap();
    // The piece, and what had not arrived; frames come in no fixed order.
    assert!((1 << 20..=5 << 20).contains(&output.sent_bytes), "{output:?}");
    assert_eq!(portrait(&field.target()), portrait(&field.source()));
}

#[test]
fn holes_in_an_old_part_become_what_they_are_in_the_source() {
    let field = Field::new();
    fs::create_dir(field.source()).unwrap();
    let sparse = fs::File::create(field.source().join("a")).unwrap();
    sparse.set_len(6 << 20).unwrap();
    sparse.write_all_at(&noise(4096, 1), 1 << 20).unwrap();
    fs::write(field.source().join("b"), noise(12 << 20, 2)).unwrap();
    cut(&field, 6 << 20);
    field.copy(&field.input()).unwrap_err();
    mend(&field);
    // Data where the source has a hole.
    let part = fs::OpenOptions::new().write(true).open(field.part().join("a")).unwrap();
    part.write_all_at(&noise(1 << 20, 3), 3 << 20).unwrap();
    field.copy(&field.input()).unwrap();
    assert_eq!(portrait(&field.target()), portrait(&field.source()));
    let blocks = |root: PathBuf| fs::metadata(root.join("a")).unwrap().blocks();
    assert_eq!(blocks(field.target()), blocks(field.source()));
}

#[test]
fn a_source_that_changed_since_is_copied_as_it_is_now() {
    let field = Field::new();
    make_set(&field.source());
    cut(&field, 4 << 20);
    field.copy(&field.input()).unwrap_err();
    mend(&field);
    fs::write(field.source().join("table.f0"), noise(2 << 20, 9)).unwrap();
    fs::remove_file(field.source().join("SUB/f07")).unwrap();
    fs::rename(field.source().join("QUALITY"), field.source().join("QUALITY2")).unwrap();
    field.cluster.next_run();
    let mut input = field.input();
    input.resume = true;
    field.copy(&input).unwrap();
    assert_eq!(portrait(&field.target()), portrait(&field.source()));
}

#[test]
fn without_resume_another_run_leaves_the_old_part_alone() {
    let field = Field::new();
    make_set(&field.source());
    cut(&field, 4 << 20);
    field.copy(&field.input()).unwrap_err();
    mend(&field);
    let part = field.part();
    field.cluster.next_run();
    let output = field.copy(&field.input()).unwrap();
    assert_eq!((output.state, output.reused_files), (CopyState::Copied, 0));
    assert_eq!(output.left_over, [path_text(&part)]);
    assert!(part.exists());
    field.clean();
    assert_eq!(field.beside(), ["set.MS"]);
    assert_eq!(portrait(&field.target()), portrait(&field.source()));
}

#[test]
fn a_part_is_removed_on_failure_if_it_is_not_to_be_kept() {
    let field = Field::new();
    make_set(&field.source());
    cut(&field, 4 << 20);
    let mut input = field.input();
    input.keep_part = false;
    field.copy(&input).unwrap_err();
    assert_eq!(field.beside(), [""; 0]);
}

#[test]
fn a_single_file_is_resumed_too() {
    let field = Field::new();
    fs::write(field.source(), noise(12 << 20, 1)).unwrap();
    dress(&field.source(), 0o400, 77);
    cut(&field, 8 << 20);
    field.copy(&field.input()).unwrap_err();
    mend(&field);
    field.cluster.next_run();
    let mut input = field.input();
    input.resume = true;
    let output = field.copy(&input).unwrap();
    assert!(output.sent_bytes < 9 << 20, "{output:?}");
    assert_eq!(output.state, CopyState::Resumed);
    assert_eq!(portrait(&field.target()), portrait(&field.source()));
    assert_eq!(field.beside(), ["set.MS"]);
}
