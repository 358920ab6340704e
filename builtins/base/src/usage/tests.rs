//! Tests of disk usage against the system's own `du`.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

const NEVER: &(dyn Fn() -> bool + Sync) = &|| false;

/// The numbers in the first column of `du`.
fn du(arguments: &[&str], paths: &[&Path]) -> Vec<u64> {
    let output = Command::new("du").args(arguments).args(paths).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().map(|line| line.split('\t').next().unwrap().parse().unwrap()).collect()
}

/// Files of odd sizes, holes, links of both kinds, deep and empty folders.
fn make_tree(root: &Path) {
    fs::create_dir_all(root.join("a/b/c")).unwrap();
    fs::create_dir_all(root.join("empty")).unwrap();
    fs::create_dir_all(root.join("with \n newline")).unwrap();
    for (name, size) in [("a/one", 1), ("a/b/two", 5000), ("a/b/c/three", 1_300_000), ("nil", 0)] {
        fs::write(root.join(name), vec![7; size]).unwrap();
    }
    fs::File::create(root.join("a/hole")).unwrap().set_len(10_000_000).unwrap();
    fs::hard_link(root.join("a/b/two"), root.join("two again")).unwrap();
    fs::hard_link(root.join("a/b/two"), root.join("with \n newline/two")).unwrap();
    symlink("a/b", root.join("link")).unwrap();
    symlink("/nonexistent", root.join("broken")).unwrap();
    symlink("..", root.join("a/loop")).unwrap();
    for index in 0..300 {
        fs::write(root.join("empty").join(format!("{index}")), "x".repeat(index)).unwrap();
    }
}

fn one(root: &Path) -> Usage {
    measure_one(root.to_path_buf(), Options::default(), NEVER).unwrap()
}

#[test]
fn a_tree_takes_what_du_says() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("tree");
    make_tree(&root);
    let usage = one(&root);
    assert_eq!([usage.disk_bytes / 1024], du(&["-sk"], &[&root])[..]);
    assert_eq!([usage.mib()], du(&["-sm"], &[&root])[..]);
    // Since coreutils 9.2 `du -b` leaves the folders out.
    let apparent = du(&["-sb"], &[&root])[0];
    assert!([usage.apparent_bytes, usage.file_bytes].contains(&apparent), "{usage:?} {apparent}");
    let long: u64 = 1 + 5000 + 1_300_000 + 10_000_000 + (0..300).sum::<u64>();
    assert_eq!(usage.file_bytes, long + 3 + 12 + 2);
    assert_eq!((usage.files, usage.folders, usage.symlinks, usage.others), (307, 6, 3, 0));
    assert_eq!(usage.hard_links, 2);
    assert!(usage.is_complete());
}

#[test]
fn several_trees_share_nothing_in_their_total() {
    let folder = tempfile::tempdir().unwrap();
    let [a, b] = ["a", "b"].map(|n| folder.path().join(n));
    make_tree(&a);
    make_tree(&b);
    fs::hard_link(a.join("a/b/c/three"), b.join("three")).unwrap();
    fs::hard_link(a.join("a/b/c/three"), b.join("a/three")).unwrap();
    let inner = a.join("a");
    let roots = [a.clone(), b.clone(), inner.clone(), a.clone(), inner.join("one")];
    let measured = measure(&roots, Options::default(), NEVER).unwrap();
    // Each by itself is what `du` says of it alone,
    for (root, usage) in roots.iter().zip(&measured.roots) {
        assert_eq!([usage.disk_bytes / 1024], du(&["-sk"], &[root])[..], "{root:?}");
    }
    // the total what it says of all.
    let all: Vec<&Path> = roots.iter().map(PathBuf::as_path).collect();
    let total = *du(&["-skc"], &all).last().unwrap();
    assert_eq!(measured.total.disk_bytes / 1024, total);
    let apparent = *du(&["-sbc"], &all).last().unwrap();
    let known = [measured.total.apparent_bytes, measured.total.file_bytes];
    assert!(known.contains(&apparent));
    assert_eq!(measured.total.files, 2 * 307 + 2);
    // In whatever order they are named.
    let mut turned = roots.to_vec();
    turned.reverse();
    assert_eq!(measure(&turned, Options::default(), NEVER).unwrap().total, measured.total);
}

#[test]
fn a_link_is_followed_at_the_root_only_when_asked() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("tree");
    make_tree(&root);
    let link = folder.path().join("root link");
    symlink("tree", &link).unwrap();
    let usage = one(&link);
    assert_eq!((usage.symlinks, usage.folders, usage.file_bytes), (1, 0, 4));
    let follow = Options { follow_root: true, ..Options::default() };
    let followed = measure_one(link.clone(), follow, NEVER).unwrap();
    assert_eq!(followed, one(&root));
    assert_eq!([followed.disk_bytes / 1024], du(&["-Dsk"], &[&link])[..]);
}

#[test]
fn a_file_is_a_tree_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.tar");
    fs::write(&path, vec![1; 3000]).unwrap();
    let usage = one(&path);
    assert_eq!((usage.files, usage.folders, usage.apparent_bytes), (1, 0, 3000));
    assert_eq!([usage.disk_bytes / 1024], du(&["-sk"], &[&path])[..]);
}

#[test]
fn what_cannot_be_read_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let roots = [folder.path().join("no"), folder.path().to_path_buf()];
    let measured = measure(&roots, Options::default(), NEVER).unwrap();
    assert_eq!(measured.roots[0].folders, 0);
    let error = &measured.roots[0].errors[0];
    assert_eq!(
        (error.path.as_str(), error.kind),
        (roots[0].to_str().unwrap(), ErrorKind::NotFound)
    );
    assert!(error.error.ends_with("/no: No such file or directory"), "{}", error.error);
    assert!(measured.roots[1].is_complete());
    assert_eq!(measured.total.errors, measured.roots[0].errors);
}

#[test]
fn an_unreadable_folder_is_reported_and_the_rest_counted() {
    // A name longer than the system allows fails for root as well, whom
    // permissions do not stop: walk it from a folder deep enough.
    let folder = tempfile::tempdir().unwrap();
    let part = "d".repeat(200);
    let mut deep = folder.path().to_path_buf();
    while deep.as_os_str().len() < 3800 {
        deep.push(&part);
    }
    fs::create_dir_all(&deep).unwrap();
    // Two levels more, made from where the name is still short enough.
    let made = Command::new("mkdir")
        .arg("-p")
        .arg(format!("{part}/{part}"))
        .current_dir(&deep)
        .status()
        .unwrap();
    assert!(made.success());
    let usage = one(folder.path());
    assert!(!usage.is_complete(), "{usage:?}");
    assert_eq!(usage.errors.len(), 1);
    assert!(usage.folders > 18);
    // The folder itself is removed by a tool that goes down step by step.
    let gone = Command::new("rm").arg("-rf").arg(folder.path()).status().unwrap();
    assert!(gone.success());
}

#[test]
fn a_walk_can_be_interrupted() {
    let folder = tempfile::tempdir().unwrap();
    make_tree(folder.path());
    let asked = AtomicUsize::new(0);
    let soon = || asked.fetch_add(1, Ordering::Relaxed) >= 2;
    let measured = measure(&[folder.path().to_path_buf()], Options::default(), &soon);
    assert_eq!(measured, Err(Cancelled));
}

#[test]
fn one_file_system_leaves_mounts_out() {
    let one_only = Options { one_file_system: true, ..Options::default() };
    let usage = |options| measure_one(PathBuf::from("/dev"), options, NEVER).unwrap();
    let (all, own) = (usage(Options::default()), usage(one_only));
    let device = |path| std::os::unix::fs::MetadataExt::dev(&fs::metadata(path).unwrap());
    if Path::new("/dev/pts").exists() && device("/dev") != device("/dev/pts") {
        assert!(own.folders < all.folders);
    }
    let tree = tempfile::tempdir().unwrap();
    make_tree(tree.path());
    assert_eq!(measure_one(tree.path().into(), one_only, NEVER).unwrap(), one(tree.path()));
}
