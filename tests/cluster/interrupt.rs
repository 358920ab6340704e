//! Ctrl-C at any point ends everything on every node, and says so.

use rustix::process::Signal;

use crate::support::nodes::Settings;
use crate::support::plans::{execute, outcomes};
use crate::support::skip::need;
use crate::support::{Cluster, Work, wait};

/// Children in their own sessions, children that ignore TERM, and plain ones.
const STUBBORN: &str = r#"
    for k in 0..9 {
        plan.command(`node0${11 + k % 3}`, ["sh", "-c", "touch /data1/started-$1; setsid sleep 600 & (trap '' TERM INT HUP; sleep 600) & sleep 600; wait", "x", `${k}`]);
    }
"#;

/// Plain, stubborn and far children of tasks that have begun, known by `mark`.
fn started_as(cluster: &Cluster, mark: &str) -> usize {
    let on = |node: &str| {
        let disk = cluster.seen(node, "/data1");
        std::fs::read_dir(disk)
            .unwrap()
            .flatten()
            .filter(|entry| entry.file_name().to_string_lossy().starts_with(mark))
            .count()
    };
    cluster.names().into_iter().map(on).sum()
}

fn started(cluster: &Cluster) -> usize {
    started_as(cluster, "started-")
}

/// Interrupts a run once so many of its tasks have begun. All of them end as cancelled.
fn interrupt_after(cluster: &Cluster, transport: &str, tasks: usize) {
    let work = Work::new();
    let settings = Settings { transport: Some(transport.into()), ..Settings::default() };
    let config = cluster.config_with(&work, &settings);
    let mark = format!("{transport}-{tasks}-");
    let plan = STUBBORN.replace("started-", &mark);
    let run = execute(&work, &config, &plan, "numprocessors: 2").start();
    wait::until("the start", || (started_as(cluster, &mark) >= tasks).then_some(()));
    run.interrupt();
    let output = run.wait().code(130).no_panic();
    let all = outcomes(&work);
    assert!(all.iter().all(|o| o["state"] == "cancelled"), "{all:#?}; {output}");
}

#[test]
fn ctrl_c_leaves_no_process_at_any_point() {
    let cluster = need!(Cluster::of(3).start());
    // The first run puts the program on the nodes; the others come all at once.
    interrupt_after(&cluster, "ssh2", 1);
    std::thread::scope(|scope| {
        for (transport, tasks) in
            [("ssh2", 4), ("ssh2", 6), ("openssh", 1), ("openssh", 4), ("openssh", 6)]
        {
            let cluster = &cluster;
            scope.spawn(move || interrupt_after(cluster, transport, tasks));
        }
    });
    cluster.expect_nothing_left();
}

#[test]
fn ctrl_c_while_it_connects_leaves_no_process() {
    let cluster = need!(Cluster::of(3).start());
    for transport in ["ssh2", "openssh"] {
        let work = Work::new();
        let settings = Settings { transport: Some(transport.into()), ..Settings::default() };
        let config = cluster.config_with(&work, &settings);
        // Nodes are greeted when they are started; that is no connection of the run.
        let quiet =
            || cluster.names().iter().all(|n| cluster.processes(n).len() == 1).then_some(());
        wait::until("nodes without connections", quiet);
        let run = execute(&work, &config, STUBBORN, "numprocessors: 2").start();
        // As soon as a node has more than its sshd.
        wait::until("a connection", || {
            cluster.names().iter().any(|n| cluster.processes(n).len() > 1).then_some(())
        });
        run.interrupt();
        run.wait().code(130).no_panic();
        cluster.expect_nothing_left();
        wait::until("the end of the connections", quiet);
    }
}

#[test]
fn term_and_hangup_end_it_the_same_way() {
    for signal in [Signal::TERM, Signal::HUP] {
        let cluster = need!(Cluster::of(3).start());
        let work = Work::new();
        let config = cluster.config(&work);
        let run = execute(&work, &config, STUBBORN, "numprocessors: 2").start();
        wait::until("the start", || (started(&cluster) >= 3).then_some(()));
        run.signal(signal);
        run.wait().code(130).no_panic();
        cluster.expect_nothing_left();
    }
}

#[test]
fn a_killed_host_leaves_nothing_either() {
    for transport in ["ssh2", "openssh"] {
        let cluster = need!(Cluster::of(3).start());
        let work = Work::new();
        let settings = Settings { transport: Some(transport.into()), ..Settings::default() };
        let config = cluster.config_with(&work, &settings);
        let run = execute(&work, &config, STUBBORN, "numprocessors: 2").start();
        wait::until("the start", || (started(&cluster) >= 4).then_some(()));
        run.signal(Signal::KILL);
        run.wait().code(137);
        cluster.expect_nothing_left();
    }
}

#[test]
fn an_impatient_user_gets_out_at_once() {
    let cluster = need!(Cluster::of(3).start());
    let work = Work::new();
    let config = cluster.config(&work);
    let run = execute(&work, &config, STUBBORN, "numprocessors: 2").start();
    wait::until("the start", || (started(&cluster) >= 3).then_some(()));
    for _ in 0..3 {
        run.interrupt();
        // Signals sent at once are one signal.
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    run.wait().code(130);
    cluster.expect_nothing_left();
}

#[test]
fn an_endless_script_is_interrupted_too() {
    let work = Work::new();
    work.file("endless.rhai", "run.save(\"begun\", \"\"); loop { }\n");
    let run = work.ledama(["run", "endless.rhai"]).start();
    wait::until("the script", || work.has("begun").then_some(()));
    run.interrupt();
    run.wait().code(130).no_panic();
}
