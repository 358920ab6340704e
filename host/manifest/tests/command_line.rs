//! From the command line to checked options.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use super::*;
use crate::cli::run::host_options as host;

fn options() -> Manifest {
    manifest(
        r#"include: ["distribution", "query"],
        options: [
            #{ name: "output", short: "o", kind: "path", required: true, help: "Where to" },
            #{ name: "mode", short: "m", kind: "choice", choices: ["SAME", "NEXT"], help: "How" },
            #{ name: "nodes", short: "u", kind: "nodes", default_value: "1,2", help: "Which" },
            #{ name: "subbands", short: "b", kind: "ints", max: 100, help: "Which" },
            #{ name: "accept-perc", short: "a", kind: "float", default_value: 100, help: "How much" },
            #{ name: "verify", short: "v", kind: "flag", default_value: true, help: "Do not verify" },
            #{ name: "exclude", short: "e", kind: "list", help: "What not" },
            #{ name: "after", kind: "time", help: "When" },
            #{ name: "text", short: "t", kind: "text", default_value: "{user} in {group}{x}", help: "What" },
            #{ name: "force", short: "f", kind: "flag", help: "Do" },
        ]"#,
    )
}

/// Runs the host's part of a command line up to checked options.
fn parse(words: &[&str]) -> Result<Options, String> {
    let words: Vec<OsString> = words.iter().map(OsString::from).collect();
    parse_os(&options(), words)
}

pub(super) fn parse_os(manifest: &Manifest, words: Vec<OsString>) -> Result<Options, String> {
    let command = command(manifest, Purpose::Parse, host);
    let matches = command
        .try_get_matches_from(words)
        .map_err(|e| crate::diagnostic::usage_error(&e, "ledama run Try --help").to_string())?;
    let raw = RawOptions::from_matches(manifest, &matches);
    resolve(manifest, &raw, &facts()).map_err(|faults| told(&faults).join("\n"))
}

#[test]
fn options_are_typed_and_checked() {
    let options = parse(&[
        "-o",
        "out/./x.ref",
        "-m",
        "NEXT",
        "-u",
        "n3/4",
        "-b",
        "0-3,7",
        "-a",
        "99.5",
        "-v",
        "-e",
        "a,b",
        "--exclude",
        "c",
        "--after",
        "2013-04-02",
        "-f",
        "-n",
        "5",
    ])
    .unwrap();
    assert_eq!(
        serde_json::to_string(&options.to_json()).unwrap(),
        r#"{"output":"/here/out/x.ref","mode":"NEXT","nodes":["n3","n4"],"subbands":[0,1,2,3,7],"accept-perc":99.5,"verify":false,"exclude":["a","b","c"],"after":"2013-04-02T00:00:00Z","text":"joe in eor{x}","force":true,"numprocessors":1,"numnodes":5}"#
    );
    let map = options.to_map();
    assert_eq!(map["accept_perc"].to_string(), "99.5");
    assert_eq!(options.int("numnodes"), Some(5));
    assert_eq!(options.setting("nodes").unwrap().origin, Origin::CommandLine);
    assert_eq!(options.setting("text").unwrap().origin, Origin::Default);
}

#[test]
fn what_is_not_given_is_nothing() {
    let map = parse(&["--output", "x", "--nodes", ""]).unwrap().to_map();
    for key in ["mode", "after"] {
        assert!(map[key].is_unit(), "{key}");
    }
    for key in ["nodes", "subbands", "exclude"] {
        assert_eq!(map[key].as_array_ref().unwrap().len(), 0, "{key}");
    }
    assert!(!map["force"].as_bool().unwrap() && map["verify"].as_bool().unwrap());
}

#[test]
fn all_mistakes_are_told_together() {
    let told = parse(&[
        "-m", "NEXTT", "-u", "n77", "-b", "3-1", "-a", "much", "-n", "0", "-e", "a,,b", "--after",
        "soon",
    ]);
    insta::assert_snapshot!(told.unwrap_err());
}

#[test]
fn mistakes_of_the_command_line_itself() {
    let cases: &[&[&str]] = &[
        &["--outptu", "x"],
        &["-z"],
        &["--output"],
        &["--output", "a", "--output", "b"],
        &["--output", "a", "stray"],
        &["--force=yes", "--output", "a"],
        &["--time-out", "soon", "--output", "a"],
    ];
    let told: Vec<_> = cases
        .iter()
        .map(|words| {
            let command = command(&options(), Purpose::Parse, host);
            let error = command.try_get_matches_from(*words).unwrap_err();
            let fault = crate::diagnostic::usage_error(&error, "ledama run Try --help");
            format!("{}: {} | {}", words.join(" "), fault.message, fault.help.join(" | "))
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn flags_can_be_overruled() {
    let force = |words: &[&str]| {
        let mut all = vec!["--output", "x"];
        all.extend(words);
        parse(&all).unwrap().flag("force")
    };
    assert!(!force(&[]));
    assert!(!force(&["--force", "--no-force"]));
    assert!(force(&["--no-force", "-f"]));
}

/// A host with few options.
fn few(command: clap::Command) -> clap::Command {
    let heading = "Run options";
    let query = clap::Arg::new("query").long("query").action(clap::ArgAction::SetTrue);
    let report = clap::Arg::new("report").long("report").value_name("FILE");
    command
        .about("words of the host")
        .arg(query.help("Change nothing").help_heading(heading))
        .arg(report.help("Write a report").help_heading(heading))
}

#[test]
fn the_help_shows_everything() {
    let manifest = options().filled(&facts().placeholders);
    let mut command = command(&manifest, Purpose::Show, few).term_width(100);
    insta::assert_snapshot!(command.render_help().to_string());
}

#[test]
fn names_that_are_no_text_arrive() {
    let name = OsString::from_vec(b"/d\xFF\xC3\xA9".to_vec());
    let options = parse_os(&options(), vec!["-o".into(), name.clone()]).unwrap();
    assert_eq!(ledama_base::rawtext::decode(options.text("output").unwrap()), name);
}

#[test]
fn what_is_above_the_level_cannot_be_given() {
    let manifest = manifest(
        r#"options: [#{ name: "status", kind: "path", default_value: "logs", access: "full", help: "Where" }]"#,
    );
    let level = manifest.at_level(Level::User);
    let fault = parse_os(&level, vec!["--status".into(), "x".into()]).unwrap_err();
    assert!(fault.contains("unknown option `--status`"), "{fault}");
    let mut raw = RawOptions::default();
    raw.set("status", RawValue::Text("x".into()), Origin::CommandLine, None);
    let fault = told(&resolve(&level, &raw, &facts()).unwrap_err()).join("\n");
    assert_eq!(fault, "`--status` can be given by accounts of level `full` only");
    assert_eq!(
        resolve(&level, &RawOptions::default(), &facts()).unwrap().text("status"),
        Some("/here/logs")
    );
}

#[test]
fn a_reffile_must_be_there() {
    let manifest = manifest(
        r#"options: [#{ name: "one", kind: "reffile", help: "x" },
                     #{ name: "two", kind: "list", of: "reffile", help: "x" }]"#,
    );
    let words = |w: &[&str]| w.iter().map(OsString::from).collect::<Vec<_>>();
    let told = parse_os(&manifest, words(&["--one", "/proc", "--two", "no.ref,/proc/self/stat"]));
    assert_eq!(
        told.unwrap_err(),
        "`--one`: RefFile `/proc`: is a folder\n`--two`: RefFile `/here/no.ref`: there is no such file"
    );
    assert!(parse_os(&manifest, words(&["--one", "/proc/self/stat"])).is_ok());
}

#[test]
fn words_after_two_dashes_are_the_text_of_an_option() {
    let keys = r#"trailing: "line", options: [
        #{ name: "line", short: "l", kind: "text", required: true, help: "Which", metavar: "COMMAND" },
        #{ name: "fast", short: "f", kind: "flag", help: "Fast" }]"#;
    let manifest = manifest(keys);
    let parse = |words: &[&str]| parse_os(&manifest, words.iter().map(OsString::from).collect());
    let line = |words: &[&str]| parse(words).unwrap().text("line").unwrap().to_string();
    assert_eq!(line(&["-l", "ls  'a b'"]), "ls  'a b'");
    assert_eq!(line(&["-f", "--", "ls", "-l", "--fast"]), "ls -l --fast");
    let odd = ["", "a b", "it's", "$x", "--", "A=b", "new\nline", "*", "\""];
    let text = line(&[&["--"][..], &odd].concat());
    assert_eq!(ledama_base::words::split(&text).unwrap().words, odd);
    // The same again, by an option.
    let options = parse(&["-f", "--", "a b", "c"]).unwrap();
    assert_eq!(
        crate::manifest::rerun::line(&options),
        r"ledama run Try --line ''\''a b'\'' c' --fast"
    );
    let back = crate::manifest::rerun::arguments(&options);
    assert_eq!(parse_os(&manifest, back).unwrap().to_json(), options.to_json());
    let raw = OsString::from_vec(b"\xff \xfe".to_vec());
    let options = parse_os(&manifest, vec!["--".into(), raw.clone()]).unwrap();
    let words = ledama_base::words::split(options.text("line").unwrap()).unwrap().words;
    assert_eq!(ledama_base::rawtext::decode(&words[0]), raw);

    assert!(parse(&["-l", "x", "--", "y"]).unwrap_err().contains("exclude each other"));
    assert!(parse(&["--"]).unwrap_err().contains("`--line` (or `-l`) is required"));
    assert!(parse(&["x"]).is_err(), "words need the dashes");
    let help = command(&manifest, Purpose::Show, host).render_long_help().to_string();
    assert!(help.contains("ledama run Try --line <COMMAND> [OPTIONS] [-- COMMAND...]"), "{help}");
}

#[test]
fn a_flag_can_make_a_run_destructive() {
    let flags = r#"changes: "data", options: [
        #{ name: "delete", short: "d", kind: "flag", help: "Delete" },
        #{ name: "wipe-all", kind: "flag", help: "Wipe" }]"#;
    let asks = |keys: &str, words: &[&str]| {
        let manifest = manifest(&format!("{keys} {flags}"));
        let words = words.iter().map(OsString::from).collect();
        manifest.destructive.applies(&parse_os(&manifest, words).unwrap())
    };
    assert!(!asks("", &["-d"]));
    assert!(asks("destructive: true,", &[]));
    let one = r#"destructive: "delete","#;
    assert!(!asks(one, &[]) && !asks(one, &["--wipe-all"]) && asks(one, &["-d"]));
    assert!(!asks(one, &["-d", "--no-delete"]));
    let two = r#"destructive: ["delete", "wipe-all"],"#;
    assert!(!asks(two, &[]) && asks(two, &["--wipe-all"]) && asks(two, &["--delete"]));
    let told = manifest(&format!("{two} {flags}"));
    assert_eq!(
        describe::changes(&told),
        "data; with `--delete` or `--wipe-all` asks first, or needs `--yes`"
    );
    assert_eq!(describe::form(&told)["destructive"], serde_json::json!(["delete", "wipe-all"]));
}
