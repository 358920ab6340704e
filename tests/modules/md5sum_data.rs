//! MD5SumData: digests that the programs of the system agree with, data that
//! has changed, copies elsewhere, and what is left of a run that was stopped.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::observation::{self, Shape};
use crate::support::skip::{Skip, need};
use crate::support::{Cluster, Output, Work, plan_golden, tree, wait};

const PARENT: &str = "/data1/users/lofareor/L2013_80897";
const COPIES: &str = "/data2/users/elsewhere/L2013_80897";

/// Small: tests are about names and bytes.
const SHAPE: Shape = Shape { data_bytes: 20_000, small_files: 3 };

/// Sets 0 and 1 on node011, sets 2 and 3 on node012; 1 is difficult, 3 a packed file.
struct Scene {
    cluster: Cluster,
    work: Work,
    config: PathBuf,
}

impl Scene {
    fn new() -> Result<Self, Skip> {
        let cluster = Cluster::of(2).start()?;
        let work = Work::new();
        let config = cluster.config(&work);
        let scene = Self { cluster, work, config };
        for k in 0..3 {
            observation::set(&scene.set(k), SHAPE);
        }
        observation::make_difficult(&scene.set(1));
        // Tests have their own opinion about large files.
        std::fs::write(scene.set(1).join("holes"), "no hole").unwrap();
        let packed = Command::new("tar")
            .arg("cf")
            .arg(scene.set(3))
            .arg("-C")
            .arg(scene.set(2))
            .arg(".")
            .status();
        assert!(packed.unwrap().success());
        scene.list("x.ref", PARENT, 0..4);
        Ok(scene)
    }

    fn list(&self, name: &str, parent: &str, sets: impl IntoIterator<Item = u32>) {
        let rows = sets.into_iter().map(|k| format!("{} ? 1 {} 0\n", path(parent, k), node(k)));
        self.work.file(name, rows.collect::<String>());
    }

    /// A set, seen from here.
    fn set(&self, k: u32) -> PathBuf {
        let seen = self.cluster.seen(node(k), &path(PARENT, k));
        std::fs::create_dir_all(seen.parent().unwrap()).unwrap();
        seen
    }

    fn run(&self, args: &[&str]) -> Output {
        self.start(args).run().no_panic()
    }

    fn start(&self, args: &[&str]) -> crate::support::run::Run {
        self.work.ledama(["run", "MD5SumData", "--no-progress"]).args(args).config(&self.config)
    }

    /// Makes `out` of all sets.
    fn digest(&self, more: &[&str]) -> Output {
        self.run(&[&["-i", "x.ref", "-o", "out"], more].concat())
    }

    /// Copies of all sets on the other node, listed in `copies.ref`.
    fn copy(&self) {
        let mut rows = String::new();
        for k in 0..4 {
            let other = if node(k) == "node011" { "node012" } else { "node011" };
            let folder = self.cluster.make(other, COPIES);
            let copied = Command::new("cp").arg("-a").arg(self.set(k)).arg(folder).status();
            assert!(copied.unwrap().success());
            rows += &format!("{} ? 1 {other} 0\n", path(COPIES, k));
        }
        self.work.file("copies.ref", rows);
    }

    fn copied(&self, k: u32) -> PathBuf {
        let other = if node(k) == "node011" { "node012" } else { "node011" };
        self.cluster.seen(other, &path(COPIES, k))
    }
}

fn node(k: u32) -> &'static str {
    if k < 2 { "node011" } else { "node012" }
}

fn path(parent: &str, k: u32) -> String {
    let packed = if k == 3 { ".tar" } else { "" };
    format!("{parent}/{}{packed}", observation::name(80897, 0, k))
}

/// What a shell prints.
fn shell(folder: &Path, script: &str) -> String {
    let done = Command::new("bash")
        .args(["-c", script])
        .env("LC_ALL", "C")
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(done.status.success(), "{script}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8_lossy(&done.stdout).into_owned()
}

/// State, sub-band of the set, file of each row of a table of differences.
fn differences(output: &Output) -> Vec<String> {
    let rows = output.json()["result"]["rows"].as_array().cloned().unwrap_or_default();
    rows.iter()
        .map(|row| {
            let text = |k: usize| row[k].as_str().unwrap().to_string();
            let name = text(2);
            let at = name.find("_SB").unwrap();
            format!("{} {} {}", text(0), &name[at + 1..at + 6], text(3))
        })
        .collect()
}

/// Replaces one byte by another.
fn flip(file: &Path, at: usize) {
    let mut bytes = std::fs::read(file).unwrap();
    bytes[at] ^= 1;
    std::fs::write(file, bytes).unwrap();
}

#[test]
fn the_plan_is_as_before() {
    let scene = need!(Scene::new());
    let more = ["--algorithm", "blake3", "--throttle", "100", "--query", "--json"];
    let output = scene.digest(&more).code(0);
    plan_golden::check("MD5SumData", "plan", &output, &scene.work, &scene.cluster);
    assert!(!scene.work.has("out"));
}

#[test]
fn the_programs_of_the_system_agree() {
    let scene = need!(Scene::new());
    for (algorithm, program) in [("md5", "md5sum"), ("sha256", "sha256sum"), ("blake3", "b3sum")] {
        if program == "b3sum" && Command::new(program).arg("--version").output().is_err() {
            println!("skipped: no b3sum");
            continue;
        }
        let output = scene.digest(&["--overwrite", "--algorithm", algorithm, "--json"]).code(0);
        let rows = output.json()["result"]["rows"].take();
        let text = scene.work.read("out");
        assert!(text.ends_with("# complete: 4 sets\n"), "{text}");
        for k in [0, 2, 3] {
            let (folder, find) = if k == 3 {
                let name = scene.set(3).file_name().unwrap().to_str().unwrap().to_string();
                (scene.set(3).parent().unwrap().to_path_buf(), format!("printf '{name}\\0'"))
            } else {
                (scene.set(k), "find . -type f -printf '%P\\0'".to_string())
            };
            let sorted = format!("{find} | sort -z | xargs -0 {program}");
            let head = format!("# set: {}:{}\n", node(k), path(PARENT, k));
            let lines: String =
                text.split(&head).nth(1).unwrap().split("# tree: ").take(1).collect();
            let lines = lines.replace(&format!("  {}:", node(k)), "  ");
            assert_eq!(lines, shell(&folder, &sorted), "{program} of set {k}");
            let tree = shell(&folder, &format!("{sorted} | {program}"));
            let digest = rows[k as usize][0].as_str().unwrap();
            assert_eq!(Some(digest), tree.split(' ').next(), "{program} of set {k}");
            assert!(text.contains(&format!("# tree: {digest} ")), "{digest}");
        }
    }
}

#[test]
fn the_command_of_the_manual_lets_md5sum_check() {
    let scene = need!(Scene::new());
    scene.digest(&[]).code(0);
    let manual = scene.run(&["--help"]).code(0).stdout();
    let line = manual.lines().find(|line| line.contains("awk ")).unwrap().trim();
    let command = line
        .replace("NODE", "node011")
        .replace("PATH", &path(PARENT, 0))
        .replace("FILE", &scene.work.join("out").display().to_string());
    let checked = shell(&scene.set(0), &command);
    assert_eq!(checked.lines().count(), 15, "{checked}");
    assert!(checked.lines().all(|line| line.ends_with(": OK")), "{checked}");
}

#[test]
fn data_as_it_was_is_verified() {
    let scene = need!(Scene::new());
    for algorithm in ["md5", "blake3"] {
        scene.digest(&["--overwrite", "--algorithm", algorithm]).code(0);
        let before: Vec<_> = (0..3).map(|k| tree::walk(&scene.set(k))).collect();
        let output = scene.run(&["--verify", "out", "--json"]).code(0);
        assert_eq!(output.json()["facts"]["sets"], 4, "{output}");
        assert_eq!(differences(&output), [""; 0]);
        let after: Vec<_> = (0..3).map(|k| tree::walk(&scene.set(k))).collect();
        assert_eq!(after, before, "nothing is touched");
    }
}

#[test]
fn every_change_is_told() {
    let scene = need!(Scene::new());
    scene.digest(&[]).code(0);
    flip(&scene.set(0).join("table.f1_TSM0"), 12_345);
    std::fs::remove_file(scene.set(1).join("ANTENNA/new\nline/x")).unwrap();
    std::fs::remove_file(scene.set(1).join("link")).unwrap();
    std::os::unix::fs::symlink("table.f0", scene.set(1).join("link")).unwrap();
    std::fs::write(scene.set(2).join("FIELD/more"), "").unwrap();
    flip(&scene.set(3), 700);
    let output = scene.run(&["--verify", "out", "--json"]).code(1);
    let packed = scene.set(3).file_name().unwrap().to_str().unwrap().to_string();
    assert_eq!(
        differences(&output),
        [
            "different SB000 table.f1_TSM0",
            "missing SB001 ANTENNA/new\nline/x",
            "different SB001 link",
            "extra SB002 FIELD/more",
            &format!("different SB003 {packed}"),
        ]
    );
    // Only what a RefFile lists.
    scene.list("some.ref", PARENT, [2]);
    let output = scene.run(&["--verify", "out", "-i", "some.ref", "--json"]).code(1);
    assert_eq!(differences(&output), ["extra SB002 FIELD/more"]);
    // The same for a reader.
    let output = scene.run(&["--verify", "out", "-i", "some.ref"]).code(1);
    assert!(output.stdout().contains("FIELD/more"), "{output}");
    assert!(output.stderr.contains("1 of 1 sets read; 1 differences from"), "{output}");
    // A set that is gone cannot be read, and the others are told all the same.
    std::fs::remove_dir_all(scene.set(0)).unwrap();
    let output = scene.run(&["--verify", "out", "--json"]).code(1).complains("SB000");
    assert_eq!(differences(&output).len(), 4);
    assert_eq!(output.json()["facts"]["not_read"], 1);
}

#[test]
fn copies_are_compared_wherever_they_are() {
    let scene = need!(Scene::new());
    scene.digest(&[]).code(0);
    scene.copy();
    let compare = ["-i", "copies.ref", "--compare", "out", "--json"];
    assert_eq!(differences(&scene.run(&compare).code(0)), [""; 0]);
    flip(&scene.copied(0).join("table.f0"), 1);
    std::fs::remove_file(scene.copied(1).join("a blank")).unwrap();
    std::fs::write(scene.copied(2).join("more"), "x").unwrap();
    let found = differences(&scene.run(&compare).code(1));
    assert_eq!(found, ["different SB000 table.f0", "missing SB001 a blank", "extra SB002 more"]);
    // One set less, and one that has no digests.
    let rows = scene.work.read("copies.ref");
    let rows: String = rows.lines().skip(2).map(|row| format!("{row}\n")).collect();
    scene.work.file("copies.ref", format!("{rows}{} ? 1 node011 0\n", path(COPIES, 7)));
    let found = differences(&scene.run(&compare).code(1));
    assert_eq!(found, ["extra SB002 more", "extra SB007 ", "missing SB000 ", "missing SB001 "]);
}

#[test]
fn a_set_that_cannot_be_read_loses_only_itself() {
    let scene = need!(Scene::new());
    // Not even root may read this file.
    let secret = "/sys/bus/cpu/drivers_probe";
    let target = format!("{}/table.f0", path(PARENT, 0));
    scene.cluster.exec_ok("node011", &["mount", "--bind", secret, &target]);
    let pipe = scene.set(2).join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let output = scene.digest(&[]).code(1).complains("table.f0").complains("is a named pipe");
    assert!(output.stderr.contains("--resume"), "{output}");
    let text = scene.work.read("out");
    assert_eq!(text.matches("# set: ").count(), 2);
    assert_eq!(text.matches("# missing: ").count(), 2);
    assert!(!text.contains("# complete"));
    // Incomplete outputs are not begun anew by accident.
    scene.digest(&[]).code(2).complains("incomplete").complains("--resume");
    scene.cluster.exec_ok("node011", &["umount", &target]);
    std::fs::remove_file(pipe).unwrap();
    // What is there is taken as it is.
    flip(&scene.set(3), 700);
    scene.digest(&["--resume"]).code(0).complains("2 sets have digests in");
    let text = scene.work.read("out");
    assert!(text.ends_with("# complete: 4 sets\n"), "{text}");
    let sets: Vec<&str> = text.lines().filter(|line| line.starts_with("# set: ")).collect();
    let expected: Vec<String> =
        (0..4).map(|k| format!("# set: {}:{}", node(k), path(PARENT, k))).collect();
    assert_eq!(sets, expected, "in the order of the RefFile");
    assert_eq!(differences(&scene.run(&["--verify", "out", "--json"]).code(1)).len(), 1);
}

#[test]
fn an_interruption_keeps_what_is_done() {
    let scene = need!(Scene::new());
    // This one takes for ever.
    observation::fill(&scene.set(1).join("large"), b"large", 30_000_000);
    let args = ["-i", "x.ref", "-o", "out", "-p", "1", "--throttle", "0.2"];
    let run = scene.start(&args).start();
    wait::until("the first sets", || {
        let text = std::fs::read_to_string(scene.work.join("out")).unwrap_or_default();
        (text.matches("# tree: ").count() == 3).then_some(())
    });
    run.interrupt();
    run.wait().code(130).no_panic();
    scene.cluster.expect_nothing_left();
    let text = scene.work.read("out");
    assert_eq!(text.matches("# set: ").count(), 3);
    assert!(!text.contains("# complete"), "{text}");
    // What was done is good for checks already.
    let output = scene.run(&["--verify", "out"]).code(0);
    assert!(output.stderr.contains("incomplete"), "{output}");
    scene.digest(&["--resume"]).code(0);
    let resumed = scene.work.read("out");
    scene.digest(&["--overwrite"]).code(0);
    let strip = |text: &str| -> Vec<String> {
        text.lines().filter(|l| !l.starts_with("# created")).map(ToString::to_string).collect()
    };
    assert_eq!(strip(&resumed), strip(&scene.work.read("out")), "as if it had run through");
}

#[test]
fn a_killed_run_leaves_a_file_to_go_on_with() {
    let scene = need!(Scene::new());
    observation::fill(&scene.set(1).join("large"), b"large", 30_000_000);
    let args = ["-i", "x.ref", "-o", "out", "-p", "1", "--throttle", "0.2"];
    let run = scene.start(&args).start();
    wait::until("the first set", || scene.work.has("out").then_some(()));
    // Nobody else writes it meanwhile.
    let error = scene.digest(&["--resume"]);
    assert_eq!(error.code, 2, "{error}");
    run.signal(rustix::process::Signal::KILL);
    run.wait().code(137);
    scene.digest(&["--resume"]).code(0);
    scene.run(&["--verify", "out"]).code(0);
}

#[test]
fn a_link_to_a_set_is_read_as_the_set() {
    let scene = need!(Scene::new());
    scene.digest(&[]).code(0);
    let moved = scene.cluster.make("node011", "/data3/moved").join("x.MS");
    std::fs::rename(scene.set(0), &moved).unwrap_or_else(|_| {
        assert!(Command::new("mv").arg(scene.set(0)).arg(&moved).status().unwrap().success());
    });
    std::os::unix::fs::symlink("/data3/moved/x.MS", scene.set(0)).unwrap();
    scene.run(&["--verify", "out"]).code(0);
}

#[test]
fn wrong_orders_are_refused_before_anything_happens() {
    let scene = need!(Scene::new());
    scene.work.file("there", "somebody's\n");
    scene.digest(&[]).code(0);
    let whole = scene.work.read("out");
    scene.work.file("bad", whole.replacen("table.dat", "table.bad", 1));
    let name = observation::name(80897, 0, 0);
    scene.work.file("remote.ref", format!("L2013_80897/{name} ? 1 ARCHIVE_RAW 0\n"));
    for (args, words) in [
        (&["-i", "x.ref"][..], "nothing is asked for"),
        (&["-o", "new"], "--reffile"),
        (&["--compare", "out"], "--reffile"),
        (&["-i", "x.ref", "-o", "new", "--verify", "out"], "together"),
        (&["-i", "x.ref", "-o", "new", "--resume", "--overwrite"], "one of the two"),
        (&["--verify", "out", "--overwrite"], "about an output"),
        (&["-i", "x.ref", "-o", "there"], "exists"),
        (&["-i", "x.ref", "-o", "there", "--resume"], "no file of digests"),
        (&["-i", "x.ref", "-o", "out", "--resume", "--algorithm", "sha256"], "md5 digests"),
        (&["-i", "x.ref", "-o", "new", "--algorithm", "crc"], "--algorithm"),
        (&["-i", "x.ref", "-o", "new", "--throttle", "0"], "--throttle"),
        (&["-i", "x.ref", "-o", "no/such/folder/new"], "folder"),
        (&["-i", "remote.ref", "-o", "new"], "ARCHIVE_RAW"),
        (&["--verify", "there"], "no file of digests"),
        (&["--verify", "bad"], "not as they were written"),
        (&["--verify", "gone"], "gone"),
    ] {
        let output = scene.run(args);
        assert_eq!(output.code, 2, "{args:?}: {output}");
        assert!(output.stderr.contains(words), "{args:?}: {output}");
        assert!(!scene.work.has("new"), "{args:?}");
    }
    assert_eq!(scene.work.read("there"), "somebody's\n");
    assert_eq!(scene.work.read("out"), whole);
    scene.work.file("empty.ref", "");
    scene.run(&["-i", "empty.ref", "-o", "new"]).code(0).says("nothing to do");
    assert!(!scene.work.has("new"));
}
