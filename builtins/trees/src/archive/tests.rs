//! Packing and unpacking as a whole, judged by GNU tar and the `tar` crate.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod bytes;
mod foreign;
mod hostile;
mod packing;
mod unpacking;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use ledama_base::operation::{Operation, OperationContext, OperationError};
use ledama_base::rawtext::path_text;
use rustix::fs::{AtFlags, CWD, Timespec, Timestamps, utimensat};

use super::*;
use crate::testing::{Alone, Disk, set_mode};

/// What a name in a tree is: kind and mode, time, owner, content, and the
/// first name of the same file.
type Seen = BTreeMap<PathBuf, (char, u32, (i64, i64), (u32, u32), Vec<u8>, u64)>;

/// Reads a tree by plain calls of the standard library.
fn seen(root: &Path) -> Seen {
    let mut found = Seen::new();
    let mut todo = vec![PathBuf::new()];
    while let Some(relative) = todo.pop() {
        let path = root.join(&relative);
        let facts = fs::symlink_metadata(&path).unwrap();
        let kind = facts.file_type();
        let (kind, mode, content) = if kind.is_dir() {
            todo.extend(
                fs::read_dir(&path).unwrap().map(|e| relative.join(e.unwrap().file_name())),
            );
            ('d', facts.mode() & 0o7777, Vec::new())
        } else if kind.is_symlink() {
            ('l', 0, fs::read_link(&path).unwrap().as_os_str().as_bytes().to_vec())
        } else {
            let content = blake3::hash(&fs::read(&path).unwrap()).as_bytes().to_vec();
            ('f', facts.mode() & 0o7777, content)
        };
        let names = if kind == 'f' { facts.nlink() } else { 1 };
        let time = (facts.mtime(), facts.mtime_nsec());
        found.insert(relative, (kind, mode, time, (facts.uid(), facts.gid()), content, names));
    }
    found
}

#[track_caller]
fn assert_same(one: &Seen, other: &Seen) {
    let names = |seen: &Seen| seen.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(one), names(other));
    for (name, what) in one {
        assert_eq!(what, &other[name], "{}", name.display());
    }
}

fn set_time(path: &Path, seconds: i64, nanos: i64) {
    let time = Timespec { tv_sec: seconds, tv_nsec: nanos };
    let times = Timestamps { last_access: time, last_modification: time };
    utimensat(CWD, path, &times, AtFlags::SYMLINK_NOFOLLOW).unwrap();
}

/// Bytes that look random, the same for the same seed.
fn noise(seed: &[u8], length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    blake3::Hasher::new().update(seed).finalize_xof().fill(&mut bytes);
    bytes
}

/// A file of that length with a little data near its start, middle and end.
fn sparse(path: &Path, length: u64) {
    use std::os::unix::fs::FileExt;
    let file = fs::File::create(path).unwrap();
    for at in [5000, length / 2, length - 3000] {
        file.write_all_at(b"data between holes", at).unwrap();
    }
    file.set_len(length).unwrap();
}

/// Adds to a set all that a set can hold.
fn make_difficult(set: &Path) {
    let odd: [&[u8]; 9] = [
        b"a blank",
        b"quote ' and \"",
        b"$HOME `id` ; true",
        b"star * ?",
        b"-rf",
        b"back\\slash",
        b"new\nline",
        b"latin1 \xe9\xff",
        b".hidden",
    ];
    for name in odd {
        fs::write(set.join(OsStr::from_bytes(name)), noise(name, 300)).unwrap();
    }
    for length in [90, 98, 99, 100, 101, 150, 200, 255] {
        let name = "n".repeat(length);
        fs::write(set.join(&name), name.as_bytes()).unwrap();
        symlink("t".repeat(length), set.join("l".repeat(length))).unwrap();
    }
    let deep = set.join("d".repeat(120)).join("e".repeat(150)).join("f".repeat(30));
    fs::create_dir_all(&deep).unwrap();
    fs::write(deep.join("file"), "deep").unwrap();
    fs::hard_link(deep.join("file"), set.join("name of deep")).unwrap();
    fs::hard_link(set.join("table.f0"), deep.join("further")).unwrap();
    fs::create_dir(set.join("empty folder")).unwrap();
    fs::write(set.join("empty file"), "").unwrap();
    symlink("table.dat", set.join("link")).unwrap();
    symlink("nowhere/at all", set.join("link to nothing")).unwrap();
    sparse(&set.join("holes"), 40_000_000);
    fs::File::create(set.join("one hole")).unwrap().set_len(3_000_001).unwrap();
    fs::write(set.join("large"), noise(b"large", 5_000_007)).unwrap();
    for (name, mode) in [("table.dat", 0o751), (".hidden", 0o600), ("table.f0", 0o444)] {
        set_mode(&set.join(name), mode);
    }
    set_mode(&set.join("ANTENNA"), 0o2750);
    set_mode(&set.join("empty folder"), 0o555);
    set_time(&set.join("table.dat"), 1_356_998_401, 123_456_789);
    set_time(&set.join("link"), 1_200_000_000, 5);
    set_time(&set.join("large"), -5, 250_000_000);
    set_time(&set.join("empty file"), 100, 0);
    set_time(&set.join("ANTENNA"), 1_300_000_000, 999_999_999);
    set_time(set, 1_325_376_000, 1);
}

fn pack_input(disk: &Disk) -> PackInput {
    PackInput { path: path_text(&disk.set()), roots: disk.roots(), ..PackInput::default() }
}

fn pack(input: PackInput) -> Result<PackOutput, OperationError> {
    Pack.run(input, &Alone::default())
}

fn unpack_input(disk: &Disk) -> UnpackInput {
    let path = path_text(&archive(disk));
    UnpackInput { path, roots: disk.roots(), ..UnpackInput::default() }
}

fn unpack(input: UnpackInput) -> Result<UnpackOutput, OperationError> {
    Unpack.run(input, &Alone::default())
}

/// The archive of the set of a disk.
fn archive(disk: &Disk) -> PathBuf {
    disk.observation().join("L80897_SB000.MS.tar")
}

/// Names in the folder of the set.
fn names(disk: &Disk) -> Vec<String> {
    let entries = fs::read_dir(disk.observation()).unwrap();
    let mut names: Vec<String> =
        entries.map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// Runs GNU tar in a folder.
#[track_caller]
fn gnu_tar(folder: &Path, arguments: &[&str]) -> String {
    // It wonders at times before 1970.
    let mut command = Command::new("tar");
    let done =
        command.arg("--warning=no-timestamp").args(arguments).current_dir(folder).output().unwrap();
    let told = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.success(), "tar {arguments:?}: {told}");
    assert_eq!(told, "", "tar {arguments:?}");
    String::from_utf8_lossy(&done.stdout).into_owned()
}

/// Blocks of a file on the disk, bytes.
fn stored(path: &Path) -> u64 {
    fs::metadata(path).unwrap().blocks() * 512
}
