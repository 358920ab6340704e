//! The node and the path of each copy.

use ledama_base::operation::{ErrorKind, OperationError};
use ledama_base::path::join;
use ledama_base::placeholder::Template;
use ledama_base::quote;
use ledama_config::{ConfigError, Inventory};
use ledama_reffile::{Entry, RefFile};

use super::{CopiesError, NodesKey, Placement, Wish};

/// The node of each copy, in the order of the sources.
pub(super) fn nodes(
    sources: &RefFile,
    wish: &Wish,
    inventory: &Inventory,
) -> Result<Vec<String>, CopiesError> {
    let mut faults = stores(sources, wish, inventory);
    let nodes = match wish.nodeskey {
        NodesKey::Given => given(sources, wish).map_err(|e| faults.push(e)).unwrap_or_default(),
        NodesKey::Same => sources.entries().iter().map(|e| e.node.to_string()).collect(),
        NodesKey::Next => sources
            .entries()
            .iter()
            .filter_map(|e| inventory.next(&e.node).map_err(|e| faults.push(explain(&e))).ok())
            .collect(),
    };
    faults.dedup();
    if faults.is_empty() { Ok(nodes) } else { Err(CopiesError(faults)) }
}

/// Data in stores cannot be reached yet, be it as source or as target.
fn stores(sources: &RefFile, wish: &Wish, inventory: &Inventory) -> Vec<OperationError> {
    let config = inventory.config();
    let mut names: Vec<&str> = sources.entries().iter().map(|e| &*e.node).collect();
    names.extend(wish.nodes.iter().map(String::as_str));
    names.sort_unstable();
    names.dedup();
    names
        .into_iter()
        .filter(|name| config.remote_store(name).is_some())
        .map(|name| match config.usable_store(name) {
            Err(error) => explain(&error),
            Ok(_) => OperationError::new(
                ErrorKind::Input,
                format!("copies from and to store `{name}` are not possible with this version"),
            ),
        })
        .collect()
}

fn given(sources: &RefFile, wish: &Wish) -> Result<Vec<String>, OperationError> {
    if wish.nodes.is_empty() {
        return Err(OperationError::new(ErrorKind::Input, "no node for the copies")
            .help("name the nodes, or take those of the sources"));
    }
    let placed = match wish.placement {
        Placement::Contiguous => sources.spread(&wish.nodes),
        Placement::Balanced => sources.balance(&wish.nodes, &[]),
    };
    let placed = placed.map_err(|e| OperationError::new(ErrorKind::Input, e.to_string()))?;
    Ok(placed.entries().iter().map(|e| e.node.to_string()).collect())
}

/// The path of a copy; the name of a set never changes.
pub(super) fn path(
    template: &Template,
    source: &Entry,
    inventory: &Inventory,
) -> Result<String, OperationError> {
    let facts = source.facts_with(inventory.corrections());
    let folder = template.fill(&facts, None, &inventory.config().data.roots).map_err(|e| {
        let error = OperationError::new(ErrorKind::Input, e.to_string());
        match e.help() {
            Some(help) => error.help(help),
            None => error,
        }
    })?;
    if !folder.starts_with('/') {
        return Err(OperationError::new(
            ErrorKind::Input,
            format!("copypath: `{}` is no absolute path", quote::show(&folder)),
        )
        .help("only paths in an archive are relative"));
    }
    Ok(join(&folder, facts.name).into_owned())
}

fn explain(error: &ConfigError) -> OperationError {
    let explained = OperationError::new(ErrorKind::Input, error.to_string());
    match error.help() {
        Some(help) => explained.help(help),
        None => explained,
    }
}
