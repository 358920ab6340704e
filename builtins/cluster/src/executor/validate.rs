//! Everything that can be found wrong with a plan before anything happens.

use ledama_base::operation::{ErrorKind, OperationError, Registry};
use ledama_base::suggest;
use serde_json::Value;

use crate::error::Error;
use crate::plan::{Action, Plan};

/// Refuses plans with faults, unknown operations and inputs that their operation refuses.
pub(super) fn validate(plan: &Plan, registry: &Registry) -> Result<(), Error> {
    plan.check().map_err(|(index, source)| bad_task(plan, index, source))?;
    for (index, task) in plan.tasks.iter().enumerate() {
        if let Action::Operation { name, input } = &task.action {
            accepts(registry, name, input).map_err(|source| bad_task(plan, index, source))?;
        }
    }
    Ok(())
}

/// Whether there is such an operation that takes this input.
pub(super) fn accepts(
    registry: &Registry,
    name: &str,
    input: &Value,
) -> Result<(), OperationError> {
    if let Some(operation) = registry.get(name) {
        return operation.accepts(input);
    }
    let error = OperationError::new(ErrorKind::Input, format!("there is no operation `{name}`"));
    Err(match suggest::did_you_mean(name, registry.names()) {
        Some(question) => error.help(question),
        None => error,
    })
}

fn bad_task(plan: &Plan, index: usize, source: OperationError) -> Error {
    Error::BadTask { label: plan.tasks[index].label.clone(), source }
}
