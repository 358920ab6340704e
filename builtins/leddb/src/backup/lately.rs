//! Whether a database can be taken away: it was saved lately, and all of it.

use super::folder::Folder;
use super::manifest::Form;
use super::run::database_id;
use super::whole::sha256;
use crate::error::{LeddbError, Result};
use crate::partition;
use crate::schema;
use crate::store::{Database, Location, Options};

/// Age of a backup that is new enough, s: a week.
const AGE: i64 = 7 * 86_400;

/// Fails unless the newest backup of a database is whole, not older than `max_age`
/// seconds, and has the diagnostics that the database has now.
pub fn saved_lately(
    place: &Location,
    options: &Options,
    folder: &Folder,
    max_age: Option<i64>,
) -> Result<()> {
    let refused = |message: String| {
        LeddbError::Input {
        message,
        help: Some(
            "make a backup with BackupLEDDB, name its folder with `--backupdir`, or give `--no-backup-check`"
                .to_string(),
        ),
    }
    };
    let here = folder.path().display();
    let database = Database::open(place, options)?;
    let id = database.read(database_id)?;
    let all = if folder.path().is_dir() { folder.list()? } else { Vec::new() };
    let Some(found) = all.into_iter().find(|found| found.manifest.database_id == id) else {
        database.close();
        return Err(refused(format!("there is no backup of this database in {here}")));
    };
    let manifest = &found.manifest;
    let age = jiff::Timestamp::now().as_second() - manifest.started;
    let max_age = max_age.unwrap_or(AGE);
    if age > max_age {
        database.close();
        return Err(refused(format!(
            "backup `{}` in {here} is {} old",
            found.name,
            ledama_base::units::human_seconds(u64::try_from(age).unwrap_or(0))
        )));
    }
    for entry in &manifest.entries {
        let path = folder.file(&entry.file);
        if sha256(&path)? != (entry.size, entry.sha256.clone()) {
            database.close();
            return Err(refused(format!("{} is not what was written", path.display())));
        }
    }
    let changed = if manifest.form == Form::File {
        None
    } else {
        database.read(|tx| {
            for part in partition::list_within(tx)? {
                let Some(table) = schema::table(part.table) else { continue };
                let now = partition::fingerprint(tx, table, part.range)?;
                let entry = manifest
                    .entries
                    .iter()
                    .find(|entry| entry.table == part.table && entry.range() == Some(part.range));
                let same = match entry {
                    Some(entry) => entry.detached || entry.fingerprint.as_ref() == Some(&now),
                    None => now.starts_with("0:"),
                };
                if !same {
                    return Ok(Some(part.name));
                }
            }
            Ok(None)
        })?
    };
    database.close();
    match changed {
        Some(name) => Err(refused(format!("`{name}` has changed since backup `{}`", found.name))),
        None => Ok(()),
    }
}
