//! The host behind a script: executes its plans, or only shows them.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use ledama_base::atomic::{self, Existing};
use ledama_base::operation::{Keep, OperationError, Registry};
use ledama_base::{quote, rawtext};
use ledama_cluster::error::Error as ClusterError;
use ledama_cluster::executor::{CancelToken, Cluster, Event, Settings, Watch};
use ledama_cluster::plan::Plan;
use ledama_cluster::report::{Outcome, Report};
use ledama_cluster::run::{Execution, Run, RunContext, RunError};
use ledama_cluster::transport::Connector;
use serde_json::Value;

use super::confirm::{self, Answer};
use super::outcome::{self, Gathered};
use super::{audit, folders, preview};
use crate::diagnostic::Diagnostic;
use crate::report::details::Details;
use crate::report::summary;
use crate::report::talk::Talk;

/// Tasks listed before the question whether to do them.
const LISTED: usize = 40;

/// How often a pause looks whether the run was interrupted.
const TICK: Duration = Duration::from_millis(100);

/// How a run was asked for.
#[derive(Debug, Clone, Default)]
pub struct Wishes {
    /// The module's `numnodes`, if it has one.
    pub numnodes: Option<usize>,
    /// The module's `numprocessors`, if it has one.
    pub numprocessors: Option<usize>,
    /// The module's `logspath`, if given.
    pub logs: Option<PathBuf>,
    /// Destructive modules ask before they act.
    pub destructive: bool,
    /// The user has said yes beforehand.
    pub yes: bool,
    /// Show plans as JSON.
    pub json: bool,
    /// Seconds a task may take.
    pub time_out: Option<u64>,
    /// Tries after a lost connection.
    pub retries: Option<u32>,
    /// Start nothing more after the first failure.
    pub fail_fast: bool,
}

/// One run.
pub struct Session {
    context: RunContext,
    wishes: Wishes,
    registry: Arc<Registry>,
    connector: Arc<dyn Connector>,
    cluster: OnceLock<Cluster>,
    cancel: CancelToken,
    watch: Details,
    talk: Arc<Talk>,
    gathered: Mutex<Gathered>,
}

impl Session {
    /// A run that has not begun.
    pub fn new(
        context: RunContext,
        wishes: Wishes,
        registry: Arc<Registry>,
        connector: Arc<dyn Connector>,
        cancel: CancelToken,
        watch: Details,
        talk: Arc<Talk>,
    ) -> Self {
        Self {
            context,
            wishes,
            registry,
            connector,
            cluster: OnceLock::new(),
            cancel,
            watch,
            talk,
            gathered: Mutex::default(),
        }
    }

    /// What it has come to so far.
    pub fn gathered(&self) -> MutexGuard<'_, Gathered> {
        self.gathered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The exit code of a run that the user stopped or declined.
    pub fn stopped_code(&self) -> u8 {
        if self.cancel.is_cancelled() { outcome::INTERRUPTED } else { outcome::NOTHING_DONE }
    }

    fn cluster(&self) -> &Cluster {
        self.cluster.get_or_init(|| {
            Cluster::new(
                Arc::clone(&self.context.config),
                Arc::clone(&self.registry),
                Arc::clone(&self.connector),
            )
        })
    }

    fn settings(&self, execution: &Execution, changes: bool) -> Settings {
        let limits = &self.context.config.limits;
        let status = match &execution.status {
            Some(folder) => Some(rawtext::text_path(folder)),
            None if changes => {
                Some(folders::state(&self.context.config).join("runs").join(&self.context.run_id))
            }
            None => None,
        };
        Settings {
            run_id: self.context.run_id.clone(),
            module: self.context.module.clone(),
            nodes: execution.numnodes.or(self.wishes.numnodes).unwrap_or(64).max(1),
            tasks_per_node: execution
                .numprocessors
                .or(self.wishes.numprocessors)
                .unwrap_or(1)
                .max(1),
            total: limits.total,
            store_streams: self
                .context
                .config
                .stores
                .iter()
                .filter_map(|s| s.max_streams.map(|n| (s.id.clone(), n)))
                .collect(),
            time_out: self.wishes.time_out.or(limits.time_out).map(Duration::from_secs),
            retries: self.wishes.retries.unwrap_or(limits.retries),
            fail_fast: self.wishes.fail_fast,
            logs: execution
                .logs
                .as_ref()
                .map(|l| rawtext::text_path(l))
                .or_else(|| self.wishes.logs.clone()),
            status,
            resume: execution.resume.unwrap_or(false),
            leases: Some(folders::state(&self.context.config).join("leases")),
            ..Settings::default()
        }
    }

    /// Shows a plan on standard output.
    fn show(&self, plan: &Plan) {
        if !self.wishes.json {
            crate::report::results::write(&preview::text(plan, &self.registry, usize::MAX));
        }
        self.gathered().shown.push(plan.clone());
    }

    /// Lets the user stop a destructive plan, and one for which the script gives a reason.
    fn agree(&self, plan: &Plan, reason: Option<&str>) -> Result<(), RunError> {
        let asked = self.wishes.destructive || reason.is_some();
        if !asked || self.wishes.yes || plan.tasks.is_empty() {
            return Ok(());
        }
        self.talk.line(&preview::text(plan, &self.registry, LISTED));
        if let Some(reason) = reason {
            self.talk.line(reason);
        }
        match confirm::ask("Do this?") {
            Answer::Yes => Ok(()),
            Answer::No => {
                self.talk.line("nothing was changed");
                Err(RunError::Stopped)
            }
            Answer::Nobody => {
                let why = reason.unwrap_or("what it does cannot be undone");
                let refusal = Diagnostic::error(format!(
                    "`{}` needs your consent: {why}",
                    self.context.module
                ))
                .help("look at the plan with `--query`, then add `--yes`");
                self.gathered().refusal = Some(refusal);
                Err(RunError::Stopped)
            }
        }
    }

    fn audit(&self, plan: &Plan, report: &Report) {
        let file = folders::state(&self.context.config).join("audit.jsonl");
        if let Err(error) = audit::append(&file, &self.context, plan, report) {
            self.warn(&format!("the audit log {} was not written: {error}", file.display()));
        }
    }

    fn carry_out(
        &self,
        plan: &Plan,
        execution: &Execution,
        watch: &dyn Watch,
    ) -> Result<Report, RunError> {
        let looks = preview::only_looks(plan, &self.registry);
        if !looks && self.context.query {
            self.show(plan);
            return Err(RunError::QueryShown);
        }
        let changes = !preview::only_reads(plan, &self.registry);
        if changes {
            self.agree(plan, execution.confirm.as_deref())?;
        }
        let settings = self.settings(execution, changes);
        let _known =
            settings.status.as_deref().filter(|_| changes).map(|status| {
                folders::Known::make(&self.context.config, &self.context.run_id, status)
            });
        // An error means that nothing of this plan has begun.
        let report = self
            .cluster()
            .execute(plan, &settings, &self.cancel, watch)
            .map_err(|e| not_executed(&e))?;
        self.gathered().acted |= changes && !plan.tasks.is_empty();
        if changes {
            self.audit(plan, &report);
        }
        if !looks || !report.ok() {
            self.talk.line(&summary::summary(&report, self.talk.color()));
        }
        for warning in &report.warnings {
            self.warn(warning);
        }
        let interrupted = report.interrupted;
        self.gathered().executions.push(report.clone());
        if interrupted {
            return Err(RunError::Stopped);
        }
        Ok(report)
    }
}

/// Watches, and lets a keeper take over what tasks answer.
struct Keeping<'a> {
    watch: &'a Details,
    keeper: &'a dyn Keep,
}

impl Watch for Keeping<'_> {
    fn event(&self, event: &Event<'_>) {
        self.watch.event(event);
    }

    fn keep(&self, outcome: &mut Outcome) -> Result<(), OperationError> {
        self.keeper.keep(&outcome.node, &mut outcome.value, &mut outcome.items)
    }
}

impl Run for Session {
    fn context(&self) -> &RunContext {
        &self.context
    }

    fn execute(&self, plan: &Plan, execution: &Execution) -> Result<Report, RunError> {
        self.carry_out(plan, execution, &self.watch)
    }

    fn execute_keeping(
        &self,
        plan: &Plan,
        execution: &Execution,
        keeper: &dyn Keep,
    ) -> Result<Report, RunError> {
        self.carry_out(plan, execution, &Keeping { watch: &self.watch, keeper })
    }

    fn save(&self, path: &Path, content: &[u8], overwrite: bool) -> Result<(), RunError> {
        if self.context.query {
            let lines = content.split(|&b| b == b'\n').count() - 1;
            self.say(&format!("would write {} ({lines} lines)", path_shown(path)));
            return Ok(());
        }
        self.save_anyway(path, content, overwrite)
    }

    fn save_anyway(&self, path: &Path, content: &[u8], overwrite: bool) -> Result<(), RunError> {
        let existing = if overwrite { Existing::Replace } else { Existing::Keep };
        atomic::write(path, content, existing)
            .map_err(|e| RunError::Failed(OperationError::from(e)))?;
        self.gathered().acted = true;
        Ok(())
    }

    fn make_folder(&self, path: &Path) -> Result<(), RunError> {
        if self.context.query {
            return Ok(());
        }
        std::fs::create_dir_all(path)
            .map_err(|e| RunError::Failed(OperationError::io(path_shown(path), &e)))
    }

    fn pause(&self, time: Duration) -> Result<(), RunError> {
        let end = Instant::now() + time;
        while !self.cancel.is_cancelled() {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            std::thread::sleep(left.min(TICK));
        }
        Err(RunError::Stopped)
    }

    fn say(&self, line: &str) {
        self.talk.line(line);
    }

    fn out(&self, data: &[u8]) -> bool {
        crate::report::results::bytes(data)
    }

    fn is_document(&self) -> bool {
        self.wishes.json
    }

    fn warn(&self, line: &str) {
        self.talk.warn(line);
        self.gathered().warnings.push(line.to_string());
    }

    fn record(&self, key: &str, value: Value) {
        self.gathered().facts.insert(key.to_string(), value);
    }

    fn found_difference(&self) {
        self.gathered().difference = true;
    }

    fn status_folders(&self) -> Vec<PathBuf> {
        folders::known(&self.context.config)
    }
}

fn not_executed(error: &ClusterError) -> RunError {
    RunError::Failed(error.to_operation_error())
}

fn path_shown(path: &Path) -> String {
    quote::show(&rawtext::path_text(path)).into_owned()
}
