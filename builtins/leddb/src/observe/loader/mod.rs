//! The host's side of an update: takes what nodes tell as it comes, decides what is
//! to be read, and writes. Only the host writes; nodes only look.
//!
//! In a dry run everything is compared and counted, and nothing is written.

mod answers;
mod known;
mod scans;
mod vanished;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError};

use ledama_base::operation::{ErrorKind, Keep, OperationError};
use ledama_base::versions::quality_is_loaded;
use ledama_config::Inventory;
use serde::Serialize;
use serde_json::Value;

use super::identity::Overrides;
use super::read::{ReadInput, Stamps};
use super::runs::{self, Counters, Runner};
use super::{jobs, now};
use crate::error::{LeddbError, Result};
use crate::partition;
use crate::store::Database;

pub use answers::Told;
pub use known::roots_in_use;
pub use scans::Compared;
pub use vanished::{Missing, Removed, refusal};

/// Seconds that a run holds a job without telling that it goes on.
pub const LEASE: i64 = 3600;

/// What an update does, and how careful it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Who runs.
    pub runner: Runner,
    /// Nothing is written.
    pub dry: bool,
    /// Also gains and quality statistics.
    pub diagnostics: bool,
    /// Also what somebody writes at this moment.
    pub processused: bool,
    /// A set that changed fewer seconds ago may still be arriving.
    pub settle_s: i64,
    /// Whether what is gone from the disks goes from the database.
    pub clean: bool,
    /// Even if it is more than the limits.
    pub force: bool,
    /// Most that may go, in percent of what the database has of a node.
    pub max_percent: f64,
    /// Most rows that may go from a node.
    pub max_rows: i64,
    /// What is known better than the paths tell it.
    pub overrides: Overrides,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            runner: Runner::default(),
            dry: false,
            diagnostics: false,
            processused: false,
            settle_s: 0,
            clean: true,
            force: false,
            max_percent: 20.0,
            max_rows: 1000,
            overrides: Overrides::default(),
        }
    }
}

/// A set to be read on its node.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Task {
    /// The node.
    pub node: String,
    /// What `leddb.read` is told.
    pub input: ReadInput,
    /// Its size, bytes.
    pub size_bytes: i64,
}

/// A product that was not found again.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Gone {
    msp: i64,
    set: i64,
    path: String,
    lds: String,
}

/// What is known of a node in this run.
#[derive(Debug, Default)]
struct Node {
    /// Its row of the runs.
    run: Option<i64>,
    counters: Counters,
    /// The first reasons for failures.
    faults: Vec<String>,
    gone: Vec<Gone>,
    refused: Option<String>,
    renewed: i64,
}

#[derive(Debug, Default)]
struct State {
    nodes: BTreeMap<String, Node>,
    tasks: Vec<Task>,
    /// Sets that were given out a second time.
    again: BTreeSet<(String, String)>,
    messages: Vec<String>,
}

/// An update of the database.
#[derive(Debug)]
pub struct Loader {
    database: Database,
    inventory: Arc<Inventory>,
    settings: Settings,
    corrections: Option<String>,
    began: i64,
    prepared: Once,
    /// Held while a row of the runs is made: one for each node.
    opening: Mutex<()>,
    state: Mutex<State>,
}

/// Most reasons that are kept for the end of a run.
const FAULTS: usize = 20;

impl Loader {
    /// Begins an update. Fails where the corrections of the site cannot be read.
    pub fn new(database: Database, inventory: Arc<Inventory>, settings: Settings) -> Result<Self> {
        let corrections = match &inventory.config().paths.corrections {
            Some(path) => Some(
                std::fs::read_to_string(path)
                    .map_err(|source| LeddbError::Io { path: path.clone(), source })?,
            ),
            None => None,
        };
        Ok(Self {
            database,
            inventory,
            settings,
            corrections,
            began: now(),
            prepared: Once::new(),
            opening: Mutex::default(),
            state: Mutex::default(),
        })
    }

    /// When it began, seconds since 1970 UTC.
    pub fn began(&self) -> i64 {
        self.began
    }

    /// The database.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// The machines and stores.
    pub fn inventory(&self) -> &Inventory {
        &self.inventory
    }

    /// What is known better than the paths tell it.
    pub fn overrides(&self) -> &Overrides {
        &self.settings.overrides
    }

    /// Who runs.
    pub fn runner(&self) -> &Runner {
        &self.settings.runner
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Whole at every moment.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The name of a node or store as tables write it.
    fn host(&self, node: &str) -> String {
        self.inventory.written(&self.inventory.canonical(node)).to_string()
    }

    /// Whether quality statistics of that version are kept.
    fn quality_kept(&self, version: i64) -> bool {
        let Ok(version) = u16::try_from(version) else { return false };
        let versions = &self.inventory.config().versions;
        versions
            .iter()
            .find(|known| known.number == version)
            .map_or_else(|| quality_is_loaded(version), |known| known.quality_kept)
    }

    /// Makes room for new sets, once.
    fn prepare(&self) -> Result<()> {
        let mut result = Ok(());
        if !self.settings.dry {
            self.prepared.call_once(|| {
                result = partition::ensure(&self.database, None).map(drop);
            });
        }
        result
    }

    /// The sets to be read, each once.
    pub fn take_tasks(&self) -> Vec<Task> {
        std::mem::take(&mut self.state().tasks)
    }

    /// What the user should be told, each once.
    pub fn take_messages(&self) -> Vec<String> {
        std::mem::take(&mut self.state().messages)
    }

    /// Adds a product that is to be read, without a search.
    pub fn add(&self, node: &str, path: &str) {
        let input = self.task_input(path, Stamps::default(), None);
        let task = Task { node: node.to_string(), input, size_bytes: 0 };
        self.state().tasks.push(task);
    }

    fn task_input(&self, path: &str, loaded: Stamps, size_mb: Option<i64>) -> ReadInput {
        let parsed = ledama_base::path::DataPath::parse_with(path, self.inventory.corrections());
        let version = self.settings.overrides.version.unwrap_or_else(|| parsed.version().into());
        ReadInput {
            path: path.to_string(),
            diagnostics: self.settings.diagnostics,
            quality: self.quality_kept(version),
            loaded,
            processused: self.settings.processused,
            settle_s: self.settings.settle_s,
            size_mb,
            corrections: self.corrections.clone(),
        }
    }

    /// The row of the runs of a node; made when first needed.
    fn run_of(&self, host: &str) -> Result<i64> {
        let _one = self.opening.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(run) = self.state().nodes.get(host).and_then(|node| node.run) {
            return Ok(run);
        }
        let runner = &self.settings.runner;
        let run = self.database.write(|tx| runs::begin(tx, runner, host, self.began))?;
        self.state().nodes.entry(host.to_string()).or_default().run = Some(run);
        Ok(run)
    }

    fn count(&self, host: &str, what: &str, number: i64) {
        let mut state = self.state();
        let node = state.nodes.entry(host.to_string()).or_default();
        *node.counters.entry(what.to_string()).or_default() += number;
    }

    fn fault(&self, host: &str, reason: &str) {
        let mut state = self.state();
        let node = state.nodes.entry(host.to_string()).or_default();
        if node.faults.len() < FAULTS {
            node.faults.push(reason.to_string());
        }
    }

    /// Tells now and then that the job of this host is still worked at.
    fn renew(&self, host: &str) -> Result<()> {
        let now = now();
        {
            let mut state = self.state();
            let node = state.nodes.entry(host.to_string()).or_default();
            if now - node.renewed < 60 {
                return Ok(());
            }
            node.renewed = now;
        }
        self.database
            .write(|tx| jobs::renew(tx, host, &self.settings.runner.run, now + LEASE))
            .map(drop)
    }

    /// What was counted, by node.
    pub fn summary(&self) -> Vec<Summary> {
        let state = self.state();
        let nodes = state.nodes.iter().map(|(host, node)| Summary {
            host: host.clone(),
            run: node.run,
            counters: node.counters.clone(),
            faults: node.faults.clone(),
            refused: node.refused.clone(),
        });
        nodes.collect()
    }
}

/// What was done for one node.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Summary {
    /// The node.
    pub host: String,
    /// Its row of the runs.
    pub run: Option<i64>,
    /// What was counted.
    pub counters: Counters,
    /// Reasons of failures.
    pub faults: Vec<String>,
    /// Why nothing was removed.
    pub refused: Option<String>,
}

/// The error of a task whose answer could not be kept.
fn failed(error: &LeddbError) -> OperationError {
    let kind = match error {
        LeddbError::Input { .. } | LeddbError::Array { .. } => ErrorKind::Input,
        LeddbError::Denied { .. } | LeddbError::Login { .. } => ErrorKind::Permission,
        LeddbError::Full { .. } => ErrorKind::NoSpace,
        LeddbError::Damaged { .. } => ErrorKind::Corrupt,
        _ => ErrorKind::Io,
    };
    let made = OperationError::new(kind, error.to_string());
    match error.help() {
        Some(help) => made.help(help),
        None => made,
    }
}

fn decode<T: serde::de::DeserializeOwned>(value: &mut Value) -> Result<T, OperationError> {
    serde_json::from_value(value.take())
        .map_err(|error| OperationError::new(ErrorKind::Internal, format!("answer: {error}")))
}

/// Takes the answers of `leddb.scan`.
#[derive(Debug, Clone)]
pub struct Scans(pub Arc<Loader>);

impl Keep for Scans {
    fn keep(
        &self,
        node: &str,
        value: &mut Value,
        _items: &mut Vec<Value>,
    ) -> Result<(), OperationError> {
        let output = decode(value)?;
        let told = self.0.scanned(node, output).map_err(|error| failed(&error))?;
        *value = serde_json::to_value(told).unwrap_or_default();
        Ok(())
    }
}

/// Takes the answers of `leddb.read`.
#[derive(Debug, Clone)]
pub struct Answers(pub Arc<Loader>);

impl Keep for Answers {
    fn keep(
        &self,
        node: &str,
        value: &mut Value,
        items: &mut Vec<Value>,
    ) -> Result<(), OperationError> {
        let output = decode(value)?;
        let items = std::mem::take(items);
        let told = self.0.answered(node, output, items)?;
        *value = serde_json::to_value(told).unwrap_or_default();
        Ok(())
    }
}

/// Takes the answers of `leddb.absent`.
#[derive(Debug, Clone)]
pub struct Absences(pub Arc<Loader>);

impl Keep for Absences {
    fn keep(
        &self,
        node: &str,
        value: &mut Value,
        _items: &mut Vec<Value>,
    ) -> Result<(), OperationError> {
        let output = decode(value)?;
        let told = self.0.gone(node, output).map_err(|error| failed(&error))?;
        *value = serde_json::to_value(told).unwrap_or_default();
        Ok(())
    }
}
