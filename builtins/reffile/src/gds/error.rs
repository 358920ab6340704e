//! What can be wrong with a VDS or GDS file.

use std::io;

use ledama_base::operation::{ErrorKind, OperationError};
use ledama_base::quote::show;

/// Why a file cannot be read, made or written.
#[derive(Debug, thiserror::Error)]
pub enum GdsError {
    /// The system refused to read the file.
    #[error("{}", OperationError::io(.path, .source).message)]
    Read {
        /// The file, in text form.
        path: String,
        /// The answer of the system.
        source: io::Error,
    },
    /// A line that is no `key = value`, or a value of the wrong kind.
    #[error("{}: line {line}: {reason}", show(.path))]
    Line {
        /// The file, in text form.
        path: String,
        /// Its number, from 1.
        line: usize,
        /// What is wrong, without a final dot.
        reason: String,
    },
    /// The lines do not make a description.
    #[error("{}: {reason}", show(.path))]
    Content {
        /// The file, in text form.
        path: String,
        /// What is wrong, without a final dot.
        reason: String,
    },
    /// A text that no line can hold.
    #[error("{} cannot stand in a VDS file: it contains {what}", show(.text))]
    Unwritable {
        /// The text.
        text: String,
        /// Such as `the end of a line`.
        what: &'static str,
    },
}

impl GdsError {
    /// The class of the error.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Read { source, .. } => OperationError::io("", source).kind,
            _ => ErrorKind::Input,
        }
    }

    /// What to do, when there is something.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Read { .. } => None,
            Self::Line { .. } | Self::Content { .. } => {
                Some("is it a VDS or GDS file? CreateVDSFiles and CreateGDSFiles make them".into())
            }
            Self::Unwritable { .. } => Some("rename it".into()),
        }
    }
}

impl From<GdsError> for OperationError {
    fn from(error: GdsError) -> Self {
        Self { kind: error.kind(), message: error.to_string(), help: error.help() }
    }
}

#[cfg(feature = "script")]
impl ledama_base::script::Explain for GdsError {
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
