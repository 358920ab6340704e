//! ExecuteCommandOnData: each word arrives as it was meant, whatever the names
//! are, and what came of each set is told.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::nodes::Settings;
use crate::support::observation::{self, Shape};
use crate::support::plans::literal;
use crate::support::skip::{Skip, need};
use crate::support::{Cluster, Output, Work, plan_golden};

const PARENT: &str = "/data1/users/lofareor/L2013_80897";

/// Two nodes with two sets each, listed in `x.ref`.
fn scene() -> Result<(Cluster, Work, PathBuf), Skip> {
    let cluster = Cluster::of(2).start()?;
    let work = Work::new();
    let config = cluster.config_with(&work, &Settings::default());
    let mut rows = String::new();
    for (k, node) in ["node012", "node011"].into_iter().enumerate() {
        let first = u32::try_from(k).unwrap() * 2;
        let parent = cluster.make(node, PARENT);
        for path in observation::sets(&parent, 80897, first..first + 2, Shape::default()) {
            let name = path.file_name().unwrap().to_str().unwrap();
            rows.push_str(&format!("{PARENT}/{name} ? 1 {node} 0\n"));
        }
    }
    work.file("x.ref", rows);
    Ok((cluster, work, config))
}

/// Writes a RefFile of sets with any names.
fn list(work: &Work, config: &Path, node: &str, paths: &[&str]) {
    let rows: Vec<String> = paths
        .iter()
        .map(|path| format!("#{{ path: {}, node: \"{node}\" }}", literal(path)))
        .collect();
    let script = format!(
        "run.save(\"x.ref\", reffile::from_rows([{}]).text, #{{ overwrite: true }});\n",
        rows.join(", ")
    );
    work.file("list.rhai", script);
    work.ledama(["run", "list.rhai"]).config(config).ok();
}

fn execute(work: &Work, config: &Path, more: &[&str]) -> Output {
    work.ledama(["run", "ExecuteCommandOnData", "--reffile", "x.ref", "--no-progress"])
        .args(more)
        .config(config)
        .run()
        .no_panic()
}

/// What is told about each set, in order.
fn outputs(output: &Output) -> Vec<Value> {
    output.json()["result"]["outputs"].as_array().unwrap_or_else(|| panic!("{output}")).clone()
}

/// What each set said, in order.
fn said(work: &Work, config: &Path, more: &[&str]) -> Vec<String> {
    let output = execute(work, config, &[&["--json"], more].concat()).code(0);
    outputs(&output).iter().map(|one| one["stdout"].as_str().unwrap().to_string()).collect()
}

#[test]
fn each_set_is_told_with_its_status_sorted_by_path() {
    let (cluster, work, config) = need!(scene());
    let output = execute(&work, &config, &["-c", "echo --MS-- in --PMS--"]).code(0);
    let name = |k| observation::name(80897, 0, k);
    let wanted: String = (0..4)
        .map(|k| {
            let node = if k < 2 { "node012" } else { "node011" };
            format!("== {node} {PARENT}/{0}: status 0\n{0} in {PARENT}\n", name(k))
        })
        .collect();
    assert_eq!(output.stdout(), wanted, "{output}");
    // Words after two dashes are words; blanks and quotes in them need no others.
    let words = execute(&work, &config, &["--", "printf", "[%s]\n", "a  b'\"$HOME", "--FMS--"]);
    let line = format!("[a  b'\"$HOME]\n[{PARENT}/{}]\n", name(0));
    words.code(0).says(&line);
    cluster.expect_nothing_left();
}

#[test]
fn the_plan_is_as_before() {
    let (cluster, work, config) = need!(scene());
    let command = r#"ls -l "--FMS--/a b" '$HOME' --PMS--"#;
    let query = |more: &[&str]| execute(&work, &config, &[&["--query", "--json"], more].concat());
    let output = query(&["-c", command]).code(0);
    plan_golden::check("ExecuteCommandOnData", "plan", &output, &work, &cluster);
    let script = r#"ls "$FMS" | wc -l > /data1/count"#;
    let more = ["--shell", "-c", script, "--initfile", "/opt/init.sh", "--expect-status", "0,3"];
    let output = query(&more).code(0);
    plan_golden::check("ExecuteCommandOnData", "script", &output, &work, &cluster);
    assert!(!cluster.seen("node011", "/data1/count").exists());
    let shown = execute(&work, &config, &["--query", "-c", command]).code(0);
    shown.says(&format!("node012  ls -l '{PARENT}/L80897_SAP000_SB000_uv.MS/a b' '$HOME'"));
}

#[test]
fn quotes_and_dollars_mean_themselves() {
    let (_cluster, work, config) = need!(scene());
    let table = [
        (r#"printf %s 'single "double" inside'"#, r#"single "double" inside"#),
        (r#"printf %s "double 'single' inside""#, "double 'single' inside"),
        (r#"printf %s 'it'\''s' " and \"this\"""#, r#"it's and "this""#),
        (r"printf %s $HOME", "$HOME"),
        (r#"printf %s "$HOME/*" ~ [a] \$x"#, "$HOME/*~[a]$x"),
        (r#"printf %s '|' ">" \; '`id`' '$(id)'"#, "|>;`id`$(id)"),
        (r"printf %s a\ \ b '' c", "a  bc"),
    ];
    for (command, wanted) in table {
        assert_eq!(said(&work, &config, &["-c", command])[0], wanted, "{command}");
    }
    execute(&work, &config, &["-c", "printf %s $HOME"]).code(0).complains("$HOME means itself");
}

#[test]
fn what_only_a_shell_can_do_is_refused() {
    let (_cluster, work, config) = need!(scene());
    for command in [
        "ls > x", "ls | wc", "ls; id", "ls & id", "ls `id`", "ls $(id)", "A=b ls", "ls 'x", "",
        "''",
    ] {
        let output = execute(&work, &config, &["-c", command]);
        assert_eq!(output.code, 2, "{command}: {output}");
        // With logs it was refused before as well.
        assert_eq!(execute(&work, &config, &["-c", command, "-l", "logs"]).code, 2, "{command}");
    }
    execute(&work, &config, &["-c", "ls > x"]).code(2).complains("--shell").complains("`>`");
    for word in ["--MS--", "--FMS--", "--PMS--"] {
        let script = format!("rm -r {word}");
        let output = execute(&work, &config, &["--shell", "-c", &script, "--yes"]).code(2);
        output.complains(&format!("\"${}\"", word.trim_matches('-')));
    }
    execute(&work, &config, &["--shell", "-c", " \n"]).code(2);
    assert!(!work.has("logs"));
}

/// Names that a shell, a program or a file of lines would stumble over.
const ODD: [&str; 7] = [
    "/data1/users/lofareor/L80897/-rf_SB000_uv.MS",
    "/data1/users/lofareor/L80897/a  b_SB001_uv.MS",
    "/data1/users/lofareor/L80897/it's \"odd\"_SB002_uv.MS",
    "/data1/users/lofareor/L80897/$HOME;`id`_SB003_uv.MS",
    "/data1/users/lofareor/L80897/* >x_SB004_uv.MS",
    "/data1/users/lofareor/L80897/new\nline_SB005_uv.MS",
    "/data1/users/lofareor/L80897/--FMS--_SB006_uv.MS",
];

#[test]
fn names_arrive_as_they_are() {
    let (cluster, work, config) = need!(scene());
    let mut sorted = ODD.to_vec();
    sorted.sort_unstable();
    for path in ODD {
        observation::set(&cluster.seen("node011", path), Shape::default());
    }
    list(&work, &config, "node011", &ODD);
    let name = |path: &str| path.rsplit('/').next().unwrap().to_string();
    let whole = |template: fn(String, &str) -> String| -> Vec<String> {
        sorted.iter().map(|path| template(name(path), path)).collect()
    };
    // As words of their own, as parts of words, and for a program that looks.
    let command = "printf %s|%s|x=%s --MS-- --PMS-- --FMS--".replace('|', "\\|");
    let wanted = whole(|name, path| format!("{name}|/data1/users/lofareor/L80897|x={path}"));
    assert_eq!(said(&work, &config, &["-c", &command]), wanted);
    assert_eq!(said(&work, &config, &["--", "test", "-d", "--FMS--/FIELD"]).len(), ODD.len());
    // The same for a script, where nothing is pasted.
    let script = r#"test -d "$FMS/FIELD" && printf '%s|%s|x=%s' "$MS" "$PMS" "$FMS""#;
    assert_eq!(said(&work, &config, &["--shell", "-c", script]), wanted);
    // A name cannot forge a line of the result.
    let output = execute(&work, &config, &["-c", "true"]).code(0);
    assert_eq!(output.stdout().lines().count(), ODD.len(), "{output}");
    // Each has a log of its own.
    execute(&work, &config, &["-c", "echo --FMS--", "-l", "logs"]).code(0);
    let logs = work.names("logs");
    assert_eq!(logs.len(), ODD.len(), "{logs:?}");
    assert!(logs.iter().all(|log| !log.starts_with('-')), "{logs:?}");
}

#[test]
fn a_script_knows_its_set() {
    let (_cluster, work, config) = need!(scene());
    let script = "# a comment with 'quotes\nif [ \"$SB\" = 3 ]; then exit 7; fi\n\
                  echo \"$NODE $SB $BEAM $LDS $VERSION\" | tr ' ' ,\ncat </dev/null";
    let output =
        execute(&work, &config, &["--shell", "-c", script, "--json", "--expect-status", "0,7"]);
    let all = outputs(&output.code(0));
    assert_eq!(all[0]["stdout"], "node012,0,0,L80897,0\n");
    assert_eq!((&all[3]["stdout"], &all[3]["exit_status"]), (&"".into(), &7.into()), "{all:#?}");
    // What is not known is empty.
    list(&work, &config, "node011", &["/data1/x"]);
    let odd = said(&work, &config, &["--shell", "-c", "echo \"<$SB><$LDS><$VERSION>\""]);
    assert_eq!(odd, ["<><><0>\n"]);
}

#[test]
fn the_status_decides_and_nothing_else() {
    let (_cluster, work, config) = need!(scene());
    // Without a word of why.
    let silent = execute(&work, &config, &["--json", "--", "false"]).code(1);
    for one in outputs(&silent) {
        assert_eq!((&one["state"], &one["exit_status"]), (&"failed".into(), &1.into()));
        assert_eq!((&one["stdout"], &one["stderr"]), (&"".into(), &"".into()));
    }
    let told = execute(&work, &config, &["--", "false"]).code(1);
    told.says(": status 1").complains("(4 tasks)");
    execute(&work, &config, &["--expect-status", "0,1", "--", "false"]).code(0);
    execute(&work, &config, &["--expect-status", "1", "--", "true"]).code(1);
    // Errors alone are no failure, and stay apart from the output.
    let script = "echo out; echo careful >&2";
    let output = execute(&work, &config, &["--shell", "-c", script, "--json"]).code(0);
    for one in outputs(&output) {
        assert_eq!((&one["stdout"], &one["stderr"]), (&"out\n".into(), &"careful\n".into()));
    }
    let shown = execute(&work, &config, &["--shell", "-c", script]).code(0);
    assert_eq!(shown.stdout().matches("out\n! careful\n").count(), 4, "{shown}");
}

#[test]
fn programs_that_cannot_be_started_or_are_killed_are_told() {
    let (cluster, work, config) = need!(scene());
    let unknown = execute(&work, &config, &["--", "no-such-program", "--FMS--"]).code(1);
    unknown.says("no-such-program is not in the PATH").complains("no-such-program");
    let killed = execute(&work, &config, &["--shell", "-c", "kill -9 $$", "--json"]).code(1);
    for one in outputs(&killed) {
        assert_eq!(one["exit_status"], 137);
        assert!(one["title"].as_str().unwrap().contains("was killed by signal 9"), "{one:#}");
    }
    let late = execute(&work, &config, &["--time-out", "1", "--", "sleep", "600"]).code(1);
    late.complains("1 s");
    cluster.expect_nothing_left();
}

#[test]
fn with_logs_the_output_goes_to_files() {
    let (_cluster, work, config) = need!(scene());
    let output = execute(&work, &config, &["-l", "logs", "--", "echo", "to the log of --MS--"]);
    let output = output.code(0);
    assert!(!output.stdout().contains("to the log"), "{output}");
    let logs = work.names("logs");
    assert_eq!(logs.len(), 4, "{logs:?}");
    let text = work.read(format!("logs/{}", logs[0]));
    assert!(text.starts_with("to the log of L80897_SAP000_SB000_uv.MS\n# done"), "{text}");
    output.says(&format!("logs/{}", logs[0]));
}

#[test]
fn much_output_is_cut_but_whole_in_the_log() {
    let (_cluster, work, config) = need!(scene());
    let of_each_node: Vec<String> =
        work.read("x.ref").lines().step_by(2).map(|row| format!("{row}\n")).collect();
    work.file("x.ref", of_each_node.concat());
    let much = ["--shell", "-c", "yes 'a line of ten' | head -c 100000000"];
    let output = execute(&work, &config, &[&much[..], &["--json"]].concat()).code(0);
    for one in outputs(&output) {
        let kept = one["stdout"].as_str().unwrap();
        assert_eq!(kept.len(), 4 << 20, "of few sets much is kept");
        let note = one["notes"][0].as_str().unwrap();
        assert!(note.contains("91.4 MiB of the output left out"), "{note}");
    }
    let output = execute(&work, &config, &[&much[..], &["-l", "logs"]].concat()).code(0);
    assert!(output.stdout_bytes.len() < 10_000);
    for log in work.names("logs") {
        let bytes = std::fs::metadata(work.join("logs").join(log)).unwrap().len();
        assert!((100_000_000..100_000_100).contains(&bytes), "{bytes}");
    }
}

#[test]
fn many_sets_need_a_yes() {
    let (cluster, work, config) = need!(scene());
    let touch_at_most = |most: &str, more: &[&str]| {
        let words = ["--", "touch", "--FMS--/touched"];
        execute(&work, &config, &[&["--at-most", most], more, &words].concat())
    };
    let touch = |more: &[&str]| touch_at_most("3", more);
    let touched = || {
        let seen = |node: &str| cluster.seen(node, PARENT);
        let all = ["node011", "node012"].map(|node| {
            let sets = std::fs::read_dir(seen(node)).unwrap().flatten();
            sets.filter(|set| set.path().join("touched").exists()).count()
        });
        all.into_iter().sum::<usize>()
    };
    touch(&[]).code(2).complains("4 measurement sets").complains("--yes");
    touch(&["--query"]).code(0).says("touch");
    assert_eq!(touched(), 0);
    touch(&["--yes"]).code(0);
    assert_eq!(touched(), 4);
    // As many as that need none.
    touch_at_most("4", &[]).code(0);
    let log = work.read("home/.local/state/ledama/audit.jsonl");
    assert_eq!(log.matches("Execute touch --FMS--/touched").count(), 8, "{log}");
}

#[test]
fn an_init_file_is_sourced_first() {
    let (cluster, work, config) = need!(scene());
    for node in ["node011", "node012"] {
        let init = cluster.seen(node, "/data1/init.sh");
        std::fs::write(init, "export FROM_INIT=\"set by it\"\n").unwrap();
    }
    let script = ["--shell", "-c", "printf %s \"$FROM_INIT\""];
    assert_eq!(said(&work, &config, &script)[0], "");
    let with_init = [&script[..], &["--initfile", "/data1/init.sh"]].concat();
    assert_eq!(said(&work, &config, &with_init)[0], "set by it");
    let words = ["--initfile", "/data1/init.sh", "--", "printenv", "FROM_INIT"];
    assert_eq!(said(&work, &config, &words)[3], "set by it\n");
}

#[test]
fn over_nfs_everything_runs_on_this_host() {
    let (cluster, work, config) = need!(scene());
    execute(&work, &config, &["--usenfs", "-c", "true"]).code(2).complains("paths.nfs");
    // The disks of the nodes lie on this machine.
    let net = cluster.folder().join("{node}{path}");
    let more = format!("\n[paths]\nnfs = \"{}\"\n", net.display());
    let config = cluster.config_with(&work, &Settings { more, ..Settings::default() });
    let command = ["-u", "-c", "ls -d --FMS--/FIELD --PMS--"];
    for (k, text) in said(&work, &config, &command).iter().enumerate() {
        let node = if k < 2 { "node012" } else { "node011" };
        let parent = format!("{}/{node}{PARENT}", cluster.folder().display());
        let name = observation::name(80897, 0, u32::try_from(k).unwrap());
        assert_eq!(*text, format!("{parent}\n{parent}/{name}/FIELD\n"));
    }
    // The node of a set is still known, and no node was asked.
    let nodes = said(&work, &config, &["-u", "--shell", "-c", "echo $NODE $(uname -n)"]);
    let here = rustix::system::uname().nodename().to_string_lossy().into_owned();
    assert_eq!(nodes[0], format!("node012 {here}\n"));
}

#[test]
fn rows_in_archives_and_empty_files_are_told() {
    let (_cluster, work, config) = need!(scene());
    work.file("x.ref", "users/L80897/x_SB000.MS ? 1 TARGET_E_EOR 0\n");
    execute(&work, &config, &["-c", "true"]).code(2).complains("stores");
    work.file("x.ref", "# nothing\n");
    execute(&work, &config, &["-c", "true"]).code(0).says("nothing to do");
}
