//! One moment of a database, seen by several transactions at once.

use crate::dialect::Dialect;
use crate::error::{LeddbError, Result};
use crate::store::{Database, Mode, Statement, Transaction};

/// A moment that is held as long as this is.
#[derive(Debug)]
pub(crate) struct Snapshot {
    database: Database,
    /// The transaction that holds it.
    pub(crate) main: Transaction,
    /// The server's name for it.
    pub(crate) id: Option<String>,
}

impl Snapshot {
    /// Takes one.
    pub(crate) fn take(database: &Database) -> Result<Self> {
        let mut main = database.begin(Mode::Read)?;
        let id = match main.dialect() {
            Dialect::Sqlite => {
                // The moment is that of the first look.
                main.row(Statement::constant("SELECT count(*) FROM \"setting\"", Vec::new()))?;
                None
            }
            Dialect::Postgres => {
                let text = "SELECT pg_export_snapshot()";
                Some(main.row(Statement::constant(text, Vec::new()))?.get::<String>(0)?)
            }
        };
        Ok(Self { database: database.clone(), main, id })
    }

    /// Connections that the database has at most.
    pub(crate) fn connections(&self) -> u32 {
        self.database.options().connections
    }

    /// Another transaction that sees the same moment; only on servers.
    pub(crate) fn share(&self) -> Result<Transaction> {
        let id =
            self.id.as_deref().ok_or_else(|| LeddbError::input("a file has one reader here"))?;
        if !id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
            return Err(LeddbError::Database { message: format!("a snapshot named {id:?}") });
        }
        let mut transaction = self.database.begin(Mode::Read)?;
        transaction.raw(&format!("SET TRANSACTION SNAPSHOT '{id}'"))?;
        Ok(transaction)
    }
}
