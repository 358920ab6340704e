//! Tables in memory that an input damages: what the targets share.
//!
//! The sound tables are those of the tests (`tests/data`). The first byte of
//! an input chooses the table, the second how it is damaged:
//!
//! - below 128: any number of patches of the files of the table, each with a
//!   file (one byte), a length (one byte), a place (two bytes, lowest first)
//!   and as many bytes as the length says; a length of 128 or more cuts the
//!   file off at the place instead;
//! - otherwise the rest of the input takes the place of a whole file.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use ledama_tables::storage::{Folder, Memory};
use ledama_tables::{AxisPart, Column, Complex32, DataType, Error, Part, Table};

type Files = BTreeMap<PathBuf, Vec<u8>>;

/// Tables with more rows are looked at, but not read whole: a sound table may
/// have as many, and would take as long.
const MOST_ROWS: u64 = 1 << 16;
/// Cells with more values are not read: the files may hold them sparsely.
const MOST_VALUES: usize = 1 << 16;

/// Sound tables, of which an input damages one.
pub struct Tables {
    /// All files around the tables.
    files: Files,
    tables: Vec<PathBuf>,
    /// The files that are damaged, for each table.
    targets: Vec<Vec<PathBuf>>,
}

impl Tables {
    /// The named tables of an archive; with `linked` they refer to each other,
    /// so that an input may damage the files of all of them.
    pub fn new(archive: &[u8], names: &[&str], linked: bool) -> Self {
        let mut files = Files::new();
        let mut archive = tar::Archive::new(GzDecoder::new(archive));
        for entry in archive.entries().expect("a sound archive") {
            let mut entry = entry.expect("a sound archive");
            let path = entry.path().expect("a sound archive").into_owned();
            let path = path.strip_prefix(".").map_or(path.clone(), Path::to_path_buf);
            let wanted = names.iter().any(|name| path.starts_with(name));
            if entry.header().entry_type().is_file() && wanted {
                let mut bytes = Vec::new();
                entry.read_to_end(&mut bytes).expect("a sound archive");
                files.insert(path, bytes);
            }
        }
        let tables: Vec<PathBuf> = names.iter().map(PathBuf::from).collect();
        let targets = tables.iter().map(|table| {
            let own = files.keys().filter(|file| linked || file.starts_with(table));
            let own: Vec<_> = own.filter(|file| !file.ends_with("table.info")).cloned().collect();
            assert!(!own.is_empty(), "no table {}", table.display());
            own
        });
        let targets = targets.collect();
        Self { files, tables, targets }
    }

    /// Reads a damaged table in every way.
    pub fn run(&self, input: &[u8]) {
        let [choice, how, rest @ ..] = input else { return };
        let choice = usize::from(*choice) % self.tables.len();
        let targets = &self.targets[choice];
        let mut files = self.files.clone();
        if *how >= 128 {
            let target = &targets[usize::from(*how - 128) % targets.len()];
            files.insert(target.clone(), rest.to_vec());
        } else {
            patch(&mut files, targets, rest);
        }
        let folder = Memory::new(files).folder(&self.tables[choice].to_string_lossy());
        if let Ok(table) = folder.and_then(Table::open_in) {
            read(&table);
        }
    }

    /// The inputs that damage nothing: a seed for each file of each table.
    pub fn seeds(&self) -> Vec<Vec<u8>> {
        let mut seeds = Vec::new();
        for (choice, targets) in self.targets.iter().enumerate() {
            let own = |file: &PathBuf| file.starts_with(&self.tables[choice]);
            for (how, target) in targets.iter().enumerate().filter(|(_, file)| own(file)) {
                let head = [choice, 128 + how].map(|number| number.to_le_bytes()[0]);
                seeds.push([&head, self.files[target].as_slice()].concat());
            }
            seeds.push(vec![choice.to_le_bytes()[0], 0]);
        }
        seeds
    }
}

fn patch(files: &mut Files, targets: &[PathBuf], mut rest: &[u8]) {
    while let [file, length, low, high, bytes @ ..] = rest {
        let file = files.get_mut(&targets[usize::from(*file) % targets.len()]);
        let at = usize::from(u16::from_le_bytes([*low, *high]));
        rest = bytes;
        let Some(file) = file else { return };
        if *length >= 128 {
            file.truncate(at);
            continue;
        }
        let (bytes, after) = rest.split_at(usize::from(*length).min(rest.len()));
        rest = after;
        for (to, from) in file.iter_mut().skip(at).zip(bytes) {
            *to = *from;
        }
    }
}

/// Asks a table for all there is.
pub fn read(table: &Table) {
    let _ = table.managers();
    let _ = table.lock_state();
    for keyword in table.subtables() {
        let _ = table.subtable(keyword);
    }
    for column in table.columns() {
        if let Ok(column) = table.column(&column.name) {
            let _ = read_column(&column);
        }
    }
}

fn read_column(column: &Column) -> Result<(), Error> {
    let nrow = column.nrow();
    for run in column.runs(0..nrow.min(MOST_ROWS)).take(1000) {
        if run?.shape.is_some_and(|shape| values(&shape) > MOST_VALUES) {
            return Ok(());
        }
    }
    if nrow <= MOST_ROWS {
        let _ = column.digest();
    }
    for row in [nrow.saturating_sub(1), 0, nrow / 2] {
        if row < nrow {
            let _ = column.cell(row);
            let _ = cut(column, row);
        }
    }
    Ok(())
}

fn cut(column: &Column, row: u64) -> Result<(), Error> {
    let Some(shape) = column.shape(row)? else { return Ok(()) };
    let axes: Vec<_> = shape.iter().map(|axis| AxisPart::range(axis / 2..*axis)).collect();
    let part = Part::new(axes);
    let rows = row..row + 1;
    match column.data_type() {
        DataType::Bool => column.part::<bool>(rows, &part).map(drop),
        DataType::Int => column.part::<i32>(rows, &part).map(drop),
        DataType::Float => column.part::<f32>(rows, &part).map(drop),
        DataType::Complex => column.part::<Complex32>(rows, &part).map(drop),
        _ => Ok(()),
    }
}

fn values(shape: &[usize]) -> usize {
    shape.iter().fold(1, |all, axis| all.saturating_mul(*axis))
}

/// The sound tables of each target, by its name.
pub fn tables_of(target: &str) -> Tables {
    const TABLES: &[u8] = include_bytes!("../../tests/data/tables/tables.tar.gz");
    const COMPRESSED: &[u8] = include_bytes!("../../tests/data/compressed/compressed.tar.gz");
    let (archive, names, linked): (_, &[&str], _) = match target {
        "standard" => (
            TABLES,
            &["standard-big.tab", "standard-little.tab", "strings.tab", "records.tab"],
            false,
        ),
        "increments" => {
            (TABLES, &["incremental-big.tab", "incremental-little.tab", "aipsio.tab"], false)
        }
        "tiled" => (
            TABLES,
            &["tiledcolumn.tab", "tiledshape.tab", "tiledcell.tab", "bits.tab", "empty.tab"],
            false,
        ),
        "dysco" => (TABLES, &["dysco.tab"], false),
        "linked" => (
            TABLES,
            &[
                "concat.tab",
                "reference.tab",
                "rows.tab",
                "multifile.tab",
                "keywords.tab",
                "part0.tab",
                "part1.tab",
                "part2.tab",
                "sub.tab",
                "standard-little.tab",
            ],
            true,
        ),
        "compressed" => (
            COMPRESSED,
            &["smooth-2.tab", "various-2.tab", "metadata.tab", "diagonal.tab", "stokes_i.tab"],
            false,
        ),
        other => panic!("no tables for {other}"),
    };
    Tables::new(archive, names, linked)
}

/// Inputs that damage nothing.
pub fn seeds_of(target: &str) -> Vec<Vec<u8>> {
    if target != "table_dat" {
        return tables_of(target).seeds();
    }
    let mut seeds = Vec::new();
    for target in ["standard", "increments", "tiled", "dysco", "compressed", "linked"] {
        let files = tables_of(target).files.into_iter();
        seeds.extend(files.filter(|(path, _)| path.ends_with("table.dat")).map(|(_, file)| file));
    }
    seeds
}

/// Defines a target by its name.
#[macro_export]
macro_rules! target {
    ($name:literal) => {
        static TABLES: std::sync::LazyLock<$crate::Tables> =
            std::sync::LazyLock::new(|| $crate::tables_of($name));

        libfuzzer_sys::fuzz_target!(|input: &[u8]| TABLES.run(input));
    };
}
