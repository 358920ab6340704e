//! Counts that no file backs: rows beyond all data, and tables made of so
//! many others that opening them would never end.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ledama_tables::storage::{Folder as _, Memory};
use ledama_tables::{Error, Kind, Table};
use support::damage::little_memory;
use support::pack;

type Files = BTreeMap<PathBuf, Vec<u8>>;

/// All files of the small tables.
fn files() -> Files {
    let archive = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tables/tables.tar.gz");
    let folder = pack::unpack(&archive);
    let mut files = Files::new();
    for table in pack::tables_below(folder.path()) {
        for entry in std::fs::read_dir(table).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                let name = path.strip_prefix(folder.path()).unwrap().to_path_buf();
                files.insert(name, std::fs::read(path).unwrap());
            }
        }
    }
    files
}

fn open(files: &Files, name: &str) -> Result<Table, Error> {
    Table::open_in(Memory::new(files.clone()).folder(name)?)
}

fn text(text: &str) -> Vec<u8> {
    [&u32::try_from(text.len()).unwrap().to_be_bytes(), text.as_bytes()].concat()
}

/// An AipsIO object within another.
fn object(kind: &str, version: u32, content: &[u8]) -> Vec<u8> {
    let body = [&text(kind), &version.to_be_bytes()[..], content].concat();
    [&u32::try_from(body.len() + 4).unwrap().to_be_bytes()[..], &body].concat()
}

/// A `table.lock` whose last writer told so many rows.
fn lock(rows: u64) -> Vec<u8> {
    let mut object = object("sync", 2, &rows.to_be_bytes());
    object.splice(0..0, [0xbe; 4]);
    let length = u32::try_from(object.len()).unwrap().to_be_bytes();
    [&[0; 260][..], &length, &object].concat()
}

/// A `table.dat` of a table made of these.
fn concatenation(names: &[String]) -> Vec<u8> {
    let count = u32::try_from(names.len()).unwrap().to_be_bytes();
    let names: Vec<u8> = names.iter().flat_map(|name| text(name)).collect();
    let block = object("Block", 1, &0u32.to_be_bytes());
    let parts = object("ConcatTable", 0, &[&count[..], &names, &block].concat());
    let head = [0u32.to_be_bytes(), 0u32.to_be_bytes()].concat();
    let mut table = object("Table", 2, &[&head[..], &text("ConcatTable"), &parts].concat());
    table.splice(0..0, [0xbe; 4]);
    table
}

#[test]
fn rows_that_no_file_backs_are_an_error() {
    let sound = files();
    let mut plain = 0;
    for name in sound.keys().filter(|name| name.ends_with("table.dat")) {
        let name = name.parent().unwrap().to_str().unwrap();
        if open(&sound, name).unwrap().kind() != Kind::Plain {
            continue;
        }
        plain += 1;
        let mut files = sound.clone();
        for rows in [u64::MAX, 1 << 63, 1 << 40] {
            files.insert(Path::new(name).join("table.lock"), lock(rows));
            let error = open(&files, name).err().expect(name).to_string();
            assert!(error.contains(&rows.to_string()) && error.contains("bytes"), "{error}");
        }
    }
    assert!(plain > 10, "{plain}");
}

/// The managers whose files do not grow with the rows know how many they have.
#[test]
fn rows_that_an_index_does_not_know_are_an_error() {
    let mut files = files();
    for name in ["incremental-big.tab", "aipsio.tab", "standard-little.tab"] {
        let rows = open(&files, name).unwrap().nrow();
        for more in [rows + 1, 1 << 31] {
            files.insert(Path::new(name).join("table.lock"), lock(more));
            let table = open(&files, name).unwrap();
            assert_eq!(table.nrow(), more);
            for column in table.columns() {
                let error = table.column(&column.name).err().expect(name).to_string();
                assert!(error.contains(&format!("{rows} rows of {more}")), "{error}");
            }
        }
    }
}

/// A shape in `table.dat` alone must not make a reader ask for memory.
#[test]
fn shapes_that_no_file_backs_take_no_memory() {
    let sound = files();
    let word = b"IPosition\0\0\0\x01";
    let mut found = 0;
    for (path, bytes) in sound.iter().filter(|(path, _)| path.ends_with("table.dat")) {
        let name = path.parent().unwrap().to_str().unwrap();
        // Behind the word are the number of axes and the first of them.
        let places: Vec<_> = (0..bytes.len().saturating_sub(word.len() + 8))
            .filter(|at| bytes[*at..].starts_with(word))
            .map(|at| at + word.len() + 4)
            .filter(|at| bytes[*at - 1] > 0)
            .collect();
        found += places.len();
        let all = std::iter::once(places.clone());
        for places in all.chain(places.iter().map(|at| vec![*at])) {
            let mut changed = bytes.clone();
            for at in places {
                changed[at..at + 4].copy_from_slice(&(1u32 << 26).to_be_bytes());
            }
            let mut files = sound.clone();
            files.insert(path.clone(), changed);
            let Ok(table) = open(&files, name) else { continue };
            for column in table.columns() {
                if let Ok(column) = table.column(&column.name)
                    && column.nrow() > 0
                {
                    let _ = column.cell(0);
                }
            }
        }
    }
    assert!(found > 20, "{found}");
    little_memory();
}

#[test]
fn tables_made_of_each_other_without_end_are_an_error() {
    let mut files = files();
    // Each level is ten times the one before, by the same and by other names.
    for same in [true, false] {
        for level in 0..12 {
            let below = if level == 0 { "part0".into() } else { format!("level{}", level - 1) };
            let names: Vec<_> = (0..10)
                .map(|at| format!("./{}{below}.tab", "x/../".repeat(if same { 0 } else { at })))
                .collect();
            let path = Path::new(&format!("level{level}.tab")).join("table.dat");
            files.insert(path, concatenation(&names));
        }
        let small = open(&files, "level1.tab").unwrap();
        assert_eq!(small.nrow(), 100 * open(&files, "part0.tab").unwrap().nrow());
        let error = open(&files, "level11.tab").err().unwrap().to_string();
        assert!(error.contains("more than 16384 tables"), "{error}");
    }
}
