//! ChmodData: folders and files get the modes they should, nothing else does.

use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use crate::support::observation::{self, Shape};
use crate::support::skip::{Skip, need};
use crate::support::tree::walk;
use crate::support::{Cluster, Output, Work, plan_golden};

const PARENT: &str = "/data1/users/lofareor/L2013_80897";

/// Sets 0 and 1 on node011, 2 and 3 on node012, all in `x.ref`.
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
        for (node, first) in [("node011", 0), ("node012", 2)] {
            let parent = scene.cluster.make(node, PARENT);
            for set in observation::sets(&parent, 80897, first..first + 2, Shape::default()) {
                set_mode(&set.join("table.f0"), 0o744);
                set_mode(&set.join("FIELD"), 0o2750);
            }
        }
        scene.list(&[0, 1, 2, 3]);
        Ok(scene)
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

    fn chmod(&self, more: &[&str]) -> Output {
        self.work
            .ledama(["run", "ChmodData", "--reffile", "x.ref", "--no-progress"])
            .args(more)
            .config(&self.config)
            .run()
            .no_panic()
    }

    /// Modes of the set, a folder, a set-group-id folder, a data file and an
    /// executable file.
    fn modes(&self, k: u32) -> [u32; 5] {
        ["", "ANTENNA", "FIELD", "table.dat", "table.f0"].map(|name| mode(&self.set(k).join(name)))
    }
}

const BEFORE: [u32; 5] = [0o755, 0o755, 0o2750, 0o644, 0o744];

fn node(k: u32) -> &'static str {
    if k < 2 { "node011" } else { "node012" }
}

fn mode(path: &Path) -> u32 {
    path.symlink_metadata().unwrap().permissions().mode() & 0o7777
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn the_plan_is_as_before() {
    let scene = need!(Scene::new());
    let output = scene.chmod(&["--query", "--json"]).code(0);
    plan_golden::check("ChmodData", "plan", &output, &scene.work, &scene.cluster);
    assert_eq!(scene.modes(0), BEFORE);
}

#[test]
fn by_default_the_group_can_write_and_no_data_file_becomes_executable() {
    let scene = need!(Scene::new());
    scene.list(&[0, 2, 3, 0]);
    let output = scene.chmod(&[]).code(0);
    for k in [0, 2, 3] {
        assert_eq!(scene.modes(k), [0o775, 0o775, 0o2775, 0o664, 0o775]);
        assert_eq!(mode(&scene.parent(k)), 0o755, "the folder above is not listed");
    }
    assert_eq!(scene.modes(1), BEFORE, "not listed");
    assert!(output.stderr.contains(" 0 were so already"), "{output}");
    let again = scene.chmod(&[]).code(0);
    assert!(again.stderr.contains("0 files and folders changed"), "{again}");
    let audit = scene.work.read("home/.local/state/ledama/audit.jsonl");
    assert_eq!(audit.lines().filter(|line| line.contains("_uv.MS")).count(), 6, "{audit}");
}

#[test]
fn folders_and_files_by_modes_of_their_own() {
    let scene = need!(Scene::new());
    scene.chmod(&["--dir-mode", "2775", "--file-mode", "664"]).code(0);
    assert_eq!(scene.modes(0), [0o2775, 0o2775, 0o2775, 0o664, 0o664]);
    // A mode for files is meant as it stands.
    scene.chmod(&["--mode", "750", "--file-mode", "750"]).code(0);
    assert_eq!(scene.modes(3), [0o2750, 0o2750, 0o2750, 0o750, 0o750]);
}

#[test]
fn symbolic_modes() {
    let scene = need!(Scene::new());
    scene.chmod(&["--mode", "g=u,o-rwx,ug+X"]).code(0);
    assert_eq!(scene.modes(0), [0o770, 0o770, 0o2770, 0o660, 0o770]);
    scene.chmod(&["--mode=-w"]).code(0);
    // The umask of the node, 022, protects the bits of others only.
    let expected = [0o570, 0o570, 0o2570, 0o460, 0o570];
    assert_eq!(scene.modes(1), expected);
    // Folders that lose everything are closed when all in them is done.
    let output = scene.chmod(&["--mode", "a-rwx"]).code(0);
    assert!(scene.modes(1).iter().all(|bits| bits % 0o1000 == 0), "{output}");
    scene.chmod(&["--mode", "u=rwX"]).code(0);
    assert_eq!(scene.modes(1), [0o700, 0o700, 0o2700, 0o600, 0o600]);
}

#[test]
fn a_wrong_mode_changes_nothing() {
    let scene = need!(Scene::new());
    for wrong in ["", "778", "77", "77777", "u+q", "rwx", "u+r,", "775;id", "$(id)", "-R"] {
        for option in ["--mode", "--dir-mode", "--file-mode"] {
            let output = scene.chmod(&[&format!("{option}={wrong}")]);
            if wrong.is_empty() && option != "--mode" && output.code == 0 {
                continue; // as if not given
            }
            let output = output.code(2);
            assert!(output.stderr.contains("mode"), "{wrong}: {output}");
        }
    }
    scene.chmod(&["--mode", "u+q"]).code(2).complains("u=rwX,g+w,o-rwx");
    scene.chmod(&["--recursive"]).code(2).complains("--parentpath");
}

#[test]
fn two_sets_of_one_folder_mean_that_folder_once_and_alone() {
    let scene = need!(Scene::new());
    let output = scene.chmod(&["--parentpath", "--mode", "2770", "--query"]).code(0);
    assert_eq!(output.stdout().matches(PARENT).count(), 2, "once on each node; {output}");
    scene.chmod(&["--parentpath", "--mode", "2770"]).code(0);
    for k in [0, 3] {
        assert_eq!(mode(&scene.parent(k)), 0o2770);
        assert_eq!(scene.modes(k), BEFORE);
    }
    scene.list(&[1]);
    scene.chmod(&["--parentpath", "--recursive", "--mode", "770"]).code(0);
    assert_eq!(scene.modes(0), [0o770, 0o770, 0o2770, 0o660, 0o770]);
    assert_eq!(scene.modes(2), BEFORE);
}

#[test]
fn links_lead_nowhere() {
    let scene = need!(Scene::new());
    let precious = scene.cluster.make("node011", "/data2/precious.MS");
    std::fs::write(precious.join("table.dat"), "x").unwrap();
    symlink("/data2/precious.MS", scene.set(0).join("inside")).unwrap();
    symlink("/data2/precious.MS/table.dat", scene.set(0).join("ANTENNA/inside")).unwrap();
    let before = walk(&precious);
    scene.list(&[0]);
    let output = scene.chmod(&["--mode", "777"]).code(0);
    assert!(output.stderr.contains("2 symbolic links were left alone"), "{output}");
    // A set that is a link itself: the others are done all the same.
    std::fs::rename(scene.set(1), scene.parent(1).join("elsewhere")).unwrap();
    symlink("/data2/precious.MS", scene.set(1)).unwrap();
    scene.list(&[1, 2]);
    scene.chmod(&["--mode", "700"]).code(1).complains("is a symbolic link");
    assert_eq!(mode(&scene.set(2)), 0o700);
    assert_eq!(walk(&precious), before);
}

#[test]
fn what_is_not_data_is_refused() {
    let scene = need!(Scene::new());
    let before = walk(&scene.cluster.seen("node011", "/data1"));
    let name = observation::name(80897, 0, 0);
    for path in [
        "/",
        "/data1",
        "/data1/users/lofareor",
        "/data1/users/lofareor/x",
        "/etc/hostname",
        &format!("{PARENT}/../L2013_80897/{name}"),
        &format!("/data1/users/somebody/L2013_80897/{name}"),
    ] {
        scene.work.file("x.ref", format!("{path} ? 1 node011 0\n"));
        assert_eq!(scene.chmod(&["--mode", "777"]).code, 2, "{path}");
    }
    // The folder above a set is a data root.
    scene.work.file("x.ref", format!("/data1/users/lofareor/{name} ? 1 node011 0\n"));
    scene.chmod(&["--parentpath", "--mode", "777"]).code(2);
    scene.work.file("x.ref", format!("{PARENT}/{name} ? 1 TARGET_E 0\n"));
    scene.chmod(&["--mode", "777"]).code(2);
    assert_eq!(walk(&scene.cluster.seen("node011", "/data1")), before);
    scene.work.file("x.ref", "# Number of MSPs: 0\n");
    scene.chmod(&[]).code(0).says("nothing to do");
}

#[test]
fn what_could_not_be_changed_is_told_and_the_same_command_does_the_rest() {
    let scene = need!(Scene::new());
    scene.cluster.make_read_only("node012", "/data1");
    let output = scene.chmod(&["--report", "report.json"]).code(1);
    assert!(output.stderr.to_lowercase().contains("read-only"), "{output}");
    assert_eq!(scene.modes(0), [0o775, 0o775, 0o2775, 0o664, 0o775]);
    assert_eq!(scene.modes(2), BEFORE);
    // Every entry that failed is in the report, of each set.
    let report: serde_json::Value = serde_json::from_str(&scene.work.read("report.json")).unwrap();
    let outcomes = report["executions"][0]["outcomes"].as_array().unwrap();
    let failed: Vec<_> = outcomes.iter().filter(|outcome| outcome["state"] == "failed").collect();
    assert_eq!(failed.len(), 2, "{report:#}");
    let entries = walk(&scene.set(2)).len();
    for outcome in failed {
        let items = outcome["items"].as_array().unwrap();
        assert_eq!(items.len(), entries, "{outcome:#}");
        assert!(items[0]["path"].as_str().unwrap().starts_with(PARENT), "{outcome:#}");
    }
    scene.cluster.make_writable("node012", "/data1");
    scene.chmod(&[]).code(0);
    assert_eq!(scene.modes(2), scene.modes(0));
}
