//! Restoring a backup: all of it into an empty database, or ranges of diagnostics
//! into one that has the rest.

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use serde::{Deserialize, Serialize};

use super::folder::{Folder, Found};
use super::manifest::{Entry, Form, Manifest};
use super::target;
use super::watch::Watch;
use super::whole;
use crate::dialect::Dialect;
use crate::error::{LeddbError, Result};
use crate::meta;
use crate::partition::{self, Range};
use crate::rows::{Bulk, Header, Part, RowReader, count};
use crate::schema::{self, Table, VERSION};
use crate::store::{Database, Location, Options, Transaction};

/// What to restore.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Name of the backup; none: the newest.
    pub backup: Option<String>,
    /// Numbers of ranges of diagnostics to fill again, in a database that has the
    /// rest; none: everything, into an empty database.
    pub partitions: Option<Vec<i64>>,
    /// Writers at the same time; of a file there is one.
    pub workers: usize,
}

/// A table whose rows are not as many as in the backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// Table or range.
    pub name: String,
    /// Rows in the backup.
    pub saved: u64,
    /// Rows in the database.
    pub found: u64,
}

/// What a restoration came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restored {
    /// The backup.
    pub backup: String,
    /// Rows written.
    pub rows: u64,
    /// Tables and ranges written.
    pub parts: usize,
    /// Where counts differ; the restoration is good only if this is empty.
    pub differences: Vec<Difference>,
}

/// The backup that is meant and the tables and ranges that would be written.
pub fn inspect(folder: &Folder, wanted: &Wanted) -> Result<(Found, Vec<Entry>)> {
    let found = folder.open(wanted.backup.as_deref())?;
    let manifest = &found.manifest;
    if manifest.schema_version != VERSION {
        return Err(LeddbError::Input {
            message: format!(
                "backup `{}` has version {} of the tables, this program has {VERSION}",
                found.name, manifest.schema_version
            ),
            help: Some("restore it with the program that made it, then migrate".to_string()),
        });
    }
    let entries = match &wanted.partitions {
        None => manifest.entries.clone(),
        Some(numbers) => ranges(&found, numbers)?,
    };
    Ok((found, entries))
}

fn ranges(found: &Found, numbers: &[i64]) -> Result<Vec<Entry>> {
    if found.manifest.form == Form::File {
        return Err(LeddbError::input(format!(
            "backup `{}` is a copy of a whole file, ranges cannot be taken from it",
            found.name
        )));
    }
    let known = |number: i64| {
        let entries = found.manifest.entries.iter();
        entries.filter(move |entry| entry.range().is_some_and(|range| range.index() == number))
    };
    if let Some(strange) = numbers.iter().find(|number| known(**number).next().is_none()) {
        let last = found.manifest.entries.iter().filter_map(Entry::range).map(Range::index).max();
        return Err(LeddbError::Input {
            message: format!("backup `{}` has no range {strange}", found.name),
            help: last.map(|last| format!("ranges are numbered from 0 to {last}")),
        });
    }
    Ok(numbers.iter().flat_map(|number| known(*number).cloned()).collect())
}

/// Restores. Differences of counts are told, not an error.
pub fn restore(
    location: &Location,
    options: &Options,
    folder: &Folder,
    wanted: &Wanted,
    watch: Watch<'_>,
) -> Result<Restored> {
    let (found, entries) = inspect(folder, wanted)?;
    let filling = Filling {
        folder,
        watch,
        done: AtomicU64::new(0),
        total: entries.iter().map(|entry| entry.bytes).sum(),
        workers: wanted.workers.max(1),
    };
    let restored =
        Restored { backup: found.name.clone(), parts: entries.len(), ..Restored::default() };
    match (found.manifest.form, &wanted.partitions) {
        (Form::File, _) => file(location, folder, &found, restored, watch),
        (Form::Rows, None) => filling.all(location, options, &found, restored),
        (Form::Rows, Some(_)) => filling.ranges(location, options, &found, &entries, restored),
    }
}

/// Puts a copy of a whole file in its place.
fn file(
    location: &Location,
    folder: &Folder,
    found: &Found,
    mut restored: Restored,
    watch: Watch<'_>,
) -> Result<Restored> {
    let Location::Sqlite(path) = location else {
        return Err(LeddbError::Input {
            message: format!("backup `{}` is a copy of a file, {location} is a server", found.name),
            help: Some(
                "restore it into a file (`--dburl sqlite:FILE`), and copy that with SyncLEDDBs"
                    .to_string(),
            ),
        });
    };
    let Some(entry) = found.manifest.entries.first() else {
        return Err(LeddbError::Damaged { reason: format!("backup `{}` has no file", found.name) });
    };
    let packed = folder.file(&entry.file);
    if whole::sha256(&packed)? != (entry.size, entry.sha256.clone()) {
        return Err(LeddbError::Damaged {
            reason: format!("{} is not what was written", packed.display()),
        });
    }
    watch.check()?;
    let mut partial = path.as_os_str().to_os_string();
    partial.push(".partial");
    let partial = Path::new(&partial);
    let io = |source| LeddbError::Io { path: partial.to_path_buf(), source };
    if let Some(above) = path.parent().filter(|above| !above.as_os_str().is_empty()) {
        std::fs::create_dir_all(above).map_err(io)?;
    }
    let mut to = std::fs::File::create(partial).map_err(io)?;
    let copied = std::io::copy(&mut whole::unpacked(&packed)?, &mut to).map_err(io)?;
    to.sync_all().map_err(io)?;
    if copied != entry.bytes {
        return Err(LeddbError::Damaged { reason: format!("{} was cut", packed.display()) });
    }
    rustix::fs::renameat_with(
        rustix::fs::CWD,
        partial,
        rustix::fs::CWD,
        path,
        rustix::fs::RenameFlags::NOREPLACE,
    )
    .map_err(|error| {
        drop(std::fs::remove_file(partial));
        match error {
            rustix::io::Errno::EXIST => LeddbError::Input {
                message: format!("{location} is there already"),
                help: Some(
                    "restore into another file, or take this one away with DeleteLEDDB".to_string(),
                ),
            },
            other => io(other.into()),
        }
    })?;
    let database = Database::open(location, &Options::default())?;
    let counts = database.read(crate::migrate::row_counts)?;
    restored.rows = counts.iter().map(|(_, rows)| u64::try_from(*rows).unwrap_or(0)).sum();
    if restored.rows != entry.rows {
        restored.differences.push(Difference {
            name: "all tables".to_string(),
            saved: entry.rows,
            found: restored.rows,
        });
    }
    Ok(restored)
}

struct Filling<'a> {
    folder: &'a Folder,
    watch: Watch<'a>,
    done: AtomicU64,
    total: u64,
    workers: usize,
}

impl Filling<'_> {
    /// Everything, stage by stage, parents first.
    fn all(
        &self,
        location: &Location,
        options: &Options,
        found: &Found,
        mut restored: Restored,
    ) -> Result<Restored> {
        let manifest = &found.manifest;
        let database = target::empty(location, options, manifest.partition_width)?;
        database.write(|tx| {
            target::set(tx, "restoring", Some(&found.name))?;
            target::set(tx, "restored_from", Some(&manifest.database_id))
        })?;
        target::without_ranges(&database)?;
        restored.rows += self.stage(&database, manifest, before_diagnostics)?;
        let parts: Vec<&Entry> =
            manifest.entries.iter().filter(|entry| entry.range.is_some()).collect();
        restored.rows += self.diagnostics(&database, &parts)?;
        restored.rows += self
            .stage(&database, manifest, |table| !before_diagnostics(table) && !table.partitioned)?;
        // Ranges that were empty, and the spare one.
        let last = parts.iter().filter_map(|entry| entry.range).map(|(_, upper)| upper - 1).max();
        target::counters(&database, &manifest.next_ids)?;
        partition::ensure(&database, last)?;
        target::analyse(&database)?;
        restored.differences = self.differences(&database, &manifest.entries)?;
        if restored.differences.is_empty() {
            database.write(|tx| target::set(tx, "restoring", None))?;
        }
        Ok(restored)
    }

    /// Tables in one transaction.
    fn stage(
        &self,
        database: &Database,
        manifest: &Manifest,
        wanted: impl Fn(&Table) -> bool,
    ) -> Result<u64> {
        let tables: Vec<&'static Table> = schema::tables()
            .filter(|table| wanted(table) && !target::OWN[..4].contains(&table.name))
            .collect();
        database.write(|tx| {
            let mut rows = 0;
            for table in &tables {
                if table.name == "antenna_type" {
                    tx.raw("DELETE FROM \"antenna_type\"")?;
                }
                for entry in manifest.entries.iter().filter(|entry| entry.table == table.name) {
                    rows += self.part(tx, table, entry, &Bulk::into(table))?;
                }
            }
            Ok(rows)
        })
    }

    /// Each range in a transaction of its own; on a server several at the same time.
    fn diagnostics(&self, database: &Database, parts: &[&Entry]) -> Result<u64> {
        let workers = match database.dialect() {
            Dialect::Sqlite => 1,
            Dialect::Postgres => {
                self.workers.min(usize::try_from(database.options().connections).unwrap_or(8))
            }
        };
        let (next, rows) = (AtomicUsize::new(0), AtomicU64::new(0));
        let failed: Mutex<Option<LeddbError>> = Mutex::new(None);
        let failure = || failed.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        std::thread::scope(|scope| {
            for _ in 0..workers.min(parts.len()) {
                scope.spawn(|| {
                    while let Some(entry) = parts.get(next.fetch_add(1, Ordering::Relaxed)) {
                        if failure().is_some() {
                            return;
                        }
                        match self.range(database, entry) {
                            Ok(count) => drop(rows.fetch_add(count, Ordering::Relaxed)),
                            Err(error) => drop(failure().get_or_insert(error)),
                        }
                    }
                });
            }
        });
        match failure().take() {
            Some(error) => Err(error),
            None => Ok(rows.into_inner()),
        }
    }

    fn range(&self, database: &Database, entry: &Entry) -> Result<u64> {
        let (Some(range), Some(table)) = (entry.range(), schema::table(&entry.table)) else {
            return Err(LeddbError::Damaged { reason: format!("a range of `{}`", entry.table) });
        };
        database.write(|tx| {
            if tx.dialect() == Dialect::Sqlite {
                partition::remember(tx, table, range, "attached")?;
                return self.part(tx, table, entry, &Bulk::into(table));
            }
            partition::filled(tx, table, range, |tx, name| {
                self.part(tx, table, entry, &Bulk::named(table, name.to_string()))
            })
        })
    }

    /// The rows of one file; they must be exactly those that were saved.
    fn part(
        &self,
        tx: &mut Transaction,
        table: &'static Table,
        entry: &Entry,
        to: &Bulk,
    ) -> Result<u64> {
        self.watch.check()?;
        let path = self.folder.file(&entry.file);
        let mut reader = RowReader::open(&path)?;
        if *reader.header() != Header::of(table, entry.range()) {
            return Err(LeddbError::Damaged {
                reason: format!("{} holds other columns or another range", path.display()),
            });
        }
        let mut since = 0;
        let rows = to.write(tx, |row| {
            since += row.len() as u64;
            if since > 1 << 20 {
                self.watch.check()?;
                let done = self.done.fetch_add(since, Ordering::Relaxed) + since;
                self.watch.progress(done, self.total);
                since = 0;
            }
            reader.next(row)
        })?;
        let contents = reader.finish()?;
        if contents.sha256 != entry.sha256 || contents.digest != entry.digest || rows != entry.rows
        {
            return Err(LeddbError::Damaged {
                reason: format!("{} is not the file that its manifest names", path.display()),
            });
        }
        self.watch.log(&format!("{}: {rows} rows", entry.file));
        Ok(rows)
    }

    /// Ranges again into a database that has the rest.
    fn ranges(
        &self,
        location: &Location,
        options: &Options,
        found: &Found,
        entries: &[Entry],
        mut restored: Restored,
    ) -> Result<Restored> {
        let database = Database::open(location, options)?;
        let id = &found.manifest.database_id;
        if !database.read(|tx| target::is_of(tx, id))? {
            return Err(LeddbError::Input {
                message: format!("backup `{}` is not of the database at {location}", found.name),
                help: Some("ranges can only go back to where they came from".to_string()),
            });
        }
        let mut wanted: Vec<partition::Range> = entries.iter().filter_map(Entry::range).collect();
        wanted.dedup();
        for range in &wanted {
            partition::revive(&database, *range)?;
        }
        let filled = database.read(|tx| {
            for entry in entries {
                let (Some(range), Some(table)) = (entry.range(), schema::table(&entry.table))
                else {
                    continue;
                };
                let part = Part::of(table, range);
                if count(tx, &part)? > 0 {
                    return Ok(Some(part.name()?));
                }
            }
            Ok(None)
        })?;
        if let Some(name) = filled {
            return Err(LeddbError::Input {
                message: format!("`{name}` is not empty"),
                help: Some("only ranges without rows can be filled again".to_string()),
            });
        }
        for entry in entries {
            let Some(table) = schema::table(&entry.table) else { continue };
            let written = database.write(|tx| self.part(tx, table, entry, &Bulk::into(table)));
            restored.rows += written.map_err(|error| match error {
                LeddbError::Violation(violation) => LeddbError::Input {
                    message: format!("`{}` cannot be filled: {violation}", entry.file),
                    help: Some("measurement sets of the backup are no longer in the database; restore all of it elsewhere".to_string()),
                },
                other => other,
            })?;
        }
        for range in &wanted {
            meta::verify_range(&database, *range, true)?;
        }
        target::counters(&database, &[])?;
        restored.differences = self.differences(&database, entries)?;
        Ok(restored)
    }

    fn differences(&self, database: &Database, entries: &[Entry]) -> Result<Vec<Difference>> {
        let mut differences = Vec::new();
        for entry in entries {
            self.watch.check()?;
            let Some(table) = schema::table(&entry.table) else { continue };
            if target::OWN[..4].contains(&table.name) {
                continue;
            }
            let part = Part { range: entry.range(), ..Part::all(table) };
            let found = database.read(|tx| count(tx, &part))?;
            if found != entry.rows {
                differences.push(Difference { name: part.name()?, saved: entry.rows, found });
            }
        }
        Ok(differences)
    }
}

/// Tables that diagnostics may refer to.
fn before_diagnostics(table: &Table) -> bool {
    matches!(table.block, schema::Block::Reference | schema::Block::Applications)
        || table.name == schema::diagnostics::QUALITY_KIND.name
}
