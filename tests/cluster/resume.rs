//! The journal: what is done is not done again, and it survives anything.

use serde_json::Value;

use crate::support::plans::{execute, outcomes};
use crate::support::skip::need;
use crate::support::{Cluster, Work, wait};

/// Each task counts its runs; those with an even number fail until repaired.
const COUNTED: &str = r#"
    for k in 0..6 {
        plan.command(`node0${11 + k % 2}`, ["sh", "-c", "echo x >> /data1/count-$1; [ -e /data1/repaired ] || [ $(($1 / 2 % 2)) = 1 ]", "x", `${k}`], #{ label: `task ${k}` });
    }
"#;

const WITH_JOURNAL: &str = "status: \"st\", resume: true";

fn runs_of(cluster: &Cluster, task: usize) -> usize {
    let node = format!("node0{}", 11 + task % 2);
    let file = cluster.seen(&node, &format!("/data1/count-{task}"));
    std::fs::read_to_string(file).map_or(0, |text| text.lines().count())
}

#[test]
fn only_what_is_not_done_is_done_again() {
    let cluster = need!(Cluster::of(2).start());
    let work = Work::new();
    let config = cluster.config(&work);
    execute(&work, &config, COUNTED, WITH_JOURNAL).run().code(1);
    for node in cluster.names() {
        std::fs::write(cluster.seen(node, "/data1/repaired"), "").unwrap();
    }
    execute(&work, &config, COUNTED, WITH_JOURNAL).ok();
    let states: Vec<Value> = outcomes(&work).iter().map(|o| o["state"].clone()).collect();
    for (task, state) in states.iter().enumerate() {
        let was_done = task / 2 % 2 == 1;
        assert_eq!(*state, if was_done { "already_done" } else { "done" }, "task {task}");
        assert_eq!(runs_of(&cluster, task), if was_done { 1 } else { 2 }, "task {task}");
    }
    // A third time there is nothing left to do.
    execute(&work, &config, COUNTED, WITH_JOURNAL).ok();
    assert!(outcomes(&work).iter().all(|o| o["state"] == "already_done"));
}

#[test]
fn without_resume_everything_is_done_again() {
    let cluster = need!(Cluster::of(2).start());
    let work = Work::new();
    let config = cluster.config(&work);
    execute(&work, &config, COUNTED, "status: \"st\"").run().code(1);
    execute(&work, &config, COUNTED, "status: \"st\"").run().code(1);
    assert!((0..6).all(|task| runs_of(&cluster, task) == 2));
}

#[test]
fn a_journal_cut_in_the_middle_of_a_line_is_read() {
    let cluster = need!(Cluster::of(2).start());
    let work = Work::new();
    let config = cluster.config(&work);
    execute(&work, &config, COUNTED, WITH_JOURNAL).run().code(1);
    let journal = work.join("st/status.jsonl");
    let mut text = std::fs::read_to_string(&journal).unwrap();
    for line in text.lines() {
        assert!(serde_json::from_str::<Value>(line).is_ok(), "no JSON: {line}");
    }
    text.push_str("{\"run\":\"2013");
    std::fs::write(&journal, &text).unwrap();
    execute(&work, &config, COUNTED, WITH_JOURNAL).run().code(1);
    assert_eq!(runs_of(&cluster, 2), 1);
    assert_eq!(runs_of(&cluster, 0), 2);
}

#[test]
fn two_runs_do_not_share_a_status_folder() {
    let cluster = need!(Cluster::of(1).start());
    let work = Work::new();
    let config = cluster.config(&work);
    let body = r#"plan.command("node011", ["sh", "-c", "touch /data1/begun; while [ ! -e /data1/end ]; do sleep 0.05; done"]);"#;
    let first = execute(&work, &config, body, "status: \"st\"").start();
    wait::until("the first", || cluster.seen("node011", "/data1/begun").exists().then_some(()));
    let second = work
        .ledama(["run", "plan.rhai", "--no-progress"])
        .config(&config)
        .run()
        .code(2)
        .complains("st");
    assert!(second.stderr.contains("in use"), "{second}");
    std::fs::write(cluster.seen("node011", "/data1/end"), "").unwrap();
    first.wait().code(0);
    // Free again.
    work.ledama(["run", "plan.rhai", "--no-progress"]).config(&config).ok();
}

#[test]
fn a_lock_of_a_dead_run_is_no_obstacle() {
    let cluster = need!(Cluster::of(1).start());
    let work = Work::new();
    let config = cluster.config(&work);
    let body = r#"plan.command("node011", ["sh", "-c", "if [ -e /data1/begun ]; then exit 0; fi; touch /data1/begun; sleep 600"]);"#;
    let first = execute(&work, &config, body, WITH_JOURNAL).start();
    wait::until("the first", || cluster.seen("node011", "/data1/begun").exists().then_some(()));
    first.signal(rustix::process::Signal::KILL);
    first.wait().code(137);
    work.ledama(["run", "plan.rhai", "--no-progress"]).config(&config).ok();
}
