//! Reading of made tables: every layout against its values, and damaged ones
//! without a panic.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod fixture;

use proptest::prelude::*;

use crate::buffer::{BufferMut, Endian};
use crate::data_type::{Complex32, Complex64, DataType};
use crate::managers::{ColumnReader, Manager};
use crate::part::{AxisPart, Part};

use fixture::{CubeModel, Model, value};

const TYPES: [DataType; 11] = [
    DataType::Bool,
    DataType::UChar,
    DataType::Short,
    DataType::UShort,
    DataType::Int,
    DataType::UInt,
    DataType::Int64,
    DataType::Float,
    DataType::Double,
    DataType::Complex,
    DataType::DComplex,
];

/// Reads into a buffer of the type and gives its bytes.
fn bytes(
    kind: DataType,
    length: usize,
    read: impl FnOnce(BufferMut<'_>) -> crate::Result<()>,
) -> crate::Result<Vec<u8>> {
    macro_rules! typed {
        ($rust:ty, $kind:ident) => {{
            let mut values = vec![<$rust>::default(); length];
            read(BufferMut::$kind(&mut values))?;
            bytemuck::cast_slice(&values).to_vec()
        }};
    }
    Ok(match kind {
        DataType::Bool => {
            let mut values = vec![false; length];
            read(BufferMut::Bool(&mut values))?;
            values.into_iter().map(u8::from).collect()
        }
        DataType::UChar => typed!(u8, UChar),
        DataType::Short => typed!(i16, Short),
        DataType::UShort => typed!(u16, UShort),
        DataType::Int => typed!(i32, Int),
        DataType::UInt => typed!(u32, UInt),
        DataType::Int64 => typed!(i64, Int64),
        DataType::Float => typed!(f32, Float),
        DataType::Double => typed!(f64, Double),
        DataType::Complex => typed!(Complex32, Complex),
        DataType::DComplex => typed!(Complex64, DComplex),
        other => unreachable!("{other}"),
    })
}

/// Reads all rows in pieces of about `step` rows, whole and by a part, and
/// compares them with the values of the model.
fn compare(model: &Model, reader: &dyn ColumnReader, column: usize, step: u64, cut: &[[usize; 3]]) {
    let kind = model.types[column];
    let nrow = model.rows.len() as u64;
    let mut row = 0;
    while row < nrow {
        let (shape, count) = reader.run(row..nrow.min(row + step)).unwrap();
        let here = usize::try_from(row).unwrap();
        assert_eq!(shape.is_some(), model.rows[here].is_some(), "row {row}");
        let rows = row..row + count;
        row += count;
        let Some(shape) = shape else { continue };
        let (cube, _) = model.rows[here].unwrap();
        let axes = model.cubes[cube].shape.len() - 1;
        let mut expected: Vec<usize> = model.cubes[cube].shape[..axes].to_vec();
        expected.reverse();
        assert_eq!(shape, expected);
        let part = Part::new(
            shape
                .iter()
                .zip(cut)
                .map(|(length, [start, step, count])| {
                    let (start, step) = (start % length, step % 3 + 1);
                    let most = (length - start).div_ceil(step);
                    AxisPart { start, step, count: count % most + 1 }
                })
                .collect::<Vec<_>>(),
        );
        for (offsets, part) in [
            (
                Part::new(shape.iter().map(|n| AxisPart::all(*n)).collect::<Vec<_>>())
                    .offsets(&shape),
                None,
            ),
            (part.offsets(&shape), Some(&part)),
        ] {
            let length = offsets.len() * usize::try_from(count).unwrap();
            let found = bytes(kind, length, |out| match part {
                Some(part) => reader.read_part(rows.clone(), part, out),
                None => reader.read(rows.clone(), out),
            });
            let expected: Vec<u8> = (rows.start..rows.end)
                .flat_map(|row| offsets.iter().map(move |at| (usize::try_from(row).unwrap(), *at)))
                .flat_map(|(row, at)| value(column, row, at, kind))
                .collect();
            assert_eq!(
                found.unwrap(),
                expected,
                "{model:?} column {column} rows {rows:?} {part:?}"
            );
        }
        assert!(reader.grain(rows.start) >= 1);
    }
}

fn axis() -> impl Strategy<Value = (usize, usize)> {
    (1usize..9, 1usize..11)
}

/// Hypercubes of up to four axes with any tiles, rows spread over them.
fn model() -> impl Strategy<Value = Model> {
    let cells = prop::collection::vec(prop::collection::vec(axis(), 0..4), 1..4);
    let types = prop::collection::vec(prop::sample::select(TYPES.to_vec()), 1..4);
    let rows = prop::collection::vec((any::<prop::sample::Index>(), 1usize..12, 0u8..5), 1..8);
    let tiles = prop::collection::vec(1usize..9, 3);
    (0usize..3, any::<bool>(), types, cells, rows, tiles).prop_map(
        |(kind, big, types, cells, rows, tiles)| {
            let kind = ["TiledColumnStMan", "TiledShapeStMan", "TiledCellStMan"][kind];
            let axes = cells[0].len().max(usize::from(kind != "TiledColumnStMan"));
            let cell = |at: usize| {
                let mut cell = cells[at].clone();
                cell.resize(axes, (3, 2));
                cell
            };
            let number = if kind == "TiledColumnStMan" { 1 } else { cells.len() };
            let (mut places, mut used, mut order) = (Vec::new(), vec![0; number], Vec::new());
            for (index, count, undefined) in rows {
                for _ in 0..count {
                    let cube = index.index(number);
                    if undefined == 0 && kind == "TiledShapeStMan" {
                        places.push(None);
                    } else if kind == "TiledCellStMan" {
                        places.push(Some((order.len(), 0)));
                        order.push(cube);
                    } else {
                        places.push(Some((cube, used[cube])));
                        used[cube] += 1;
                    }
                }
            }
            let cube = |at: usize, rows: usize, tile: usize| {
                let (mut shape, mut tiles): (Vec<_>, Vec<_>) = cell(at).into_iter().unzip();
                shape.push(rows);
                tiles.push(tile);
                CubeModel { shape, tile: tiles }
            };
            let cubes = if kind == "TiledCellStMan" {
                order.iter().map(|at| cube(*at, 1, 1)).collect()
            } else {
                (0..number).map(|at| cube(at, used[at], tiles[at])).collect()
            };
            let endian = if big { Endian::Big } else { Endian::Little };
            Model { kind, endian, types, cubes, rows: places }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_layout_is_read(model in model(), step in 1u64..9, cut in prop::collection::vec(any::<[u16; 3]>(), 4)) {
        let cut: Vec<[usize; 3]> = cut.into_iter().map(|cut| cut.map(usize::from)).collect();
        let tiled = model.open_with(model.header(), None).unwrap();
        for column in 0..model.types.len() {
            let reader = tiled.column(column).unwrap();
            compare(&model, &*reader, column, 1000, &cut);
            compare(&model, &*reader, column, step, &cut);
        }
    }

    #[test]
    fn damaged_headers_do_no_harm(
        model in model(),
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        length in any::<prop::sample::Index>(),
        cut in any::<bool>(),
        data in prop::option::of(0usize..200),
    ) {
        let mut header = model.header();
        for (index, byte) in flips {
            let at = index.index(header.len());
            header[at] = byte;
        }
        if cut {
            header.truncate(length.index(header.len()));
        }
        try_all(&model, header, data);
    }
}

/// Opens a table that may be damaged and reads what it offers, but no more
/// than its files hold.
fn try_all(model: &Model, header: Vec<u8>, data: Option<usize>) {
    let Ok(tiled) = model.open_with(header, data) else { return };
    let nrow = model.rows.len() as u64;
    for (column, kind) in model.types.iter().enumerate() {
        let Ok(reader) = tiled.column(column) else { continue };
        for row in 0..nrow {
            let Ok((Some(shape), count)) = reader.run(row..nrow) else { continue };
            assert!(count >= 1 && row + count <= nrow);
            let length = shape.iter().product::<usize>() * usize::try_from(count).unwrap();
            assert!(length < 1 << 20, "{shape:?}: more than the files hold");
            bytes(*kind, length, |out| reader.read(row..row + count, out)).ok();
            reader.grain(row);
        }
    }
}

/// A table that is large enough for all ways of reading.
fn large(kind: DataType, endian: Endian, tile: [usize; 3]) -> Model {
    let rows = 1500;
    Model {
        kind: "TiledColumnStMan",
        endian,
        types: vec![kind, DataType::Int],
        cubes: vec![CubeModel { shape: vec![4, 24, rows], tile: tile.to_vec() }],
        rows: (0..rows).map(|row| Some((0, row))).collect(),
    }
}

#[test]
fn large_tiles_are_read_in_pieces() {
    let kinds = [
        (DataType::Bool, Endian::Little),
        (DataType::Complex, Endian::Big),
        (DataType::Complex, Endian::Little),
    ];
    for (kind, endian) in kinds {
        for tile in [[4, 24, 1000], [4, 5, 1024], [3, 24, 700]] {
            let model = large(kind, endian, tile);
            let tiled = model.open_with(model.header(), None).unwrap();
            let reader = tiled.column(0).unwrap();
            compare(&model, &*reader, 0, 10_000, &[[7, 0, 0], [0, 0, 3]]);
            compare(&model, &*reader, 0, 999, &[[1, 2, 5], [1, 0, 1]]);
        }
    }
}

#[test]
fn single_rows_in_any_order() {
    let model = large(DataType::Float, Endian::Big, [4, 5, 100]);
    let tiled = model.open_with(model.header(), None).unwrap();
    let reader = tiled.column(0).unwrap();
    let forward = 0..1500;
    let skipping = (0..1500).step_by(3);
    let backward = (0..1500).rev();
    let jumping = (0..1500).map(|at| at * 1237 % 1500);
    for row in forward.chain(skipping).chain(backward).chain(jumping) {
        let found = bytes(DataType::Float, 96, |out| reader.read(row..row + 1, out)).unwrap();
        let row = usize::try_from(row).unwrap();
        let expected: Vec<u8> = (0..96).flat_map(|at| value(0, row, at, DataType::Float)).collect();
        assert_eq!(found, expected, "row {row}");
    }
}

#[test]
fn a_short_file_gives_its_rows_and_then_an_error() {
    let model = large(DataType::Float, Endian::Little, [4, 24, 100]);
    // Two and a half tiles of two columns.
    let bucket = 4 * 24 * 100 * 8;
    let tiled = model.open_with(model.header(), Some(bucket * 5 / 2)).unwrap();
    let reader = tiled.column(0).unwrap();
    let (shape, count) = reader.run(0..1500).unwrap();
    assert_eq!((shape, count), (Some(vec![24, 4]), 200));
    bytes(DataType::Float, 200 * 96, |out| reader.read(0..200, out)).unwrap();
    let error = reader.run(200..1500).unwrap_err();
    assert!(error.to_string().contains("before the tiles of row 200"), "{error}");
}

#[test]
fn impossible_headers_are_refused() {
    let model = large(DataType::Float, Endian::Little, [4, 24, 100]);
    let wrong = |change: &dyn Fn(&mut Model)| {
        let mut model = model.clone();
        change(&mut model);
        let header = model.header();
        let model = large(DataType::Float, Endian::Little, [4, 24, 100]);
        model.open_with(header, None).map(|_| ()).map_err(|error| error.to_string())
    };
    assert_eq!(wrong(&|_| ()), Ok(()));
    let contains = |result: Result<(), String>, what: &str| {
        let message = result.unwrap_err();
        assert!(message.contains(what), "{message}");
    };
    contains(wrong(&|model| model.cubes[0].tile[1] = 0), "an empty tile");
    let huge = usize::try_from(i32::MAX).unwrap();
    contains(wrong(&|model| model.cubes[0].tile = vec![huge; 3]), "larger than any file");
    contains(wrong(&|model| model.types[1] = DataType::Double), "has type 8");
    contains(wrong(&|model| model.types.truncate(1)), "holds 1 columns");
    contains(wrong(&|model| model.endian = Endian::Big), "byte orders");
    contains(wrong(&|model| model.cubes[0].tile.truncate(2)), "differ in their axes");
}

#[test]
fn row_maps_that_lead_nowhere_are_errors() {
    let mut model = large(DataType::Float, Endian::Little, [4, 24, 100]);
    model.kind = "TiledShapeStMan";
    model.rows[7] = Some((5, 7));
    model.rows[9] = Some((0, 5000));
    let header = model.header();
    model.rows[7] = None;
    model.rows[9] = None;
    let tiled = model.open_with(header, None).unwrap();
    let reader = tiled.column(0).unwrap();
    assert_eq!(reader.run(0..1500).unwrap(), (Some(vec![24, 4]), 7));
    let error = reader.run(7..1500).unwrap_err().to_string();
    assert!(error.contains("row 7 is in a hypercube that does not exist"), "{error}");
    let error = reader.run(9..1500).unwrap_err().to_string();
    assert!(error.contains("row 9 is beyond the end of its hypercube"), "{error}");
    assert_eq!(reader.run(10..1500).unwrap().1, 1490);
}
