//! Tables with a tiled manager, made in memory from values that anyone can
//! compute from column, row and place.

use std::path::PathBuf;
use std::sync::Arc;

use crate::aipsio::MAGIC;
use crate::buffer::Endian;
use crate::data_type::DataType;
use crate::desc::column_set::{ColumnRef, ColumnSet, ManagerRef, StorageOption};
use crate::desc::{ColumnDesc, TableDesc};
use crate::error::Result;
use crate::managers::Siblings;
use crate::managers::tiled::Tiled;
use crate::storage::{Folder, Memory};

/// Writes AipsIO objects.
#[derive(Default)]
pub(super) struct Writer {
    pub(super) bytes: Vec<u8>,
    open: Vec<usize>,
}

impl Writer {
    pub(super) fn start(&mut self, kind: &str, version: u32) {
        if self.open.is_empty() {
            self.u32(MAGIC);
        }
        self.open.push(self.bytes.len());
        self.u32(0);
        self.text(kind);
        self.u32(version);
    }

    pub(super) fn end(&mut self) {
        let at = self.open.pop().unwrap();
        let length = u32::try_from(self.bytes.len() - at).unwrap();
        self.bytes[at..at + 4].copy_from_slice(&length.to_be_bytes());
    }

    pub(super) fn u32(&mut self, number: u32) {
        self.bytes.extend(number.to_be_bytes());
    }

    fn count(&mut self, number: usize) {
        self.u32(u32::try_from(number).unwrap());
    }

    fn bool(&mut self, value: bool) {
        self.bytes.push(u8::from(value));
    }

    fn text(&mut self, text: &str) {
        self.count(text.len());
        self.bytes.extend(text.bytes());
    }

    fn shape(&mut self, axes: &[usize]) {
        self.start("IPosition", 1);
        self.count(axes.len());
        for axis in axes {
            self.count(*axis);
        }
        self.end();
    }

    fn empty_record(&mut self) {
        self.start("Record", 1);
        self.start("RecordDesc", 2);
        self.u32(0);
        self.end();
        self.u32(1);
        self.end();
    }

    fn block(&mut self, numbers: &[usize]) {
        self.start("Block", 1);
        self.count(numbers.len());
        for number in numbers {
            self.count(*number);
        }
        self.end();
    }
}

/// A hypercube, in storage order; the last axis is that of the rows.
#[derive(Debug, Clone)]
pub(super) struct CubeModel {
    pub(super) shape: Vec<usize>,
    pub(super) tile: Vec<usize>,
}

/// A table with one tiled manager.
#[derive(Debug, Clone)]
pub(super) struct Model {
    pub(super) kind: &'static str,
    pub(super) endian: Endian,
    pub(super) types: Vec<DataType>,
    pub(super) cubes: Vec<CubeModel>,
    /// For each row its hypercube and position, if it has a value.
    pub(super) rows: Vec<Option<(usize, usize)>>,
}

/// The value of a column at a place, as bytes in the order of this machine.
pub(super) fn value(column: usize, row: usize, place: usize, kind: DataType) -> Vec<u8> {
    let seed = (column as u64) << 48 ^ (row as u64) << 24 ^ place as u64;
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut next = || {
        state ^= state >> 29;
        state = state.wrapping_mul(0xbf58_476d_1ce4_e5b9);
        (state >> 56) as u8
    };
    match kind {
        DataType::Bool => vec![next() & 1],
        other => (0..other.width().unwrap()).map(|_| next()).collect(),
    }
}

impl Model {
    fn cell_axes(&self) -> usize {
        self.cubes[0].shape.len() - 1
    }

    /// The order of the columns in a tile.
    fn order(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.types.len()).collect();
        order.sort_by_key(|at| self.types[*at].width().unwrap_or(0));
        order.reverse();
        order
    }

    /// The bytes of the data file of a hypercube.
    fn data(&self, number: usize) -> Vec<u8> {
        let cube = &self.cubes[number];
        let tile_len: usize = cube.tile.iter().product();
        let length = |kind: DataType| kind.width().map_or(tile_len.div_ceil(8), |w| w * tile_len);
        let bucket: usize = self.types.iter().map(|kind| length(*kind)).sum();
        let counts: Vec<usize> =
            cube.shape.iter().zip(&cube.tile).map(|(all, tile)| all.div_ceil(*tile)).collect();
        // Unused values are not zero.
        let mut bytes = vec![0xa5; bucket * counts.iter().product::<usize>()];
        let cell: usize = cube.shape[..self.cell_axes()].iter().product();
        for (row, place) in self.rows.iter().enumerate() {
            let Some((_, position)) = place.filter(|(cube, _)| *cube == number) else { continue };
            for at in 0..cell {
                let (mut rest, mut tile, mut within) = (at + position * cell, 0, 0);
                let (mut tiles, mut values) = (1, 1);
                for ((length, edge), count) in cube.shape.iter().zip(&cube.tile).zip(&counts) {
                    let here = rest % length;
                    rest /= length;
                    tile += here / edge * tiles;
                    within += here % edge * values;
                    tiles *= count;
                    values *= edge;
                }
                let mut start = tile * bucket;
                for column in self.order() {
                    let kind = self.types[column];
                    let mut value = value(column, row, at, kind);
                    if kind == DataType::Bool {
                        let byte = &mut bytes[start + within / 8];
                        *byte = *byte & !(1 << (within % 8)) | value[0] << (within % 8);
                    } else {
                        if self.endian != Endian::NATIVE {
                            value.chunks_mut(kind.swap_unit()).for_each(<[u8]>::reverse);
                        }
                        bytes[start + within * value.len()..][..value.len()]
                            .copy_from_slice(&value);
                    }
                    start += length(kind);
                }
            }
        }
        bytes
    }

    /// The bytes of the header.
    pub(super) fn header(&self) -> Vec<u8> {
        let mut to = Writer::default();
        let shaped = self.kind == "TiledShapeStMan";
        let default = self.cubes[0].tile.clone();
        to.start(self.kind, 1);
        if !shaped {
            to.shape(&default);
        }
        let version = if self.endian == Endian::Big { 1 } else { 2 };
        to.start("TiledStMan", version);
        if version == 2 {
            to.bool(false);
        }
        to.u32(3);
        to.count(self.rows.len());
        to.count(self.types.len());
        for kind in &self.types {
            to.u32(u32::try_from(kind.code()).unwrap());
        }
        to.text("tiles");
        to.u32(0);
        to.count(self.cubes[0].shape.len());
        to.count(self.cubes.len());
        for file in 0..self.cubes.len() {
            to.bool(true);
            to.u32(1);
            to.count(file);
            to.u32(0);
        }
        let dummy = usize::from(shaped);
        to.count(self.cubes.len() + dummy);
        if shaped {
            Self::cube(&mut to, &[], &[], u32::MAX);
        }
        for (file, cube) in self.cubes.iter().enumerate() {
            // A cell of its own has no axis of rows.
            let axes = cube.shape.len() - usize::from(self.kind == "TiledCellStMan");
            let file = u32::try_from(file).unwrap();
            let tile = &cube.tile[..axes.min(cube.tile.len())];
            Self::cube(&mut to, &cube.shape[..axes], tile, file);
        }
        to.end();
        if shaped {
            to.shape(&default);
            self.map(&mut to);
        }
        to.end();
        to.bytes
    }

    fn cube(to: &mut Writer, shape: &[usize], tile: &[usize], file: u32) {
        to.u32(1);
        to.empty_record();
        to.bool(true);
        to.count(shape.len());
        to.shape(shape);
        to.shape(tile);
        to.u32(file);
        to.u32(0);
    }

    /// The row map of a `TiledShapeStMan`.
    fn map(&self, to: &mut Writer) {
        let (mut rows, mut cubes, mut positions) = (Vec::new(), Vec::new(), Vec::new());
        for (row, place) in self.rows.iter().enumerate() {
            let (cube, position) = place.map_or((0, 0), |(cube, at)| (cube + 1, at));
            let goes_on = cubes.last() == Some(&cube)
                && (cube == 0 || positions.last() == Some(&position.wrapping_sub(1)));
            if goes_on {
                rows.pop();
                cubes.pop();
                positions.pop();
            }
            rows.push(row);
            cubes.push(cube);
            positions.push(position);
        }
        to.count(rows.len());
        to.block(&rows);
        to.block(&cubes);
        to.block(&positions);
    }

    /// Opens the manager with this header.
    pub(super) fn open_with(&self, header: Vec<u8>, cut: Option<usize>) -> Result<Tiled> {
        let mut files = vec![(PathBuf::from("table.f3"), header)];
        for cube in 0..self.cubes.len() {
            let mut bytes = self.data(cube);
            bytes.truncate(cut.unwrap_or(usize::MAX));
            files.push((format!("table.f3_TSM{cube}").into(), bytes));
        }
        let folder: Arc<dyn Folder> = Arc::new(Memory::new(files));
        let columns = self.types.iter().enumerate();
        let desc = TableDesc {
            columns: columns.map(|(at, kind)| self.desc(at, *kind)).collect(),
            ..TableDesc::default()
        };
        let names = desc.columns.iter().map(|column| column.name.clone());
        let set = ColumnSet {
            storage: StorageOption::SeparateFiles,
            managers: vec![ManagerRef { kind: self.kind.into(), seqnr: 3, blob: Vec::new() }],
            columns: names
                .map(|_| ColumnRef { original_name: None, seqnr: 3, shape: None })
                .collect(),
        };
        let siblings = Siblings {
            folder,
            desc: Arc::new(desc),
            set: Arc::new(set),
            endian: self.endian,
            nrow: self.rows.len() as u64,
        };
        Tiled::open(&siblings.context(0))
    }

    fn desc(&self, at: usize, data_type: DataType) -> ColumnDesc {
        ColumnDesc {
            name: format!("C{at}"),
            data_type,
            scalar: false,
            ndim: i32::try_from(self.cell_axes()).unwrap(),
            shape: None,
            max_length: 0,
            option: 0,
            later: crate::desc::column_desc::Later::default(),
        }
    }
}
