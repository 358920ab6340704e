//! The door to everything here.

use std::sync::{Arc, Mutex, PoisonError};

use ledama_base::operation::{OperationError, Registry};
use ledama_config::{Config, Inventory};

use super::execution::{Execution, Parts};
use super::ledger::Ledger;
use super::pool::{NodeId, Pool};
use super::resolve::Resolve;
use super::validate::validate;
use super::{CancelToken, Settings, Watch};
use crate::error::Error;
use crate::leases::Leases;
use crate::plan::Plan;
use crate::report::Report;
use crate::transport::Connector;

/// Executes plans on the nodes of a configuration.
///
/// Connections are kept from one execution to the next and closed when this is
/// dropped. One plan is executed at a time; a second caller waits.
pub struct Cluster {
    registry: Arc<Registry>,
    resolver: Box<dyn Resolve>,
    pool: Mutex<Pool>,
}

impl std::fmt::Debug for Cluster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cluster").finish_non_exhaustive()
    }
}

impl Cluster {
    /// The nodes of a configuration, reached through these connectors.
    pub fn new(
        config: Arc<Config>,
        registry: Arc<Registry>,
        connectors: Arc<dyn Connector>,
    ) -> Self {
        let at_once = config.ssh.connects;
        Self::with_nodes(Box::new(Inventory::new(config)), registry, connectors, at_once)
    }

    /// Nodes from elsewhere than a configuration; `at_once` connections are opened at a time.
    pub fn with_nodes(
        resolver: Box<dyn Resolve>,
        registry: Arc<Registry>,
        connectors: Arc<dyn Connector>,
        at_once: usize,
    ) -> Self {
        Self { registry, resolver, pool: Mutex::new(Pool::new(connectors, at_once)) }
    }

    /// Executes a plan and waits for its end. What happens to single tasks is
    /// in the report; an error means that nothing has begun.
    pub fn execute(
        &self,
        plan: &Plan,
        settings: &Settings,
        cancel: &CancelToken,
        watch: &dyn Watch,
    ) -> Result<Report, Error> {
        // Nothing is left half changed by a panic of a caller's `Watch` but this lock.
        let mut pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        validate(plan, &self.registry)?;
        pool.begin(&settings.run_id);
        let nodes = plan
            .tasks
            .iter()
            .map(|task| {
                find_node(&mut pool, self.resolver.as_ref(), &task.node).map_err(|source| {
                    Error::UnknownNode {
                        node: task.node.clone(),
                        label: task.label.clone(),
                        source,
                    }
                })
            })
            .collect::<Result<Vec<_>, _>>()?;
        let leases = settings.leases.as_deref().map(|folder| {
            Leases::new(folder)
                .map_err(|source| Error::Io { what: folder.display().to_string(), source })
        });
        let leases = leases.transpose()?;
        let ledger = Ledger::open(plan, settings, watch, &self.registry)?;
        let parts = Parts {
            plan,
            settings,
            registry: &self.registry,
            resolver: self.resolver.as_ref(),
            pool: &mut pool,
            ledger,
            nodes,
            leases,
        };
        Ok(Execution::new(parts).run(cancel))
    }
}

/// The number of a node in the pool, which learns of it if need be.
pub(super) fn find_node(
    pool: &mut Pool,
    resolver: &dyn Resolve,
    name: &str,
) -> Result<NodeId, OperationError> {
    if let Some(known) = pool.find(name) {
        return Ok(known);
    }
    let target = resolver.target(name)?;
    match pool.find(&target.node) {
        Some(known) => {
            pool.alias(name, known);
            Ok(known)
        }
        None => Ok(pool.add(target)),
    }
}
