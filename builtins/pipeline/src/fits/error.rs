//! Why an image was not scaled.

use std::io;

use ledama_base::atomic::AtomicError;
use ledama_base::operation::{ErrorKind, OperationError};
use ledama_base::quote::show;

/// Why an image was not scaled.
#[derive(Debug, thiserror::Error)]
pub enum FitsError {
    /// The system refused.
    #[error("{}", OperationError::io(.path, .source).message)]
    Io {
        /// The file, in text form.
        path: String,
        /// The answer of the system.
        source: io::Error,
    },
    /// The output could not be written.
    #[error(transparent)]
    Write(#[from] AtomicError),
    /// The file is damaged, or no FITS file.
    #[error("{}: {reason}", show(.path))]
    Malformed {
        /// The file, in text form.
        path: String,
        /// What is wrong, without a final dot.
        reason: String,
    },
    /// The file is good, but holds no plain image.
    #[error("{}: {reason}", show(.path))]
    NoImage {
        /// The file, in text form.
        path: String,
        /// What it holds, without a final dot.
        reason: String,
        /// What to do.
        help: &'static str,
    },
    /// The factor is no number to multiply with.
    #[error("{0} is no factor")]
    Factor(f64),
    /// The run was interrupted.
    #[error("interrupted")]
    Cancelled,
}

impl From<FitsError> for OperationError {
    fn from(error: FitsError) -> Self {
        let message = error.to_string();
        match error {
            FitsError::Io { path, source } => Self::io(path, &source),
            FitsError::Write(error) => error.into(),
            FitsError::NoImage { help, .. } => Self::new(ErrorKind::Input, message).help(help),
            FitsError::Malformed { .. } | FitsError::Factor(_) => {
                Self::new(ErrorKind::Input, message)
            }
            FitsError::Cancelled => Self::new(ErrorKind::Cancelled, message),
        }
    }
}
