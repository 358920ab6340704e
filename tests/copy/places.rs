//! What is refused before the first byte, and what is left alone.

use std::os::unix::fs::MetadataExt as _;

use super::scene::{SOURCE, Scene, TARGET};
use crate::support::Cluster;
use crate::support::observation::{self, Shape};
use crate::support::skip::need;
use crate::support::tree::assert_same_entries;

#[test]
fn a_query_changes_nothing_anywhere() {
    let scene = need!(Scene::new(Cluster::of(2), 2, Shape::default()));
    scene.copy().arg("--query").ok().says("L80897_SAP000_SB000_uv.MS").says("node012");
    assert!(!scene.target().exists());
    assert!(!scene.work.has("out.ref"));
    assert!(!scene.work.has("st"));
    scene.cluster.expect_nothing_left();
}

#[test]
fn the_same_command_again_leaves_complete_copies_alone() {
    let scene = need!(Scene::new(Cluster::of(2), 2, Shape::default()));
    scene.copy().ok();
    let number = |name: &str| scene.target().join(name).metadata().unwrap().ino();
    let before: Vec<u64> = scene.visible().iter().map(|name| number(name)).collect();
    // Without --resume they are in the way.
    scene.copy().run().code(2).complains("--resume");
    scene.copy().arg("--resume").ok();
    let after: Vec<u64> = scene.visible().iter().map(|name| number(name)).collect();
    assert_eq!(before, after);
    scene.assert_all_is_there();
}

#[test]
fn an_incomplete_set_is_not_touched_without_replace() {
    let scene = need!(Scene::new(Cluster::of(2), 2, Shape::default()));
    let name = observation::name(80897, 0, 1);
    let there = scene.cluster.make("node012", TARGET).join(&name);
    observation::set(&there, Shape { data_bytes: 10, small_files: 1 });
    scene.copy().run().code(2).complains(&name);
    assert_eq!(scene.visible(), [name.as_str()]);
    // The others are copied, but this one stays as it is.
    scene.copy().arg("--resume").run().code(1).complains(&name);
    assert_eq!(std::fs::metadata(there.join("table.f1_TSM0")).unwrap().len(), 10);
    scene.copy().args(["--resume", "--replace"]).ok();
    scene.assert_all_is_there();
}

#[test]
fn a_file_in_the_way_is_not_overwritten() {
    let scene = need!(Scene::new(Cluster::of(2), 1, Shape::default()));
    let name = observation::name(80897, 0, 0);
    std::fs::write(scene.cluster.make("node012", TARGET).join(&name), "precious").unwrap();
    scene.copy().run().code(2).complains(&name);
    assert_eq!(std::fs::read_to_string(scene.target().join(&name)).unwrap(), "precious");
}

#[test]
fn too_little_space_is_noticed_before_the_first_byte() {
    let scene = need!(Scene::new(
        Cluster::of(2).disk_size("40m"),
        2,
        Shape { data_bytes: 15_000_000, small_files: 2 }
    ));
    let filler = scene.cluster.make("node012", "/data2").join("filler");
    observation::fill(&filler, b"x", 20_000_000);
    let output = scene.copy().run().code(2).no_panic();
    assert!(output.stderr.contains("space") || output.stderr.contains("MiB free"), "{output}");
    assert!(output.stderr.contains("node012"), "{output}");
    assert!(scene.visible().is_empty());
    std::fs::remove_file(filler).unwrap();
    scene.resume_and_check();
}

#[test]
fn copies_onto_or_into_each_other_are_refused() {
    let scene = need!(Scene::new(Cluster::of(2), 2, Shape::default()));
    let name = observation::name(80897, 0, 0);
    let copy = |path: &str, nodes: &str| {
        scene
            .work
            .ledama(["run", "CopyData", "--reffile", "in.ref", "--copypath", path])
            .args(["--nodes", nodes, "--no-progress"])
            .config(&scene.config)
            .run()
            .code(2)
            .no_panic()
    };
    copy(SOURCE, "node011");
    copy(&format!("{SOURCE}/{name}"), "node011");
    copy(&format!("{SOURCE}/{name}/deeper"), "node011");
    // The same name from two folders in one place.
    let other = "/data1/users/lofareor/L2013_80897_001";
    observation::set(&scene.cluster.make("node011", other).join(&name), Shape::default());
    let twice = format!("{SOURCE}/{name} ? ? node011 0\n{other}/{name} ? ? node011 0\n");
    scene.work.file("in.ref", twice);
    copy(TARGET, "node012").complains(&name);
    assert!(!scene.target().exists());
    scene.assert_nothing_is_lost();
}

#[test]
fn a_missing_source_is_told_before_anything_is_copied() {
    let scene = need!(Scene::new(Cluster::of(2), 1, Shape::default()));
    let missing = observation::name(80897, 0, 77);
    let rows = format!("{}{SOURCE}/{missing} ? ? node011 0\n", scene.work.read("in.ref"));
    scene.work.file("in.ref", rows);
    scene.copy().run().code(2).complains("SB077");
    assert!(scene.visible().is_empty());
}

#[test]
fn names_are_filled_in_for_each_set() {
    let scene = need!(Scene::new(Cluster::of(2), 2, Shape::default()));
    scene
        .work
        .ledama(["run", "CopyData", "-i", "in.ref", "-u", "node012", "--no-progress"])
        .args(["-c", "/data2/users/lofareor/LXXXX_XXXXX"])
        .config(&scene.config)
        .ok();
    assert_same_entries(&scene.source(), &scene.target());
    scene
        .work
        .ledama(["run", "CopyData", "-i", "in.ref", "-u", "node012", "--no-progress"])
        .args(["-c", "/data3/users/lofareor/{lds}/beam {beam}"])
        .config(&scene.config)
        .ok();
    assert_same_entries(
        &scene.source(),
        &scene.cluster.seen("node012", "/data3/users/lofareor/L80897/beam 000"),
    );
}

#[test]
fn only_the_chosen_sub_bands_are_copied() {
    let scene = need!(Scene::new(Cluster::of(2), 4, Shape::default()));
    scene.copy().args(["--subbands", "1-2"]).ok();
    assert_eq!(scene.visible(), [observation::name(80897, 0, 1), observation::name(80897, 0, 2)]);
    scene.copy().args(["--subbands", "9", "--output", "none.ref"]).run().code(2);
}
