//! One transaction: statements, rows, ids, locks.

use std::future::poll_fn;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use sqlx::{AssertSqlSafe, Connection as _, Postgres, Sqlite};

use super::failure::{Translate as _, translate};
use super::row::{Inner, Row};
use super::runtime::wait;
use super::statement::Statement;
use super::value::Value;
use crate::ddl::{Ddl, sequence_name};
use crate::dialect::Dialect;
use crate::error::{LeddbError, Result};
use crate::schema::Table;

pub(super) enum Connection {
    Sqlite(sqlx::Transaction<'static, Sqlite>),
    Postgres(sqlx::Transaction<'static, Postgres>),
}

/// A transaction that has begun. Dropped without [`Transaction::commit`], it is undone.
pub struct Transaction {
    connection: Option<Connection>,
    limit: Limit,
    depth: u32,
}

impl std::fmt::Debug for Transaction {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        to.debug_struct("Transaction").field("depth", &self.depth).finish_non_exhaustive()
    }
}

/// The limit on the time of a statement. SQLite asks now and then whether to go on;
/// a server keeps the time itself.
struct Limit {
    seconds: Option<u64>,
    duration: Option<Duration>,
    began: Instant,
    deadline: Option<Arc<AtomicU64>>,
}

impl Limit {
    fn start(&self) {
        if let (Some(deadline), Some(duration)) = (&self.deadline, self.duration) {
            let end = self.began.elapsed() + duration;
            deadline.store(u64::try_from(end.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
        }
    }

    fn stop(&self) {
        if let Some(deadline) = &self.deadline {
            deadline.store(u64::MAX, Ordering::Relaxed);
        }
    }
}

/// Steps of SQLite between two looks at the clock.
const STEPS: i32 = 4000;

impl Transaction {
    pub(super) fn begun(connection: Connection, timeout: Option<Duration>) -> Result<Self> {
        let mut transaction = Self {
            connection: Some(connection),
            limit: Limit {
                seconds: timeout.map(|timeout| timeout.as_secs().max(1)),
                duration: timeout,
                began: Instant::now(),
                deadline: None,
            },
            depth: 0,
        };
        if timeout.is_some() && transaction.dialect() == Dialect::Sqlite {
            transaction.watch()?;
        }
        Ok(transaction)
    }

    /// Lets SQLite look at the clock.
    fn watch(&mut self) -> Result<()> {
        let Some(Connection::Sqlite(connection)) = &mut self.connection else {
            return Ok(());
        };
        let deadline = Arc::new(AtomicU64::new(u64::MAX));
        let (watched, began) = (Arc::clone(&deadline), self.limit.began);
        wait(async {
            let mut handle = connection.lock_handle().await?;
            handle.set_progress_handler(STEPS, move || {
                began.elapsed().as_millis() < u128::from(watched.load(Ordering::Relaxed))
            });
            Ok::<_, sqlx::Error>(())
        })?
        .or_failure(None)?;
        self.limit.deadline = Some(deadline);
        Ok(())
    }

    /// Sets the longest time of a statement for the rest of this transaction.
    pub fn set_timeout(&mut self, timeout: Option<Duration>) -> Result<()> {
        self.limit.duration = timeout;
        self.limit.seconds = timeout.map(|timeout| timeout.as_secs().max(1));
        match self.dialect() {
            Dialect::Sqlite => {
                if timeout.is_some() && self.limit.deadline.is_none() {
                    self.watch()?;
                }
                Ok(())
            }
            Dialect::Postgres => {
                let milliseconds =
                    timeout.map_or(0, |timeout| timeout.as_millis().min(i32::MAX as u128));
                self.execute(Statement::constant(
                    "SELECT set_config('statement_timeout', $1, true)",
                    vec![Value::Text(milliseconds.to_string())],
                ))
                .map(drop)
            }
        }
    }

    /// Which back end it is.
    pub fn dialect(&self) -> Dialect {
        match &self.connection {
            Some(Connection::Sqlite(_)) => Dialect::Sqlite,
            _ => Dialect::Postgres,
        }
    }

    fn connection(&mut self) -> Result<&mut Connection> {
        self.connection
            .as_mut()
            .ok_or_else(|| LeddbError::Database { message: "the transaction is over".to_string() })
    }

    /// Runs a statement; how many rows it changed.
    pub fn execute(&mut self, statement: Statement) -> Result<u64> {
        self.limit.start();
        let done = match self.connection()? {
            Connection::Sqlite(connection) => {
                let (text, arguments) = statement.for_sqlite()?;
                wait(sqlx::query_with(AssertSqlSafe(text), arguments).execute(&mut **connection))?
                    .map(|done| done.rows_affected())
            }
            Connection::Postgres(connection) => {
                let (text, arguments) = statement.for_postgres()?;
                wait(sqlx::query_with(AssertSqlSafe(text), arguments).execute(&mut **connection))?
                    .map(|done| done.rows_affected())
            }
        };
        self.limit.stop();
        done.or_failure(self.limit.seconds)
    }

    /// All rows of a statement; for results that are known to be small.
    pub fn rows(&mut self, statement: Statement) -> Result<Vec<Row>> {
        let mut rows = Vec::new();
        self.each(statement, |row| {
            rows.push(row);
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(rows)
    }

    /// The first row of a statement, if there is one.
    pub fn maybe_row(&mut self, statement: Statement) -> Result<Option<Row>> {
        let mut found = None;
        self.each(statement, |row| {
            found = Some(row);
            Ok(ControlFlow::Break(()))
        })?;
        Ok(found)
    }

    /// The first row of a statement that always has one.
    pub fn row(&mut self, statement: Statement) -> Result<Row> {
        self.maybe_row(statement)?.ok_or_else(|| LeddbError::Database {
            message: "expected a row, found none".to_string(),
        })
    }

    /// Gives each row to `take` as it comes; none but a few are in memory at a time.
    pub fn each(
        &mut self,
        statement: Statement,
        mut take: impl FnMut(Row) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        self.limit.start();
        let seconds = self.limit.seconds;
        // Each row is waited for by itself, so that `take` may use other transactions.
        macro_rules! stream {
            ($connection:expr, $arguments:expr, $kind:path) => {{
                let (text, arguments) = $arguments;
                let query = sqlx::query_with(AssertSqlSafe(text), arguments);
                let mut stream = sqlx::Executor::fetch(&mut **$connection, query);
                loop {
                    match wait(poll_fn(|context| stream.as_mut().poll_next(context)))? {
                        None => break Ok(()),
                        Some(Err(error)) => break Err(translate(error, seconds)),
                        Some(Ok(row)) => match take(Row($kind(row))) {
                            Ok(ControlFlow::Continue(())) => {}
                            Ok(ControlFlow::Break(())) => break Ok(()),
                            Err(error) => break Err(error),
                        },
                    }
                }
            }};
        }
        let result = match self.connection()? {
            Connection::Sqlite(connection) => {
                stream!(connection, statement.for_sqlite()?, Inner::Sqlite)
            }
            Connection::Postgres(connection) => {
                stream!(connection, statement.for_postgres()?, Inner::Postgres)
            }
        };
        self.limit.stop();
        result
    }

    /// Runs a definition.
    pub(crate) fn define(&mut self, ddl: &Ddl) -> Result<()> {
        self.raw(ddl.text())
    }

    /// Runs a text without values, made by this crate.
    pub(crate) fn raw(&mut self, text: &str) -> Result<()> {
        match self.connection()? {
            Connection::Sqlite(connection) => {
                wait(sqlx::raw_sql(AssertSqlSafe(text)).execute(&mut **connection))?.map(drop)
            }
            Connection::Postgres(connection) => {
                wait(sqlx::raw_sql(AssertSqlSafe(text)).execute(&mut **connection))?.map(drop)
            }
        }
        .or_failure(self.limit.seconds)
    }

    /// New ids for rows of a table, never given before. They rise, not always by one.
    pub fn next_ids(&mut self, table: &'static Table, count: usize) -> Result<Vec<i64>> {
        if count == 0 {
            return Ok(Vec::new());
        }
        let count = i64::try_from(count).map_err(|_| LeddbError::input("too many ids"))?;
        match self.dialect() {
            Dialect::Sqlite => {
                let row = self.row(Statement::constant(
                    "UPDATE \"id_counter\" SET \"next_id\" = \"next_id\" + $1 WHERE \"name\" = $2 RETURNING \"next_id\"",
                    vec![Value::Int(count), Value::from(table.name)],
                ))?;
                let end: i64 = row.get(0)?;
                Ok((end - count..end).collect())
            }
            Dialect::Postgres => {
                let rows = self.rows(Statement::constant(
                    "SELECT nextval(CAST($1 AS regclass)) FROM generate_series(1, $2)",
                    vec![Value::Text(sequence_name(table)), Value::Int(count)],
                ))?;
                rows.iter().map(|row| row.get(0)).collect()
            }
        }
    }

    /// Waits until nobody else holds the lock of that name, and holds it until the
    /// end of the transaction. A file has one writer at a time anyway.
    pub fn lock(&mut self, name: &'static str) -> Result<()> {
        if self.dialect() == Dialect::Postgres {
            self.execute(Statement::constant(
                "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))",
                vec![Value::Text(format!("ledama leddb {name}"))],
            ))?;
        }
        Ok(())
    }

    /// Does work that is undone by itself when it fails; the rest stays.
    pub fn attempt<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.depth += 1;
        let name = format!("attempt_{}", self.depth);
        self.raw(&format!("SAVEPOINT {name}"))?;
        let result = work(self);
        let end = if result.is_ok() {
            self.raw(&format!("RELEASE SAVEPOINT {name}"))
        } else {
            self.raw(&format!("ROLLBACK TO SAVEPOINT {name}"))
                .and_then(|()| self.raw(&format!("RELEASE SAVEPOINT {name}")))
        };
        self.depth -= 1;
        // The reason of the work comes before that of its undoing.
        let value = result?;
        end?;
        Ok(value)
    }

    /// Sends rows in the binary form of `COPY`; `fill` writes them piece by piece
    /// until it says that it is done. How many arrived.
    pub(crate) fn copy(
        &mut self,
        text: &str,
        mut fill: impl FnMut(&mut Vec<u8>) -> Result<ControlFlow<()>>,
    ) -> Result<u64> {
        let seconds = self.limit.seconds;
        let Connection::Postgres(connection) = self.connection()? else {
            return Err(LeddbError::input("only a server takes COPY"));
        };
        let mut copy = wait(connection.copy_in_raw(text))?.or_failure(seconds)?;
        let mut buffer = Vec::new();
        loop {
            buffer.clear();
            let step = fill(&mut buffer);
            let sent = match &step {
                Ok(_) => wait(copy.send(buffer.as_slice()))?.map(drop).or_failure(seconds),
                Err(_) => Ok(()),
            };
            match (step, sent) {
                (Ok(ControlFlow::Continue(())), Ok(())) => {}
                (Ok(ControlFlow::Break(())), Ok(())) => {
                    return wait(copy.finish())?.or_failure(seconds);
                }
                (Err(error), _) => {
                    // What the server says of the end adds nothing to the reason.
                    drop(wait(copy.abort("stopped"))?);
                    return Err(error);
                }
                (_, Err(error)) => {
                    // The server may have refused a row: its reason is in the answer.
                    return Err(wait(copy.abort("stopped"))?
                        .or_failure(seconds)
                        .err()
                        .unwrap_or(error));
                }
            }
        }
    }

    /// Keeps all changes.
    pub fn commit(mut self) -> Result<()> {
        self.limit.stop();
        let seconds = self.limit.seconds;
        match self.connection.take() {
            Some(Connection::Sqlite(connection)) => wait(connection.commit())?.or_failure(seconds),
            Some(Connection::Postgres(connection)) => {
                wait(connection.commit())?.or_failure(seconds)
            }
            None => Ok(()),
        }
    }

    /// Undoes all changes.
    pub fn rollback(mut self) -> Result<()> {
        self.undo()
    }

    fn undo(&mut self) -> Result<()> {
        self.limit.stop();
        match self.connection.take() {
            Some(Connection::Sqlite(connection)) => wait(connection.rollback())?.or_failure(None),
            Some(Connection::Postgres(connection)) => wait(connection.rollback())?.or_failure(None),
            None => Ok(()),
        }
    }

    /// Whether the server still answers.
    pub fn ping(&mut self) -> Result<()> {
        match self.connection()? {
            Connection::Sqlite(connection) => wait(connection.ping())?.or_failure(None),
            Connection::Postgres(connection) => wait(connection.ping())?.or_failure(None),
        }
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        // A broken connection undoes the work as well.
        let _ = self.undo();
    }
}
