//! A disk that can be broken: an ext4 file system in a file, which turns
//! read-only at an error as the kernel does with a failing disk.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::Cluster;
use crate::support::skip::Skip;

/// A file system mounted on a node.
pub(super) struct Disk {
    image: PathBuf,
    node: &'static str,
    place: &'static str,
}

impl Disk {
    /// Makes one in `folder` and mounts it on `node` at `place`.
    pub(super) fn mount(
        cluster: &Cluster,
        folder: &Path,
        node: &'static str,
        place: &'static str,
    ) -> Result<Self, Skip> {
        let image = folder.join("disk.ext4");
        std::fs::File::create(&image).unwrap().set_len(1 << 30).unwrap();
        run("mkfs.ext4", &["-q", "-F", image.to_str().unwrap()])?;
        let disk = Self { image, node, place };
        let device = disk.attach(cluster)?;
        let trigger = trigger(&device);
        if !trigger.exists() {
            disk.take_away(cluster);
            return Err(Skip(format!("no {}", trigger.display())));
        }
        Ok(disk)
    }

    /// Mounts it; the device goes with the mount, whatever way that ends.
    fn attach(&self, cluster: &Cluster) -> Result<String, Skip> {
        let device = run("losetup", &["--find", "--show", self.image.to_str().unwrap()])?;
        let options = ["mount", "-o", "errors=remount-ro", &device, self.place];
        let mounted = cluster.exec(self.node, &options);
        run("losetup", &["--detach", &device])?;
        if mounted.status.success() {
            return Ok(device);
        }
        Err(Skip(String::from_utf8_lossy(&mounted.stderr).trim().to_string()))
    }

    /// Lets the kernel find an error in it.
    pub(super) fn fail(&self) {
        let devices = run(
            "losetup",
            &["--noheadings", "--output", "NAME", "--associated", self.image.to_str().unwrap()],
        );
        let device = devices.unwrap_or_else(|skip| panic!("{skip:?}"));
        std::fs::write(trigger(device.trim()), "a test").unwrap();
    }

    /// Repairs it as an administrator would.
    pub(super) fn repair(&self, cluster: &Cluster) {
        self.take_away(cluster);
        // Its exit code tells whether there was something to do.
        let _ = Command::new("e2fsck").args(["-f", "-y"]).arg(&self.image).output().unwrap();
        self.attach(cluster).unwrap_or_else(|skip| panic!("{skip:?}"));
    }

    fn take_away(&self, cluster: &Cluster) {
        cluster.exec_ok(self.node, &["umount", self.place]);
    }
}

fn trigger(device: &str) -> PathBuf {
    let name = device.trim_start_matches("/dev/");
    PathBuf::from(format!("/sys/fs/ext4/{name}/trigger_fs_error"))
}

fn run(program: &str, arguments: &[&str]) -> Result<String, Skip> {
    let done = Command::new(program).args(arguments).output();
    match done {
        Ok(done) if done.status.success() => {
            Ok(String::from_utf8_lossy(&done.stdout).trim().to_string())
        }
        Ok(done) => {
            Err(Skip(format!("{program}: {}", String::from_utf8_lossy(&done.stderr).trim())))
        }
        Err(error) => Err(Skip(format!("{program}: {error}"))),
    }
}
