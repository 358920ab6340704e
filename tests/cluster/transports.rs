//! The suite that every transport passes: arguments arrive as they are, every
//! kind of ending is told apart, output of any size comes through.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

use ledama_base::rawtext;

use crate::support::nodes::Settings;
use crate::support::plans::{execute, literal, one, only_outcome, outcomes};
use crate::support::skip::{Skip, need};
use crate::support::{Cluster, Work, observation};

/// One way to reach a node, ready to be used.
struct Place {
    work: Work,
    config: PathBuf,
    node: &'static str,
    // Ends with the test.
    cluster: Option<Cluster>,
}

impl Place {
    fn new(transport: &str) -> Result<Self, Skip> {
        let work = Work::new();
        if transport == "local" {
            let config = work.file(
                "ledama.toml",
                "[ssh]\ntransport = \"local\"\n\n[[hosts]]\nprefix = \"node\"\nrange = \"11-11\"\nbare = true\n",
            );
            return Ok(Self { work, config, node: "node011", cluster: None });
        }
        let cluster = Cluster::of_any_kind(1).start()?;
        let settings = Settings { transport: Some(transport.to_string()), ..Settings::default() };
        let config = cluster.config_with(&work, &settings);
        Ok(Self { work, config, node: "node011", cluster: Some(cluster) })
    }

    /// Runs one command and expects its outcome to be in this state.
    #[track_caller]
    fn command(&self, argv: &str, options: &str, state: &str) -> serde_json::Value {
        let body = format!("plan.command(\"{}\", {argv}, #{{ {options} }});", self.node);
        let (outcome, output) = one(&self.work, &self.config, &body);
        assert_eq!(outcome["state"], state, "{outcome:#}; {output}");
        assert_eq!(output.code, i32::from(state != "done"), "{output}");
        if let Some(cluster) = &self.cluster {
            cluster.expect_nothing_left();
        }
        outcome
    }
}

/// Makes a test of every function for each transport.
macro_rules! over_every_transport {
    ($($name:ident)+) => {
        mod local { $( #[test] fn $name() { super::$name(need!(super::Place::new("local"))); } )+ use crate::support::skip::need; }
        mod ssh2 { $( #[test] fn $name() { super::$name(need!(super::Place::new("ssh2"))); } )+ use crate::support::skip::need; }
        mod openssh { $( #[test] fn $name() { super::$name(need!(super::Place::new("openssh"))); } )+ use crate::support::skip::need; }
    };
}

over_every_transport! {
    any_bytes_arrive_as_one_argument
    statuses_and_signals_are_told_apart
    what_cannot_be_started_is_told
    rules_decide_what_success_is
    output_comes_back_whole
    huge_output_neither_hangs_nor_fills_the_memory
    the_surroundings_are_as_told
    an_init_file_is_sourced_first
    a_time_out_ends_all_it_started
    what_stays_in_the_background_is_waited_for
}

fn any_bytes_arrive_as_one_argument(place: Place) {
    let odd: [&[u8]; 14] = [
        b"",
        b" ",
        b"a b",
        b"'",
        b"\"",
        b"$HOME `id` $(id)",
        b"; touch /tmp/never",
        b"*",
        b"\\",
        b"\\n",
        b"new\nline\n",
        b"-rf",
        b"\xe9\xff\xfe latin1",
        "\u{ef80}\u{3b1}\u{2609}".as_bytes(),
    ];
    let random = (0..30_u8).map(|k| {
        let bytes = observation::noise(&[k], 1 + usize::from(k) * 5);
        bytes.into_iter().map(|b| if b == 0 { 1 } else { b }).collect::<Vec<u8>>()
    });
    let arguments: Vec<Vec<u8>> = odd.iter().map(|raw| raw.to_vec()).chain(random).collect();
    let folder = place.work.join("got");
    std::fs::create_dir(&folder).unwrap();
    let mut body = String::new();
    for (k, raw) in arguments.iter().enumerate() {
        let text = literal(&rawtext::encode(OsStr::from_bytes(raw)));
        let file = literal(folder.join(k.to_string()).to_str().unwrap());
        // One more argument behind: a lost or split one is noticed.
        body.push_str(&format!(
            "plan.command(\"{}\", [\"sh\", \"-c\", `printf '%s|%s|%s' \"$1\" \"$2\" \"$#\" > \"$3\"`, \"x\", {text}, \"end\", {file}]);\n",
            place.node
        ));
    }
    execute(&place.work, &place.config, &body, "").ok();
    for (k, raw) in arguments.iter().enumerate() {
        let wanted = [raw.as_slice(), b"|end|3"].concat();
        let got = std::fs::read(folder.join(k.to_string())).unwrap();
        assert_eq!(got, wanted, "argument {k}: {}", raw.escape_ascii());
    }
}

fn statuses_and_signals_are_told_apart(place: Place) {
    let good = place.command(r#"["true"]"#, "", "done");
    assert_eq!(good["exit_status"], 0, "{good:#}");
    for status in [1, 2, 3, 127, 255] {
        let bad = place.command(&format!(r#"["sh", "-c", "exit {status}"]"#), "", "failed");
        assert_eq!(bad["exit_status"], status, "{bad:#}");
        assert_eq!(bad["error"]["kind"], "status", "{bad:#}");
    }
    for (signal, number) in [("TERM", 15), ("KILL", 9), ("SEGV", 11)] {
        let killed = place.command(&format!(r#"["sh", "-c", "kill -{signal} $$"]"#), "", "failed");
        assert_eq!(killed["exit_status"], 128 + number, "{killed:#}");
    }
}

fn what_cannot_be_started_is_told(place: Place) {
    let missing = place.command(r#"["no-such-program-here", "x"]"#, "", "failed");
    let message = missing["error"]["message"].as_str().unwrap();
    assert!(message.contains("no-such-program-here"), "{missing:#}");
    let folder = place.command(r#"["true"]"#, r#"folder: "/nowhere/at/all""#, "failed");
    let message = folder["error"]["message"].as_str().unwrap();
    assert!(message.contains("/nowhere/at/all"), "{folder:#}");
}

fn rules_decide_what_success_is(place: Place) {
    place.command(r#"["sh", "-c", "exit 3"]"#, "success: [0, 3]", "done");
    place.command(r#"["true"]"#, "success: [1]", "failed");
    // A warning on standard error is no failure.
    place.command(r#"["sh", "-c", "echo warning >&2"]"#, "", "done");
    let text = place.command(
        r#"["sh", "-c", "echo all went well; echo ERROR: not really; echo bye"]"#,
        r#"failure_text: ["ERROR:"]"#,
        "failed",
    );
    assert!(text["tail"].as_str().unwrap().contains("not really"), "{text:#}");
}

fn output_comes_back_whole(place: Place) {
    let outcome = place.command(
        r#"["sh", "-c", "seq 1 30000; echo to stderr >&2; printf 'no newline'"]"#,
        "capture: true",
        "done",
    );
    let numbers: String = (1..=30_000).map(|k| format!("{k}\n")).collect();
    assert_eq!(outcome["value"]["stdout"], numbers + "no newline");
    assert_eq!(outcome["value"]["stderr"], "to stderr\n");
}

fn huge_output_neither_hangs_nor_fills_the_memory(place: Place) {
    // Both streams at once: a reader that waits for one of them hangs.
    let body = format!(
        "plan.command(\"{}\", [\"sh\", \"-c\", \"head -c 100000000 /dev/zero | tr '\\\\0' x & head -c 100000000 /dev/zero | tr '\\\\0' y >&2; wait; echo last!\"], #{{ log: \"huge\" }});",
        place.node
    );
    execute(&place.work, &place.config, &body, "logs: \"logs\"").ok();
    let outcome = only_outcome(&place.work);
    assert!(outcome["tail"].as_str().unwrap().len() <= 20_000, "{outcome:#}");
    let logs = place.work.names("logs");
    assert_eq!(logs.len(), 1, "{logs:?}");
    let log = std::fs::read(place.work.join("logs").join(&logs[0])).unwrap();
    let count = |wanted: u8| log.split(|byte| *byte == wanted).count() - 1;
    assert!(count(b'x') >= 100_000_000, "{} bytes of standard output", count(b'x'));
    assert!(count(b'y') >= 100_000_000, "{} bytes of standard error", count(b'y'));
    assert!(log.windows(6).rev().take(200_000).any(|part| part == b"last!\n"), "the end is lost");
}

fn the_surroundings_are_as_told(place: Place) {
    let folder = place.work.join("here and there");
    std::fs::create_dir(&folder).unwrap();
    let outcome = place.command(
        r#"["sh", "-c", "pwd; echo $COLOUR; cat; echo $LEDAMA_RUN_ID"]"#,
        &format!(
            r#"folder: {}, env: #{{ COLOUR: "deep 'blue'" }}, stdin: "first\nsecond\n", capture: true"#,
            literal(folder.to_str().unwrap())
        ),
        "done",
    );
    let stdout = outcome["value"]["stdout"].as_str().unwrap();
    let lines: Vec<&str> = stdout.lines().collect();
    assert_eq!(lines[0], folder.to_str().unwrap());
    assert_eq!(&lines[1..4], ["deep 'blue'", "first", "second"]);
    assert!(!lines[4].is_empty(), "no run id: {stdout}");
    // Without input there is an end of it, not a wait.
    let empty = place.command(r#"["cat"]"#, "capture: true", "done");
    assert_eq!(empty["value"]["stdout"], "");
}

fn an_init_file_is_sourced_first(place: Place) {
    let init =
        place.work.file("an init's file.sh", "export FROM_INIT='it was sourced'\nadd() { :; }\n");
    let init = literal(init.to_str().unwrap());
    let outcome = place.command(
        r#"["sh", "-c", "printf '%s,%s,%s' \"$FROM_INIT\" \"$1\" \"$#\"", "x", "a b $HOME 'q'"]"#,
        &format!("init_file: {init}, capture: true"),
        "done",
    );
    assert_eq!(outcome["value"]["stdout"], "it was sourced,a b $HOME 'q',1");
    let status =
        place.command(r#"["sh", "-c", "exit 7"]"#, &format!("init_file: {init}"), "failed");
    assert_eq!(status["exit_status"], 7, "{status:#}");
    let missing = place.command(r#"["true"]"#, r#"init_file: "/nowhere/init.sh""#, "failed");
    assert!(missing.to_string().contains("/nowhere/init.sh"), "{missing:#}");
}

fn a_time_out_ends_all_it_started(place: Place) {
    let marker = place.work.join("still alive");
    let body = format!(
        "plan.command(\"{}\", [\"sh\", \"-c\", \"(trap '' TERM; sleep 600; touch \\\"$1\\\") & sleep 600\", \"x\", {}]);",
        place.node,
        literal(marker.to_str().unwrap())
    );
    let output =
        execute(&place.work, &place.config, &body, "").args(["--time-out", "1"]).run().code(1);
    let outcome = only_outcome(&place.work);
    assert_eq!(outcome["error"]["kind"], "time-out", "{outcome:#}; {output}");
    if let Some(cluster) = &place.cluster {
        cluster.expect_nothing_left();
    }
    assert!(!marker.exists());
}

fn what_stays_in_the_background_is_waited_for(place: Place) {
    // It would be stopped with the worker, and what it has to say lost.
    let outcome = place.command(
        r#"["sh", "-c", "(sleep 0.4; echo late) & echo early"]"#,
        "capture: true",
        "done",
    );
    assert_eq!(outcome["value"]["stdout"], "early\nlate\n");
}

#[test]
fn a_node_that_talks_at_login_is_understood() {
    let cluster = need!(Cluster::of(1).sshd("Banner /etc/hostname").start());
    let noise = "echo 'Welcome to the cluster'; echo 'be careful' >&2\n";
    for file in [".bashrc", ".profile", ".bash_profile"] {
        std::fs::write(cluster.home().join(file), noise).unwrap();
    }
    for transport in ["ssh2", "openssh"] {
        let work = Work::new();
        let settings = Settings { transport: Some(transport.into()), ..Settings::default() };
        let config = cluster.config_with(&work, &settings);
        let (outcome, output) =
            one(&work, &config, r#"plan.command("node011", ["hostname"], #{ capture: true });"#);
        assert_eq!(outcome["value"]["stdout"], "node011\n", "{output}");
    }
}

#[test]
fn each_node_does_its_own() {
    let cluster = need!(Cluster::of(3).start());
    let work = Work::new();
    let config = cluster.config(&work);
    let body = r#"for node in ["node011", "node012", "node013"] { plan.command(node, ["hostname"], #{ capture: true }); }"#;
    execute(&work, &config, body, "").ok();
    let all = outcomes(&work);
    for (outcome, name) in all.iter().zip(cluster.names()) {
        assert_eq!(outcome["value"]["stdout"], format!("{name}\n"));
    }
}

#[test]
fn an_unknown_or_changed_host_key_ends_the_connection() {
    let cluster = need!(Cluster::of(2).start());
    let work = Work::new();
    let config = cluster.config(&work);
    let known = cluster.folder().join("known_hosts");
    let lines = std::fs::read_to_string(&known).unwrap();
    let lines: Vec<&str> = lines.lines().collect();
    let marker = work.join("ran");
    let body =
        format!("plan.command(\"node012\", [\"touch\", {}]);", literal(marker.to_str().unwrap()));

    std::fs::write(&known, format!("{}\n", lines[0])).unwrap();
    let (outcome, output) = one(&work, &config, &body);
    assert_eq!(outcome["error"]["kind"], "refused", "{outcome:#}");
    assert!(output.stderr.contains("host key"), "{output}");
    assert!(output.stderr.contains("ssh-keyscan"), "no advice; {output}");

    // The key of node011 under the name of node012.
    let (names, _) = lines[1].split_once(' ').unwrap();
    let (_, key) = lines[0].split_once(' ').unwrap();
    std::fs::write(&known, format!("{names} {key}\n")).unwrap();
    let (outcome, output) = one(&work, &config, &body);
    assert_eq!(outcome["error"]["kind"], "refused", "{outcome:#}");
    assert_eq!(output.code, 1, "{output}");
    assert!(!marker.exists(), "the command ran on a node that is not the right one");
}

#[test]
fn no_accepted_key_says_which_were_tried() {
    let cluster = need!(Cluster::of(1).start());
    let work = Work::new();
    let config = cluster.config(&work);
    std::fs::write(cluster.folder().join("authorized_keys"), "").unwrap();
    let (outcome, output) = one(&work, &config, r#"plan.command("node011", ["true"]);"#);
    assert_eq!(outcome["error"]["kind"], "permission", "{outcome:#}");
    assert!(output.stderr.contains("id_ed25519"), "{output}");
}
