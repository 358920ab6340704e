//! What can go wrong with a database: one error that says what, where, and what
//! to do about it.

use std::path::PathBuf;

use ledama_base::operation::{ErrorKind, OperationError};
use ledama_base::rawtext;

/// Result of this crate.
pub type Result<T, E = LeddbError> = std::result::Result<T, E>;

/// Which rule of the schema a change would break.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// A row with that key is there already.
    Unique,
    /// A row that is referred to is missing, or still referred to.
    Reference,
    /// A value is not allowed.
    Check,
    /// A value is missing.
    Missing,
}

impl Rule {
    const fn label(self) -> &'static str {
        match self {
            Self::Unique => "such a row is there already",
            Self::Reference => {
                "a row that it refers to is missing, or other rows still refer to it"
            }
            Self::Check => "a value is not allowed",
            Self::Missing => "a value is missing",
        }
    }
}

/// A change that a rule of the schema forbids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Which kind of rule.
    pub rule: Rule,
    /// The table, if the database says it; that of a partition is its parent.
    pub table: Option<String>,
    /// Name of the rule, if the database says it.
    pub name: Option<String>,
    /// Columns concerned, as far as known.
    pub columns: Vec<String>,
    /// The database's own words.
    pub detail: String,
}

impl std::fmt::Display for Violation {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(table) = &self.table {
            write!(to, "table `{table}`: ")?;
        }
        to.write_str(self.rule.label())?;
        if !self.columns.is_empty() {
            write!(to, " ({})", self.columns.join(", "))?;
        } else if let Some(name) = &self.name {
            write!(to, " (rule `{name}`)")?;
        }
        if !self.detail.is_empty() {
            write!(to, ": {}", self.detail)?;
        }
        Ok(())
    }
}

/// Why a database cannot be used, or refuses something.
#[derive(Debug, thiserror::Error)]
pub enum LeddbError {
    /// What was asked for makes no sense.
    #[error("{message}")]
    Input {
        /// What is wrong, and where.
        message: String,
        /// What to do.
        help: Option<String>,
    },
    /// The file would be on a network file system.
    #[error("the database file {} is on a network file system ({kind})", path.display())]
    NetworkFileSystem {
        /// The file.
        path: PathBuf,
        /// The kind of file system.
        kind: &'static str,
    },
    /// There is no database.
    #[error("there is no database at {place}")]
    NoDatabase {
        /// Where, without secrets.
        place: String,
    },
    /// There is a database, but it is empty or something else.
    #[error("{place} holds no LEDDB: {reason}")]
    NotOurs {
        /// Where.
        place: String,
        /// How that is known.
        reason: String,
    },
    /// The database was made by a newer program.
    #[error(
        "the database at {place} has version {found}; this program knows versions up to {known}"
    )]
    Newer {
        /// Where.
        place: String,
        /// Its version.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// The database must be migrated first.
    #[error("the database at {place} has version {found}; this program needs version {known}")]
    Older {
        /// Where.
        place: String,
        /// Its version.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// No connection.
    #[error("cannot connect to the database at {place}: {reason}")]
    Connect {
        /// Where, without secrets.
        place: String,
        /// Why.
        reason: String,
    },
    /// A password is wrong or missing, or its file is open to others.
    #[error("the database at {place} did not let us in: {reason}")]
    Login {
        /// Where.
        place: String,
        /// Why.
        reason: String,
    },
    /// A right is missing.
    #[error("the database does not allow it: {reason}")]
    Denied {
        /// In the database's words.
        reason: String,
    },
    /// It took too long.
    #[error("the database did not answer within {seconds} s")]
    TimedOut {
        /// The limit.
        seconds: u64,
    },
    /// Somebody else holds the database or the row.
    #[error("the database is busy: {reason}")]
    Busy {
        /// In the database's words.
        reason: String,
    },
    /// Transactions got into each other's way; trying again may help.
    #[error("another change came in between: {reason}")]
    Conflict {
        /// In the database's words.
        reason: String,
    },
    /// A rule of the schema forbids it.
    #[error("{0}")]
    Violation(Box<Violation>),
    /// No partition holds that measurement set.
    #[error("table `{table}` has no partition for this measurement set: {detail}")]
    NoPartition {
        /// The table.
        table: String,
        /// In the database's words.
        detail: String,
    },
    /// No space, or a quota.
    #[error("the database has no space left: {reason}")]
    Full {
        /// In the database's words.
        reason: String,
    },
    /// The file is damaged.
    #[error("the database is damaged: {reason}")]
    Damaged {
        /// In the database's words.
        reason: String,
    },
    /// A value is not what its column holds.
    #[error("column {column} of a result: {reason}")]
    Value {
        /// Its place, from 0.
        column: usize,
        /// What was expected and found.
        reason: String,
    },
    /// An array that does not fit its shape.
    #[error("array: {reason}")]
    Array {
        /// What does not fit.
        reason: String,
    },
    /// A file could not be read or made.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Somebody stopped it.
    #[error("interrupted")]
    Stopped,
    /// Anything else the database says.
    #[error("the database says: {message}")]
    Database {
        /// In its words.
        message: String,
    },
}

impl LeddbError {
    /// An input error without advice.
    pub fn input(message: impl Into<String>) -> Self {
        Self::Input { message: message.into(), help: None }
    }

    /// The class of the error, as scripts test it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Input { .. } | Self::Array { .. } => "input",
            Self::NetworkFileSystem { .. } => "network-file-system",
            Self::NoDatabase { .. } => "no-database",
            Self::NotOurs { .. } => "not-a-database",
            Self::Newer { .. } | Self::Older { .. } => "database-version",
            Self::Connect { .. } => "connection",
            Self::Login { .. } => "login",
            Self::Denied { .. } => "denied",
            Self::TimedOut { .. } => "time-out",
            Self::Busy { .. } => "busy",
            Self::Conflict { .. } => "conflict",
            Self::Violation(violation) => match violation.rule {
                Rule::Unique => "exists",
                Rule::Reference => "reference",
                Rule::Check | Rule::Missing => "input",
            },
            Self::NoPartition { .. } => "no-partition",
            Self::Full { .. } => "full",
            Self::Damaged { .. } => "damaged",
            Self::Value { .. } | Self::Database { .. } => "database",
            Self::Io { .. } => "io",
            Self::Stopped => "cancelled",
        }
    }

    /// Whether the same transaction may succeed when it is tried again.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Conflict { .. })
    }

    /// What to do, when there is something.
    pub fn help(&self) -> Option<String> {
        let text = match self {
            Self::Input { help, .. } => return help.clone(),
            Self::NetworkFileSystem { .. } => {
                "SQLite loses data there: put the file on a local disk, or use PostgreSQL (`postgres://HOST/NAME`)"
            }
            Self::NoDatabase { .. } | Self::NotOurs { .. } => "`ledama db init` makes one",
            Self::Newer { .. } => "use the program that made it, or a newer one",
            Self::Older { .. } => "`ledama db migrate` brings it up to date",
            Self::Connect { .. } => "check the host, the port and that the server runs",
            Self::Login { .. } => {
                "put the password into ~/.pgpass (`host:port:database:user:password`, mode 0600) or $PGPASSWORD"
            }
            Self::Denied { .. } => {
                "an administrator of the database can make your account a member of its reader, writer or admin role"
            }
            Self::TimedOut { .. } => "ask for less, or raise the time-out",
            Self::Busy { .. } => "try again when the other program is done",
            Self::Conflict { .. } => "try again",
            Self::NoPartition { .. } => "run the module CreateLEDDBPartitions",
            Self::Full { .. } => "make space, then run it again: nothing of it was kept",
            Self::Damaged { .. } => "restore it from a backup",
            Self::Violation(_)
            | Self::Value { .. }
            | Self::Array { .. }
            | Self::Io { .. }
            | Self::Stopped
            | Self::Database { .. } => return None,
        };
        Some(text.to_string())
    }
}

#[cfg(feature = "script")]
impl ledama_base::script::Explain for LeddbError {
    fn kind(&self) -> String {
        Self::kind(self).to_string()
    }

    fn message(&self) -> String {
        self.to_string()
    }

    fn help(&self) -> Option<String> {
        Self::help(self)
    }
}

impl From<LeddbError> for OperationError {
    fn from(error: LeddbError) -> Self {
        let kind = match &error {
            LeddbError::Input { .. }
            | LeddbError::Array { .. }
            | LeddbError::NotOurs { .. }
            | LeddbError::Newer { .. }
            | LeddbError::Older { .. }
            | LeddbError::NoPartition { .. } => ErrorKind::Input,
            LeddbError::NetworkFileSystem { .. } | LeddbError::Busy { .. } => ErrorKind::Refused,
            LeddbError::NoDatabase { .. } => ErrorKind::NotFound,
            LeddbError::Login { .. } | LeddbError::Denied { .. } => ErrorKind::Permission,
            LeddbError::TimedOut { .. } => ErrorKind::TimeOut,
            LeddbError::Conflict { .. } => ErrorKind::Changed,
            LeddbError::Violation(violation) => match violation.rule {
                Rule::Unique => ErrorKind::Exists,
                Rule::Reference | Rule::Check | Rule::Missing => ErrorKind::Input,
            },
            LeddbError::Full { .. } => ErrorKind::NoSpace,
            LeddbError::Damaged { .. } => ErrorKind::Corrupt,
            LeddbError::Stopped => ErrorKind::Cancelled,
            LeddbError::Io { path, source } => {
                return Self::io(rawtext::path_text(path), source);
            }
            LeddbError::Connect { .. } | LeddbError::Value { .. } | LeddbError::Database { .. } => {
                ErrorKind::Io
            }
        };
        let told = Self::new(kind, error.to_string());
        match error.help() {
            Some(help) => told.help(help),
            None => told,
        }
    }
}
