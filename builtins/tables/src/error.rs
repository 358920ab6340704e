//! Everything that can go wrong while a table is read or edited.
//!
//! A reader of other people's files has to say which file, which column and
//! which row it could not read, and whether trying again can help.

use std::path::{Path, PathBuf};

use crate::data_type::DataType;

/// The result of this crate's functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a table could not be read or edited.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no table at this place.
    #[error("{}: {what}", path.display())]
    NotFound {
        /// The table or file.
        path: PathBuf,
        /// What is missing.
        what: String,
    },
    /// The system refused to read or write a file.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's answer.
        source: std::sync::Arc<std::io::Error>,
    },
    /// A file does not follow its format: it is damaged, cut off or hostile.
    #[error("{}: damaged: {what}", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What is wrong, with the place where it helps.
        what: String,
    },
    /// The format is known but this crate does not read it.
    #[error("{}: {what}", path.display())]
    Unsupported {
        /// The table.
        path: PathBuf,
        /// What is not supported: the storage manager and its columns, or the feature.
        what: String,
    },
    /// The table has no such column.
    #[error("{}: no column {column}; it has {}", path.display(), available.join(", "))]
    NoColumn {
        /// The table.
        path: PathBuf,
        /// The column asked for.
        column: String,
        /// The columns there are.
        available: Vec<String>,
    },
    /// A column holds another type than the one asked for.
    #[error("column {column} holds {found}, not {expected}")]
    Type {
        /// The column.
        column: String,
        /// What the caller asked for.
        expected: DataType,
        /// What the column holds.
        found: DataType,
    },
    /// Cells have other shapes than the call needs.
    #[error("column {column}: {what}")]
    Shape {
        /// The column.
        column: String,
        /// Which cell, expected and found shape (C order).
        what: String,
    },
    /// A cell has no value.
    #[error("column {column}: row {row} has no value")]
    Undefined {
        /// The column.
        column: String,
        /// The row.
        row: u64,
    },
    /// Rows or array elements beyond the end were asked for.
    #[error("{what}")]
    Range {
        /// What was asked for, and how much there is.
        what: String,
    },
    /// The table changed while it was read.
    #[error("{}: is being written by another process", path.display())]
    BeingWritten {
        /// The table.
        path: PathBuf,
    },
    /// Another process holds a lock that an edit needs.
    #[error("{}: locked by {holder}", path.display())]
    Locked {
        /// The table.
        path: PathBuf,
        /// Who holds it, as far as it is known.
        holder: String,
    },
    /// The edit is not possible on this table, and nothing was changed.
    #[error("{}: {what}", path.display())]
    Refused {
        /// The table.
        path: PathBuf,
        /// Why, and what to do instead.
        what: String,
    },
    /// More memory would be needed than can be had.
    #[error("{what} needs {bytes} bytes of memory at once; read it in chunks")]
    Memory {
        /// What was to be read.
        what: String,
        /// The bytes it needs.
        bytes: u64,
    },
}

impl Error {
    /// A damaged file.
    pub(crate) fn corrupt(path: impl AsRef<Path>, what: impl Into<String>) -> Self {
        Self::Corrupt { path: path.as_ref().to_path_buf(), what: what.into() }
    }

    /// Something this crate does not read.
    pub(crate) fn unsupported(path: impl AsRef<Path>, what: impl Into<String>) -> Self {
        Self::Unsupported { path: path.as_ref().to_path_buf(), what: what.into() }
    }

    /// The failure of a system call.
    pub(crate) fn io(path: impl AsRef<Path>, source: std::io::Error) -> Self {
        let path = path.as_ref().to_path_buf();
        if source.kind() == std::io::ErrorKind::NotFound {
            return Self::NotFound { path, what: "does not exist".into() };
        }
        Self::Io { path, source: std::sync::Arc::new(source) }
    }
}
