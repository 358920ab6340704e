//! The tasks that make the copies.

use ledama_base::operation::{ErrorKind, Operation, OperationError};
use ledama_base::quote::show;
use ledama_base::rawtext::path_text;
use ledama_base::units::from_mib;
use ledama_cluster::plan::{Plan, Task};
use ledama_config::{Inventory, Machine};
use serde::Deserialize;

use super::Copies;
use crate::link::SshRoute;
use crate::operations::{Copy, CopyInput, Network};
use crate::receive::Verify;

/// How copies are made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct How {
    /// Leave complete copies alone and continue half-made ones.
    pub resume: bool,
    /// Put aside an incomplete set that is in the way.
    pub replace: bool,
    /// How the copy is checked.
    pub verify: Verify,
}

impl Copies {
    /// Adds one task per copy, on the node of the copy, in the order of the rows.
    ///
    /// # Errors
    /// A node of a row that the configuration does not know.
    pub fn add_to(&self, plan: &mut Plan, how: How) -> Result<(), OperationError> {
        let config = self.inventory.config();
        for (source, target) in self.pairs() {
            let to = machine(&self.inventory, &target.node)?;
            let from = machine(&self.inventory, &source.node)?;
            let input = CopyInput {
                resume: how.resume,
                replace: how.replace,
                fsync: config.transfer.fsync,
                verify: how.verify,
                margin_bytes: from_mib(config.data.free_margin_mib),
                network: network(&self.inventory, &to, &from),
                ..CopyInput::new(&source.node, &source.path, &target.path)
            };
            let input = serde_json::to_value(input).map_err(|e| {
                OperationError::new(ErrorKind::Internal, format!("{}: {e}", show(&target.path)))
            })?;
            let mut task = Task::operation(&target.node, &target.path, Copy::NAME, input);
            task.size_bytes = source.size_mb.map_or(0, from_mib);
            task.log = Some(source.facts().name.to_string());
            plan.add(task);
        }
        Ok(())
    }
}

fn machine(inventory: &Inventory, node: &str) -> Result<Machine, OperationError> {
    inventory.machine(node).map_err(|e| {
        let error = OperationError::new(ErrorKind::Input, e.to_string());
        match e.help() {
            Some(help) => error.help(help),
            None => error,
        }
    })
}

/// How the two nodes reach each other, by the configuration.
fn network(inventory: &Inventory, to: &Machine, from: &Machine) -> Network {
    let config = inventory.config();
    let transfer = &config.transfer;
    let text = |path: &std::path::PathBuf| path_text(path);
    Network {
        encryption: transfer.encryption,
        channel: transfer.channel,
        ports: transfer.ports.clone(),
        connect_timeout: transfer.connect_timeout,
        addresses: vec![to.address.clone()],
        source_addresses: vec![from.address.clone()],
        ssh: SshRoute {
            program: config.command_of("ssh").unwrap_or_default().to_vec(),
            address: Some(from.address.clone()),
            port: Some(from.port),
            user: Some(from.user.clone()),
            config: config.ssh.config.as_ref().map(text),
            identity: config.ssh.identity.as_ref().map(text),
        },
    }
}
