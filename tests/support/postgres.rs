//! Databases for runs of the program: a file in the test's folder, and a database
//! of its own on a PostgreSQL server that all tests of this process share.

use ledama_leddb::store::{Cell, Statement};
use ledama_leddb::testing::{Fresh, postgres, server};
use ledama_leddb::{Database, Location, Options};

use super::Work;
use super::skip::{Skip, say};

/// A database that the program can be told of.
#[derive(Debug)]
pub(crate) struct Base {
    /// What `--dburl` takes.
    pub(crate) url: String,
    /// The same database, open.
    pub(crate) database: Database,
    /// Keeps a database of the server open.
    _fresh: Option<Fresh>,
}

impl Base {
    /// A new database in a file of the work folder.
    pub(crate) fn sqlite(work: &Work) -> Self {
        let location = Location::Sqlite(work.join("leddb.sqlite"));
        let database = Database::create(&location, &Options::default()).unwrap();
        Self { url: location.to_string(), database, _fresh: None }
    }

    /// A new database on the server; why not, if there is none.
    pub(crate) fn postgres() -> Result<Self, Skip> {
        let server = server().map_err(|reason| Skip(format!("no PostgreSQL: {reason}")))?;
        let fresh = postgres(&Options::default()).expect("there is a server");
        let Location::Postgres(place) = fresh.location() else { unreachable!("it is a server") };
        let url = server.url(place.get_database().unwrap());
        Ok(Self { url, database: fresh.database.clone(), _fresh: Some(fresh) })
    }

    /// The first value of the first row of a query.
    pub(crate) fn one<T: Cell>(&self, query: &'static str) -> T {
        let row = self.database.read(|tx| tx.row(Statement::constant(query, Vec::new())));
        row.and_then(|row| row.get(0)).unwrap_or_else(|error| panic!("{query}: {error}"))
    }

    /// The first value of every row of a query.
    pub(crate) fn all<T: Cell>(&self, query: &'static str) -> Vec<T> {
        let rows = self.database.read(|tx| tx.rows(Statement::constant(query, Vec::new())));
        let rows = rows.unwrap_or_else(|error| panic!("{query}: {error}"));
        rows.iter().map(|row| row.get(0).unwrap()).collect()
    }

    /// How many rows each table has; what runs note about themselves is left out.
    pub(crate) fn counts(&self) -> Vec<(&'static str, i64)> {
        let mut counts = self.database.read(ledama_leddb::migrate::row_counts).unwrap();
        counts.retain(|(table, _)| !table.starts_with("update_run"));
        counts
    }
}

/// Does the same with a new database of each back end, each with a work folder.
pub(crate) fn on_both(story: impl Fn(&Work, &Base)) {
    let work = Work::new();
    let base = Base::sqlite(&work);
    story(&work, &base);
    let work = Work::new();
    match Base::postgres() {
        Ok(base) => story(&work, &base),
        Err(reason) => say(&reason.to_string()),
    }
}
