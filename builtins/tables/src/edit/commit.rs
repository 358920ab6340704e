//! Makes the edits: writes what is new beside the old files, and switches.

use super::files::Folder;
use super::lock::EditLock;
use super::new_column::Content;
use super::patch::Copy;
use super::pending::{Job, View};
use super::standard::{self, Making};
use super::table_dat::{ArrayDesc, ColumnPart, ManagerPart, TableDat};
use super::{Changes, incremental};
use crate::error::{Error, Result};

/// Bytes that a rewritten manager may take more than the old one: headers,
/// and buckets that are not full.
const MORE: u64 = 1 << 20;

impl View<'_> {
    /// Makes the edits.
    pub(super) fn commit(&self, folder: &mut Folder, lock: &EditLock) -> Result<Changes> {
        let used = folder.used()?;
        let mut changes = self.changes();
        changes.bytes = (used, used);
        if changes.is_empty() {
            return Ok(changes);
        }
        let jobs = self.jobs()?;
        folder.need(self.needed(folder, &jobs)?)?;
        let mut dat = self.dat.clone();
        dat.nrow = self.table.nrow() + self.pending.rows;
        for (at, job) in jobs.iter().enumerate() {
            self.manager(folder, &mut dat, at, job)?;
        }
        let mut at = 0..dat.columns.len();
        dat.columns.retain(|_| at.next().is_none_or(|at| !self.pending.removed.contains(&at)));
        let kept: Vec<u32> = dat.columns.iter().map(|column| column.seqnr).collect();
        dat.managers.retain(|manager| kept.contains(&manager.seqnr));
        if !self.pending.removed.is_empty() {
            dat.forget_hypercolumns(self.table.path())?;
        }
        self.add_columns(folder, &mut dat)?;
        self.set_keywords(&mut dat)?;
        // Whoever ignores the lock may have written meanwhile.
        self.table.verify()?;
        self.switch(folder, lock, &dat)?;
        changes.bytes.1 = folder.used().unwrap_or(used);
        Ok(changes)
    }

    /// What the edits change.
    fn changes(&self) -> Changes {
        let pending = self.pending;
        let name = |at: &usize| self.table.columns()[*at].name.clone();
        let is_changed =
            |at: &usize| pending.zero.contains_key(at) || pending.cells.contains_key(at);
        let staying = (0..self.dat.columns.len()).filter(|at| !pending.removed.contains(at));
        let (changed, rest): (Vec<usize>, Vec<usize>) = staying.partition(is_changed);
        let touched = |at: &usize| {
            let seqnr = self.dat.columns[*at].seqnr;
            let of_manager = |other: &usize| self.dat.columns[*other].seqnr == seqnr;
            pending.removed.iter().any(of_manager) || changed.iter().any(of_manager)
        };
        Changes {
            removed: pending.removed.iter().map(name).collect(),
            added: pending.added.iter().map(|column| column.name.clone()).collect(),
            rewritten: rest.iter().filter(|at| touched(at)).map(name).collect(),
            changed: if pending.rows > 0 && pending.set == 0 && pending.zero.is_empty() {
                // All columns get cells in new rows; none changes in an old one.
                Vec::new()
            } else {
                changed.iter().map(name).collect()
            },
            cells: pending.set,
            rows: pending.rows,
            keywords: pending
                .keywords
                .iter()
                .map(|(column, name, _)| match column {
                    Some(column) => format!("{column}.{name}"),
                    None => name.clone(),
                })
                .collect(),
            bytes: (0, 0),
        }
    }

    /// Bytes that the new files take at most, as far as it can be told.
    fn needed(&self, folder: &Folder, jobs: &[Job]) -> Result<u64> {
        let mut bytes = MORE;
        for (manager, job) in self.dat.managers.iter().zip(jobs) {
            if !matches!(job, Job::Keep | Job::Drop) {
                let old = folder.length(manager.seqnr)?;
                bytes = bytes.saturating_add(old).saturating_add(MORE);
            }
        }
        for new in &self.pending.added {
            if new.content != Content::Zero {
                let found = self.found(new)?;
                let tiles = self.tiles(new, &found, 0);
                bytes = bytes.saturating_add(tiles.bytes(&tiles.plan()?));
            }
        }
        Ok(bytes)
    }

    /// Writes a storage manager anew, if it needs to be.
    fn manager(&self, folder: &mut Folder, dat: &mut TableDat, at: usize, job: &Job) -> Result<()> {
        if matches!(job, Job::Keep | Job::Drop) {
            return Ok(());
        }
        let old = &self.dat.managers[at];
        let seqnr = next(dat)?;
        let columns = self.staying(old.seqnr);
        let (kind, blob) = if let Job::Patch(zero) = job {
            let (path, kind) = (self.table.path(), &old.kind);
            let patches = self.patches(at)?;
            let copy = Copy { path, kind, from: old.seqnr, to: seqnr, zero, patches: &patches };
            copy.write(folder)?;
            (kind.as_str(), old.blob.clone())
        } else {
            let (name, bucket, cache) = self.settings(at)?;
            let feeds = columns.iter().map(|at| self.feed(*at)).collect::<Result<Vec<_>>>()?;
            let making = Making {
                seqnr,
                name: &name,
                endian: self.table.endian(),
                rows: dat.nrow,
                bucket,
                cache,
                feeds: &feeds,
            };
            if *job == Job::Incremental {
                ("IncrementalStMan", incremental::write(folder, &making)?)
            } else {
                ("StandardStMan", standard::write(folder, &making)?)
            }
        };
        dat.managers[at] = ManagerPart { kind: kind.into(), seqnr, blob };
        for column in columns {
            dat.columns[column].seqnr = seqnr;
        }
        Ok(())
    }

    fn add_columns(&self, folder: &mut Folder, dat: &mut TableDat) -> Result<()> {
        for new in &self.pending.added {
            let found = self.found(new)?;
            let seqnr = next(dat)?;
            let tiles = self.tiles(new, &found, seqnr);
            let plan = tiles.plan()?;
            let from = match &new.content {
                Content::Zero => None,
                Content::CopyOf(name) => Some(self.feed(self.column(name)?)?),
            };
            tiles.write(folder, &plan, from.as_ref())?;
            dat.columns.push(ColumnPart::array(&ArrayDesc {
                name: &new.name,
                comment: &new.comment,
                manager_type: found.kind.name(),
                manager: &new.manager,
                seqnr,
                data_type: new.data_type,
                axes: plan.cell_axes(),
                fixed: found.fixed.as_deref(),
                keywords: &new.keywords,
            }));
            let kind = found.kind.name().into();
            dat.managers.push(ManagerPart { kind, seqnr, blob: Vec::new() });
        }
        Ok(())
    }

    fn set_keywords(&self, dat: &mut TableDat) -> Result<()> {
        for (column, name, value) in &self.pending.keywords {
            let at = match column {
                Some(column) => Some(
                    dat.columns
                        .iter()
                        .position(|part| part.name == *column)
                        .ok_or_else(|| self.refused(format!("has no column {column}")))?,
                ),
                None => None,
            };
            let mut keywords = dat.keywords_of(self.table.path(), at)?;
            keywords.set(name.clone(), value.clone());
            dat.set_keywords(at, &keywords);
        }
        Ok(())
    }

    /// Makes the new description that of the table.
    ///
    /// The number of rows stands in `table.dat` and, for writers that are
    /// quicker to renew it, in the lock file. At every moment both readers
    /// must find one number: the lock file is silenced first, after
    /// `table.dat` has the right number for the old files, and told anew last.
    fn switch(&self, folder: &mut Folder, lock: &EditLock, dat: &TableDat) -> Result<()> {
        let told = lock.sync()?;
        let rows = self.table.nrow();
        if self.dat.nrow != rows {
            let mut right = self.dat.clone();
            right.nrow = rows;
            folder.prepare(&right.to_bytes())?;
            folder.switch()?;
        }
        folder.prepare(&dat.to_bytes())?;
        let before = told.clone().unwrap_or_default();
        lock.clear()?;
        if let Err(error) = folder.switch() {
            // Nothing was changed, so what was told holds.
            let again = before.advanced(rows, self.dat.managers.len());
            let _ = lock.tell(&again, self.dat.columns.len());
            return Err(error);
        }
        folder.keep();
        // The edit is made; what fails now is made good by the next one.
        let after = before.advanced(dat.nrow, dat.managers.len());
        let _ = lock.tell(&after, dat.columns.len());
        let _ = folder.clean(&dat.seqnrs());
        Ok(())
    }
}

/// A number that no storage manager has had.
fn next(dat: &mut TableDat) -> Result<u32> {
    let highest = dat.managers.iter().map(|manager| manager.seqnr).max();
    let number = dat.next_seqnr.max(highest.map_or(0, |number| number.saturating_add(1)));
    dat.next_seqnr = number
        .checked_add(1)
        .ok_or_else(|| Error::Range { what: "no number is left for a storage manager".into() })?;
    Ok(number)
}
