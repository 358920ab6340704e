//! ShowProcesses: what is meant is found and ended, and nothing else.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::support::nodes::Settings;
use crate::support::plans::{execute, literal, one};
use crate::support::run::{Output, Running, program};
use crate::support::skip::{Skip, need};
use crate::support::{Cluster, Work, golden, wait};

fn scene(nodes: u8) -> Result<(Cluster, Work, PathBuf), Skip> {
    let cluster = Cluster::of(nodes).start()?;
    let work = Work::new();
    let config = cluster.config_with(&work, &Settings::default());
    Ok((cluster, work, config))
}

fn show(work: &Work, config: &Path, more: &[&str]) -> Output {
    work.ledama(["run", "ShowProcesses", "--no-progress"])
        .args(more)
        .config(config)
        .run()
        .no_panic()
}

/// Starts a program on a node that belongs to nobody's session, under a name
/// of its own, and waits until it is there.
fn start(cluster: &Cluster, node: &str, name: &str) {
    start_by(cluster, node, &["setsid"], name);
}

fn start_by(cluster: &Cluster, node: &str, by: &[&str], name: &str) {
    let script = r#"name=$1; shift; "$@" bash -c 'exec -a "$0" sleep 600' "$name" >/dev/null 2>&1 </dev/null &"#;
    cluster.exec_ok(node, &[&["bash", "-c", script, "bash", name], by].concat());
    wait::until("the program", || (running(cluster, node, name) > 0).then_some(()));
}

fn running(cluster: &Cluster, node: &str, name: &str) -> usize {
    let of_name =
        |p: &&crate::support::nodes::Process| p.arguments.first().is_some_and(|a| a == name);
    cluster.processes(node).iter().filter(of_name).count()
}

/// The processes of a result, without what differs from run to run.
fn found(output: &Output) -> Vec<(String, String)> {
    let text = |one: &Value, key: &str| one[key].as_str().unwrap().to_string();
    let result = output.json()["result"]["processes"].take();
    let all = result.as_array().cloned().unwrap_or_default();
    all.iter().map(|one| (text(one, "node"), text(one, "command"))).collect()
}

fn pair(node: &str, command: &str) -> (String, String) {
    (node.to_string(), command.to_string())
}

#[test]
fn words_are_taken_literally_and_all_must_occur() {
    let (cluster, work, config) = need!(scene(2));
    let odd = r#"it's a "test"; rm -rf $HOME *"#;
    start(&cluster, "node011", odd);
    start(&cluster, "node012", "plain-test");
    let json = |more: &[&str]| found(&show(&work, &config, &[&["--json"], more].concat()).code(0));
    let whole = pair("node011", &format!("{odd} 600"));
    for words in ["it's", "\"test\"", "; rm", "$HOME *", "test,$HOME", "it's a,600"] {
        assert_eq!(json(&["-p", words]), std::slice::from_ref(&whole), "{words}");
    }
    assert_eq!(json(&["-p", "test"]), [whole.clone(), pair("node012", "plain-test 600")]);
    assert_eq!(json(&["-p", "test", "-u", "node012"]), [pair("node012", "plain-test 600")]);
    assert_eq!(json(&["-p", "^it.s,[0-9]{3}$", "--regex"]), [whole]);
    // Nothing matches: that is said, and is no failure.
    let none = show(&work, &config, &["-p", "it's,plain"]).code(0).complains("no process matches");
    assert_eq!(none.stdout(), "");
    show(&work, &config, &["-p", "x(", "--regex"]).code(2).complains("no regular expression");
    show(&work, &config, &[]).code(2).complains("--proc");
    show(&work, &config, &["--run", ""]).code(2).complains("--run");
}

#[test]
fn the_table_tells_what_is_running() {
    let (cluster, work, config) = need!(scene(1));
    start(&cluster, "node011", "table-test");
    let output = show(&work, &config, &["-p", "table-test"]).code(0);
    let lines: Vec<String> = output.stdout().lines().map(str::to_string).collect();
    let heads: Vec<&str> = lines[0].split_whitespace().collect();
    let wanted = ["node", "pid", "user", "started", "elapsed", "cpu%", "memory", "mem%", "command"];
    assert_eq!(heads, wanted);
    assert_eq!(lines.len(), 2, "{output}");
    let words: Vec<&str> = lines[1].split_whitespace().collect();
    assert_eq!((words[0], words[2]), ("node011", "root"));
    assert!(words[3].starts_with("20") && words[3].ends_with('Z'), "{output}");
    assert!(lines[1].ends_with("table-test 600"), "{output}");
}

#[test]
fn nothing_ends_without_a_yes() {
    let (cluster, work, config) = need!(scene(2));
    for node in ["node011", "node012"] {
        start(&cluster, node, "kill-test");
        start(&cluster, node, "bystander");
    }
    let kill = ["-p", "kill-test", "--kill"];
    let query = show(&work, &config, &[&kill[..], &["--query", "--json"]].concat()).code(0);
    golden::check("ShowProcesses/plan.json", &masked(&query));
    show(&work, &config, &kill).code(2).complains("--yes").complains("kill-test 600");
    assert_eq!(running(&cluster, "node011", "kill-test"), 1);

    let done = show(&work, &config, &[&kill[..], &["--yes"]].concat()).code(0);
    assert_eq!(
        done.stdout().lines().filter(|line| line.contains("  ended  ")).count(),
        2,
        "{done}"
    );
    for node in ["node011", "node012"] {
        assert_eq!(running(&cluster, node, "kill-test"), 0);
        assert_eq!(running(&cluster, node, "bystander"), 1);
    }
    let log = work.read("home/.local/state/ledama/audit.jsonl");
    assert_eq!(log.lines().filter(|line| line.contains("kill-test 600")).count(), 2, "{log}");
    show(&work, &config, &[&kill[..], &["--yes"]].concat()).code(0).complains("no process matches");
}

/// The plan, without numbers and times.
fn masked(output: &Output) -> String {
    let mut plans = output.json()["plans"].take();
    for task in plans[0]["tasks"].as_array_mut().unwrap() {
        let input = &mut task["action"]["operation"]["input"];
        let pid = input["process"]["pid"].take().to_string();
        input["process"] = json!("[PROCESS]");
        input["launcher"] = json!("[LAUNCHER]");
        let label = task["label"].as_str().unwrap().replace(&pid, "[PID]");
        let (before, after) = label.split_once("since ").unwrap();
        let (_, command) = after.split_once(": ").unwrap();
        task["label"] = json!(format!("{before}since [TIME]: {command}"));
    }
    serde_json::to_string_pretty(&plans).unwrap() + "\n"
}

#[test]
fn who_does_not_listen_is_killed() {
    let (cluster, work, config) = need!(scene(1));
    let deaf = "trap '' TERM HUP; touch /data1/deaf; while :; do sleep 0.1; done # deaf-test";
    let script = r#"setsid bash -c "$1" >/dev/null 2>&1 </dev/null &"#;
    cluster.exec_ok("node011", &["bash", "-c", script, "bash", deaf]);
    wait::until("the traps", || cluster.seen("node011", "/data1/deaf").exists().then_some(()));
    let kill = |more: &[&str]| {
        show(&work, &config, &[&["-p", "deaf-test", "-k", "--yes", "--grace", "1"], more].concat())
    };
    let done = kill(&["--signal", "HUP"]).code(0).says("  killed  ");
    assert!(!done.stdout().contains("ended"), "{done}");
    kill(&["--signal", "USR1"]).code(2).complains("USR1");
}

#[test]
fn a_number_that_was_used_again_is_refused() {
    let (cluster, work, config) = need!(scene(1));
    start(&cluster, "node011", "reuse-test");
    let listed = show(&work, &config, &["-p", "reuse-test", "--json"]).code(0).json();
    let process = &listed["result"]["processes"][0];
    let stop = |start: i64, boot: &str| {
        format!(
            "plan.operation(\"node011\", \"monitor.stop\", #{{ grace_ms: 1000, process: #{{ \
             boot_id: {}, pid: {}, start_ticks: {start} }} }});",
            literal(boot),
            process["pid"]
        )
    };
    let (start, boot) =
        (process["start_ticks"].as_i64().unwrap(), process["boot_id"].as_str().unwrap());
    let (outcome, _) = one(&work, &config, &stop(start - 1, boot));
    assert_eq!(outcome["state"], "failed");
    assert_eq!(outcome["error"]["kind"], "refused", "{outcome:#}");
    // Before the node was started anew it was another one as well.
    let (outcome, _) = one(&work, &config, &stop(start, "another start of the node"));
    assert_eq!(outcome["value"]["result"], "gone", "{outcome:#}");
    assert_eq!(running(&cluster, "node011", "reuse-test"), 1);
    let (outcome, _) = one(&work, &config, &stop(start, boot));
    assert_eq!(outcome["value"]["result"], "ended", "{outcome:#}");
    assert_eq!(running(&cluster, "node011", "reuse-test"), 0);
}

#[test]
fn processes_of_others_are_left_alone() {
    let (cluster, work, config) = need!(scene(1));
    let as_nobody = ["setpriv", "--reuid", "65534", "--clear-groups", "setsid"];
    start_by(&cluster, "node011", &as_nobody, "others-test");
    let json = |more: &[&str]| {
        found(&show(&work, &config, &[&["-p", "others-test", "--json"], more].concat()).code(0))
    };
    assert_eq!(json(&[]), []);
    assert_eq!(json(&["--kill", "--yes"]), []);
    assert_eq!(running(&cluster, "node011", "others-test"), 1);
    let theirs = [pair("node011", "others-test 600")];
    assert_eq!(json(&["--all-users"]), theirs);
    assert_eq!(json(&["--user", "nobody"]), theirs);
    assert_eq!(json(&["--user", "65534"]), theirs);
    assert_eq!(json(&["--user", "root"]), []);
    show(&work, &config, &["-p", "x", "--user", "no-such-account"]).code(1).complains("no account");
    show(&work, &config, &["-p", "x", "--user", "a", "--all-users"]).code(2);
    // Root may end them, when it says so.
    assert_eq!(json(&["--user", "nobody", "--kill", "--yes"]), theirs);
    assert_eq!(running(&cluster, "node011", "others-test"), 0);
}

#[test]
fn only_root_and_data_managers_look_at_others() {
    let work = Work::new();
    // A copy that another account can execute, in a folder it can enter.
    let copy = work.join("ledama");
    std::fs::copy(program(), &copy).unwrap();
    let open = Command::new("chmod").args(["-R", "a+rwX"]).arg(work.path()).status().unwrap();
    assert!(open.success());
    let root = rustix::process::geteuid().is_root();
    let ask = |config: &str, more: &[&str]| {
        let config = work.file("ledama.toml", config);
        let run = work.ledama::<[&str; 0]>([]);
        let run = if root {
            let run = run.program("setpriv").args(["--reuid", "65534", "--clear-groups"]);
            run.arg(&copy)
        } else {
            run.program(&copy)
        };
        run.args(["run", "ShowProcesses", "-p", "no such process", "--no-progress"])
            .args(more)
            .config(&config)
            .run()
            .no_panic()
    };
    for others in [&["--all-users"][..], &["--user", "root"]] {
        ask("", others).code(2).complains("for root and accounts of level full");
    }
    if root {
        ask("[access]\nfull = [\"nobody\"]\n", &["--all-users"]).code(0);
        ask("", &["--user", "nobody"]).code(0);
    }
}

#[test]
fn a_whole_long_name_is_shown() {
    let (cluster, work, config) = need!(scene(1));
    let long = "an-astronomer-with-a-very-long-name";
    // The accounts of this node alone.
    let accounts = cluster.seen("node011", "/data1/passwd");
    let known = std::fs::read_to_string("/etc/passwd").unwrap();
    std::fs::write(&accounts, format!("{known}{long}:x:54321:100::/:/bin/sh\n")).unwrap();
    cluster.exec_ok("node011", &["mount", "--bind", "/data1/passwd", "/etc/passwd"]);
    start_by(
        &cluster,
        "node011",
        &["setpriv", "--reuid", "54321", "--clear-groups", "setsid"],
        "name-test",
    );
    let output = show(&work, &config, &["-p", "name-test", "--user", long]).code(0);
    assert!(output.stdout().contains(&format!("  {long}  ")), "{output}");
}

#[test]
fn the_run_itself_and_its_ssh_sessions_are_never_ended() {
    let (cluster, work, config) = need!(scene(1));
    cluster.let_nodes_log_in();
    // The own worker, the program that launches, what it came from: all of
    // them have the word in their command lines.
    let sure = "surely-nobody-else-has-this";
    let none = show(&work, &config, &["-p", sure, "--kill", "--yes"]).code(0);
    assert!(none.stderr.contains("no process matches"), "{none}");
    // A run on a node that looks at that node itself, from a script of that name.
    let seen = cluster.seen("node011", "/data1");
    std::fs::copy(program(), seen.join("ledama")).unwrap();
    let script =
        "/data1/ledama run ShowProcesses -p surely,data1 --kill --yes --all-users\necho $?\n";
    std::fs::write(seen.join("surely.sh"), script).unwrap();
    let inside = || {
        let inside = cluster.exec("node011", &["bash", "/data1/surely.sh"]);
        let text = String::from_utf8_lossy(&inside.stderr).into_owned();
        assert_eq!(String::from_utf8_lossy(&inside.stdout), "0\n", "{text}");
        assert!(text.contains("no process matches"), "{text}");
    };
    inside();
    // The same, with the worker behind an ssh session: no child of the program.
    let twin = work.read("ledama.toml").replace("prefix = \"node\"", "prefix = \"twin\"");
    std::fs::write(seen.join("twin.toml"), twin).unwrap();
    let with_twin = script.replace("--kill", "-u twin011 --config /data1/twin.toml --kill");
    std::fs::write(seen.join("surely.sh"), with_twin).unwrap();
    inside();
    // Sessions are shown and stay.
    let ssh = "setsid ssh -F /root/.ssh/config node011 sleep 605 >/dev/null 2>&1 </dev/null &";
    cluster.exec_ok("node011", &["bash", "-c", ssh]);
    wait::until("a session", || (running(&cluster, "node011", "sleep") > 0).then_some(()));
    let output = show(&work, &config, &["-p", "sshd,root", "--kill", "--yes"]).code(0);
    output.says("an ssh session").complains("nothing was ended");
    assert_eq!(running(&cluster, "node011", "sleep"), 1);
    start_session(&cluster);
    let output = show(&work, &config, &["-p", "session-test", "--kill", "--yes"]).code(0);
    output.says("a login shell").complains("nothing was ended");
    assert_eq!(running(&cluster, "node011", "-bash"), 1);
}

/// A shell that calls itself a login shell and waits.
fn start_session(cluster: &Cluster) {
    let script = "exec -a -bash bash --rcfile session-test -s < <(sleep 600) >/dev/null 2>&1";
    let outer = r#"setsid bash -c "$1" >/dev/null 2>&1 </dev/null &"#;
    cluster.exec_ok("node011", &["bash", "-c", outer, "bash", script]);
    wait::until("a login shell", || (running(cluster, "node011", "-bash") > 0).then_some(()));
}

/// A run that works on two nodes until it is stopped.
fn long_run(cluster: &Cluster, work: &Work, config: &Path) -> (Running, String) {
    let body = r#"for node in ["node011", "node012"] { plan.command(node, ["bash", "-c", "setsid sleep 601 & touch /data1/begun; sleep 602"]); }"#;
    let run = execute(work, config, body, "").start();
    let begun = |node: &str| cluster.seen(node, "/data1/begun").exists();
    wait::until("the run", || (begun("node011") && begun("node012")).then_some(()));
    let id = wait::until("the id of the run", || {
        cluster.processes("node011").into_iter().find_map(|process| process.run_id)
    });
    (run, id)
}

#[test]
fn what_a_run_has_started_is_found_by_its_id() {
    let (cluster, work, config) = need!(scene(2));
    start(&cluster, "node011", "sleep-of-nobody");
    let (run, id) = long_run(&cluster, &work, &config);
    let second = Work::new();
    let config = cluster.config(&second);
    let all = found(&show(&second, &config, &["--run", &id, "--json"]).code(0));
    for node in ["node011", "node012"] {
        for command in ["sleep 601", "sleep 602"] {
            assert!(all.contains(&pair(node, command)), "{node}: {command} not in {all:#?}");
        }
    }
    assert!(all.iter().all(|(_, command)| !command.contains("nobody")), "{all:#?}");
    let some = found(&show(&second, &config, &["--run", &id, "-p", "601", "--json"]).code(0));
    assert_eq!(some, [pair("node011", "sleep 601"), pair("node012", "sleep 601")]);
    show(&second, &config, &["--run", "20200101T000000Z-000000"]).code(0).complains("no process");
    show(&second, &config, &["--run", &id, "--kill", "--yes"]).code(0).says("ended");
    // The run notices that its commands were ended, and ends by itself.
    run.wait().code(1);
    cluster.expect_nothing_left();
    assert_eq!(running(&cluster, "node011", "sleep-of-nobody"), 1);
}

#[test]
fn a_node_that_does_not_answer_is_told_and_the_others_are_shown() {
    let mut cluster = need!(Cluster::of(2).start());
    let work = Work::new();
    let settings = Settings {
        more: "\n[limits]\nretries = 0\n".into(),
        ssh: vec!["connect_timeout = 3".into()],
        ..Settings::default()
    };
    let config = cluster.config_with(&work, &settings);
    start(&cluster, "node011", "partial-test");
    cluster.kill("node012");
    show(&work, &config, &["-p", "partial-test"])
        .code(1)
        .says("partial-test 600")
        .complains("node012");
}
