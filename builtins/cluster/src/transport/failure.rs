//! A connection that did not come about: at which step, why, what to do.

use crate::error::{ConnectError, ConnectErrorKind};

use super::probe::Step;

/// Why connecting stopped.
#[derive(Debug, Clone)]
pub(super) struct Failure {
    /// The step that failed; all before it went well.
    pub(super) step: Step,
    /// The class.
    pub(super) kind: ConnectErrorKind,
    /// What happened, without a final dot.
    pub(super) message: String,
    /// What to do.
    pub(super) help: Option<String>,
    /// The node's sshd turned the connection away before saying who it is,
    /// as it does while too many are logging in: worth another try.
    pub(super) crowded: bool,
}

impl Failure {
    pub(super) fn new(step: Step, kind: ConnectErrorKind, message: impl Into<String>) -> Self {
        Self { step, kind, message: message.into(), help: None, crowded: false }
    }

    /// No answer, refused, cut.
    pub(super) fn unreachable(step: Step, message: impl Into<String>) -> Self {
        Self::new(step, ConnectErrorKind::Unreachable, message)
    }

    /// The worker could not be put there or started.
    pub(super) fn worker(message: impl Into<String>) -> Self {
        Self::new(Step::Worker, ConnectErrorKind::Worker, message)
    }

    /// Nobody waits for the connection any more.
    pub(super) fn cancelled(step: Step) -> Self {
        Self::new(step, ConnectErrorKind::Cancelled, "interrupted while connecting")
    }

    #[must_use]
    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    #[must_use]
    pub(super) fn crowded(mut self) -> Self {
        self.crowded = true;
        self
    }

    pub(super) fn into_error(self, node: &str) -> ConnectError {
        ConnectError {
            node: node.to_string(),
            kind: self.kind,
            message: self.message,
            help: self.help,
        }
    }
}

/// The steps that went well, with what was found, in order.
#[derive(Debug, Default)]
pub(super) struct Trail(pub(super) Vec<(Step, String)>);

impl Trail {
    pub(super) fn passed(&mut self, step: Step, found: impl Into<String>) {
        self.0.push((step, found.into()));
    }
}
