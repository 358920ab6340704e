//! What the tests of the executor share.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ledama_base::operation::{
    Effect, ErrorKind, Operation, OperationContext, OperationError, Registry,
};
use ledama_config::model::Transport;
use serde_json::{Value, json};

use crate::executor::{CancelToken, Cluster, Event, Resolve, Settings, Silent, Watch};
use crate::plan::{CommandSpec, Plan, Task};
use crate::protocol::{JobId, ToWorker};
use crate::report::{Report, State};
use crate::transport::inprocess::InProcess;
use crate::transport::record::Recorder;
use crate::transport::{Connector, Target};
use crate::worker::Options;

/// Every name that does not begin with `unknown` is a node; `localhost` is `a`.
pub(super) struct AnyNode;

impl Resolve for AnyNode {
    fn target(&self, node: &str) -> Result<Target, OperationError> {
        if node.starts_with("unknown") {
            let message = format!("unknown node `{node}`");
            return Err(OperationError::new(ErrorKind::Input, message).help("did you mean `a`?"));
        }
        let node = if node == "localhost" { "a" } else { node }.to_string();
        Ok(Target {
            address: node.clone(),
            node,
            port: 22,
            user: "me".into(),
            transport: Transport::Local,
        })
    }
}

/// Answers with its input. Looks only.
struct Echo;

impl Operation for Echo {
    const NAME: &'static str = "test.echo";
    const EFFECT: Effect = Effect::Reads;
    type Input = Value;
    type Output = Value;
    fn run(&self, input: Value, ctx: &dyn OperationContext) -> Result<Value, OperationError> {
        ctx.log("echo");
        ctx.item(json!(1));
        ctx.item(json!({"two": 2}));
        Ok(input)
    }
}

/// Answers with its input. Changes.
struct Change;

impl Operation for Change {
    const NAME: &'static str = "test.change";
    const EFFECT: Effect = Effect::Changes;
    type Input = i64;
    type Output = i64;
    fn run(&self, input: i64, _: &dyn OperationContext) -> Result<i64, OperationError> {
        Ok(input)
    }
}

struct Panics;

impl Operation for Panics {
    const NAME: &'static str = "test.panic";
    const EFFECT: Effect = Effect::Reads;
    type Input = ();
    type Output = ();
    fn run(&self, (): (), _: &dyn OperationContext) -> Result<(), OperationError> {
        std::panic::panic_any("by intention");
    }
}

/// Answers with what is no JSON: a map whose keys are no text.
struct Unserialisable;

impl Operation for Unserialisable {
    const NAME: &'static str = "test.unserialisable";
    const EFFECT: Effect = Effect::Reads;
    type Input = ();
    type Output = BTreeMap<Vec<u8>, u8>;
    fn run(&self, (): (), _: &dyn OperationContext) -> Result<Self::Output, OperationError> {
        Ok(BTreeMap::from([(vec![1], 2)]))
    }
}

/// Calls `[node, operation, input]` and answers with the answer.
struct Calls;

impl Operation for Calls {
    const NAME: &'static str = "test.call";
    const EFFECT: Effect = Effect::Reads;
    type Input = (String, String, Value);
    type Output = Value;
    fn run(
        &self,
        (node, operation, input): Self::Input,
        ctx: &dyn OperationContext,
    ) -> Result<Value, OperationError> {
        ctx.call(&node, &operation, input)
    }
}

/// Works until it is told to stop; says when it has begun and ended.
struct Endless(Arc<Mutex<Vec<String>>>);

impl Operation for Endless {
    const NAME: &'static str = "test.endless";
    const EFFECT: Effect = Effect::Reads;
    type Input = ();
    type Output = ();
    fn run(&self, (): (), ctx: &dyn OperationContext) -> Result<(), OperationError> {
        self.0.lock().unwrap().push(format!("{} begins", ctx.node()));
        while !ctx.cancelled() {
            std::thread::yield_now();
        }
        self.0.lock().unwrap().push(format!("{} ends", ctx.node()));
        ctx.check()
    }
}

/// The operations above; the list gets the news of `test.endless`.
pub(super) fn registry(news: &Arc<Mutex<Vec<String>>>) -> Arc<Registry> {
    Arc::new(
        Registry::new()
            .with(Echo)
            .with(Change)
            .with(Panics)
            .with(Unserialisable)
            .with(Calls)
            .with(Endless(Arc::clone(news))),
    )
}

/// A cluster of any nodes behind a connector.
pub(super) fn cluster(connector: Arc<dyn Connector>) -> Cluster {
    Cluster::with_nodes(Box::new(AnyNode), registry(&Arc::default()), connector, 16)
}

/// A cluster that exists only in the answers of a test.
pub(super) fn recorded(recorder: &Recorder) -> Cluster {
    cluster(Arc::new(recorder.clone()))
}

/// A cluster of worker threads.
pub(super) fn in_process() -> Cluster {
    let registry = registry(&Arc::default());
    cluster(Arc::new(InProcess::new(registry, worker_options())))
}

/// Workers that do not wait long.
pub(super) fn worker_options() -> Options {
    Options { grace: Duration::from_millis(300), ..Options::default() }
}

/// Settings for tests: tries come one after another without pause.
pub(super) fn settings() -> Settings {
    Settings {
        run_id: "r".into(),
        module: "Test".into(),
        back_off: Duration::ZERO,
        ..Settings::default()
    }
}

/// Executes with nobody watching and nobody interrupting.
pub(super) fn execute(cluster: &Cluster, plan: &Plan, settings: &Settings) -> Report {
    cluster.execute(plan, settings, &CancelToken::new(), &Silent).unwrap()
}

/// One echo for each node, labelled by its place.
pub(super) fn echoes(nodes: &[&str]) -> Plan {
    let mut plan = Plan::new("test");
    for (index, node) in nodes.iter().enumerate() {
        plan.add(Task::operation(node, &format!("/{index}"), "test.echo", json!(index)));
    }
    plan
}

/// One change for each node.
pub(super) fn changes(nodes: &[&str]) -> Plan {
    let mut plan = Plan::new("test");
    for (index, node) in nodes.iter().enumerate() {
        plan.add(Task::operation(node, &format!("/{index}"), "test.change", json!(index)));
    }
    plan
}

/// A plan of one operation.
pub(super) fn operation(node: &str, name: &str, input: Value) -> Plan {
    let mut plan = Plan::new("test");
    plan.add(Task::operation(node, "/0", name, input));
    plan
}

/// A plan of one shell text.
pub(super) fn shell(node: &str, script: &str) -> Plan {
    let argv = ["/bin/sh", "-c", script].map(str::to_string).to_vec();
    let mut plan = Plan::new("test");
    plan.add(Task::command(node, "/0", CommandSpec { argv, ..CommandSpec::default() }));
    plan
}

/// The states in plan order, one letter each: `d`one, `D`one before, `f`ailed, `s`kipped, `c`ancelled.
pub(super) fn states(report: &Report) -> String {
    report
        .outcomes
        .iter()
        .map(|outcome| match outcome.state {
            State::Done => 'd',
            State::AlreadyDone => 'D',
            State::Failed => 'f',
            State::Skipped => 's',
            State::Cancelled => 'c',
        })
        .collect()
}

/// Kind and message of the error of a task.
pub(super) fn error(report: &Report, task: usize) -> (ErrorKind, &str) {
    let error = report.outcomes[task].error.as_ref().expect("an error");
    (error.kind, &error.message)
}

/// The number of the job if the message starts one.
pub(super) fn started(message: &ToWorker) -> Option<JobId> {
    match message {
        ToWorker::Run { id, .. } => Some(*id),
        _ => None,
    }
}

/// The number of the job if the message stops one.
pub(super) fn cancelled(message: &ToWorker) -> Option<JobId> {
    match message {
        ToWorker::Cancel { id } => Some(*id),
        _ => None,
    }
}

/// How many jobs were started.
pub(super) fn runs(said: &[(String, ToWorker)]) -> usize {
    said.iter().filter(|(_, message)| started(message).is_some()).count()
}

/// What a job says that was told to stop.
pub(super) fn interrupted() -> OperationError {
    OperationError::new(ErrorKind::Cancelled, "interrupted")
}

/// Remembers all events as text.
#[derive(Default)]
pub(super) struct Events(pub(super) Mutex<Vec<String>>);

impl Watch for Events {
    fn event(&self, event: &Event<'_>) {
        let text = match event {
            Event::Begin { plan } => format!("Begin {} {}", plan.title, plan.tasks.len()),
            Event::Finished(outcome) => format!("Finished {} {:?}", outcome.task, outcome.state),
            other => format!("{other:?}"),
        };
        self.0.lock().unwrap().push(text);
    }
}

/// The names of the files in a folder, sorted.
pub(super) fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}
