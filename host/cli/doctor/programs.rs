//! Which external programs are there, on the nodes and here, and whether they work.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use ledama_cluster::executor::{CancelToken, Cluster, Settings, Silent};
use ledama_cluster::plan::{Plan, Task};
use ledama_cluster::report::{Outcome, State};
use ledama_cluster::run::new_run_id;
use ledama_cluster::transport::Connectors;
use ledama_config::model::{Channel, Transport};
use ledama_config::{Config, Inventory};
use ledama_pipeline::program;
use ledama_pipeline::task::{Trial, Tried};
use serde::Serialize;

use crate::diagnostic::{Diagnostic, Failure};

/// A program that takes longer than this for nothing does not work.
const PATIENCE: Duration = Duration::from_mins(2);

/// An external program.
#[derive(Debug, Serialize)]
pub(super) struct Program {
    name: String,
    /// Whether this configuration cannot do without it.
    needed: bool,
    /// What is the same on these nodes.
    found: Vec<Found>,
}

/// How a program is on some nodes.
#[derive(Debug, Serialize)]
struct Found {
    /// None: this host.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    nodes: Vec<String>,
    #[serde(flatten)]
    tried: Tried,
}

/// Looks for the programs of the configuration, and for those that the
/// transports need. `wanted` are the nodes that were asked for, `well` those
/// that answer; `work`: programs shall work on a small set.
pub(super) fn look(
    config: &Arc<Config>,
    inventory: &Inventory,
    (wanted, well): (&[String], &[String]),
    work: bool,
) -> Result<Vec<Program>, Failure> {
    let openssh = wanted
        .iter()
        .filter_map(|name| inventory.machine(name).ok())
        .any(|machine| machine.transport == Transport::Openssh);
    let needed = openssh || config.transfer.channel == Channel::Ssh;
    let mut programs = vec![here("ssh", needed, "ssh")];
    let known = program::KNOWN.iter().map(|known| known.key.to_string());
    let names: BTreeSet<String> = config.programs.keys().cloned().chain(known).collect();
    let mut cards = Vec::new();
    for name in names {
        // Those that have no successor and are not configured are nobody's concern.
        let Ok(card) = program::card(config, &name, None) else { continue };
        let here_only = name == "ssh" || program::KNOWN.iter().any(|k| k.key == name && k.host);
        if here_only {
            programs.retain(|known| known.name != name);
            let first = card.command.first().map_or("", String::as_str);
            programs.push(here(&name, config.command_of(&name).is_some(), first));
        } else {
            cards.push(card);
        }
    }
    let outcomes = on_nodes(config, &cards, well, work)?;
    for card in cards {
        let mut found: BTreeMap<Tried, Vec<String>> = BTreeMap::new();
        for outcome in outcomes.iter().filter(|outcome| outcome.label == card.key) {
            found.entry(tried(outcome)).or_default().push(outcome.node.clone());
        }
        let found = found.into_iter().map(|(tried, nodes)| Found { nodes, tried });
        let needed = config.command_of(&card.key).is_some();
        programs.push(Program { name: card.key, needed, found: found.collect() });
    }
    Ok(programs)
}

/// A program of this host.
fn here(name: &str, needed: bool, program: &str) -> Program {
    let tried = Tried { path: find(program), ..Tried::default() };
    Program { name: name.into(), needed, found: vec![Found { nodes: Vec::new(), tried }] }
}

/// Tries all programs on all nodes.
fn on_nodes(
    config: &Arc<Config>,
    cards: &[program::Card],
    nodes: &[String],
    work: bool,
) -> Result<Vec<Outcome>, Failure> {
    let mut plan = Plan::new("Try programs");
    for card in cards {
        let trial = Trial { program: card.clone(), scratch: config.pipeline.scratch.clone(), work };
        let input = serde_json::to_value(&trial).unwrap_or_default();
        for node in nodes {
            plan.add(Task::operation(node, &card.key, "pipeline.trial", input.clone()));
        }
    }
    let cluster = Cluster::new(
        Arc::clone(config),
        Arc::new(crate::engine::builtins::operations()),
        Arc::new(Connectors::new(config, None)),
    );
    let settings = Settings {
        run_id: new_run_id(),
        module: "doctor".into(),
        time_out: Some(PATIENCE),
        ..Settings::default()
    };
    let report = cluster
        .execute(&plan, &settings, &CancelToken::new(), &Silent)
        .map_err(|error| Diagnostic::error(error.to_string()))?;
    Ok(report.outcomes)
}

fn tried(outcome: &Outcome) -> Tried {
    if outcome.state == State::Done
        && let Ok(tried) = serde_json::from_value(outcome.value.clone())
    {
        return tried;
    }
    let why = outcome.error.as_ref().map_or("it was not tried", |error| error.message.as_str());
    Tried { failure: Some(why.to_string()), ..Tried::default() }
}

/// Where a program is: as a path, or along `$PATH`.
fn find(program: &str) -> Option<String> {
    let path = std::path::Path::new(program);
    if program.contains('/') {
        return path.is_file().then(|| program.to_string());
    }
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders)
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
        .map(|file| file.display().to_string())
}

impl Program {
    /// Whether it works wherever it is, and is wherever it must be.
    pub(super) fn ok(&self) -> bool {
        let well = |found: &Found| found.tried.failure.is_none();
        let there = |found: &Found| found.tried.path.is_some() || !self.needed;
        self.found.iter().all(|found| well(found) && there(found))
    }

    /// What was found, a line for each group of nodes where it is the same.
    pub(super) fn lines(&self, good: &str, bad: &str) -> Vec<String> {
        let one = |found: &Found| {
            let nodes = match self.found.len() {
                1 => String::new(),
                _ => format!(" on {}", ledama_base::nodeset::fold(&found.nodes)),
            };
            format!("program {}{nodes}: {}", self.name, self.state(&found.tried, good, bad))
        };
        if self.found.is_empty() {
            return vec![format!("program {}: not tried, no node answers", self.name)];
        }
        self.found.iter().map(one).collect()
    }

    fn state(&self, tried: &Tried, good: &str, bad: &str) -> String {
        let Some(path) = &tried.path else {
            return match (&tried.failure, self.needed) {
                (Some(why), _) => format!("{bad}  {why}"),
                (None, true) => format!("{bad}  not found"),
                (None, false) => "not found (not needed by this configuration)".to_string(),
            };
        };
        let version = match tried.version.as_str() {
            "" => String::new(),
            version => {
                let plain: String = version.chars().filter(|c| !c.is_control()).take(80).collect();
                format!("  ({plain})")
            }
        };
        match &tried.failure {
            Some(why) => format!("{bad}  {path}{version}: {why}"),
            None if tried.worked => format!("{good}  {path}{version}, works on a small set"),
            None => format!("{good}  {path}{version}"),
        }
    }
}
