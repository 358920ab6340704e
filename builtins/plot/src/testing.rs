//! A context for operations that run alone in a test.

use ledama_base::operation::{OperationContext, OperationError, Progress};
use serde_json::Value;

/// Says nothing and never cancels, unless told so.
#[derive(Debug, Default)]
pub(crate) struct Alone {
    pub(crate) cancelled: bool,
}

#[allow(clippy::unnecessary_literal_bound)] // the signatures of the trait
impl OperationContext for Alone {
    fn node(&self) -> &str {
        "node011"
    }
    fn run_id(&self) -> &str {
        "test"
    }
    fn cancelled(&self) -> bool {
        self.cancelled
    }
    fn progress(&self, _: Progress) {}
    fn item(&self, _: Value) {}
    fn log(&self, _: &str) {}
    fn call(&self, node: &str, _: &str, _: Value) -> Result<Value, OperationError> {
        panic!("nobody is at {node}")
    }
}
