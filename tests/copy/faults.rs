//! Disks that fill up or break, nodes that die, connections that are cut, and
//! sources that change, each in the middle of a copy.
//!
//! A node is frozen at a known point, the fault is made, and it goes on: the
//! tests do not depend on how fast the machine is.

use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;

use super::disk::Disk;
use super::scene::{LARGE, Scene, TARGET};
use crate::support::Cluster;
use crate::support::nodes::Settings;
use crate::support::observation::{self, Shape};
use crate::support::plans::outcomes;
use crate::support::skip::need;
use crate::support::tree::{assert_same, parts, walk};

/// Bytes after which the fault happens.
const POINT: u64 = 20_000_000;

fn no_retries() -> Settings {
    Settings { more: "\n[limits]\nretries = 0\n".into(), ..Settings::default() }
}

fn large(
    wish: crate::support::nodes::Wish,
    settings: Settings,
) -> Result<Scene, crate::support::skip::Skip> {
    Scene::with(wish, settings, |folder| {
        observation::sets(folder, 80897, 0..2, LARGE);
    })
}

#[test]
fn a_disk_that_fills_up() {
    let scene = need!(large(Cluster::of(2).disk_size("360m"), no_retries()));
    let run = scene.copy().start();
    scene.wait_for_bytes(POINT);
    scene.cluster.freeze("node012");
    let filler = scene.cluster.seen("node012", "/data2/filler");
    // Somebody else writes until nothing is left.
    let mut file = std::fs::File::create(&filler).unwrap();
    let block = vec![1; 1 << 16];
    while std::io::Write::write_all(&mut file, &block).is_ok() {}
    scene.cluster.thaw("node012");
    let output = run.wait().code(1).no_panic();
    assert!(outcomes(&scene.work).iter().any(|o| o["error"]["kind"] == "no-space"), "{output}");
    scene.assert_nothing_is_lost();
    assert!(scene.visible().len() < 2);
    scene.cluster.expect_nothing_left();

    // Still full: refused, nothing done.
    scene.copy().arg("--resume").run().code(2);
    scene.assert_nothing_is_lost();
    drop(file);
    std::fs::remove_file(filler).unwrap();
    scene.resume_and_check();
}

#[test]
fn a_disk_that_cannot_be_written() {
    let scene = need!(Scene::new(Cluster::of(2), 2, Shape::default()));
    scene.cluster.make("node012", TARGET);
    scene.cluster.make_read_only("node012", "/data2");
    let output = scene.copy().run().no_panic();
    assert!(output.code == 1 || output.code == 2, "{output}");
    assert!(output.stderr.to_lowercase().contains("read-only"), "{output}");
    assert!(scene.visible().is_empty());
    scene.assert_nothing_is_lost();
    scene.cluster.make_writable("node012", "/data2");
    scene.resume_and_check();
}

#[test]
fn a_disk_that_turns_read_only() {
    // Two sets to the disk that breaks, two to another node.
    let scene = need!(Scene::with(Cluster::of(3).disk_size("500m"), no_retries(), |folder| {
        observation::sets(folder, 80897, 0..4, Shape { data_bytes: 100_000_000, small_files: 300 });
    }));
    let disk = need!(Disk::mount(&scene.cluster, scene.work.path(), "node012", "/data2"));
    let copy = || scene.copy_to(&["--nodes", "node012-013", "--numnodes", "2"]);
    let run = copy().start();
    scene.wait_for_bytes(POINT);
    scene.cluster.freeze("node012");
    disk.fail();
    scene.cluster.thaw("node012");
    let output = run.wait().code(1).no_panic();
    let mut outcomes = outcomes(&scene.work);
    outcomes.retain(|outcome| outcome["label"].as_str().unwrap().starts_with(TARGET));
    for outcome in &outcomes {
        let (node, error) = (outcome["node"].as_str().unwrap(), &outcome["error"]);
        match node {
            "node012" => {
                assert_eq!(error["kind"], "read-only", "{output}");
                assert!(error["message"].as_str().unwrap().contains(TARGET), "{output}");
            }
            // The others go on.
            _ => assert_eq!(outcome["state"], "done", "{output}"),
        }
    }
    assert_eq!(outcomes.len(), 4, "{output}");
    assert!(output.stderr.contains("read-only") && output.stderr.contains("node012"), "{output}");
    assert!(scene.visible().is_empty(), "nothing there can be complete");
    assert_same_halves(&scene, &["node013"]);
    scene.assert_nothing_is_lost();
    scene.cluster.expect_nothing_left();

    // Still broken: told again, nothing lost.
    copy().arg("--resume").run().code(1).complains("read-only");
    scene.assert_nothing_is_lost();

    disk.repair(&scene.cluster);
    copy().arg("--resume").ok();
    assert_same_halves(&scene, &["node012", "node013"]);
    scene.assert_nothing_is_lost();
    scene.cluster.expect_nothing_left();
}

/// Each of these nodes has its half of the four sets, and nothing else.
fn assert_same_halves(scene: &Scene, nodes: &[&str]) {
    for node in nodes {
        let first = if *node == "node012" { 0 } else { 2 };
        let wanted = [first, first + 1].map(|k| observation::name(80897, 0, k));
        let folder = scene.cluster.seen(node, TARGET);
        let mut found: Vec<String> = std::fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        found.sort();
        assert_eq!(found, wanted, "on {node}");
        for name in wanted {
            assert_same(&scene.source().join(&name), &folder.join(&name));
        }
    }
}

#[test]
fn the_receiving_node_dies() {
    a_node_dies("node012");
}

#[test]
fn the_sending_node_dies() {
    a_node_dies("node011");
}

fn a_node_dies(node: &str) {
    let mut scene = need!(large(Cluster::of(2), no_retries()));
    let run = scene.copy().start();
    scene.wait_for_bytes(POINT);
    scene.cluster.freeze("node012");
    scene.cluster.kill(node);
    if node != "node012" {
        scene.cluster.thaw("node012");
    }
    let output = run.wait().code(1).no_panic();
    assert!(outcomes(&scene.work).iter().any(|o| o["state"] == "failed"), "{output}");
    scene.cluster.start(node);
    scene.assert_nothing_is_lost();
    scene.cluster.expect_nothing_left();
    scene.resume_and_check();
}

#[test]
fn a_node_that_comes_back_is_used_again_by_the_same_run() {
    let settings = Settings { more: "\n[limits]\nretries = 8\n".into(), ..Settings::default() };
    let mut scene = need!(large(Cluster::of(2), settings));
    let run = scene.copy().start();
    scene.wait_for_bytes(POINT);
    scene.cluster.kill("node012");
    scene.cluster.start("node012");
    run.wait().code(0).no_panic();
    scene.assert_all_is_there();
}

#[test]
fn the_connection_of_either_node_is_cut() {
    for node in ["node011", "node012"] {
        let settings = Settings { more: "\n[limits]\nretries = 8\n".into(), ..Settings::default() };
        let scene = need!(large(Cluster::of(2), settings));
        let run = scene.copy().start();
        scene.wait_for_bytes(POINT);
        scene.cluster.cut(node);
        run.wait().code(0).no_panic();
        scene.assert_all_is_there();
    }
}

#[test]
fn a_source_that_changes_meanwhile() {
    let mut scene = need!(Scene::with(Cluster::of(2), no_retries(), |folder| {
        observation::sets(folder, 80897, 0..1, LARGE);
    }));
    let run = scene.copy().start();
    scene.wait_for_bytes(1_000_000);
    scene.cluster.freeze("node011");
    // The large data file is on its way: it grows, and a small one changes.
    let set = scene.source().join(observation::name(80897, 0, 0));
    for name in ["table.f1_TSM0", "table.f0", "FIELD/table.f7", "FIELD/table.f399"] {
        let mut file = std::fs::File::options().append(true).open(set.join(name)).unwrap();
        std::io::Write::write_all(&mut file, b"written meanwhile").unwrap();
    }
    scene.cluster.thaw("node011");
    let output = run.wait().code(1).no_panic();
    assert_eq!(outcomes(&scene.work).last().unwrap()["error"]["kind"], "changed", "{output}");
    assert!(scene.visible().is_empty(), "a copy of a changing source has its name");
    scene.accept_source();
    scene.resume_and_check();
}

#[test]
fn what_had_arrived_is_not_sent_again() {
    let mut scene = need!(Scene::with(Cluster::of(2), no_retries(), |folder| {
        observation::sets(folder, 80897, 0..1, LARGE);
    }));
    let run = scene.copy().start();
    scene.wait_for_bytes(POINT);
    scene.cluster.freeze("node012");
    scene.cluster.kill("node012");
    run.wait().code(1);
    scene.cluster.start("node012");
    let numbers = |names: &[PathBuf]| -> Vec<(PathBuf, u64)> {
        let target = scene.target();
        let of = |name: &PathBuf| target.join(name).metadata().map_or(0, |facts| facts.ino());
        names.iter().map(|name| (name.clone(), of(name))).collect()
    };
    // Files of the half-made copy that are whole, by their name in the set.
    let part = parts(&scene.target()).remove(0);
    let source = walk(&scene.source().join(observation::name(80897, 0, 0)));
    let whole: Vec<PathBuf> = walk(&scene.target().join(&part))
        .into_iter()
        .filter(|(name, got)| {
            got.kind == "file"
                && source.get(name).is_some_and(|wanted| wanted.content == got.content)
        })
        .map(|(name, _)| name)
        .collect();
    assert!(!whole.is_empty(), "nothing had arrived");
    let there = |folder: &str| -> Vec<PathBuf> {
        whole.iter().map(|name| PathBuf::from(folder).join(name)).collect()
    };
    let before = numbers(&there(part.to_str().unwrap()));
    scene.copy().arg("--resume").ok();
    let after = numbers(&there(&observation::name(80897, 0, 0)));
    let kept = before.iter().zip(&after).filter(|((_, a), (_, b))| a == b).count();
    assert!(kept * 10 >= before.len() * 9, "{kept} of {} files were kept", before.len());
    scene.assert_all_is_there();
}
