//! CheckData: every state is recognised, and a status folder of a copy is read.

use crate::support::nodes::Settings;
use crate::support::observation::{self, Shape};
use crate::support::skip::need;
use crate::support::{Cluster, Work};

const PARENT: &str = "/data1/users/lofareor/L2013_80897";

#[test]
fn every_state_is_told_apart() {
    let mut cluster = need!(Cluster::of(2).start());
    let work = Work::new();
    let settings = Settings {
        more: "\n[limits]\nretries = 0\n".into(),
        ssh: vec!["connect_timeout = 3".into()],
        ..Settings::default()
    };
    let config = cluster.config_with(&work, &settings);
    let shape = Shape { data_bytes: 9_500_000, small_files: 0 };
    observation::sets(&cluster.make("node011", PARENT), 80897, 0..4, shape);
    cluster.kill("node012");
    let name = |k: u32| format!("{PARENT}/{}", observation::name(80897, 0, k));
    let rows = [
        (0, "10", "node011", "complete"),
        (1, "100", "node011", "incomplete"),
        (2, "1", "node011", "oversize"),
        (3, "?", "node011", "unknown-expected"),
        (9, "10", "node011", "missing"),
        (0, "10", "node012", "unreachable"),
    ];
    let text: String =
        rows.iter().map(|(k, size, node, _)| format!("{} ? {size} {node} 0\n", name(*k))).collect();
    work.file("x.ref", text);
    let check = |more: &[&str]| {
        work.ledama(["run", "CheckData", "--inarg", "x.ref", "--no-progress"])
            .args(more)
            .config(&config)
            .run()
            .no_panic()
    };
    let output = check(&[]).code(1);
    for (k, _, node, state) in rows {
        let line = output
            .stdout()
            .lines()
            .find(|line| line.contains(&name(k)) && line.contains(node))
            .unwrap_or_else(|| panic!("no line for {} on {node}; {output}", name(k)))
            .to_string();
        assert!(line.to_lowercase().starts_with(state), "{line}: not {state}");
    }
    let only = check(&["--only", "missing,incomplete", "--write-missing", "again.ref"]).code(1);
    assert!(!only.stdout().contains("oversize"), "{only}");
    let again = work.read("again.ref");
    assert!(again.contains("SB001") && again.contains("SB009"), "{again}");
    assert!(!again.lines().any(|l| l.contains("SB000") && l.contains("node011")), "{again}");
    check(&["--only", "no-such-state"]).code(2);
    // A generous user calls a tenth complete.
    work.file("x.ref", format!("{} ? 100 node011 0\n", name(1)));
    check(&["--acceptperc", "5"]).code(0);
    check(&["--notcompare"]).code(0).says("10");
}

#[test]
fn growth_between_two_looks_is_a_transfer() {
    let cluster = need!(Cluster::of(1).start());
    let work = Work::new();
    let config = cluster.config(&work);
    let set = observation::sets(
        &cluster.make("node011", PARENT),
        80897,
        0..1,
        Shape { data_bytes: 1_000_000, small_files: 0 },
    )
    .remove(0);
    work.file("x.ref", format!("{PARENT}/{} ? 1000 node011 0\n", observation::name(80897, 0, 0)));
    // Grows until the run has ended.
    let growing = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(true));
    let more = std::sync::Arc::clone(&growing);
    let writer = std::thread::spawn(move || {
        let mut file =
            std::fs::File::options().append(true).open(set.join("table.f1_TSM0")).unwrap();
        let block = vec![7; 200_000];
        while more.load(std::sync::atomic::Ordering::Relaxed) {
            std::io::Write::write_all(&mut file, &block).unwrap();
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    });
    let output = work
        .ledama([
            "run",
            "CheckData",
            "-i",
            "x.ref",
            "--checkspeed",
            "--interval",
            "1",
            "--no-progress",
        ])
        .config(&config)
        .run();
    growing.store(false, std::sync::atomic::Ordering::Relaxed);
    writer.join().unwrap();
    output.code(1).no_panic().says("transferring");
}

#[test]
fn odd_arguments_are_told() {
    let work = Work::new();
    std::fs::create_dir(work.join("empty")).unwrap();
    work.ledama(["run", "CheckData", "-i", "empty"]).run().code(2).complains("empty");
    work.ledama(["run", "CheckData", "-i", "nowhere.ref"]).run().code(2).complains("nowhere.ref");
}
