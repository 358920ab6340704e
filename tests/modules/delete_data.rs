//! DeleteData: nothing goes without a yes, nothing goes that may not, and what
//! stays is told.

use std::path::PathBuf;

use crate::support::nodes::Settings;
use crate::support::observation::{self, Shape};
use crate::support::skip::{Skip, need};
use crate::support::tree::walk;
use crate::support::{Cluster, Work, plan_golden};

const PARENT: &str = "/data1/users/lofareor/L2013_80897";

fn scene() -> Result<(Cluster, Work, PathBuf), Skip> {
    let cluster = Cluster::of(2).start()?;
    let work = Work::new();
    let config = cluster.config_with(&work, &Settings::default());
    let mut rows = String::new();
    for (k, node) in ["node011", "node012"].into_iter().enumerate() {
        let first = u32::try_from(k).unwrap() * 2;
        for path in observation::sets(
            &cluster.make(node, PARENT),
            80897,
            first..first + 2,
            Shape::default(),
        ) {
            let name = path.file_name().unwrap().to_str().unwrap();
            rows.push_str(&format!("{PARENT}/{name} ? 1 {node} 0\n"));
        }
    }
    work.file("x.ref", rows);
    Ok((cluster, work, config))
}

fn delete(work: &Work, config: &std::path::Path, more: &[&str]) -> crate::support::Output {
    work.ledama(["run", "DeleteData", "--reffile", "x.ref", "--no-progress"])
        .args(more)
        .config(config)
        .run()
        .no_panic()
}

fn left(cluster: &Cluster) -> usize {
    cluster
        .names()
        .into_iter()
        .map(|node| std::fs::read_dir(cluster.seen(node, PARENT)).map_or(0, Iterator::count))
        .sum()
}

#[test]
fn nothing_goes_without_a_yes() {
    let (cluster, work, config) = need!(scene());
    let output = delete(&work, &config, &["--query", "--json"]).code(0);
    plan_golden::check("DeleteData", "plan", &output, &work, &cluster);
    assert_eq!(left(&cluster), 4);
    delete(&work, &config, &[]).code(2).complains("--yes");
    assert_eq!(left(&cluster), 4);
}

#[test]
fn with_a_yes_all_of_it_goes_and_is_in_the_audit_log() {
    let (cluster, work, config) = need!(scene());
    delete(&work, &config, &["--yes"]).code(0);
    assert_eq!(left(&cluster), 0);
    assert!(cluster.seen("node011", PARENT).exists(), "the folder stays");
    let log = work.read("home/.local/state/ledama/audit.jsonl");
    assert_eq!(log.lines().filter(|line| line.contains("_uv.MS")).count(), 4, "{log}");
    // Gone already is no error.
    delete(&work, &config, &["--yes"]).code(0);
}

#[test]
fn folders_go_only_when_they_are_empty() {
    let (cluster, work, config) = need!(scene());
    let hidden = cluster.seen("node012", PARENT).join(".hidden");
    std::fs::write(&hidden, "x").unwrap();
    delete(&work, &config, &["--parentpath", "--yes"]).code(1).complains(".hidden");
    assert!(!cluster.seen("node011", PARENT).exists());
    assert!(hidden.exists());
    // Named, it may go too.
    delete(&work, &config, &["--parentpath", "--force", ".hidden", "--yes"]).code(0);
    assert!(!cluster.seen("node012", PARENT).exists());
}

#[test]
fn what_may_not_be_deleted_stays() {
    let (cluster, work, config) = need!(scene());
    let before = walk(&cluster.seen("node011", "/data1"));
    let name = observation::name(80897, 0, 0);
    for path in [
        "/",
        "/data1",
        "/data1/users/lofareor",
        "/data1/users/lofareor/x",
        "/etc/hostname",
        &format!("{PARENT}/../L2013_80897/{name}"),
        "/data1/users/somebody/L2013_80897/L80897_SAP000_SB000_uv.MS",
    ] {
        work.file("x.ref", format!("{path} ? 1 node011 0\n"));
        let output = delete(&work, &config, &["--yes"]);
        assert_eq!(output.code, 2, "{path}: {output}");
    }
    assert_eq!(walk(&cluster.seen("node011", "/data1")), before);
}

#[test]
fn a_link_goes_but_not_what_it_points_to() {
    let (cluster, work, config) = need!(scene());
    let elsewhere = cluster.make("node011", "/data2/precious.MS");
    std::fs::write(elsewhere.join("table.dat"), "x").unwrap();
    let link = cluster.seen("node011", PARENT).join(observation::name(80897, 0, 50));
    std::os::unix::fs::symlink("/data2/precious.MS", &link).unwrap();
    // And a link inside a set.
    let set = cluster.seen("node011", PARENT).join(observation::name(80897, 0, 0));
    std::os::unix::fs::symlink("/data2/precious.MS", set.join("inside")).unwrap();
    work.file(
        "x.ref",
        format!(
            "{PARENT}/{} ? 1 node011 0\n{PARENT}/{} ? 1 node011 0\n",
            observation::name(80897, 0, 50),
            observation::name(80897, 0, 0)
        ),
    );
    delete(&work, &config, &["--yes"]).code(0);
    assert!(link.symlink_metadata().is_err());
    assert!(!set.exists());
    assert!(elsewhere.join("table.dat").exists());
}

#[test]
fn what_could_not_be_deleted_is_written_down() {
    let (cluster, work, config) = need!(scene());
    cluster.make_read_only("node012", "/data1");
    let output = delete(&work, &config, &["--yes"]).code(1);
    assert!(output.stderr.to_lowercase().contains("read-only"), "{output}");
    assert_eq!(left(&cluster), 2);
    let remaining = work.read("x.ref.remaining.ref");
    assert_eq!(remaining.lines().filter(|l| l.contains("node012")).count(), 2, "{remaining}");
    assert!(!remaining.lines().any(|l| l.contains("node011")), "{remaining}");
}

#[test]
fn a_copy_elsewhere_can_be_made_a_condition() {
    let (cluster, work, config) = need!(scene());
    let copy = cluster.make("node012", "/data2/users/lofareor/L2013_80897");
    let mut rows = String::new();
    for path in observation::sets(&copy, 80897, 0..3, Shape::default()) {
        let name = path.file_name().unwrap().to_str().unwrap().to_string();
        rows.push_str(&format!("/data2/users/lofareor/L2013_80897/{name} ? 1 node012 0\n"));
    }
    work.file("copies.ref", &rows);
    delete(&work, &config, &["--require-copy", "copies.ref", "--yes"]).code(2).complains("SB003");
    assert_eq!(left(&cluster), 4);
    observation::sets(&copy, 80897, 3..4, Shape::default());
    let name = observation::name(80897, 0, 3);
    rows.push_str(&format!("/data2/users/lofareor/L2013_80897/{name} ? 1 node012 0\n"));
    work.file("copies.ref", rows);
    delete(&work, &config, &["--require-copy", "copies.ref", "--yes"]).code(0);
    assert_eq!(left(&cluster), 0);
}
