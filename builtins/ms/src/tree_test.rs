//! A scan of a whole fake cluster with real sets, damaged ones and junk,
//! against what its maker says a scan must find. Needs the data pack beside
//! the checkout (or in `LEDAMA_SHARED`) and Python.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use ledama_base::operation::Operation;
use serde_json::Value;

use crate::discover::{Kind, Wanted};
use crate::scan::{Scan, ScanEntry, ScanInput};
use crate::testing::{Alone, shared};

fn tree_maker() -> Option<PathBuf> {
    let shared = shared();
    let script = shared.join("data/tree.py");
    if !script.is_file() {
        eprintln!("skipped: no data pack in {} (name it by LEDAMA_SHARED)", shared.display());
        return None;
    }
    if Command::new("python3").arg("--version").output().is_err() {
        eprintln!("skipped: the data pack needs python3");
        return None;
    }
    Some(script)
}

/// Found entries by node and path as seen on the node, and all warnings.
fn scan(root: &Path, nodes: &[&str]) -> (BTreeMap<(String, String), ScanEntry>, Vec<String>) {
    let mut found = BTreeMap::new();
    let mut warnings = Vec::new();
    for node in nodes {
        let root = root.join(node).to_str().unwrap().to_string();
        let input = ScanInput {
            paths: vec![root.clone()],
            pack: Wanted::Both,
            sizes: true,
            facts: true,
            packed_facts: true,
            ..ScanInput::default()
        };
        let seen = Scan.run(input, &Alone::default()).unwrap();
        for entry in seen.entries {
            let path = entry.path.strip_prefix(&root).unwrap().to_string();
            assert!(found.insert(((*node).to_string(), path), entry).is_none(), "listed twice");
        }
        warnings.extend(seen.warnings);
    }
    (found, warnings)
}

#[test]
fn a_scan_agrees_with_the_maker_of_the_tree() {
    let Some(maker) = tree_maker() else { return };
    let folder = tempfile::tempdir().unwrap();
    let (out, list) = (folder.path().join("tree"), folder.path().join("manifest.json"));
    let made = Command::new("python3")
        .args([maker.as_os_str(), out.as_os_str()])
        .args(["--nodes", "3", "--sbs", "12", "--patch", "--manifest"])
        .arg(&list)
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let manifest: Value = serde_json::from_slice(&std::fs::read(&list).unwrap()).unwrap();
    let rows = |name: &str| manifest[name].as_array().unwrap().clone();
    let nodes: Vec<&str> =
        manifest["nodes"].as_array().unwrap().iter().map(|n| n.as_str().unwrap()).collect();

    let (mut found, warnings) = scan(&out.canonicalize().unwrap(), &nodes);
    for expected in rows("entries") {
        let entry = found.remove(&key(&expected)).unwrap_or_else(|| panic!("lost: {expected:#}"));
        compare(&entry, &expected);
    }
    for optional in rows("optional") {
        found.remove(&key(&optional));
    }
    assert!(found.is_empty(), "found, but should not be: {:#?}", found.keys());

    for junk in rows("junk") {
        let expect = junk["expect"].as_str().unwrap();
        let path = junk["path"].as_str().unwrap();
        if expect.starts_with("a warning that") || expect.starts_with("a warning;") {
            assert!(
                warnings.iter().any(|w| w.contains(path)),
                "no warning of {path}: {warnings:?}"
            );
        } else if expect == "not listed, no error" {
            assert!(
                !warnings.iter().any(|w| w.contains(path)),
                "a warning of {path}: {warnings:?}"
            );
        }
    }
    for junk in rows("junk").iter().filter(|junk| junk["root_can_read"].is_boolean()) {
        let (node, path) = key(junk);
        let closed = out.join(node).join(path.trim_start_matches('/'));
        std::fs::set_permissions(closed, PermissionsExt::from_mode(0o700)).unwrap();
    }
}

fn key(row: &Value) -> (String, String) {
    let text = |name: &str| row[name].as_str().unwrap().to_string();
    (text("node"), text("path"))
}

fn compare(entry: &ScanEntry, expected: &Value) {
    let path = &entry.path;
    let kind = match expected["kind"].as_str().unwrap() {
        "ms" => Kind::Ms,
        "tar" => Kind::Tar,
        _ => Kind::Bvf,
    };
    assert_eq!(entry.kind, kind, "{path}");
    assert_eq!(entry.size_bytes, expected["du_bytes"].as_u64(), "{path}");
    assert_eq!(entry.size_mb, expected["du_mb"].as_u64(), "{path}");
    assert_eq!(entry.apparent_bytes, expected["apparent_bytes"].as_u64(), "{path}");
    assert_eq!(entry.file_bytes, expected["file_bytes"].as_u64(), "{path}");
    assert_eq!(entry.files, expected["n_files"].as_u64(), "{path}");
    assert_eq!(entry.beam.map(u64::from), expected["beam"].as_u64(), "{path}");
    let inside = &expected["inside_ref_frequency_hz"];
    let hz =
        if kind == Kind::Tar { inside.as_f64() } else { expected["ref_frequency_hz"].as_f64() };
    assert_eq!(entry.freq_mhz, hz.map(|hz| hz / 1e6), "{path}");
    if expected["status"] == "ok" {
        assert_eq!(entry.error, None, "{path}");
        return;
    }
    // The frequency of this one can be read, and nobody asked for the data.
    let hidden = "data file of DATA is absent, the rest is whole";
    let problem = expected["problem"].as_str().unwrap();
    assert_eq!(entry.error.is_none(), problem == hidden, "{path}: {problem}: {:?}", entry.error);
}
