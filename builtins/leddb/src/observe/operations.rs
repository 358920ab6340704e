//! What an update changes besides what its keepers write: jobs, and the end of its
//! runs; and the upkeep of derived facts and of ranges.

use ledama_base::operation::{Effect, Operation, OperationContext, OperationError};
use serde::{Deserialize, Serialize};

use super::loader::Summary;
use super::runs::{self, Ended, Item, Runner};
use super::{jobs, now};
use crate::error::Result;
use crate::meta::{self, Refreshed, Scope};
use crate::partition::{self, Range};
use crate::store::{Database, Location, Options};

fn open(url: &str) -> Result<Database> {
    Database::open(&Location::parse(url)?, &Options::default())
}

/// Asks for updates of hosts.
#[derive(Debug, Clone, Copy, Default)]
pub struct RequestJobs;

/// Which hosts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestInput {
    /// The database, as a URL.
    pub database: String,
    /// Nodes or stores as tables write them.
    pub hosts: Vec<String>,
}

impl Operation for RequestJobs {
    const NAME: &'static str = "leddb.request_update";
    const VERB: &'static str = "ask for an update of";
    const EFFECT: Effect = Effect::Changes;
    type Input = RequestInput;
    type Output = u64;

    fn run(&self, input: RequestInput, _: &dyn OperationContext) -> Result<u64, OperationError> {
        let database = open(&input.database)?;
        Ok(database.write(|tx| jobs::request(tx, &input.hosts, jobs::UPDATE, now()))?)
    }
}

/// Takes the updates that were asked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct ClaimJobs;

/// Who takes which.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClaimInput {
    /// The database, as a URL.
    pub database: String,
    /// Nodes or stores as tables write them.
    pub hosts: Vec<String>,
    /// The run that takes them.
    pub run: String,
    /// For how long, s.
    pub seconds: i64,
}

impl Operation for ClaimJobs {
    const NAME: &'static str = "leddb.claim_update";
    const VERB: &'static str = "take the update of";
    const EFFECT: Effect = Effect::Changes;
    type Input = ClaimInput;
    type Output = Vec<String>;

    fn run(
        &self,
        input: ClaimInput,
        _: &dyn OperationContext,
    ) -> Result<Vec<String>, OperationError> {
        let database = open(&input.database)?;
        let mut hosts = input.hosts.clone();
        hosts.sort();
        Ok(database.write(|tx| {
            let mut taken = Vec::new();
            for host in &hosts {
                if jobs::claim(tx, host, jobs::UPDATE, &input.run, now(), input.seconds)? {
                    taken.push(host.clone());
                }
            }
            Ok(taken)
        })?)
    }
}

/// Ends an update: notes what was done, gives jobs back, derives the facts anew.
#[derive(Debug, Clone, Copy, Default)]
pub struct Finish;

/// Something that failed where no keeper saw it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Failure {
    /// The node.
    pub host: String,
    /// The product, if it was about one.
    pub path: Option<String>,
    /// Why.
    pub error: String,
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FinishInput {
    /// The database, as a URL.
    pub database: String,
    /// Who ran.
    pub runner: Runner,
    /// When it began.
    pub began: i64,
    /// What was done for each node.
    pub nodes: Vec<Summary>,
    /// What failed besides.
    #[serde(default)]
    pub failures: Vec<Failure>,
}

impl Operation for Finish {
    const NAME: &'static str = "leddb.finish";
    const VERB: &'static str = "note the end of the run and derive the facts in";
    const EFFECT: Effect = Effect::Changes;
    type Input = FinishInput;
    type Output = Refreshed;

    fn run(
        &self,
        input: FinishInput,
        _: &dyn OperationContext,
    ) -> Result<Refreshed, OperationError> {
        let database = open(&input.database)?;
        // The facts come first: they are what others wait for.
        let refreshed = meta::refresh(&database, Scope::Touched);
        let mut nodes = input.nodes.clone();
        for failure in &input.failures {
            if !nodes.iter().any(|node| node.host == failure.host) {
                nodes.push(Summary { host: failure.host.clone(), ..Summary::default() });
            }
        }
        for node in &nodes {
            end(&database, &input, node)?;
        }
        Ok(refreshed?)
    }
}

fn end(database: &Database, input: &FinishInput, node: &Summary) -> Result<()> {
    let failures: Vec<&Failure> =
        input.failures.iter().filter(|failure| failure.host == node.host).collect();
    let mut counters = node.counters.clone();
    // Keepers have counted what they refused; what they never saw is counted here.
    let seen = |failure: &&&Failure| {
        failure
            .path
            .as_ref()
            .is_some_and(|path| node.faults.iter().any(|fault| fault.starts_with(path.as_str())))
    };
    let unseen: Vec<&&Failure> = failures.iter().filter(|failure| !seen(failure)).collect();
    *counters.entry("errors".to_string()).or_default() +=
        i64::try_from(unseen.len()).unwrap_or(i64::MAX);
    let mut reasons: Vec<String> = node.refused.iter().cloned().collect();
    reasons.extend(node.faults.iter().cloned());
    reasons.extend(unseen.iter().map(|failure| failure.error.clone()));
    let message = (!reasons.is_empty()).then(|| reasons.join("\n"));
    let ended = if message.is_none() { Ended::Done } else { Ended::Failed };
    // A node that did not answer is asked again; one with faulty sets is not.
    let lost = failures.iter().find(|failure| failure.path.is_none());
    database.write(|tx| {
        let run = match node.run {
            Some(run) => run,
            None => runs::begin(tx, &input.runner, &node.host, input.began)?,
        };
        for failure in &unseen {
            let item = Item {
                host: &node.host,
                path: failure.path.as_deref().unwrap_or_default(),
                action: "read",
                state: "failed",
                error: Some(&failure.error),
                ..Item::default()
            };
            runs::note(tx, run, &item)?;
        }
        runs::end(tx, run, ended, &counters, message.as_deref(), now())?;
        let error = lost.map(|failure| failure.error.as_str());
        jobs::finish(tx, &node.host, &input.runner.run, input.began, error)
    })
}

/// Derives facts anew.
#[derive(Debug, Clone, Copy, Default)]
pub struct RefreshMeta;

/// Of which observations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefreshInput {
    /// The database, as a URL.
    pub database: String,
    /// All of them; else those that were changed, and the named ones.
    #[serde(default)]
    pub all: bool,
    /// These observations.
    #[serde(default)]
    pub lds: Vec<String>,
}

impl Operation for RefreshMeta {
    const NAME: &'static str = "leddb.refresh_meta";
    const VERB: &'static str = "derive the facts in";
    const EFFECT: Effect = Effect::Changes;
    type Input = RefreshInput;
    type Output = Refreshed;

    fn run(
        &self,
        input: RefreshInput,
        _: &dyn OperationContext,
    ) -> Result<Refreshed, OperationError> {
        let database = open(&input.database)?;
        if !input.lds.is_empty() {
            database.write(|tx| input.lds.iter().try_for_each(|name| meta::mark(tx, name)))?;
        }
        let scope = if input.all { Scope::All } else { Scope::Touched };
        Ok(meta::refresh(&database, scope)?)
    }
}

/// Makes the ranges that are needed soon.
#[derive(Debug, Clone, Copy, Default)]
pub struct CreatePartitions;

/// Of which database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartitionsInput {
    /// The database, as a URL.
    pub database: String,
}

impl Operation for CreatePartitions {
    const NAME: &'static str = "leddb.create_partitions";
    const VERB: &'static str = "make partitions in";
    const EFFECT: Effect = Effect::Changes;
    type Input = PartitionsInput;
    type Output = Vec<[i64; 2]>;

    fn run(
        &self,
        input: PartitionsInput,
        _: &dyn OperationContext,
    ) -> Result<Vec<[i64; 2]>, OperationError> {
        let database = open(&input.database)?;
        let made = partition::ensure(&database, None)?;
        Ok(made.into_iter().map(|Range { lower, upper }| [lower, upper]).collect())
    }
}
