//! What can go wrong with an archive.

use ledama_base::operation::{ErrorKind, OperationError};

/// Why an archive cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArchiveError {
    /// A name that cannot be that of a folder of the archive.
    #[error("`{0}` is no name of a dataset folder")]
    Name(String),
    /// A line of a published list is not as agreed.
    #[error("line {line} of the list {list}: {problem}")]
    Line {
        /// The list.
        list: String,
        /// Number of the line, from 1.
        line: usize,
        /// What is wrong with it.
        problem: String,
    },
    /// The archive has not published that list.
    #[error("the archive has no list {0}")]
    NoList(String),
    /// The program that fetches lists did not bring it.
    #[error("could not fetch the list {list} with {program}: {problem}")]
    Fetch {
        /// The list.
        list: String,
        /// The program.
        program: String,
        /// How it ended, and its last words.
        problem: String,
        /// Class of the failure.
        kind: ErrorKind,
    },
}

impl ArchiveError {
    /// Class of the error.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Name(_) | Self::Line { .. } => ErrorKind::Input,
            Self::NoList(_) => ErrorKind::NotFound,
            Self::Fetch { kind, .. } => *kind,
        }
    }

    fn help(&self) -> Option<&'static str> {
        match self {
            Self::Name(_) => Some("letters, digits, `.`, `_` and `-`, such as L80897_001"),
            Self::Line { .. } => {
                Some("nothing was taken from the list; tell those who run the archive")
            }
            Self::NoList(_) => {
                Some("lists are made about every hour; `--list` shows the folders that are known")
            }
            Self::Fetch { .. } => None,
        }
    }
}

impl From<ArchiveError> for OperationError {
    fn from(error: ArchiveError) -> Self {
        let failure = Self::new(error.kind(), error.to_string());
        match error.help() {
            Some(help) => failure.help(help),
            None => failure,
        }
    }
}
