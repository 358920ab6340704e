//! A table made of rows and columns of another table.
//!
//! It holds the numbers of the rows, in any order and even repeated, and for
//! each column its name in the other table.
//!
//! Source of the format: `casacore/tables/Tables/RefTable.cc`,
//! `casacore/casa/BasicSL/STLIO.tcc` (the map of names).

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use crate::aipsio::Reader;
use crate::body::Body;
use crate::buffer::{BufferMut, Endian};
use crate::data_type::DataType;
use crate::desc::TableDesc;
use crate::error::{Error, Result};
use crate::managers::{ColumnReader, Shape};
use crate::part::Part;
use crate::storage::Folder;
use crate::table::{Kind, ManagerInfo, Table, open_referred};
use crate::value::Array;

/// Rows that one call looks at to find how many belong together.
const LOOK_AHEAD: usize = 4096;

/// A table made of rows and columns of another table.
pub(crate) struct Reference {
    parent: Table,
    desc: Arc<TableDesc>,
    /// For each column its place in the parent.
    columns: Vec<usize>,
    rows: Arc<Vec<u64>>,
}

impl Reference {
    /// Reads the rest of `table.dat` after its head; `depth` counts the
    /// tables that lead here.
    pub(crate) fn read(folder: &dyn Folder, reader: &mut Reader<'_>, depth: usize) -> Result<Self> {
        let version = reader.start("RefTable")?;
        let name = reader.string()?;
        let renamed = names(reader)?;
        let mut order = Vec::new();
        if version > 1 {
            match reader.array(DataType::String)? {
                Array::String(names) => order.extend(names),
                _ => return Err(reader.corrupt("holds no names of columns")),
            }
        }
        if order.is_empty() {
            order = renamed.iter().map(|(name, _)| name.clone()).collect();
        }
        let wide = version > 2;
        let parent_rows = if wide { reader.u64()? } else { u64::from(reader.u32()?) };
        reader.bool()?;
        let rows = if wide {
            let count = reader.u64()?;
            let count = usize::try_from(count)
                .ok()
                .filter(|count| count.saturating_mul(8) <= reader.remaining())
                .ok_or_else(|| reader.corrupt(format_args!("is cut off: {count} rows follow")))?;
            (0..count).map(|_| reader.u64()).collect::<Result<Vec<_>>>()?
        } else {
            let count = reader.count(4)?;
            (0..count).map(|_| reader.u32().map(u64::from)).collect::<Result<_>>()?
        };
        reader.end()?;

        let parent = open_referred(folder, &name, depth)?;
        if parent.nrow() < parent_rows {
            return Err(Error::corrupt(
                folder.path(),
                format!(
                    "refers to {parent_rows} rows of {}, which has only {} now",
                    parent.path().display(),
                    parent.nrow()
                ),
            ));
        }
        if let Some(row) = rows.iter().find(|row| **row >= parent.nrow()) {
            return Err(Error::corrupt(
                folder.path(),
                format!("refers to row {row} of {} in {}", parent.nrow(), parent.path().display()),
            ));
        }
        let (desc, columns) = describe(parent.desc(), &renamed, &order);
        Ok(Self { parent, desc: Arc::new(desc), columns, rows: Arc::new(rows) })
    }
}

/// The names of the columns here and in the parent.
fn names(reader: &mut Reader<'_>) -> Result<Vec<(String, String)>> {
    reader.start("SimpleOrderedMap")?;
    reader.string()?;
    let count = reader.count(8)?;
    reader.u32()?;
    let mut names = Vec::with_capacity(count);
    for _ in 0..count {
        names.push((reader.string()?, reader.string()?));
    }
    reader.end()?;
    Ok(names)
}

/// The description of the parent with the chosen columns under their names
/// here. Columns that the parent lost since are left out.
fn describe(
    parent: &TableDesc,
    renamed: &[(String, String)],
    order: &[String],
) -> (TableDesc, Vec<usize>) {
    let places: HashMap<&str, usize> =
        parent.columns.iter().enumerate().map(|(at, column)| (column.name.as_str(), at)).collect();
    let renamed: HashMap<&str, &str> =
        renamed.iter().map(|(here, there)| (here.as_str(), there.as_str())).collect();
    let mut desc = TableDesc { columns: Vec::new(), ..parent.clone() };
    let mut columns = Vec::new();
    for name in order {
        let there = renamed.get(name.as_str()).copied().unwrap_or(name);
        let Some(place) = places.get(there) else {
            continue;
        };
        let mut column = parent.columns[*place].clone();
        column.name.clone_from(name);
        desc.columns.push(column);
        columns.push(*place);
    }
    (desc, columns)
}

impl Body for Reference {
    fn kind(&self) -> Kind {
        Kind::Reference
    }

    fn nrow(&self) -> u64 {
        self.rows.len() as u64
    }

    fn endian(&self) -> Endian {
        self.parent.endian()
    }

    fn desc(&self) -> &Arc<TableDesc> {
        &self.desc
    }

    fn reader(&self, column: usize) -> Result<Arc<dyn ColumnReader>> {
        let parent = self.parent.reader(self.columns[column])?;
        Ok(Arc::new(Rows::new(parent, Arc::clone(&self.rows))))
    }

    fn managers(&self) -> Vec<ManagerInfo> {
        let mut managers = self.parent.managers();
        for manager in &mut managers {
            let there = std::mem::take(&mut manager.columns);
            for name in there {
                for (at, place) in self.columns.iter().enumerate() {
                    if self.parent.columns()[*place].name == name {
                        manager.columns.push(self.desc.columns[at].name.clone());
                    }
                }
            }
        }
        managers.retain(|manager| !manager.columns.is_empty());
        managers
    }

    fn parts(&self) -> &[Table] {
        std::slice::from_ref(&self.parent)
    }
}

/// Chosen rows of a column, in any order.
pub(crate) struct Rows {
    parent: Arc<dyn ColumnReader>,
    rows: Arc<Vec<u64>>,
}

impl Rows {
    /// Rows that the caller has checked against the number of rows.
    pub(crate) fn new(parent: Arc<dyn ColumnReader>, rows: Arc<Vec<u64>>) -> Self {
        Self { parent, rows }
    }

    /// The row of the parent; rows are checked by the caller.
    fn at(&self, row: u64) -> Result<u64> {
        usize::try_from(row)
            .ok()
            .and_then(|row| self.rows.get(row).copied())
            .ok_or_else(|| Error::Range { what: format!("row {row} of {}", self.rows.len()) })
    }

    /// The rows of the parent that stand next to each other from a row on.
    fn neighbours(&self, rows: &Range<u64>) -> Result<Range<u64>> {
        let first = self.at(rows.start)?;
        let start = usize::try_from(rows.start).unwrap_or(usize::MAX);
        let end = usize::try_from(rows.end).unwrap_or(usize::MAX).min(self.rows.len());
        let mut next = first + 1;
        for row in self.rows.get(start + 1..end).unwrap_or_default() {
            if *row != next {
                break;
            }
            next += 1;
        }
        Ok(first..next)
    }

    /// Reads group after group of neighbouring rows.
    fn each(
        &self,
        rows: Range<u64>,
        mut out: BufferMut<'_>,
        read: impl Fn(Range<u64>, BufferMut<'_>) -> Result<()>,
    ) -> Result<()> {
        let count = usize::try_from(rows.end.saturating_sub(rows.start)).unwrap_or(usize::MAX);
        let cell = out.len() / count.max(1);
        let mut row = rows.start;
        let mut at = 0;
        while row < rows.end {
            let there = self.neighbours(&(row..rows.end))?;
            let same = there.end - there.start;
            let end = at + usize::try_from(same).unwrap_or(usize::MAX) * cell;
            read(there, out.slice(at..end))?;
            at = end;
            row += same;
        }
        Ok(())
    }
}

impl ColumnReader for Rows {
    fn shape(&self, row: u64) -> Result<Option<Shape>> {
        self.parent.shape(self.at(row)?)
    }

    fn run(&self, rows: Range<u64>) -> Result<(Option<Shape>, u64)> {
        let (shape, mut same) = self.parent.run(self.neighbours(&rows)?)?;
        while rows.start + same < rows.end {
            let there = self.neighbours(&(rows.start + same..rows.end))?;
            let length = there.end - there.start;
            let (next, count) = self.parent.run(there)?;
            if next != shape {
                break;
            }
            same += count;
            if count < length {
                break;
            }
        }
        Ok((shape, same))
    }

    fn read(&self, rows: Range<u64>, out: BufferMut<'_>) -> Result<()> {
        self.each(rows, out, |rows, out| self.parent.read(rows, out))
    }

    fn read_part(&self, rows: Range<u64>, part: &Part, out: BufferMut<'_>) -> Result<()> {
        self.each(rows, out, |rows, out| self.parent.read_part(rows, part, out))
    }

    fn grain(&self, row: u64) -> u64 {
        let Ok(first) = self.at(row) else {
            return 1;
        };
        let together = first..first.saturating_add(self.parent.grain(first));
        let start = usize::try_from(row).unwrap_or(usize::MAX);
        let next = self.rows.get(start..).unwrap_or_default().iter().take(LOOK_AHEAD);
        next.take_while(|row| together.contains(row)).count().max(1) as u64
    }
}
