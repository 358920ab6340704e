//! Calls of one worker to another, which go through here.

use ledama_base::operation::{ErrorKind, OperationError};
use serde_json::Value;

use super::Execution;
use super::jobs::{Call, Job, Stop, What};
use crate::executor::cluster::find_node;
use crate::executor::pool::NodeId;
use crate::executor::validate::accepts;
use crate::plan::Action;
use crate::protocol::{CallId, JobId, ToWorker};

impl Execution<'_> {
    /// A job on `parent_node` wants something done on another node. It does
    /// not count against the limits of that node.
    pub(super) fn call(
        &mut self,
        parent_node: NodeId,
        parent: JobId,
        number: CallId,
        node: &str,
        operation: String,
        input: Value,
    ) {
        let asked = self.jobs.get(&parent).filter(|job| job.stop.is_none()).map(|job| job.root);
        let found = match asked {
            None => Err(OperationError::new(ErrorKind::Cancelled, "interrupted")),
            Some(root) => accepts(self.registry, &operation, &input)
                .and_then(|()| find_node(self.pool, self.resolver, node))
                .map(|node| (root, node)),
        };
        let (root, node) = match found {
            Ok(found) => found,
            Err(error) => {
                let reply = ToWorker::Reply { call: number, result: Err(error) };
                return self.pool.send(parent_node, reply);
            }
        };
        let action = Some(Action::Operation { name: operation, input });
        let id = self.pool.new_job();
        let call = Call { parent, parent_node, number, action };
        self.jobs.insert(id, Job::new(node, What::Call(call), root));
        if let Some(parent) = self.jobs.get_mut(&parent) {
            parent.children.push(id);
        }
        self.dispatch(id);
    }

    /// Answers a call, if its caller is still there.
    pub(super) fn answer(&mut self, id: JobId, call: &Call, result: Result<Value, OperationError>) {
        if let Some(parent) = self.jobs.get_mut(&call.parent) {
            parent.children.retain(|child| *child != id);
            self.pool.send(call.parent_node, ToWorker::Reply { call: call.number, result });
        }
    }

    /// A job has ended: what it called and nobody waits for is stopped.
    pub(super) fn orphan(&mut self, job: &Job) {
        for &child in &job.children {
            self.stop_job(child, Stop::Parent);
        }
    }

    /// Everything that waits for this job, directly or not, cannot succeed.
    pub(super) fn give_up_callers(&mut self, mut job: JobId) {
        while let Some(caller) = self.jobs.get_mut(&job) {
            caller.hopeless = true;
            match &caller.what {
                What::Call(call) => job = call.parent,
                What::Task(_) => return,
            }
        }
    }

    /// The same error with the name of the node, for those on another one.
    pub(super) fn on_node(&self, node: NodeId, error: &OperationError) -> OperationError {
        let message = format!("{}: {}", self.pool.name(node), error.message);
        OperationError { kind: error.kind, message, help: error.help.clone() }
    }
}
