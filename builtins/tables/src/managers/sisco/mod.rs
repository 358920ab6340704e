//! `SiscoStMan`: visibilities without loss, as the differences to a guess from
//! earlier times and neighbouring channels, deflated.
//!
//! The cells form one stream, see [`stream`]. Which baseline a row belongs to
//! is told by FIELD_ID, DATA_DESC_ID, ANTENNA1 and ANTENNA2 of the same table.
//!
//! Source of the format: `casacore/tables/AlternateMans/SiscoStManColumn.h`.

mod chunks;
mod decode;
mod number;
mod quick;
mod shapes;
mod stream;

use std::ops::Range;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use chunks::{File, Mode};
use shapes::Shapes;
use stream::{Block, Stream};

use super::siblings::IntColumns;
use super::{ColumnReader, Context, Manager, Shape, Siblings, check_type};
use crate::buffer::BufferMut;
use crate::data_type::{Complex32, DataType};
use crate::error::Result;
use crate::part::Part;

/// The columns that tell the baseline.
const BASELINE: [&str; 4] = ["FIELD_ID", "DATA_DESC_ID", "ANTENNA1", "ANTENNA2"];

/// Most correlations and values of a cell that are accepted, so that a
/// damaged shape does not ask for memory without end.
const MAX_CORRELATIONS: usize = 256;
const MAX_VALUES: usize = 1 << 26;

/// Decoded blocks that are kept.
const BLOCKS: usize = 4;

/// An open `SiscoStMan`.
pub(crate) struct Sisco {
    column: Arc<SiscoColumn>,
}

/// What does not change while cells are decoded.
struct Layout {
    file: File,
    /// The shape of all cells, or of each.
    fixed: Option<Shape>,
    shapes: Option<Shapes>,
    nrow: u64,
    siblings: Siblings,
    baselines: OnceLock<Result<IntColumns<4>>>,
}

/// Its column.
struct SiscoColumn {
    name: String,
    layout: Layout,
    state: Mutex<State>,
}

/// The stream and the blocks decoded last, newest first.
#[derive(Default)]
struct State {
    stream: Stream,
    blocks: Vec<Block>,
}

impl Sisco {
    /// Opens the manager.
    pub(crate) fn open(context: &Context<'_>) -> Result<Arc<dyn Manager>> {
        let file = File::open(context.open("")?)?;
        let [column] = &context.columns[..] else {
            return Err(file.corrupt("holds one column, and the table names several"));
        };
        let desc = column.desc;
        if desc.scalar || desc.data_type != DataType::Complex {
            return Err(file.corrupt(format!("column {} is not of complex arrays", desc.name)));
        }
        let fixed = column.shape.map(<[usize]>::to_vec);
        let shapes = match fixed {
            Some(_) => None,
            None => Some(Shapes::new(context.open("-shapes")?)),
        };
        Ok(Arc::new(Self {
            column: Arc::new(SiscoColumn {
                name: desc.name.clone(),
                layout: Layout {
                    file,
                    fixed,
                    shapes,
                    nrow: context.nrow,
                    siblings: context.siblings.clone(),
                    baselines: OnceLock::new(),
                },
                state: Mutex::default(),
            }),
        }))
    }
}

impl Manager for Sisco {
    fn column(&self, _index: usize) -> Result<Arc<dyn ColumnReader>> {
        Ok(Arc::clone(&self.column) as Arc<dyn ColumnReader>)
    }

    fn name(&self) -> &'static str {
        ""
    }
}

impl Layout {
    fn baselines(&self) -> Result<&IntColumns<4>> {
        self.baselines.get_or_init(|| self.siblings.ints(BASELINE)).as_ref().map_err(Clone::clone)
    }

    fn run(&self, rows: Range<u64>) -> Result<(Option<Shape>, u64)> {
        match &self.shapes {
            Some(shapes) => shapes.run(rows),
            None => Ok((self.fixed.clone(), rows.end.saturating_sub(rows.start).max(1))),
        }
    }

    /// Channels and correlations of a cell of this shape.
    fn cell(&self, row: u64, shape: Option<&[usize]>) -> Result<(usize, usize)> {
        match shape {
            None => Ok((0, 0)),
            Some([channels, correlations])
                if (self.file.mode == Mode::All || *correlations == 4 || *channels == 0)
                    && *correlations <= MAX_CORRELATIONS
                    && channels.saturating_mul(*correlations) <= MAX_VALUES =>
            {
                Ok((*channels, *correlations))
            }
            Some(other) => Err(stream::misshapen(self, row, other)),
        }
    }
}

impl SiscoColumn {
    /// Calls a function with each block that holds some of the rows, and
    /// these rows, in their order.
    fn each(&self, rows: Range<u64>, mut use_block: impl FnMut(&Block, Range<u64>)) -> Result<()> {
        let mut guard = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let State { stream, blocks } = &mut *guard;
        let mut row = rows.start;
        while row < rows.end {
            if let Some(at) = blocks.iter().position(|block| block.rows.contains(&row)) {
                let block = &blocks[at];
                let end = block.rows.end.min(rows.end);
                use_block(block, row..end);
                row = end;
                continue;
            }
            stream.seek(row);
            while stream.row() <= row {
                let mut block = if blocks.len() < BLOCKS {
                    Block::default()
                } else {
                    blocks.pop().unwrap_or_default()
                };
                stream.next(&self.layout, &mut block)?;
                blocks.insert(0, block);
            }
        }
        Ok(())
    }
}

impl ColumnReader for SiscoColumn {
    fn shape(&self, row: u64) -> Result<Option<Shape>> {
        Ok(self.layout.run(row..row.saturating_add(1))?.0)
    }

    fn run(&self, rows: Range<u64>) -> Result<(Option<Shape>, u64)> {
        self.layout.run(rows)
    }

    fn read(&self, rows: Range<u64>, mut out: BufferMut<'_>) -> Result<()> {
        check_type(&self.name, DataType::Complex, &out)?;
        let BufferMut::Complex(values) = &mut out else { return Ok(()) };
        let mut left = &mut values[..];
        self.each(rows, |block, rows| {
            let cells = block.cells(rows);
            let count = cells.len().min(left.len());
            let (now, later) = std::mem::take(&mut left).split_at_mut(count);
            now.copy_from_slice(&cells[..count]);
            left = later;
        })
    }

    fn read_part(&self, rows: Range<u64>, part: &Part, mut out: BufferMut<'_>) -> Result<()> {
        check_type(&self.name, DataType::Complex, &out)?;
        let BufferMut::Complex(values) = &mut out else { return Ok(()) };
        let Some(shape) = self.shape(rows.start)? else { return Ok(()) };
        part.check(&self.name, &shape)?;
        let offsets = part.offsets(&shape);
        let mut cells = values.chunks_exact_mut(offsets.len().max(1));
        self.each(rows, |block, rows| {
            for row in rows {
                let (cell, Some(out)) = (block.cell(row), cells.next()) else { return };
                for (value, offset) in out.iter_mut().zip(&offsets) {
                    *value = cell.get(*offset).copied().unwrap_or(Complex32::ZERO);
                }
            }
        })
    }

    /// All rows: threads that read different rows would only wait for each other.
    fn grain(&self, row: u64) -> u64 {
        self.layout.nrow.saturating_sub(row).max(1)
    }
}
