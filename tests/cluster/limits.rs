//! No more at once than was asked for, and everything is done.

use crate::support::plans::{execute, outcomes};
use crate::support::skip::need;
use crate::support::{Cluster, Work};

/// Each task notes how many others of its node run with it.
const COUNTING: &str = r#"
    for k in 0..24 {
        let node = if k % 3 == 0 { "node011" } else { "node012" };
        plan.command(node, ["sh", "-c", "mkdir -p /data1/now; touch /data1/now/$1; ls /data1/now | wc -l >> /data1/seen; sleep 0.05; rm /data1/now/$1", "x", `${k}`]);
    }
"#;

fn most_at_once(cluster: &Cluster, node: &str) -> usize {
    let seen = std::fs::read_to_string(cluster.seen(node, "/data1/seen")).unwrap();
    seen.lines().map(|line| line.trim().parse().unwrap()).max().unwrap()
}

#[test]
fn tasks_of_a_node_stay_within_the_limit() {
    for at_once in [1, 3] {
        let cluster = need!(Cluster::of(2).start());
        let work = Work::new();
        let config = cluster.config(&work);
        execute(&work, &config, COUNTING, &format!("numnodes: 2, numprocessors: {at_once}")).ok();
        let all = outcomes(&work);
        assert_eq!(all.len(), 24);
        assert!(all.iter().all(|outcome| outcome["state"] == "done"), "{all:#?}");
        for node in cluster.names() {
            let most = most_at_once(&cluster, node);
            assert!(most <= at_once, "{most} at once on {node}, not {at_once}");
        }
        // The limit is also used: sixteen tasks of 50 ms overlap.
        assert_eq!(most_at_once(&cluster, "node012"), at_once);
    }
}

#[test]
fn nodes_at_once_stay_within_the_limit() {
    let cluster = need!(Cluster::of(3).start());
    let work = Work::new();
    let config = cluster.config(&work);
    let shared = work.join("now");
    std::fs::create_dir(&shared).unwrap();
    let body = format!(
        r#"for k in 0..12 {{
            let node = `node0${{11 + k % 3}}`;
            plan.command(node, ["sh", "-c", "mkdir -p \"$1/$(hostname)\"; ls \"$1\" | wc -l >> \"$1.seen\"; sleep 0.05; [ \"$2\" -lt 9 ] || rmdir \"$1/$(hostname)\"", "x", "{}", `${{k}}`]);
        }}"#,
        shared.display()
    );
    execute(&work, &config, &body, "numnodes: 1, numprocessors: 1").ok();
    let seen = std::fs::read_to_string(work.join("now.seen")).unwrap();
    assert!(seen.lines().all(|line| line.trim() == "1"), "{seen}");
}

#[test]
fn a_plan_without_tasks_is_nothing_to_do() {
    let cluster = need!(Cluster::of_any_kind(1).start());
    let work = Work::new();
    let config = cluster.config(&work);
    execute(&work, &config, "", "").ok();
    assert!(outcomes(&work).is_empty());
}

#[test]
fn a_task_waits_for_those_it_comes_after() {
    let cluster = need!(Cluster::of(2).start());
    let work = Work::new();
    let config = cluster.config(&work);
    let body = r#"
        let first = plan.command("node011", ["sh", "-c", "sleep 0.3; touch /tmp/$1", "x", args[0]]);
        plan.command("node012", ["test", "-e", `/tmp/${args[0]}`], #{ after: [first] });
        let bad = plan.command("node011", ["false"]);
        plan.command("node012", ["true"], #{ after: [bad] });
    "#;
    let mark = format!("{}-after", work.path().display().to_string().replace('/', "_"));
    execute(&work, &config, body, "numnodes: 2, numprocessors: 4").arg(&mark).run().code(1);
    let _ = std::fs::remove_file(format!("/tmp/{mark}"));
    let states: Vec<_> = outcomes(&work).iter().map(|o| o["state"].clone()).collect();
    assert_eq!(states, ["done", "done", "failed", "skipped"]);
}

#[test]
fn fail_fast_starts_nothing_more() {
    let cluster = need!(Cluster::of(1).start());
    let work = Work::new();
    let config = cluster.config(&work);
    let body = r#"plan.command("node011", ["false"]); for k in 0..5 { plan.command("node011", ["true"]); }"#;
    execute(&work, &config, body, "numprocessors: 1").arg("--fail-fast").run().code(1);
    let states: Vec<_> = outcomes(&work).iter().map(|o| o["state"].clone()).collect();
    assert_eq!(states[0], "failed");
    assert!(states[1..].iter().all(|state| state == "skipped"), "{states:?}");
}
