//! Fresh keys for every cluster; nothing of the user's own is touched.

use std::path::Path;
use std::process::Command;

/// Makes the key that users of the cluster log in with.
pub(crate) fn user_key(folder: &Path) {
    make(&folder.join("id_ed25519"), "tests");
    std::fs::copy(folder.join("id_ed25519.pub"), folder.join("authorized_keys")).unwrap();
}

/// Makes the key a node shows.
pub(crate) fn host_key(folder: &Path) {
    let file = folder.join("host_key");
    if !file.exists() {
        make(&file, "host");
    }
}

fn make(file: &Path, comment: &str) {
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-C", comment, "-f"])
        .arg(file)
        .output()
        .unwrap();
    assert!(made.status.success(), "ssh-keygen: {}", String::from_utf8_lossy(&made.stderr));
}
