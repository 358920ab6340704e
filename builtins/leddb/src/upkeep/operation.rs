//! Making, tidying and taking away databases as operations of plans.

use ledama_base::operation::{Effect, ErrorKind, Operation, OperationContext, OperationError};
use ledama_base::rawtext;
use serde::{Deserialize, Serialize};

use super::remove::{Removed, name_of, remove};
use super::tidy::{Tidy, tidy};
use crate::backup::{Folder, saved_lately};
use crate::ddl;
use crate::migrate::{self, Migrated};
use crate::store::{Database, Location, Options};
use crate::{LeddbError, partition};

/// Makes a database, or brings an older one up to date.
#[derive(Debug, Clone, Copy, Default)]
pub struct Create;

/// Which database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateInput {
    /// The database.
    pub database: String,
    /// Only the functions for people; those that are there are replaced.
    #[serde(default)]
    pub functions: bool,
    /// Ids in a partition.
    #[serde(default)]
    pub partition_width: Option<i64>,
    /// Make no roles on a server.
    #[serde(default)]
    pub no_roles: bool,
}

/// What was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Created {
    /// Whether there was nothing before.
    pub made: bool,
    /// Version now.
    pub version: i64,
    /// What was done, in order.
    pub done: Vec<String>,
}

impl Operation for Create {
    const NAME: &'static str = "leddb.create";
    const VERB: &'static str = "make";
    const EFFECT: Effect = Effect::Changes;
    type Input = CreateInput;
    type Output = Created;

    fn run(
        &self,
        input: CreateInput,
        _ctx: &dyn OperationContext,
    ) -> Result<Created, OperationError> {
        let place = Location::parse(&input.database)?;
        let mut options = Options { roles: !input.no_roles, ..Options::default() };
        if let Some(width) = input.partition_width {
            options.partition_width = width;
        }
        if input.functions {
            return Ok(functions(&place, &options)?);
        }
        let (database, Migrated { from, to, done }) = Database::make(&place, &options)?;
        database.close();
        Ok(Created { made: from.is_none(), version: to, done })
    }
}

fn functions(place: &Location, options: &Options) -> Result<Created, LeddbError> {
    let database = Database::open(place, options)?;
    let all = ddl::functions(database.dialect());
    database.write(|tx| {
        if !all.is_empty() {
            partition::as_owner(tx)?;
        }
        all.iter().try_for_each(|one| tx.define(one))
    })?;
    let version = migrate::status(&database)?.needed;
    database.close();
    let done = if all.is_empty() {
        "nothing: a file has no functions".to_string()
    } else {
        format!("{} functions", all.len())
    };
    Ok(Created { made: false, version, done: vec![done] })
}

/// Takes a database away.
#[derive(Debug, Clone, Copy, Default)]
pub struct Delete;

/// Which database, and what must hold before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeleteInput {
    /// The database.
    pub database: String,
    /// Its name, as the user typed it.
    pub name: String,
    /// Folder with a backup of it, in text form; none: without one.
    #[serde(default)]
    pub backups: Option<String>,
    /// Seconds that the backup may be old.
    #[serde(default)]
    pub max_age: Option<i64>,
}

impl Operation for Delete {
    const NAME: &'static str = "leddb.delete";
    const VERB: &'static str = "take away";
    const EFFECT: Effect = Effect::Changes;
    type Input = DeleteInput;
    type Output = Removed;

    fn run(
        &self,
        input: DeleteInput,
        _ctx: &dyn OperationContext,
    ) -> Result<Removed, OperationError> {
        let place = Location::parse(&input.database)?;
        let name = name_of(&place);
        if input.name != name {
            return Err(OperationError::new(
                ErrorKind::Refused,
                format!("`{}` is not the name of this database, `{name}` is", input.name),
            ));
        }
        let options = Options::default();
        if let Some(folder) = &input.backups {
            let folder = Folder::new(rawtext::text_path(folder));
            saved_lately(&place, &options, &folder, input.max_age)?;
        }
        Ok(remove(&place, &options)?)
    }
}

/// Gives space back, makes indexes anew.
#[derive(Debug, Clone, Copy, Default)]
pub struct TidyUp;

/// Which database, and what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TidyUpInput {
    /// The database.
    pub database: String,
    /// Mark the space of deleted rows as free, and count rows.
    #[serde(default)]
    pub vacuum: bool,
    /// Write tables anew.
    #[serde(default)]
    pub full: bool,
    /// Make indexes anew.
    #[serde(default)]
    pub reindex: bool,
}

/// How much there was to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TidyUpOutput {
    /// Statements done.
    pub statements: usize,
}

impl Operation for TidyUp {
    const NAME: &'static str = "leddb.tidy";
    const VERB: &'static str = "tidy up";
    const EFFECT: Effect = Effect::Changes;
    type Input = TidyUpInput;
    type Output = TidyUpOutput;

    fn run(
        &self,
        input: TidyUpInput,
        ctx: &dyn OperationContext,
    ) -> Result<TidyUpOutput, OperationError> {
        let place = Location::parse(&input.database)?;
        let database = Database::open(&place, &Options::default())?;
        let what = Tidy { vacuum: input.vacuum, full: input.full, reindex: input.reindex };
        let done = tidy(&database, what, |text| {
            ctx.log(text);
            if ctx.cancelled() { Err(LeddbError::Stopped) } else { Ok(()) }
        });
        database.close();
        Ok(TidyUpOutput { statements: done? })
    }
}
