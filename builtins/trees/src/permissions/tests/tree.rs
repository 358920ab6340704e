//! The operation on trees.

use std::fs;
use std::os::unix::fs::{chown, symlink};
use std::path::{Path, PathBuf};

use ledama_base::operation::{ErrorKind, Operation, OperationError};
use ledama_base::rawtext::path_text;
use rustix::process::Uid;
use serde_json::json;

use crate::permissions::{Chmod, ChmodInput, ChmodOutput};
use crate::testing::{Alone, Disk, mode, set_mode};

fn chmod(disk: &Disk, path: &Path, text: &str) -> Result<ChmodOutput, OperationError> {
    Chmod.run(input(disk, path, text), &Alone::default())
}

fn input(disk: &Disk, path: &Path, text: &str) -> ChmodInput {
    ChmodInput {
        path: path_text(path),
        roots: disk.roots(),
        mode: Some(text.to_string()),
        recursive: true,
        ..ChmodInput::default()
    }
}

#[test]
fn a_tree_gets_its_modes_and_the_second_time_nothing_changes() {
    let disk = Disk::new();
    let output = chmod(&disk, &disk.set(), "2770").unwrap();
    assert_eq!(output, ChmodOutput { changed: 5, unchanged: 0, links: 0 });
    assert_eq!(mode(&disk.set()), 0o2770);
    assert_eq!(mode(&disk.set().join("ANTENNA")), 0o2770);
    assert_eq!(mode(&disk.set().join("ANTENNA/table.dat")), 0o660);
    assert_eq!(mode(&disk.observation()), 0o755);
    let output = chmod(&disk, &disk.set(), "2770").unwrap();
    assert_eq!(output, ChmodOutput { changed: 0, unchanged: 5, links: 0 });
}

#[test]
fn one_folder_alone() {
    let disk = Disk::new();
    let alone = ChmodInput { recursive: false, ..input(&disk, &disk.observation(), "2775") };
    let output = Chmod.run(alone, &Alone::default()).unwrap();
    assert_eq!(output, ChmodOutput { changed: 1, unchanged: 0, links: 0 });
    assert_eq!(mode(&disk.observation()), 0o2775);
    assert_eq!(mode(&disk.set()), 0o755);
}

#[test]
fn links_are_left_alone_wherever_they_lead() {
    let disk = Disk::new();
    let outside = disk.outside("precious");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("file"), "x").unwrap();
    set_mode(&outside, 0o700);
    set_mode(&outside.join("file"), 0o600);
    symlink(&outside, disk.set().join("folder")).unwrap();
    symlink(outside.join("file"), disk.set().join("file")).unwrap();
    symlink("nowhere", disk.set().join("nothing")).unwrap();
    symlink(".", disk.set().join("loop")).unwrap();
    let output = chmod(&disk, &disk.set(), "777").unwrap();
    assert_eq!(output, ChmodOutput { changed: 5, unchanged: 0, links: 4 });
    assert_eq!((mode(&outside), mode(&outside.join("file"))), (0o700, 0o600));
    // A set that is a link itself.
    let link = disk.observation().join("L80897_SB001.MS");
    symlink(&outside, &link).unwrap();
    let error = chmod(&disk, &link, "777").unwrap_err();
    assert_eq!(error.kind, ErrorKind::Refused);
    assert!(error.message.contains("symbolic link"), "{}", error.message);
    assert_eq!(mode(&outside), 0o700);
}

#[test]
fn folders_are_closed_last_and_opened_first() {
    let disk = Disk::new();
    chmod(&disk, &disk.set(), "a-rwx").unwrap();
    assert_eq!(mode(&disk.set()), 0);
    assert_eq!(mode(&disk.set().join("ANTENNA/table.dat")), 0);
    chmod(&disk, &disk.set(), "u=rwX").unwrap();
    assert_eq!(mode(&disk.set().join("ANTENNA")), 0o700);
    assert_eq!(mode(&disk.set().join("ANTENNA/table.dat")), 0o600);
    // Loses and gains at once.
    set_mode(&disk.set().join("ANTENNA"), 0o300);
    chmod(&disk, &disk.set(), "500").unwrap();
    assert_eq!(mode(&disk.set().join("ANTENNA")), 0o500);
    assert_eq!(mode(&disk.set().join("ANTENNA/table.dat")), 0o400);
}

#[test]
fn a_large_folder_and_odd_names() {
    let disk = Disk::new();
    for k in 0..1000 {
        fs::write(disk.set().join(format!("'\"\n $x {k}")), "").unwrap();
    }
    for k in 0..300 {
        fs::create_dir_all(disk.set().join(format!("-rf {k}/a/b"))).unwrap();
    }
    let output = chmod(&disk, &disk.set(), "711").unwrap();
    assert_eq!(output.changed + output.unchanged, 5 + 1000 + 900);
    assert_eq!(mode(&disk.set().join("-rf 299/a/b")), 0o711);
    assert_eq!(mode(&disk.set().join("'\"\n $x 999")), 0o600);
}

#[test]
fn a_tree_that_is_too_deep_is_told() {
    let disk = Disk::new();
    let mut deep = disk.set();
    for _ in 0..300 {
        deep.push("d");
    }
    fs::create_dir_all(&deep).unwrap();
    let message = chmod(&disk, &disk.set(), "2755").unwrap_err().message;
    assert!(message.contains("folders are nested too deeply"), "{message}");
    // Those above it are done.
    let above: PathBuf = disk.set().join(["d"; 150].join("/"));
    assert_eq!((mode(&above), mode(&deep)), (0o2755, 0o755));
}

#[test]
fn what_is_not_data_is_refused() {
    let disk = Disk::new();
    let outside = disk.outside("L80897");
    fs::create_dir(&outside).unwrap();
    let before = mode(&outside);
    let upwards = disk.root.join("../L80897");
    for path in [outside.as_path(), Path::new("/"), &disk.root, &upwards, Path::new("L80897")] {
        let error = chmod(&disk, path, "777").unwrap_err();
        assert_eq!(error.kind, ErrorKind::Refused, "{}", path.display());
    }
    assert_eq!(mode(&outside), before);
    let gone = chmod(&disk, &disk.observation().join("L80897_SB009.MS"), "777").unwrap_err();
    assert_eq!(gone.kind, ErrorKind::NotFound);
    let wrong = chmod(&disk, &disk.set(), "u+z").unwrap_err();
    assert_eq!(wrong.kind, ErrorKind::Input);
    assert_eq!(mode(&disk.set()), 0o755);
}

#[test]
fn an_interruption_ends_it_between_two_entries() {
    let disk = Disk::new();
    for k in 0..100 {
        fs::write(disk.set().join(format!("file {k}")), "").unwrap();
        set_mode(&disk.set().join(format!("file {k}")), 0o644);
    }
    let ctx = Alone::interrupted_after(40);
    let error = Chmod.run(input(&disk, &disk.set(), "770"), &ctx).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Cancelled);
    let done =
        fs::read_dir(disk.set()).unwrap().filter(|e| mode(&e.as_ref().unwrap().path()) == 0o660);
    let done = done.count();
    assert!((1..100).contains(&done), "{done} files are done");
    // The same again does the rest.
    let output = chmod(&disk, &disk.set(), "770").unwrap();
    assert!(output.unchanged > 0 && output.changed > 0, "{output:?}");
}

/// Runs as an ordinary user, who may only change what is theirs; nothing if
/// this is no root.
fn as_user<T: Send>(uid: u32, work: impl FnOnce() -> T + Send) -> Option<T> {
    if !rustix::process::geteuid().is_root() {
        assert!(std::env::var_os("LEDAMA_NO_SKIP").is_none(), "needs root");
        eprintln!("skipped: needs root");
        return None;
    }
    // Of these threads alone; they end with the pool.
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(2)
        .start_handler(move |_| rustix::thread::set_thread_uid(Uid::from_raw(uid)).unwrap())
        .build()
        .unwrap();
    Some(pool.install(work))
}

fn give(path: &Path, uid: u32) {
    chown(path, Some(uid), None).unwrap();
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            give(&entry.unwrap().path(), uid);
        }
    }
}

#[test]
fn the_owner_closes_and_opens_a_tree() {
    let disk = Disk::new();
    set_mode(disk.root.parent().unwrap(), 0o755);
    give(&disk.root, 54321);
    let done = as_user(54321, || {
        for text in ["a-rwx", "u=rwX", "500", "300", "700"] {
            chmod(&disk, &disk.set(), text)?;
        }
        Ok::<_, OperationError>(())
    });
    let Some(done) = done else { return };
    done.unwrap();
    assert_eq!(mode(&disk.set().join("ANTENNA")), 0o700);
    assert_eq!(mode(&disk.set().join("ANTENNA/table.dat")), 0o600);
}

#[test]
fn what_belongs_to_others_is_listed_and_the_rest_is_done() {
    let disk = Disk::new();
    set_mode(disk.root.parent().unwrap(), 0o755);
    give(&disk.root, 54321);
    let foreign = disk.set().join("table.f0");
    give(&foreign, 12345);
    let ctx = Alone::default();
    let Some(done) = as_user(54321, || Chmod.run(input(&disk, &disk.set(), "770"), &ctx)) else {
        return;
    };
    let error = done.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Permission);
    assert_eq!(
        error.message,
        "one entry could not be done: table.f0: Operation not permitted (4 changed, 0 were so already)"
    );
    let item = json!({ "path": path_text(&foreign), "error": "Operation not permitted" });
    assert_eq!(ctx.items(), [item]);
    assert_eq!(mode(&foreign), 0o644);
    assert_eq!(mode(&disk.set().join("ANTENNA/table.dat")), 0o660);
    // A folder that cannot be entered.
    give(&disk.set().join("ANTENNA"), 12345);
    set_mode(&disk.set().join("ANTENNA"), 0o700);
    let Some(done) = as_user(54321, || chmod(&disk, &disk.set(), "775")) else { return };
    let message = done.unwrap_err().message;
    assert!(message.starts_with("2 entries could not be done: ANTENNA: "), "{message}");
}
