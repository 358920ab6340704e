//! What belongs to a backup, as JSON beside its files.

use serde::{Deserialize, Serialize};

use crate::error::{LeddbError, Result};
use crate::partition::Range;

/// The form of manifests that this program writes and reads.
pub(super) const FORMAT: u32 = 1;

/// What the files are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// One file of rows for each table and range.
    Rows,
    /// One copy of the file of the database.
    File,
}

/// One backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The form of this file.
    pub format: u32,
    /// What the files are.
    pub form: Form,
    /// The program that wrote it.
    pub program: String,
    /// The database, without secrets.
    pub place: String,
    /// Number that no other database has.
    pub database_id: String,
    /// Version of the schema.
    pub schema_version: i64,
    /// Ids in a partition.
    pub partition_width: i64,
    /// The moment that all files show, in the server's words; none: that of a file.
    pub snapshot: Option<String>,
    /// When that moment was, seconds since 1970 UTC.
    pub started: i64,
    /// When all was written and verified.
    pub finished: i64,
    /// Tables and ranges.
    pub entries: Vec<Entry>,
    /// The next id of each table that has ids of its own.
    pub next_ids: Vec<(String, i64)>,
}

/// One table, or one range of one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The table.
    pub table: String,
    /// Ids of measurement sets, from and up to but not including.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<(i64, i64)>,
    /// Name of the file in the folder of the manifest.
    pub file: String,
    /// Rows.
    pub rows: u64,
    /// Their bytes, not compressed.
    pub bytes: u64,
    /// Bytes of the file.
    pub size: u64,
    /// SHA-256 of the file.
    pub sha256: String,
    /// Digest of the rows whatever their order.
    pub digest: String,
    /// What was loaded in the range then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// Whether the range was taken off.
    #[serde(default)]
    pub detached: bool,
    /// Whether the file is that of an older backup.
    #[serde(default)]
    pub unchanged: bool,
}

impl Manifest {
    /// Reads one; `name` is for messages.
    pub fn parse(text: &str, name: &str) -> Result<Self> {
        #[derive(Deserialize)]
        struct Version {
            format: u32,
        }
        let unreadable = |error: serde_json::Error| LeddbError::Damaged {
            reason: format!("the manifest {name} cannot be read: {error}"),
        };
        let version: Version = serde_json::from_str(text).map_err(unreadable)?;
        if version.format != FORMAT {
            return Err(LeddbError::Input {
                message: format!(
                    "the manifest {name} has form {}, this program reads {FORMAT}",
                    version.format
                ),
                help: Some("use the program that made the backup, or a newer one".to_string()),
            });
        }
        serde_json::from_str(text).map_err(unreadable)
    }

    /// As it is written.
    pub fn text(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// Rows of a table over all its ranges.
    pub fn rows(&self, table: &str) -> u64 {
        self.entries.iter().filter(|entry| entry.table == table).map(|entry| entry.rows).sum()
    }

    /// Bytes of all files, and of those that were written for it.
    pub fn size(&self) -> (u64, u64) {
        let sum = |all: bool| {
            self.entries
                .iter()
                .filter(|entry| all || !entry.unchanged)
                .map(|entry| entry.size)
                .sum()
        };
        (sum(true), sum(false))
    }
}

impl Entry {
    /// The range, if it is one.
    pub fn range(&self) -> Option<Range> {
        self.range.map(|(lower, upper)| Range { lower, upper })
    }
}
