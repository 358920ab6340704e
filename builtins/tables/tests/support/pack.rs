//! The data pack with real tables, where it is there, and archives in general.
//!
//! The pack lies beside the checkout (`../shared`) or where `LEDAMA_SHARED`
//! says; it is only located, never copied into the project. A test that
//! cannot run says so past the test runner's capture; with `LEDAMA_NO_SKIP`
//! set it fails instead.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// The `data` folder of the pack; `None`, after saying so, where it is absent.
pub(crate) fn data() -> Option<PathBuf> {
    let folder = std::env::var_os("LEDAMA_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    if folder.join("data/golden").is_dir() {
        return Some(folder.join("data"));
    }
    skip(&format!("no data pack in {} (name it by LEDAMA_SHARED)", folder.display()));
    None
}

/// Says why the running test is skipped.
pub(crate) fn skip(reason: &str) {
    let test = std::thread::current().name().unwrap_or("test").to_string();
    assert!(std::env::var_os("LEDAMA_NO_SKIP").is_none(), "may not be skipped here: {reason}");
    // `eprintln!` would be captured and thrown away with the passed test.
    let _ = writeln!(std::io::stderr(), "skipped: {test}: {reason}");
}

/// Unpacks an archive into a temporary folder.
pub(crate) fn unpack(archive: &Path) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let made =
        Command::new("tar").arg("-xzf").arg(archive).arg("-C").arg(folder.path()).output().unwrap();
    assert!(
        made.status.success(),
        "{}: {}",
        archive.display(),
        String::from_utf8_lossy(&made.stderr)
    );
    folder
}

/// What is known of the contents of an archive.
pub(crate) fn json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// The folders with a table below a folder, sorted.
pub(crate) fn tables_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(folder) = open.pop() {
        if folder.join("table.dat").is_file() {
            found.push(folder.clone());
        }
        for entry in std::fs::read_dir(&folder).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_dir() {
                open.push(entry.path());
            }
        }
    }
    found.sort();
    found
}
