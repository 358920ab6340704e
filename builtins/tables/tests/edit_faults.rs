//! Edits that cannot be made: a full disk, a read-only one, a folder of
//! somebody else. Each is refused before anything has changed.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use ledama_tables::edit::{Editor, NewColumn};
use ledama_tables::{DataType, Error, Table};
use support::pack;

/// A small disk in memory with a table on it; taken away at the end.
struct Disk {
    folder: tempfile::TempDir,
}

impl Disk {
    /// `None`, after saying so, where this account cannot mount.
    fn with_table(size: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"]).arg(folder.path());
        if !mount.output().is_ok_and(|output| output.status.success()) {
            pack::skip("a disk can only be mounted as root");
            return None;
        }
        let disk = Self { folder };
        let archive = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tables/tables.tar.gz");
        let own = pack::unpack(&archive);
        let copied = Command::new("cp")
            .arg("-a")
            .arg(own.path().join("tiledshape.tab"))
            .arg(own.path().join("standard-big.tab"))
            .arg(disk.folder.path())
            .status();
        assert!(copied.unwrap().success());
        Some(disk)
    }

    fn table(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn remount(&self, option: &str) {
        let status = Command::new("mount")
            .args(["-o", &format!("remount,{option}")])
            .arg(self.folder.path())
            .status();
        assert!(status.unwrap().success());
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.folder.path()).status();
    }
}

/// The files of a table and their lengths, and what its columns hold.
fn state(path: &Path) -> (Vec<(String, u64)>, BTreeMap<String, String>) {
    let mut files: Vec<_> = std::fs::read_dir(path)
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            (entry.file_name().into_string().unwrap(), entry.metadata().unwrap().len())
        })
        .collect();
    files.sort();
    let table = Table::open(path).unwrap();
    let digest = |name: &str| table.column(name).unwrap().digest().unwrap().sha256;
    let columns = table.columns().iter().map(|c| (c.name.clone(), digest(&c.name))).collect();
    (files, columns)
}

/// An edit that needs room: all rows of a table with texts, written anew.
fn remove(path: &Path) -> Result<(), Error> {
    let mut editor = Editor::open(path, Duration::from_millis(100))?;
    editor.remove_columns(&["S_int"])?;
    editor.commit().map(drop)
}

/// An edit that adds a copy of a column.
fn add(path: &Path) -> Result<(), Error> {
    let mut editor = Editor::open(path, Duration::from_millis(100))?;
    let like = editor.table().columns().iter().find(|c| !c.scalar).unwrap().name.clone();
    let column = NewColumn::like("COPY", &like, DataType::Float);
    editor.add_column(column)?;
    editor.commit().map(drop)
}

#[test]
fn a_full_disk_leaves_the_table_as_it_was() {
    let Some(disk) = Disk::with_table("6m") else { return };
    let path = disk.table("standard-big.tab");
    let before = state(&path);
    // Whatever is left of the disk is taken.
    let filler = disk.folder.path().join("filler");
    let _ = std::fs::write(&filler, vec![7u8; 8 << 20]);
    let error = remove(&path).unwrap_err();
    assert_eq!(state(&path), before, "{error}");
    std::fs::remove_file(&filler).unwrap();
    remove(&path).unwrap();
    assert!(!Table::open(&path).unwrap().has_column("S_int"));
}

#[test]
fn a_read_only_disk_is_told_and_nothing_changes() {
    let Some(disk) = Disk::with_table("4m") else { return };
    let (standard, tiled) = (disk.table("standard-big.tab"), disk.table("tiledshape.tab"));
    let before = (state(&standard), state(&tiled));
    disk.remount("ro");
    for error in [remove(&standard).unwrap_err(), add(&tiled).unwrap_err()] {
        assert!(error.to_string().contains(&*disk.folder.path().to_string_lossy()), "{error}");
    }
    assert_eq!((state(&standard), state(&tiled)), before);
    disk.remount("rw");
    remove(&standard).unwrap();
}
