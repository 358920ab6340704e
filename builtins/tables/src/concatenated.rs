//! Several tables of one description, seen as one table.
//!
//! The rows are those of the parts, one part after the other. Parts without
//! rows are never touched. Some keywords may stand for the concatenation of
//! the sub-tables of the parts.
//!
//! Source of the format: `casacore/tables/Tables/ConcatTable.cc`.

use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use crate::aipsio::Reader;
use crate::body::Body;
use crate::buffer::{BufferMut, Endian};
use crate::desc::TableDesc;
use crate::error::{Error, Result};
use crate::managers::{ColumnReader, Shape};
use crate::part::Part;
use crate::storage::Folder;
use crate::table::{Kind, ManagerInfo, Table, open_referred};

/// How many tables one may be made of, parts of parts included.
const MOST_PARTS: usize = 1 << 14;

/// Several tables of one description, seen as one table.
pub(crate) struct Concatenated {
    parts: Vec<Table>,
    /// The first row of each part, and the number of all rows.
    starts: Arc<Vec<u64>>,
    desc: Arc<TableDesc>,
    /// Keywords that stand for concatenated sub-tables.
    subtables: Vec<String>,
}

impl Concatenated {
    /// Reads the rest of `table.dat` after its head; `depth` counts the
    /// tables that lead here.
    pub(crate) fn read(folder: &dyn Folder, reader: &mut Reader<'_>, depth: usize) -> Result<Self> {
        let version = reader.start("ConcatTable")?;
        if version != 0 {
            return Err(Error::unsupported(
                folder.path(),
                format!("a concatenated table of version {version}"),
            ));
        }
        let count = reader.count(4)?;
        let names = (0..count).map(|_| reader.string()).collect::<Result<Vec<_>>>()?;
        reader.start("Block")?;
        let count = reader.count(4)?;
        let subtables = (0..count).map(|_| reader.string()).collect::<Result<_>>()?;
        reader.end()?;
        reader.end()?;
        // A part that is named again is not opened again, and parts of parts
        // are counted: few files could name each other without end.
        let mut known: HashMap<&str, Table> = HashMap::new();
        let mut parts = Vec::with_capacity(names.len());
        let mut all = 0usize;
        for name in &names {
            let part = match known.get(name.as_str()) {
                Some(part) => part.clone(),
                None => open_referred(folder, name, depth)?,
            };
            all = all.saturating_add(part.made_of());
            if all > MOST_PARTS {
                let what = format!("is made of more than {MOST_PARTS} tables");
                return Err(Error::corrupt(folder.path(), what));
            }
            known.insert(name, part.clone());
            parts.push(part);
        }
        Self::of(folder.path(), parts, subtables)
    }

    /// The concatenation of open tables.
    pub(crate) fn of(path: &Path, parts: Vec<Table>, subtables: Vec<String>) -> Result<Self> {
        let Some(first) = parts.first() else {
            return Err(Error::corrupt(path, "a concatenated table without parts"));
        };
        let mut desc = first.desc().clone();
        for part in &parts[1..] {
            join(path, &mut desc, part)?;
        }
        let mut starts = vec![0u64];
        let mut rows = 0u64;
        for part in &parts {
            rows = rows
                .checked_add(part.nrow())
                .ok_or_else(|| Error::corrupt(path, "the parts have too many rows"))?;
            starts.push(rows);
        }
        Ok(Self { parts, starts: Arc::new(starts), desc: Arc::new(desc), subtables })
    }
}

/// Checks that a further part has the columns of the first; cells of
/// different fixed shapes make a column of any shape.
fn join(path: &Path, desc: &mut TableDesc, part: &Table) -> Result<()> {
    let differ =
        |what: String| Error::corrupt(path, format!("its part {} {what}", part.path().display()));
    if part.columns().len() != desc.columns.len() {
        return Err(differ("has other columns than the first".into()));
    }
    for column in &mut desc.columns {
        let Some(there) = part.columns().iter().find(|there| there.name == column.name) else {
            return Err(differ(format!("has no column {}", column.name)));
        };
        if there.data_type != column.data_type || there.scalar != column.scalar {
            return Err(differ(format!("has a column {} of another type", column.name)));
        }
        if column.is_fixed_shape() && (!there.is_fixed_shape() || there.shape != column.shape) {
            column.ndim = -1;
            column.option = 0;
            column.shape = None;
        }
    }
    Ok(())
}

impl Body for Concatenated {
    fn kind(&self) -> Kind {
        Kind::Concatenated
    }

    fn nrow(&self) -> u64 {
        self.starts.last().copied().unwrap_or(0)
    }

    fn endian(&self) -> Endian {
        self.parts[0].endian()
    }

    fn desc(&self) -> &Arc<TableDesc> {
        &self.desc
    }

    fn reader(&self, column: usize) -> Result<Arc<dyn ColumnReader>> {
        let name = &self.desc.columns[column].name;
        let parts: Vec<_> = self
            .parts
            .iter()
            .map(|table| Piece {
                table: table.clone(),
                column: table.columns().iter().position(|column| column.name == *name),
                reader: OnceLock::new(),
            })
            .collect();
        let rows = Parts { starts: Arc::clone(&self.starts), parts };
        // A storage manager that cannot be read is told now, not at the first row.
        if let Some(at) = (0..self.parts.len()).find(|at| self.parts[*at].nrow() > 0) {
            rows.parts[at].reader()?;
        }
        Ok(Arc::new(rows))
    }

    fn managers(&self) -> Vec<ManagerInfo> {
        self.parts[0].managers()
    }

    fn subtable(&self, keyword: &str) -> Option<Result<Table>> {
        if !self.subtables.iter().any(|name| name == keyword) {
            return None;
        }
        let parts = self.parts.iter().map(|part| part.subtable(keyword)).collect::<Result<_>>();
        Some(parts.and_then(Table::concatenation))
    }

    fn parts(&self) -> &[Table] {
        &self.parts
    }
}

/// A column of one part.
struct Piece {
    table: Table,
    column: Option<usize>,
    reader: OnceLock<Result<Arc<dyn ColumnReader>>>,
}

impl Piece {
    /// The reader of the part, opened when its first row is read.
    fn reader(&self) -> Result<&Arc<dyn ColumnReader>> {
        let reader = self.reader.get_or_init(|| match self.column {
            Some(column) => self.table.reader(column),
            None => Err(Error::corrupt(self.table.path(), "lost a column")),
        });
        reader.as_ref().map_err(Clone::clone)
    }
}

/// A column of all parts.
struct Parts {
    starts: Arc<Vec<u64>>,
    parts: Vec<Piece>,
}

impl Parts {
    /// The part that holds a row, its first row and the row after its last.
    fn find(&self, row: u64) -> Result<(&Arc<dyn ColumnReader>, Range<u64>)> {
        let after = self.starts.partition_point(|start| *start <= row);
        let (Some(at), Some(end)) = (after.checked_sub(1), self.starts.get(after)) else {
            return Err(Error::Range { what: format!("row {row} of a concatenated table") });
        };
        Ok((self.parts[at].reader()?, self.starts[at]..*end))
    }

    fn each(
        &self,
        rows: Range<u64>,
        mut out: BufferMut<'_>,
        read: impl Fn(&dyn ColumnReader, Range<u64>, BufferMut<'_>) -> Result<()>,
    ) -> Result<()> {
        let count = usize::try_from(rows.end.saturating_sub(rows.start)).unwrap_or(usize::MAX);
        let cell = out.len() / count.max(1);
        let mut row = rows.start;
        let mut at = 0;
        while row < rows.end {
            let (reader, part) = self.find(row)?;
            let end = rows.end.min(part.end);
            let next = at + usize::try_from(end - row).unwrap_or(usize::MAX) * cell;
            read(&**reader, row - part.start..end - part.start, out.slice(at..next))?;
            (row, at) = (end, next);
        }
        Ok(())
    }
}

impl ColumnReader for Parts {
    fn shape(&self, row: u64) -> Result<Option<Shape>> {
        let (reader, part) = self.find(row)?;
        reader.shape(row - part.start)
    }

    fn run(&self, rows: Range<u64>) -> Result<(Option<Shape>, u64)> {
        let mut same = 0;
        let mut shape = None;
        while rows.start + same < rows.end {
            let row = rows.start + same;
            let (reader, part) = self.find(row)?;
            let there = row - part.start..rows.end.min(part.end) - part.start;
            let length = there.end - there.start;
            let (next, count) = reader.run(there)?;
            if same > 0 && next != shape {
                break;
            }
            shape = next;
            same += count;
            if count < length {
                break;
            }
        }
        Ok((shape, same))
    }

    fn read(&self, rows: Range<u64>, out: BufferMut<'_>) -> Result<()> {
        self.each(rows, out, |reader, rows, out| reader.read(rows, out))
    }

    fn read_part(&self, rows: Range<u64>, part: &Part, out: BufferMut<'_>) -> Result<()> {
        self.each(rows, out, |reader, rows, out| reader.read_part(rows, part, out))
    }

    fn grain(&self, row: u64) -> u64 {
        match self.find(row) {
            Ok((reader, part)) => {
                reader.grain(row - part.start).min(part.end.saturating_sub(row)).max(1)
            }
            Err(_) => 1,
        }
    }
}
