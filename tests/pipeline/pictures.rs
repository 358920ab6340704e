//! What a user looks at after processing: the README's chapter on pictures, line
//! by line, and every number of it against casacore, h5py and numpy.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::{Value, json};

use super::scene::Scene;
use crate::docs::readme::{blocks, section};
use crate::support::casacore;
use crate::support::run::{Run, program};
use crate::support::skip::Skip;

/// Makes the sub-bands differ, which are copies of one set: each is another
/// frequency, and stronger than the one before.
const DIFFERENT: &str = "
import sys
from casacore.tables import table
for k, path in enumerate(sys.argv[1:]):
    window = table(path + '/SPECTRAL_WINDOW', readonly=False, ack=False)
    for name in ('CHAN_FREQ', 'REF_FREQUENCY'):
        window.putcol(name, window.getcol(name) + 195312.5 * k)
    rows = table(path, readonly=False, ack=False)
    rows.putcol('DATA', rows.getcol('DATA') * (1 + k))
";

/// A Python that has casacore and h5py.
pub(super) fn judge() -> Result<&'static str, Skip> {
    let python = casacore::python()?;
    let found = Command::new(python).args(["-c", "import h5py"]).output();
    if found.is_ok_and(|output| output.status.success()) {
        Ok(python)
    } else {
        Err(Skip(format!("no h5py for {python} (see scripts/dev/judges)")))
    }
}

fn python(judge: &str, words: &[String]) -> String {
    let output = Command::new(judge).args(words).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Sub-bands that can be told apart.
pub(super) fn tune(scene: &Scene, judge: &str, sub_bands: u32) {
    let sets = (0..sub_bands).map(|k| scene.set(super::scene::RAW, k, ""));
    let sets = sets.map(|set| set.display().to_string());
    let words = ["-c".to_string(), DIFFERENT.to_string()].into_iter().chain(sets);
    python(judge, &words.collect::<Vec<_>>());
}

/// The chapter, after `processobservation`.
pub(super) fn look(scene: &Scene, judge: &str) {
    let chapter = section("Pictures, movies, numbers");
    let mut ran = 0;
    for line in blocks(&chapter, "sh").iter().flat_map(|block| block.lines()) {
        shell(scene, line).run().no_panic().code(0);
        ran += 1;
    }
    assert_eq!(ran, 17);
    for picture in ["flagged.png", "baselines.png", "gains.png", "stations.png", "coverage.png"] {
        let bytes = std::fs::read(scene.work.join(picture)).unwrap();
        assert!(bytes.starts_with(b"\x89PNG"), "{picture}");
    }
    assert!(scene.work.read("noise.svg").contains("</svg>"));
    let info: Value = serde_json::from_str(&scene.work.read("movie/INFO.json")).unwrap();
    assert_eq!(info["used"].as_array().unwrap().len(), 4, "{info}");

    let known = known(scene, judge);
    for (file, name) in
        [("flagged.csv", "times"), ("noise.csv", "channels"), ("gains.csv", "gains")]
    {
        let found = points(&scene.work.read(file));
        // The gains have a panel for moduli and one for phases.
        let axis = |key: &str, at: usize| {
            let all = known[name][key].as_array().unwrap().iter();
            all.map(|point| (number(&point[0]), number(&point[at]))).collect::<Vec<_>>()
        };
        for key in known[name].as_object().unwrap().keys() {
            let moduli = &found[&(key.clone(), 0)];
            same(moduli, &axis(key, 1), key);
            if name == "gains" {
                same(&found[&(key.clone(), 1)], &axis(key, 2), key);
            }
        }
        let axes = if name == "gains" { 2 } else { 1 };
        assert_eq!(found.len(), axes * known[name].as_object().unwrap().len(), "{name}");
    }
    let found = cells(&scene.work.read("baselines.csv"));
    assert_eq!(found.len(), known["baselines"].as_object().unwrap().len());
    for (baseline, values) in known["baselines"].as_object().unwrap() {
        let values = values.as_array().unwrap().iter().filter_map(Value::as_f64);
        let values: Vec<_> = values.map(|value| (0.0, value)).collect();
        same(&found[baseline], &values, baseline);
    }
    let found = points(&scene.work.read("visibilities.csv"));
    for (key, values) in known["visibilities"].as_object().unwrap() {
        let values = values.as_array().unwrap().iter();
        let values: Vec<_> = values.map(|one| (number(&one[0]), number(&one[1]))).collect();
        same(&found[&(key.clone(), 0)], &values, key);
    }
    assert_eq!(found.len(), known["visibilities"].as_object().unwrap().len());
    let mut found = points(&scene.work.read("coverage.csv")).remove(&("|".into(), 0)).unwrap();
    let points = known["coverage"].as_array().unwrap().iter();
    let mut points: Vec<_> = points.map(|one| (number(&one[0]), number(&one[1]))).collect();
    let order = |a: &(f64, f64), b: &(f64, f64)| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1));
    found.sort_by(order);
    points.sort_by(order);
    same(&found, &points, "uv points");
    statistics(scene, &known["stats"]);
    closures(&scene.work.read("closure.csv"), &known["closure"]);
}

/// A line as a user gives it, on this host with mounts of the nodes.
fn shell(scene: &Scene, line: &str) -> Run {
    let mut line = format!("ledama() {{ \"$LEDAMA\" \"$@\"; }}\n{line}");
    for node in scene.cluster.names() {
        for disk in ["/data1", "/data2", "/data3"] {
            let here = scene.cluster.seen(node, disk).display().to_string();
            line = line.replace(&format!("/net/{node}{disk}"), &here);
        }
    }
    Run::new(scene.work.path(), ["-c", &line])
        .program("/bin/sh")
        .env("LEDAMA", program())
        .config(&scene.config)
}

/// What the judge computes from the same files.
fn known(scene: &Scene, judge: &str) -> Value {
    let sets = |list: &str| {
        let rows = scene.rows(list).into_iter();
        let one = |(k, row): (usize, crate::support::rows::Row)| {
            (format!("SB{k:03}"), json!(scene.cluster.seen(&row.node, &row.path)))
        };
        rows.enumerate().map(one).collect::<serde_json::Map<_, _>>()
    };
    let given = json!({
        "quality": sets("L80897_001_avg15ch.ref"),
        "calibrated": sets("L80897_002_avg3ch.ref"),
        "set": scene.work.join("x.MS"),
    });
    let script = crate::support::run::repository().join("tests/data/pipeline/pictures.py");
    let answer = python(judge, &[script.display().to_string(), given.to_string()]);
    serde_json::from_str(&answer).unwrap()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

/// The files hold numbers of single precision.
#[track_caller]
fn same(found: &[(f64, f64)], known: &[(f64, f64)], what: &str) {
    assert_eq!(found.len(), known.len(), "{what}: {found:?} {known:?}");
    for (found, known) in found.iter().zip(known) {
        let near = |a: f64, b: f64| (a - b).abs() <= 1e-5 * b.abs().max(1e-7);
        assert!((found.0 - known.0).abs() < 1e-5, "{what}: at {found:?}, not {known:?}");
        assert!(near(found.1, known.1), "{what}: {found:?} is not {known:?}");
    }
}

/// Points by `title|name` and the place of the panel among those of that title.
fn points(dump: &str) -> BTreeMap<(String, usize), Vec<(f64, f64)>> {
    let mut all: BTreeMap<_, Vec<_>> = BTreeMap::new();
    let mut panels: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for line in dump.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        // What is missing has no value.
        if fields[2] != "point" || fields[6].is_empty() {
            continue;
        }
        let same = panels.entry(fields[1]).or_default();
        if !same.contains(&fields[0]) {
            same.push(fields[0]);
        }
        let key = (format!("{}|{}", fields[1], fields[3]), same.len() - 1);
        let place = |at: usize| fields[at].parse::<f64>().unwrap();
        all.entry(key).or_default().push((place(4), place(6)));
    }
    all
}

/// Values of the rows of a map by their names, those that are there.
fn cells(dump: &str) -> BTreeMap<String, Vec<(f64, f64)>> {
    let mut all: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for line in dump.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        assert_eq!(fields[2], "cell", "{line}");
        if let Ok(value) = fields[8].parse::<f64>() {
            all.entry(fields[3].to_string()).or_default().push((0.0, value));
        }
    }
    all
}

/// Mean, median and deviation of the moduli of each baseline.
fn statistics(scene: &Scene, known: &Value) {
    let mut seen = 0;
    for (k, row) in scene.rows("L80897_002_avg3ch.ref").iter().enumerate() {
        let name = row.path.rsplit('/').next().unwrap();
        let text = scene.work.read(format!("stats/{name}.stats.csv"));
        let mut lines = text.lines().filter(|line| !line.starts_with('#'));
        let header: Vec<&str> = lines.next().unwrap().split(',').collect();
        let column = |name: &str| header.iter().position(|one| *one == name).unwrap();
        let columns = ["amp_mean", "amp_median", "amp_std"].map(column);
        for line in lines {
            let fields: Vec<&str> = line.split(',').collect();
            let [one, other, pol] = ["ant1Name", "ant2Name", "pol"].map(|n| fields[column(n)]);
            let known = &known[&format!("SB{k:03}|{one}|{other}|{pol}")];
            let Some(known) = known.as_array() else {
                assert!(fields[columns[0]].parse::<f64>().is_ok_and(f64::is_nan), "{line}");
                continue;
            };
            for (at, known) in columns.iter().zip(known) {
                let found = fields[*at].parse().unwrap();
                same(&[(0.0, found)], &[(0.0, number(known))], line);
            }
            seen += 1;
        }
    }
    assert_eq!(seen, known.as_object().unwrap().len());
}

fn closures(table: &str, known: &Value) {
    for (pol, known) in known.as_object().unwrap() {
        let mark = format!(",{pol},");
        let found = table.lines().filter_map(|line| line.split_once(&mark)?.1.split(',').next());
        let found: Vec<f64> = found.filter_map(|phase| phase.parse().ok()).collect();
        let known: Vec<f64> = known.as_array().unwrap().iter().filter_map(Value::as_f64).collect();
        let pair = |phases: Vec<f64>| phases.into_iter().map(|p| (0.0, p)).collect::<Vec<_>>();
        same(&pair(found), &pair(known), pol);
    }
}
