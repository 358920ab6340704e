#![allow(clippy::unwrap_used)]

use super::write::significant;
use super::*;

/// As DP3 6.6 writes a VDS file of a set of 2013.
const DP3: &str = include_str!("../../tests/data/gds/dp3.vds");

#[test]
fn what_dp3_writes_is_read_and_written_again_alike() {
    let vds = parse(DP3, "x.vds").unwrap();
    assert!(!vds.group);
    assert_eq!(vds.parts, std::slice::from_ref(&vds.head));
    assert_eq!(vds.head.path(), "/data1/users/L1/L114220_SAP000_SB031_uv.MS");
    assert_eq!(vds.head.node(), Some("localhost"));
    assert_eq!(vds.head.channels, [8]);
    assert_eq!(vds.head.start_freqs_hz.len(), 8);
    assert_eq!(vds.head.extra["FieldDirectionRa"], "[01:37:41.299440]");
    assert_eq!(vds.text().unwrap(), DP3);
}

#[test]
fn parts_tell_where_the_sets_are() {
    let text = "NParts = 2\nPart0.FileName = /d/a.MS\nPart0.FileSys = node011:/d\n\
                Part1.FileName = \"/d/b #1.MS\" # the second\nPart1.FileSys=node012:/d\n\
                Part1.FileSys=node013:/d\n";
    let gds = parse(text, "x.gds").unwrap();
    let where_: Vec<_> = gds.parts.iter().map(|part| (part.node(), part.path())).collect();
    assert_eq!(where_, [(Some("node011"), "/d/a.MS"), (Some("node013"), "/d/b #1.MS")]);
    assert!(gds.group);
}

#[test]
fn without_disks_all_is_here_but_not_with_some() {
    let gds = parse("Part0.FileName = /d/a.MS\nPart1.FileName = /d/b.MS\n", "x").unwrap();
    assert_eq!(gds.parts.iter().map(Description::node).collect::<Vec<_>>(), [None, None]);
    let mixed = "Part0.FileName = /d/a.MS\nPart1.FileName = /d/b.MS\nPart1.FileSys = n:/d\n";
    let error = parse(mixed, "x.gds").unwrap_err();
    assert_eq!(error.to_string(), "x.gds: 1 of 2 parts have the key `FileSys`");
}

#[test]
fn faults_tell_where_they_are() {
    let told = |text| parse(text, "x.gds").unwrap_err().to_string();
    assert_eq!(told("Name = a\nhello\n"), "x.gds: line 2: there is no `key = value`");
    assert_eq!(
        told("FileName = a\nStepTime = x\n"),
        "x.gds: line 2: `StepTime` is `x`, which is no number"
    );
    assert_eq!(
        told("NParts = 2\nPart0.FileName=/a\n"),
        "x.gds: `NParts` is 2, but `Part1.FileName` is missing"
    );
    assert_eq!(told("a = b\n"), "x.gds: no key `FileName` tells of a set");
    let time = told("FileName = a\nStartTime = 2013\n");
    assert!(time.starts_with("x.gds: line 2: `StartTime` is `2013`, which is no time"), "{time}");
}

#[test]
fn groups_have_the_times_of_all_and_a_range_for_each_band() {
    let one = parse(DP3, "x").unwrap().head;
    let mut two = one.clone();
    two.end_mjd_s = two.end_mjd_s.map(|time| time + 10.0);
    two.file_name = Some("/d/two.MS".into());
    let sets = [("/v/one.vds".to_string(), one.clone()), ("/v/two.vds".to_string(), two.clone())];
    let Combined { gds, warnings } = combine("/v/all.gds", &sets).unwrap();
    assert_eq!(gds.head.end_mjd_s, two.end_mjd_s);
    assert_eq!(gds.head.start_mjd_s, one.start_mjd_s);
    assert_eq!(gds.head.channels, [8, 8]);
    assert_eq!(gds.head.start_freqs_hz, [one.start_freqs_hz[0]; 2]);
    assert_eq!(gds.head.end_freqs_hz, [one.end_freqs_hz[7]; 2]);
    assert_eq!(gds.parts[1].name, "/v/two.vds");
    assert_eq!(gds.parts[1].path(), "/d/two.MS");
    assert!(gds.parts[0].extra.is_empty());
    assert_eq!(warnings, [format!("{}: its times are not those of the group", one.path())]);
    let again = parse(&gds.text().unwrap(), "x").unwrap();
    assert_eq!(again, gds);
    assert!(combine("x", &[]).is_none());
}

#[test]
fn odd_paths_come_back_or_are_refused() {
    for path in ["/d/it's #1.MS", "/d/a b,c.MS", "/d/[x]\".MS", "/d/back\\", " /edge "] {
        let head = Description { name: path.into(), ..Description::default() };
        let text = Gds { head, ..Gds::default() }.text().unwrap();
        assert_eq!(parse(&text, "x").unwrap().head.name, path, "{text}");
    }
    for path in ["/d/new\nline", "/d/both\"kinds'"] {
        let head = Description { name: path.into(), ..Description::default() };
        assert!(matches!(Gds { head, ..Gds::default() }.text(), Err(GdsError::Unwritable { .. })));
    }
}

#[test]
fn numbers_are_printed_as_in_c() {
    for (value, digits, text) in [
        (134_275_817.871_1, 12, "134275817.871"),
        (10.013_9, 6, "10.0139"),
        (10.0, 6, "10"),
        (0.0, 6, "0"),
        (1e-5, 5, "1e-05"),
        (-0.000_123, 5, "-0.000123"),
        (1.234_567e9, 4, "1.235e+09"),
        (999_999.5, 6, "1e+06"),
        (120e6, 12, "120000000"),
    ] {
        assert_eq!(significant(value, digits), text);
    }
}
