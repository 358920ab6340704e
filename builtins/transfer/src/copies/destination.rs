//! The node and the path of each copy.

use std::cell::Cell;

use ledama_base::operation::{ErrorKind, OperationError};
use ledama_base::path::{DataPath, join};
use ledama_base::placeholder::{Fact, FillError, Template};
use ledama_base::quote;
use ledama_config::{ConfigError, Inventory};
use ledama_reffile::{Entry, RefFile};

use super::{CopiesError, NodesKey, Placement, UnknownYear, Wish};

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

/// The folders of copies, by the template of the user.
pub(super) struct Folders<'a> {
    template: Template,
    /// The same without the year, for sets that do not tell it.
    yearless: Option<Template>,
    inventory: &'a Inventory,
    /// Sets whose folder is named without the year.
    omitted: Cell<usize>,
}

/// Year and observation as older templates write them.
const WITH_YEAR: &str = "XXXX_XXXXX";
/// The observation alone.
const WITHOUT_YEAR: &str = "XXXXX";

impl<'a> Folders<'a> {
    pub(super) fn new(wish: &Wish, inventory: &'a Inventory) -> Result<Self, OperationError> {
        let parse = |text: &str| {
            Template::parse(text).map_err(|e| with_help(format!("copypath: {e}"), e.help()))
        };
        let yearless = match wish.unknown_year {
            UnknownYear::Omit if wish.copypath.contains(WITH_YEAR) => {
                Some(parse(&wish.copypath.replace(WITH_YEAR, WITHOUT_YEAR))?)
            }
            _ => None,
        };
        Ok(Self { template: parse(&wish.copypath)?, yearless, inventory, omitted: Cell::new(0) })
    }

    /// The path of the copy of a set; the name of a set never changes.
    pub(super) fn place(&self, source: &Entry) -> Result<String, OperationError> {
        let facts = source.facts_with(self.inventory.corrections());
        let folder = match (self.fill(&self.template, &facts), &self.yearless) {
            (Err(FillError::Unknown { fact: Fact::Year, .. }), Some(yearless)) => {
                self.omitted.set(self.omitted.get() + 1);
                self.fill(yearless, &facts)
            }
            (filled, _) => filled,
        };
        let folder = folder.map_err(|e| with_help(e.to_string(), e.help()))?;
        if !folder.starts_with('/') {
            let message = format!("copypath: `{}` is no absolute path", quote::show(&folder));
            let help = "only paths in an archive are relative";
            return Err(OperationError::new(ErrorKind::Input, message).help(help));
        }
        Ok(join(&folder, facts.name).into_owned())
    }

    fn fill(&self, template: &Template, facts: &DataPath<'_>) -> Result<String, FillError> {
        template.fill(facts, None, &self.inventory.config().data.roots)
    }

    /// What is worth knowing, after all sets were placed.
    pub(super) fn notes(&self) -> Vec<String> {
        match self.omitted.get() {
            0 => Vec::new(),
            count => vec![format!(
                "the paths of {count} sets do not tell the year; their folders are named without it"
            )],
        }
    }
}

fn with_help(message: String, help: Option<String>) -> OperationError {
    let error = OperationError::new(ErrorKind::Input, message);
    match help {
        Some(help) => error.help(help),
        None => error,
    }
}

fn explain(error: &ConfigError) -> OperationError {
    with_help(error.to_string(), error.help())
}
