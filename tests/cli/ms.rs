//! `ledama ms`: tables of every storage manager as people and programs see them.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::support::run::repository;
use crate::support::shared::{shared, unpack};
use crate::support::skip::need;
use crate::support::{Output, Work};

/// Where the small tables of the table reader and what casacore says of them are.
fn tables() -> PathBuf {
    repository().join("builtins/tables/tests/data/tables")
}

/// A work folder with all small tables.
fn work() -> Work {
    let work = Work::new();
    let archive = tables().join("tables.tar.gz");
    let status = Command::new("tar").arg("xzf").arg(archive).current_dir(work.path()).status();
    assert!(status.unwrap().success());
    work
}

fn ms(work: &Work, args: &[&str]) -> Output {
    work.ledama(["ms"]).args(args).run().no_panic()
}

/// What casacore says of a column.
fn golden(table: &str, column: &str) -> Value {
    let text = std::fs::read(tables().join("answers.json")).unwrap();
    let answers: Value = serde_json::from_slice(&text).unwrap();
    let columns = answers["tables"][table]["columns"].as_array().unwrap().clone();
    columns.into_iter().find(|found| found["name"] == column).unwrap()
}

#[test]
fn digests_are_those_of_casacore() {
    let work = work();
    for table in ["standard-big.tab", "tiledshape.tab", "incremental-little.tab", "concat.tab"] {
        let found = ms(&work, &["digest", "--json", table]).code(0).json();
        let found = found.as_array().unwrap();
        assert!(!found.is_empty());
        for row in found {
            let known = golden(table, row["column"].as_str().unwrap());
            assert_eq!(row["sha256"], known["digest"], "{table}: {row}");
            assert_eq!(row["bytes"], known["stream_bytes"], "{table}: {row}");
        }
    }
    // Order of bytes and storage do not matter, contents do.
    let digest = |table: &str| {
        let found = ms(&work, &["digest", "--json", "-c", "S_double", table]).code(0).json();
        found[0]["sha256"].as_str().unwrap().to_string()
    };
    assert_eq!(digest("standard-big.tab"), digest("standard-little.tab"));
}

#[test]
fn differences_name_table_column_and_row() {
    let work = work();
    ms(&work, &["diff", "standard-big.tab", "standard-little.tab"])
        .code(0)
        .prints("no difference\n");
    let found = ms(&work, &["diff", "--json", "standard-big.tab", "strings.tab"]).code(1).json();
    assert!(!found.as_array().unwrap().is_empty());
    let parts = ms(&work, &["diff", "part0.tab", "part2.tab"]).code(1);
    assert!(parts.stdout().contains("other values"), "{parts}");
}

#[test]
fn columns_keywords_rows_and_ranges_are_shown() {
    let work = work();
    let columns = ms(&work, &["columns", "standard-big.tab"]).code(0);
    assert!(
        columns.stdout().contains("S_double") && columns.stdout().contains("StandardStMan"),
        "{columns}"
    );
    assert!(columns.stdout().ends_with("23 rows\n"), "{columns}");
    let keywords = ms(&work, &["keywords", "--json", "keywords.tab"]).code(0).json();
    assert!(keywords[0]["keywords"].as_object().unwrap().len() > 3, "{keywords}");
    let head = ms(&work, &["head", "-n", "2", "--json", "-c", "S_int,F_float", "standard-big.tab"]);
    let head = head.code(0).json();
    assert_eq!(head[0]["rows"].as_array().unwrap().len(), 2);
    assert_eq!(head[0]["rows"][0]["S_int"], golden("standard-big.tab", "S_int")["first"]);
    let stats = ms(&work, &["stats", "--json", "-c", "S_int,S_boolean", "standard-big.tab"]);
    let stats = stats.code(0).json();
    assert_eq!(stats[0]["columns"][0]["values"], 23);
    assert!(
        stats[0]["columns"].as_array().unwrap().iter().any(|row| row["set"].is_u64()),
        "{stats}"
    );
}

#[test]
fn mistakes_are_told_once() {
    let work = work();
    ms(&work, &["columns", "absent.tab"]).code(2).complains("absent.tab").complains("table.dat");
    ms(&work, &["head", "-c", "S_in", "standard-big.tab"]).code(2).complains("S_int");
    ms(&work, &["columns", "-t", "ANTENNA", "standard-big.tab"]).code(2).complains("no sub-table");
    std::fs::write(work.join("standard-big.tab/table.dat"), b"no table").unwrap();
    ms(&work, &["info", "standard-big.tab"]).code(1).complains("standard-big.tab");
}

/// A real set of the data pack.
fn set(work: &Work) -> Result<PathBuf, crate::support::skip::Skip> {
    Ok(unpack(&shared()?, "dysco-10-12-tg-af", work.path()))
}

#[test]
fn the_facts_of_a_real_set() {
    let work = Work::new();
    let set = need!(set(&work));
    let name = |path: &Path| path.to_str().unwrap().to_string();
    let text = ms(&work, &["info", &name(&set)]).code(0);
    assert!(
        text.stdout().lines().any(|line| line.starts_with("Channels") && line.ends_with(" 8")),
        "{text}"
    );
    let json = ms(&work, &["info", "--flags", "--json", &name(&set)]).code(0).json();
    assert_eq!(json[0]["info"]["n_flagged"], 1664);
    let stations =
        ms(&work, &["head", "-t", "ANTENNA", "-n", "1", "-c", "NAME", &name(&set)]).code(0);
    assert!(stations.stdout().contains("CS001HBA0"), "{stations}");
    let copy = work.join("copy.MS");
    let status = Command::new("cp").arg("-r").arg(&set).arg(&copy).status();
    assert!(status.unwrap().success());
    ms(&work, &["diff", &name(&set), &name(&copy)]).code(0);
}
