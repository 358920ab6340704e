//! The data pack with real measurement sets, where it is there.
//!
//! It lies beside the checkout (`../shared`) or where `LEDAMA_SHARED` says. It
//! is only located, never copied into the project.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::run::repository;
use super::skip::Skip;

/// The folder of the data pack.
pub(crate) fn shared() -> Result<PathBuf, Skip> {
    let folder = std::env::var_os("LEDAMA_SHARED")
        .map_or_else(|| repository().join("../shared"), PathBuf::from);
    if folder.join("data/tree.py").is_file() {
        Ok(folder)
    } else {
        Err(Skip(format!("no data pack in {} (name it by LEDAMA_SHARED)", folder.display())))
    }
}

/// Builds a cluster tree below `out` (one folder per node) and returns what a
/// scan of it must find.
pub(crate) fn cluster_tree(out: &Path, options: &[&str]) -> Result<Value, Skip> {
    let script = shared()?.join("data/tree.py");
    let made = Command::new("python3")
        .arg(script)
        .arg(out)
        .args(options)
        .output()
        .map_err(|e| Skip(format!("python3: {e}")))?;
    assert!(made.status.success(), "tree.py: {}", String::from_utf8_lossy(&made.stderr));
    Ok(serde_json::from_slice(&made.stdout).unwrap())
}

/// Unpacks an archive of the pack below `folder`; returns its top folder.
pub(crate) fn unpack(pack: &Path, name: &str, folder: &Path) -> PathBuf {
    let archive = pack.join(format!("data/ms/{name}.tar.gz"));
    let before = entries(folder);
    let made =
        Command::new("tar").arg("-xzf").arg(&archive).arg("-C").arg(folder).output().unwrap();
    assert!(made.status.success(), "tar: {}", String::from_utf8_lossy(&made.stderr));
    let after = entries(folder);
    after.into_iter().find(|path| !before.contains(path)).unwrap()
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}
