//! Nodes that go away: told apart from tasks that fail, tried again, and the
//! run always ends.

use crate::support::nodes::Settings;
use crate::support::plans::{execute, one, only_outcome, outcomes};
use crate::support::skip::need;
use crate::support::{Cluster, Work, wait};

/// Runs for ever the first time, ends well the second.
const SECOND_TIME: &str = r#"
    plan.command("node011", ["sh", "-c", "if [ -e /data1/once ]; then exit 0; fi; touch /data1/once; sleep 600"]);
    plan.command("node012", ["true"]);
"#;

fn retries(times: u32) -> Settings {
    Settings { more: format!("\n[limits]\nretries = {times}\n"), ..Settings::default() }
}

#[test]
fn a_task_is_tried_again_after_its_node_came_back() {
    let mut cluster = need!(Cluster::of(2).start());
    let work = Work::new();
    let config = cluster.config_with(&work, &retries(8));
    let run = execute(&work, &config, SECOND_TIME, "").start();
    wait::until("the first attempt", || {
        cluster.seen("node011", "/data1/once").exists().then_some(())
    });
    cluster.kill("node011");
    cluster.start("node011");
    let output = run.wait().code(0);
    let all = outcomes(&work);
    assert_eq!(all[0]["state"], "done", "{output}");
    assert!(all[0]["attempts"].as_u64().unwrap() >= 2, "{:#}", all[0]);
    assert_eq!(all[1]["attempts"], 1, "the other node was not touched");
    cluster.expect_nothing_left();
}

#[test]
fn a_cut_connection_is_tried_again_and_leaves_nothing() {
    let cluster = need!(Cluster::of(2).start());
    for transport in ["ssh2", "openssh"] {
        let _ = std::fs::remove_file(cluster.seen("node011", "/data1/once"));
        let work = Work::new();
        let settings = Settings { transport: Some(transport.into()), ..retries(8) };
        let config = cluster.config_with(&work, &settings);
        let run = execute(&work, &config, SECOND_TIME, "").start();
        wait::until("the first attempt", || {
            cluster.seen("node011", "/data1/once").exists().then_some(())
        });
        cluster.cut("node011");
        run.wait().code(0);
        assert!(outcomes(&work)[0]["attempts"].as_u64().unwrap() >= 2, "{transport}");
        // The first attempt's sleep belongs to a worker whose input has closed.
        cluster.expect_nothing_left();
    }
}

#[test]
fn a_failed_task_is_not_tried_again() {
    let cluster = need!(Cluster::of(1).start());
    let work = Work::new();
    let config = cluster.config_with(&work, &retries(5));
    let body = r#"plan.command("node011", ["sh", "-c", "echo x >> /data1/tries; exit 1"]);"#;
    execute(&work, &config, body, "").run().code(1);
    assert_eq!(only_outcome(&work)["attempts"], 1);
    assert_eq!(std::fs::read_to_string(cluster.seen("node011", "/data1/tries")).unwrap(), "x\n");
}

#[test]
fn a_node_that_stays_away_fails_its_tasks_and_no_others() {
    let mut cluster = need!(Cluster::of(3).start());
    let work = Work::new();
    let config = cluster.config_with(&work, &retries(1));
    cluster.kill("node012");
    let body = r#"for k in 0..6 { plan.command(`node0${11 + k % 3}`, ["true"]); }"#;
    let output = execute(&work, &config, body, "").run().code(1);
    for outcome in outcomes(&work) {
        let lost = outcome["node"] == "node012";
        assert_eq!(outcome["state"], if lost { "failed" } else { "done" }, "{outcome:#}");
        if lost {
            assert_eq!(outcome["error"]["kind"], "connection", "{outcome:#}");
        }
    }
    // Both failures are one line, with the node named.
    assert!(output.stderr.contains("node012"), "{output}");
}

#[test]
fn a_node_that_is_killed_in_the_middle_fails_what_ran_there() {
    let mut cluster = need!(Cluster::of(2).start());
    let work = Work::new();
    let config = cluster.config_with(&work, &retries(0));
    let run = execute(&work, &config, SECOND_TIME, "").start();
    wait::until("the start", || cluster.seen("node011", "/data1/once").exists().then_some(()));
    cluster.kill("node011");
    run.wait().code(1);
    let all = outcomes(&work);
    assert_eq!(all[0]["error"]["kind"], "connection", "{:#}", all[0]);
    assert_eq!(all[1]["state"], "done");
}

#[test]
fn a_silent_node_counts_as_lost() {
    let cluster = need!(Cluster::of(1).start());
    for transport in ["ssh2", "openssh"] {
        let _ = std::fs::remove_file(cluster.seen("node011", "/data1/once"));
        let work = Work::new();
        let settings = Settings {
            transport: Some(transport.into()),
            ssh: vec!["keepalive = 1".into(), "connect_timeout = 3".into()],
            ..retries(0)
        };
        let config = cluster.config_with(&work, &settings);
        let body = r#"plan.command("node011", ["sh", "-c", "touch /data1/once; sleep 600"]);"#;
        let run = execute(&work, &config, body, "").start();
        wait::until("the start", || cluster.seen("node011", "/data1/once").exists().then_some(()));
        cluster.freeze("node011");
        let output = run.wait();
        cluster.thaw("node011");
        assert_eq!(output.code, 1, "{transport}: {output}");
        assert_eq!(only_outcome(&work)["error"]["kind"], "connection", "{transport}");
        cluster.expect_nothing_left();
    }
}

#[test]
fn a_node_that_never_answers_is_given_up() {
    let cluster = need!(Cluster::of(1).start());
    cluster.freeze("node011");
    for transport in ["ssh2", "openssh"] {
        let work = Work::new();
        let settings = Settings {
            transport: Some(transport.into()),
            ssh: vec!["connect_timeout = 1".into()],
            ..retries(0)
        };
        let config = cluster.config_with(&work, &settings);
        let (outcome, output) = one(&work, &config, r#"plan.command("node011", ["true"]);"#);
        assert_eq!(outcome["error"]["kind"], "connection", "{transport}: {output}");
    }
    cluster.thaw("node011");
}
