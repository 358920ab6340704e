//! `ledama db`: a file that is made, told about, checked, and opened for reading.

use crate::support::{Output, Work};

fn db(work: &Work, args: &[&str]) -> Output {
    work.ledama(["db"]).args(args).run().no_panic()
}

const DEFAULT: &str = "home/.local/state/ledama/leddb.sqlite";

#[test]
fn a_file_is_made_migrated_told_about_and_checked() {
    let work = Work::new();
    db(&work, &["status"]).code(2).complains("there is no database").complains("ledama db init");
    let made = db(&work, &["init", "--json"]).code(0).json();
    assert_eq!(made["made"], true);
    assert!(work.join(DEFAULT).is_file());
    assert_eq!(db(&work, &["init", "--json"]).code(0).json()["made"], false);
    assert_eq!(db(&work, &["migrate", "--json"]).code(0).json()["steps"], serde_json::json!([]));
    let facts = db(&work, &["status", "--json"]).code(0).json();
    assert_eq!(facts["version"], facts["needed"]);
    assert_eq!(facts["partitions"], 1);
    let tables = facts["tables"].as_array().unwrap();
    assert!(tables.iter().any(|table| table["table"] == "measurementset" && table["rows"] == 0));
    let text = db(&work, &["status", "--partitions"]).code(0);
    for word in ["leddb.sqlite", "Version", "gain_part_000_0_20000", "measurementset_product"] {
        assert!(text.stdout().contains(word), "{word}: {text}");
    }
    db(&work, &["check"]).code(0).complains("no fault found");
    assert_eq!(db(&work, &["check", "--json"]).code(0).json()["faults"], serde_json::json!([]));
}

#[test]
fn names_and_urls_choose_the_database() {
    let work = Work::new();
    db(&work, &["init", "-w", "test", "--partition-width", "100"]).code(0);
    let facts = db(&work, &["status", "--json", "--dbname", "test"]).code(0).json();
    assert_eq!(facts["partition_width"], 100);
    let url = format!("sqlite:{}", work.join("x.sqlite").display());
    db(&work, &["init", "--dburl", &url]).code(0).complains("x.sqlite");
    db(&work, &["--dburl", &url, "status", "-w", "y"]).code(2).complains("says everything");
    db(&work, &["status", "--dburl", "mysql:x"]).code(2).complains("sqlite:");
}

#[test]
fn what_is_not_ours_is_refused_and_what_is_broken_is_found() {
    let work = Work::new();
    let file = work.join("other.sqlite");
    let url = format!("sqlite:{}", file.display());
    std::fs::write(&file, "no database at all, but long enough to look like one").unwrap();
    let text = db(&work, &["init", "--dburl", &url]);
    assert!(text.code != 0, "{text}");
    db(&work, &["init"]).code(0);
    let shell = db(&work, &["shell", "--write", "--", "-cmd", "DROP VIEW lds_q"]);
    if shell.stderr.contains("not on the path") {
        return;
    }
    let found = db(&work, &["check"]).code(1);
    assert!(found.stdout().contains("lds_q: the view is missing"), "{found}");
}

#[test]
fn the_shell_only_reads_unless_told_and_says_what_is_missing() {
    let work = Work::new();
    db(&work, &["init"]).code(0);
    let without = work.ledama(["db", "shell"]).env("PATH", "/nowhere").run();
    without.code(2).complains("`sqlite3` is not on the path").complains("apt install sqlite3");
    let ask = |args: &[&str], text: &str| work.ledama(["db", "shell"]).args(args).stdin(text).run();
    let read = ask(&[], "SELECT 40 + count(*) FROM antenna_type;\n");
    if read.stderr.contains("not on the path") {
        return;
    }
    assert_eq!(read.code(0).stdout(), "42\n");
    let refused = ask(&[], "INSERT INTO field VALUES ('x');\n");
    assert!(refused.stderr.contains("readonly"), "{refused}");
    let written = ask(&["--write"], "INSERT INTO field VALUES ('x'); SELECT name FROM field;\n");
    assert_eq!(written.code(0).stdout(), "x\n");
}
