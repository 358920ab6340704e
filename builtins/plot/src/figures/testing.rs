//! The data pack for tests: real sets beside the checkout.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// An archive of the pack in a folder of its own; nothing where there is no
/// pack, of which the test says that it is skipped.
pub(crate) fn unpack(name: &str) -> Option<TempDir> {
    let shared = std::env::var_os("LEDAMA_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    let archive = shared.join("data/ms").join(format!("{name}.tar.gz"));
    if !archive.is_file() {
        assert!(std::env::var_os("LEDAMA_NO_SKIP").is_none(), "no {}", archive.display());
        eprintln!("skipped: no data pack in {} (name it by LEDAMA_SHARED)", shared.display());
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let status = Command::new("tar").arg("xzf").arg(&archive).arg("-C").arg(folder.path()).status();
    assert!(status.unwrap().success());
    Some(folder)
}
