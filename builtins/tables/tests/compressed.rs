//! The managers that compress visibilities and metadata: small tables with
//! known contents, in any order and by parts, and damaged ones.
//!
//! `data/compressed/make.py` made them. `LEDAMA_DAMAGE_ROUNDS` multiplies the
//! number of damages tried.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ledama_tables::storage::Memory;
use ledama_tables::{AxisPart, Column, Complex32, DataType, Element, Error, Part, Table};
use sha2::{Digest as _, Sha256};
use support::pack;

type Files = BTreeMap<PathBuf, Vec<u8>>;

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/compressed")
}

/// The files of all tables, by the name of the table.
fn tables() -> BTreeMap<String, Files> {
    let folder = pack::unpack(&data().join("compressed.tar.gz"));
    let mut tables = BTreeMap::new();
    for table in std::fs::read_dir(folder.path()).unwrap() {
        let table = table.unwrap().path();
        if !table.is_dir() {
            continue;
        }
        let files = std::fs::read_dir(&table).unwrap().map(|file| {
            let path = file.unwrap().path();
            (path.file_name().unwrap().into(), std::fs::read(&path).unwrap())
        });
        tables.insert(table.file_name().unwrap().to_string_lossy().into_owned(), files.collect());
    }
    assert!(tables.len() > 20, "{}", tables.len());
    tables
}

fn open(files: &Files) -> Result<Table, Error> {
    Table::open_in(Arc::new(Memory::new(files.clone())))
}

/// The bytes of the cells that have a value, little-endian.
fn bytes<T: Element + Copy>(column: &Column, bytes_of: fn(T) -> Vec<u8>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for run in column.runs(0..column.nrow()) {
        let run = run.unwrap();
        if run.shape.is_some() {
            let values = column.values::<T>(run.rows).unwrap();
            bytes.extend(values.into_iter().flat_map(bytes_of));
        }
    }
    bytes
}

fn complex_bytes(value: Complex32) -> Vec<u8> {
    [value.re.to_le_bytes(), value.im.to_le_bytes()].concat()
}

fn column_bytes(column: &Column) -> Vec<u8> {
    match column.data_type() {
        DataType::Bool => bytes::<bool>(column, |value| vec![u8::from(value)]),
        DataType::Int => bytes::<i32>(column, |value| value.to_le_bytes().to_vec()),
        DataType::Float => bytes::<f32>(column, |value| value.to_le_bytes().to_vec()),
        DataType::Double => bytes::<f64>(column, |value| value.to_le_bytes().to_vec()),
        DataType::Complex => bytes::<Complex32>(column, complex_bytes),
        other => panic!("{other}"),
    }
}

#[test]
fn every_table_holds_what_was_written() {
    let known = pack::json(&data().join("digests.json"));
    let tables = tables();
    for (name, columns) in known.as_object().unwrap() {
        let table = open(&tables[name]).unwrap();
        for (column, digest) in columns.as_object().unwrap() {
            let bytes = column_bytes(&table.column(column).unwrap());
            let found = Sha256::digest(&bytes);
            let found = format!("{found:x}");
            assert_eq!(&found, digest.as_str().unwrap(), "{name}: {column}");
        }
    }
}

/// Rows in an order without order give what they give in their order.
#[test]
fn rows_come_in_any_order() {
    for (name, files) in tables() {
        let column = open(&files).unwrap().column("DATA").unwrap();
        let cells: Vec<_> = (0..column.nrow()).map(|row| column_cell(&column, row)).collect();
        let column = open(&files).unwrap().column("DATA").unwrap();
        for step in [29, 7, 41, 1] {
            for at in (0..column.nrow()).rev() {
                let row = at * step % column.nrow();
                let cell = &cells[usize::try_from(row).unwrap()];
                assert_eq!(&column_cell(&column, row), cell, "{name}: row {row}");
            }
        }
    }
}

fn column_cell(column: &Column, row: u64) -> Option<Vec<u8>> {
    column.shape(row).unwrap()?;
    let values = column.values::<Complex32>(row..row + 1).unwrap();
    Some(values.into_iter().flat_map(complex_bytes).collect())
}

#[test]
fn parts_are_those_of_whole_cells() {
    let part = Part::new([
        AxisPart { start: 1, count: 2, step: 2 },
        AxisPart { start: 0, count: 2, step: 3 },
    ]);
    for (name, files) in tables() {
        let column = open(&files).unwrap().column("DATA").unwrap();
        for row in 0..column.nrow() {
            let Some(shape) = column.shape(row).unwrap().filter(|shape| shape[0] > 3) else {
                continue;
            };
            let whole = column.values::<Complex32>(row..row + 1).unwrap();
            let cut: Vec<_> =
                column.part::<Complex32>(row..row + 1, &part).unwrap().into_iter().collect();
            let expected = part.offsets(&shape).into_iter().map(|at| whole[at]);
            let bits = |values: Vec<Complex32>| {
                values.into_iter().flat_map(complex_bytes).collect::<Vec<_>>()
            };
            assert_eq!(bits(cut), bits(expected.collect()), "{name}: row {row}");
        }
    }
}

#[test]
fn flags_come_by_parts_too() {
    let tables = tables();
    let column = open(&tables["metadata.tab"]).unwrap().column("FLAG").unwrap();
    let rows = 0..column.nrow();
    let whole = column.array::<bool>(rows.clone()).unwrap();
    let part = Part::new([AxisPart::all(7), AxisPart::one(2)]);
    let cut = column.part::<bool>(rows, &part).unwrap();
    assert_eq!(cut.len() * 4, whole.len());
    assert!(whole.iter().skip(2).step_by(4).eq(cut.iter()));
    assert!(cut.iter().any(|flag| *flag));
}

/// Reads all there is; the number of columns that gave an error.
fn read(files: &Files) -> usize {
    let Ok(table) = open(files) else { return 1 };
    table.managers();
    let mut errors = 0;
    for column in table.columns() {
        let Ok(column) = table.column(&column.name) else {
            errors += 1;
            continue;
        };
        let mut failed = column.digest().is_err();
        for row in [column.nrow() - 1, 0, column.nrow() / 2] {
            failed |= column.cell(row).is_err();
        }
        errors += usize::from(failed);
    }
    errors
}

fn rounds() -> usize {
    std::env::var("LEDAMA_DAMAGE_ROUNDS").map_or(1, |rounds| rounds.parse().unwrap())
}

/// Whatever is cut off or overwritten, reading ends with values or an error.
#[test]
fn damaged_files_are_read_or_refused() {
    let tables = tables();
    let mut dice: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut below = |end: usize| {
        dice ^= dice << 13;
        dice ^= dice >> 7;
        dice ^= dice << 17;
        usize::try_from(dice % end.max(1) as u64).unwrap()
    };
    for name in ["smooth-2.tab", "wild--1.tab", "various-21.tab", "stokes_i.tab", "metadata.tab"] {
        let sound = &tables[name];
        assert_eq!(read(sound), 0, "{name}");
        for (file, bytes) in sound {
            // The standard manager has its own tests.
            let file_name = file.to_string_lossy();
            if !file_name.starts_with("table.f")
                || file_name == "table.f0" && name != "metadata.tab"
            {
                continue;
            }
            let mut damaged = sound.clone();
            for round in 0..40 * rounds() {
                let mut bytes = bytes.clone();
                if round % 4 == 0 {
                    bytes.truncate(below(bytes.len()));
                }
                for _ in 0..below(4) {
                    // Heads and the lengths in them matter most.
                    let end = if below(2) == 0 { bytes.len().min(64) } else { bytes.len() };
                    let at = below(end);
                    let number = [0, u64::MAX, 1 << below(64), below(300) as u64][below(4)];
                    for (to, from) in
                        bytes.iter_mut().skip(at).zip(&number.to_le_bytes()[..1 << below(4)])
                    {
                        *to = *from;
                    }
                }
                damaged.insert(file.clone(), bytes);
                read(&damaged);
            }
            if file_name.ends_with("-shapes") {
                // Without shapes no cell has a value.
                continue;
            }
            damaged.insert(file.clone(), Vec::new());
            assert!(read(&damaged) > 0, "{name}: an empty {file_name}");
        }
    }
}

fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

/// The file of a Sisco column with one chunk of its own making.
fn with_chunk(files: &Files, size: u64, length: u64, deflated: &[u8]) -> Files {
    let mut files = files.clone();
    let name = files.iter().find(|(_, bytes)| bytes.starts_with(b"Sisco")).unwrap().0.clone();
    let file = files.get_mut(&name).unwrap();
    file.truncate(21);
    file.extend(size.to_le_bytes());
    file.extend(length.to_le_bytes());
    file.extend(deflated);
    files
}

#[test]
fn bombs_are_refused() {
    let tables = tables();
    let sisco = &tables["smooth-2.tab"];
    let bomb = deflated(&vec![0; 64 << 20]);
    let length = bomb.len() as u64;
    let error = |files: &Files| {
        let column = open(files).unwrap().column("DATA").unwrap();
        column.values::<Complex32>(0..column.nrow()).unwrap_err().to_string()
    };
    // More inside than its head says, less, and more than is taken at all.
    for size in [1000, 100 << 20, u64::MAX, 1 << 40, 0] {
        let text = error(&with_chunk(sisco, size, length, &bomb));
        assert!(text.contains("chunk") || text.contains("ends before"), "{size}: {text}");
    }
    // Longer than the file.
    for length in [length + 1, u64::MAX, u64::MAX - 36] {
        let text = error(&with_chunk(sisco, 1000, length, &bomb));
        assert!(text.contains("ends at byte"), "{text}");
    }
    // No chunks at all, and a chain of empty ones.
    let text = error(&with_chunk(sisco, 0, 2, &[3, 0]));
    assert!(text.contains("ends before row 0"), "{text}");
}

#[test]
fn other_versions_are_named() {
    let tables = tables();
    for (at, byte, expected) in [(8, 3, "version 3"), (9, 0xc0, "unknown"), (20, 77, "level 77")] {
        let mut files = tables["smooth-2.tab"].clone();
        let file = files.values_mut().find(|bytes| bytes.starts_with(b"Sisco")).unwrap();
        file[at] = byte;
        let error = open(&files).unwrap().column("DATA").err().unwrap();
        assert!(error.to_string().contains(expected), "{error}");
        assert!(matches!(error, Error::Unsupported { .. }));
    }
}
