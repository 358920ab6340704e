//! Surroundings for tests: nodes inside this process.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use ledama_base::operation::{ErrorKind, OperationContext, OperationError, Progress, Registry};
use serde_json::Value;

/// Looks at, and may change, the input of a call before it is run.
type Tap = Box<dyn Fn(&str, &str, &mut Value) -> Result<(), OperationError> + Send + Sync>;

/// A few nodes and the way between them.
#[derive(Default)]
pub(crate) struct FakeCluster {
    nodes: BTreeMap<String, Registry>,
    tap: Mutex<Option<Tap>>,
    cancelled: AtomicBool,
    /// Cancels as soon as there is progress.
    cancel_on_progress: AtomicBool,
    /// Counts runs; part of their ids.
    runs: AtomicU64,
}

impl FakeCluster {
    /// Nodes with these names, each with its own operations.
    pub(crate) fn new(names: &[&str]) -> Arc<Self> {
        let nodes = names
            .iter()
            .map(|name| ((*name).to_string(), crate::operations(Registry::new())))
            .collect();
        Arc::new(Self { nodes, ..Self::default() })
    }

    /// Calls go through `tap` from now on.
    pub(crate) fn tap(
        &self,
        tap: impl Fn(&str, &str, &mut Value) -> Result<(), OperationError> + Send + Sync + 'static,
    ) {
        *self.tap.lock().unwrap() = Some(Box::new(tap));
    }

    /// Runs an operation on a node, as the executor would.
    pub(crate) fn run(
        self: &Arc<Self>,
        node: &str,
        operation: &str,
        input: Value,
    ) -> Result<Value, OperationError> {
        let run_id = format!("run{}", self.runs.load(Ordering::SeqCst));
        let cluster = Some(Arc::clone(self));
        let ctx = FakeContext { run_id, cluster, ..FakeContext::new(node) };
        self.run_in(&ctx, operation, input)
    }

    /// Runs an operation in given surroundings.
    pub(crate) fn run_in(
        &self,
        ctx: &FakeContext,
        operation: &str,
        input: Value,
    ) -> Result<Value, OperationError> {
        let registry = self.nodes.get(&ctx.node).ok_or_else(|| {
            OperationError::new(ErrorKind::Connection, format!("{} is not reachable", ctx.node))
        })?;
        registry.get(operation).unwrap().run_json(input, ctx)
    }

    /// What follows belongs to another run.
    pub(crate) fn next_run(&self) {
        self.runs.fetch_add(1, Ordering::SeqCst);
    }

    /// Interrupts everything once something has arrived, or lets it run again.
    pub(crate) fn cancel_on_progress(&self, cancel: bool) {
        self.cancel_on_progress.store(cancel, Ordering::SeqCst);
        self.cancelled.store(false, Ordering::SeqCst);
    }
}

/// The surroundings of one task.
pub(crate) struct FakeContext {
    pub(crate) node: String,
    pub(crate) run_id: String,
    pub(crate) cluster: Option<Arc<FakeCluster>>,
    cancelled: AtomicBool,
}

impl FakeContext {
    /// On a node.
    pub(crate) fn new(node: &str) -> Self {
        Self {
            node: node.to_string(),
            run_id: "20260101T000000Z-test".to_string(),
            cluster: None,
            cancelled: AtomicBool::new(false),
        }
    }

    /// Cancels the task.
    pub(crate) fn cancel(&self) {
        self.cancelled.store(true, Ordering::SeqCst);
    }
}

impl OperationContext for FakeContext {
    fn node(&self) -> &str {
        &self.node
    }

    fn run_id(&self) -> &str {
        &self.run_id
    }

    fn cancelled(&self) -> bool {
        self.cancelled.load(Ordering::SeqCst)
            || self.cluster.as_ref().is_some_and(|c| c.cancelled.load(Ordering::SeqCst))
    }

    fn progress(&self, progress: Progress) {
        assert!(progress.done <= progress.total, "{progress:?}");
        if let Some(cluster) = &self.cluster
            && cluster.cancel_on_progress.load(Ordering::SeqCst)
        {
            cluster.cancelled.store(true, Ordering::SeqCst);
        }
    }

    fn item(&self, _item: Value) {}

    fn log(&self, _line: &str) {}

    fn call(&self, node: &str, operation: &str, mut input: Value) -> Result<Value, OperationError> {
        let cluster = self.cluster.as_ref().unwrap();
        if let Some(tap) = &*cluster.tap.lock().unwrap() {
            tap(node, operation, &mut input)?;
        }
        let ctx =
            Self { cluster: self.cluster.clone(), run_id: self.run_id.clone(), ..Self::new(node) };
        cluster.run_in(&ctx, operation, input)
    }
}
