//! CreateRefFileFromTarget: published lists, from a folder and from a stub of FDT.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::support::{Output, Work};

/// Lists of two dataset folders, one of them cut.
fn scene() -> (Work, PathBuf) {
    let work = Work::new();
    work.file("lists/target_eor_root_dir.txt", "./L80897\n./L80897_001\nAvailable space: 120.5T\n");
    work.file(
        "lists/L80897/filelist.txt",
        "102398 L80897_SAP001_SB001_uv.MS\n102400 L80897_SAP000_SB000_uv.MS\n0 L80897_SAP000_SB002_uv.MS\n10 filelist.txt\n",
    );
    work.file("lists/L80897_001/filelist.txt", "13000 L80897_SAP000_SB000_uv.MS.dppp\n12");
    work.file("lists/L1/filelist.txt", "10 filelist.txt\n");
    let lists = work.path().join("lists");
    let config = work.file(
        "ledama.toml",
        format!("[[stores]]\nid = \"ARCHIVE_RAW\"\nlists = '{}'\n", lists.display()),
    );
    (work, config)
}

fn run(work: &Work, config: &Path, more: &[&str]) -> Output {
    work.ledama(["run", "CreateRefFileFromTarget", "--no-progress"])
        .args(more)
        .config(config)
        .run()
        .no_panic()
}

fn rows(text: &str) -> Vec<&str> {
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect()
}

const RAW: &[&str] = &["--store", "ARCHIVE_RAW", "--directory", "L80897/", "--output", "x.ref"];

#[test]
fn a_folder_becomes_a_reffile() {
    let (work, config) = scene();
    let output = run(&work, &config, &[RAW, &["--expect", "3"]].concat()).code(0);
    assert!(output.stderr.contains("size 0"), "what may be arriving is told: {output}");
    assert!(output.stderr.contains("the list was made at 20"), "{output}");
    assert_eq!(
        rows(&work.read("x.ref")),
        [
            "L80897/L80897_SAP000_SB000_uv.MS ? 102400 TARGET_F_EOR 0",
            "L80897/L80897_SAP000_SB002_uv.MS ? 0 TARGET_F_EOR 0",
            "L80897/L80897_SAP001_SB001_uv.MS ? 102398 TARGET_F_EOR 1",
        ]
    );
    // Other modules read it, and so does this one again only when asked.
    run(&work, &config, RAW).code(2).complains("exists");
    run(&work, &config, &[RAW, &["--overwrite"]].concat()).code(0);
}

#[test]
fn another_number_than_expected_is_a_failure() {
    let (work, config) = scene();
    let output = run(&work, &config, &[RAW, &["--expect", "488"]].concat()).code(1);
    assert!(output.stderr.contains("has 3 entries, not 488"), "{output}");
    assert_eq!(rows(&work.read("x.ref")).len(), 3, "what is there is listed all the same");
}

#[test]
fn the_archive_is_shown() {
    let (work, config) = scene();
    let output = run(&work, &config, &["--store", "ARCHIVE_RAW", "--list"]).code(0);
    assert!(output.stdout().contains("L80897_001"), "{output}");
    assert!(output.stderr.contains("120.5 TiB free"), "{output}");
    let output =
        run(&work, &config, &["-s", "ARCHIVE_RAW", "-i", "L80897", "--list", "--json"]).code(0);
    assert!(output.stdout().contains("L80897/L80897_SAP001_SB001_uv.MS"), "{output}");
    assert!(!work.has("x.ref"));
}

#[test]
fn what_cannot_be_listed_writes_nothing() {
    let (work, config) = scene();
    for (store, folder, words) in [
        ("ARCHIVE_RAW", "L80897_001", "line 2 of the list L80897_001/filelist.txt"),
        ("ARCHIVE_RAW", "L9", "no list L9/filelist.txt"),
        ("ARCHIVE_RAW", "L1", "is empty"),
        ("ARCHIVE_RAW", "../L80897", "no name of a dataset folder"),
        ("ARCHIVE_RAW", "", "which dataset folder?"),
        ("ARCHIVE_PROC", "L80897", "ARCHIVE_PROC is not configured"),
    ] {
        let output = run(&work, &config, &["-s", store, "-i", folder, "-o", "x.ref"]);
        assert!(output.code != 0 && output.stderr.contains(words), "{store} {folder}: {output}");
        assert!(!work.has("x.ref"));
    }
    // No archive is taken silently.
    run(&work, &config, &["-i", "L80897", "-o", "x.ref"]).code(2).complains("--store");
}

// An FDT server cannot be had here.
#[test]
fn a_stub_of_fdt_fetches_the_lists() {
    let (work, _) = scene();
    let stub = work.file(
        "fdt stub",
        format!(
            "#!/bin/sh\nwhile [ $# -gt 2 ]; do [ \"$1\" = -d ] && to=$2; shift; done\ncp '{}'/\"$2\" \"$to\"\n",
            work.path().join("lists").display()
        ),
    );
    std::fs::set_permissions(&stub, std::fs::Permissions::from_mode(0o755)).unwrap();
    let config = work.file(
        "fdt.toml",
        format!(
            "[[stores]]\nid = \"ARCHIVE_RAW\"\nhost = \"archive.example.org\"\nport = 20002\n\n[programs]\nfdt = ['{}']\n",
            stub.display()
        ),
    );
    run(&work, &config, RAW).code(0);
    assert_eq!(rows(&work.read("x.ref")).len(), 3);
    run(&work, &config, &["-s", "ARCHIVE_RAW", "-i", "L9", "-o", "y.ref"]).code(1);
    assert!(!work.has("y.ref"));
}
