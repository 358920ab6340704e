//! Options of modules: letters, files, and the way back.

use crate::support::Work;

const ROWS: &str = "\
/data1/users/grp/L2013_80897/L80897_SAP000_SB000_uv.MS 115.039 10 node011 0
/data1/users/grp/L2013_80897/L80897_SAP000_SB001_uv.MS 115.234 10 node011 0
";

#[test]
fn letters_of_the_original_and_long_names_are_the_same() {
    let work = Work::new();
    work.file("a.ref", ROWS);
    let long = ["--reffiles", "a.ref", "--output", "long.ref", "--subbands", "1"];
    let short = ["-i", "a.ref", "-o", "short.ref", "-b", "1"];
    work.ledama(["run", "CreateRefFileFromRefFile"]).args(long).ok();
    work.ledama(["run", "CreateRefFileFromRefFile"]).args(short).ok();
    let rows = |name: &str| -> Vec<String> {
        work.read(name).lines().filter(|l| l.starts_with('/')).map(Into::into).collect()
    };
    assert_eq!(rows("long.ref"), rows("short.ref"));
    assert_eq!(rows("long.ref").len(), 1);
}

#[test]
fn options_are_saved_and_read_back() {
    let work = Work::new();
    work.file("a.ref", ROWS);
    work.ledama(["run", "CreateRefFileFromRefFile", "-i", "a.ref", "-o", "one.ref", "-b", "1"])
        .args(["-c", "glob:*.MS,a 'quoted' one", "--save-options", "used.toml"])
        .ok();
    let saved = work.read("used.toml");
    assert!(saved.contains("subbands"), "{saved}");
    work.ledama([
        "run",
        "CreateRefFileFromRefFile",
        "--options",
        "used.toml",
        "--output",
        "two.ref",
    ])
    .ok();
    let rows = |name: &str| -> Vec<String> {
        work.read(name).lines().filter(|l| l.starts_with('/')).map(Into::into).collect()
    };
    assert_eq!(rows("one.ref"), rows("two.ref"));
    // The command line wins over the file.
    work.ledama([
        "run",
        "CreateRefFileFromRefFile",
        "--options",
        "used.toml",
        "-o",
        "three.ref",
        "-b",
        "0",
    ])
    .ok();
    assert!(work.read("three.ref").contains("SB000"));
}

#[test]
fn a_wrong_options_file_is_told_with_its_line() {
    let work = Work::new();
    work.file("a.ref", ROWS);
    work.file("wrong.toml", "reffiles = [\"a.ref\"]\nsubband = \"1\"\n");
    work.ledama(["run", "CreateRefFileFromRefFile", "--options", "wrong.toml", "-o", "x.ref"])
        .run()
        .code(2)
        .complains("subband")
        .complains("wrong.toml");
    assert!(!work.has("x.ref"));
}

#[test]
fn the_report_says_what_was_asked_and_what_came_of_it() {
    let work = Work::new();
    work.file("a.ref", ROWS);
    work.ledama(["run", "CreateRefFileFromRefFile", "-i", "a.ref", "-o", "x.ref", "-b", "1"])
        .args(["--report", "report.json"])
        .ok();
    let report: serde_json::Value = serde_json::from_str(&work.read("report.json")).unwrap();
    let text = report.to_string();
    for word in ["CreateRefFileFromRefFile", "a.ref", "subbands", "run_id"] {
        assert!(text.contains(word), "nothing about {word}: {report:#}");
    }
}
