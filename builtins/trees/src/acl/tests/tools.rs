//! `setfacl` and `getfacl`, which judge what the operations do.

use std::path::Path;
use std::process::Command;

/// Whether the judges are here and the disk has access lists; says so if not.
pub(super) fn are_here() -> bool {
    let place = tempfile::tempdir().unwrap();
    let tried = Command::new("setfacl").args(["-m", "u:1:r"]).arg(place.path()).output();
    if tried.is_ok_and(|done| done.status.success()) {
        return true;
    }
    assert!(std::env::var_os("LEDAMA_NO_SKIP").is_none(), "no setfacl (Debian: acl) that works");
    eprintln!("skipped: no setfacl (Debian: acl) that works here");
    false
}

/// Runs `setfacl` with these arguments on a path.
pub(super) fn set(arguments: &[&str], path: &Path) {
    let done = Command::new("setfacl").args(arguments).arg("--").arg(path).output().unwrap();
    let words = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "setfacl {arguments:?}: {words}");
}

/// Modes and lists of a tree as `getfacl` tells them.
pub(super) fn get(path: &Path) -> String {
    let done = Command::new("getfacl")
        .args(["-R", "-P", "-n", "-p", "-E", "--"])
        .arg(".")
        .current_dir(path)
        .output()
        .unwrap();
    assert!(done.status.success());
    String::from_utf8(done.stdout).unwrap()
}

/// The lists of one entry.
pub(super) fn get_one(path: &Path) -> String {
    let done = Command::new("getfacl").args(["-n", "-c", "-p", "-E", "--"]).arg(path).output();
    String::from_utf8(done.unwrap().stdout).unwrap()
}
