//! CopyData: its plan, and what it says; the copies themselves have a room of
//! their own (`copy`).

use crate::support::nodes::Settings;
use crate::support::observation::{self, Shape};
use crate::support::skip::need;
use crate::support::{Cluster, Work, plan_golden};

const SOURCE: &str = "/data1/users/lofareor/pipeline/L2013_80897_001";

fn scene() -> Result<(Cluster, Work, std::path::PathBuf), crate::support::skip::Skip> {
    let cluster = Cluster::of(4).start()?;
    let work = Work::new();
    let settings =
        Settings { more: "\n[data]\nfree_margin_mib = 0\n".into(), ..Settings::default() };
    let config = cluster.config_with(&work, &settings);
    let mut rows = String::new();
    for k in 0..5_u32 {
        let node = if k < 3 { "node011" } else { "node012" };
        let name = format!("{}.dppp", observation::name(80897, 0, k));
        observation::set(&cluster.make(node, SOURCE).join(&name), Shape::default());
        rows.push_str(&format!("{SOURCE}/{name} 115.{k} 1 {node} 0\n"));
    }
    work.file("in.ref", rows);
    Ok((cluster, work, config))
}

#[test]
fn the_plan_is_as_before() {
    let (cluster, work, config) = need!(scene());
    let output = work
        .ledama(["run", "CopyData", "-i", "in.ref", "-c", "/data2/users/lofareor/LXXXX_XXXXX"])
        .args(["-u", "node013-014", "-o", "out.ref", "-s", "st", "--query", "--json"])
        .config(&config)
        .ok();
    plan_golden::check("CopyData", "plan", &output, &work, &cluster);
}

#[test]
fn keywords_choose_the_nodes() {
    let (cluster, work, config) = need!(scene());
    let copy = |keyword: &str, folder: &str| {
        work.ledama(["run", "CopyData", "-i", "in.ref", "-c", folder, "-k", keyword])
            .args(["-n", "4", "--no-progress"])
            .config(&config)
            .ok();
    };
    let count = |node: &str, folder: &str| {
        std::fs::read_dir(cluster.seen(node, folder)).map_or(0, Iterator::count)
    };
    copy("USE_SAME_NODES_AS_INPUT_REFFILE", "/data2/users/lofareor/same");
    assert_eq!(count("node011", "/data2/users/lofareor/same"), 3);
    assert_eq!(count("node012", "/data2/users/lofareor/same"), 2);
    copy("OPTBACKUP_EACH_MSP_COPIED_IN_NEXT_NODE", "/data3/users/lofareor/backup");
    assert_eq!(count("node012", "/data3/users/lofareor/backup"), 3);
    assert_eq!(count("node013", "/data3/users/lofareor/backup"), 2);
}

#[test]
fn the_lists_for_the_next_step_are_written() {
    let (_cluster, work, config) = need!(scene());
    work.ledama(["run", "CopyData", "-i", "in.ref", "-c", "/data2/users/lofareor/{lds}"])
        .args(["-u", "node013", "-o", "out.ref", "-s", "st", "--no-progress"])
        .config(&config)
        .ok();
    let rows = |name: &str| -> Vec<String> {
        work.read(name).lines().filter(|l| l.starts_with('/')).map(ToString::to_string).collect()
    };
    assert_eq!(rows("out.ref").len(), 5);
    assert!(rows("out.ref").iter().all(|row| row.contains(" node013 ")));
    assert_eq!(rows("st/OUT_out.ref"), rows("out.ref"));
    assert_eq!(rows("st/IN_out.ref").len(), 5);
    assert!(work.names("st").contains(&"status.jsonl".to_string()), "{:?}", work.names("st"));
}

#[test]
fn archives_are_not_configured_yet() {
    let (_cluster, work, config) = need!(scene());
    work.ledama(["run", "CopyData", "-i", "in.ref", "-c", "L80897_001", "-u", "ARCHIVE_PROC"])
        .args(["-o", "out.ref"])
        .config(&config)
        .run()
        .code(2)
        .no_panic()
        .complains("not configured");
}

#[test]
fn options_that_contradict_each_other_are_told() {
    let (_cluster, work, config) = need!(scene());
    let fails = |more: &[&str]| {
        work.ledama(["run", "CopyData", "-i", "in.ref"])
            .args(more)
            .config(&config)
            .run()
            .code(2)
            .no_panic()
    };
    fails(&[]).complains("--nodes");
    fails(&["-u", "node013", "-k", "USE_SAME_NODES_AS_INPUT_REFFILE"]).complains("--nodes");
    fails(&["-u", "node013", "-s", "st"]).complains("--output");
    fails(&["-u", "node099"]).complains("node099");
    fails(&["-u", "nods013"]).complains("node");
    work.file("out.ref", "somebody's\n");
    fails(&["-u", "node013", "-o", "out.ref"]).complains("out.ref");
    assert_eq!(work.read("out.ref"), "somebody's\n");
}
