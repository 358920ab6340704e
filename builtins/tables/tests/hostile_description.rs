//! Damaged `table.dat` files: cut off anywhere, with bits turned over
//! anywhere. An error or a table is right, a panic or an endless wait is not.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ledama_tables::Table;
use ledama_tables::storage::Memory;
use support::damage::little_memory;
use support::pack;

/// Numbers that look random and are always the same.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self, below: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % below.max(1)
    }
}

/// Opens a table with these bytes as its `table.dat` and the other files of
/// its folder as they are, and asks for everything a description answers.
fn look(files: &[(PathBuf, Vec<u8>)], bytes: Vec<u8>) {
    let mut all = files.to_vec();
    all.push(("table.dat".into(), bytes));
    let Ok(table) = Table::open_in(Arc::new(Memory::new(all))) else {
        return;
    };
    let _ = table.subtables().len();
    for column in table.columns().iter().take(3) {
        // Column data that fits no more must be an error, too.
        if let Ok(column) = table.column(&column.name)
            && column.nrow() > 0
        {
            let _ = column.cell(0);
            let _ = column.cell(column.nrow() - 1);
        }
    }
}

fn damage(folder: &Path, cuts: usize, flips: usize, numbers: &mut Numbers) {
    let bytes = std::fs::read(folder.join("table.dat")).unwrap();
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let small = path.metadata().unwrap().len() < 100_000;
        if path.is_file() && small && !path.ends_with("table.dat") {
            files.push((path.file_name().unwrap().into(), std::fs::read(&path).unwrap()));
        }
    }
    for _ in 0..cuts {
        let end = numbers.next(bytes.len());
        look(&files, bytes[..end].to_vec());
    }
    for _ in 0..flips {
        let mut bytes = bytes.clone();
        for _ in 0..=numbers.next(3) {
            let at = numbers.next(bytes.len());
            bytes[at] = match numbers.next(4) {
                0 => 0xff,
                1 => 0,
                2 => bytes[at] ^ 1 << numbers.next(8),
                _ => u8::try_from(numbers.next(256)).unwrap(),
            };
        }
        look(&files, bytes);
    }
}

#[test]
fn own_tables_damaged() {
    let archive = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tables/tables.tar.gz");
    let folder = pack::unpack(&archive);
    let mut numbers = Numbers(1);
    for table in pack::tables_below(folder.path()) {
        damage(&table, 40, 120, &mut numbers);
    }
    little_memory();
}

#[test]
fn tables_of_the_pack_damaged() {
    let Some(data) = pack::data() else { return };
    let mut numbers = Numbers(2);
    let mut archives: Vec<_> =
        std::fs::read_dir(data.join("ms")).unwrap().map(|entry| entry.unwrap().path()).collect();
    archives.sort();
    let mut tables = 0;
    for archive in archives {
        let folder = pack::unpack(&archive);
        for table in pack::tables_below(folder.path()) {
            damage(&table, 3, 7, &mut numbers);
            tables += 1;
        }
    }
    assert!(tables > 400, "{tables}");
    little_memory();
}
