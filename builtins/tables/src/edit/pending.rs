//! The edits that were asked for and are not yet made, and what each of them
//! means for the storage managers.

use std::collections::{BTreeMap, BTreeSet};

use super::cells::Cells;
use super::feed::Feed;
use super::kept::Kept;
use super::new_column::{CellShape, Content, NewColumn, TiledKind};
use super::patch::Patches;
use super::table_dat::TableDat;
use super::tiled::NewTiles;
use crate::column::Run;
use crate::data_type::DataType;
use crate::error::{Error, Result};
use crate::managers::{Shape, Stripes};
use crate::table::Table;
use crate::value::Value;

/// Edits by the places of the columns in the old description.
#[derive(Debug, Clone, Default)]
pub(super) struct Pending {
    pub(super) removed: BTreeSet<usize>,
    /// Columns that become zero, and the rows that do not.
    pub(super) zero: BTreeMap<usize, Kept>,
    /// New cells, also those of appended rows.
    pub(super) cells: BTreeMap<usize, BTreeMap<u64, Option<Cells>>>,
    /// Rows that are appended.
    pub(super) rows: u64,
    /// Cells set one by one.
    pub(super) set: u64,
    pub(super) added: Vec<NewColumn>,
    pub(super) keywords: Vec<(Option<String>, String, Value)>,
}

/// What is to be done with a storage manager.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Job {
    Keep,
    Drop,
    Standard,
    Incremental,
    /// Its files are copied with these places zeroed, and then with the new
    /// cells put in their places.
    Patch(Vec<(String, Stripes)>),
}

/// A new column with what was found out about it.
pub(super) struct Found {
    pub(super) kind: TiledKind,
    pub(super) runs: Vec<Run>,
    pub(super) fixed: Option<Shape>,
}

/// The table as it is, and what is to be done with it.
pub(super) struct View<'a> {
    pub(super) table: &'a Table,
    pub(super) dat: &'a TableDat,
    pub(super) pending: &'a Pending,
}

impl View<'_> {
    pub(super) fn refused(&self, what: impl Into<String>) -> Error {
        Error::Refused { path: self.table.path().into(), what: what.into() }
    }

    /// The place of a column that stays.
    pub(super) fn column(&self, name: &str) -> Result<usize> {
        let columns = self.table.columns();
        let at = columns.iter().position(|column| column.name == name);
        at.filter(|at| !self.pending.removed.contains(at)).ok_or_else(|| {
            let left = columns.iter().enumerate();
            let left = left.filter(|(at, _)| !self.pending.removed.contains(at));
            Error::NoColumn {
                path: self.table.path().into(),
                column: name.into(),
                available: left.map(|(_, column)| column.name.clone()).collect(),
            }
        })
    }

    /// The fixed shape of the cells of a column.
    pub(super) fn fixed(&self, column: usize) -> Option<Shape> {
        let desc = &self.table.columns()[column];
        if desc.scalar {
            return None;
        }
        let made = self.table.plain().and_then(|plain| plain.set.columns.get(column));
        made.and_then(|made| made.shape.clone()).or_else(|| desc.shape.clone())
    }

    /// A column after the edit.
    pub(super) fn feed(&self, column: usize) -> Result<Feed> {
        Ok(Feed {
            desc: self.table.columns()[column].clone(),
            fixed: self.fixed(column),
            endian: self.table.endian(),
            reader: self.table.reader(column)?,
            old_rows: self.table.nrow(),
            zero: self.pending.zero.get(&column).cloned(),
            cells: self.pending.cells.get(&column).cloned().unwrap_or_default(),
        })
    }

    /// The columns of a storage manager that stay.
    pub(super) fn staying(&self, seqnr: u32) -> Vec<usize> {
        let removed = &self.pending.removed;
        let all = 0..self.dat.columns.len();
        all.filter(|at| self.dat.columns[*at].seqnr == seqnr && !removed.contains(at)).collect()
    }

    /// What is to be done with each storage manager; fails where it cannot be.
    pub(super) fn jobs(&self) -> Result<Vec<Job>> {
        (0..self.dat.managers.len()).map(|at| self.job(at)).collect()
    }

    fn job(&self, at: usize) -> Result<Job> {
        let manager = &self.dat.managers[at];
        let staying = self.staying(manager.seqnr);
        let columns = self.dat.columns.iter().filter(|column| column.seqnr == manager.seqnr);
        let all = columns.count();
        if staying.is_empty() && all > 0 {
            return Ok(Job::Drop);
        }
        let pending = self.pending;
        let leaves = staying.len() < all;
        let zero: Vec<usize> =
            staying.iter().copied().filter(|column| pending.zero.contains_key(column)).collect();
        let set = staying.iter().any(|column| pending.cells.contains_key(column));
        if !leaves && !set && zero.is_empty() && pending.rows == 0 {
            return Ok(Job::Keep);
        }
        match manager.kind.as_str() {
            "StandardStMan" | "StManAipsIO" => return Ok(Job::Standard),
            "IncrementalStMan" => return Ok(Job::Incremental),
            _ => {}
        }
        if !leaves && pending.rows == 0 {
            let open = self.open(at)?;
            let stripes = |column: &usize| open.stripes(self.index(manager.seqnr, *column)?);
            let mut set = staying.iter().filter(|column| pending.cells.contains_key(column));
            // Cells have places where columns have them.
            if set.all(|column| stripes(column).is_some())
                && let Some(zero) = zero.iter().map(stripes).collect::<Option<Vec<_>>>()
            {
                return Ok(Job::Patch(zero.concat()));
            }
        }
        let names = |places: &[usize]| {
            let names = places.iter().map(|at| self.dat.columns[*at].name.as_str());
            names.collect::<Vec<_>>().join(", ")
        };
        let (kind, held) = (&manager.kind, names(&staying));
        Err(self.refused(if pending.rows > 0 {
            format!("rows cannot be appended: column {held} is stored by {kind}, which is not written here")
        } else if leaves {
            format!("columns cannot be taken from the {kind} that also holds {held}: it cannot be written anew")
        } else {
            format!("column {held} is stored by {kind}, in which values cannot be changed")
        }))
    }

    /// The place of a column among those of its storage manager.
    fn index(&self, seqnr: u32, column: usize) -> Option<usize> {
        let mut bound =
            (0..self.dat.columns.len()).filter(|at| self.dat.columns[*at].seqnr == seqnr);
        bound.position(|at| at == column)
    }

    /// The bytes by which new cells change the files of a storage manager.
    pub(super) fn patches(&self, manager: usize) -> Result<Patches> {
        let seqnr = self.dat.managers[manager].seqnr;
        let mut patches = Patches::default();
        for column in self.staying(seqnr) {
            let index = self.index(seqnr, column);
            if let (Some(kept), Some(index)) = (self.pending.zero.get(&column), index) {
                let width = self.table.columns()[column].data_type.width();
                let bits = width.map_or(1, |width| 8 * width as u64);
                let open = self.open(manager)?;
                for row in kept.rows().take_while(|row| *row < self.table.nrow()) {
                    for spot in open.spots(index, row)?.unwrap_or_default() {
                        patches.keep(&spot, bits);
                    }
                }
            }
            let Some(cells) = self.pending.cells.get(&column) else { continue };
            let (open, reader) = (self.open(manager)?, self.table.reader(column)?);
            for (row, cell) in cells {
                let (Some(index), Some(cell)) = (index, cell) else { continue };
                let name = &self.table.columns()[column].name;
                let shape = reader.shape(*row)?;
                let spots =
                    open.spots(index, *row)?.filter(|_| shape.as_ref() == Some(&cell.shape));
                let Some(spots) = spots else {
                    let (given, there) = (&cell.shape, shape.as_ref());
                    let there = there.map_or("no value".into(), |shape| format!("shape {shape:?}"));
                    let what = format!(
                        "column {name}: row {row} has {there}, and one of shape {given:?} was given; it keeps its shape in tiles"
                    );
                    return Err(self.refused(what));
                };
                for spot in &spots {
                    patches.add(spot, cell);
                }
            }
        }
        patches.sort();
        Ok(patches)
    }

    fn open(&self, manager: usize) -> Result<std::sync::Arc<dyn crate::managers::Manager>> {
        let plain = self.table.plain().ok_or_else(|| self.refused("has no files of its own"))?;
        plain.manager(manager)
    }

    /// The settings of a storage manager that its successor takes over: name,
    /// size of a bucket, size of the cache.
    pub(super) fn settings(&self, manager: usize) -> Result<(String, usize, u32)> {
        let open = self.open(manager)?;
        let settings = open.settings();
        let number = |name: &str| settings.get(name).and_then(Value::as_i64).unwrap_or(0);
        let bucket = usize::try_from(number("BUCKETSIZE")).unwrap_or(0);
        let cache = u32::try_from(number("PERSCACHESIZE")).unwrap_or(0);
        Ok((open.name().to_string(), bucket, cache))
    }

    /// Looks up what a new column needs to know.
    pub(super) fn found(&self, new: &NewColumn) -> Result<Found> {
        let rows = self.table.nrow();
        let kind = new.tiling.kind.unwrap_or(TiledKind::Shape);
        let (runs, mut fixed) = match &new.shape {
            CellShape::Fixed(shape) => {
                let run = Run { rows: 0..rows, shape: Some(shape.clone()) };
                (vec![run], Some(shape.clone()))
            }
            CellShape::Like(name) => {
                let like = self.column(name)?;
                if self.table.columns()[like].scalar {
                    let what = "holds scalars, which have no shape".into();
                    return Err(Error::Shape { column: name.clone(), what });
                }
                let column = self.table.column(name)?;
                let mut runs: Vec<Run> = Vec::new();
                for run in column.runs(0..rows) {
                    let run = run?;
                    match runs.last_mut() {
                        Some(last) if last.shape == run.shape => last.rows.end = run.rows.end,
                        _ => runs.push(run),
                    }
                }
                (runs, self.fixed(like))
            }
        };
        if kind == TiledKind::Column && fixed.is_none() {
            fixed = runs.first().and_then(|run| run.shape.clone());
        }
        Ok(Found {
            kind,
            runs: runs.into_iter().filter(|run| !run.rows.is_empty()).collect(),
            fixed,
        })
    }

    /// A new column as it is written under a number.
    pub(super) fn tiles<'a>(
        &self,
        new: &'a NewColumn,
        found: &'a Found,
        seqnr: u32,
    ) -> NewTiles<'a> {
        NewTiles {
            column: &new.name,
            kind: found.kind,
            seqnr,
            name: &new.manager,
            data_type: new.data_type,
            endian: self.table.endian(),
            rows: self.table.nrow(),
            runs: &found.runs,
            fixed: found.fixed.as_ref(),
            tile: new.tiling.tile.as_deref(),
        }
    }

    /// Fails unless a new column can be added.
    pub(super) fn check_new(&self, new: &NewColumn) -> Result<()> {
        let wrong = |what: String| Err(Error::Shape { column: new.name.clone(), what });
        let columns = self.table.columns().iter().enumerate();
        let mut old = columns.filter(|(at, _)| !self.pending.removed.contains(at));
        let others = &self.pending.added;
        if new.name.is_empty() {
            return Err(self.refused("a column needs a name"));
        }
        if old.any(|(_, column)| column.name == new.name)
            || others.iter().any(|other| other.name == new.name)
        {
            return Err(self.refused(format!("has a column {} already", new.name)));
        }
        let jobs = self.jobs()?;
        let managers = self.table.managers();
        let mut names = managers.iter().zip(&jobs).filter(|(_, job)| **job != Job::Drop);
        if names.any(|(manager, _)| manager.name == new.manager && !new.manager.is_empty())
            || others.iter().any(|other| other.manager == new.manager)
        {
            return Err(self.refused(format!("has a storage manager {} already", new.manager)));
        }
        if self.pending.rows > 0 {
            return Err(self.refused("rows and columns cannot be added in one edit"));
        }
        if matches!(new.data_type, DataType::String | DataType::Record) {
            return wrong(format!("{}s cannot be stored in tiles", new.data_type));
        }
        if let Content::CopyOf(from) = &new.content {
            let from = self.column(from)?;
            let desc = &self.table.columns()[from];
            if desc.scalar || desc.data_type != new.data_type {
                let what = if desc.scalar { "scalars".into() } else { desc.data_type.to_string() };
                return wrong(format!("cannot be copied from {}, which holds {what}", desc.name));
            }
        }
        let found = self.found(new)?;
        self.tiles(new, &found, 0).plan().map(drop)
    }
}
