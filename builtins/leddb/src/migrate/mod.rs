//! Versions of the schema: making a new database, bringing an old one up to date,
//! refusing a newer one.
//!
//! A new database is made from the description and is of the newest version at
//! once. An older one goes through the steps between, all in one transaction.

mod check;
mod live;

#[cfg(test)]
mod tests;

pub use check::{Difference, check};

use crate::ddl::{self, Ddl, quoted};
use crate::dialect::Dialect;
use crate::error::{LeddbError, Result};
use crate::partition;
use crate::schema::{self, VERSION};
use crate::store::{Database, Location, Statement, Transaction, Value};

/// One change of the schema.
pub(crate) struct Step {
    /// The version that it leads to.
    pub(crate) version: i64,
    /// What changes.
    pub(crate) about: &'static str,
    /// The definitions.
    pub(crate) changes: fn(Dialect) -> Vec<Ddl>,
}

/// Changes since the first version, in order.
const STEPS: &[Step] = &[Step {
    version: 2,
    about: "the first frequency of each diagnostic array",
    changes: first_frequencies,
}];

fn first_frequencies(dialect: Dialect) -> Vec<Ddl> {
    let kind = dialect.type_name(schema::Type::Float);
    let add = |table: &&str| {
        Ddl(format!("ALTER TABLE {} ADD COLUMN \"freq_start\" {kind}", quoted(table)))
    };
    schema::enumerations::DIAGNOSTIC_TABLES.iter().map(add).collect()
}

/// A version that a database has or had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// Its number.
    pub version: i64,
    /// When, seconds since 1970 UTC.
    pub at: i64,
    /// The program that did it.
    pub program: String,
    /// What changed.
    pub about: String,
}

/// Where a database stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Its version; none: it is empty.
    pub version: Option<i64>,
    /// The version this program needs.
    pub needed: i64,
    /// Versions it had, in order.
    pub applied: Vec<Applied>,
    /// What a migration would do.
    pub pending: Vec<String>,
}

/// Where a database stands. Fails where there is something else in it.
pub fn status(database: &Database) -> Result<Status> {
    database.read(|tx| status_within(tx, database.location(), STEPS, VERSION))
}

fn status_within(
    tx: &mut Transaction,
    place: &Location,
    steps: &[Step],
    needed: i64,
) -> Result<Status> {
    let mut applied = Vec::new();
    if has_versions(tx)? {
        let rows = tx.rows(Statement::constant(
            "SELECT \"version\", \"applied_at\", \"program\", \"description\" FROM \"schema_version\" ORDER BY \"version\"",
            Vec::new(),
        ))?;
        for row in rows {
            applied.push(Applied {
                version: row.get(0)?,
                at: row.get(1)?,
                program: row.get(2)?,
                about: row.get(3)?,
            });
        }
    }
    let version = applied.last().map(|one| one.version);
    let pending = match version {
        None => {
            if let Some(table) = foreign_table(tx)? {
                return Err(LeddbError::NotOurs {
                    place: place.to_string(),
                    reason: format!("it has other tables, such as `{table}`"),
                });
            }
            vec!["make all tables".to_string()]
        }
        Some(version) => steps
            .iter()
            .filter(|step| step.version > version && step.version <= needed)
            .map(|step| step.about.to_string())
            .collect(),
    };
    Ok(Status { version, needed, applied, pending })
}

fn has_versions(tx: &mut Transaction) -> Result<bool> {
    let text = match tx.dialect() {
        Dialect::Sqlite => {
            "SELECT count(*) FROM \"sqlite_schema\" WHERE \"type\" = 'table' AND \"name\" = 'schema_version'"
        }
        Dialect::Postgres => {
            "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
             WHERE n.nspname = 'public' AND c.relkind = 'r' AND c.relname = 'schema_version'"
        }
    };
    Ok(tx.row(Statement::constant(text, Vec::new()))?.get::<i64>(0)? > 0)
}

/// A table in a database that has none of ours.
fn foreign_table(tx: &mut Transaction) -> Result<Option<String>> {
    let text = match tx.dialect() {
        Dialect::Sqlite => {
            "SELECT \"name\" FROM \"sqlite_schema\" WHERE \"type\" = 'table' AND \"name\" NOT LIKE 'sqlite_%' ORDER BY 1 LIMIT 1"
        }
        Dialect::Postgres => {
            "SELECT CAST(c.relname AS text) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
             WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p', 'v', 'm') ORDER BY 1 LIMIT 1"
        }
    };
    tx.maybe_row(Statement::constant(text, Vec::new()))?.map(|row| row.get(0)).transpose()
}

/// Fails unless the database has this program's version.
pub(crate) fn require_current(database: &Database) -> Result<()> {
    let place = || database.location().to_string();
    match status(database)?.version {
        Some(VERSION) => Ok(()),
        Some(found) if found > VERSION => {
            Err(LeddbError::Newer { place: place(), found, known: VERSION })
        }
        Some(found) => Err(LeddbError::Older { place: place(), found, known: VERSION }),
        None => Err(LeddbError::NotOurs { place: place(), reason: "it is empty".to_string() }),
    }
}

/// What a migration did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migrated {
    /// Version before; none: it was empty.
    pub from: Option<i64>,
    /// Version now.
    pub to: i64,
    /// What was done, in order.
    pub done: Vec<String>,
}

/// Makes all tables in an empty database, or brings an older one up to date.
pub fn migrate(database: &Database) -> Result<Migrated> {
    migrate_through(database, STEPS, VERSION)
}

fn migrate_through(database: &Database, steps: &[Step], needed: i64) -> Result<Migrated> {
    let mut done = Vec::new();
    let (from, fresh) = database.write(|tx| {
        done.clear();
        tx.lock("migrate")?;
        let status = status_within(tx, database.location(), steps, needed)?;
        match status.version {
            None => {
                make(tx, database, &mut done)?;
                record(tx, database, needed, "all tables")?;
            }
            Some(found) if found > needed => {
                return Err(LeddbError::Newer {
                    place: database.location().to_string(),
                    found,
                    known: needed,
                });
            }
            Some(found) => {
                if tx.dialect() == Dialect::Postgres && !status.pending.is_empty() {
                    partition::as_owner(tx)?;
                }
                for step in
                    steps.iter().filter(|step| step.version > found && step.version <= needed)
                {
                    for change in (step.changes)(tx.dialect()) {
                        tx.define(&change)?;
                    }
                    record(tx, database, step.version, step.about)?;
                    done.push(step.about.to_string());
                }
            }
        }
        Ok((status.version, status.version.is_none()))
    })?;
    if fresh {
        partition::ensure(database, None)?;
    }
    Ok(Migrated { from, to: needed, done })
}

fn make(tx: &mut Transaction, database: &Database, done: &mut Vec<String>) -> Result<()> {
    let mut roles = None;
    if let Location::Postgres(server) = database.location() {
        let name = server.get_database().unwrap_or_default();
        if database.options().roles && may_make_roles(tx, name)? {
            for change in ddl::create_roles(name)? {
                tx.define(&change)?;
            }
            // All that is made from here on belongs to the admin role, so that each of
            // its members can attach partitions.
            let admin = ddl::outside(&ddl::role_name(name, ddl::Role::Admin))?;
            tx.raw(&format!("GRANT {admin} TO CURRENT_USER"))?;
            tx.raw(&format!("GRANT USAGE, CREATE ON SCHEMA public TO {admin}"))?;
            tx.raw(&format!("SET LOCAL ROLE {admin}"))?;
            roles = Some(name);
            done.push("roles".to_string());
        }
    }
    for change in ddl::create_all(tx.dialect()) {
        tx.define(&change)?;
    }
    if let Some(name) = roles {
        tx.raw("RESET ROLE")?;
        for change in ddl::grants(name)? {
            tx.define(&change)?;
        }
    }
    done.push("all tables".to_string());
    let width = database.options().partition_width;
    if width < 1 {
        return Err(LeddbError::input(format!("a partition of {width} ids makes no sense")));
    }
    for (name, value) in [("partition_width", width.to_string()), ("database_id", database_id())] {
        tx.execute(Statement::constant(
            "INSERT INTO \"setting\" (\"name\", \"value\") VALUES ($1, $2)",
            vec![name.into(), value.into()],
        ))?;
    }
    for name in schema::enumerations::ANTENNA_TYPES {
        tx.execute(Statement::constant(
            "INSERT INTO \"antenna_type\" (\"name\") VALUES ($1)",
            vec![Value::from(*name)],
        ))?;
    }
    Ok(())
}

/// Whether this account can make roles, or they are there and it can use them.
fn may_make_roles(tx: &mut Transaction, database: &str) -> Result<bool> {
    let admin = ddl::role_name(database, ddl::Role::Admin);
    let row = tx.row(Statement::constant(
        "SELECT (rolsuper OR rolcreaterole) AND (rolsuper OR pg_has_role(rolname, \
         (SELECT nspowner FROM pg_namespace WHERE nspname = 'public'), 'usage')) \
         AND length($1) <= 63 FROM pg_roles WHERE rolname = current_user",
        vec![Value::Text(admin)],
    ))?;
    row.get(0)
}

/// A number that no other database has, so that files can say which one they are of.
fn database_id() -> String {
    use std::hash::{BuildHasher as _, RandomState};
    let half = || RandomState::new().hash_one(std::time::SystemTime::now());
    format!("{:016x}{:016x}", half(), half())
}

fn record(tx: &mut Transaction, database: &Database, version: i64, about: &str) -> Result<()> {
    tx.execute(Statement::constant(
        "INSERT INTO \"schema_version\" (\"version\", \"applied_at\", \"program\", \"description\") VALUES ($1, $2, $3, $4)",
        vec![
            Value::Int(version),
            Value::Int(jiff::Timestamp::now().as_second()),
            database.options().program.clone().into(),
            about.into(),
        ],
    ))
    .map(drop)
}

/// A setting chosen when the database was made.
pub fn setting(tx: &mut Transaction, name: &'static str) -> Result<Option<String>> {
    tx.maybe_row(Statement::constant(
        "SELECT \"value\" FROM \"setting\" WHERE \"name\" = $1",
        vec![name.into()],
    ))?
    .map(|row| row.get(0))
    .transpose()
}

/// Counts the rows of every table, in the order of the description.
pub fn row_counts(tx: &mut Transaction) -> Result<Vec<(&'static str, i64)>> {
    schema::tables()
        .map(|table| {
            let text = format!("SELECT count(*) FROM {}", quoted(table.name));
            let row = tx.row(Statement::built(text, Vec::new()))?;
            Ok((table.name, row.get(0)?))
        })
        .collect()
}
