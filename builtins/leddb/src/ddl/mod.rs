//! The statements that make the database, from its description.
//!
//! Every text here comes from the constant description, or is a quoted name; what
//! users write is bound to statements elsewhere and never reaches this place.

mod functions;
mod ident;
mod roles;
mod table;
mod views;

#[cfg(test)]
mod tests;

pub use ident::LONGEST;
pub(crate) use ident::{list, outside, quoted};
pub use roles::{Role, role_name};
pub(crate) use roles::{create_roles, grants};
pub(crate) use table::{check_names, create_table, key_name, sequence_name};

use crate::dialect::Dialect;
use crate::schema;

/// One statement that defines something. Only this crate makes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ddl(pub(crate) String);

impl Ddl {
    /// The SQL, for people to read.
    pub fn text(&self) -> &str {
        &self.0
    }
}

/// The functions of a server for people; none for a file. Those that are there are
/// replaced.
pub fn functions(dialect: Dialect) -> Vec<Ddl> {
    match dialect {
        Dialect::Sqlite => Vec::new(),
        Dialect::Postgres => functions::create_functions()
            .into_iter()
            .map(|one| Ddl(one.0.replacen("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1)))
            .collect(),
    }
}

/// How the functions are named when they are dropped.
pub(crate) fn function_signatures() -> [&'static str; 4] {
    functions::SIGNATURES
}

/// Everything that a new database needs, in order.
pub fn create_all(dialect: Dialect) -> Vec<Ddl> {
    let mut all = Vec::new();
    for table in schema::tables() {
        all.extend(create_table(dialect, table));
    }
    all.extend(views::create_views(dialect));
    match dialect {
        Dialect::Postgres => all.extend(functions::create_functions()),
        Dialect::Sqlite => all.extend(table::start_counters(schema::tables())),
    }
    all
}
