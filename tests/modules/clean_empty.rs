//! CleanEmptyLDSPaths: what is empty goes, whatever only looks empty stays.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use ledama_cluster::journal::Lock;
use serde_json::Value;

use crate::support::observation::{self, Shape};
use crate::support::skip::{Skip, need};
use crate::support::tree::walk;
use crate::support::{Cluster, Output, Work, plan_golden};

const MODULE: &str = "CleanEmptyLDSPaths";
const DISK: &str = "/data1/users/lofareor";

struct Scene {
    cluster: Cluster,
    work: Work,
    config: PathBuf,
}

impl Scene {
    /// On node011 an empty folder, one with empty folders inside, one with
    /// data and one with other files; on node012 an empty one on the third disk.
    fn new() -> Result<Self, Skip> {
        let cluster = Cluster::of(2).start()?;
        let work = Work::new();
        let config = cluster.config(&work);
        let scene = Self { cluster, work, config };
        scene.make("node011", "L80001");
        scene.make("node011", "pipeline/L2013_80002_001/a/b");
        observation::sets(&scene.make("node011", "L80003"), 80003, 0..1, Shape::default());
        scene.write("node011", "L80004/logs/.hidden.log", "some text");
        scene.write("node011", "L80004/notes", "x");
        scene.cluster.make("node012", "/data3/users/lofareor/backup/pipeline/L80005_002");
        Ok(scene)
    }

    fn make(&self, node: &str, path: &str) -> PathBuf {
        self.cluster.make(node, &format!("{DISK}/{path}"))
    }

    fn at(&self, node: &str, path: &str) -> PathBuf {
        self.cluster.seen(node, &format!("{DISK}/{path}"))
    }

    fn write(&self, node: &str, path: &str, content: &str) -> PathBuf {
        let path = self.at(node, path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    fn run(&self, more: &[&str]) -> Output {
        self.work
            .ledama(["run", MODULE, "--no-progress"])
            .args(more)
            .config(&self.config)
            .run()
            .no_panic()
    }

    fn disks(&self) -> Vec<impl PartialEq + std::fmt::Debug + use<>> {
        let disks = ["node011", "node012"].into_iter().flat_map(|node| {
            [1, 2, 3].map(|k| walk(&self.cluster.seen(node, &format!("/data{k}"))))
        });
        disks.collect()
    }
}

#[test]
fn nothing_goes_without_a_yes() {
    let scene = need!(Scene::new());
    let before = scene.disks();
    let output = scene.run(&["--older-than", "0s", "--query", "--json"]).code(0);
    plan_golden::check(MODULE, "plan", &output, &scene.work, &scene.cluster);
    scene.run(&["--older-than", "0s"]).code(2).complains("--yes");
    scene.run(&["--older-than", "0s", "--check"]).code(0).says("L80001");
    assert_eq!(scene.disks(), before);
    assert!(!scene.work.has("home/.local/state/ledama/audit.jsonl"));
}

#[test]
fn empty_folders_go_and_are_in_the_audit_log() {
    let scene = need!(Scene::new());
    scene.run(&["--older-than", "0s", "--yes"]).code(0).complains("holds other data");
    assert!(!scene.at("node011", "L80001").exists());
    assert!(!scene.at("node011", "pipeline/L2013_80002_001").exists());
    let backup = scene.cluster.seen("node012", "/data3/users/lofareor/backup/pipeline");
    assert!(backup.exists() && !backup.join("L80005_002").exists());
    // Data and other files stay, and so do the folders that are searched.
    assert!(scene.at("node011", "L80003").join(observation::name(80003, 0, 0)).exists());
    assert!(scene.at("node011", "L80004/logs/.hidden.log").exists());
    assert!(scene.at("node011", "pipeline").exists());
    let log = scene.work.read("home/.local/state/ledama/audit.jsonl");
    assert_eq!(log.lines().count(), 3, "{log}");
    let first: Value = serde_json::from_str(log.lines().next().unwrap()).unwrap();
    assert_eq!(first["module"], MODULE);
    assert_eq!((&first["node"], &first["state"]), (&"node011".into(), &"done".into()));
    scene.run(&["--older-than", "0s", "--yes"]).code(0).complains("nothing to do");
}

#[test]
fn fresh_folders_stay() {
    let scene = need!(Scene::new());
    let before = scene.disks();
    // A day, unless something else is said.
    let output = scene.run(&["--yes"]).code(0).complains("changed less than");
    assert!(output.stderr.contains("nothing to do"), "{output}");
    scene.run(&["--older-than", "2w", "--yes"]).code(0);
    scene.run(&["--older-than", "soon", "--yes"]).code(2).complains("`soon` is no duration");
    assert_eq!(scene.disks(), before);
}

#[test]
fn links_and_files_are_told_and_stay() {
    let scene = need!(Scene::new());
    let precious = scene.cluster.make("node012", "/data2/precious");
    symlink("/data2/precious", scene.make("node012", "x").with_file_name("L80007")).unwrap();
    scene.write("node012", "L80008", "a file");
    let output = scene.run(&["--older-than", "0s", "--yes"]).code(0);
    assert!(output.stderr.contains("L80007: a link, which is not followed"), "{output}");
    assert!(output.stderr.contains("L80008: no folder"), "{output}");
    assert!(precious.exists());
    assert!(scene.at("node012", "L80008").is_file());
    assert!(scene.at("node012", "L80007").is_symlink());
}

#[test]
fn check_and_force_exclude_each_other() {
    let scene = need!(Scene::new());
    let before = scene.disks();
    scene.run(&["--check", "--force", "--yes", "--older-than", "0s"]).code(2).complains("--force");
    assert_eq!(scene.disks(), before);
}

#[test]
fn force_deletes_what_the_plan_lists() {
    let scene = need!(Scene::new());
    let before = scene.disks();
    let shown = scene.run(&["--older-than", "0s", "--force", "--query"]).code(0);
    for text in ["logs/.hidden.log (9 B)", "notes (1 B)", "holds 2 files"] {
        assert!(shown.stdout().contains(text), "{text}: {shown}");
    }
    scene.run(&["--older-than", "0s", "--force"]).code(2).complains("--yes");
    assert_eq!(scene.disks(), before);
    scene.run(&["--older-than", "0s", "--force", "--yes"]).code(0).complains("with 2 files");
    assert!(!scene.at("node011", "L80004").exists());
    assert!(scene.at("node011", "L80003").join(observation::name(80003, 0, 0)).exists());
    let log = scene.work.read("home/.local/state/ledama/audit.jsonl");
    let entry = log.lines().find(|line| line.contains("L80004")).unwrap();
    let entry: Value = serde_json::from_str(entry).unwrap();
    assert!(entry["bytes"].as_u64().unwrap() > 0, "{entry}");
}

#[test]
fn what_was_changed_after_it_was_listed_stays() {
    let scene = need!(Scene::new());
    let shown = scene.run(&["--older-than", "0s", "--force", "--query", "--json"]).code(0).json();
    let tasks = shown["plans"][0]["tasks"].as_array().unwrap();
    let task = tasks.iter().find(|t| t["label"].as_str().unwrap().ends_with("L80004")).unwrap();
    let new = scene.write("node011", "L80004/logs/new", "came later");
    // The very task of the plan, carried out now.
    // JSON is a literal of the script language but for the braces of its maps.
    let input = task["action"]["operation"]["input"].to_string().replace('{', "#{");
    let body = format!("plan.operation(\"node011\", \"trees.remove_listed\", {input});");
    let (outcome, _) = crate::support::plans::one(&scene.work, &scene.config, &body);
    assert_eq!(outcome["error"]["kind"], "changed", "{outcome:#}");
    assert!(new.exists() && scene.at("node011", "L80004/notes").exists());
}

#[test]
fn folders_of_running_copies_stay() {
    let scene = need!(Scene::new());
    // A copy of this account that has not come to this folder yet.
    let status = scene.work.path().join("st");
    fs::create_dir(&status).unwrap();
    let row = format!("{DISK}/L80001/{} ? ? node011 0\n", observation::name(80001, 0, 0));
    scene.work.file("st/OUT_x.ref", row);
    scene.work.file("home/.local/state/ledama/running/r1", status.to_str().unwrap());
    // One of somebody else, of which only the hidden folder tells.
    scene.make("node011", "L80006/.L80006_SAP000_SB000_uv.MS.ledama-part-r2");
    let copy = Lock::acquire(&status, "r1").unwrap();
    let output = scene.run(&["--older-than", "0s", "--force", "--yes"]).code(0);
    assert!(output.stderr.contains("a running copy writes here"), "{output}");
    assert!(output.stderr.contains("ledama-part-r2"), "{output}");
    assert!(scene.at("node011", "L80001").exists() && scene.at("node011", "L80006").exists());
    assert!(!scene.at("node011", "pipeline/L2013_80002_001").exists());
    drop(copy);
    scene.run(&["--older-than", "0s", "--yes"]).code(0);
    assert!(!scene.at("node011", "L80001").exists() && scene.at("node011", "L80006").exists());
}

/// The copies of this program say where their journal is, for as long as they run.
#[test]
fn a_real_copy_is_known_while_it_runs() {
    let scene = need!(Scene::new());
    let big = Shape { data_bytes: 300_000_000, small_files: 0 };
    let from = scene.cluster.make("node011", &format!("{DISK}/L80009"));
    observation::sets(&from, 80009, 0..2, big);
    let rows: String = (0..2)
        .map(|k| format!("{DISK}/L80009/{} ? ? node011 0\n", observation::name(80009, 0, k)))
        .collect();
    scene.work.file("in.ref", rows);
    let mut copy = scene
        .work
        .ledama(["run", "CopyData", "-i", "in.ref", "-c", "/data2/users/lofareor/L80009"])
        .args(["-u", "node012", "-o", "out.ref", "-s", "somewhere/st", "--no-progress"])
        .config(&scene.config)
        .start();
    let known = scene.work.join("home/.local/state/ledama/running");
    crate::support::wait::until("a copy that is known", || {
        assert!(!copy.ended(), "the copy was too quick");
        let name = fs::read_dir(&known).ok()?.next()?.ok()?.path();
        let path = fs::read_to_string(name).ok()?;
        (Path::new(&path) == scene.work.join("somewhere/st")).then_some(())
    });
    copy.wait().code(0);
    assert_eq!(fs::read_dir(&known).unwrap().count(), 0);
}

#[test]
fn what_cannot_be_read_is_an_error_and_stays() {
    let scene = need!(Scene::new());
    // Root may read everything but what the kernel shows to nobody.
    let program = "import os, sys\nos.chmod(sys.argv[1], 0)";
    let shut = scene.make("node011", "L80010/inner");
    let done = std::process::Command::new("python3").args(["-c", program]).arg(&shut).status();
    assert!(done.unwrap().success());
    if rustix::process::geteuid().is_root() {
        // As another account, on the same disks and on this host alone.
        let disk = scene.at("node011", "");
        for folder in disk.ancestors().take(6) {
            let mut mode = fs::metadata(folder).unwrap().permissions();
            mode.set_mode(mode.mode() | 0o755);
            fs::set_permissions(folder, mode).unwrap();
        }
        let text = format!("[data]\nroots = [\"{}\"]\n", disk.display());
        let config = scene.work.file("local.toml", text);
        for folder in [scene.work.path().to_path_buf(), scene.work.join("home")] {
            fs::set_permissions(folder, fs::Permissions::from_mode(0o777)).unwrap();
        }
        let program = scene.work.join("ledama");
        fs::copy(crate::support::run::program(), &program).unwrap();
        let output = scene
            .work
            .ledama(["--reuid=65534", "--regid=65534", "--clear-groups", "--"])
            .program("setpriv")
            .arg(&program)
            .args(["run", MODULE, "--no-progress", "--older-than", "0s", "--force", "--yes"])
            .config(&config)
            .run()
            .no_panic();
        assert_eq!(output.code, 1, "{output}");
        assert!(output.stderr.contains("L80010/inner: Permission denied"), "{output}");
    }
    assert!(shut.exists());
    fs::set_permissions(&shut, fs::Permissions::from_mode(0o700)).unwrap();
}

#[test]
fn folders_outside_of_the_data_roots_are_refused() {
    let scene = need!(Scene::new());
    let outside = scene.cluster.make("node011", "/data2/other/L80011");
    let output = scene
        .run(&["-i", "/data2/other,/data1/gone", "--older-than", "0s", "--force", "--yes"])
        .code(0);
    assert!(output.stderr.contains("not inside a data root"), "{output}");
    assert!(output.stderr.contains("/data1/gone is on none of these nodes"), "{output}");
    assert!(outside.exists() && scene.at("node011", "L80001").exists());
}

#[test]
fn mount_points_stay() {
    let scene = need!(Scene::new());
    scene.make("node011", "L80012/disk");
    let at = format!("{DISK}/L80012/disk");
    let mounted = scene.cluster.exec("node011", &["mount", "-t", "tmpfs", "none", &at]);
    assert!(mounted.status.success(), "{mounted:?}");
    let output = scene.run(&["--older-than", "0s", "--force", "--yes"]).code(0);
    assert!(output.stderr.contains("a file system is mounted"), "{output}");
    assert!(scene.at("node011", "L80012/disk").exists());
}

#[test]
fn a_node_that_is_down_is_told_and_the_others_are_done() {
    let mut scene = need!(Scene::new());
    scene.cluster.kill("node012");
    scene.run(&["--older-than", "0s", "--yes"]).code(1).complains("node012");
    assert!(!scene.at("node011", "L80001").exists());
}
