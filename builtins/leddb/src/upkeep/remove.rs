//! Takes away all that belongs to us, and nothing else.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::ddl::{self, quoted};
use crate::dialect::Dialect;
use crate::error::{LeddbError, Result};
use crate::partition;
use crate::schema::{
    self,
    views::{STORE_HOST_VIEW, VIEWS},
};
use crate::store::{Database, Location, Options, Statement, Transaction};

/// What was taken away.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removed {
    /// Tables, partitions among them.
    pub tables: usize,
    /// Whether the file is gone too: nothing else was in it.
    pub file: bool,
}

/// The name that a user types to mean this database: that of a server's database, or
/// of the file without its ending.
pub fn name_of(place: &Location) -> String {
    match place {
        Location::Postgres(server) => server.get_database().unwrap_or_default().to_string(),
        Location::Sqlite(path) => {
            path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
        }
    }
}

/// How often and how long to wait for those who leave.
const TRIES: u32 = 10;
const PAUSE: Duration = Duration::from_millis(100);

/// Who else is connected, one line each; of a file only whether somebody is.
pub fn others(location: &Location, options: &Options) -> Result<Vec<String>> {
    let options = Options { connections: 1, ..options.clone() };
    let database = Database::connect(location, &options)?;
    let others = others_of(&database);
    database.close();
    others
}

/// The same; the database must have one connection, and a file is closed.
fn others_of(database: &Database) -> Result<Vec<String>> {
    match database.location() {
        Location::Postgres(_) => database.read(|tx| {
            let rows = tx.rows(Statement::constant(
                "SELECT format('%s from %s: %s', usename, COALESCE(CAST(client_addr AS text), 'here'), \
                 COALESCE(NULLIF(application_name, ''), 'unknown program')) \
                 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() \
                 AND backend_type = 'client backend' ORDER BY 1",
                Vec::new(),
            ))?;
            rows.iter().map(|row| row.get(0)).collect()
        }),
        Location::Sqlite(path) => {
            database.close();
            // Leaving the mode with a log of its own needs the file for itself.
            let alone = Database::sole(path)?;
            Ok(if alone { Vec::new() } else { vec!["another program has the file open".to_string()] })
        }
    }
}

/// Drops everything of ours in one transaction. Refuses while others are connected.
/// The database of a server stays, empty; a file with nothing else in it goes.
pub fn remove(location: &Location, options: &Options) -> Result<Removed> {
    // One connection, so that all others are somebody else's.
    let options = Options { connections: 1, ..options.clone() };
    let database = Database::connect(location, &options)?;
    let status = crate::migrate::status(&database)?;
    if status.version.is_none() {
        return Err(LeddbError::NotOurs {
            place: location.to_string(),
            reason: "it is empty".to_string(),
        });
    }
    let mut others = others_of(&database)?;
    // One that has just left is still seen for a moment.
    for _ in 0..TRIES {
        if others.is_empty() {
            break;
        }
        std::thread::sleep(PAUSE);
        others = others_of(&database)?;
    }
    if let Some(first) = others.first() {
        return Err(LeddbError::Busy {
            reason: format!("{} others are connected, such as {first}", others.len()),
        });
    }
    let database = match location {
        Location::Sqlite(_) => Database::connect(location, &options)?,
        Location::Postgres(_) => database,
    };
    let (tables, left) = database.write(|tx| {
        tx.lock("migrate")?;
        if tx.dialect() == Dialect::Postgres {
            partition::as_owner(tx)?;
        }
        let tables = drop_all(tx)?;
        Ok((tables, anything_left(tx)?))
    })?;
    let mut removed = Removed { tables, file: false };
    database.close();
    if let Location::Sqlite(path) = location
        && !left
    {
        for suffix in ["-wal", "-shm", ""] {
            let mut file = path.as_os_str().to_os_string();
            file.push(suffix);
            match std::fs::remove_file(&file) {
                Ok(()) => {}
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(source) => return Err(LeddbError::Io { path: file.into(), source }),
            }
        }
        removed.file = true;
    }
    Ok(removed)
}

/// Children first, so that nothing else can go with a cascade.
fn drop_all(tx: &mut Transaction) -> Result<usize> {
    let mut count = 0;
    for view in VIEWS.iter().map(|view| view.name).chain([STORE_HOST_VIEW]) {
        tx.raw(&format!("DROP VIEW IF EXISTS {}", quoted(view)))?;
    }
    if tx.dialect() == Dialect::Postgres {
        for part in partition::list_within(tx)? {
            tx.raw(&format!("DROP TABLE IF EXISTS {}", quoted(&part.name)))?;
            count += 1;
        }
    }
    for table in schema::tables().collect::<Vec<_>>().into_iter().rev() {
        tx.raw(&format!("DROP TABLE IF EXISTS {}", quoted(table.name)))?;
        count += 1;
    }
    if tx.dialect() == Dialect::Postgres {
        for signature in ddl::function_signatures() {
            tx.raw(&format!("DROP FUNCTION IF EXISTS {signature}"))?;
        }
    }
    Ok(count)
}

fn anything_left(tx: &mut Transaction) -> Result<bool> {
    let text = match tx.dialect() {
        Dialect::Sqlite => {
            "SELECT count(*) FROM \"sqlite_schema\" WHERE \"type\" IN ('table', 'view') AND \"name\" NOT LIKE 'sqlite_%'"
        }
        Dialect::Postgres => {
            "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public'"
        }
    };
    Ok(tx.row(Statement::constant(text, Vec::new()))?.get::<i64>(0)? > 0)
}
