//! Making a backup.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

use super::folder::{Folder, PARTIAL, ROWS};
use super::manifest::{Entry, FORMAT, Form, Manifest};
use super::snapshot::Snapshot;
use super::watch::Watch;
use super::whole;
use crate::dialect::Dialect;
use crate::error::{LeddbError, Result};
use crate::migrate::setting;
use crate::partition;
use crate::rows::{Header, Part, RowReader, RowWriter, read};
use crate::schema::{self, VERSION};
use crate::store::{Database, Statement, Transaction};
use crate::upkeep;

/// How rows are compressed: arrays of measurements hardly shrink, so a quick level.
const LEVEL: i32 = 3;

/// How to make a backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Readers at the same time; of a file there is one.
    pub workers: usize,
    /// Write ranges too that have not changed.
    pub all: bool,
    /// Backups of this database that stay, this one among them.
    pub keep: usize,
    /// Copy the file of the database as it is; only for files.
    pub whole: bool,
}

impl Default for Job {
    fn default() -> Self {
        Self { workers: 4, all: false, keep: 3, whole: false }
    }
}

/// What a backup came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// Its name.
    pub name: String,
    /// Files written.
    pub written: usize,
    /// Files of older backups that still hold.
    pub unchanged: usize,
    /// Rows of all tables.
    pub rows: u64,
    /// Bytes of all files.
    pub size: u64,
    /// Bytes of the files written.
    pub written_size: u64,
    /// Files of older backups that went.
    pub retired: Vec<String>,
    /// What could be better.
    pub warnings: Vec<String>,
}

/// A table or range to be looked at.
struct Unit {
    part: Part,
    fingerprint: Option<String>,
    /// The entry of the last backup that still holds.
    old: Option<Entry>,
}

/// What a backup would write: the name of each table or range, its rows as far as
/// known, and whether it has changed.
pub fn preview(database: &Database, folder: &Folder, job: &Job) -> Result<Vec<(String, bool)>> {
    database.read(|tx| {
        let id = database_id(tx)?;
        let last = if folder.path().exists() { last(folder, &id)? } else { None };
        units(tx, folder, last.as_ref(), job)?
            .iter()
            .map(|unit| Ok((unit.part.name()?, unit.old.is_none())))
            .collect()
    })
}

/// Makes one.
pub fn backup(database: &Database, folder: &Folder, job: &Job, watch: Watch<'_>) -> Result<Made> {
    if job.whole && database.dialect() == Dialect::Postgres {
        return Err(LeddbError::Input {
            message: "only a database in a file can be copied as a whole".to_string(),
            help: Some("leave the option out".to_string()),
        });
    }
    let _held = folder.hold()?;
    folder.sweep()?;
    if database.dialect() == Dialect::Sqlite {
        // A backup of a damaged file would push out the good ones.
        let faults = upkeep::integrity(database)?;
        if let Some(first) = faults.first() {
            return Err(LeddbError::Damaged {
                reason: format!("{}: {}", first.subject, first.what),
            });
        }
    }
    let started = jiff::Timestamp::now().as_second();
    let stamp = folder.free(&stamp(started))?;
    let name = name(database.location(), &stamp);
    let manifest = if job.whole {
        whole::write(database, folder, &name, started, watch)?
    } else {
        write(database, folder, job, (stamp, started), watch)?
    };
    folder.write_manifest(&name, &manifest)?;
    let mut warnings = Vec::new();
    if let Err(error) = remember(database, &manifest) {
        warnings.push(format!("the database was not told of its backup: {error}"));
    }
    let retired = folder.retire(&manifest.database_id, job.keep)?;
    let (size, written_size) = manifest.size();
    let unchanged = manifest.entries.iter().filter(|entry| entry.unchanged).count();
    Ok(Made {
        name,
        written: manifest.entries.len() - unchanged,
        unchanged,
        rows: manifest.entries.iter().map(|entry| entry.rows).sum(),
        size,
        written_size,
        retired,
        warnings,
    })
}

/// Name of a backup: of its database and its moment.
fn name(place: &crate::store::Location, stamp: &str) -> String {
    let base: String = upkeep::name_of(place)
        .chars()
        .map(|letter| if letter.is_alphanumeric() || "-_".contains(letter) { letter } else { '_' })
        .collect();
    format!("{base}-{stamp}")
}

/// A moment for names of files.
fn stamp(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds)
        .map_or_else(|_| seconds.to_string(), |time| time.strftime("%Y%m%dT%H%M%SZ").to_string())
}

pub(super) fn database_id(tx: &mut Transaction) -> Result<String> {
    setting(tx, "database_id")?.ok_or_else(|| LeddbError::Damaged {
        reason: "the setting `database_id` is missing".to_string(),
    })
}

/// The last backup of rows of this database.
fn last(folder: &Folder, id: &str) -> Result<Option<Manifest>> {
    let mut all = folder.list()?.into_iter().map(|found| found.manifest);
    Ok(all.find(|manifest| {
        manifest.database_id == id
            && manifest.form == Form::Rows
            && manifest.schema_version == VERSION
    }))
}

/// Everything that belongs to a backup: ranges first, the newest in front.
fn units(
    tx: &mut Transaction,
    folder: &Folder,
    last: Option<&Manifest>,
    job: &Job,
) -> Result<Vec<Unit>> {
    let mut all = Vec::new();
    let old = |table: &str, range: partition::Range| {
        let entries = last.iter().flat_map(|manifest| &manifest.entries);
        let mut entries =
            entries.filter(|entry| entry.table == table && entry.range() == Some(range));
        entries.find(|entry| folder.has(&entry.file, entry.size)).cloned()
    };
    for part in partition::list_within(tx)?.into_iter().rev() {
        let Some(table) = schema::table(part.table) else { continue };
        let known = old(part.table, part.range);
        if !part.attached && !on_server(tx, &part.name)? {
            // Its rows are in backups only: the last one that has them stays.
            if let Some(mut entry) = known {
                entry.detached = true;
                all.push(Unit {
                    part: Part::of(table, part.range),
                    fingerprint: None,
                    old: Some(entry),
                });
            }
            continue;
        }
        let fingerprint = partition::fingerprint(tx, table, part.range)?;
        let same =
            known.filter(|entry| !job.all && entry.fingerprint.as_ref() == Some(&fingerprint));
        let part = Part { off: !part.attached, ..Part::of(table, part.range) };
        all.push(Unit { part, fingerprint: Some(fingerprint), old: same });
    }
    let plain = schema::tables().filter(|table| !table.partitioned);
    all.extend(plain.map(|table| Unit { part: Part::all(table), fingerprint: None, old: None }));
    Ok(all)
}

fn on_server(tx: &mut Transaction, name: &str) -> Result<bool> {
    if tx.dialect() == Dialect::Sqlite {
        return Ok(true);
    }
    let text = "SELECT to_regclass(quote_ident($1)) IS NOT NULL";
    tx.row(Statement::constant(text, vec![name.into()]))?.get(0)
}

fn write(
    database: &Database,
    folder: &Folder,
    job: &Job,
    (stamp, started): (String, i64),
    watch: Watch<'_>,
) -> Result<Manifest> {
    let mut snapshot = Snapshot::take(database)?;
    let id = database_id(&mut snapshot.main)?;
    let width = partition::width(&mut snapshot.main)?;
    let last = last(folder, &id)?;
    let units = units(&mut snapshot.main, folder, last.as_ref(), job)?;
    let total = expected(&mut snapshot.main, &units)?;
    let threads = u32::try_from(job.workers.clamp(1, 64)).unwrap_or(1);
    let writing = Writing { folder, stamp, watch, done: AtomicU64::new(0), total };
    let entries = if snapshot.id.is_some() && job.workers > 1 {
        writing.together(&snapshot, &units, job.workers)?
    } else {
        let mut entries = Vec::new();
        for unit in &units {
            entries.push(writing.unit(&mut snapshot.main, unit, threads)?);
        }
        entries
    };
    // Ids may have been given since; what is too high does no harm.
    let next_ids = database.read(|tx| {
        let with_ids = schema::tables().filter(|table| table.id.is_some());
        with_ids.map(|table| Ok((table.name.to_string(), upkeep::next_id(tx, table)?))).collect()
    })?;
    Ok(Manifest {
        format: FORMAT,
        form: Form::Rows,
        program: database.options().program.clone(),
        place: database.location().to_string(),
        database_id: id,
        schema_version: VERSION,
        partition_width: width,
        snapshot: snapshot.id.clone(),
        started,
        finished: jiff::Timestamp::now().as_second(),
        entries,
        next_ids,
    })
}

/// Bytes of arrays that will be written, about.
fn expected(tx: &mut Transaction, units: &[Unit]) -> Result<u64> {
    let mut total = 0;
    for unit in units.iter().filter(|unit| unit.old.is_none()) {
        if let Some(range) = unit.part.range {
            let bytes: i64 = tx
                .row(Statement::constant(
                    "SELECT CAST(COALESCE(sum(\"bytes\"), 0) AS bigint) FROM \"ms_diag_summary\" \
                     WHERE \"table_name\" = $1 AND \"measurementset_id\" >= $2 AND \"measurementset_id\" < $3",
                    vec![unit.part.table.name.into(), range.lower.into(), range.upper.into()],
                ))?
                .get(0)?;
            total += u64::try_from(bytes).unwrap_or(0);
        }
    }
    Ok(total)
}

struct Writing<'a> {
    folder: &'a Folder,
    stamp: String,
    watch: Watch<'a>,
    done: AtomicU64,
    total: u64,
}

impl Writing<'_> {
    /// Several readers of one moment; entries in the order of the units.
    fn together(&self, snapshot: &Snapshot, units: &[Unit], workers: usize) -> Result<Vec<Entry>> {
        let next = AtomicU64::new(0);
        let failed: Mutex<Option<LeddbError>> = Mutex::new(None);
        let found: Mutex<Vec<(usize, Entry)>> = Mutex::new(Vec::new());
        let work = || -> Result<()> {
            let mut tx = snapshot.share()?;
            loop {
                let at =
                    usize::try_from(next.fetch_add(1, Ordering::Relaxed)).unwrap_or(usize::MAX);
                let Some(unit) = units.get(at) else { return Ok(()) };
                if held(&failed).is_some() {
                    return Ok(());
                }
                let entry = self.unit(&mut tx, unit, 1)?;
                held(&found).push((at, entry));
            }
        };
        // The pool has one connection more than readers: that of the moment itself.
        let most = usize::try_from(snapshot.connections()).unwrap_or(8).saturating_sub(1).max(1);
        std::thread::scope(|scope| {
            for _ in 0..workers.min(most).min(units.len()) {
                scope.spawn(|| {
                    if let Err(error) = work() {
                        held(&failed).get_or_insert(error);
                    }
                });
            }
        });
        if let Some(error) = held(&failed).take() {
            return Err(error);
        }
        let mut found = std::mem::take(&mut *held(&found));
        found.sort_by_key(|(at, _)| *at);
        Ok(found.into_iter().map(|(_, entry)| entry).collect())
    }

    /// One table or range: written, read again, named.
    fn unit(&self, tx: &mut Transaction, unit: &Unit, threads: u32) -> Result<Entry> {
        self.watch.check()?;
        let name = unit.part.name()?;
        if let Some(old) = &unit.old {
            self.watch.log(&format!("{name}: unchanged, in {}", old.file));
            return Ok(Entry { unchanged: true, ..old.clone() });
        }
        let file = format!("{name}.{}{ROWS}", self.stamp);
        let partial = format!("{PARTIAL}{file}");
        let path = self.folder.file(&partial);
        let written = self.rows(tx, unit, &path, threads).and_then(|written| {
            // What was written is what can be read: the file is believed, not the memory.
            let found = RowReader::open(&path)?.contents(|_| self.watch.check())?;
            if found == written {
                return Ok(found);
            }
            let reason = format!("{}: what is read is not what was written", path.display());
            Err(LeddbError::Damaged { reason })
        });
        let contents = match written {
            Ok(contents) => contents,
            Err(error) => {
                // The reason matters, not that the rest could not be removed.
                drop(std::fs::remove_file(&path));
                return Err(error);
            }
        };
        self.folder.publish(&partial, &file)?;
        self.watch.log(&format!("{name}: {} rows in {file}", contents.rows));
        Ok(Entry {
            table: unit.part.table.name.to_string(),
            range: unit.part.range.map(|range| (range.lower, range.upper)),
            file,
            rows: contents.rows,
            bytes: contents.bytes,
            size: contents.size,
            sha256: contents.sha256,
            digest: contents.digest,
            fingerprint: unit.fingerprint.clone(),
            detached: unit.part.off,
            unchanged: false,
        })
    }

    fn rows(
        &self,
        tx: &mut Transaction,
        unit: &Unit,
        path: &std::path::Path,
        threads: u32,
    ) -> Result<crate::rows::Contents> {
        let header = Header::of(unit.part.table, unit.part.range);
        let mut writer = RowWriter::create(path, &header, LEVEL, threads)?;
        let mut since = 0_u64;
        read(tx, &unit.part, |row| {
            since += row.len() as u64;
            if since > 1 << 20 {
                self.watch.check()?;
                let done = self.done.fetch_add(since, Ordering::Relaxed) + since;
                self.watch.progress(done, self.total);
                since = 0;
            }
            writer.row(row)
        })?;
        writer.finish()
    }
}

fn held<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Tells the database what was saved of each range.
fn remember(database: &Database, manifest: &Manifest) -> Result<()> {
    database.write(|tx| {
        for entry in manifest.entries.iter().filter(|entry| entry.fingerprint.is_some()) {
            let Some(range) = entry.range() else { continue };
            tx.execute(Statement::constant(
                "UPDATE \"partition_state\" SET \"saved_fingerprint\" = $1, \"saved_digest\" = $2, \"saved_at\" = $3 \
                 WHERE \"table_name\" = $4 AND \"lower_id\" = $5",
                vec![
                    entry.fingerprint.clone().into(),
                    entry.digest.clone().into(),
                    manifest.started.into(),
                    entry.table.clone().into(),
                    range.lower.into(),
                ],
            ))?;
        }
        if manifest.form == Form::File {
            tx.execute(Statement::constant(
                "UPDATE \"partition_state\" SET \"saved_at\" = $1",
                vec![manifest.started.into()],
            ))?;
        }
        Ok(())
    })
}
