//! The data pack.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Unpacks a real set of the data pack into a folder of that observation; nothing
/// where there is no pack.
pub(in crate::observe) fn unpack(archive: &str, folder: &Path) -> Option<PathBuf> {
    let shared = std::env::var_os("LEDAMA_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    let file = shared.join(format!("data/ms/{archive}.tar.gz"));
    if !file.exists() {
        assert!(std::env::var_os("LEDAMA_NO_SKIP").is_none(), "{} is not there", file.display());
        eprintln!("skipped: no data pack in {} (name it by LEDAMA_SHARED)", shared.display());
        return None;
    }
    std::fs::create_dir_all(folder).unwrap();
    let done = Command::new("tar").arg("-xzf").arg(file).arg("-C").arg(folder).status().unwrap();
    assert!(done.success());
    let mut inside = std::fs::read_dir(folder).unwrap();
    Some(inside.next().unwrap().unwrap().path())
}
