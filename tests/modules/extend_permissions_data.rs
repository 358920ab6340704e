//! ExtendPermissionsData: one more account can write, and that can be undone.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::observation::{self, Shape};
use crate::support::skip::{Skip, need};
use crate::support::tree::walk;
use crate::support::{Cluster, Output, Work, plan_golden};

const PARENT: &str = "/data1/users/lofareor/L2013_80897";
/// An account that the nodes have and this machine has not.
const ALICE: &str = "alice:x:42424:42424:Alice:/nonexistent:/bin/sh\n";

/// Sets 0 and 1 on node011, 2 and 3 on node012, all in `x.ref`; alice is known
/// on both.
struct Scene {
    cluster: Cluster,
    work: Work,
    config: PathBuf,
}

impl Scene {
    fn new() -> Result<Self, Skip> {
        if Command::new("getfacl").arg("--version").output().is_err() {
            return Err(Skip("no getfacl (Debian: acl)".into()));
        }
        let cluster = Cluster::of(2).start()?;
        let work = Work::new();
        let config = cluster.config(&work);
        let scene = Self { cluster, work, config };
        for (node, first) in [("node011", 0), ("node012", 2)] {
            let parent = scene.cluster.make(node, PARENT);
            for set in observation::sets(&parent, 80897, first..first + 2, Shape::default()) {
                fs::set_permissions(set.join("table.f0"), fs::Permissions::from_mode(0o750))
                    .unwrap();
                fs::set_permissions(set.join("FIELD"), fs::Permissions::from_mode(0o2750)).unwrap();
            }
            scene.introduce(node, ALICE);
        }
        scene.list(&[0, 1, 2, 3]);
        Ok(scene)
    }

    /// Adds a line to the accounts of a node.
    fn introduce(&self, node: &str, line: &str) {
        let accounts = fs::read_to_string("/etc/passwd").unwrap() + line;
        let file = self.work.file(format!("{node}.passwd"), accounts);
        self.cluster.exec_ok(node, &["mount", "--bind", file.to_str().unwrap(), "/etc/passwd"]);
    }

    fn list(&self, sets: &[u32]) {
        let line =
            |k: &u32| format!("{PARENT}/{} ? 1 {} 0\n", observation::name(80897, 0, *k), node(*k));
        self.work.file("x.ref", sets.iter().map(line).collect::<String>());
    }

    fn parent(&self, k: u32) -> PathBuf {
        self.cluster.seen(node(k), PARENT)
    }

    fn set(&self, k: u32) -> PathBuf {
        self.parent(k).join(observation::name(80897, 0, k))
    }

    fn extend(&self, user: &str, more: &[&str]) -> Output {
        self.work
            .ledama(["run", "ExtendPermissionsData", "--reffile", "x.ref", "--no-progress"])
            .arg(format!("--user={user}"))
            .args(more)
            .config(&self.config)
            .run()
            .no_panic()
    }

    /// Whether alice can do this with a shell on the node of a set, in it.
    fn alice_can(&self, k: u32, script: &str) -> bool {
        let set = format!("{PARENT}/{}", observation::name(80897, 0, k));
        let script = format!("cd '{set}' && {script}");
        let alice = ["setpriv", "--reuid=42424", "--regid=42424", "--clear-groups", "sh", "-c"];
        self.cluster.exec(node(k), &[&alice[..], &[&script]].concat()).status.success()
    }

    /// Lists and modes of all data, as `getfacl` tells them.
    fn all(&self) -> [String; 2] {
        [0, 2].map(|k| lists(&self.cluster.seen(node(k), "/data1")))
    }

    /// The only file to undo something with.
    fn undo_file(&self) -> String {
        let names = self.work.names("");
        let is_undo = |name: &String| Path::new(name).extension().is_some_and(|e| e == "undo");
        let mut files = names.into_iter().filter(is_undo);
        let file = files.next().expect("a file to undo with");
        assert_eq!(files.next(), None);
        file
    }
}

fn node(k: u32) -> &'static str {
    if k < 2 { "node011" } else { "node012" }
}

fn lists(path: &Path) -> String {
    let done = Command::new("getfacl")
        .args(["-R", "-P", "-n", "-p", "-E", "."])
        .current_dir(path)
        .output();
    String::from_utf8(done.unwrap().stdout).unwrap()
}

/// The list of one entry, without its name.
fn list(path: &Path) -> String {
    let done = Command::new("getfacl").args(["-c", "-n", "-p", "-E", "--"]).arg(path).output();
    String::from_utf8(done.unwrap().stdout).unwrap()
}

#[test]
fn the_plan_is_as_before() {
    let scene = need!(Scene::new());
    fs::write(scene.parent(0).join("notes"), "x").unwrap();
    let before = scene.all();
    let output = scene.extend("alice", &["--parent", "--query", "--json"]).code(0);
    plan_golden::check("ExtendPermissionsData", "plan", &output, &scene.work, &scene.cluster);
    assert!(output.stderr.contains("would write"), "{output}");
    assert_eq!(scene.all(), before);
    assert!(
        !scene.work.names("").iter().any(|name| name.contains("undo")),
        "a dry run writes nothing"
    );
}

#[test]
fn alice_can_write_and_it_can_be_undone() {
    let scene = need!(Scene::new());
    fs::write(scene.parent(0).join("notes"), "x").unwrap();
    scene.list(&[0, 2, 3]);
    let before = scene.all();
    assert!(!scene.alice_can(0, "echo x >> table.dat"));
    scene.extend("alice", &[]).code(0);
    for k in [0, 2, 3] {
        assert!(
            scene.alice_can(k, "echo x >> table.dat && rm FIELD/table.f1 && echo y > ANTENNA/new")
        );
        assert_eq!(
            list(&scene.set(k).join("table.dat")),
            "user::rw-\nuser:42424:rw-\ngroup::r--\nmask::rw-\nother::r--\n\n"
        );
        assert_eq!(
            list(&scene.set(k).join("table.f0")),
            "user::rwx\nuser:42424:rwx\ngroup::r-x\nmask::rwx\nother::---\n\n"
        );
        // What is new is hers too, and the owner's, and not executable.
        let new = list(&scene.set(k).join("ANTENNA/new"));
        assert!(new.contains("user:42424:rwx") && new.contains("mask::rw-"), "{new}");
    }
    assert!(!scene.alice_can(1, "echo x >> table.dat"), "not listed");
    assert_eq!(list(&scene.parent(0).join("notes")), "user::rw-\ngroup::r--\nother::r--\n\n");
    assert!(!scene.alice_can(0, "touch ../more"));

    // Again: nothing to do, and no second file.
    let now = scene.all();
    let again = scene.extend("alice", &[]).code(0);
    assert!(again.stderr.contains("nothing to do"), "{again}");
    assert_eq!(scene.all(), now);

    // Back, but for what was changed meanwhile.
    for k in [0, 2, 3] {
        fs::remove_file(scene.set(k).join("ANTENNA/new")).unwrap();
        fs::write(scene.set(k).join("FIELD/table.f1"), "x").unwrap();
    }
    let file = scene.undo_file();
    let output = scene.extend("alice", &["--undo", &file]).code(1);
    assert!(output.stderr.contains("FIELD/table.f1: was changed by somebody since"), "{output}");
    for k in [0, 2, 3] {
        fs::remove_file(scene.set(k).join("FIELD/table.f1")).unwrap();
    }
    scene.extend("alice", &["--undo", &file]).code(0);
    let without = |texts: [String; 2]| {
        texts.map(|text| {
            let entries = text.split("\n\n").filter(|entry| !entry.contains("/FIELD/table.f1\n"));
            entries.map(ToString::to_string).collect::<Vec<_>>()
        })
    };
    assert_eq!(without(scene.all()), without(before));
    assert!(!scene.alice_can(0, "echo x >> table.dat"));
}

#[test]
fn an_account_that_one_node_does_not_know_changes_nothing_anywhere() {
    let scene = need!(Scene::new());
    scene.introduce("node011", "bob:x:42425:42425:Bob:/nonexistent:/bin/sh\n");
    let before = scene.all();
    let output = scene.extend("bob", &[]).code(2);
    assert!(output.stderr.contains("node012") && !output.stderr.contains("node011"), "{output}");
    for name in [
        "nobody at all",
        "alice;touch /tmp/ledama-was-here",
        "$(touch /tmp/ledama-was-here)",
        "42424",
        "-R",
    ] {
        let output = scene.extend(name, &[]).code(2);
        assert!(output.stderr.contains("there is no account"), "{name}: {output}");
    }
    scene.extend("", &[]).code(2);
    assert!(!Path::new("/tmp/ledama-was-here").exists());
    assert_eq!(scene.all(), before);
    assert!(!scene.work.names("").iter().any(|name| name.contains("undo")));
}

#[test]
fn a_file_system_without_access_lists_is_told() {
    let scene = need!(Scene::new());
    // This one has none; it is no fake.
    scene.cluster.exec_ok("node012", &["mount", "-t", "ramfs", "none", "/data3"]);
    let parent = "/data3/users/lofareor/L2013_80897";
    let seen = PathBuf::from(format!("/proc/{}/root{parent}", init_pid(&scene.cluster, "node012")));
    fs::create_dir_all(&seen).unwrap();
    observation::sets(&seen, 80897, 5..6, Shape::default());
    let rows = format!("{parent}/{} ? 1 node012 0\n", observation::name(80897, 0, 5));
    scene.list(&[0]);
    let rows = scene.work.read("x.ref") + rows.as_str();
    scene.work.file("x.ref", rows);
    let output = scene.extend("alice", &[]).code(1);
    assert!(output.stderr.contains("the file system has no access lists"), "{output}");
    assert!(scene.alice_can(0, "echo x >> table.dat"), "the other set is done");
}

/// A process of the node, by its number here.
fn init_pid(cluster: &Cluster, node: &str) -> i32 {
    cluster.processes(node).into_iter().map(|process| process.pid).min().unwrap()
}

#[test]
fn whole_folders_only_when_asked_and_not_in_silence() {
    let scene = need!(Scene::new());
    fs::write(scene.parent(0).join("notes"), "x").unwrap();
    scene.list(&[0]);
    let before = scene.all();
    let output = scene.extend("alice", &["--parent", "--query"]).code(0);
    let other = observation::name(80897, 0, 1);
    assert!(
        output
            .stdout()
            .contains(&format!("also holds what the RefFile does not list: {other}, notes")),
        "{output}"
    );
    scene.extend("alice", &["--parent"]).code(0);
    assert!(
        scene.alice_can(
            1,
            "echo x >> table.dat && echo x > ../notes && mkdir ../new && rmdir ../new"
        )
    );
    assert!(!scene.alice_can(2, "echo x >> table.dat"));
    scene.extend("alice", &["--undo", &scene.undo_file()]).code(0);
    assert_eq!(scene.all(), before);
}

#[test]
fn alone_and_not_at_all() {
    let scene = need!(Scene::new());
    let before = scene.all();
    let set = scene.set(0).join("table.dat");
    assert!(
        Command::new("setfacl").args(["-m", "u:7:rw,g:8:rw"]).arg(&set).status().unwrap().success()
    );
    scene.extend("alice", &["--exclusive", "--write-undo", "first.undo"]).code(0);
    assert_eq!(list(&set), "user::rw-\nuser:42424:rw-\ngroup::r--\nmask::rw-\nother::r--\n\n");
    let all = "user::rwx\nuser:42424:rwx\ngroup::r-x\nmask::rwx\nother::r-x\n";
    assert_eq!(list(&scene.set(0).join("ANTENNA")), format!("{all}{}\n", inherited(all)));
    scene.extend("alice", &["--undo", "first.undo"]).code(0);
    assert!(Command::new("setfacl").args(["-b"]).arg(&set).status().unwrap().success());
    assert_eq!(scene.all(), before);

    scene.extend("alice", &["--write-undo", "second.undo"]).code(0);
    scene.extend("alice", &["--write-undo", "second.undo"]).code(2).complains("second.undo exists");
    scene.extend("alice", &["--revoke", "--write-undo", "third.undo"]).code(0);
    for k in 0..4 {
        assert!(!lists(&scene.set(k)).contains("42424"));
        assert!(!scene.alice_can(k, "echo x >> table.dat"));
    }
    assert_eq!(list(&set), "user::rw-\ngroup::r--\nother::r--\n\n");
    scene.extend("alice", &["--undo", "third.undo"]).code(0);
    scene.extend("alice", &["--undo", "second.undo"]).code(0);
    assert_eq!(scene.all(), before);
}

fn inherited(list: &str) -> String {
    list.lines().map(|line| format!("default:{line}\n")).collect()
}

#[test]
fn wrong_wishes_change_nothing() {
    let scene = need!(Scene::new());
    scene.extend("alice", &["--write-undo", "a.undo"]).code(0);
    let before = scene.all();
    for wrong in [
        &["--parent", "--only-ms"][..],
        &["--exclusive", "--revoke"],
        &["--undo", "a.undo", "--revoke"],
        &["--undo", "no-such.undo"],
        &["--undo", "x.ref"],
    ] {
        scene.extend("alice", wrong).code(2);
    }
    scene.extend("daemon", &["--undo", "a.undo"]).code(2).complains("is about the account alice");
    // A record that leads elsewhere.
    let forged = scene.work.read("a.undo").replace("\"table.dat\"", "\"../../../../etc/passwd\"");
    scene.work.file("forged.undo", &forged);
    scene.extend("alice", &["--undo", "forged.undo"]).code(1);
    scene.list(&[0]);
    let other = observation::name(80897, 0, 7);
    scene.work.file("x.ref", format!("{PARENT}/X/{other} ? 1 node011 0\n"));
    scene
        .extend("alice", &["--undo", "a.undo"])
        .code(2)
        .complains("nothing that the RefFile lists");
    let name = observation::name(80897, 0, 0);
    for path in ["/", "/etc/hostname", &format!("{PARENT}/../L2013_80897/{name}")] {
        scene.work.file("x.ref", format!("{path} ? 1 node011 0\n"));
        scene.extend("alice", &[]).code(2);
    }
    scene.work.file("x.ref", format!("/data1/users/lofareor/{name} ? 1 node011 0\n"));
    scene.extend("alice", &["--parent"]).code(2);
    scene.work.file("x.ref", "# Number of MSPs: 0\n");
    scene.extend("alice", &[]).code(0).says("nothing to do");
    let after = scene.all();
    // The forged file has restored what it told rightly, on the sets it named.
    assert_ne!(after, before);
}

#[test]
fn links_lead_nowhere_and_closed_folders_are_told() {
    let scene = need!(Scene::new());
    let precious = scene.cluster.make("node011", "/data2/precious.MS");
    fs::write(precious.join("table.dat"), "x").unwrap();
    let before = (walk(&precious), lists(&precious));
    symlink("/data2/precious.MS", scene.set(0).join("inside")).unwrap();
    fs::rename(scene.set(1), scene.parent(1).join("elsewhere")).unwrap();
    symlink("/data2/precious.MS", scene.set(1)).unwrap();
    fs::set_permissions(scene.parent(2), fs::Permissions::from_mode(0o700)).unwrap();
    let output = scene.extend("alice", &[]).code(1);
    assert!(output.stderr.contains("is a symbolic link"), "{output}");
    assert!(output.stderr.contains(&format!("alice may not enter node012: {PARENT}")), "{output}");
    assert_eq!((walk(&precious), lists(&precious)), before);
    assert!(scene.alice_can(0, "echo x >> table.dat"));
}
