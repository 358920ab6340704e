//! What a whole run has come to, and its exit code.

use ledama_cluster::plan::Plan;
use ledama_cluster::report::{Report, State};
use serde_json::{Map, Value};

use crate::diagnostic::Diagnostic;

/// Exit code when all is done.
pub const OK: u8 = 0;
/// Exit code when something failed or a check found a difference.
pub const FAILED: u8 = 1;
/// Exit code when nothing was done: usage, configuration, input or access error.
pub const NOTHING_DONE: u8 = 2;
/// Exit code when the user interrupted.
pub const INTERRUPTED: u8 = 130;

/// Gathered while a run lasts.
#[derive(Debug, Default)]
pub struct Gathered {
    /// One per executed plan, in order.
    pub executions: Vec<Report>,
    /// Plans shown instead of executed.
    pub shown: Vec<Plan>,
    /// Warnings shown.
    pub warnings: Vec<String>,
    /// Facts the script recorded.
    pub facts: Map<String, Value>,
    /// A check found a difference.
    pub difference: bool,
    /// Why the host did not begin, when it is more than a no of the user.
    pub refusal: Option<Diagnostic>,
    /// Something was changed (or may have been).
    pub acted: bool,
}

impl Gathered {
    /// Whether the user stopped one of the executions.
    pub fn interrupted(&self) -> bool {
        self.executions.iter().any(|r| r.interrupted)
    }

    /// The exit code when the script itself ended well.
    pub fn exit_code(&self) -> u8 {
        if self.interrupted() {
            INTERRUPTED
        } else if self.difference || self.executions.iter().any(|r| !r.ok()) {
            FAILED
        } else {
            OK
        }
    }

    /// The exit code when the script ended with an error.
    pub fn exit_code_after_error(&self) -> u8 {
        if self.interrupted() {
            INTERRUPTED
        } else if self.acted || self.executions.iter().any(|r| r.count(State::Failed) > 0) {
            FAILED
        } else {
            NOTHING_DONE
        }
    }
}
