//! What a script may ask of the run it belongs to.

use std::path::Path;
use std::sync::Arc;

use ledama_base::operation::OperationError;
pub use ledama_config::access::Level;
use ledama_config::model::Config;
use serde_json::Value;

use crate::plan::Plan;
use crate::report::Report;

/// Facts about a run, fixed before the script starts.
#[derive(Debug, Clone)]
pub struct RunContext {
    /// Such as `20261122T180500Z-4f2a`.
    pub run_id: String,
    /// Name of the module or script.
    pub module: String,
    /// Account that runs it.
    pub user: String,
    /// Its access level.
    pub level: Level,
    /// The node this process runs on: its configured name, else the host name.
    pub node: String,
    /// True when nothing may be changed, only shown.
    pub query: bool,
    /// The configuration.
    pub config: Arc<Config>,
}

/// Adjustments of one execution, from the script.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Execution {
    /// Nodes at once, if not the module's `numnodes`.
    pub numnodes: Option<usize>,
    /// Tasks per node at once, if not the module's `numprocessors`.
    pub numprocessors: Option<usize>,
    /// Folder of log files.
    pub logs: Option<String>,
    /// Folder of the journal.
    pub status: Option<String>,
    /// Take tasks that the journal calls done as done.
    pub resume: Option<bool>,
}

/// Why a script's wish was not fulfilled.
#[derive(Debug, Clone)]
pub enum RunError {
    /// It failed; scripts can catch it.
    Failed(OperationError),
    /// A dry run has shown the plan and ends here; scripts cannot catch it.
    QueryShown,
    /// The user interrupted, or declined; scripts cannot catch it.
    Stopped,
}

/// The host behind a script. In a dry run this is a recorder: nothing a script
/// calls can change anything.
pub trait Run: Send + Sync {
    /// Facts about the run.
    fn context(&self) -> &RunContext;
    /// Executes a plan and waits. Plans that only read are executed in dry runs
    /// too; others are shown there and end the script.
    fn execute(&self, plan: &Plan, execution: &Execution) -> Result<Report, RunError>;
    /// Writes a file of the launching host in one step (temporary file, then
    /// rename); refuses an existing one unless `overwrite`. A dry run says what it would write.
    fn save(&self, path: &Path, content: &[u8], overwrite: bool) -> Result<(), RunError>;
    /// Shows a line to the user, beside the progress.
    fn say(&self, line: &str);
    /// Shows a warning to the user and keeps it in the report.
    fn warn(&self, line: &str);
    /// Adds a fact to the machine-readable report.
    fn record(&self, key: &str, value: Value);
    /// Marks that a check found a difference: the run ends with exit code 1.
    fn found_difference(&self);
}
