//! Facts of real sets against what casacore says about them.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::Path;

use serde_json::{Map, Value, json};

use super::*;
use crate::testing::DataPack;

/// Facts of the golden answers that have another name here, or another meaning.
const RENAMED: [(&str, &str); 2] =
    [("has_gains", "has_gain_table"), ("has_quality", "has_quality_tables")];

/// Not facts of ours: forms of other facts.
const LEFT_OUT: [&str; 2] = ["utc_first_ledama", "utc_last_ledama"];

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-12 * a.abs().max(b.abs()) || (a.is_nan() && b.is_nan())
}

/// The first difference between an answer and ours, by the path to it.
fn difference(at: &str, expected: &Value, found: &Value) -> Option<String> {
    match (expected, found) {
        (Value::Number(a), Value::Number(b)) if close(a.as_f64()?, b.as_f64()?) => None,
        (Value::Object(a), Value::Object(b)) => {
            a.iter().filter(|(key, _)| *key != "ra_deg_raw").find_map(|(key, a)| {
                difference(&format!("{at}.{key}"), a, b.get(key).unwrap_or(&Value::Null))
            })
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => a
            .iter()
            .zip(b)
            .enumerate()
            .find_map(|(k, (a, b))| difference(&format!("{at}[{k}]"), a, b)),
        (a, b) if a == b => None,
        (a, b) => Some(format!("{at}: expected {a}, found {b}")),
    }
}

fn differences(expected: &Map<String, Value>, info: &MsInfo) -> Vec<String> {
    let found = serde_json::to_value(info).unwrap();
    let mut wrong = Vec::new();
    for (key, expected) in expected.iter().filter(|(key, _)| !LEFT_OUT.contains(&key.as_str())) {
        let name = RENAMED.iter().find(|(old, _)| old == key).map_or(key.as_str(), |(_, new)| new);
        wrong.extend(difference(name, expected, found.get(name).unwrap_or(&Value::Null)));
    }
    for (key, time) in [
        ("utc_first_ledama", info.rows.time_first_mjd_s),
        ("utc_last_ledama", info.rows.time_last_mjd_s),
    ] {
        if let Some(expected) = expected.get(key).and_then(Value::as_str)
            && time.and_then(utc::whole_seconds).as_deref() != Some(expected)
        {
            wrong.push(format!("{key}: expected {expected}"));
        }
    }
    wrong
}

fn read(path: &Path, depth: Depth) -> MsInfo {
    MsInfo::read(path, Wanted { depth, ..Wanted::default() }).unwrap()
}

#[test]
fn the_facts_of_every_set_are_those_of_casacore() {
    let Some(pack) = DataPack::find() else { return };
    let mut wrong = Vec::new();
    let mut sets = 0;
    for name in pack.archives() {
        let golden = pack.golden(&name);
        let Some(expected) = golden.get("msinfo").and_then(Value::as_object) else { continue };
        let folder = pack.unpack(&name);
        for (path, expected) in expected {
            sets += 1;
            let info = read(&folder.path().join(path), Depth::Flags);
            let found = differences(expected.as_object().unwrap(), &info);
            wrong.extend(found.into_iter().map(|text| format!("{path}: {text}")));
            wrong
                .extend(info.problems.iter().map(|p| format!("{path}: {}: {}", p.fact, p.message)));
        }
    }
    assert!(sets > 30, "only {sets} sets have facts");
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_damaged_sub_table_leaves_the_other_facts() {
    let Some(pack) = DataPack::find() else { return };
    let folder = pack.unpack("tNDPPP-generic");
    let set = folder.path().join("tNDPPP-generic.MS");
    let whole = read(&set, Depth::Header);
    std::fs::write(set.join("ANTENNA/table.dat"), b"no table").unwrap();
    let info = read(&set, Depth::Header);
    assert_eq!(info.stations.stations, Vec::<String>::new());
    assert_eq!(info.observation, whole.observation);
    assert_eq!(info.spectral, whole.spectral);
    assert_eq!(info.problems.len(), 1, "{:?}", info.problems);
    assert_eq!(info.problems[0].fact, "ANTENNA");
    std::fs::write(set.join("instrument/table.dat"), b"no table").unwrap();
    let found: Vec<String> =
        read(&set, Depth::Header).problems.into_iter().map(|p| p.fact).collect();
    assert!(found.contains(&"instrument".to_string()), "{found:?}");
    std::fs::remove_dir_all(set.join("FIELD")).unwrap();
    assert_eq!(read(&set, Depth::Header).field.phase_dir, None);
}

#[test]
fn the_header_alone_says_the_same_where_it_says_something() {
    let Some(pack) = DataPack::find() else { return };
    let folder = pack.unpack("tNDPPP-generic");
    let set = folder.path().join("tNDPPP-generic.MS");
    let (short, long) = (read(&set, Depth::Header), read(&set, Depth::Rows));
    assert_eq!((short.rows.n_times, long.rows.n_times), (None, Some(6)));
    assert_eq!(short.rows.time_last_mjd_s, long.rows.time_last_mjd_s);
    assert_eq!(json!(short.observation), json!(long.observation));
    assert!(MsInfo::read(folder.path(), Wanted::default()).is_err());
}

#[test]
fn corrections_are_applied_and_told() {
    let Some(pack) = DataPack::find() else { return };
    let folder = pack.unpack("tNDPPP-generic");
    let set = folder.path().join("L2012_52037/L52037_SAP000_SB010_uv.MS");
    std::fs::create_dir(set.parent().unwrap()).unwrap();
    std::fs::rename(folder.path().join("tNDPPP-generic.MS"), &set).unwrap();
    let info = read(&set, Depth::Header);
    assert_eq!(info.lds.as_deref(), Some("L52037"));
    assert_eq!(info.rows.time_first_mjd_s, Some(4_838_322_659.903_987));
    assert_eq!(info.rows.utc_last.as_deref(), Some("2012/03/13/03:01:00.000"));
    assert!(info.corrections.iter().any(|text| text.contains("L52037")), "{:?}", info.corrections);
}
