//! Where a column stands in the blocks of a file.
//!
//! A block holds a fixed number of rows (one time step, as a rule). In it the
//! columns follow one after the other: for each the factors as floats, then
//! the symbols of all rows, packed without gaps between values and rows.
//! None of these sizes is in the file, but their sum is.
//!
//! Source: `threadeddyscocolumn.cc`, `aftimeblockencoder.h`,
//! `rftimeblockencoder.h`, `rowtimeblockencoder.h` and `weightblockencoder.h`
//! in `casacore/tables/Dysco`.

use std::path::Path;

use super::header::{Header, Normalization};
use super::symbols;
use crate::data_type::DataType;
use crate::error::{Error, Result};
use crate::managers::BoundColumn;

/// The most factors of a block that are believed: 256 MiB of them.
const MOST_FACTORS: u64 = 1 << 26;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    /// Complex values, scaled as the header says.
    Data(Normalization),
    /// Weights, one for all correlations of a channel.
    Weights,
}

/// A column and its place in each block.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    pub(super) name: String,
    pub(super) content: Content,
    pub(super) channels: usize,
    pub(super) correlations: usize,
    /// Bits of a symbol.
    pub(super) bits: u8,
    /// Symbols of a row.
    pub(super) symbols: u64,
    /// Floats before the symbols of a block.
    pub(super) factors: u64,
    /// Where it begins in a block, in bytes.
    pub(super) offset: u64,
    /// Its bytes in a block.
    pub(super) size: u64,
}

impl Layout {
    /// The columns of a file, in their order.
    pub(super) fn of(
        path: &Path,
        header: &Header,
        columns: &[BoundColumn<'_>],
    ) -> Result<Vec<Self>> {
        if header.columns != columns.len() {
            return Err(Error::corrupt(
                path,
                format!("holds {} columns; the table has {}", header.columns, columns.len()),
            ));
        }
        let mut layouts = Vec::with_capacity(columns.len());
        let mut offset = 0u64;
        for column in columns {
            let layout = Self::column(path, header, column, offset)?;
            offset = offset.saturating_add(layout.size);
            layouts.push(layout);
        }
        if header.rows_per_block > 0 && offset != header.block_size {
            let found = header.block_size;
            return Err(Error::corrupt(
                path,
                format!("has blocks of {found} bytes, and its columns make blocks of {offset}"),
            ));
        }
        Ok(layouts)
    }

    fn column(path: &Path, header: &Header, column: &BoundColumn<'_>, offset: u64) -> Result<Self> {
        let name = &column.desc.name;
        let wrong = |what: String| Error::corrupt(path, format!("column {name} {what}"));
        let (content, bits) = match column.desc.data_type {
            _ if column.desc.scalar => return Err(wrong("is no array".into())),
            DataType::Complex => (Content::Data(header.normalization), header.data_bits),
            DataType::Float => (Content::Weights, header.weight_bits),
            other => return Err(wrong(format!("is of type {other}, which Dysco does not hold"))),
        };
        if !symbols::is_width(bits) {
            return Err(wrong(format!("has symbols of {bits} bits")));
        }
        let Some([channels, correlations]) = column.shape else {
            return Err(wrong(format!("has the shape {:?}, not two axes", column.shape)));
        };
        Self::sizes(header, content, bits, [*channels as u64, *correlations as u64])
            .map(|(symbols, factors, size)| Self {
                name: name.clone(),
                content,
                channels: *channels,
                correlations: *correlations,
                bits,
                symbols,
                factors,
                offset,
                size,
            })
            .ok_or_else(|| wrong(format!("has the shape {:?}, which is too large", column.shape)))
    }

    /// Symbols of a row, factors of a block and bytes of a block; `None` when
    /// they cannot be counted.
    fn sizes(
        header: &Header,
        content: Content,
        bits: u8,
        cell: [u64; 2],
    ) -> Option<(u64, u64, u64)> {
        let [channels, correlations] = cell;
        let rows = header.rows_per_block;
        let (symbols, factors) = match content {
            Content::Weights => (channels, 1),
            Content::Data(normalization) => {
                let others = match normalization {
                    Normalization::AntennaFrequency => Some(header.antennas),
                    Normalization::RowFrequency => Some(rows),
                    Normalization::Row => None,
                };
                let factors = match others {
                    Some(others) => channels.checked_add(others)?.checked_mul(correlations)?,
                    None => rows,
                };
                (channels.checked_mul(correlations)?.checked_mul(2)?, factors)
            }
        };
        if factors > MOST_FACTORS {
            return None;
        }
        // Bits of a block must be countable, too: places are computed in them.
        let packed = symbols.checked_mul(rows)?.checked_mul(bits.into())?.checked_add(7)? / 8;
        let size = factors.checked_mul(4)?.checked_add(packed)?;
        usize::try_from(size.checked_mul(16)?).ok()?;
        Some((symbols, factors, size))
    }

    /// Values of a cell.
    pub(super) fn cell(&self) -> usize {
        self.channels.saturating_mul(self.correlations)
    }

    /// Where the symbols begin in the column's part of a block, in bytes.
    pub(super) fn symbols_at(&self) -> u64 {
        self.factors * 4
    }
}
