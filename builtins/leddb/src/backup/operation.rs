//! Backups and restorations as operations of plans.

use ledama_base::operation::{Effect, Operation, OperationContext, OperationError};
use ledama_base::rawtext;
use serde::{Deserialize, Serialize};

use super::folder::Folder;
use super::restore::{Restored, Wanted, restore};
use super::run::{Job, Made, backup};
use super::watch::Watch;
use crate::store::{Database, Location, Options};

fn options(workers: usize) -> Options {
    let connections = u32::try_from(workers.clamp(1, 64)).unwrap_or(1) + 2;
    Options { connections, ..Options::default() }
}

/// Saves a database.
#[derive(Debug, Clone, Copy, Default)]
pub struct Backup;

/// Which database, where to, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BackupInput {
    /// The database.
    pub database: String,
    /// Folder of the backups, in text form.
    pub folder: String,
    /// Readers at the same time.
    #[serde(default = "four")]
    pub workers: usize,
    /// Also what has not changed.
    #[serde(default)]
    pub all: bool,
    /// Backups that stay.
    #[serde(default = "three")]
    pub keep: usize,
    /// A copy of the file of the database.
    #[serde(default)]
    pub whole: bool,
}

fn four() -> usize {
    4
}

fn three() -> usize {
    3
}

impl Operation for Backup {
    const NAME: &'static str = "leddb.backup";
    const VERB: &'static str = "save";
    const EFFECT: Effect = Effect::Changes;
    type Input = BackupInput;
    type Output = Made;

    fn run(&self, input: BackupInput, ctx: &dyn OperationContext) -> Result<Made, OperationError> {
        let place = Location::parse(&input.database)?;
        let database = Database::open(&place, &options(input.workers))?;
        let job = Job {
            workers: input.workers.max(1),
            all: input.all,
            keep: input.keep.max(1),
            whole: input.whole,
        };
        let folder = Folder::new(rawtext::text_path(&input.folder));
        let made = backup(&database, &folder, &job, Watch::of(ctx));
        database.close();
        Ok(made?)
    }
}

/// Fills a database from a backup.
#[derive(Debug, Clone, Copy, Default)]
pub struct Restore;

/// Which backup, and where to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RestoreInput {
    /// The database.
    pub database: String,
    /// Folder of the backups, in text form.
    pub folder: String,
    /// Name of the backup; the newest if absent.
    #[serde(default)]
    pub backup: Option<String>,
    /// Numbers of ranges; everything if absent.
    #[serde(default)]
    pub partitions: Option<Vec<i64>>,
    /// Writers at the same time.
    #[serde(default = "four")]
    pub workers: usize,
}

impl Operation for Restore {
    const NAME: &'static str = "leddb.restore";
    const VERB: &'static str = "restore";
    const EFFECT: Effect = Effect::Changes;
    type Input = RestoreInput;
    type Output = Restored;

    fn run(
        &self,
        input: RestoreInput,
        ctx: &dyn OperationContext,
    ) -> Result<Restored, OperationError> {
        let place = Location::parse(&input.database)?;
        let folder = Folder::new(rawtext::text_path(&input.folder));
        let wanted =
            Wanted { backup: input.backup, partitions: input.partitions, workers: input.workers };
        Ok(restore(&place, &options(input.workers), &folder, &wanted, Watch::of(ctx))?)
    }
}
