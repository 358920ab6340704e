//! Damaged files of the standard, incremental, AipsIO and tiled managers: whatever
//! is cut off or overwritten, reading ends with values or with an error.
//!
//! `LEDAMA_DAMAGE_ROUNDS` multiplies the number of damages tried.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ledama_tables::storage::Memory;
use ledama_tables::{AxisPart, Column, DataType, Part, Table};
use support::damage::{Dice, overwrite};
use support::pack;

type Files = BTreeMap<PathBuf, Vec<u8>>;

/// Overwrites tried for each file.
const OVERWRITES: u64 = 30;
/// Truncations tried for each file.
const CUTS: usize = 12;

fn files(folder: &Path) -> Files {
    let mut files = Files::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            files.insert(path.file_name().unwrap().into(), std::fs::read(&path).unwrap());
        }
    }
    files
}

fn part(column: &Column, row: u64) -> Result<(), ledama_tables::Error> {
    let Some(shape) = column.shape(row)? else { return Ok(()) };
    let axes: Vec<AxisPart> = shape.iter().map(|axis| AxisPart::range(axis / 2..*axis)).collect();
    if axes.is_empty() {
        return Ok(());
    }
    match column.data_type() {
        DataType::Float => column.part::<f32>(row..row + 1, &Part::new(axes)).map(drop),
        DataType::Int => column.part::<i32>(row..row + 1, &Part::new(axes)).map(drop),
        _ => Ok(()),
    }
}

/// Reads all there is, in ranges, single cells and parts; counts the errors.
fn read(files: &Files) -> usize {
    let Ok(table) = Table::open_in(Arc::new(Memory::new(files.clone()))) else { return 1 };
    table.managers();
    let mut errors = 0;
    for column in table.columns() {
        let Ok(column) = table.column(&column.name) else {
            errors += 1;
            continue;
        };
        errors += usize::from(column.digest().is_err());
        for row in [0, column.nrow() / 2, column.nrow().saturating_sub(1)] {
            if row < column.nrow() {
                errors += usize::from(column.cell(row).is_err());
                errors += usize::from(part(&column, row).is_err());
            }
        }
    }
    errors
}

/// Damages tables of an archive of the data pack, where it is there.
fn damage(archive: &str, tables: &[&str]) {
    let Some(data) = pack::data() else { return };
    let folder = pack::unpack(&data.join(format!("ms/{archive}.tar.gz")));
    damage_in(&folder.path().join(archive), tables);
}

fn damage_in(folder: &Path, tables: &[&str]) {
    let rounds: u64 =
        std::env::var("LEDAMA_DAMAGE_ROUNDS").map_or(1, |rounds| rounds.parse().unwrap());
    for table in tables {
        let sound = files(&folder.join(table));
        assert_eq!(read(&sound), 0, "{table}");
        let names: Vec<_> =
            sound.keys().filter(|name| name.to_string_lossy().starts_with("table.f")).collect();
        assert!(!names.is_empty(), "{table} has no data files");
        let mut dice = Dice::new(0);
        for name in names {
            let bytes = &sound[name];
            let mut damaged = sound.clone();
            damaged.insert(name.clone(), Vec::new());
            let noticed = read(&damaged);
            assert!(noticed > 0 || bytes.len() < 64, "{table}: an empty {}", name.display());
            for _ in 0..CUTS {
                damaged.insert(name.clone(), bytes[..dice.below(bytes.len())].to_vec());
                read(&damaged);
            }
            for _ in 0..OVERWRITES * rounds {
                let mut bytes = bytes.clone();
                overwrite(&mut bytes, &mut dice);
                damaged.insert(name.clone(), bytes);
                read(&damaged);
            }
        }
    }
}

#[test]
fn made_here() {
    let archive = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tables/tables.tar.gz");
    let folder = pack::unpack(&archive);
    let tables = ["standard-big", "standard-little", "incremental-big", "incremental-little"];
    let tables = tables.into_iter().chain(["aipsio", "records", "strings"]);
    let tables: Vec<_> = tables.map(|name| format!("{name}.tab")).collect();
    damage_in(folder.path(), &tables.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn standard() {
    damage("syn-ssm", &["ssm_two.tab", "ssm_rows_7.tab", "ssm_edited.tab", "ssm_tiny_200.tab"]);
    damage("syn-types", &["ssm_big.tab", "ssm_little.tab"]);
}

#[test]
fn incremental() {
    damage("syn-ism", &["ism_big.tab", "ism_little.tab", "ism_removed.tab"]);
    damage("syn-types", &["ism_big.tab", "ism_little.tab"]);
}

#[test]
fn aipsio() {
    damage("syn-types", &["aipsio_big.tab", "aipsio_little.tab"]);
}

#[test]
fn texts_and_records() {
    damage("syn-strings", &["ssm.tab", "ism.tab"]);
    damage("syn-records", &["records.tab"]);
}

#[test]
fn tiled() {
    damage("syn-tiledcolumn", &["tcol_big.tab"]);
    damage("syn-tiledshape", &["three_cubes_little.tab"]);
    damage("syn-tiledcell", &["cells_big.tab"]);
}
