//! From the name of a node to where and how it is reached.

use ledama_base::operation::{ErrorKind, OperationError};
use ledama_config::Inventory;

use crate::transport::Target;

/// Knows the nodes.
pub trait Resolve: Send + Sync {
    /// Where a node is reached, under its one proper name.
    ///
    /// # Errors
    /// Of kind `input` if there is no such node.
    fn target(&self, node: &str) -> Result<Target, OperationError>;
}

impl Resolve for Inventory {
    fn target(&self, node: &str) -> Result<Target, OperationError> {
        let machine = self.machine(node).map_err(|error| {
            let failure = OperationError::new(ErrorKind::Input, error.to_string());
            match error.help() {
                Some(help) => failure.help(help),
                None => failure,
            }
        })?;
        Ok(Target {
            node: machine.name,
            address: machine.address,
            port: machine.port,
            user: machine.user,
            transport: machine.transport,
        })
    }
}
