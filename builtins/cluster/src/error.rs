//! The errors of this crate.

use ledama_base::operation::{ErrorKind, OperationError};

/// Why no worker could be started on a node.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{node}: {message}")]
pub struct ConnectError {
    /// The node.
    pub node: String,
    /// The class.
    pub kind: ConnectErrorKind,
    /// What happened, without a final dot.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

/// The classes of connection failures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ConnectErrorKind {
    /// No answer, refused, unknown address, cut: may pass, is retried.
    Unreachable,
    /// The host key is unknown or another one.
    HostKey,
    /// No key was accepted.
    Login,
    /// The worker could not be put there or started, or is of another version.
    Worker,
    /// The run was interrupted meanwhile.
    Cancelled,
}

impl ConnectError {
    /// The same failure as the outcome of a task.
    pub fn to_operation_error(&self) -> OperationError {
        let kind = match self.kind {
            ConnectErrorKind::Unreachable => ErrorKind::Connection,
            ConnectErrorKind::HostKey => ErrorKind::Refused,
            ConnectErrorKind::Login => ErrorKind::Permission,
            ConnectErrorKind::Worker => ErrorKind::Internal,
            ConnectErrorKind::Cancelled => ErrorKind::Cancelled,
        };
        let error = OperationError::new(kind, self.message.clone());
        match &self.help {
            Some(help) => error.help(help.clone()),
            None => error,
        }
    }
}

/// Why a plan could not be executed at all (task failures are in the report).
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The plan names a node that the configuration does not know.
    #[error("task `{label}`: {source}")]
    UnknownNode {
        /// The node.
        node: String,
        /// Label of the first task that names it.
        label: String,
        /// What is wrong with it, with the nearest names.
        source: OperationError,
    },
    /// The plan names an operation that does not exist, or its input is wrong.
    #[error("task `{label}`: {source}")]
    BadTask {
        /// Label of the task.
        label: String,
        /// What is wrong.
        source: OperationError,
    },
    /// Another run uses the same status folder.
    #[error("`{}` is in use by run {run_id} (process {pid})", .folder.display())]
    Busy {
        /// The status folder.
        folder: std::path::PathBuf,
        /// The other run.
        run_id: String,
        /// Its process.
        pid: u32,
    },
    /// The journal or a log cannot be read or written.
    #[error("{what}: {source}")]
    Io {
        /// The file.
        what: String,
        /// The cause.
        source: std::io::Error,
    },
}

impl Error {
    /// The same failure as scripts and the host's report see it.
    pub fn to_operation_error(&self) -> OperationError {
        let message = self.to_string();
        match self {
            Self::UnknownNode { source, .. } | Self::BadTask { source, .. } => {
                OperationError { kind: source.kind, message, help: source.help.clone() }
            }
            Self::Busy { .. } => OperationError::new(ErrorKind::Refused, message)
                .help("wait for that run to end, or use another folder"),
            Self::Io { what, source } => OperationError::io(what, source),
        }
    }
}
