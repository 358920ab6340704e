#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use ledama_base::path::join;
use ledama_config::Inventory;
use proptest::prelude::*;

use super::*;
use crate::entry::NewEntry;
use crate::read::{parse, tests::inventory};

fn row(path: &str, node: &str) -> NewEntry {
    NewEntry { path: path.into(), node: node.into(), ..NewEntry::default() }
}

fn rows(rows: Vec<NewEntry>) -> RefFile {
    RefFile::from_rows(rows, &inventory()).unwrap()
}

fn date() -> Timestamp {
    "2013-04-02T10:11:12Z".parse().unwrap()
}

fn again(text: &str) -> RefFile {
    parse(text.as_bytes(), "x.ref", &inventory(), true).unwrap()
}

#[test]
fn the_text_is_that_of_older_programs() {
    let file = rows(vec![
        NewEntry {
            freq_mhz: Some(115.039),
            size_mb: Some(26011),
            ..row("/data1/users/grp/L80897_001/L80897_SAP000_SB000_uv.MS.dppp", "node011")
        },
        NewEntry { freq_mhz: Some(115.0), size_mb: Some(1), ..row("L80897/a b.tar", "SARA") },
    ]);
    let expected = "\
# Created on:  2013-04-02T10:11:12Z
# Number of MSPs: 2
# Total size (MB): 26012
# Frequency range (MHz): 115 - 115.039
# ledama RefFile format: 1
# made by hand

/data1/users/grp/L80897_001/L80897_SAP000_SB000_uv.MS.dppp 115.039 26011 node011 0
L80897/a%20b.tar 115 1 SARA 0


# LEDDB QUERY: SELECT a FROM b";
    let file = file.with_header("made by hand\n").with_query("SELECT a\n  FROM b\n");
    assert_eq!(file.text(date()), expected);
    let read = again(expected);
    assert!(read.same_rows(&file));
    assert_eq!(read.query(), Some("SELECT a FROM b"));
    assert_eq!(read.header(), ["made by hand"]);
    assert_eq!(read.text(date()), expected);
}

#[test]
fn unknown_values_are_question_marks() {
    let text = rows(vec![row("/x", "node011")]).text(date());
    assert!(text.contains("# Total size (MB): ?\n# Frequency range (MHz): None - None\n"));
    assert!(text.ends_with("\n\n/x ? ? node011 0\n"), "{text}");
    let legacy = again("/x ERROR None node011 ---\n");
    assert!(legacy.text(date()).ends_with("\n/x ? ? node011 ?\n"));
    assert!(rows(vec![]).text(date()).contains("MSPs: 0\n# Total size (MB): 0\n"));
}

#[test]
fn remarks_cannot_pretend_to_be_headers() {
    let file = rows(vec![row("/x", "node011")]);
    for remark in
        ["LEDDB QUERY: x", "see # LEDDB QUERY: x", "ledama RefFile format: 9", "Created on: x"]
    {
        let read = again(&file.with_header(remark).text(date()));
        assert_eq!((read.len(), read.query()), (1, None), "{remark}");
        assert_eq!(read.created(), Some("2013-04-02T10:11:12Z"), "{remark}");
    }
}

#[test]
fn a_seal_is_verified() {
    let file = rows((0..3).map(|k| row(&format!("/a/{k}"), "node011")).collect());
    let text = file.sealed_text(date());
    assert!(again(&text).same_rows(&file));
    // Files put together stay valid, and so do other ends of lines.
    let twice = format!("{text}{}", text.replace("# C", "#C"));
    assert_eq!(again(&twice).len(), 6);
    assert_eq!(again(&text.replace('\n', "\r\n")).len(), 3);

    let refused = |text: &str| {
        let error = parse(text.as_bytes(), "x", &inventory(), true).unwrap_err();
        error.to_string()
    };
    let cut = text.replace("/a/1 ? ? node011 0\n", "");
    assert!(refused(&cut).contains("3 rows were written before it, there are 2"));
    assert!(refused(&text.replace("/a/1", "/a/7")).contains("not those that were written"));
    let leniently = parse(cut.as_bytes(), "x", &inventory(), false).unwrap();
    assert_eq!(leniently.len(), 2);
}

#[test]
fn files_are_written_in_one_step() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.ref");
    let file = rows(vec![row("/x", "node011")]);
    file.save(&path, false).unwrap();
    let read = RefFile::open(&path, &inventory()).unwrap();
    assert!(read.same_rows(&file));
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o002, 0, "world-writable");

    let other = rows(vec![row("/y", "node011")]);
    assert_eq!(other.save(&path, false).unwrap_err().kind(), "exists");
    assert!(RefFile::open(&path, &inventory()).unwrap().same_rows(&file));
    other.save(&path, true).unwrap();
    assert!(RefFile::open(&path, &inventory()).unwrap().same_rows(&other));
    let gone = folder.path().join("no/x.ref");
    assert_eq!(other.save(&gone, false).unwrap_err().kind(), "not-found");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn rows_are_checked() {
    let bad = vec![
        row("x", "node011"),
        row("/x", "node011"),
        row("/x", "TARGET_E_EOR"),
        row("/x", ""),
        row("/x", "a b"),
        row("", "node011"),
        NewEntry { freq_mhz: Some(f64::NAN), ..row("/x", "node011") },
    ];
    let error = RefFile::from_rows(bad, &inventory()).unwrap_err();
    let text = error.to_string();
    assert!(text.starts_with("the list of rows: 6 rows cannot be read (1,3-7): row 1: "), "{text}");
    let twice = rows(vec![row("/x", "node011"), row("/x/", "node11")]);
    assert!(twice.warnings()[0].contains("the first is row 2: /x on node011"), "{twice:?}");
}

fn any_entry() -> impl Strategy<Value = NewEntry> {
    let name = any::<Vec<u8>>().prop_map(|raw| {
        let raw: Vec<u8> = raw.into_iter().filter(|&b| b != 0 && b != b'/').collect();
        ledama_base::rawtext::encode(&std::ffi::OsString::from_vec(raw))
    });
    let node = prop_oneof!["node0[1-7][1-9]", Just("TARGET_E_EOR".to_string())];
    let freq = prop_oneof![Just(None), (0.0..1e4).prop_map(Some)];
    let size = any::<Option<u64>>();
    (name, node, freq, size, any::<Option<u16>>()).prop_map(
        |(name, node, freq_mhz, size_mb, beam)| {
            let parent = if node == "TARGET_E_EOR" { "x" } else { "/x" };
            NewEntry {
                path: join(parent, &format!("{name}_")).into_owned(),
                node,
                freq_mhz,
                size_mb,
                beam,
            }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]
    #[test]
    fn what_is_written_is_read(new in proptest::collection::vec(any_entry(), 0..30)) {
        let places: Arc<Inventory> = inventory();
        let file = RefFile::from_rows(new, &places).unwrap();
        for text in [file.text(date()), file.sealed_text(date())] {
            let read = parse(text.as_bytes(), "x", &places, true).unwrap();
            prop_assert_eq!(read.len(), file.len());
            for (a, b) in read.entries().iter().zip(file.entries()) {
                prop_assert!(a.says_the_same(b), "{:?} {:?}", a, b);
            }
            prop_assert_eq!(read.text(date()), file.text(date()));
        }
    }
}

/// A measurement, not a test: `cargo test --release -- --ignored --nocapture`.
#[test]
#[ignore = "prints times"]
fn time_of_half_a_million_rows() {
    const ROWS: u32 = 500_000;
    let places = inventory();
    let new = (0..ROWS).map(|k| {
        let (lds, node, sb) = (80_000 + k / 488, 1 + k % 80, k % 488);
        NewEntry {
            path: format!(
                "/data1/users/lofareor/pipeline/L2013_{lds}_001/L{lds}_SAP000_SB{sb:03}_uv.MS.dppp"
            ),
            node: format!("node{node:03}"),
            freq_mhz: Some(115.039_062_5 + 0.195_312_5 * f64::from(sb)),
            size_mb: Some(26_000 + u64::from(k % 100)),
            beam: Some(0),
        }
    });
    // Processor time: other work on the machine does not count.
    let spent = || {
        let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
        text.split(' ').next().unwrap().parse::<u64>().unwrap()
    };
    let time = |what: &str, start: u64| {
        println!("{what}: {} ms", (spent() - start) / 1_000_000);
        spent()
    };
    let start = spent();
    let file = RefFile::from_rows(new, &places).unwrap();
    let start = time("from rows", start);
    let text = file.text(date());
    let start = time("write the text", start);
    let sealed = file.sealed_text(date());
    let start = time("write the sealed text", start);
    let read = parse(text.as_bytes(), "x", &places, true).unwrap();
    let start = time("read the text", start);
    parse(sealed.as_bytes(), "x", &places, true).unwrap();
    let start = time("read the sealed text", start);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.ref");
    file.save(&path, false).unwrap();
    let start = time("save the file", start);
    RefFile::open(&path, &places).unwrap();
    let start = time("open the file", start);
    let low = crate::Selection { subbands: (0..244).collect(), ..crate::Selection::default() };
    let low = read.select(&low).unwrap().file;
    let start = time("select sub-bands", start);
    read.sort("node,path").unwrap();
    let start = time("sort by node and path", start);
    assert!(!read.minus(&low).dedup().is_empty());
    let start = time("minus and dedup", start);
    assert!(read.same_rows(&file));
    let start = time("same rows", start);
    crate::compare(&[&read, &low], &crate::CompareOptions::default()).unwrap();
    let start = time("compare", start);
    read.balance(&["node001", "node002", "node003"], &[]).unwrap();
    time("balance", start);
    println!("{} bytes", text.len());
}
