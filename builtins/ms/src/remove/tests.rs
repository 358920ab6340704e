#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;

use super::*;
use crate::testing::Alone;

struct Disk {
    _folder: tempfile::TempDir,
    root: PathBuf,
}

impl Disk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap().join("lofareor");
        fs::create_dir_all(root.join("L80897")).unwrap();
        Self { _folder: folder, root }
    }

    fn set(&self, name: &str) -> PathBuf {
        let path = self.root.join("L80897").join(name);
        fs::create_dir_all(path.join("ANTENNA")).unwrap();
        fs::write(path.join("table.dat"), [0; 5000]).unwrap();
        path
    }

    fn remove(&self, path: &Path) -> Result<RemoveOutput, OperationError> {
        let input = RemoveInput { path: rawtext::path_text(path), roots: self.roots() };
        Remove.run(input, &Alone::default())
    }

    fn remove_folder(&self, extra: &[&str]) -> Result<RemoveOutput, OperationError> {
        let path = rawtext::path_text(&self.root.join("L80897"));
        let extra = extra.iter().map(ToString::to_string).collect();
        let input = RemoveFolderInput { path, roots: self.roots(), extra };
        RemoveFolder.run(input, &Alone::default())
    }

    fn roots(&self) -> Vec<String> {
        vec![rawtext::path_text(&self.root)]
    }

    fn names(&self) -> usize {
        fs::read_dir(self.root.join("L80897")).unwrap().count()
    }
}

#[test]
fn a_set_is_gone_with_nothing_left_beside_it() {
    let disk = Disk::new();
    let set = disk.set("L80897_SB000 '\"\n.MS");
    let output = disk.remove(&set).unwrap();
    assert!(output.removed && output.bytes >= 5000 && output.files == 1);
    assert_eq!(disk.names(), 0);
}

#[test]
fn a_set_that_is_gone_already_is_no_error() {
    let disk = Disk::new();
    let output = disk.remove(&disk.root.join("L80897/L80897_SB000.MS")).unwrap();
    assert_eq!(output, RemoveOutput::default());
    let output = disk.remove(&disk.root.join("L80898/L80898_SB000.MS")).unwrap();
    assert!(!output.removed);
}

#[test]
fn a_link_is_removed_and_its_target_stays() {
    let disk = Disk::new();
    let set = disk.set("L80897_SB000.MS");
    let link = disk.root.join("L80897/L80897_SB001.MS");
    symlink(&set, &link).unwrap();
    assert!(disk.remove(&link).unwrap().removed);
    assert!(set.join("table.dat").exists() && fs::symlink_metadata(&link).is_err());
}

#[test]
fn nothing_outside_the_roots_is_touched() {
    let disk = Disk::new();
    let outside = disk.root.parent().unwrap().join("L80897");
    fs::create_dir(&outside).unwrap();
    for path in [outside.as_path(), Path::new("/"), &disk.root, &disk.root.join("../L80897")] {
        assert_eq!(disk.remove(path).unwrap_err().kind, ErrorKind::Refused, "{}", path.display());
    }
    assert!(outside.exists());
}

#[test]
fn a_folder_goes_only_when_it_is_empty() {
    let disk = Disk::new();
    fs::write(disk.root.join("L80897/.hidden"), "x").unwrap();
    let error = disk.remove_folder(&[]).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Refused);
    assert!(error.message.ends_with("not empty, it still holds `.hidden`"), "{}", error.message);
    assert_eq!(disk.remove_folder(&["../L80897"]).unwrap_err().kind, ErrorKind::Input);
    assert!(disk.remove_folder(&[".hidden"]).unwrap().removed);
    assert!(!disk.root.join("L80897").exists());
    assert!(!disk.remove_folder(&[]).unwrap().removed);
}

#[test]
fn what_else_is_there_stops_the_removal_before_it_begins() {
    let disk = Disk::new();
    disk.set("L80897_SB000.MS");
    fs::write(disk.root.join("L80897/notes"), "x").unwrap();
    assert!(disk.remove_folder(&["notes"]).is_err());
    assert!(disk.root.join("L80897/notes").exists());
}

#[test]
fn what_an_interrupted_run_has_left_goes_too() {
    let disk = Disk::new();
    let set = disk.set("L80897_SB000.MS");
    let hidden = disk.set(".L80897_SB000.MS.ledama-delete-earlier");
    let other = disk.set(".L80897_SB000.MSX.ledama-delete-earlier");
    let copy = disk.set(".L80897_SB000.MS.ledama-part-running");
    let output = disk.remove(&set).unwrap();
    assert_eq!((output.removed, output.files), (true, 2));
    assert!(!hidden.exists() && !set.exists());
    assert!(other.exists() && copy.exists(), "these belong to others");

    // Also when nothing but the rest is there.
    disk.set(".L80897_SB000.MS.ledama-delete-later");
    let output = disk.remove(&set).unwrap();
    assert_eq!((output.removed, output.files), (true, 1));
    assert_eq!(disk.remove(&set).unwrap(), RemoveOutput::default());
}

#[test]
fn a_set_that_may_not_be_written_to_is_deleted_nevertheless() {
    let disk = Disk::new();
    let set = disk.set("L80897_SB000.MS");
    fs::write(set.join("ANTENNA/table.dat"), "x").unwrap();
    for folder in [set.join("ANTENNA"), set.clone()] {
        fs::set_permissions(folder, PermissionsExt::from_mode(0o555)).unwrap();
    }
    assert_eq!(disk.remove(&set).unwrap().files, 2);
    assert_eq!(disk.names(), 0);
}

#[test]
fn names_as_long_as_names_can_be_are_no_problem() {
    let disk = Disk::new();
    let name = format!("L80897_SB000_{}.MS", "x".repeat(239));
    assert_eq!(name.len(), 255);
    let set = disk.set(&name);
    assert!(disk.remove(&set).unwrap().removed);
    assert_eq!(disk.names(), 0);
}

#[test]
fn a_link_among_the_folders_leads_nowhere_else() {
    let disk = Disk::new();
    let elsewhere = disk.root.parent().unwrap().join("elsewhere");
    fs::create_dir_all(elsewhere.join("L80897_SB000.MS")).unwrap();
    symlink(&elsewhere, disk.root.join("L80898")).unwrap();
    let error = disk.remove(&disk.root.join("L80898/L80897_SB000.MS")).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Refused);
    assert!(elsewhere.join("L80897_SB000.MS").exists());
    // The same if the link had come after the check.
    assert!(Folder::open(&disk.root.join("L80898")).is_err());
    let folder = Folder::open(&disk.root).unwrap();
    assert!(folder.enter(OsStr::new("L80898")).is_err());
}

#[test]
fn an_extra_folder_or_link_is_deleted_with_what_is_in_it() {
    let disk = Disk::new();
    let target = disk.root.join("kept");
    fs::create_dir(&target).unwrap();
    fs::create_dir(disk.root.join("L80897/plots")).unwrap();
    fs::write(disk.root.join("L80897/plots/a.png"), "x").unwrap();
    symlink(&target, disk.root.join("L80897/link")).unwrap();
    let output = disk.remove_folder(&["plots", "link", "not there"]).unwrap();
    assert_eq!((output.removed, output.files), (true, 1));
    assert!(target.exists() && !disk.root.join("L80897").exists());
}
