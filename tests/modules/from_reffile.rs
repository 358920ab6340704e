//! CreateRefFileFromRefFile: merging and filtering.

use crate::support::Work;

const FIRST: &str = "\
# Created on:  2013/04/02/10:11:12
# Number of MSPs: 4
# Total size (MB): 40

/data1/users/grp/L2013_80897/L80897_SAP000_SB000_uv.MS 115.039 10 node011 0
/data1/users/grp/L2013_80897/L80897_SAP000_SB001_uv.MS 115.234 10 node011 0
/data1/users/grp/pipeline/L2013_80897_001/L80897_SAP001_SB002_uv.MS.dppp 115.43 10 node012 1
/data1/users/grp/pipeline/L2013_80897_001/L80897_SAP001_SB003_uv.MS.dppp 115.625 10 node013 1
";
const SECOND: &str = "\
/data1/users/grp/L2013_80897/L80897_SAP000_SB000_uv.MS 115.039 10 node011 0
/data2/users/grp/L2013_80897/L80897_SAP000_SB000_uv.MS 115.039 11 node014 0
";

fn select(more: &[&str]) -> (Work, i32, Vec<String>) {
    let work = Work::new();
    work.file("a.ref", FIRST);
    work.file("b.ref", SECOND);
    let config =
        work.file("ledama.toml", "[[hosts]]\nprefix = \"node\"\nrange = \"1-80\"\nbare = true\n");
    let output = work
        .ledama(["run", "CreateRefFileFromRefFile", "--output", "out.ref"])
        .args(more)
        .config(&config)
        .run()
        .no_panic();
    let rows = if work.has("out.ref") {
        work.read("out.ref")
            .lines()
            .filter(|l| l.starts_with('/'))
            .map(ToString::to_string)
            .collect()
    } else {
        Vec::new()
    };
    (work, output.code, rows)
}

/// Sub-band and node of each row that is left.
fn left(more: &[&str]) -> Vec<String> {
    let (_, code, rows) = select(more);
    assert_eq!(code, 0);
    rows.iter()
        .map(|row| {
            let sub_band = &row[row.find("_SB").unwrap() + 3..][..3];
            format!("{sub_band}@{}", row.split(' ').nth(3).unwrap())
        })
        .collect()
}

#[test]
fn merges_in_order_and_keeps_doubles() {
    assert_eq!(
        left(&["--reffiles", "a.ref,b.ref"]),
        ["000@node011", "001@node011", "002@node012", "003@node013", "000@node011", "000@node014"]
    );
    assert_eq!(
        left(&["--reffiles", "a.ref,b.ref", "--dedup"]),
        ["000@node011", "001@node011", "002@node012", "003@node013", "000@node014"]
    );
}

#[test]
fn every_filter_removes_what_it_says() {
    assert_eq!(left(&["-i", "a.ref", "-b", "1-2"]), ["001@node011", "002@node012"]);
    assert_eq!(left(&["-i", "a.ref", "-s", "node012-013"]), ["002@node012", "003@node013"]);
    assert_eq!(left(&["-i", "a.ref", "-e", "dppp"]), ["000@node011", "001@node011"]);
    assert_eq!(left(&["-i", "a.ref", "-c", "SB003,SB000"]), ["000@node011", "003@node013"]);
    assert_eq!(left(&["-i", "a.ref", "-c", "glob:*.dppp"]), ["002@node012", "003@node013"]);
    assert_eq!(left(&["-i", "a.ref", "-c", "re:SB00[03]"]), ["000@node011", "003@node013"]);
    assert_eq!(left(&["-i", "a.ref", "--beams", "1"]), ["002@node012", "003@node013"]);
    assert_eq!(left(&["-i", "a.ref", "--versions", "0"]), ["000@node011", "001@node011"]);
    assert_eq!(
        left(&["-i", "a.ref", "--sort", "node", "-b", "0-1"]),
        ["000@node011", "001@node011"]
    );
}

#[test]
fn nothing_left_writes_nothing() {
    let (work, code, _) = select(&["-i", "a.ref", "-b", "99"]);
    assert_eq!(code, 2);
    assert!(!work.has("out.ref"));
}

#[test]
fn an_existing_output_stays() {
    let work = Work::new();
    work.file("a.ref", FIRST);
    work.file("out.ref", "mine\n");
    let again = |more: &[&str]| {
        work.ledama(["run", "CreateRefFileFromRefFile", "-i", "a.ref", "-o", "out.ref"]).args(more)
    };
    again(&[]).run().code(2).complains("out.ref");
    assert_eq!(work.read("out.ref"), "mine\n");
    again(&["--overwrite"]).ok();
    assert!(work.read("out.ref").contains("SB000"));
}

#[test]
fn malformed_lines_are_named_or_skipped() {
    let work = Work::new();
    work.file("bad.ref", format!("{FIRST}/too few columns\n"));
    let run = |more: &[&str]| {
        work.ledama(["run", "CreateRefFileFromRefFile", "-i", "bad.ref", "-o", "out.ref"])
            .args(more)
            .run()
            .no_panic()
    };
    run(&[]).code(2).complains("9");
    assert!(!work.has("out.ref"));
    run(&["--lenient"]).code(0);
}

#[test]
fn what_it_writes_it_can_read() {
    let (work, code, rows) = select(&["-i", "a.ref,b.ref"]);
    assert_eq!(code, 0);
    work.ledama(["run", "CreateRefFileFromRefFile", "-i", "out.ref", "-o", "again.ref"]).ok();
    let again: Vec<String> =
        work.read("again.ref").lines().filter(|l| l.starts_with('/')).map(Into::into).collect();
    assert_eq!(rows, again);
}
