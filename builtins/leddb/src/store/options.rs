//! How a database is opened.

use std::path::PathBuf;
use std::time::Duration;

/// Time limits, connections, where passwords are.
#[derive(Debug, Clone)]
pub struct Options {
    /// Longest time for a statement; none: no limit.
    pub statement_timeout: Option<Duration>,
    /// Longest wait for a connection or, in SQLite, for the writer before us.
    pub busy_timeout: Duration,
    /// Connections at once.
    pub connections: u32,
    /// File with passwords in the form of `.pgpass`, instead of the usual places.
    pub password_file: Option<PathBuf>,
    /// How often a transaction is tried that others got in the way of.
    pub tries: u32,
    /// Ids in a partition, for a database that is made.
    pub partition_width: i64,
    /// Whether to make the roles reader, writer and admin in a server's database
    /// that is made. Without the right to make roles it is made without.
    pub roles: bool,
    /// Name of this program for the server's lists.
    pub program: String,
    /// Rows chosen above a diagnostic query by people at a screen, at most.
    pub max_diag_parents: usize,
    /// Diagnostic rows of one query, at most.
    pub max_diag_rows: u64,
}

impl Options {
    /// With the limits of a configuration.
    pub fn of(config: &ledama_config::Config) -> Self {
        Self {
            max_diag_parents: config.database.max_diag_parents,
            max_diag_rows: config.database.max_diag_rows,
            ..Self::default()
        }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            statement_timeout: None,
            busy_timeout: Duration::from_mins(1),
            connections: 8,
            password_file: None,
            tries: 8,
            partition_width: crate::schema::PARTITION_WIDTH,
            roles: true,
            program: concat!("ledama ", env!("CARGO_PKG_VERSION")).to_string(),
            max_diag_parents: 50,
            max_diag_rows: 5_000_000,
        }
    }
}
