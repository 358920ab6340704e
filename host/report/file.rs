//! The machine-readable account of a run: `--report FILE` and `--json`.

use ledama_cluster::plan::Plan;
use ledama_cluster::report::{Report, State};
use ledama_cluster::run::RunContext;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::diagnostic::{Diagnostic, Failure};
use crate::run::session::Session;

/// What was asked for.
#[derive(Debug, Clone, Serialize)]
pub struct Asked {
    /// The module or script.
    pub module: String,
    /// All its options, `null` where one has no value.
    pub options: Value,
    /// A command line that does the same again.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub again: String,
}

/// The account of a run.
#[derive(Debug, Serialize)]
pub struct RunReport<'a> {
    /// Version of this form.
    pub version: u32,
    /// What was asked for.
    #[serde(flatten)]
    pub asked: &'a Asked,
    /// The run.
    pub run_id: &'a str,
    /// The account.
    pub user: &'a str,
    /// The host it was launched on.
    pub host: &'a str,
    /// Whether nothing was to be changed.
    pub query: bool,
    /// Exit code of the process.
    pub exit_code: u8,
    /// What the module answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<&'a Value>,
    /// Facts the module recorded.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub facts: Map<String, Value>,
    /// Plans that were shown instead of executed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub plans: Vec<Plan>,
    /// Plans that were executed, with one outcome per task.
    pub executions: Vec<Report>,
    /// Warnings shown.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// Why it ended early.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Diagnostic>,
}

impl<'a> RunReport<'a> {
    /// The account of a run that has ended.
    pub fn new(
        asked: &'a Asked,
        context: &'a RunContext,
        session: &Session,
        exit_code: u8,
        result: Option<&'a Value>,
        failure: Option<&Failure>,
    ) -> Self {
        let gathered = session.gathered();
        Self {
            version: 1,
            asked,
            run_id: &context.run_id,
            user: &context.user,
            host: &context.node,
            query: context.query,
            exit_code,
            result,
            facts: gathered.facts.clone(),
            plans: gathered.shown.clone(),
            executions: gathered.executions.clone(),
            warnings: gathered.warnings.clone(),
            errors: failure.map(|f| f.diagnostics.clone()).unwrap_or_default(),
        }
    }

    /// `: 24 ok, 1 failed` over all executions, nothing if there were none.
    pub fn counts_text(&self) -> String {
        let count = |state| self.executions.iter().map(|r| r.count(state)).sum::<usize>();
        let ok = count(State::Done) + count(State::AlreadyDone);
        let failed = count(State::Failed) + count(State::Skipped) + count(State::Cancelled);
        if ok + failed == 0 {
            return String::new();
        }
        format!(": {ok} ok, {failed} failed")
    }
}
