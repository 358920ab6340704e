//! A recipe of real modules on real nodes: list, copy, check, compare.

use rustix::process::Signal;

use crate::support::nodes::Settings;
use crate::support::observation::{self, Shape};
use crate::support::run::{Run, program};
use crate::support::skip::{Skip, need};
use crate::support::tree::{assert_same_entries, bytes_below, parts};
use crate::support::{Cluster, Work, wait};

const SOURCE: &str = "/data1/users/lofareor/L80897";
const TARGET: &str = "/data2/users/lofareor/L80897";

struct Scene {
    cluster: Cluster,
    work: Work,
    config: std::path::PathBuf,
}

impl Scene {
    /// Sets on `node011`, to be copied to `node012`.
    fn new(sets: u32, shape: Shape) -> Result<Self, Skip> {
        let cluster = Cluster::of(2).start()?;
        let work = Work::new();
        let settings =
            Settings { more: "\n[data]\nfree_margin_mib = 0\n".into(), ..Settings::default() };
        let config = cluster.config_with(&work, &settings);
        observation::sets(&cluster.make("node011", SOURCE), 80897, 0..sets, shape);
        Ok(Self { cluster, work, config })
    }

    fn recipe(&self, verb: &str) -> Run {
        self.work
            .ledama(["recipe", verb, "copyandcheck", "-i", SOURCE, "-s", "11", "-u", "12"])
            .args(["-c", "/data2/users/lofareor/{lds}", "-o", "L80897"])
            .config(&self.config)
    }

    #[track_caller]
    fn assert_copied(&self) {
        let (source, target) =
            (self.cluster.seen("node011", SOURCE), self.cluster.seen("node012", TARGET));
        assert_same_entries(&source, &target);
        self.cluster.expect_nothing_left();
    }
}

#[test]
fn it_lists_copies_checks_and_compares() {
    let scene = need!(Scene::new(4, Shape::default()));
    let before = scene.work.names(".");
    let query = scene.recipe("run").arg("--query").ok().no_panic();
    assert_eq!(scene.work.names("."), before, "{query}");
    assert!(!scene.work.has("home/.local/state/ledama/recipes"), "{query}");
    let output = scene.recipe("run").arg("--no-progress").ok().no_panic();
    assert!(output.stderr.contains("4 of 4 steps are done"), "{output}");
    scene.assert_copied();
    assert!(scene.work.has("L80897_in.ref") && scene.work.has("L80897_out.ref"));
}

#[test]
fn its_printed_script_does_the_same_word_for_word() {
    let scene = need!(Scene::new(3, Shape::default()));
    let script = scene.recipe("print").ok().stdout_bytes;
    std::fs::create_dir(scene.work.join("bin")).unwrap();
    std::os::unix::fs::symlink(program(), scene.work.join("bin/ledama")).unwrap();
    let file = scene.work.file("script.sh", script);
    let path = format!("{}:/usr/bin:/bin", scene.work.join("bin").display());
    Run::new(scene.work.path(), [file])
        .program("sh")
        .env("PATH", path)
        .config(&scene.config)
        .folder(&scene.work.join("home"))
        .ok()
        .no_panic();
    scene.assert_copied();
}

#[test]
fn a_copy_that_was_killed_in_the_middle_goes_on() {
    let scene = need!(Scene::new(3, Shape { data_bytes: 60_000_000, small_files: 100 }));
    for signal in [Signal::KILL, Signal::INT] {
        let run = scene.recipe("run").arg("--no-progress");
        let run = if signal == Signal::KILL { run } else { run.arg("--resume") };
        let mut run = run.start();
        let target = scene.cluster.seen("node012", TARGET);
        wait::until("bytes of a copy", || {
            let bytes =
                parts(&target).iter().map(|name| bytes_below(&target.join(name))).sum::<u64>();
            (bytes > 5_000_000 || run.ended()).then_some(())
        });
        run.signal(signal);
        let output = run.wait().no_panic();
        assert!([0, 130, 137].contains(&output.code), "{output}");
        scene.cluster.expect_nothing_left();
    }
    scene.recipe("run").args(["--resume", "--no-progress"]).ok();
    scene.assert_copied();
}

#[test]
fn a_difference_stops_it() {
    let scene = need!(Scene::new(2, Shape::default()));
    scene.recipe("run").args(["--only", "list,copy", "--no-progress"]).ok();
    let name = observation::name(80897, 0, 1);
    std::fs::remove_dir_all(scene.cluster.seen("node012", TARGET).join(name)).unwrap();
    let output = scene.recipe("run").args(["--resume", "--no-progress"]).run().code(1);
    assert!(output.stderr.contains("step `check` (3 of 4, CheckData) failed"), "{output}");
    assert!(output.stderr.contains("left: check, compare"), "{output}");
}
