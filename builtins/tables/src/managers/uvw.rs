//! `UvwStMan`: UVW as one position for each antenna and time slot. The value
//! of a baseline is the difference of its two antennas.
//!
//! Which antennas a row has is told by ANTENNA1 and ANTENNA2 of the same
//! table. The reference antenna stands at zero and is not stored.
//!
//! Source of the format: `casacore/tables/AlternateMans/UvwFile.h`.

use std::ops::Range;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::row_file::{RowFile, u64_at};
use super::siblings::IntColumns;
use super::{ColumnReader, Context, Manager, Shape, Siblings, check_type};
use crate::buffer::BufferMut;
use crate::data_type::DataType;
use crate::error::{Error, Result};

const TAG: [u8; 8] = *b"Uvw-col\0";

/// Rows whose antennas are read at once.
const ROWS_AT_ONCE: u16 = 4096;

/// An open `UvwStMan`.
pub(crate) struct Uvws {
    column: Arc<Uvw>,
}

/// Its column.
struct Uvw {
    name: String,
    file: RowFile,
    /// Rows of the table in a time slot.
    slot_rows: u64,
    reference: u64,
    /// Antennas of each time slot, the reference among them.
    antennas: u64,
    /// Rows that have a value.
    nrow: u64,
    siblings: Siblings,
    baselines: OnceLock<Result<IntColumns<2>>>,
    last: Mutex<Positions>,
}

/// The positions of the antennas in one time slot, and room to work.
#[derive(Default)]
struct Positions {
    slot: Option<u64>,
    /// By the number of the antenna.
    places: Vec<[f64; 3]>,
    bytes: Vec<u8>,
    baselines: [Vec<i32>; 2],
}

impl Uvws {
    /// Opens the manager.
    pub(crate) fn open(context: &Context<'_>) -> Result<Arc<dyn Manager>> {
        let (file, head) = RowFile::open::<32>(context.open("")?, TAG)?;
        let [column] = &context.columns[..] else {
            return Err(file.corrupt("holds one column, and the table names several"));
        };
        let desc = column.desc;
        if desc.scalar || desc.data_type != DataType::Double || column.shape != Some(&[3]) {
            return Err(file.corrupt(format!("column {} is not three doubles", desc.name)));
        }
        let (slot_rows, reference, antennas) =
            (u64_at(&head, 8), u64_at(&head, 16), u64_at(&head, 24));
        if file.stride != 24 && file.nrow > 0 {
            return Err(file.corrupt(format!("has rows of {} bytes, not 24", file.stride)));
        }
        let nrow = match antennas {
            0 => 0,
            // A single antenna stands at zero, so nothing is stored.
            1 => slot_rows,
            _ if file.nrow % (antennas - 1) != 0 => {
                return Err(file.corrupt(format!(
                    "holds {} positions, which is no multiple of {} antennas",
                    file.nrow,
                    antennas - 1
                )));
            }
            _ => (file.nrow / (antennas - 1)).saturating_mul(slot_rows),
        };
        if nrow > 0 && reference >= antennas {
            return Err(file.corrupt(format!("refers to antenna {reference} of {antennas}")));
        }
        Ok(Arc::new(Self {
            column: Arc::new(Uvw {
                name: desc.name.clone(),
                file,
                slot_rows,
                reference,
                antennas,
                nrow,
                siblings: context.siblings.clone(),
                baselines: OnceLock::new(),
                last: Mutex::default(),
            }),
        }))
    }
}

impl Manager for Uvws {
    fn column(&self, _index: usize) -> Result<Arc<dyn ColumnReader>> {
        Ok(Arc::clone(&self.column) as Arc<dyn ColumnReader>)
    }

    fn name(&self) -> &'static str {
        ""
    }
}

impl Uvw {
    fn baselines(&self) -> Result<&IntColumns<2>> {
        let open = || self.siblings.ints(["ANTENNA1", "ANTENNA2"]);
        self.baselines.get_or_init(open).as_ref().map_err(Clone::clone)
    }

    /// Makes the positions those of the time slot.
    fn seek(&self, last: &mut Positions, slot: u64) -> Result<()> {
        if last.slot == Some(slot) {
            return Ok(());
        }
        last.slot = None;
        let stored = self.antennas.saturating_sub(1);
        let too_many = || self.file.corrupt(format!("has {} antennas", self.antennas));
        let count = usize::try_from(stored).map_err(|_| too_many())?;
        // Whole slots are in the file, as was found when it was opened.
        last.bytes.resize(count.checked_mul(24).ok_or_else(too_many)?, 0);
        self.file.read(slot.saturating_mul(stored), &mut last.bytes)?;
        last.places.clear();
        last.places.extend(last.bytes.as_chunks::<24>().0.iter().map(|bytes| {
            let mut position = [0.0; 3];
            for (value, bytes) in position.iter_mut().zip(bytes.as_chunks::<8>().0) {
                *value = f64::from_le_bytes(*bytes);
            }
            position
        }));
        let reference = usize::try_from(self.reference).map_err(|_| too_many())?;
        if reference > last.places.len() {
            return Err(too_many());
        }
        last.places.insert(reference, [0.0; 3]);
        last.slot = Some(slot);
        Ok(())
    }

    fn fill(&self, rows: Range<u64>, out: &mut [[f64; 3]]) -> Result<()> {
        let mut guard = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let last = &mut *guard;
        let mut baselines = std::mem::take(&mut last.baselines);
        self.baselines()?.read(rows.clone(), &mut baselines)?;
        let [first, second] = &baselines;
        for ((row, out), (first, second)) in rows.zip(out).zip(first.iter().zip(second)) {
            if row >= self.nrow {
                return Err(Error::Undefined { column: self.name.clone(), row });
            }
            self.seek(last, row.checked_div(self.slot_rows).unwrap_or(0))?;
            let position = |antenna: i32| {
                let antenna = usize::try_from(antenna).ok();
                antenna.and_then(|antenna| last.places.get(antenna))
            };
            let (Some(from), Some(to)) = (position(*first), position(*second)) else {
                return Err(self.file.corrupt(format!(
                    "has {} antennas, and row {row} is of {first} and {second}",
                    self.antennas
                )));
            };
            *out = [to[0] - from[0], to[1] - from[1], to[2] - from[2]];
        }
        last.baselines = baselines;
        Ok(())
    }
}

impl ColumnReader for Uvw {
    fn shape(&self, row: u64) -> Result<Option<Shape>> {
        Ok((row < self.nrow).then(|| vec![3]))
    }

    fn run(&self, rows: Range<u64>) -> Result<(Option<Shape>, u64)> {
        if rows.start < self.nrow {
            return Ok((Some(vec![3]), rows.end.min(self.nrow) - rows.start));
        }
        Ok((None, rows.end.saturating_sub(rows.start).max(1)))
    }

    fn read(&self, rows: Range<u64>, mut out: BufferMut<'_>) -> Result<()> {
        check_type(&self.name, DataType::Double, &out)?;
        let BufferMut::Double(values) = &mut out else { return Ok(()) };
        let mut row = rows.start;
        for out in values.as_chunks_mut::<3>().0.chunks_mut(usize::from(ROWS_AT_ONCE)) {
            let end = row.saturating_add(out.len() as u64);
            self.fill(row..end, out)?;
            row = end;
        }
        Ok(())
    }

    fn grain(&self, row: u64) -> u64 {
        // Whole time slots, so that threads do not share one.
        let slots = u64::from(ROWS_AT_ONCE).checked_div(self.slot_rows).unwrap_or(0).max(1);
        let rows = slots.saturating_mul(self.slot_rows).max(1);
        rows - row % rows
    }
}
