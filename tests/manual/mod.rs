//! The manual of each command is enough to use it: every option is in it, and
//! every example works.

use crate::modules::manifests::names;
use crate::support::{Work, golden};

#[test]
fn the_help_of_every_module_is_as_before() {
    let work = Work::new();
    let mut failed = String::new();
    for name in names() {
        let help = work.ledama(["run", &name, "--help"]).ok().stdout();
        let text = golden::mask(&help, &[(work.path().to_str().unwrap(), "[WORK]")]);
        let file = format!("{name}/help.txt");
        if let Err(panic) = std::panic::catch_unwind(|| golden::check(&file, &text)) {
            failed.push_str(panic.downcast_ref::<String>().map_or("", String::as_str));
        }
    }
    assert!(failed.is_empty(), "{failed}");
}

#[test]
fn help_and_description_name_every_option() {
    let work = Work::new();
    for name in names() {
        let facts = work.ledama(["describe", &name, "--json"]).ok().json();
        let help = work.ledama(["run", &name, "--help"]).ok().stdout();
        let description = work.ledama(["describe", &name]).ok().stdout();
        for option in facts["options"].as_array().unwrap() {
            // One that is on by itself is named by what turns it off.
            let no = if option["default"] == true { "no-" } else { "" };
            let flag = format!("--{no}{}", option["name"].as_str().unwrap());
            assert!(help.contains(&flag), "{name}: no {flag} in the help");
            assert!(description.contains(&flag), "{name}: no {flag} in the description");
        }
    }
}

#[test]
fn every_example_is_understood() {
    let row = |k: u32| {
        format!(
            "/data1/users/lofareor/L2013_80897/L80897_SAP000_SB{k:03}_uv.MS 115.0 10 node011 0\n"
        )
    };
    let mut count = 0;
    for name in names() {
        let facts = Work::new().ledama(["describe", &name, "--json"]).ok().json();
        for example in facts["examples"].as_array().into_iter().flatten() {
            count += 1;
            let work = Work::new();
            // All nodes are this host, where none of the data is.
            let config = work.file(
                "ledama.toml",
                "[[hosts]]\nprefix = \"node\"\nrange = \"1-80\"\nbare = true\ntransport = \"local\"\n",
            );
            for file in ["in.ref", "out.ref", "more.ref", "backup.ref"] {
                work.file(file, (0..250).map(row).collect::<String>());
            }
            let example = example.as_str().unwrap();
            let words = shell_words::split(example).unwrap();
            assert_eq!(words[0], "ledama", "{example}");
            let mut run = work.ledama(&words[1..]).config(&config);
            if !words.iter().any(|word| word == "--query") {
                run = run.arg("--query");
            }
            let output = run.run().no_panic();
            // The data may be missing here; the options may not be wrong.
            let errors = output.stderr.lines().filter(|line| line.starts_with("error"));
            let errors = errors.collect::<String>();
            for word in ["unexpected argument", "unknown", "invalid value", "required"] {
                assert!(!errors.contains(word), "{example}: {output}");
            }
        }
    }
    assert!(count >= 6, "{count} examples only");
}

#[test]
fn every_command_has_help() {
    let work = Work::new();
    for command in [
        "run",
        "list",
        "describe",
        "check",
        "new",
        "config",
        "doctor",
        "repl",
        "completions",
        "docs",
    ] {
        let help = work.ledama([command, "--help"]).ok().stdout();
        assert!(help.contains("Usage:"), "{help}");
    }
}

#[test]
fn the_doctor_finds_what_is_wrong() {
    use crate::support::Cluster;
    use crate::support::nodes::Settings;
    use crate::support::skip::need;
    let mut cluster = need!(Cluster::of(3).start());
    let work = Work::new();
    let settings = Settings { ssh: vec!["connect_timeout = 3".into()], ..Settings::default() };
    let config = cluster.config_with(&work, &settings);
    work.ledama(["doctor"]).config(&config).ok().says("node011").says("node013");
    cluster.kill("node012");
    let output = work.ledama(["doctor"]).config(&config).run().code(1).no_panic();
    assert!(output.stdout().contains("node012") || output.stderr.contains("node012"), "{output}");
}

#[test]
fn the_repl_answers() {
    let work = Work::new();
    let output = work.ledama(["repl"]).stdin("1 + 2\nranges::ints(\"0-3\")\n").run().no_panic();
    assert_eq!(output.code, 0, "{output}");
    assert!(output.stdout().contains('3'), "{output}");
    assert!(output.stdout().contains("[0, 1, 2, 3]"), "{output}");
}
