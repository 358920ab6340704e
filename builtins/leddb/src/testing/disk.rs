//! A small disk for a server, which can run full: a tmpfs, mounted by root.

use std::path::Path;
use std::process::Command;

use super::account;

/// A disk; unmounted when it is dropped, so after the server that uses it.
#[derive(Debug)]
pub struct Disk(tempfile::TempDir);

impl Disk {
    /// One of so many MB; why not, if there can be none.
    pub fn new(size_mb: u32) -> Result<Self, String> {
        let Some(account) = account() else {
            return Err("a disk of its own needs root".to_string());
        };
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let size = format!("size={size_mb}m,mode=0755");
        run("mount", &["-t", "tmpfs", "-o", &size, "ledama-test"], folder.path())?;
        let disk = Self(folder);
        run("chown", &[account], disk.path())?;
        Ok(disk)
    }

    /// Makes it larger.
    pub fn grow(&self, size_mb: u32) {
        run("mount", &["-o", &format!("remount,size={size_mb}m")], self.path())
            .expect("a larger disk");
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // What uses it still keeps it; the name goes all the same.
        let _ = run("umount", &["--lazy"], self.path());
    }
}

fn run(program: &str, words: &[&str], path: &Path) -> Result<(), String> {
    let output = Command::new(program)
        .args(words)
        .arg(path)
        .output()
        .map_err(|error| format!("{program}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{program}: {}", String::from_utf8_lossy(&output.stderr).trim()))
}
