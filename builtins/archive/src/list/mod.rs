//! The lists that an archive publishes, because it cannot be looked into.
//!
//! About every hour its side writes two kinds of text files: the root list
//! (the dataset folders and the free space) and in each dataset folder a file
//! list (size in MiB and path of each file). They are read line by line and
//! strictly: a list that is cut in the middle must not pass for a short one.

mod fetch;
pub mod operation;
mod parse;
#[cfg(test)]
mod tests;

use ledama_config::model::{Config, Store, StoreKind};
use serde::{Deserialize, Serialize};

use ledama_base::operation::{ErrorKind, OperationError};
use ledama_base::rawtext::path_text;

pub use parse::{Root, file_line, file_list, lines, root_list};

/// The port of an FDT server whose store names none.
pub const FDT_PORT: u16 = 54321;

/// One file or measurement set of an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Path below the root of the archive, in text form.
    pub path: String,
    /// Size as the list tells it, MiB; 0 may mean that it is arriving.
    pub size_mb: u64,
}

/// Where lists come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Source {
    /// A folder that holds copies of them, with the names they have in the archive.
    Folder {
        /// In text form.
        path: String,
    },
    /// An FDT server.
    Fdt {
        /// The client: program and first arguments.
        program: Vec<String>,
        /// Host of the server.
        host: String,
        /// Its control port.
        port: u16,
    },
}

/// The two names lists have in an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Names {
    /// The root list.
    pub root: String,
    /// The file list of each dataset folder.
    pub files: String,
}

impl Source {
    /// Where the lists of a store come from.
    ///
    /// # Errors
    /// [`ErrorKind::Input`] when the store publishes none or the
    /// configuration does not tell how to reach it.
    pub fn of(config: &Config, store: &Store) -> Result<Self, OperationError> {
        let refuse = |message: String, help: String| {
            Err(OperationError::new(ErrorKind::Input, message).help(help))
        };
        if let Some(folder) = &store.lists {
            return Ok(Self::Folder { path: path_text(folder) });
        }
        if store.kind != StoreKind::Fdt {
            return refuse(
                format!("the store {} publishes no lists", store.id),
                "archives reached by FDT do".to_string(),
            );
        }
        let Some(host) = store.host.clone() else {
            return refuse(
                format!("the store {} is not configured", store.id),
                format!(
                    "add `host` and `port`, or a folder with copies of its lists as `lists`, to the entry of `[[stores]]` with `id = \"{}\"`",
                    store.id
                ),
            );
        };
        let Some(program) = config.command_of("fdt") else {
            return refuse(
                "the configuration does not tell how FDT is started".to_string(),
                "add `fdt = [\"java\", \"-jar\", \"/path/to/fdt.jar\"]` to `[programs]`"
                    .to_string(),
            );
        };
        Ok(Self::Fdt { program: program.to_vec(), host, port: store.port.unwrap_or(FDT_PORT) })
    }
}
