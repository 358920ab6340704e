//! The settings of a tiled manager with casacore's names, shapes in storage
//! order.
//!
//! Source of the names: `TiledStMan::dataManagerSpec` in
//! `casacore/tables/DataMan/TiledStMan.cc`.

use ndarray::Array1;

use crate::value::{Array, Record, Value};

use super::cube::Cube;
use super::header::Header;

/// The settings, with a record for each hypercube that has a shape.
pub(super) fn record(header: &Header, cubes: &[Option<Cube>], seqnr: u32) -> Record {
    let mut cells = Record::new();
    let known =
        header.cubes.iter().zip(cubes).filter_map(|(header, cube)| Some((header, cube.as_ref()?)));
    for (number, (from, cube)) in known.enumerate() {
        let mut one = Record::new();
        let axes = from.shape.len().min(cube.cell.len());
        one.set("CubeShape", numbers(&from.shape));
        one.set("TileShape", numbers(&from.tile));
        one.set("CellShape", numbers(&from.shape[..axes]));
        one.set("BucketSize", integer(cube.bucket));
        one.set("ID", Value::Record(from.values.clone()));
        cells.set(format!("*{}", number + 1), Value::Record(one));
    }
    let mut all = Record::new();
    all.set("MaxCacheSize", integer(header.cache));
    all.set("DEFAULTTILESHAPE", numbers(&header.tile));
    all.set("MAXIMUMCACHESIZE", Value::Int64(i64::try_from(header.cache).unwrap_or(i64::MAX)));
    all.set("HYPERCUBES", Value::Record(cells));
    all.set("SEQNR", Value::UInt(seqnr));
    if let Some(index) = header.index {
        all.set("IndexSize", Value::UInt(index));
    }
    all
}

/// A number of 32 bits where it fits.
fn integer(number: u64) -> Value {
    match i32::try_from(number) {
        Ok(number) => Value::Int(number),
        Err(_) => Value::Int64(i64::try_from(number).unwrap_or(i64::MAX)),
    }
}

/// A shape in numbers of 32 bits where they fit.
fn numbers(shape: &[i64]) -> Value {
    let small: Option<Vec<i32>> = shape.iter().map(|axis| i32::try_from(*axis).ok()).collect();
    Value::Array(match small {
        Some(axes) => Array::Int(Array1::from_vec(axes).into_dyn()),
        None => Array::Int64(Array1::from_vec(shape.to_vec()).into_dyn()),
    })
}
