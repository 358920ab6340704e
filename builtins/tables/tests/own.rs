//! Small tables of every storage manager, with what casacore reads from them:
//! `data/tables/make.py` made both. They need nothing from outside.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ledama_tables::storage::{Disk, Folder};
use ledama_tables::{Error, Table};
use support::{compare, pack};

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tables")
}

fn unpack() -> tempfile::TempDir {
    pack::unpack(&data().join("tables.tar.gz"))
}

#[test]
fn every_table_is_what_casacore_reads() {
    let folder = unpack();
    let known = pack::json(&data().join("answers.json"));
    compare::archive(folder.path(), &known, &data()).report("own tables");
}

#[test]
fn sub_tables_of_parts_are_concatenated() {
    let folder = unpack();
    let table = Table::open(folder.path().join("concat.tab")).unwrap();
    let sub = table.subtable("SUB").unwrap();
    let values: Vec<i32> = sub.column("X").unwrap().values(0..sub.nrow()).unwrap();
    assert_eq!(values, [5, 6, 7, 5, 6, 7]);
}

#[test]
fn a_table_made_of_itself_is_an_error() {
    let folder = unpack();
    let path = folder.path().join("rows.tab");
    let bytes = std::fs::read(path.join("table.dat")).unwrap();
    // "./standard-little.tab" becomes another name of the same length.
    let name = b"./standard-little.tab";
    let at = bytes.windows(name.len()).position(|window| window == name).unwrap();
    let mut changed = bytes.clone();
    changed[at..at + name.len()].copy_from_slice(b".////////////rows.tab");
    std::fs::write(path.join("table.dat"), changed).unwrap();
    let error = Table::open(&path).err().unwrap().to_string();
    assert!(error.contains("itself"), "{error}");
}

#[test]
fn a_missing_parent_is_named() {
    let folder = unpack();
    std::fs::remove_dir_all(folder.path().join("standard-little.tab")).unwrap();
    let error = Table::open(folder.path().join("reference.tab")).err().unwrap();
    assert!(matches!(error, Error::NotFound { .. }), "{error}");
    let text = error.to_string();
    assert!(text.contains("reference.tab") && text.contains("standard-little.tab"), "{text}");
}

#[test]
fn a_table_that_changes_is_being_written() {
    let folder = unpack();
    let path = folder.path().join("standard-little.tab");
    let file = std::fs::File::options().write(true).open(path.join("table.f0")).unwrap();
    let table = Table::open(&path).unwrap();
    let column = table.column("V_double").unwrap();
    let before = column.digest().unwrap();
    table.verify().unwrap();

    // Small files are read when they are opened: what a writer does to them
    // later does not show in the values, and is told all the same.
    let length = file.metadata().unwrap().len();
    file.set_len(200_000).unwrap();
    assert!(matches!(table.verify(), Err(Error::BeingWritten { .. })));
    assert_eq!(column.digest().unwrap(), before);

    // A writer that cuts a large file off: reading fails, and the reason is told.
    assert!(length < 64 << 10);
    let table = Table::open(&path).unwrap();
    let column = table.column("V_double").unwrap();
    table.verify().unwrap();
    file.set_len(600).unwrap();
    assert!(matches!(table.verify(), Err(Error::BeingWritten { .. })));
    let failed = (0..table.nrow()).find_map(|row| column.cell(row).err());
    assert!(matches!(failed, Some(Error::BeingWritten { .. })), "{failed:?}");
    // Who opens it now sees a damaged table that nobody writes.
    let again = Table::open(&path).unwrap();
    let failed = again.column("V_double").and_then(|column| column.digest()).err();
    assert!(matches!(failed, Some(Error::Corrupt { .. })), "{failed:?}");
    again.verify().unwrap();
}

#[test]
fn a_changed_parent_counts() {
    let folder = unpack();
    let table = Table::open(folder.path().join("reference.tab")).unwrap();
    table.verify().unwrap();
    let lock = folder.path().join("standard-little.tab/table.lock");
    let bytes = std::fs::read(&lock).unwrap();
    std::fs::remove_file(&lock).unwrap();
    std::fs::write(&lock, bytes).unwrap();
    assert!(matches!(table.verify(), Err(Error::BeingWritten { .. })));
}

/// A writer brings `table.dat` up to date last.
#[test]
fn rows_that_only_data_and_lock_know_are_seen() {
    let folder = unpack();
    for name in ["standard-little.tab", "standard-big.tab", "incremental-big.tab", "aipsio.tab"] {
        let path = folder.path().join(name);
        let at = || -> Arc<dyn Folder> { Arc::new(Disk::new(&path)) };
        let rows = Table::open(&path).unwrap().nrow();
        assert_eq!(Table::open_by_data(at()).unwrap().nrow(), rows);
        // Magic number, length, "Table", version; then the rows.
        let mut dat = std::fs::read(path.join("table.dat")).unwrap();
        let wide = dat[20] > 2;
        for stale in [0, 5] {
            dat[21..25].copy_from_slice(&if wide { [0; 4] } else { [0, 0, 0, stale] });
            if wide {
                dat[25..29].copy_from_slice(&[0, 0, 0, stale]);
            }
            std::fs::write(path.join("table.dat"), &dat).unwrap();
            assert_eq!(Table::open_settled(at()).unwrap().nrow(), u64::from(stale), "{name}");
            let table = Table::open_by_data(at()).unwrap();
            assert_eq!(table.nrow(), rows, "{name}");
            assert!(table.column("S_int").unwrap().cell(rows - 1).unwrap().is_some());
            assert_eq!(Table::has_rows(at()).unwrap(), Some(true), "{name}");
        }
    }
    let absent: Arc<dyn Folder> = Arc::new(Disk::new(folder.path().join("absent")));
    assert_eq!(Table::has_rows(absent).unwrap(), None);
    let part: Arc<dyn Folder> = Arc::new(Disk::new(folder.path().join("concat.tab")));
    assert_eq!(Table::has_rows(part).unwrap(), Some(true));
}
