//! For tests of this crate and of others: a context for operations that run
//! alone, and the data pack.
#![allow(clippy::unwrap_used, clippy::missing_panics_doc)]

use std::path::{Path, PathBuf};
use std::process::Command;

use ledama_base::operation::{OperationContext, OperationError, Progress};
use serde_json::Value;

/// Says nothing and never cancels, unless told so.
#[derive(Debug, Default)]
pub struct Alone {
    /// Whether the user wants to stop.
    pub cancelled: bool,
}

#[allow(clippy::unnecessary_literal_bound)] // the signatures of the trait
impl OperationContext for Alone {
    fn node(&self) -> &str {
        "node011"
    }
    fn run_id(&self) -> &str {
        "test"
    }
    fn cancelled(&self) -> bool {
        self.cancelled
    }
    fn progress(&self, _: Progress) {}
    fn item(&self, _: Value) {}
    fn log(&self, _: &str) {}
    fn call(&self, node: &str, _: &str, _: Value) -> Result<Value, OperationError> {
        panic!("nobody is at {node}")
    }
}

/// The small set of this crate, as `tests/data/make_set.py` made it, in a
/// folder of its own.
#[derive(Debug)]
pub struct SmallSet {
    folder: tempfile::TempDir,
}

impl Default for SmallSet {
    fn default() -> Self {
        Self::new()
    }
}

impl SmallSet {
    /// Unpacks it.
    pub fn new() -> Self {
        let archive = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/small.MS.tar.gz");
        Self { folder: unpacked(&archive) }
    }

    /// The folder that the set is in.
    pub fn root(&self) -> &Path {
        self.folder.path()
    }

    /// The set, or a file or table in it.
    pub fn path(&self, inner: &str) -> PathBuf {
        let set = self.folder.path().join("L12345/L12345_SB000_uv.MS");
        if inner.is_empty() { set } else { set.join(inner) }
    }

    /// The set or the table in it.
    pub fn table(&self, inner: &str) -> ledama_tables::Table {
        ledama_tables::Table::open(self.path(inner)).unwrap()
    }
}

/// The set of 600 times that `tests/data/make_slots.py` made, as `L12345/slots.MS`.
pub fn slots() -> tempfile::TempDir {
    unpacked(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/slots.MS.tar.gz"))
}

fn unpacked(archive: &Path) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let status = Command::new("tar").arg("xzf").arg(archive).arg("-C").arg(folder.path()).status();
    assert!(status.unwrap().success());
    folder
}

/// Where the data pack should be.
pub fn shared() -> PathBuf {
    std::env::var_os("LEDAMA_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    )
}

/// An archive of the data pack in a folder of its own; nothing where there is
/// no pack, of which the test says that it is skipped.
pub fn unpack(name: &str) -> Option<tempfile::TempDir> {
    DataPack::find().map(|pack| pack.unpack(name))
}

/// The data pack beside the checkout (or in `LEDAMA_SHARED`): real sets and
/// what casacore says about them.
#[derive(Debug)]
pub struct DataPack(PathBuf);

impl DataPack {
    /// The pack; without it a test says that it is skipped.
    pub fn find() -> Option<Self> {
        let shared = shared();
        let data = shared.join("data");
        if data.join("golden").is_dir() {
            return Some(Self(data));
        }
        assert!(
            std::env::var_os("LEDAMA_NO_SKIP").is_none(),
            "no data pack in {}",
            shared.display()
        );
        eprintln!("skipped: no data pack in {} (name it by LEDAMA_SHARED)", shared.display());
        None
    }

    /// The names of all archives, sorted.
    pub fn archives(&self) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(self.0.join("ms"))
            .unwrap()
            .filter_map(|entry| {
                Some(entry.unwrap().file_name().to_str()?.strip_suffix(".tar.gz")?.to_string())
            })
            .collect();
        names.sort();
        names
    }

    /// What casacore says about an archive.
    pub fn golden(&self, name: &str) -> Value {
        let text = std::fs::read(self.0.join("golden").join(format!("{name}.json"))).unwrap();
        serde_json::from_slice(&text).unwrap()
    }

    /// The tables of an archive in a folder of their own.
    pub fn unpack(&self, name: &str) -> tempfile::TempDir {
        unpacked(&self.0.join("ms").join(format!("{name}.tar.gz")))
    }
}
