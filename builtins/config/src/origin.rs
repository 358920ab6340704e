//! Where a value of the configuration comes from, and what is wrong with it.
//!
//! Every key remembers its file and line or its environment variable, so that
//! `config show` can tell and every fault points at the place to change.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Origin {
    /// Built into the program.
    #[default]
    Default,
    /// A line of a configuration file.
    File {
        /// The file.
        path: Arc<Path>,
        /// From 1; 0 means the file as a whole.
        line: usize,
    },
    /// An environment variable.
    Environment {
        /// Its name.
        variable: String,
    },
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line: 0 } => write!(f, "{}", path.display()),
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
            Self::Environment { variable } => write!(f, "environment variable {variable}"),
        }
    }
}

/// One thing that is wrong with the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where.
    pub origin: Origin,
    /// What, in one sentence without a final dot.
    pub message: String,
    /// What to do, when there is something.
    pub help: Option<String>,
}

impl Fault {
    pub(crate) fn new(origin: Origin, message: impl Into<String>) -> Self {
        Self { origin, message: message.into(), help: None }
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.origin {
            Origin::Default => write!(f, "{}", self.message)?,
            origin => write!(f, "{origin}: {}", self.message)?,
        }
        match &self.help {
            Some(help) => write!(f, " ({help})"),
            None => Ok(()),
        }
    }
}

/// The origins of all values that are not built in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origins {
    values: BTreeMap<(&'static str, String), Origin>,
    elements: BTreeMap<&'static str, Vec<ElementOrigins>>,
}

/// The origins of one element of a list of tables.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ElementOrigins {
    /// Of its `[[header]]`.
    pub(crate) header: Origin,
    /// Of its keys.
    pub(crate) keys: BTreeMap<String, Origin>,
}

impl Origins {
    /// Where the value of `[table] key` comes from.
    pub fn of(&self, table: &'static str, key: &str) -> Origin {
        self.values.get(&(table, key.to_string())).cloned().unwrap_or_default()
    }

    /// Where `key` of the element `index` of `[[list]]` comes from; of the
    /// element itself when it does not set the key.
    pub fn of_element(&self, list: &'static str, index: usize, key: &str) -> Origin {
        let Some(element) = self.elements.get(list).and_then(|all| all.get(index)) else {
            return Origin::Default;
        };
        element.keys.get(key).unwrap_or(&element.header).clone()
    }

    /// Whether the element `index` of `[[list]]` sets `key` itself.
    pub fn sets(&self, list: &'static str, index: usize, key: &str) -> bool {
        let element = self.elements.get(list).and_then(|all| all.get(index));
        element.is_some_and(|element| element.keys.contains_key(key))
    }

    pub(crate) fn set(&mut self, table: &'static str, key: &str, origin: Origin) {
        self.values.insert((table, key.to_string()), origin);
    }

    pub(crate) fn set_elements(&mut self, list: &'static str, elements: Vec<ElementOrigins>) {
        self.elements.insert(list, elements);
    }
}
