#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::read::{parse, tests::inventory};

/// Rows from `path size` on one node.
fn file(rows: &[(&str, &str)]) -> RefFile {
    let lines: Vec<_> =
        rows.iter().map(|(path, size)| format!("/d/{path} 1 {size} node001\n")).collect();
    parse(lines.concat().as_bytes(), "x", &inventory(), true).unwrap()
}

fn set(lds: u32, beam: u32, subband: u32) -> String {
    format!("L{lds}_001/L{lds}_SAP{beam:03}_SB{subband:03}_uv.MS")
}

fn files(all: &[&[(u32, u32, u32, &str)]]) -> Vec<RefFile> {
    let rows = |rows: &&[(u32, u32, u32, &str)]| {
        let text: Vec<_> = rows.iter().map(|(l, b, s, size)| (set(*l, *b, *s), *size)).collect();
        file(&text.iter().map(|(path, size)| (path.as_str(), *size)).collect::<Vec<_>>())
    };
    all.iter().map(rows).collect()
}

fn result(files: &[RefFile], options: &CompareOptions) -> Comparison {
    compare(&files.iter().collect::<Vec<_>>(), options).unwrap()
}

/// Missing, multiple, sizes, unknown sizes as texts.
fn texts(comparison: &Comparison, at: usize) -> [String; 4] {
    let difference = &comparison.files[at];
    [
        comparison.list(&difference.missing),
        comparison.list(&difference.multiple),
        comparison.size_list(&difference.sizes),
        comparison.list(&difference.unknown_sizes),
    ]
}

#[test]
fn equal_files_are_equal() {
    let rows: &[_] = &[(80897, 0, 0, "5"), (80897, 0, 1, "6")];
    let comparison = result(&files(&[rows, rows, rows]), &CompareOptions::default());
    assert!(comparison.is_ok());
    assert!(comparison.lacking.is_empty() && comparison.differing.is_empty());
    assert_eq!(comparison.files.len(), 3);
    let nothing = result(&files(&[&[], &[]]), &CompareOptions::default());
    assert!(nothing.is_ok());
}

#[test]
fn missing_multiple_and_sizes() {
    let all = files(&[
        &[(80897, 0, 0, "5"), (80897, 0, 1, "2"), (80897, 0, 2, "7"), (80897, 0, 3, "?")],
        &[(80897, 0, 0, "5"), (80897, 0, 1, "9"), (80897, 0, 3, "4"), (80897, 0, 7, "4")],
        &[(80897, 0, 0, "5"), (80897, 0, 0, "5"), (80897, 0, 2, "?")],
    ]);
    let comparison = result(&all, &CompareOptions::default());
    assert!(!comparison.is_ok());
    assert_eq!(texts(&comparison, 0), ["7", "", "", ""]);
    assert_eq!(texts(&comparison, 1), ["2", "", "1|9|2", "3"]);
    assert_eq!(texts(&comparison, 2), ["1,3,7", "0", "", "2"]);
    let subbands = |file: &RefFile| -> Vec<_> {
        file.entries().iter().map(|entry| file.facts(entry).sub_band.unwrap()).collect()
    };
    assert_eq!(subbands(&comparison.differing), [1, 2, 3]);
    assert_eq!(subbands(&comparison.lacking), [1, 2, 3]);
    let two = result(&all[..2], &CompareOptions::default());
    assert_eq!(subbands(&two.differing), [1, 2]);
    assert_eq!(subbands(&two.lacking), [1, 2, 3]);
}

#[test]
fn the_same_sub_band_in_two_beams_is_two_sets() {
    let all = files(&[
        &[(80897, 0, 5, "1"), (80897, 1, 5, "1"), (80898, 0, 5, "1")],
        &[(80897, 0, 5, "1"), (80897, 0, 6, "1"), (80898, 0, 5, "2")],
    ]);
    let comparison = result(&all, &CompareOptions::default());
    assert_eq!(texts(&comparison, 0), ["L80897 beam 0: 6", "", "", ""]);
    assert_eq!(texts(&comparison, 1), ["L80897 beam 1: 5", "", "L80898 beam 0: 5|2|1", ""]);
    let options = CompareOptions { by_subband: true, ..CompareOptions::default() };
    let comparison = result(&all, &options);
    assert_eq!(texts(&comparison, 0), ["6", "5", "", ""]);
    assert_eq!(texts(&comparison, 1), ["", "5", "", ""]);
}

#[test]
fn the_tolerance_is_both_ways() {
    let all = files(&[
        &[(80897, 0, 0, "100"), (80897, 0, 1, "100"), (80897, 0, 2, "100"), (80897, 0, 3, "0")],
        &[(80897, 0, 0, "105"), (80897, 0, 1, "95"), (80897, 0, 2, "94"), (80897, 0, 3, "1")],
    ]);
    let options = CompareOptions { tolerance_percent: 5.0, ..CompareOptions::default() };
    let comparison = result(&all, &options);
    assert_eq!(texts(&comparison, 1)[2], "2|94|100,3|1|0");
    assert_eq!(comparison.lacking.len(), 2);
}

#[test]
fn one_file_must_have_the_sub_bands_asked_for() {
    let options = CompareOptions { subbands: vec![0, 1, 2, 3], ..CompareOptions::default() };
    let one =
        files(&[&[(80897, 0, 0, "1"), (80897, 1, 2, "1"), (80897, 1, 2, "1"), (80897, 0, 9, "1")]]);
    let comparison = result(&one, &options);
    assert_eq!(texts(&comparison, 0), ["L80897: 1,3", "L80897 beam 1: 2", "", ""]);
    assert!(comparison.lacking.is_empty());
    let empty = result(&files(&[&[]]), &options);
    assert_eq!(texts(&empty, 0)[0], "0-3");
    assert!(compare(&[&one[0]], &CompareOptions::default()).is_err());
    assert!(compare(&[], &options).is_err());
}

#[test]
fn rows_without_a_sub_band_are_matched_by_name() {
    let a = file(&[("L80897/x.img", "1"), ("L80897/y.img", "1"), ("L80897/z.img", "1")]);
    let b = file(&[("L80897/x.img", "1"), ("L80897/y.img.tar", "2")]);
    let comparison = compare(&[&a, &b], &CompareOptions::default()).unwrap();
    assert_eq!(comparison.list(&comparison.files[1].missing), "z.img");
    assert_eq!(comparison.size_list(&comparison.files[1].sizes), "y.img|2|1");
    assert_eq!(comparison.lacking.len(), 2);
}

#[test]
fn versions_are_not_mixed_silently() {
    let raw = file(&[("L80897/L80897_SAP000_SB000_uv.MS", "1")]);
    let averaged = file(&[("L80897_001/L80897_SAP000_SB000_uv.MS.dppp", "1")]);
    let comparison = compare(&[&raw, &averaged], &CompareOptions::default()).unwrap();
    assert!(comparison.is_ok());
    assert_eq!(comparison.files[1].warnings, ["it has version 1, the reference 0"]);
    // The same size is no proof that one is a copy of the other.
    assert_eq!((comparison.differing.len(), comparison.lacking.len()), (0, 1));
    let both = raw.append(&averaged);
    let comparison = compare(&[&both, &raw], &CompareOptions::default()).unwrap();
    assert_eq!(comparison.files[0].warnings, ["it mixes the versions 0,1"]);
}

#[test]
fn packed_copies_are_copies() {
    let set = file(&[("L80897/L80897_SB000_uv.MS", "10")]);
    let packed = file(&[("pack/L80897/L80897_SB000_uv.MS.tar", "11")]);
    let options = CompareOptions { tolerance_percent: 20.0, ..CompareOptions::default() };
    let comparison = compare(&[&set, &packed], &options).unwrap();
    assert!(comparison.is_ok() && comparison.lacking.is_empty());
}

#[test]
fn versions_of_one_set_are_different_data() {
    let set = |version: &str| format!("L80897{version}/L80897_SAP000_SB000_uv.MS");
    let (raw, averaged) = (set(""), set("_001"));
    let both = file(&[(&raw, "9"), (&averaged, "3")]);
    let comparison = result(&[both.clone(), both.clone()], &CompareOptions::default());
    assert!(comparison.is_ok());
    // Without the raw set it is told which version is missing.
    let one = file(&[(&averaged, "3")]);
    let comparison = result(&[both, one], &CompareOptions::default());
    assert_eq!(texts(&comparison, 1)[0], "L80897 beam 0 version 0: 0");
    // Files of one version each are compared across versions.
    let comparison =
        result(&[file(&[(&raw, "9")]), file(&[(&averaged, "9")])], &CompareOptions::default());
    assert!(comparison.is_ok());
}
