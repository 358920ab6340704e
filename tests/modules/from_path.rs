//! CreateRefFileFromPath: what is there is listed, with size and node; what is
//! not there, half there or in the way does no harm.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::support::nodes::Settings;
use crate::support::observation::{self, Shape};
use crate::support::plans::outcomes;
use crate::support::rows::rows;
use crate::support::skip::need;
use crate::support::tree::walk;
use crate::support::{Cluster, Work, shared};

const PARENT: &str = "/data1/users/lofareor/L2013_80897";

#[test]
fn finds_what_is_there() {
    let cluster = need!(Cluster::of(3).start());
    let work = Work::new();
    let config = cluster.config(&work);
    for (k, node) in ["node011", "node012"].into_iter().enumerate() {
        let first = u32::try_from(k).unwrap() * 2;
        let folder = cluster.make(node, PARENT);
        observation::sets(
            &folder,
            80897,
            first..first + 2,
            Shape { data_bytes: 3_000_000, small_files: 1 },
        );
        std::fs::write(folder.join("README"), "no set").unwrap();
        std::fs::create_dir(folder.join("SB_params")).unwrap();
        std::fs::write(folder.join("L80897_SAP000_SB000_uv.MS.tar"), "packed").unwrap();
    }
    let find = |more: &[&str]| {
        work.ledama(["run", "CreateRefFileFromPath", "--inputpath", "/data1/users/lofareor"])
            .args(["--nodes", "11-13", "--output", "found.ref", "--no-progress"])
            .args(more)
            .config(&config)
    };
    find(&[]).ok();
    let found = rows(&work.read("found.ref"));
    let wanted: Vec<(String, &str)> = (0..4)
        .map(|k| {
            let name = observation::name(80897, 0, k);
            (format!("{PARENT}/{name}"), if k < 2 { "node011" } else { "node012" })
        })
        .collect();
    let got: Vec<(String, &str)> =
        found.iter().map(|row| (row.path.clone(), row.node.as_str())).collect();
    assert_eq!(got, wanted);
    assert!(found.iter().all(|row| row.size == "3" || row.size == "4"), "sizes in MiB: {found:?}");
    assert!(found.iter().all(|row| row.beam == "0"), "beam from the name: {found:?}");
    cluster.expect_nothing_left();

    // Only the paths: quicker, and locked sets are no problem.
    find(&["--onlypath"]).ok();
    let found = rows(&work.read("found.ref"));
    assert_eq!(found.len(), 4);
    assert!(found.iter().all(|row| row.frequency == "?" && row.size == "?"), "{found:?}");

    // Only packed files.
    find(&["--pack"]).ok();
    let found = rows(&work.read("found.ref"));
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found.iter().all(|row| row.path.ends_with(".MS.tar")));
}

#[test]
fn a_file_that_was_there_stays_until_there_is_a_better_one() {
    let mut cluster = need!(Cluster::of(2).start());
    let work = Work::new();
    let settings = Settings {
        more: "\n[limits]\nretries = 0\n".into(),
        ssh: vec!["connect_timeout = 3".into()],
        ..Settings::default()
    };
    let config = cluster.config_with(&work, &settings);
    work.file("found.ref", "old\n");
    let find = |more: &[&str]| {
        work.ledama(["run", "CreateRefFileFromPath", "-i", "/data1/users/lofareor", "-s", "11-12"])
            .args(["-o", "found.ref", "--no-progress"])
            .args(more)
            .config(&config)
            .run()
            .no_panic()
    };
    // Nothing there: nothing written.
    find(&[]);
    assert_eq!(work.read("found.ref"), "old\n");
    // One node does not answer: nothing written, unless that is allowed.
    observation::sets(&cluster.make("node011", PARENT), 80897, 0..2, Shape::default());
    cluster.kill("node012");
    let output = find(&[]).complains("node012");
    assert!(output.code == 1 || output.code == 2, "{output}");
    assert_eq!(work.read("found.ref"), "old\n");
    find(&["--allow-partial"]).code(1);
    let text = work.read("found.ref");
    assert_eq!(rows(&text).len(), 2);
    assert!(text.lines().any(|line| line.starts_with('#') && line.contains("node012")), "{text}");
}

#[test]
fn a_query_writes_nothing() {
    let cluster = need!(Cluster::of(1).start());
    let work = Work::new();
    let config = cluster.config(&work);
    observation::sets(&cluster.make("node011", PARENT), 80897, 0..1, Shape::default());
    work.ledama([
        "run",
        "CreateRefFileFromPath",
        "-i",
        PARENT,
        "-s",
        "11",
        "-o",
        "x.ref",
        "--query",
    ])
    .config(&config)
    .ok();
    assert!(!work.has("x.ref"));
}

#[test]
fn a_tree_of_real_sets_is_listed_as_its_maker_says() {
    need!(shared::shared());
    let disks = Work::new();
    let tree = disks.join("tree");
    let manifest = need!(shared::cluster_tree(&tree, &["--nodes", "3", "--sbs", "6"]));
    let cluster = need!(Cluster::of(3).disks(&tree).start());
    let work = Work::new();
    let config = cluster.config(&work);
    let paths = "/data1/users/lofareor,/data2/users/lofareor,/data3/users/lofareor";
    let find = |more: &[&str]| {
        work.ledama(["run", "CreateRefFileFromPath", "-i", paths, "-s", "11-13", "-o", "x.ref"])
            .args(["--no-progress", "--report", "report.json"])
            .args(more)
            .config(&config)
            .run()
            .no_panic()
    };
    let mut found = BTreeMap::new();
    for kind in [&[][..], &["--pack"][..]] {
        let output = find(kind);
        assert_eq!(output.code, 0, "{output}");
        for row in rows(&work.read("x.ref")) {
            found.insert((row.node, row.path), row.size);
        }
    }
    let of = |list: &str, wanted: &dyn Fn(&Value) -> bool| -> BTreeSet<(String, String)> {
        manifest[list].as_array().unwrap().iter().filter(|e| wanted(e)).map(key).collect()
    };
    let got: BTreeSet<_> = found.keys().cloned().collect();
    // A set without a table is no set; links are followed only on request.
    let plain = |e: &Value| e["link_to"].is_null() && e["kind"] != "link";
    let sure = of("entries", &|e| e["status"] == "ok" && plain(e));
    let lost: Vec<_> = sure.difference(&got).collect();
    assert!(lost.is_empty(), "not found: {lost:#?}");
    let mut allowed = of("entries", &|_| true);
    allowed.extend(of("optional", &|_| true));
    let junk: Vec<_> = got.difference(&allowed).collect();
    assert!(junk.is_empty(), "found, but should not be: {junk:#?}");
    for entry in manifest["entries"].as_array().unwrap() {
        if let Some(size) =
            found.get(&key(entry)).filter(|_| entry["status"] == "ok" && plain(entry))
        {
            assert_eq!(*size, entry["du_mb"].to_string(), "{entry:#}");
        }
    }
}

fn key(entry: &Value) -> (String, String) {
    let text = |name: &str| entry[name].as_str().unwrap().to_string();
    (text("node"), text("path"))
}

#[test]
fn looking_changes_nothing() {
    let cluster = need!(Cluster::of(1).start());
    let work = Work::new();
    let config = cluster.config(&work);
    let folder = cluster.make("node011", PARENT);
    for set in observation::sets(&folder, 80897, 0..2, Shape::default()) {
        observation::make_difficult(&set);
    }
    let before = walk(&folder);
    work.ledama(["run", "CreateRefFileFromPath", "-i", PARENT, "-s", "11", "-o", "x.ref"])
        .config(&config)
        .ok();
    assert_eq!(walk(&folder), before);
}

#[test]
fn the_plan_is_as_before() {
    let work = Work::new();
    let config = work.file(
        "ledama.toml",
        "[[hosts]]\nprefix = \"node\"\nrange = \"1-80\"\nbare = true\ntransport = \"local\"\n",
    );
    std::fs::create_dir(work.join("data")).unwrap();
    // Looking changes nothing, so a query looks too, and says what it would write.
    let output = work
        .ledama(["run", "CreateRefFileFromPath", "-i", "data", "-s", "node011", "-o", "x.ref"])
        .args(["--query", "--report", "report.json"])
        .config(&config)
        .run()
        .no_panic();
    assert!(!work.has("x.ref"), "{output}");
    let all = outcomes(&work);
    assert_eq!(all.len(), 1, "{all:#?}");
    assert_eq!(all[0]["value"]["entries"], serde_json::json!([]), "{all:#?}");
}
