#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::testing::Alone;

fn set(folder: &std::path::Path, name: &str, bytes: usize) -> PathBuf {
    let path = folder.join(name);
    std::fs::create_dir_all(&path).unwrap();
    std::fs::write(path.join("table.dat"), vec![1; bytes]).unwrap();
    path
}

fn run(input: ScanInput) -> Result<ScanOutput, OperationError> {
    Scan.run(input, &Alone::default())
}

fn input(folder: &std::path::Path) -> ScanInput {
    ScanInput { paths: vec![rawtext::path_text(folder)], ..ScanInput::default() }
}

#[test]
fn sizes_are_those_of_du_and_beams_those_of_the_path() {
    let folder = tempfile::tempdir().unwrap();
    let path = set(folder.path(), "L80897_SAP002_SB000_uv.MS", 3 << 20);
    let seen = run(ScanInput { sizes: true, ..input(folder.path()) }).unwrap();
    let entry = &seen.entries[0];
    let du = std::process::Command::new("du").arg("-sm").arg(&path).output().unwrap();
    let du: u64 =
        String::from_utf8(du.stdout).unwrap().split('\t').next().unwrap().parse().unwrap();
    assert_eq!(entry.size_mb, Some(du));
    assert_eq!(entry.beam, Some(2));
    assert_eq!(entry.files, Some(1));
    assert_eq!(entry.freq_mhz, None);
    assert_eq!(entry.error, None);
}

#[test]
fn only_paths_costs_no_sizes() {
    let folder = tempfile::tempdir().unwrap();
    set(folder.path(), "L80897_SB000.MS", 10);
    let seen = run(input(folder.path())).unwrap();
    assert_eq!(seen.entries[0].size_bytes, None);
}

#[test]
fn old_sets_can_be_left_out() {
    let folder = tempfile::tempdir().unwrap();
    set(folder.path(), "L80897_SB000.MS", 10);
    let with = |time: &str| {
        let input = ScanInput { newer_than: Some(time.into()), ..input(folder.path()) };
        run(input).unwrap().entries.len()
    };
    assert_eq!(with("2000-01-01T00:00:00Z"), 1);
    assert_eq!(with("9000-01-01T00:00:00Z"), 0);
}

#[test]
fn relative_folders_and_bad_times_are_refused() {
    let relative = ScanInput { paths: vec!["data1".into()], ..ScanInput::default() };
    assert_eq!(run(relative).unwrap_err().kind, ErrorKind::Input);
    let folder = tempfile::tempdir().unwrap();
    let late = ScanInput { newer_than: Some("soon".into()), ..input(folder.path()) };
    assert!(run(late).unwrap_err().message.contains("`soon` is no time"));
}

#[test]
fn a_cancelled_scan_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let error = Scan.run(input(folder.path()), &Alone { cancelled: true }).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Cancelled);
}
