//! What can be wrong with a configuration or with a question to it.

use ledama_base::suggest;

use crate::origin::Fault;

/// Why the configuration cannot be used, or has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The files or the environment are wrong; all faults at once.
    #[error("{}", list(.0))]
    Faults(Vec<Fault>),
    /// No store has that id or alias.
    #[error("unknown store `{name}`")]
    UnknownStore {
        /// What was asked for.
        name: String,
        /// Known names like it.
        nearest: Vec<String>,
    },
    /// The store is known, but not how to reach it.
    #[error("store `{name}` is not configured")]
    StoreNotConfigured {
        /// What was asked for.
        name: String,
        /// Its id.
        id: String,
    },
    /// No host group has that machine.
    #[error("{message}")]
    UnknownNode {
        /// What and why.
        message: String,
        /// What to do.
        help: Option<String>,
    },
    /// A node list that cannot be read.
    #[error("{message}")]
    Nodes {
        /// Which item is wrong, and where.
        message: String,
        /// What to do.
        help: Option<String>,
    },
    /// There is no such key.
    #[error("unknown configuration key `{key}`")]
    UnknownKey {
        /// What was asked for.
        key: String,
        /// Known keys like it.
        nearest: Vec<String>,
    },
}

fn list(faults: &[Fault]) -> String {
    let lines: Vec<_> = faults.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

impl ConfigError {
    /// The class of the error, as scripts test it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Faults(_) => "configuration",
            Self::UnknownStore { .. } => "unknown-store",
            Self::StoreNotConfigured { .. } => "store-not-configured",
            Self::UnknownNode { .. } => "unknown-node",
            Self::Nodes { .. } | Self::UnknownKey { .. } => "input",
        }
    }

    /// What to do, when there is something.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Faults(_) => None,
            Self::UnknownStore { nearest, .. } => suggest::question(nearest)
                .or_else(|| Some("`ledama config show` lists the stores".to_string())),
            Self::StoreNotConfigured { id, .. } => Some(format!(
                "add its host to the configuration: `[[stores]]` with `id = \"{id}\"` and `host = \"…\"`"
            )),
            Self::UnknownNode { help, .. } | Self::Nodes { help, .. } => help.clone(),
            Self::UnknownKey { nearest, .. } => suggest::question(nearest)
                .or_else(|| Some("`ledama config show` lists the keys".to_string())),
        }
    }
}

#[cfg(feature = "script")]
impl ledama_base::script::Explain for ConfigError {
    fn kind(&self) -> String {
        Self::kind(self).to_string()
    }

    fn message(&self) -> String {
        self.to_string()
    }

    fn help(&self) -> Option<String> {
        Self::help(self)
    }
}
