#![allow(clippy::unwrap_used, clippy::expect_used)]

use ledama_config::{LocalHost, built_in};

use super::*;

pub(crate) fn inventory() -> Arc<Inventory> {
    let mut config = built_in();
    let hosts = serde_json::json!({ "prefix": "node", "range": "1-80" });
    config.hosts = vec![serde_json::from_value(hosts).unwrap()];
    Arc::new(Inventory::seen_from(Arc::new(config), LocalHost::new("vm", "me")))
}

fn strict(text: &str) -> Result<RefFile, RefFileError> {
    parse(text.as_bytes(), "x.ref", &inventory(), true)
}

fn lenient(text: &str) -> RefFile {
    parse(text.as_bytes(), "x.ref", &inventory(), false).unwrap()
}

fn one(line: &str) -> Entry {
    strict(line).expect(line).entries()[0].clone()
}

fn message(text: &str) -> String {
    strict(text).expect_err(text).to_string()
}

const EXAMPLE: &str = "\
# Created on:  2013/04/02/10:11:12
# Number of MSPs: 3
# Total size (MB): ? 
# Frequency range (MHz): 115.039 - 115.43

/data1/users/grp/pipeline/L2013_80897_001/L80897_SAP000_SB000_uv.MS.dppp 115.039 26011 node011 0
/data1/users/grp/pipeline/L2013_80897_001/L80897_SAP000_SB001_uv.MS.dppp 115.234 26009 node011 0
/data1/users/grp/pipeline/L2013_80897_001/L80897_SAP001_SB002_uv.MS.dppp 115.43 ? node012 ?


# LEDDB QUERY: SELECT a FROM b";

#[test]
fn the_usual_file_is_read() {
    let file = strict(EXAMPLE).unwrap();
    assert_eq!(file.len(), 3);
    assert_eq!(file.created(), Some("2013/04/02/10:11:12"));
    assert!(file.created_at().is_some());
    assert_eq!(file.query(), Some("SELECT a FROM b"));
    assert_eq!(file.header(), [""; 0]);
    assert_eq!(file.warnings(), [""; 0]);
    assert_eq!(file.total_mb(), None);
    assert_eq!(file.frequency_range_mhz(), Some((115.039, 115.43)));
    assert_eq!(file.nodes().names(), ["node011", "node012"]);
    let entry = &file.entries()[0];
    assert_eq!((entry.size_mb, entry.beam, entry.line), (Some(26011), Some(0), 6));
    assert_eq!(entry.facts().lds().as_deref(), Some("L80897"));
    let last = &file.entries()[2];
    assert_eq!((last.size_mb, last.beam), (None, None));
    assert_eq!(file.beam_of(last), Some(1));
}

#[test]
fn files_without_rows_are_files() {
    for text in ["", "\n\n", "# Created on:  x\n# Number of MSPs: 0\n", "\u{feff}"] {
        let file = strict(text).unwrap();
        assert!(file.is_empty() && file.warnings().is_empty(), "{text:?}");
        assert_eq!((file.total_mb(), file.frequency_range_mhz()), (Some(0), None));
    }
}

#[test]
fn the_number_of_columns_decides_about_the_beam() {
    let path = "/data1/L80897/L80897_SAP002_SB001_uv.MS";
    assert_eq!(one(&format!("{path} 1 2 node011")).beam, Some(2));
    assert_eq!(one(&format!("{path} 1 2 node011 5")).beam, Some(5));
    assert_eq!(one(&format!("{path} 1 2 node011 ?")).beam, None);
    let six = strict(&format!("{path} 1 2 node011 5 6")).unwrap();
    assert_eq!(six.entries()[0].beam, Some(2));
    assert!(six.warnings()[0].contains("behind the fifth"), "{:?}", six.warnings());
    assert_eq!(
        message(&format!("{path} 1 2\n{path}")),
        "x.ref: 2 lines cannot be read (1,2): line 1: 3 columns instead of path, frequency, size, \
         node and beam; line 2: 1 column instead of path, frequency, size, node and beam"
    );
    // The exception of one observation: 34 sub-bands in a beam.
    assert_eq!(one("/a/L25662/L25662_SB100_uv.MS ? ? node011").beam, Some(2));
}

#[test]
fn blanks_tabs_and_ends_of_lines_do_not_matter() {
    let row = one("  /a/x\t\t1.5   7\tnode011 0\r\n");
    assert_eq!((&*row.path, row.freq_mhz, row.size_mb), ("/a/x", Some(1.5), Some(7)));
    assert_eq!(strict("/a/x 1 1 node011 0\r\n\r\n/a/y 1 1 node011 0").unwrap().len(), 2);
    assert_eq!(one("/a/x\u{b}1\u{c}1 node011 3\u{b}").beam, Some(3));
}

#[test]
fn unknown_values_have_many_words() {
    let table = [
        ("?", Unknown::Question),
        ("None", Unknown::None),
        ("---", Unknown::Dashes),
        ("ERROR", Unknown::Error),
    ];
    for (word, expected) in table {
        let row = one(&format!("/a/x {word} {word} node011 {word}"));
        assert_eq!((row.freq_mhz, row.freq_word), (None, expected));
        assert_eq!((row.size_mb, row.beam), (None, None));
    }
    assert_eq!(one("/a/x 120.2MHz -1 node011 0").freq_mhz, Some(120.2));
    assert_eq!(one("/a/x 0 0 node011 0").size_mb, Some(0));
    assert_eq!(one("/a/x 1 99999999999 node011 0").size_mb, Some(99_999_999_999));
    for bad in ["nan", "inf", "-3", "12O", "MHz", "1.2.3"] {
        assert!(message(&format!("/a/x {bad} 1 node011 0")).contains("is no frequency"), "{bad}");
    }
    let odd = strict("/a/x 1 12.5 node011 b1\n/a/y 1 1e9 node011 99999\n").unwrap();
    assert_eq!(odd.total_mb(), None);
    assert_eq!(
        odd.warnings(),
        [
            "sizes that are no whole numbers count as unknown (lines 1,2)",
            "beams that are no whole numbers count as unknown (lines 1,2)",
        ]
    );
}

#[test]
fn names_of_nodes_and_stores_get_one_spelling() {
    let text = "/a/x 1 1 node11 0\nL80897/x 1 1 TARGET_F_EOR 0\nL80897/y 1 1 ARCHIVE_RAW 0\n\
                /pnfs/x 1 1 SARA 0\nx 1 1 SARA 0\n/a/x 1 1 localhost 0\n";
    let file = strict(text).unwrap();
    let nodes: Vec<_> = file.entries().iter().map(|entry| &*entry.node).collect();
    assert_eq!(nodes, ["node011", "ARCHIVE_RAW", "ARCHIVE_RAW", "GRID_A", "GRID_A", "vm"]);
    let stores: Vec<_> =
        file.entries().iter().map(|e| file.store_of(e).map(|s| s.id.as_str())).collect();
    assert_eq!(stores[0], Some("CLUSTER"));
    assert_eq!(stores[1], Some("ARCHIVE_RAW"));
}

#[test]
fn paths_are_absolute_on_machines_and_relative_in_archives() {
    assert!(message("a/x 1 1 node011 0").contains("must begin with `/`"));
    assert!(message("/a/x 1 1 TARGET_E_EOR 0").contains("must not begin with `/`"));
    assert_eq!(&*one("/a/x/ 1 1 node011 0").path, "/a/x");
    assert_eq!(&*one("/ 1 1 node011 0").path, "/");
    assert!(message("/a%00 1 1 node011 0").contains("zero byte"));
    assert!(message(&format!("/{} 1 1 node011 0", "a".repeat(20_000))).contains("20001 bytes"));
}

#[test]
fn paths_are_unescaped() {
    assert_eq!(&*one("/a%20b 1 1 node011 0").path, "/a b");
    assert_eq!(&*one("/100% 1 1 node011 0").path, "/100%");
    let new = "# ledama RefFile format: 1\n/100% 1 1 node011 0\n";
    assert!(message(new).contains("line 2") || message(new).contains("hexadecimal"));
    let content = b"/caf\xe9 1 1 node011 0\n";
    let file = parse(content, "x", &inventory(), true).unwrap();
    assert_eq!(&*file.entries()[0].path, "/caf\u{efe9}");
}

#[test]
fn a_blank_in_a_path_is_noticed() {
    let text = message("/a b/L80897_SB000_uv.MS 115.1 1 node011 0");
    assert!(text.contains("%20"), "{text}");
}

#[test]
fn nothing_is_lost_behind_the_query() {
    let text = "/a/x 1 1 node011 0\n# LEDDB QUERY: SELECT a\nFROM b\n/a/y 1 1 node011 0\n";
    let found = message(text);
    assert!(found.starts_with("x.ref: 2 lines cannot be read (3,4): line 3: it stands"), "{found}");
    let file = lenient(text);
    assert_eq!(file.len(), 2);
    assert_eq!(file.query(), Some("SELECT a"));
    assert_eq!(file.warnings().len(), 2, "{:?}", file.warnings());
    assert!(file.warnings()[0].starts_with("1 lines were left out (3)"), "{:?}", file.warnings());
    assert_eq!(file.warnings()[1], "the query is not the last line (lines 3,4)");

    let two = format!("{EXAMPLE}\n{}", EXAMPLE.replace("data1", "data2"));
    assert!(strict(&two).is_err());
    assert_eq!(lenient(&two).len(), 6);
}

#[test]
fn files_put_together_are_one_file() {
    let (one, _) = EXAMPLE.split_once("\n\n\n").unwrap();
    let two = format!("{one}\n{}\n", one.replace("data1", "data2"));
    let file = strict(&two).unwrap();
    assert_eq!((file.len(), file.warnings().len()), (6, 0));
}

#[test]
fn every_faulty_line_is_named() {
    let mut text = String::new();
    for line in 1..=12 {
        let row = if line % 4 == 0 { "/a/x 1 1" } else { "/a/x 1 1 node011 0" };
        text.push_str(&row.replace("/a/x", &format!("/a/{line}")));
        text.push('\n');
    }
    assert!(message(&text).starts_with("x.ref: 3 lines cannot be read (4,8,12): line 4: "));
    let file = lenient(&text);
    assert_eq!(file.len(), 9);
    assert!(file.warnings()[0].starts_with("3 lines were left out (4,8,12); the first, line 4"));
    let RefFileError::Malformed { faults, .. } = strict(&text).unwrap_err() else { panic!() };
    assert_eq!(faults.len(), 3);
    // A file of another kind gives no endless message.
    let other = "just some text\n".repeat(100_000);
    assert!(message(&other).len() < 4000);
}

#[test]
fn repeated_rows_are_told() {
    let text = "/a/x 1 1 node011 0\n/a/x 1 1 node012 0\n\n/a/x 2 2 node11 0\n/a/x 1 1 node011 0\n";
    let file = strict(text).unwrap();
    assert_eq!(file.len(), 4);
    assert_eq!(
        file.warnings(),
        [
            "2 rows repeat a set that is listed before on the same node; the first is line 4: /a/x on \
          node011"
        ]
    );
}

#[test]
fn a_file_that_was_cut_off_is_told() {
    let text = EXAMPLE.replace("MSPs: 3", "MSPs: 30");
    let file = strict(&text).unwrap();
    assert!(file.warnings()[0].starts_with("its header counts 30 rows, there are 3"));
}

#[test]
fn a_newer_format_is_refused() {
    assert!(message("# ledama RefFile format: 2\n").contains("format 2 is not known"));
}

#[test]
fn a_missing_file_is_named() {
    let error = RefFile::open(Path::new("/nowhere/x.ref"), &inventory()).unwrap_err();
    assert_eq!(error.to_string(), "/nowhere/x.ref: No such file or directory");
    assert_eq!(error.kind(), "not-found");
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(200))]
    #[test]
    fn no_text_breaks_the_reader(content: Vec<u8>, words in "[a-z0-9?%/# .\t\r\n-]{0,200}") {
        let places = inventory();
        let _ = parse(&content, "x", &places, true);
        let strictly = parse(words.as_bytes(), "x", &places, true);
        let leniently = parse(words.as_bytes(), "x", &places, false);
        proptest::prop_assert!(leniently.is_ok());
        if let Ok(file) = strictly {
            proptest::prop_assert!(file.same_rows(&leniently.unwrap()));
        }
    }
}
