//! How long work tells how far it is, and learns that it is to stop.

use ledama_base::operation::{OperationContext, Progress};

use crate::error::{LeddbError, Result};

/// Somebody who watches, or nobody.
#[derive(Clone, Copy)]
pub struct Watch<'a>(Option<&'a dyn OperationContext>);

impl std::fmt::Debug for Watch<'_> {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        to.write_str(if self.0.is_some() { "Watch" } else { "Watch(nobody)" })
    }
}

impl<'a> Watch<'a> {
    /// Nobody watches, nobody stops it.
    pub const NOBODY: Watch<'static> = Watch(None);

    /// The surroundings of an operation.
    pub fn of(context: &'a dyn OperationContext) -> Self {
        Self(Some(context))
    }

    /// Fails when it is to stop.
    pub fn check(&self) -> Result<()> {
        match self.0 {
            Some(context) if context.cancelled() => Err(LeddbError::Stopped),
            _ => Ok(()),
        }
    }

    /// So many bytes or rows of all are done.
    pub fn progress(&self, done: u64, total: u64) {
        if let Some(context) = self.0 {
            context.progress(Progress { done, total: total.max(done) });
        }
    }

    /// A line for the log.
    pub fn log(&self, line: &str) {
        if let Some(context) = self.0 {
            context.log(line);
        }
    }
}
