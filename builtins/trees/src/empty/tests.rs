//! Empty folders, and all that only looks like one.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use ledama_base::operation::{
    ErrorKind, Operation, OperationContext, OperationError, Progress, Registry,
};
use ledama_base::rawtext::path_text;
use serde_json::{Value, json};

use super::find::find;
use super::*;

/// Says nothing; cancels after so many looks, if at all.
#[derive(Debug)]
struct Alone {
    looks_left: AtomicU32,
}

impl Default for Alone {
    fn default() -> Self {
        Self { looks_left: AtomicU32::new(u32::MAX) }
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
        let less = |left: u32| left.checked_sub(1);
        self.looks_left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).is_err()
    }
    fn progress(&self, _: Progress) {}
    fn item(&self, _: Value) {}
    fn log(&self, _: &str) {}
    fn call(&self, node: &str, _: &str, _: Value) -> Result<Value, OperationError> {
        panic!("nobody is at {node}")
    }
}

/// A disk with one data root.
struct Disk {
    _folder: tempfile::TempDir,
    root: PathBuf,
}

impl Disk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap().join("data1/users/grp");
        fs::create_dir_all(&root).unwrap();
        Self { _folder: folder, root }
    }

    fn make(&self, path: &str) -> PathBuf {
        let path = self.root.join(path);
        fs::create_dir_all(&path).unwrap();
        path
    }

    fn write(&self, path: &str, content: &str) -> PathBuf {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    fn text(&self, path: &str) -> String {
        path_text(&self.root.join(path))
    }

    fn roots(&self) -> Vec<String> {
        vec![path_text(&self.root)]
    }

    fn input(&self) -> FindEmptyInput {
        FindEmptyInput {
            paths: self.roots(),
            roots: self.roots(),
            older_than_s: OLDER_THAN_S,
            list: true,
            ..FindEmptyInput::default()
        }
    }

    /// What is found in two days, by name.
    fn find(&self) -> FindEmptyOutput {
        find(&self.input(), later(), &Alone::default()).unwrap()
    }

    fn found(&self, name: &str) -> FoundFolder {
        let path = self.text(name);
        let output = self.find();
        output.folders.iter().find(|f| f.path == path).cloned().unwrap_or_else(|| {
            panic!("{path} not among {output:#?}");
        })
    }

    fn remove(&self, name: &str) -> Result<RemoveEmptyOutput, OperationError> {
        let input = RemoveEmptyInput {
            path: self.text(name),
            roots: self.roots(),
            older_than_s: OLDER_THAN_S,
            busy: Vec::new(),
        };
        remove::remove_at(&input, later(), &Alone::default())
    }

    fn listed(&self, name: &str) -> RemoveListedInput {
        RemoveListedInput {
            path: self.text(name),
            roots: self.roots(),
            entries: self.found(name).entries,
            older_than_s: OLDER_THAN_S,
            busy: Vec::new(),
        }
    }
}

fn later() -> SystemTime {
    SystemTime::now() + Duration::from_secs(2 * OLDER_THAN_S)
}

fn listed(input: &RemoveListedInput) -> Result<RemoveEmptyOutput, OperationError> {
    listed::remove_at(input, later(), &Alone::default())
}

#[test]
fn empty_and_nested_empty_folders_go() {
    let disk = Disk::new();
    disk.make("L80897");
    disk.make("L2013_80898_001/a/b/c");
    disk.make("L2013_80898_001/L80898_SAP000_SB000_uv.MS/ANTENNA");
    let output = disk.find();
    let facts: Vec<_> = output.folders.iter().map(|f| (f.state, f.folders, f.files)).collect();
    assert_eq!(facts, [(FolderState::Empty, 5, 0), (FolderState::Empty, 0, 0)]);
    assert!(output.folders.iter().all(|f| f.age_s >= OLDER_THAN_S && f.reason.is_none()));
    let removed = disk.remove("L2013_80898_001").unwrap();
    assert_eq!((removed.removed, removed.folders, removed.files), (true, 6, 0));
    assert_eq!(disk.remove("L80897").unwrap().folders, 1);
    assert_eq!(disk.find(), FindEmptyOutput::default());
    // Gone already.
    assert!(!disk.remove("L80897").unwrap().removed);
    assert!(disk.root.exists());
}

#[test]
fn only_names_of_observations_are_looked_at() {
    let disk = Disk::new();
    for name in ["L1234", "LOFAR", "Lisbon", "pipeline", "l80897", "L80897_1", "80897", "L80897 "] {
        disk.make(name);
    }
    // Not below a scanned folder.
    disk.make("other/L80897");
    assert_eq!(disk.find(), FindEmptyOutput::default());
    for name in ["L1234", "LOFAR", "pipeline", "other"] {
        assert_eq!(disk.remove(name).unwrap_err().kind, ErrorKind::Refused, "{name}");
        assert!(disk.root.join(name).exists());
    }
    // Inside an observation folder, but none itself.
    disk.make("L80897/inner");
    assert_eq!(disk.remove("L80897/inner").unwrap_err().kind, ErrorKind::Refused);
    assert!(disk.remove("other/L80897").unwrap().removed);
}

#[test]
fn hidden_files_are_content() {
    let disk = Disk::new();
    let hidden = disk.write("L80897/.nfs0001", "xyz");
    disk.write("L80898/a/b/.hidden", "");
    symlink("nowhere", disk.make("L80899").join("link")).unwrap();
    for (name, files) in [("L80897", 1), ("L80898", 1), ("L80899", 1)] {
        let found = disk.found(name);
        assert_eq!((found.state, found.files), (FolderState::Other, files), "{name}");
        let error = disk.remove(name).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Refused, "{name}");
        assert!(error.message.contains("not empty"), "{error}");
    }
    assert!(hidden.exists() && disk.root.join("L80898/a/b/.hidden").exists());
    // A hidden folder without anything is none.
    disk.make("L80900/.cache");
    assert_eq!(disk.found("L80900").state, FolderState::Empty);
}

#[test]
fn files_and_links_with_such_names_are_told_and_stay() {
    let disk = Disk::new();
    disk.write("L80897", "a file");
    let other = disk.make("elsewhere");
    symlink(&other, disk.root.join("L80898")).unwrap();
    disk.write("LOG.txt", "no such name");
    let output = disk.find();
    assert!(output.folders.is_empty());
    assert_eq!(output.notes.len(), 2, "{output:#?}");
    assert!(output.notes[0].contains("L80897: no folder"), "{output:#?}");
    assert!(output.notes[1].contains("L80898: a link, which is not followed"), "{output:#?}");
    for name in ["L80897", "L80898"] {
        assert_eq!(disk.remove(name).unwrap_err().kind, ErrorKind::Refused, "{name}");
        assert!(disk.root.join(name).symlink_metadata().is_ok());
    }
    assert!(other.exists());
}

#[test]
fn links_inside_are_never_followed() {
    let disk = Disk::new();
    let precious = disk.make("precious");
    fs::create_dir(precious.join("inner")).unwrap();
    symlink(&precious, disk.make("L80897").join("link")).unwrap();
    assert_eq!(disk.found("L80897").state, FolderState::Other);
    assert!(disk.remove("L80897").is_err());
    let output = listed(&disk.listed("L80897")).unwrap();
    assert_eq!((output.files, output.folders), (1, 1));
    assert!(precious.join("inner").exists());
}

#[test]
fn measurement_sets_are_never_touched() {
    let disk = Disk::new();
    let data = [
        "L80001/L80001_SAP000_SB000_uv.MS/table.dat",
        // Without its main file, but something is left of it.
        "L80002/L80002_SAP000_SB000_uv.MS/table.f0",
        "L80003/deep/er/calibrator.MS/table.dat",
        "L80004/some.table/table.dat",
        "L80005/L80005_SAP000_SB000_uv.MS.tar",
        "L80006/x_SB004.MS.dppp/anything",
        "L80007/x_SB004.bvf",
        "L80008/x_SB004.MS.TAR",
    ];
    for path in data {
        disk.write(path, "");
    }
    symlink("/nowhere", disk.make("L80009").join("L80009_SB001.MS")).unwrap();
    let output = disk.find();
    assert!(output.folders.is_empty(), "{output:#?}");
    assert_eq!(output.with_data, 9);
    for k in 1..=9 {
        let name = format!("L8000{k}");
        let error = disk.remove(&name).unwrap_err();
        assert!(error.message.contains("measurement sets"), "{error}");
        let force = RemoveListedInput {
            path: disk.text(&name),
            roots: disk.roots(),
            ..RemoveListedInput::default()
        };
        assert_eq!(listed(&force).unwrap_err().kind, ErrorKind::Refused, "{name}");
    }
    assert!(data.iter().all(|path| disk.root.join(path).exists()));
}

#[test]
fn fresh_folders_stay() {
    let disk = Disk::new();
    disk.make("L80897/inner");
    let now = find(&disk.input(), SystemTime::now(), &Alone::default()).unwrap();
    assert_eq!(now.folders[0].state, FolderState::Fresh);
    let input = |older_than_s| RemoveEmptyInput {
        path: disk.text("L80897"),
        roots: disk.roots(),
        older_than_s,
        busy: Vec::new(),
    };
    let error = RemoveEmpty.run(input(OLDER_THAN_S), &Alone::default()).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Refused);
    assert!(error.message.contains("less than"), "{error}");
    // Times that were set back do not make it old: something was done to it just now.
    let status = Command::new("touch")
        .args(["-d", "2001-01-01"])
        .args([disk.text("L80897"), disk.text("L80897/inner")])
        .status();
    assert!(status.unwrap().success());
    assert!(RemoveEmpty.run(input(OLDER_THAN_S), &Alone::default()).is_err());
    // A clock that went back: nothing is old.
    let before = SystemTime::now() - Duration::from_hours(1);
    let early =
        find(&FindEmptyInput { older_than_s: 0, ..disk.input() }, before, &Alone::default());
    assert_eq!(early.unwrap().folders[0].state, FolderState::Fresh);
    assert!(RemoveEmpty.run(input(0), &Alone::default()).unwrap().removed);
}

#[test]
fn folders_of_running_copies_stay() {
    let disk = Disk::new();
    disk.make("L80897");
    disk.make("L80898");
    // An unfinished copy, even if nothing is in it yet.
    disk.make("L80899/.L80899_SAP000_SB000_uv.MS.ledama-part-r1");
    disk.write("L80900/.x.MS.ledama-part-r1.state", "{}");
    let busy = vec![disk.text("L80897/L80897_SAP000_SB000_uv.MS")];
    let input = FindEmptyInput { busy: busy.clone(), ..disk.input() };
    let found = find(&input, later(), &Alone::default()).unwrap();
    let states: Vec<_> = found.folders.iter().map(|f| f.state).collect();
    assert_eq!(
        states,
        [FolderState::Busy, FolderState::Empty, FolderState::Busy, FolderState::Busy],
        "{found:#?}"
    );
    let input = RemoveEmptyInput {
        path: disk.text("L80897"),
        roots: disk.roots(),
        older_than_s: 0,
        busy: busy.clone(),
    };
    let error = RemoveEmpty.run(input, &Alone::default()).unwrap_err();
    assert!(error.message.contains("running copy"), "{error}");
    for name in ["L80899", "L80900"] {
        assert!(disk.remove(name).is_err(), "{name}");
        let force = RemoveListedInput {
            path: disk.text(name),
            roots: disk.roots(),
            ..RemoveListedInput::default()
        };
        assert!(listed(&force).is_err(), "{name}");
    }
}

#[test]
fn roots_and_their_parents_are_refused() {
    let disk = Disk::new();
    let inner = disk.make("L80897/own");
    let roots = vec![path_text(&disk.root), path_text(&inner), disk.text("L80898")];
    disk.make("L80898");
    let input = FindEmptyInput { roots: roots.clone(), ..disk.input() };
    let found = find(&input, later(), &Alone::default()).unwrap();
    assert!(found.folders.iter().all(|f| f.state == FolderState::Refused), "{found:#?}");
    assert_eq!(found.folders.len(), 2);
    for name in ["L80897", "L80898"] {
        let input = RemoveEmptyInput {
            path: disk.text(name),
            roots: roots.clone(),
            older_than_s: 0,
            busy: Vec::new(),
        };
        assert_eq!(RemoveEmpty.run(input, &Alone::default()).unwrap_err().kind, ErrorKind::Refused);
    }
    assert!(inner.exists());
    // A folder outside of all roots.
    let input = FindEmptyInput { roots: vec!["/data9/users/grp".into()], ..disk.input() };
    let found = find(&input, later(), &Alone::default()).unwrap();
    assert!(found.folders.iter().all(|f| f.state == FolderState::Refused), "{found:#?}");
}

#[test]
fn what_is_listed_goes_and_nothing_else() {
    let disk = Disk::new();
    disk.write("L80897/logs/a.log", "some text");
    disk.write("L80897/.hidden", "x");
    let twin = disk.write("L80897/twin1", "same");
    fs::hard_link(&twin, disk.root.join("L80897/twin2")).unwrap();
    disk.make("L80897/empty");
    let found = disk.found("L80897");
    let paths: Vec<_> = found.entries.iter().map(|e| e.path.as_str()).collect();
    assert_eq!(paths, [".hidden", "empty", "logs", "logs/a.log", "twin1", "twin2"]);
    assert_eq!((found.files, found.folders), (4, 2));
    let seen = disk.listed("L80897");

    // Something new, something changed, something replaced: nothing happens at all.
    let new = disk.write("L80897/logs/b.log", "");
    assert_eq!(listed(&seen).unwrap_err().kind, ErrorKind::Changed);
    fs::remove_file(new).unwrap();
    let seen = disk.listed("L80897");
    disk.write("L80897/logs/a.log", "other txt");
    assert_eq!(listed(&seen).unwrap_err().kind, ErrorKind::Changed);
    let seen = disk.listed("L80897");
    fs::rename(disk.root.join("L80897/.hidden"), disk.root.join("hidden")).unwrap();
    symlink("../hidden", disk.root.join("L80897/.hidden")).unwrap();
    assert_eq!(listed(&seen).unwrap_err().kind, ErrorKind::Changed);
    assert_eq!(disk.found("L80897").files, 4);

    // What has gone by itself is no reason to stop. (The folder it was in has changed.)
    let output = listed(&disk.listed("L80897")).unwrap();
    assert_eq!((output.removed, output.files, output.folders), (true, 4, 3));
    assert!(output.bytes > 0);
    assert!(!disk.root.join("L80897").exists() && disk.root.join("hidden").exists());
    assert!(!listed(&RemoveListedInput { path: disk.text("L80897"), ..seen }).unwrap().removed);
}

#[test]
fn an_interruption_leaves_a_folder_that_can_be_removed_later() {
    let disk = Disk::new();
    for k in 0..20 {
        disk.make(&format!("L80897/a{k:02}/b"));
    }
    let input = RemoveEmptyInput {
        path: disk.text("L80897"),
        roots: disk.roots(),
        older_than_s: 0,
        busy: Vec::new(),
    };
    // The look takes one for each folder: 41.
    let ctx = Alone { looks_left: AtomicU32::new(61) };
    let error = RemoveEmpty.run(input.clone(), &ctx).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Cancelled);
    let left = fs::read_dir(disk.root.join("L80897")).unwrap().count();
    assert!((1..20).contains(&left), "{left}");
    assert!(RemoveEmpty.run(input, &Alone::default()).unwrap().removed);
}

#[test]
fn what_is_absent_is_told_apart_from_what_cannot_be_read() {
    let disk = Disk::new();
    disk.write("file", "");
    let input =
        FindEmptyInput { paths: vec![disk.text("gone"), disk.text("file")], ..disk.input() };
    let output = find(&input, later(), &Alone::default()).unwrap();
    assert_eq!(output.absent, [disk.text("gone")]);
    assert_eq!(output.unreadable.len(), 1);
    let relative = FindEmptyInput { paths: vec!["data1".into()], ..disk.input() };
    assert_eq!(find(&relative, later(), &Alone::default()).unwrap_err().kind, ErrorKind::Input);
}

#[test]
fn the_same_folder_by_two_ways_is_found_once() {
    let disk = Disk::new();
    disk.make("pipeline/L80897");
    symlink("pipeline", disk.root.join("again")).unwrap();
    let input = FindEmptyInput {
        paths: ["pipeline", "again", "pipeline/"].map(|p| disk.text(p)).to_vec(),
        ..disk.input()
    };
    let output = find(&input, later(), &Alone::default()).unwrap();
    assert_eq!(output.folders.len(), 1, "{output:#?}");
    assert_eq!(output.folders[0].path, disk.text("pipeline/L80897"));
}

/// Runs one test of this program again behind another command, with `ROOT` set.
fn again(front: &[&str], test: &str, root: &str) {
    let output = Command::new(front[0])
        .args(&front[1..])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", &format!("empty::tests::{test}")])
        .env(ROOT, root)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{output:?}");
}

const ROOT: &str = "LEDAMA_TEST_EMPTY_ROOT";

/// The disk of the test that started this one.
fn given() -> Option<Disk> {
    let root = PathBuf::from(std::env::var(ROOT).ok()?);
    Some(Disk { _folder: tempfile::tempdir().unwrap(), root })
}

/// Root may read everything, so another account looks.
#[test]
fn what_cannot_be_read_is_not_empty() {
    if let Some(disk) = given() {
        for name in ["L80897", "L80898"] {
            let found = disk.found(name);
            assert_eq!(found.state, FolderState::Unreadable, "{found:?}");
            assert!(found.reason.unwrap().contains("Permission denied"));
            assert_eq!(disk.remove(name).unwrap_err().kind, ErrorKind::Permission, "{name}");
            let force = RemoveListedInput {
                path: disk.text(name),
                roots: disk.roots(),
                ..RemoveListedInput::default()
            };
            assert!(listed(&force).is_err(), "{name}");
        }
        // Data beside what cannot be read is data.
        assert_eq!(disk.find().with_data, 1);
        return;
    }
    let disk = Disk::new();
    disk.make("L80897");
    disk.make("L80898/inner");
    disk.make("L80899/a");
    disk.write("L80899/b_SB000.MS/table.dat", "");
    let shut = |path: &str, mode| {
        fs::set_permissions(disk.root.join(path), Permissions::from_mode(mode)).unwrap();
    };
    // The folders above are for everybody.
    for above in disk.root.ancestors().take(4) {
        fs::set_permissions(above, Permissions::from_mode(0o777)).unwrap();
    }
    for path in ["L80897", "L80898/inner", "L80899/a"] {
        shut(path, 0o000);
    }
    let root = path_text(&disk.root);
    let test = "what_cannot_be_read_is_not_empty";
    if rustix::process::geteuid().is_root() {
        let place = tempfile::Builder::new().permissions(Permissions::from_mode(0o755)).tempdir();
        let place = place.unwrap();
        // Where the other account can reach it.
        let copy = place.path().join("test");
        fs::copy("/proc/self/exe", &copy).unwrap();
        let output = Command::new("setpriv")
            .args(["--reuid=65534", "--regid=65534", "--clear-groups", "--"])
            .arg(&copy)
            .args(["--exact", &format!("empty::tests::{test}")])
            .env(ROOT, &root)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && text.contains("1 passed"), "{output:?}");
    } else {
        again(&["env"], test, &root);
    }
    for path in ["L80897", "L80898/inner", "L80899/a"] {
        shut(path, 0o700);
        assert!(disk.root.join(path).exists());
    }
}

/// Runs itself again in a mount namespace of its own, where anybody may mount.
#[test]
fn mount_points_are_safe() {
    if let Some(disk) = given() {
        for path in ["L80897", "L80898/inner"] {
            let at = disk.text(path);
            let mounted = Command::new("mount").args(["-t", "tmpfs", "none", &at]).status();
            assert!(mounted.unwrap().success());
        }
        let found = disk.find();
        assert_eq!(found.folders.len(), 2);
        assert!(found.folders.iter().all(|f| f.state == FolderState::Refused), "{found:#?}");
        for name in ["L80897", "L80898"] {
            assert_eq!(disk.remove(name).unwrap_err().kind, ErrorKind::Refused, "{name}");
        }
        return;
    }
    let possible = Command::new("unshare").args(["-rm", "true"]).status();
    if !possible.is_ok_and(|status| status.success()) {
        eprintln!("skipped: no mount namespaces here");
        return;
    }
    let disk = Disk::new();
    disk.make("L80897");
    disk.make("L80898/inner");
    again(&["unshare", "-rm"], "mount_points_are_safe", &path_text(&disk.root));
    assert!(disk.root.join("L80898/inner").exists());
}

#[test]
fn a_folder_that_fills_up_meanwhile_stays() {
    // The removal itself, past every look: rmdir has the last word.
    let disk = Disk::new();
    let folder = disk.make("L80897/inner");
    let open = handle::Handle::open(&disk.root).unwrap();
    let inside = open.enter("L80897".as_ref()).unwrap();
    fs::write(folder.join("new"), "x").unwrap();
    assert!(inside.remove_empty("inner".as_ref()).is_err());
    assert!(open.remove_empty("L80897".as_ref()).is_err());
    assert!(folder.join("new").exists());
    // And a link in the place of a folder is no folder.
    symlink("L80897", disk.root.join("L80898")).unwrap();
    assert!(open.enter("L80898".as_ref()).is_err());
    assert!(handle::Handle::open(&disk.root.join("L80898/inner")).is_err());
}

#[test]
fn the_operations_are_what_they_say() {
    use ledama_base::operation::Effect;
    let registry = crate::operations(Registry::new());
    for (name, effect) in [
        ("trees.find_empty", Effect::Reads),
        ("trees.remove_empty", Effect::Changes),
        ("trees.remove_listed", Effect::Changes),
    ] {
        assert_eq!(registry.get(name).unwrap().effect(), effect, "{name}");
    }
    let disk = Disk::new();
    disk.make("L80897");
    let find = registry.get("trees.find_empty").unwrap();
    let input = json!({ "paths": disk.roots(), "roots": disk.roots(), "older_than_s": 0 });
    let found = find.run_json(input, &Alone::default()).unwrap();
    assert_eq!(found["folders"][0]["state"], "empty");
    // A day unless something else is said.
    let input = json!({ "paths": disk.roots(), "roots": disk.roots() });
    let found = find.run_json(input, &Alone::default()).unwrap();
    assert_eq!(found["folders"][0]["state"], "fresh");
    assert!(
        find.run_json(json!({ "paths": [], "roots": [], "oops": 1 }), &Alone::default()).is_err()
    );
}
