//! One open database, shared by threads.

use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::PgPool;
use sqlx::sqlite::SqlitePool;

use super::connect;
use super::failure::Translate as _;
use super::location::Location;
use super::options::Options;
use super::runtime::wait;
use super::transaction::{Connection, Transaction};
use crate::dialect::Dialect;
use crate::error::Result;
use crate::migrate;

/// What a transaction may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Read one unchanging state.
    Read,
    /// Change rows; each statement sees what others have finished.
    Write,
    /// Change rows while seeing one unchanging state; conflicts with others are tried again.
    Snapshot,
}

/// An open database. Clones share its connections.
#[derive(Debug, Clone)]
pub struct Database(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    pool: Pool,
    location: Location,
    options: Options,
}

#[derive(Debug)]
enum Pool {
    Sqlite { readers: SqlitePool, writer: SqlitePool },
    Postgres(PgPool),
}

impl Database {
    /// Opens a database of this program's version.
    pub fn open(location: &Location, options: &Options) -> Result<Self> {
        let database = Self::connect(location, options)?;
        migrate::require_current(&database)?;
        Ok(database)
    }

    /// Makes a database where there is none, with everything in it. A database that
    /// is there already is migrated.
    pub fn create(location: &Location, options: &Options) -> Result<Self> {
        Self::make(location, options).map(|(database, _)| database)
    }

    /// The same; also tells what was done.
    pub fn make(location: &Location, options: &Options) -> Result<(Self, migrate::Migrated)> {
        if let Location::Postgres(server) = location
            && !Self::exists(location, options)?
        {
            connect::create_on_server(server, options, &location.to_string())?;
        }
        let database = Self::connect_to(location, options, true)?;
        let migrated = migrate::migrate(&database)?;
        Ok((database, migrated))
    }

    /// Opens a database; a file that is not there yet is made. Servers are not
    /// changed by this.
    pub fn open_or_create(location: &Location, options: &Options) -> Result<Self> {
        match location {
            Location::Sqlite(path) if !path.exists() => Self::create(location, options),
            _ => Self::open(location, options),
        }
    }

    /// Opens whatever is there, for migrations and checks.
    pub fn connect(location: &Location, options: &Options) -> Result<Self> {
        Self::connect_to(location, options, false)
    }

    fn connect_to(location: &Location, options: &Options, create: bool) -> Result<Self> {
        let pool = match location {
            Location::Sqlite(path) => {
                let (readers, writer) = connect::sqlite(path, options, create)?;
                Pool::Sqlite { readers, writer }
            }
            Location::Postgres(server) => {
                Pool::Postgres(connect::postgres(server, options, &location.to_string())?)
            }
        };
        Ok(Self(Arc::new(Inner { pool, location: location.clone(), options: options.clone() })))
    }

    /// Whether there is a file, or the server has that database; whatever is in it.
    pub fn exists(location: &Location, options: &Options) -> Result<bool> {
        match location {
            Location::Sqlite(path) => Ok(path.exists()),
            Location::Postgres(server) => {
                connect::server_has(server, options, &location.to_string())
            }
        }
    }

    /// Which back end it is.
    pub fn dialect(&self) -> Dialect {
        self.0.location.dialect()
    }

    /// Where it is.
    pub fn location(&self) -> &Location {
        &self.0.location
    }

    /// How it was opened.
    pub fn options(&self) -> &Options {
        &self.0.options
    }

    /// Begins a transaction. What is not committed is undone.
    pub fn begin(&self, mode: Mode) -> Result<Transaction> {
        let connection = match &self.0.pool {
            Pool::Sqlite { readers, writer } => Connection::Sqlite(
                wait(async {
                    match mode {
                        Mode::Read => readers.begin().await,
                        Mode::Write | Mode::Snapshot => writer.begin_with("BEGIN IMMEDIATE").await,
                    }
                })?
                .or_failure(None)?,
            ),
            // Reading plans anew for its values, and so touches only their partitions. In
            // writing that would plan the check of each reference of each row.
            Pool::Postgres(pool) => Connection::Postgres(
                wait(pool.begin_with(match mode {
                    Mode::Read => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
                    Mode::Write => {
                        "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL plan_cache_mode = auto"
                    }
                    Mode::Snapshot => {
                        "BEGIN ISOLATION LEVEL REPEATABLE READ; SET LOCAL plan_cache_mode = auto"
                    }
                }))?
                .or_failure(None)?,
            ),
        };
        Transaction::begun(connection, self.0.options.statement_timeout)
    }

    /// Does reading work in one unchanging state of the database.
    pub fn read<T>(&self, work: impl FnOnce(&mut Transaction) -> Result<T>) -> Result<T> {
        let mut transaction = self.begin(Mode::Read)?;
        let value = work(&mut transaction)?;
        transaction.rollback()?;
        Ok(value)
    }

    /// Does changing work all or nothing, again where others got in its way.
    pub fn write<T>(&self, work: impl FnMut(&mut Transaction) -> Result<T>) -> Result<T> {
        self.repeat(Mode::Write, work)
    }

    /// The same while seeing one unchanging state.
    pub fn write_snapshot<T>(&self, work: impl FnMut(&mut Transaction) -> Result<T>) -> Result<T> {
        self.repeat(Mode::Snapshot, work)
    }

    fn repeat<T>(
        &self,
        mode: Mode,
        mut work: impl FnMut(&mut Transaction) -> Result<T>,
    ) -> Result<T> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            let result = self.begin(mode).and_then(|mut transaction| {
                let value = work(&mut transaction)?;
                transaction.commit()?;
                Ok(value)
            });
            match result {
                Err(error) if error.is_transient() && attempt < self.0.options.tries.max(1) => {
                    tracing::debug!(attempt, %error, "transaction tried again");
                    std::thread::sleep(pause(attempt));
                }
                other => return other,
            }
        }
    }

    /// Runs one statement outside any transaction, where the database wants it so.
    pub(crate) fn alone(&self, text: &str) -> Result<()> {
        let query = sqlx::raw_sql(sqlx::AssertSqlSafe(text));
        match &self.0.pool {
            Pool::Postgres(pool) => wait(query.execute(pool))?.map(drop),
            Pool::Sqlite { writer, .. } => wait(query.execute(writer))?.map(drop),
        }
        .or_failure(None)
    }

    /// Whether nobody has the file open: tried by changing its journal, which nobody
    /// else may see happening. The next connection changes it back.
    pub(crate) fn sole(path: &std::path::Path) -> Result<bool> {
        connect::sole(path)
    }

    /// Closes all connections; clones of it are of no use afterwards.
    pub fn close(&self) {
        // Without threads there is nothing to close either.
        let _ = wait(async {
            match &self.0.pool {
                Pool::Sqlite { readers, writer } => {
                    readers.close().await;
                    writer.close().await;
                }
                Pool::Postgres(pool) => pool.close().await,
            }
        });
    }
}

/// How long to wait before the next attempt: longer each time, and not the same for
/// two that met.
fn pause(attempt: u32) -> Duration {
    let jitter = u64::from(std::process::id()) ^ (std::ptr::from_ref(&attempt) as u64 >> 4);
    Duration::from_millis((5 << attempt.min(6)) + jitter % 16)
}
