//! Connections: one database, one of two back ends, calls that block.
//!
//! ```no_run
//! use ledama_leddb::store::{Database, Location, Options, Statement};
//!
//! let place = Location::parse("sqlite:/data/leddb.sqlite")?;
//! let database = Database::open_or_create(&place, &Options::default())?;
//! let names = database.read(|tx| {
//!     let rows = tx.rows(Statement::constant("SELECT \"name\" FROM \"lds_q\"", vec![]))?;
//!     rows.iter().map(|row| row.get::<String>(0)).collect::<Result<Vec<_>, _>>()
//! })?;
//! # Ok::<(), ledama_leddb::LeddbError>(())
//! ```

mod choose;
mod connect;
mod credentials;
mod database;
mod failure;
mod location;
mod network;
mod options;
mod row;
mod runtime;
mod statement;
mod transaction;
mod value;

#[cfg(test)]
mod tests;

pub use choose::{Choice, DEFAULT_NAME, choose};
pub use credentials::Secret;
pub use database::{Database, Mode};
pub use location::Location;
pub use options::Options;
pub use row::{Cell, Row};
pub use statement::Statement;
pub use transaction::Transaction;
pub use value::Value;
