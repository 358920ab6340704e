//! PackData: archives that GNU tar reads, and sets that nothing can lose.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::nodes::{Settings, Wish};
use crate::support::observation::{self, Shape};
use crate::support::rows::rows;
use crate::support::run::Run;
use crate::support::skip::{Skip, need};
use crate::support::tree::{assert_same, bytes_below, walk};
use crate::support::{Cluster, Output, Work, plan_golden, wait};

use super::edits::Locked;

pub(super) const PARENT: &str = "/data1/users/lofareor/L2013_80897";

/// Sets 0 and 1 on node011, set 2 on node012, all listed in `x.ref`.
pub(super) struct Scene {
    pub(super) cluster: Cluster,
    pub(super) work: Work,
    pub(super) config: PathBuf,
}

impl Scene {
    pub(super) fn new(shape: Shape) -> Result<Self, Skip> {
        Self::on(Cluster::of(2), shape, "")
    }

    /// With more below `[data]` of the configuration.
    pub(super) fn on(wish: Wish, shape: Shape, data: &str) -> Result<Self, Skip> {
        let cluster = wish.start()?;
        let work = Work::new();
        let more = if data.is_empty() { String::new() } else { format!("\n[data]\n{data}\n") };
        let config = cluster.config_with(&work, &Settings { more, ..Settings::default() });
        for k in 0..3 {
            observation::sets(&cluster.make(node(k), PARENT), 80897, [k], shape);
        }
        let scene = Self { cluster, work, config };
        scene.list("x.ref", &[0, 1, 2], "");
        Ok(scene)
    }

    /// Writes a RefFile with these sets, or what their names make with an ending.
    pub(super) fn list(&self, name: &str, sets: &[u32], ending: &str) {
        let line = |k: &u32| {
            let set = observation::name(80897, 0, *k);
            format!("{PARENT}/{set}{ending} 134.375 ? {} 0\n", node(*k))
        };
        self.work.file(name, sets.iter().map(line).collect::<String>());
    }

    /// A set, seen from here.
    pub(super) fn set(&self, k: u32) -> PathBuf {
        self.cluster.seen(node(k), PARENT).join(observation::name(80897, 0, k))
    }

    /// What is beside it with this ending.
    pub(super) fn beside(&self, k: u32, ending: &str) -> PathBuf {
        self.set(k).with_file_name(format!("{}{ending}", observation::name(80897, 0, k)))
    }

    pub(super) fn command(&self, module: &str, more: &[&str]) -> Run {
        self.work.ledama(["run", module, "--no-progress"]).args(more).config(&self.config)
    }

    pub(super) fn pack(&self, more: &[&str]) -> Output {
        self.command("PackData", &["--reffile", "x.ref"]).args(more).run().no_panic()
    }

    /// Names of all that lies beside the sets, hidden ones too.
    pub(super) fn names(&self) -> Vec<String> {
        let mut names = Vec::new();
        for name in ["node011", "node012"] {
            let entries = std::fs::read_dir(self.cluster.seen(name, PARENT)).unwrap();
            names.extend(entries.map(|e| e.unwrap().file_name().to_string_lossy().into_owned()));
        }
        names.sort();
        names
    }

    /// The names that there should be, for these sets and endings.
    pub(super) fn wanted(sets: &[(u32, &str)]) -> Vec<String> {
        let name = |(k, ending): &(u32, &str)| observation::name(80897, 0, *k) + *ending;
        let mut names: Vec<String> = sets.iter().map(name).collect();
        names.sort();
        names
    }
}

pub(super) fn node(k: u32) -> &'static str {
    if k < 2 { "node011" } else { "node012" }
}

/// MiB on disk, rounded up, as `du -sm` tells them.
fn du(path: &Path) -> String {
    let output = Command::new("du").arg("-sm").arg(path).output().unwrap();
    String::from_utf8(output.stdout).unwrap().split('\t').next().unwrap().to_string()
}

/// GNU tar makes a set of an archive.
#[track_caller]
fn gnu_unpack(archive: &Path, into: &Path) -> PathBuf {
    let done = Command::new("tar").arg("-xpf").arg(archive).arg("-C").arg(into).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let name = archive.file_name().unwrap().to_str().unwrap();
    into.join(name.strip_suffix(".tar").or(name.strip_suffix(".tar.gz")).unwrap())
}

#[test]
fn the_plan_is_as_before() {
    let scene = need!(Scene::new(Shape::default()));
    let output =
        scene.pack(&["--query", "--json", "--delete", "-o", "/data2/users/lofareor/packed"]);
    plan_golden::check("PackData", "plan", &output.code(0), &scene.work, &scene.cluster);
    assert_eq!(scene.names(), Scene::wanted(&[(0, ""), (1, ""), (2, "")]));
    assert!(!scene.cluster.seen("node011", "/data2/users/lofareor/packed").exists());
    assert!(!scene.work.has("x.packed.ref"));
}

#[test]
fn sets_become_archives_that_gnu_tar_reads() {
    for (options, ending) in [
        (&[][..], ".tar"),
        (&["-m", "czf"], ".tar.gz"),
        (&["--compression", "gz", "--level", "1"], ".tar.gz"),
    ] {
        let scene = need!(Scene::new(Shape { data_bytes: 3_000_000, small_files: 30 }));
        observation::make_difficult(&scene.set(1));
        let before: Vec<_> = (0..3).map(|k| walk(&scene.set(k))).collect();
        // Packing alone needs no yes.
        let output = scene.pack(options).code(0);
        assert!(output.stderr.contains("3 measurement sets packed"), "{output}");
        assert!(output.stderr.contains("links in it lead out"), "{output}");
        let ends = [0, 1, 2].map(|k| (k, ending));
        assert_eq!(
            scene.names(),
            Scene::wanted(&[&[(0, ""), (1, ""), (2, "")], &ends[..]].concat())
        );
        let listed = rows(&scene.work.read("x.packed.ref"));
        for (k, before) in (0..3).zip(before) {
            assert_eq!(walk(&scene.set(k)), before, "the set is untouched");
            let archive = scene.beside(k, ending);
            let unpacked = gnu_unpack(&archive, &scene.cluster.make(node(k), "/data3/judge"));
            assert_same(&scene.set(k), &unpacked);
            let row = &listed[k as usize];
            assert!(row.path.ends_with(&(observation::name(80897, 0, k) + ending)));
            assert_eq!((&*row.frequency, &*row.node, &*row.beam), ("134.375", node(k), "0"));
            assert_eq!(row.size, du(&archive));
        }
        // They are found as packed sets, and the same command finds nothing to do.
        let found = scene.command(
            "CreateRefFileFromPath",
            &["-i", PARENT, "-s", "node011-012", "--pack", "-o", "found.ref"],
        );
        found.run().code(0);
        assert_eq!(rows(&scene.work.read("found.ref")).len(), 3);
        let again = scene.pack(options).code(0);
        assert!(again.stderr.contains("3 were packed before"), "{again}");
    }
}

#[test]
fn nothing_is_deleted_without_a_yes() {
    let scene = need!(Scene::new(Shape::default()));
    scene.pack(&["--delete"]).code(2).complains("--yes");
    scene.pack(&["--overwrite"]).code(2).complains("--yes");
    scene.pack(&["--delete", "--query"]).code(0);
    assert_eq!(scene.names(), Scene::wanted(&[(0, ""), (1, ""), (2, "")]));
}

#[test]
fn packed_and_deleted_sets_come_back_as_they_were() {
    for options in
        [&[][..], &["--compression", "zst"], &["--output", "/data2/users/lofareor/L2013_80897"]]
    {
        let scene = need!(Scene::new(Shape { data_bytes: 2_000_000, small_files: 40 }));
        observation::make_difficult(&scene.set(0));
        let before: Vec<_> = (0..3).map(|k| walk(&scene.set(k))).collect();
        let output =
            scene.pack(&[options, &["--delete", "--yes", "--json", "-p", "2"]].concat()).code(0);
        let facts = output.json()["facts"].take();
        assert_eq!((&facts["deleted"], &facts["failed"]), (&3.into(), &0.into()), "{facts:#}");
        for k in 0..3 {
            assert!(!scene.set(k).exists());
        }
        let log = scene.work.read("home/.local/state/ledama/audit.jsonl");
        assert_eq!(log.lines().filter(|line| line.contains("_uv.MS")).count(), 3, "{log}");
        // Once more: it was done.
        let again = scene.pack(&[options, &["--delete", "--yes"]].concat()).code(0);
        assert!(again.stderr.contains("3 were packed before"), "{again}");
        let unpack =
            ["--reffile", "x.packed.ref", "-o", PARENT, "--delete", "--yes", "--outside-links"];
        scene.command("UnPackData", &unpack).run().no_panic().code(0);
        assert_eq!(scene.names(), Scene::wanted(&[(0, ""), (1, ""), (2, "")]));
        for (k, before) in (0..3).zip(before) {
            let same = crate::support::tree::compare(&before, &walk(&scene.set(k)));
            assert_eq!(same, [""; 0], "set {k}");
        }
        let listed = rows(&scene.work.read("x.packed.unpacked.ref"));
        let found: Vec<_> = listed.iter().map(|row| row.path.rsplit('/').next().unwrap()).collect();
        assert_eq!(found, [0, 1, 2].map(|k| observation::name(80897, 0, k)));
        assert_eq!(listed[2].size, du(&scene.set(2)));
    }
}

#[test]
fn something_else_of_that_name_stays_and_so_does_the_set() {
    let scene = need!(Scene::new(Shape::default()));
    std::fs::write(scene.beside(1, ".tar"), "somebody's").unwrap();
    let output = scene.pack(&["--delete", "--yes"]).code(1);
    assert!(output.stderr.contains("exists and is no archive of this set"), "{output}");
    assert_eq!(std::fs::read(scene.beside(1, ".tar")).unwrap(), b"somebody's");
    assert_eq!(scene.names(), Scene::wanted(&[(0, ".tar"), (1, ""), (1, ".tar"), (2, ".tar")]));
    assert_eq!(rows(&scene.work.read("x.packed.ref")).len(), 2, "only what was packed");
    scene.pack(&["--delete", "--overwrite", "--yes"]).code(0);
    assert_eq!(scene.names(), Scene::wanted(&[(0, ".tar"), (1, ".tar"), (2, ".tar")]));
    assert_eq!(rows(&scene.work.read("x.packed.ref")).len(), 3);
}

#[test]
fn a_full_disk_is_noticed_before_anything_is_done() {
    // Two sets of 12 MB on one disk of 48 MB do not fit a second time.
    let shape = Shape { data_bytes: 12_000_000, small_files: 0 };
    let wish = Cluster::of(2).disk_size("48m");
    let scene = need!(Scene::on(wish, shape, "free_margin_mib = 2"));
    let more = scene.set(0).join("more");
    observation::fill(&more, b"more", 2_000_000);
    let output = scene.pack(&[]).code(2);
    output.clone().complains("are needed, and 2.0 MiB are to stay free");
    assert_eq!(scene.names(), Scene::wanted(&[(0, ""), (1, ""), (2, "")]));
    // One after the other they do, if each is deleted before the next is packed.
    scene.pack(&["--delete", "-p", "2", "--yes"]).code(2);
    scene.pack(&["--delete", "--yes"]).code(0);
    assert_eq!(scene.names(), Scene::wanted(&[(0, ".tar"), (1, ".tar"), (2, ".tar")]));
    // Another disk that cannot be written.
    scene.cluster.make_read_only("node011", "/data2");
    scene.list("y.ref", &[0, 1], ".tar");
    let output = scene.command("UnPackData", &["-i", "y.ref", "-o", "/data2/x", "-d", "--yes"]);
    assert!(output.run().code(2).stderr.to_lowercase().contains("read-only"));
}

#[test]
fn a_read_only_disk_keeps_the_sets() {
    let scene = need!(Scene::new(Shape::default()));
    scene.cluster.make_read_only("node012", "/data1");
    let output = scene.pack(&["--delete", "--yes"]).code(2);
    assert!(output.stderr.to_lowercase().contains("read-only"), "{output}");
    assert_eq!(scene.names(), Scene::wanted(&[(0, ""), (1, ""), (2, "")]));
    // The archive can be made elsewhere, but the set cannot be deleted.
    let elsewhere = ["--delete", "--yes", "-o", "/data2/users/lofareor/L2013_80897"];
    let output = scene.pack(&elsewhere).code(1);
    assert!(output.stderr.contains("but the set was not deleted"), "{output}");
    assert_eq!(scene.names(), Scene::wanted(&[(2, "")]));
    scene.cluster.make_writable("node012", "/data1");
    scene.pack(&elsewhere).code(0);
    assert_eq!(scene.names(), [""; 0]);
}

#[test]
fn odd_names_and_links() {
    let scene = need!(Scene::new(Shape::default()));
    let folder = scene.cluster.seen("node011", PARENT);
    let mut text = String::new();
    for (name, coded) in [
        ("-rf L80897_SB009.MS", "-rf%20L80897_SB009.MS"),
        ("L80897 'SB010'; $(id).MS", "L80897%20'SB010';%20$(id).MS"),
        ("L80897_SB011\"*?.MS", "L80897_SB011\"*?.MS"),
    ] {
        observation::set(&folder.join(name), Shape::default());
        text.push_str(&format!("{PARENT}/{coded} ? ? node011 ?\n"));
    }
    // A link to a set.
    std::os::unix::fs::symlink(observation::name(80897, 0, 0), folder.join("L80897_SB012.MS"))
        .unwrap();
    text.push_str(&format!("{PARENT}/L80897_SB012.MS ? ? node011 ?\n"));
    scene.work.file("x.ref", text);
    let before = walk(&folder.join("-rf L80897_SB009.MS"));
    let linked = walk(&scene.set(0));
    let output = scene.pack(&["--delete", "--yes"]).code(0);
    assert!(output.stderr.contains("what they lead to was not"), "{output}");
    assert!(folder.join("-rf L80897_SB009.MS.tar").exists());
    assert!(folder.join("L80897_SB012.MS").symlink_metadata().is_err());
    assert_eq!(walk(&scene.set(0)), linked, "what the link leads to stays");
    let back = ["-i", "x.packed.ref", "--delete", "--yes"];
    scene.command("UnPackData", &back).run().no_panic().code(0);
    assert_eq!(walk(&folder.join("-rf L80897_SB009.MS")), before);
    let copied = crate::support::tree::compare(&linked, &walk(&folder.join("L80897_SB012.MS")));
    assert_eq!(copied, [""; 0]);
}

#[test]
fn a_set_that_is_written_is_left_alone() {
    let scene = need!(Scene::new(Shape::default()));
    std::fs::write(scene.set(1).join("table.lock"), [0; 300]).unwrap();
    let locked = Locked::new(&scene.set(1));
    for options in [&[][..], &["--delete", "--yes"]] {
        let output = scene.pack(options).code(1);
        assert!(output.stderr.contains("is locked"), "{output}");
        assert!(scene.set(1).exists() && !scene.beside(1, ".tar").exists());
    }
    assert_eq!(scene.names(), Scene::wanted(&[(0, ".tar"), (1, ""), (2, ".tar")]));
    scene.list("x.ref", &[1], "");
    std::fs::remove_file(scene.work.join("x.packed.ref")).unwrap();
    scene.pack(&["--allow-locked"]).code(0);
    drop(locked);
    scene.pack(&["--delete", "--yes"]).code(0);
    assert_eq!(scene.names(), Scene::wanted(&[(0, ".tar"), (1, ".tar"), (2, ".tar")]));
}

#[test]
fn wrong_rows_and_options_are_refused() {
    let scene = need!(Scene::new(Shape::default()));
    let name = observation::name(80897, 0, 0);
    let refused = |row: &str, options: &[&str]| {
        scene.work.file("x.ref", format!("{PARENT}/{name} ? 1 node011 0\n{row}\n"));
        scene.pack(options).code(2)
    };
    refused(&format!("{PARENT}/{name}.tar ? 1 node011 0"), &[]).complains("packed already");
    refused(&format!("{PARENT}/{name}.tar.zst ? 1 node011 0"), &[]).complains("packed already");
    refused(&format!("{PARENT}/{name} ? 1 TARGET_E 0"), &[]);
    refused(&format!("{PARENT}/{name} ? 1 node099 0"), &[]).complains("node099");
    refused(&format!("{PARENT}/nothing.MS ? 1 node011 0"), &[]).complains("No such file");
    refused(&format!("{PARENT}/{name}/ANTENNA/../x ? 1 node011 0"), &["--delete", "--yes"]);
    for path in ["/", "/data1", "/data1/users/lofareor", "/etc", "/data1/users/lofareor/x.MS"] {
        refused(&format!("{path} ? 1 node011 0"), &["--delete", "--yes"])
            .complains("may not be deleted");
    }
    refused(&format!("/data2/{name} ? 1 node011 0"), &["-o", "/data3/x"])
        .complains("would both be packed");
    let good = |options: &[&str]| {
        scene.list("x.ref", &[0], "");
        scene.pack(options).code(2)
    };
    good(&["-m", "cvjf"]).complains("the letter `j`");
    good(&["-m", "xvf"]).complains("the letter `x`");
    good(&["-m", "cvf --to-command=sh"]);
    good(&["-m", "czf", "--compression", "zst"]).complains("leave one of the two out");
    good(&["--level", "3"]).complains("means nothing");
    good(&["--compression", "gz", "--level", "12"]).complains("levels from 1 to 9");
    scene.work.file("x.packed.ref", format!("{PARENT}/other.tar ? 1 node011 0\n"));
    good(&[]).complains("lists something else");
    assert_eq!(scene.names(), Scene::wanted(&[(0, ""), (1, ""), (2, "")]));
    scene.work.file("x.ref", "# Number of MSPs: 0\n");
    scene.pack(&[]).code(0).says("nothing to do");
}

#[test]
fn members_are_listed_in_the_log() {
    let scene = need!(Scene::new(Shape::default()));
    scene.pack(&["-l", "logs"]).code(0);
    let log = std::fs::read_dir(scene.work.join("logs")).unwrap().next().unwrap().unwrap();
    let text = std::fs::read_to_string(log.path()).unwrap();
    assert!(text.contains("_uv.MS/ANTENNA/table.dat"), "{text}");
}

#[test]
fn an_interruption_at_any_time_loses_nothing() {
    let shape = Shape { data_bytes: 60_000_000, small_files: 200 };
    let mut scene = need!(Scene::new(shape));
    let before: Vec<_> = (0..3).map(|k| walk(&scene.set(k))).collect();
    let half = |scene: &Scene| {
        let folder = scene.cluster.seen("node011", PARENT);
        let entries = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap());
        entries
            .filter(|e| e.file_name().to_string_lossy().contains(".ledama-pack-"))
            .map(|e| e.metadata().map_or(0, |facts| facts.len()))
            .sum::<u64>()
    };
    let whole_or_gone = |scene: &Scene| {
        for (k, before) in (0..3).zip(&before) {
            if scene.set(k).exists() {
                let same = crate::support::tree::compare(before, &walk(&scene.set(k)));
                assert_eq!(same, [""; 0], "set {k}");
            } else {
                assert!(scene.beside(k, ".tar").exists(), "set {k}");
            }
        }
    };
    // Ctrl-C: no half archive is left.
    let mut run = scene.command("PackData", &["-i", "x.ref", "--delete", "--yes"]).start();
    wait::until("a half archive", || (half(&scene) > 1_000_000 || run.ended()).then_some(()));
    run.interrupt();
    let output = run.wait().no_panic();
    assert!(output.code == 130 || output.code == 0, "{output}");
    scene.cluster.expect_nothing_left();
    assert!(scene.names().iter().all(|name| !name.starts_with('.')), "{:?}", scene.names());
    whole_or_gone(&scene);
    // A power cut: what is left is hidden and goes with the next run.
    let mut run = scene.command("PackData", &["-i", "x.ref", "--delete", "--yes"]).start();
    wait::until("a half archive", || (half(&scene) > 1_000_000 || run.ended()).then_some(()));
    scene.cluster.kill("node011");
    run.wait().no_panic();
    whole_or_gone(&scene);
    scene.cluster.start("node011");
    scene.pack(&["--delete", "--yes"]).code(0);
    assert_eq!(scene.names(), Scene::wanted(&[(0, ".tar"), (1, ".tar"), (2, ".tar")]));
    assert!(bytes_below(&scene.cluster.seen("node011", PARENT)) > 120_000_000);
    assert_eq!(rows(&scene.work.read("x.packed.ref")).len(), 3);
}
