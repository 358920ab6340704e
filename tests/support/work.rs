//! The work folder of one test: its files, its empty home, its program runs.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::run::Run;

const PREFIX: &str = "ledama-tests-";

/// A folder that lives as long as its test, also when the test panics.
#[derive(Debug)]
pub(crate) struct Work {
    folder: PathBuf,
}

impl Work {
    /// An empty folder with an empty home in it.
    pub(crate) fn new() -> Self {
        let folder = fresh_folder("work");
        std::fs::create_dir(folder.join("home")).unwrap();
        Self { folder }
    }

    /// The folder; the program runs in it.
    pub(crate) fn path(&self) -> &Path {
        &self.folder
    }

    /// A path inside.
    pub(crate) fn join(&self, name: impl AsRef<Path>) -> PathBuf {
        self.folder.join(name)
    }

    /// Writes a file, with the folders it needs.
    pub(crate) fn file(&self, name: impl AsRef<Path>, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        path
    }

    /// The content of a file.
    pub(crate) fn read(&self, name: impl AsRef<Path>) -> String {
        let path = self.join(name);
        std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
    }

    /// Whether something is there.
    pub(crate) fn has(&self, name: impl AsRef<Path>) -> bool {
        self.join(name).symlink_metadata().is_ok()
    }

    /// Names in a folder, sorted.
    pub(crate) fn names(&self, folder: impl AsRef<Path>) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(self.join(folder))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    /// The program with these arguments, to be run in this folder.
    pub(crate) fn ledama<I>(&self, args: I) -> Run
    where
        I: IntoIterator,
        I::Item: AsRef<OsStr>,
    {
        Run::new(&self.folder, args)
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        remove(&self.folder);
    }
}

/// A new folder of this test process.
pub(crate) fn fresh_folder(kind: &str) -> PathBuf {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    static SWEEP: Once = Once::new();
    SWEEP.call_once(sweep);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let folder = own_base().join(format!("{kind}{number}"));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Removes a folder made by [`fresh_folder`], unless `LEDAMA_KEEP_TESTS` is set.
pub(crate) fn remove(folder: &Path) {
    if std::env::var_os("LEDAMA_KEEP_TESTS").is_some() {
        return;
    }
    if std::fs::remove_dir_all(folder).is_err() {
        // Folders without permissions are part of some tests.
        open_up(folder);
        let _ = std::fs::remove_dir_all(folder);
    }
    let _ = std::fs::remove_dir(own_base());
}

fn open_up(folder: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    let _ = std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700));
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            open_up(&entry.path());
        }
    }
}

fn own_base() -> PathBuf {
    std::env::temp_dir().join(format!("{PREFIX}{}", std::process::id()))
}

/// Removes what killed test processes left behind.
fn sweep() {
    for entry in std::fs::read_dir(std::env::temp_dir()).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let pid = name.to_str().and_then(|name| name.strip_prefix(PREFIX));
        if let Some(pid) = pid.and_then(|pid| pid.parse::<u32>().ok())
            && !Path::new(&format!("/proc/{pid}")).exists()
        {
            remove(&entry.path());
        }
    }
}
