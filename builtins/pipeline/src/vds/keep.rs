//! Writes VDS files on the launching host as the nodes answer.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use ledama_base::atomic::Existing;
use ledama_base::operation::{ErrorKind, Keep, OperationError};
use ledama_base::rawtext;
use ledama_reffile::gds::{Description, Gds};
use serde_json::{Value, json};

/// Takes descriptions of sets over and writes each into its file.
#[derive(Debug)]
pub struct VdsFiles {
    files: HashMap<(String, String), PathBuf>,
    existing: Existing,
}

/// Sets whose files would have the same name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} and {} would both be described in {file}", sets[0], sets[1])]
pub struct Collision {
    /// Two of them, each `node:path`.
    pub sets: [String; 2],
    /// The file.
    pub file: String,
}

impl VdsFiles {
    /// Files `NAME.vds` in a folder for these sets (node and path in text form).
    ///
    /// # Errors
    /// [`Collision`] where two sets have the same name.
    pub fn new(
        folder: &Path,
        sets: &[(String, String)],
        existing: Existing,
    ) -> Result<Self, Collision> {
        let mut files = HashMap::new();
        let mut owners: HashMap<PathBuf, String> = HashMap::new();
        for (node, path) in sets {
            let file = folder.join(file_name(path));
            let set = format!("{node}:{path}");
            if let Some(other) = owners.insert(file.clone(), set.clone())
                && other != set
            {
                return Err(Collision { sets: [other, set], file: rawtext::path_text(&file) });
            }
            files.insert((node.clone(), path.clone()), file);
        }
        Ok(Self { files, existing })
    }

    /// The files that are there already, sorted, in text form.
    pub fn there(&self) -> Vec<String> {
        let there = self.files.values().filter(|file| file.symlink_metadata().is_ok());
        let mut there: Vec<String> = there.map(|file| rawtext::path_text(file)).collect();
        there.sort();
        there
    }
}

/// The name of the file that describes a set.
pub fn file_name(set: &str) -> PathBuf {
    let name = set.trim_end_matches('/').rsplit('/').next().unwrap_or(set);
    rawtext::text_path(&format!("{name}.vds"))
}

impl Keep for VdsFiles {
    fn keep(
        &self,
        node: &str,
        value: &mut Value,
        _: &mut Vec<Value>,
    ) -> Result<(), OperationError> {
        let head: Description = serde_json::from_value(value.take()).map_err(|error| {
            OperationError::new(ErrorKind::Internal, format!("a description: {error}"))
        })?;
        let key = (node.to_string(), head.path().to_string());
        let Some(file) = self.files.get(&key) else {
            let message = format!("nobody asked for {node}:{}", key.1);
            return Err(OperationError::new(ErrorKind::Internal, message));
        };
        let empty = head.start_mjd_s.is_none();
        Gds { head, ..Gds::default() }.save(file, self.existing)?;
        *value = json!({ "file": rawtext::path_text(file), "empty": empty });
        Ok(())
    }
}
