//! Every file of every table of the data pack, cut off and with bits turned
//! over at places that look random and are always the same. All columns are
//! read afterwards: values or an error are right, a panic, an endless wait or
//! a process that grows are not.
//!
//! `LEDAMA_DAMAGE_ROUNDS` multiplies the number of damages tried,
//! `LEDAMA_DAMAGE_ONLY` names one archive.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use ledama_tables::storage::{Disk, Folder, Memory, Source, Stamp};
use ledama_tables::{AxisPart, Column, Complex32, DataType, Error, Kind, Part, Table};
use support::damage::{Dice, flip, little_memory, overwrite};
use support::pack;

/// Damages tried for each file; every third cuts it off.
const DAMAGES: u64 = 6;

/// Values of a column that are read whole.
const WHOLE: usize = 1 << 14;

/// A folder in which one file is not as it is on disk.
struct Damaged {
    disk: Arc<dyn Folder>,
    target: PathBuf,
    bytes: Memory,
}

impl Damaged {
    fn is_target(&self, name: &str) -> bool {
        self.disk.path().join(name) == self.target
    }
}

impl Folder for Damaged {
    fn path(&self) -> &Path {
        self.disk.path()
    }

    fn open(&self, name: &str) -> Result<Arc<dyn Source>, Error> {
        if self.is_target(name) { self.bytes.open("file") } else { self.disk.open(name) }
    }

    fn has(&self, name: &str) -> bool {
        self.disk.has(name)
    }

    fn folder(&self, relative: &str) -> Result<Arc<dyn Folder>, Error> {
        let (target, bytes) = (self.target.clone(), self.bytes.clone());
        Ok(Arc::new(Self { disk: self.disk.folder(relative)?, target, bytes }))
    }

    fn stamp(&self, name: &str) -> Option<Stamp> {
        if self.is_target(name) { None } else { self.disk.stamp(name) }
    }
}

/// The rows at which a column is looked at.
fn rows(column: &Column) -> Vec<u64> {
    let last = column.nrow().checked_sub(1);
    let mut rows: Vec<u64> = last.into_iter().flat_map(|last| [0, last / 2, last]).collect();
    rows.dedup();
    rows
}

fn cut(column: &Column, row: u64) -> Result<(), Error> {
    let Some(shape) = column.shape(row)? else { return Ok(()) };
    let axes: Vec<_> = shape.iter().map(|axis| AxisPart::range(axis / 2..*axis)).collect();
    let (rows, part) = (row..row + 1, Part::new(axes));
    match column.data_type() {
        DataType::Bool => column.part::<bool>(rows, &part).map(drop),
        DataType::Float => column.part::<f32>(rows, &part).map(drop),
        DataType::Complex => column.part::<Complex32>(rows, &part).map(drop),
        _ => Ok(()),
    }
}

/// Reads a column in every way, whole if it is small or the damage is in its
/// files.
fn read_column(column: &Column, hit: bool) -> Result<(), Error> {
    for row in rows(column) {
        column.cell(row)?;
        cut(column, row)?;
    }
    let few = 0..column.nrow().min(if hit { 1 << 12 } else { 1 << 8 });
    let mut left = WHOLE;
    for run in column.runs(few) {
        let run = run?;
        let cell = run.shape.map_or(1, |shape| {
            shape.iter().fold(1usize, |all, axis| all.saturating_mul(*axis)).max(1)
        });
        left = left.saturating_sub(cell.saturating_mul(run.rows.count()));
    }
    if hit && left > 0 && column.nrow() <= 1 << 12 {
        column.digest()?;
    }
    Ok(())
}

/// Reads all of a table; `file` is the damaged one. Counts the errors.
fn read(folder: Arc<dyn Folder>, file: &str) -> usize {
    let Ok(table) = Table::open_in(folder) else { return 1 };
    let managers = table.managers();
    let number: String = file
        .strip_prefix("table.f")
        .unwrap_or_default()
        .chars()
        .take_while(char::is_ascii_digit)
        .collect();
    let mut errors = usize::from(table.lock_state().is_err());
    for keyword in table.subtables() {
        errors += usize::from(table.subtable(keyword).is_err());
    }
    for column in table.columns() {
        let Ok(column) = table.column(&column.name) else {
            errors += 1;
            continue;
        };
        let manager = managers
            .iter()
            .find(|manager| manager.columns.iter().any(|name| name == column.name()));
        let hit = number.is_empty()
            || table.kind() != Kind::Plain
            || manager.is_none_or(|manager| manager.seqnr.to_string() == number);
        errors += usize::from(read_column(&column, hit).is_err());
    }
    errors
}

/// What was done and what went wrong.
#[derive(Default)]
struct Tally {
    damages: AtomicUsize,
    noticed: AtomicUsize,
    files: AtomicUsize,
    panics: Mutex<Vec<String>>,
}

impl Tally {
    fn file(&self, archive: &str, root: &Path, path: &Path, linked: &[PathBuf], rounds: u64) {
        let name = path.strip_prefix(root).unwrap().display().to_string();
        let file = path.file_name().unwrap().to_string_lossy().into_owned();
        let mut hash = DefaultHasher::new();
        (archive, &name).hash(&mut hash);
        let first = hash.finish() >> 16;
        let sound = std::fs::read(path).unwrap();
        self.files.fetch_add(1, Ordering::Relaxed);
        for seed in first..first + DAMAGES * rounds {
            let mut dice = Dice::new(seed);
            let mut bytes = sound.clone();
            match seed % 3 {
                0 => bytes.truncate(dice.below(sound.len())),
                1 => flip(&mut bytes, &mut dice),
                _ => overwrite(&mut bytes, &mut dice),
            }
            let bytes = Memory::new([("file".into(), bytes)]);
            let own = path.parent().unwrap();
            for table in std::iter::once(own).chain(linked.iter().map(PathBuf::as_path)) {
                let disk = Arc::new(Disk::new(table));
                let folder = Damaged { disk, target: path.into(), bytes: bytes.clone() };
                let read = catch_unwind(AssertUnwindSafe(|| read(Arc::new(folder), &file)));
                self.damages.fetch_add(1, Ordering::Relaxed);
                match read {
                    Ok(errors) => {
                        self.noticed.fetch_add(usize::from(errors > 0), Ordering::Relaxed);
                    }
                    Err(_) => self.panics.lock().unwrap().push(format!(
                        "archive {archive}, file {name}, seed {seed}, table {}",
                        table.display()
                    )),
                }
            }
        }
    }

    fn archive(&self, archive: &Path, rounds: u64) {
        let name = archive.file_name().unwrap().to_string_lossy().replace(".tar.gz", "");
        let folder = pack::unpack(archive);
        let tables = pack::tables_below(folder.path());
        let linked: Vec<_> = tables
            .iter()
            .filter(|table| Table::open(table).is_ok_and(|table| table.kind() != Kind::Plain))
            .cloned()
            .collect();
        for table in tables {
            for entry in std::fs::read_dir(&table).unwrap() {
                let path = entry.unwrap().path();
                let file = path.file_name().unwrap().to_string_lossy().into_owned();
                if path.is_file() && file.starts_with("table.") && file != "table.info" {
                    // Tables made of others are few: each sees the damages of all.
                    self.file(&name, folder.path(), &path, &linked, rounds);
                }
            }
        }
    }
}

#[test]
fn every_file_of_every_archive() {
    let Some(data) = pack::data() else { return };
    let rounds: u64 =
        std::env::var("LEDAMA_DAMAGE_ROUNDS").map_or(1, |rounds| rounds.parse().unwrap());
    let only = std::env::var("LEDAMA_DAMAGE_ONLY").unwrap_or_default();
    let mut archives: Vec<_> = std::fs::read_dir(data.join("ms"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| only.is_empty() || path.ends_with(format!("{only}.tar.gz")))
        .collect();
    archives.sort();
    let tally = Tally::default();
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(archive) = archives.get(next.fetch_add(1, Ordering::Relaxed)) {
                    tally.archive(archive, rounds);
                }
            });
        }
    });
    let panics = tally.panics.into_inner().unwrap();
    assert!(panics.is_empty(), "{} panics:\n{}", panics.len(), panics.join("\n"));
    let count = |number: AtomicUsize| number.into_inner();
    let (files, damages, noticed) =
        (count(tally.files), count(tally.damages), count(tally.noticed));
    println!("{files} files, {damages} damages, {noticed} noticed");
    if only.is_empty() {
        assert!(files > 2000 && damages > 10_000, "{files} files, {damages} damages");
        // Most damages hit values, which any bytes can be.
        assert!(noticed * 4 > damages, "{noticed} of {damages}");
    }
    little_memory();
}
