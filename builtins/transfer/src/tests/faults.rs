//! Full disks, changed sources, lost nodes: nothing half-made gets a name,
//! the source stays as it is, and the message says what happened.

use super::*;
use crate::link::Way;
use ledama_base::operation::ErrorKind;
use std::time::Duration;

/// Copies fail with this kind on every way; the source is not touched.
fn fails(field: &Field, kind: ErrorKind) -> Vec<OperationError> {
    let mut errors = Vec::new();
    for node in ["a", "b"] {
        let mut input = field.input();
        input.source_node = node.into();
        field.cluster.next_run();
        let error = field.copy(&input).unwrap_err();
        assert_eq!(error.kind, kind, "{error:?}");
        assert!(!error.message.contains("os error"), "{}", error.message);
        assert!(!field.target().exists());
        errors.push(error);
    }
    errors
}

#[test]
fn a_source_that_is_not_there() {
    let field = Field::new();
    let errors = fails(&field, ErrorKind::NotFound);
    assert!(errors.iter().all(|e| e.message.contains("from/set.MS")), "{errors:?}");
    assert!(field.beside().is_empty());
    let mut input = field.input();
    input.source = "relative".into();
    assert_eq!(field.copy(&input).unwrap_err().kind, ErrorKind::Input);
    input.source_node = "elsewhere".into();
    input.source = "/x".into();
    assert_eq!(field.copy(&input).unwrap_err().kind, ErrorKind::Connection);
}

#[test]
fn members_that_cannot_be_copied_are_told_before_anything_is_written() {
    let field = Field::new();
    make_set(&field.source());
    for n in 0..7 {
        let pipe = field.source().join(format!("SUB/pipe{n}"));
        rustix::fs::mkfifoat(rustix::fs::CWD, pipe, rustix::fs::Mode::RUSR).unwrap();
    }
    let _socket = std::os::unix::net::UnixListener::bind(field.source().join("socket")).unwrap();
    let errors = fails(&field, ErrorKind::Input);
    assert!(errors[0].message.contains("pipe0") && errors[0].message.contains("and 3 more"));
    assert!(field.beside().is_empty());
}

/// Changes the source as soon as something has arrived.
fn changes_under_way(change: impl Fn(&Path) + Send + Sync, expect: &str) {
    for (node, encryption) in
        [("a", Encryption::Tls), ("a", Encryption::None), ("b", Encryption::Tls)]
    {
        let field = Field::new();
        make_set(&field.source());
        // Enough to be still under way.
        fs::write(field.source().join("last"), noise(24 << 20, 1)).unwrap();
        std::thread::sleep(Duration::from_millis(20));
        let mut input = field.input();
        (input.source_node, input.network.encryption) = (node.into(), encryption);
        let error = std::thread::scope(|scope| {
            let copy = scope.spawn(|| field.copy(&input));
            while !field.beside().iter().any(|n| n.contains("-part-") && !n.contains(".state")) {
                std::thread::yield_now();
            }
            change(&field.source());
            copy.join().unwrap().unwrap_err()
        });
        assert_eq!(error.kind, ErrorKind::Changed, "{error:?}");
        assert!(error.message.contains(expect), "{}", error.message);
        assert!(error.help.is_some());
        assert!(!field.target().exists());
        // When it has settled down, it can be copied.
        field.copy(&input).unwrap();
        assert_eq!(portrait(&field.target()), portrait(&field.source()));
        assert_eq!(field.beside(), ["set.MS"]);
    }
}

#[test]
fn a_source_that_grows_under_way() {
    changes_under_way(
        |root| {
            let mut file = fs::OpenOptions::new().append(true).open(root.join("table.f0")).unwrap();
            std::io::Write::write_all(&mut file, b"more").unwrap();
        },
        "table.f0",
    );
}

#[test]
fn a_source_that_gets_members_under_way() {
    changes_under_way(|root| fs::write(root.join("SUB/zzz"), "x").unwrap(), "SUB");
}

#[test]
fn a_source_whose_last_file_shrinks_under_way() {
    changes_under_way(
        |root| {
            let file = fs::OpenOptions::new().write(true).open(root.join("last")).unwrap();
            file.set_len(1 << 20).unwrap();
        },
        "last",
    );
}

#[test]
fn a_source_that_disappears_under_way() {
    changes_under_way(
        |root| {
            let away = root.with_file_name("away");
            let _ = fs::remove_dir_all(&away);
            fs::rename(root.join("last"), root.join("SUB/last")).unwrap();
        },
        "set.MS",
    );
}

#[test]
fn a_cancelled_copy_ends_and_can_be_resumed() {
    for node in ["a", "b"] {
        let field = Field::new();
        fs::create_dir(field.source()).unwrap();
        // Long enough for the cancelling to be noticed under way.
        let large = fs::File::create(field.source().join("large")).unwrap();
        large.set_len(20 << 30).unwrap();
        let mut input = field.input();
        input.source_node = node.into();
        field.cluster.cancel_on_progress(true);
        let error = field.copy(&input).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Cancelled);
        assert!(!field.target().exists());
        field.cluster.cancel_on_progress(false);
        drop(large);
        fs::write(field.source().join("large"), noise(3 << 20, 1)).unwrap();
        field.copy(&input).unwrap();
        assert_eq!(portrait(&field.target()), portrait(&field.source()));
    }
}

#[test]
fn a_node_that_is_lost_before_or_while_it_sends() {
    for lost in ["transfer.hello", "transfer.send"] {
        let field = Field::new();
        make_set(&field.source());
        field.cluster.tap(move |_, operation, _| {
            if operation == lost {
                return Err(OperationError::new(ErrorKind::Connection, "a was lost"));
            }
            Ok(())
        });
        let error = field.copy(&field.input()).unwrap_err();
        assert_eq!((error.kind, &*error.message), (ErrorKind::Connection, "a was lost"));
        assert!(field.beside().is_empty());
    }
}

#[test]
fn targets_that_cannot_be() {
    let field = Field::new();
    make_set(&field.source());
    for target in ["", "relative/x", "/", "/a/../b"] {
        let input = CopyInput { target: target.into(), ..field.input() };
        assert_eq!(field.copy(&input).unwrap_err().kind, ErrorKind::Input, "{target}");
    }
    fs::write(field.place.path().join("to/file"), "x").unwrap();
    let target = path_text(&field.place.path().join("to/file/set.MS"));
    for node in ["a", "b"] {
        let input = CopyInput { target: target.clone(), source_node: node.into(), ..field.input() };
        let error = field.copy(&input).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Io, "{error:?}");
        assert!(error.message.contains("to/file"), "{}", error.message);
    }
}

/// A file system of its own, if this account may mount one.
struct Mounted(PathBuf);

impl Mounted {
    fn new(place: &Path, options: &str) -> Option<Self> {
        let mounted = std::process::Command::new("mount")
            .args(["-t", "tmpfs", "-o", options, "ledama-test"])
            .arg(place)
            .output();
        if mounted.is_ok_and(|m| m.status.success()) {
            return Some(Self(place.to_path_buf()));
        }
        eprintln!("skipped: this account may not mount a tmpfs");
        None
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn a_disk_that_is_too_small_is_noticed_before_the_first_byte() {
    let field = Field::new();
    make_set(&field.source());
    let to = field.place.path().join("to");
    let Some(_disk) = Mounted::new(&to, "size=4m") else { return };
    let errors = fails(&field, ErrorKind::NoSpace);
    assert!(errors[0].message.contains("4.0 MiB left"), "{}", errors[0].message);
    assert!(field.beside().is_empty());
    let mut input = field.input();
    input.target = path_text(&field.target().join("new/folders/set.MS"));
    assert_eq!(field.copy(&input).unwrap_err().kind, ErrorKind::NoSpace);
    assert!(field.beside().is_empty());
}

#[test]
fn the_margin_is_kept_free() {
    let field = Field::new();
    make_set(&field.source());
    let to = field.place.path().join("to");
    let Some(_disk) = Mounted::new(&to, "size=16m") else { return };
    let mut input = field.input();
    input.margin_bytes = 14 << 20;
    let error = field.copy(&input).unwrap_err();
    assert_eq!(error.kind, ErrorKind::NoSpace);
    assert!(error.message.contains("14.0 MiB are to stay free"), "{}", error.message);
    input.margin_bytes = 4 << 20;
    field.copy(&input).unwrap();
    // What is there needs no room.
    input.margin_bytes = 14 << 20;
    input.resume = true;
    field.copy(&input).unwrap();
}

#[test]
fn files_that_do_not_fit_are_counted_too() {
    let field = Field::new();
    make_set(&field.source());
    let to = field.place.path().join("to");
    let Some(_disk) = Mounted::new(&to, "size=64m,nr_inodes=20") else { return };
    let errors = fails(&field, ErrorKind::NoSpace);
    assert!(errors[0].message.contains("more files"), "{}", errors[0].message);
}

#[test]
fn a_disk_that_fills_up_under_way() {
    for node in ["a", "b"] {
        let field = Field::new();
        fs::create_dir(field.source()).unwrap();
        for n in 0..30 {
            fs::write(field.source().join(format!("f{n:02}")), noise(1 << 20, n)).unwrap();
        }
        let before = portrait(&field.source());
        let to = field.place.path().join("to");
        let Some(_disk) = Mounted::new(&to, "size=34m") else { return };
        // The last member arrives after the room for it was taken by others.
        let hog = to.join("hog");
        let (other, node_name) = (hog.clone(), node.to_string());
        let mut input = field.input();
        input.source_node = node_name;
        let error = std::thread::scope(|scope| {
            let copy = scope.spawn(|| field.copy(&input));
            while !field.beside().iter().any(|n| n.contains("-part-")) {
                std::thread::yield_now();
            }
            // Takes what is left, for ever smaller pieces.
            let mut file = fs::File::create(&other).unwrap();
            let block = vec![0; 64 << 10];
            while std::io::Write::write_all(&mut file, &block).is_ok() {}
            copy.join().unwrap()
        });
        match error {
            Ok(_) => eprintln!("skipped: the copy was faster than the hog"),
            Err(error) => {
                assert_eq!(error.kind, ErrorKind::NoSpace, "{error:?}");
                assert!(error.message.contains("no space left"), "{}", error.message);
                assert!(!field.target().exists());
                assert_eq!(portrait(&field.source()), before);
                fs::remove_file(&hog).unwrap();
                field.cluster.next_run();
                field.copy(&CopyInput { resume: true, ..input }).unwrap();
            }
        }
        let _ = fs::remove_file(&hog);
        assert_eq!(portrait(&field.target()), before);
        assert_eq!(field.beside(), ["set.MS"]);
    }
}

#[test]
fn a_read_only_disk() {
    let field = Field::new();
    make_set(&field.source());
    let to = field.place.path().join("to");
    let Some(_disk) = Mounted::new(&to, "size=64m,ro") else { return };
    let errors = fails(&field, ErrorKind::ReadOnly);
    assert!(errors[0].message.contains("read-only"), "{}", errors[0].message);
}

#[test]
fn a_folder_that_may_not_be_written() {
    let field = Field::new();
    make_set(&field.source());
    if rustix::process::geteuid().is_root() {
        eprintln!("skipped: root may write everywhere");
        return;
    }
    let to = field.place.path().join("to");
    fs::set_permissions(&to, fs::Permissions::from_mode(0o555)).unwrap();
    fails(&field, ErrorKind::Permission);
    fs::set_permissions(&to, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn a_member_that_may_not_be_read() {
    let field = Field::new();
    make_set(&field.source());
    if rustix::process::geteuid().is_root() {
        eprintln!("skipped: root may read everything");
        return;
    }
    dress(&field.source().join("SUB/f05"), 0, 0);
    let errors = fails(&field, ErrorKind::Permission);
    assert!(errors.iter().all(|e| e.message.contains("SUB/f05")), "{errors:?}");
}

#[test]
fn two_copies_to_the_same_target_do_not_mix() {
    let field = Field::new();
    make_set(&field.source());
    fs::write(field.source().join("large"), noise(16 << 20, 1)).unwrap();
    let input = field.input();
    let results = std::thread::scope(|scope| {
        let copies = [(); 2].map(|()| scope.spawn(|| field.copy(&input)));
        copies.map(|copy| copy.join().unwrap())
    });
    assert!(results.iter().any(Result::is_ok), "{results:?}");
    for error in results.iter().filter_map(|r| r.as_ref().err()) {
        assert_eq!(error.kind, ErrorKind::Exists, "{error:?}");
    }
    assert_eq!(portrait(&field.target()), portrait(&field.source()));
    assert_eq!(field.beside(), ["set.MS"]);
}

#[test]
fn cloned_blocks_are_verified_like_all_others() {
    let Some((field, _disk)) = sharing_disk() else { return };
    make_set(&field.source());
    let mut input = field.input();
    input.source_node = "b".into();
    let output = field.copy(&input).unwrap();
    assert_eq!(output.channel, Way::Reflink);
    assert_eq!(portrait(&field.target()), portrait(&field.source()));
    assert_eq!(output.reused_files, 0);
}

/// A file system that shares blocks, if one can be made here.
fn sharing_disk() -> Option<(Field, Mounted)> {
    let run = |program: &str, arguments: &[&str]| {
        std::process::Command::new(program)
            .args(arguments)
            .output()
            .is_ok_and(|o| o.status.success())
    };
    let field = Field::new();
    let image = field.place.path().join("image");
    fs::File::create(&image).unwrap().set_len(512 << 20).unwrap();
    let image = path_text(&image);
    let disk = path_text(field.place.path());
    let made = run("mkfs.xfs", &["-q", "-m", "reflink=1", &image]) || run("mkfs.btrfs", &[&image]);
    let inner = format!("{disk}/disk");
    fs::create_dir(&inner).unwrap();
    if !made || !run("mount", &["-o", "loop", &image, &inner]) {
        eprintln!("skipped: no file system here shares blocks");
        return None;
    }
    let mounted = Mounted(PathBuf::from(&inner));
    for name in ["from", "to"] {
        fs::remove_dir(field.place.path().join(name)).unwrap();
        fs::create_dir(format!("{inner}/{name}")).unwrap();
        let link = field.place.path().join(name);
        std::os::unix::fs::symlink(format!("disk/{name}"), link).unwrap();
    }
    Some((field, mounted))
}
