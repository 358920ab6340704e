//! Making the pools of connections, and databases that are not there yet.

use std::path::Path;

use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};

use super::credentials::{Sources, apply};
use super::failure::connecting;
use super::network::network_kind;
use super::options::Options;
use super::runtime::wait;
use crate::ddl::outside;
use crate::error::{LeddbError, Result};

/// Bytes of a page. Arrays of tens of kB lie in few pages of this size.
const PAGE_SIZE: u32 = 16 * 1024;

/// Readers and the one writer of a file.
pub(super) fn sqlite(
    path: &Path,
    options: &Options,
    create: bool,
) -> Result<(SqlitePool, SqlitePool)> {
    if let Some(kind) = network_kind(path) {
        return Err(LeddbError::NetworkFileSystem { path: path.to_path_buf(), kind });
    }
    let place = format!("sqlite:{}", path.display());
    if !create && !path.exists() {
        return Err(LeddbError::NoDatabase { place });
    }
    if create && let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)
            .map_err(|source| LeddbError::Io { path: folder.to_path_buf(), source })?;
    }
    let connection = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(create)
        .page_size(PAGE_SIZE)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(options.busy_timeout)
        .pragma("cache_size", "-65536")
        .pragma("temp_store", "MEMORY")
        .pragma("trusted_schema", "OFF")
        .with_regexp()
        .disable_statement_logging();
    let pool = |count: u32| {
        SqlitePoolOptions::new()
            .max_connections(count)
            .acquire_timeout(options.busy_timeout)
            .test_before_acquire(false)
            .idle_timeout(None)
            .max_lifetime(None)
    };
    // One writer in this program: others wait for it in turn, not by polling.
    let writer = wait(pool(1).connect_with(connection.clone().optimize_on_close(true, 1000)))?
        .map_err(|error| connecting(error, &place))?;
    let readers = wait(async {
        pool(options.connections.max(1))
            .connect_lazy_with(connection.create_if_missing(false).pragma("query_only", "ON"))
    })?;
    Ok((readers, writer))
}

/// Whether nobody else has a file open.
pub(super) fn sole(path: &Path) -> Result<bool> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(std::time::Duration::from_millis(100))
        .journal_mode(SqliteJournalMode::Delete)
        .disable_statement_logging();
    let place = format!("sqlite:{}", path.display());
    match wait(sqlx::sqlite::SqliteConnection::connect_with(&options))? {
        Ok(connection) => {
            let closed = wait(connection.close())?;
            closed.map(|()| true).map_err(|error| connecting(error, &place))
        }
        Err(error) => match connecting(error, &place) {
            LeddbError::Busy { .. } => Ok(false),
            other => Err(other),
        },
    }
}

/// Connections to a server.
pub(super) fn postgres(
    server: &PgConnectOptions,
    options: &Options,
    place: &str,
) -> Result<PgPool> {
    let milliseconds =
        |duration: std::time::Duration| duration.as_millis().min(i32::MAX as u128).to_string();
    let settings = [
        ("search_path", "public".to_string()),
        ("timezone", "UTC".to_string()),
        ("statement_timeout", options.statement_timeout.map_or("0".to_string(), milliseconds)),
        ("lock_timeout", milliseconds(options.busy_timeout)),
        // A plan made for all values reads all partitions.
        ("plan_cache_mode", "force_custom_plan".to_string()),
        // Statements here are short; making machine code of one takes longer than it does.
        ("jit", "off".to_string()),
    ];
    let connection = login(server, options)?
        .application_name(&options.program)
        .options(settings)
        .disable_statement_logging();
    let connect = PgPoolOptions::new()
        .max_connections(options.connections.max(1))
        .acquire_timeout(options.busy_timeout)
        .test_before_acquire(false)
        .connect_with(connection);
    wait(connect)?.map_err(|error| connecting(error, place))
}

fn login(server: &PgConnectOptions, options: &Options) -> Result<PgConnectOptions> {
    let secret = Sources::of_environment(options.password_file.as_deref()).password(server)?;
    Ok(apply(server.clone(), secret))
}

/// Whether the server has the database.
pub(super) fn server_has(
    server: &PgConnectOptions,
    options: &Options,
    place: &str,
) -> Result<bool> {
    let attempt = wait(PgConnection::connect_with(&login(server, options)?))?;
    match attempt.map_err(|error| connecting(error, place)) {
        Ok(connection) => {
            // Only whether it opened matters.
            drop(wait(connection.close())?);
            Ok(true)
        }
        Err(LeddbError::NoDatabase { .. }) => Ok(false),
        Err(other) => Err(other),
    }
}

/// Makes the database on the server.
pub(super) fn create_on_server(
    server: &PgConnectOptions,
    options: &Options,
    place: &str,
) -> Result<()> {
    let name = outside(server.get_database().unwrap_or_default())?;
    let maintenance = login(server, options)?.database("postgres");
    let mut connection = wait(PgConnection::connect_with(&maintenance))?
        .map_err(|error| connecting(error, place))?;
    let text = format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'");
    let made = wait(sqlx::raw_sql(AssertSqlSafe(text)).execute(&mut connection))?;
    drop(wait(connection.close())?);
    match made {
        Ok(_) => Ok(()),
        // Somebody else may have made it just now.
        Err(_) if server_has(server, options, place).unwrap_or(false) => Ok(()),
        Err(error) => Err(connecting(error, place)),
    }
}
