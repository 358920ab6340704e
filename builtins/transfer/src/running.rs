//! Which places running copies write to, as far as this account can tell.
//!
//! A run that changes something holds the lock of its status folder. Its
//! journal tells what it has begun, and the lists that CopyData puts beside it
//! tell what it is still going to do.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ledama_base::rawtext;
use ledama_cluster::journal::{Journal, is_held};
use ledama_config::Inventory;
use ledama_reffile::RefFile;
use serde::Serialize;

/// A place that a run writes to, or is about to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Place {
    /// The node.
    pub node: String,
    /// The path there, in text form.
    pub path: String,
}

/// The places of all runs that hold one of these status folders now, each
/// once. What cannot be read is left out: it belongs to another account.
#[must_use]
pub fn places(folders: &[PathBuf], inventory: &Arc<Inventory>) -> Vec<Place> {
    let mut places = BTreeSet::new();
    for folder in folders.iter().filter(|folder| is_held(folder)) {
        let journal = Journal::read(folder).unwrap_or_default();
        let begun = journal.records.into_iter().filter(|record| record.label.starts_with('/'));
        places.extend(begun.map(|record| Place { node: record.node, path: record.label }));
        for list in lists(folder) {
            let Ok(file) = RefFile::open(&list, inventory) else { continue };
            let targets = file.entries().iter();
            places.extend(
                targets.map(|e| Place { node: e.node.to_string(), path: e.path.to_string() }),
            );
        }
    }
    places.into_iter().collect()
}

/// The RefFiles of copies in a status folder.
fn lists(folder: &Path) -> Vec<PathBuf> {
    let names = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let of_copies = |path: &PathBuf| {
        let name = path.file_name().map(rawtext::encode).unwrap_or_default();
        name.starts_with("OUT_") && path.extension().is_some_and(|extension| extension == "ref")
    };
    names.map(|entry| entry.path()).filter(of_copies).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use ledama_cluster::journal::Lock;
    use ledama_config::LocalHost;

    #[test]
    fn only_folders_of_running_runs_count() {
        let config: ledama_config::Config = serde_json::from_value(
            serde_json::json!({ "hosts": [{ "prefix": "node", "range": "1-80" }] }),
        )
        .unwrap();
        let here = LocalHost::new("node001", "me");
        let inventory = Arc::new(Inventory::seen_from(Arc::new(config), here));
        let folder = tempfile::tempdir().unwrap();
        let status = folder.path().to_path_buf();
        let record = r#"{"v":1,"run_id":"r","key":"k","node":"node011","label":"/data1/L80897/x.MS","attempt":1,"state":"started"}"#;
        std::fs::write(status.join("status.jsonl"), format!("{record}\n{{broken\n")).unwrap();
        std::fs::write(status.join("OUT_b.ref"), "/data2/L80897/y_SB001.MS ? ? node012 0\n")
            .unwrap();
        std::fs::write(status.join("IN_b.ref"), "/data3/L1/z_SB001.MS ? ? node012 0\n").unwrap();
        let folders = [status.clone(), folder.path().join("gone")];
        assert_eq!(places(&folders, &inventory), []);
        let lock = Lock::acquire(&status, "r").unwrap();
        let place = |node: &str, path: &str| Place { node: node.into(), path: path.into() };
        assert_eq!(
            places(&folders, &inventory),
            [place("node011", "/data1/L80897/x.MS"), place("node012", "/data2/L80897/y_SB001.MS")]
        );
        drop(lock);
        assert_eq!(places(&folders, &inventory), []);
    }
}
