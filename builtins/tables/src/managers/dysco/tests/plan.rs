//! Files made by hand.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use super::super::{Antennas, Dysco};
use crate::buffer::BufferMut;
use crate::data_type::{Complex32, DataType};
use crate::desc::ColumnDesc;
use crate::error::Result;
use crate::managers::{BoundColumn, ColumnReader, Manager};
use crate::storage::{Folder, Memory, Source};

/// What a file is made of.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    /// DATA and WEIGHT_SPECTRUM; the second may be left out.
    pub(super) bits: (u8, Option<u8>),
    pub(super) distribution: u8,
    pub(super) normalization: u8,
    pub(super) channels: usize,
    pub(super) correlations: usize,
    pub(super) rows_per_block: u64,
    pub(super) blocks: u64,
    pub(super) nrow: u64,
    pub(super) antennas: u32,
    pub(super) seed: u64,
}

/// Numbers that look random and are always the same.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u32 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u32::try_from(self.0 >> 40).unwrap()
    }
}

impl Plan {
    pub(super) fn cell(&self) -> usize {
        self.channels * self.correlations
    }

    pub(super) fn factors(&self) -> u64 {
        let (channels, correlations) = (self.channels as u64, self.correlations as u64);
        match self.normalization {
            0 => correlations * (channels + u64::from(self.antennas)),
            1 => correlations * (channels + self.rows_per_block),
            _ => self.rows_per_block,
        }
    }

    /// The bytes of DATA and of WEIGHT_SPECTRUM in a block.
    pub(super) fn sizes(&self) -> (u64, u64) {
        let packed = |symbols: u64, bits: u8| (symbols * u64::from(bits)).div_ceil(8);
        let data = self.rows_per_block * self.cell() as u64 * 2;
        let weights = self.rows_per_block * self.channels as u64;
        (
            self.factors() * 4 + packed(data, self.bits.0),
            self.bits.1.map_or(0, |bits| 4 + packed(weights, bits)),
        )
    }

    pub(super) fn header(&self) -> Vec<u8> {
        let columns = 1 + u32::from(self.bits.1.is_some());
        let (data, weights) = self.sizes();
        let rows = u32::try_from(self.rows_per_block).unwrap();
        let block = u32::try_from(data + weights).unwrap();
        let mut bytes = Vec::new();
        for number in [60 + 12 * columns - 8 + 2, 54, columns, 2] {
            bytes.extend(u32::to_le_bytes(number));
        }
        bytes.extend(b"Dy");
        for number in [rows, self.antennas, block, 1] {
            bytes.extend(u32::to_le_bytes(number));
        }
        bytes.extend([
            self.bits.0,
            self.bits.1.unwrap_or(16),
            self.distribution,
            self.normalization,
        ]);
        bytes.extend(f64::to_le_bytes(3.0));
        bytes.extend(f64::to_le_bytes(2.5));
        for _ in 0..columns {
            for number in [12, block, self.antennas] {
                bytes.extend(u32::to_le_bytes(number));
            }
        }
        let size = u32::try_from(bytes.len()).unwrap();
        bytes[..4].copy_from_slice(&size.to_le_bytes());
        bytes
    }

    pub(super) fn file(&self) -> Vec<u8> {
        let mut bytes = self.header();
        let mut dice = Dice(self.seed);
        let (data, weights) = self.sizes();
        for _ in 0..self.blocks {
            let factors = self.factors();
            #[allow(clippy::cast_precision_loss)]
            let mut factor = || (dice.next() as f32 / 3e6).to_le_bytes();
            bytes.extend((0..factors).flat_map(|_| factor()));
            bytes.extend((factors * 4..data).map(|_| dice.next().to_le_bytes()[1]));
            if weights > 0 {
                bytes.extend(1234.5f32.to_le_bytes());
                bytes.extend((4..weights).map(|_| dice.next().to_le_bytes()[1]));
            }
        }
        bytes
    }

    pub(super) fn pair(&self, row: u64) -> (usize, usize) {
        let count = u64::from(self.antennas);
        (usize::try_from(row * 7 % count).unwrap(), usize::try_from(row * 3 % count).unwrap())
    }

    pub(super) fn open(&self, file: Vec<u8>) -> Result<Opened> {
        let antennas = (0..self.nrow).map(|row| self.pair(row)).collect::<Vec<_>>();
        self.open_with(
            file,
            antennas.iter().map(|(a, b)| [*a, *b].map(|a| i32::try_from(a).unwrap())).collect(),
        )
    }

    pub(super) fn open_with(&self, file: Vec<u8>, pairs: Vec<[i32; 2]>) -> Result<Opened> {
        let folder = Memory::new([(PathBuf::from("table.f0"), file)]);
        let source: Arc<dyn Source> = folder.open("table.f0")?;
        let antennas: Antennas = Box::new(move |rows: Range<u64>, into| {
            for (which, into) in into.iter_mut().enumerate() {
                into.clear();
                let rows = usize::try_from(rows.start).unwrap()..usize::try_from(rows.end).unwrap();
                into.extend(pairs[rows].iter().map(|pair| pair[which]));
            }
            Ok(())
        });
        let shape = [self.channels, self.correlations];
        let descs = [desc("DATA", DataType::Complex), desc("WEIGHT_SPECTRUM", DataType::Float)];
        let columns: Vec<_> = descs
            .iter()
            .take(1 + usize::from(self.bits.1.is_some()))
            .map(|desc| BoundColumn { desc, original_name: &desc.name, shape: Some(&shape) })
            .collect();
        let dysco = Dysco::of_file(source, self.nrow, &columns, antennas)?;
        let weights = self.bits.1.map(|_| dysco.column(1)).transpose()?;
        Ok(Opened { data: dysco.column(0)?, weights, cell: self.cell() })
    }
}

fn desc(name: &str, data_type: DataType) -> ColumnDesc {
    ColumnDesc {
        name: name.into(),
        data_type,
        scalar: false,
        ndim: 2,
        shape: None,
        max_length: 0,
        option: 5,
        later: crate::desc::column_desc::Later::default(),
    }
}

pub(super) struct Opened {
    pub(super) data: Arc<dyn ColumnReader>,
    pub(super) weights: Option<Arc<dyn ColumnReader>>,
    pub(super) cell: usize,
}

impl Opened {
    pub(super) fn data(&self, rows: Range<u64>) -> Result<Vec<Complex32>> {
        let count = usize::try_from(rows.end - rows.start).unwrap();
        let mut values = vec![Complex32::new(-7.0, -7.0); count * self.cell];
        self.data.read(rows, BufferMut::Complex(&mut values))?;
        Ok(values)
    }

    pub(super) fn weights(&self, rows: Range<u64>) -> Result<Vec<f32>> {
        let count = usize::try_from(rows.end - rows.start).unwrap();
        let mut values = vec![-7.0; count * self.cell];
        if let Some(weights) = &self.weights {
            weights.read(rows, BufferMut::Float(&mut values))?;
        }
        Ok(values)
    }

    /// Reads everything in several ways, for damaged files.
    pub(super) fn read_all(&self, nrow: u64) {
        let _ = self.data(0..nrow);
        let _ = self.weights(0..nrow);
        for row in 0..nrow {
            let _ = self.data(row..row + 1);
            let _ = self.weights(row..row + 1);
            assert!(self.data.grain(row) > 0);
        }
    }
}
