//! Descriptions of real sets against those that DP3 writes;
//! `tests/data/vds/make.py` made them.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::Command;

use ledama_reffile::gds::cluster::Disk;
use ledama_reffile::gds::{Description, parse};

use super::describe::describe;

/// The data pack beside the checkout, or in `LEDAMA_SHARED`.
fn pack() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let shared = std::env::var_os("LEDAMA_SHARED").map_or_else(beside, PathBuf::from);
    let data = shared.join("data");
    if data.join("ms").is_dir() {
        return Some(data);
    }
    assert!(std::env::var_os("LEDAMA_NO_SKIP").is_none(), "no data pack in {}", shared.display());
    eprintln!("skipped: no data pack in {} (name it by LEDAMA_SHARED)", shared.display());
    None
}

fn close(one: Option<f64>, other: Option<f64>, within: f64) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => (one - other).abs() <= within,
        (one, other) => one == other,
    }
}

fn all_close(one: &[f64], other: &[f64], within: f64) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(a, b)| (a - b).abs() <= within)
}

fn check(name: &str, pack: &Path) {
    let folder = tempfile::tempdir().unwrap();
    let archive = pack.join("ms").join(format!("{name}.tar.gz"));
    let status = Command::new("tar").arg("xzf").arg(archive).arg("-C").arg(folder.path()).status();
    assert!(status.unwrap().success());
    let root = folder.path().to_str().unwrap();

    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/data/vds/{name}.vds"));
    let text = std::fs::read_to_string(&file).unwrap().replace("/DATA", root);
    let expected = parse(&text, name).unwrap().head;
    let disks = [Disk { name: format!("localhost:{root}"), mount: root.to_string() }];
    let cluster = format!("{root}/cluster");
    let found = describe(Path::new(expected.path()), &disks, Some(&cluster)).unwrap();

    // Written to the millisecond, with six digits and with twelve.
    assert!(close(found.start_mjd_s, expected.start_mjd_s, 6e-4), "{name}: {found:?}");
    assert!(close(found.end_mjd_s, expected.end_mjd_s, 6e-4), "{name}: {found:?}");
    assert!(close(found.step_s, expected.step_s, 1e-4), "{name}: {found:?}");
    assert!(all_close(&found.start_freqs_hz, &expected.start_freqs_hz, 1e-3), "{name}: {found:?}");
    assert!(all_close(&found.end_freqs_hz, &expected.end_freqs_hz, 1e-3), "{name}: {found:?}");
    let words = |from: Description| Description {
        start_mjd_s: None,
        end_mjd_s: None,
        step_s: None,
        start_diffs_s: Vec::new(),
        end_diffs_s: Vec::new(),
        start_freqs_hz: Vec::new(),
        end_freqs_hz: Vec::new(),
        ..from
    };
    assert_eq!(words(found), words(expected), "{name}");
}

#[test]
fn sets_are_described_as_dp3_does() {
    let Some(pack) = pack() else { return };
    for name in ["tNDPPP-generic", "tDemix", "dp3-quality", "tNDPPP"] {
        check(name, &pack);
    }
}
