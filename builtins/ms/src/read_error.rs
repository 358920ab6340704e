//! Why gains or statistics could not be read.
//!
//! Their files come from other programs: each error names the file and what
//! is wrong in it, and becomes the error of an operation without loss.

use std::path::{Path, PathBuf};

use ledama_base::operation::{ErrorKind, OperationError};
use ledama_base::rawtext;

/// Why gains or statistics could not be read.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// A casacore table could not be read.
    #[error(transparent)]
    Table(#[from] ledama_tables::Error),
    /// The system refused to read a file.
    #[error("{}: {source}", rawtext::path_text(path))]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's answer.
        source: std::sync::Arc<std::io::Error>,
    },
    /// A file does not hold what its format asks for.
    #[error("{}: damaged: {what}", rawtext::path_text(path))]
    Corrupt {
        /// The file or table.
        path: PathBuf,
        /// What is wrong, and where.
        what: String,
    },
    /// There is nothing of the kind that was asked for.
    #[error("{}: {what}", rawtext::path_text(path))]
    NotFound {
        /// Where it was looked for.
        path: PathBuf,
        /// What is not there, and what is.
        what: String,
    },
    /// The question cannot be answered from this file.
    #[error("{}: {what}", rawtext::path_text(path))]
    Input {
        /// The file.
        path: PathBuf,
        /// What is wrong with the question.
        what: String,
        /// How to ask.
        help: String,
    },
}

impl ReadError {
    pub(crate) fn corrupt(path: &Path, what: impl Into<String>) -> Self {
        Self::Corrupt { path: path.into(), what: what.into() }
    }

    pub(crate) fn not_found(path: &Path, what: impl Into<String>) -> Self {
        Self::NotFound { path: path.into(), what: what.into() }
    }

    pub(crate) fn input(path: &Path, what: impl Into<String>, help: impl Into<String>) -> Self {
        Self::Input { path: path.into(), what: what.into(), help: help.into() }
    }

    pub(crate) fn io(path: &Path, source: std::io::Error) -> Self {
        if source.kind() == std::io::ErrorKind::NotFound {
            return Self::not_found(path, "does not exist");
        }
        Self::Io { path: path.into(), source: std::sync::Arc::new(source) }
    }

    /// The same about a part of the file, if it is about the question.
    pub(crate) fn within(self, part: &str) -> Self {
        match self {
            Self::Input { path, what, help } => {
                Self::Input { path, what: format!("{part}: {what}"), help }
            }
            other => other,
        }
    }

    /// The class of the failure.
    pub fn kind(&self) -> ErrorKind {
        use ledama_tables::Error as T;
        match self {
            Self::Table(T::NotFound { .. }) | Self::NotFound { .. } => ErrorKind::NotFound,
            Self::Table(T::Io { source, .. }) | Self::Io { source, .. } => {
                OperationError::io("", source).kind
            }
            Self::Table(T::BeingWritten { .. }) => ErrorKind::Changed,
            Self::Table(T::Memory { .. } | T::Locked { .. } | T::Refused { .. }) => ErrorKind::Io,
            Self::Table(_) | Self::Corrupt { .. } => ErrorKind::Corrupt,
            Self::Input { .. } => ErrorKind::Input,
        }
    }

    /// What can be done, when there is something.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Input { help, .. } if !help.is_empty() => Some(help.clone()),
            _ => None,
        }
    }
}

impl From<ReadError> for OperationError {
    fn from(error: ReadError) -> Self {
        let plain = Self::new(error.kind(), error.to_string());
        match error.help() {
            Some(help) => plain.help(help),
            None => plain,
        }
    }
}
