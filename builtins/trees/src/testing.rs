//! A context for operations that run alone in a test, and a disk with one set.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use ledama_base::operation::{OperationContext, OperationError, Progress};
use ledama_base::rawtext::path_text;
use serde_json::Value;

/// Keeps what it is told.
#[derive(Debug, Default)]
pub(crate) struct Alone {
    /// Interrupts after so many looks; never if none.
    pub(crate) patience: Option<usize>,
    looks: AtomicUsize,
    items: Mutex<Vec<Value>>,
}

impl Alone {
    /// Is interrupted when it has been asked so often.
    pub(crate) fn interrupted_after(looks: usize) -> Self {
        Self { patience: Some(looks), ..Self::default() }
    }

    /// The items so far.
    pub(crate) fn items(&self) -> Vec<Value> {
        self.items.lock().unwrap().clone()
    }
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
        let looks = self.looks.fetch_add(1, Ordering::SeqCst);
        self.patience.is_some_and(|patience| looks >= patience)
    }
    fn progress(&self, _: Progress) {}
    fn item(&self, value: Value) {
        self.items.lock().unwrap().push(value);
    }
    fn log(&self, _: &str) {}
    fn call(&self, node: &str, _: &str, _: Value) -> Result<Value, OperationError> {
        panic!("nobody is at {node}")
    }
}

/// A data root with one set in an observation folder.
pub(crate) struct Disk {
    folder: tempfile::TempDir,
    pub(crate) root: PathBuf,
}

impl Disk {
    /// `L80897/L80897_SB000.MS` with two files and a folder with one file;
    /// folders 755, files 644.
    pub(crate) fn new() -> Self {
        Self::in_folder(tempfile::tempdir().unwrap())
    }

    /// The same in memory where that can be, for tests that flush very often.
    pub(crate) fn in_memory() -> Self {
        let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
        Self::in_folder(folder.unwrap())
    }

    fn in_folder(folder: tempfile::TempDir) -> Self {
        let root = folder.path().canonicalize().unwrap().join("lofareor");
        let disk = Self { folder, root };
        fs::create_dir_all(disk.set().join("ANTENNA")).unwrap();
        for file in ["table.dat", "table.f0", "ANTENNA/table.dat"] {
            fs::write(disk.set().join(file), "x").unwrap();
            set_mode(&disk.set().join(file), 0o644);
        }
        for folder in [disk.observation(), disk.set(), disk.set().join("ANTENNA")] {
            set_mode(&folder, 0o755);
        }
        disk
    }

    pub(crate) fn observation(&self) -> PathBuf {
        self.root.join("L80897")
    }

    pub(crate) fn set(&self) -> PathBuf {
        self.observation().join("L80897_SB000.MS")
    }

    /// A place beside the data root.
    pub(crate) fn outside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn roots(&self) -> Vec<String> {
        vec![path_text(&self.root)]
    }
}

pub(crate) fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
}

pub(crate) fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}
