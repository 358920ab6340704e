//! What a script may ask of the run it belongs to.

use std::hash::{BuildHasher, RandomState};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use ledama_base::operation::{Keep, OperationError};
use ledama_base::rawtext::path_text;
pub use ledama_config::access::Level;
use ledama_config::model::Config;
use serde_json::Value;

use crate::plan::Plan;
use crate::report::{Report, State};

/// The id of a new run: the time (UTC) and six random digits, such as
/// `20261122T180500Z-4f2a09`. Names of files may contain it, and ids sort by time.
pub fn new_run_id() -> String {
    let time = jiff::Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string();
    // The standard library seeds this from the system's random numbers.
    let random = RandomState::new().hash_one((std::process::id(), &time));
    format!("{time}-{:06x}", random & 0xFF_FFFF)
}

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

impl RunContext {
    /// The home folder of the account in text form, `/` if it has none.
    pub fn home(&self) -> String {
        let home = std::env::home_dir().filter(|home| home.is_absolute());
        home.map_or_else(|| "/".to_string(), |home| path_text(&home))
    }
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
    /// Why the user has to agree first, as with the plan of a destructive module.
    pub confirm: Option<String>,
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
    /// The same, with `keeper` taking over what tasks answer as they end. This
    /// way of doing it, for hosts of tests, takes it over at the end.
    fn execute_keeping(
        &self,
        plan: &Plan,
        execution: &Execution,
        keeper: &dyn Keep,
    ) -> Result<Report, RunError> {
        let mut report = self.execute(plan, execution)?;
        for outcome in report.outcomes.iter_mut().filter(|o| o.state == State::Done) {
            keeper
                .keep(&outcome.node, &mut outcome.value, &mut outcome.items)
                .map_err(RunError::Failed)?;
        }
        Ok(report)
    }
    /// Writes a file of the launching host in one step (temporary file, then
    /// rename); refuses an existing one unless `overwrite`. A dry run says what it would write.
    fn save(&self, path: &Path, content: &[u8], overwrite: bool) -> Result<(), RunError>;
    /// The same, and in a dry run too: for a file the user asked to have then.
    fn save_anyway(&self, path: &Path, content: &[u8], overwrite: bool) -> Result<(), RunError>;
    /// Makes a folder of the launching host and those above it. A dry run makes none.
    fn make_folder(&self, path: &Path) -> Result<(), RunError>;
    /// Waits, but ends at once with [`RunError::Stopped`] when the user interrupts.
    fn pause(&self, time: Duration) -> Result<(), RunError>;
    /// Shows a line to the user, beside the progress.
    fn say(&self, line: &str);
    /// Shows a warning to the user and keeps it in the report.
    fn warn(&self, line: &str);
    /// Adds a fact to the machine-readable report.
    fn record(&self, key: &str, value: Value);
    /// Marks that a check found a difference: the run ends with exit code 1.
    fn found_difference(&self);
    /// Writes data on standard output as it comes; whether anybody still reads it.
    fn out(&self, data: &[u8]) -> bool {
        self.say(&String::from_utf8_lossy(data));
        true
    }
    /// Whether standard output is one JSON document, so that no other data may be there.
    fn is_document(&self) -> bool {
        false
    }
    /// Where runs of this account keep their journals, those that have ended
    /// included, as far as the host knows.
    fn status_folders(&self) -> Vec<PathBuf> {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_id_is_a_time_and_something_random() {
        let (first, second) = (new_run_id(), new_run_id());
        assert_ne!(first, second);
        let (time, random) = first.split_once('-').unwrap_or_default();
        assert_eq!((time.len(), random.len()), (16, 6), "{first}");
        assert!(time.ends_with('Z') && time.as_bytes()[8] == b'T');
        assert!(random.bytes().all(|b| b.is_ascii_hexdigit()));
    }
}
