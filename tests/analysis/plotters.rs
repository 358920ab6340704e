//! GainPlotter, QTSPlotter, QFSPlotter, QBSPlotter: the numbers behind their pictures are
//! those of numpy, from the database and straight from sets.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::postgres::Base;
use crate::support::run::Run;
use crate::support::shared::{shared, unpack};
use crate::support::skip::{Skip, need, say};
use crate::support::{Cluster, Output, Work, plan_golden};

/// What `tests/data/analysis/make_diagnostics.py` computed.
fn numpy() -> Value {
    serde_json::from_str(include_str!("../data/analysis/diagnostics.json")).unwrap()
}

fn set(work: &Work, archive: &str) -> Result<PathBuf, Skip> {
    let pack = shared()?;
    let folder = work.join(archive);
    std::fs::create_dir_all(&folder).unwrap();
    Ok(unpack(&pack, archive, &folder))
}

fn plot(work: &Work, module: &str, input: &str, more: &[&str]) -> Run {
    work.ledama(["run", module, "--no-progress", "--inputdiag", input]).args(more)
}

/// x and y of each series, by panel title and name.
type Series = BTreeMap<(String, String), Vec<(f64, f64)>>;

fn points(output: &Output) -> Series {
    let mut series = Series::new();
    for line in output.stdout().lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        assert_eq!(fields[2], "point", "{line}");
        let number = |at: usize| fields[at].parse::<f64>().unwrap();
        let key = (fields[1].to_string(), fields[3].to_string());
        series.entry(key).or_default().push((number(4), number(6)));
    }
    series
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().filter_map(Value::as_f64).collect()
}

/// The sources are of single precision.
fn same(found: &[f64], known: &[f64], what: &str) {
    assert_eq!(found.len(), known.len(), "{what}: {found:?} {known:?}");
    for (found, known) in found.iter().zip(known) {
        let near = (found - known).abs() <= 1e-5 * known.abs().max(1e-12);
        assert!(near, "{what}: {found} is not {known}");
    }
}

fn halves(points: &[(f64, f64)]) -> (Vec<f64>, Vec<f64>) {
    points.iter().copied().unzip()
}

const KINDS: &str =
    "Count,RFIPercentage,Mean,StandardDeviation,Variance,DStandardDeviation,SignalToNoise";

#[test]
fn statistics_of_a_set_are_those_of_numpy_without_a_database() {
    let work = Work::new();
    let path = need!(set(&work, "aoq-collect"));
    let path = path.to_str().unwrap();
    let numpy = numpy();
    let more =
        ["--kinds", KINDS, "-s", "q", "-c", "c", "-y", "real", "-e", "share", "--dump", "csv"];
    let output = plot(&work, "QTSPlotter", path, &more).args(["-o", "qts.png"]).ok();
    let series = points(&output);
    for corr in ["XX", "YY"] {
        for (kind, known) in numpy["qts"][corr].as_object().unwrap() {
            let (x, y) = halves(&series[&(kind.clone(), corr.to_string())]);
            let unix = numbers(&numpy["qts"]["unix"]);
            assert!(x.iter().zip(&unix).all(|(x, unix)| (x - unix).abs() < 1e-6), "{x:?}");
            same(&y, &numbers(known), kind);
        }
    }
    assert!(work.has("qts.png"));
    // Two samples put together: what was counted and summed is added first.
    let coarse = ["-r", "20.1", "-o", "coarse.png", "-g", "0"];
    let series = points(&plot(&work, "QTSPlotter", path, &more).args(coarse).ok());
    for (kind, known) in numpy["qts_pairs"]["XX"].as_object().unwrap() {
        let (x, y) = halves(&series[&(kind.clone(), "XX".to_string())]);
        same(&x, &numbers(&numpy["qts_pairs"]["unix"]), "times");
        same(&y, &numbers(known), kind);
    }
    let more = ["-x", "FREQ_NORMAL", "--kinds", "Count,Mean", "-s", "c", "-c", "q", "-y", "real"];
    let output = plot(&work, "QFSPlotter", path, &more).args(["--dump", "csv", "-o", "q.svg"]).ok();
    assert!(output.stdout().contains("Frequency,MHz"), "{output}");
    let series = points(&output);
    let (x, y) = halves(&series[&("YY".to_string(), "Mean".to_string())]);
    let mhz = numbers(&numpy["qfs"]["mhz"]);
    assert!(x.iter().zip(&mhz).all(|(x, mhz)| (x - mhz).abs() < 1e-9), "{x:?}");
    assert!((x[0] - 134.288_024_902).abs() < 1e-9, "the middle of the first channel");
    same(&y, &numbers(&numpy["qfs"]["YY"]["Mean"]), "Mean");
    assert!(work.read("q.svg").contains("</svg>"));
    let more = ["-x", "FREQ_NORMAL", "-g", "0", "-y", "real", "-s", "baseline", "-c", "c"];
    let kinds = ["--kinds", "RFIPercentage", "--dump", "csv", "-o", "b.png"];
    let series = points(&plot(&work, "QBSPlotter", path, &more).args(kinds).ok());
    let names = numpy["qbs"]["names"].as_array().unwrap();
    let known = numpy["qbs"]["XX"]["RFIPercentage"].as_array().unwrap();
    let mut seen = 0;
    for (name, known) in names.iter().zip(known) {
        let key = (name.as_str().unwrap().to_string(), "XX".to_string());
        match known.as_f64() {
            Some(known) => same(&[series[&key][0].1], &[known], &key.0),
            None => assert!(!series.contains_key(&key)),
        }
        seen += usize::from(known.is_number());
    }
    assert_eq!(seen, series.len());
}

#[test]
fn gains_of_a_set_stand_in_the_middle_of_their_intervals() {
    let work = Work::new();
    let path = need!(set(&work, "dp3-gains"));
    let path = path.to_str().unwrap();
    let numpy = numpy();
    let more = ["-g", "0", "-s", "s", "-c", "c", "-y", "amp", "--dump", "csv"];
    let series = points(&plot(&work, "GainPlotter", path, &more).args(["-o", "a"]).ok());
    assert!(work.has("a.png"), "a name without extension is a PNG");
    let phases = ["-g", "0", "-s", "s", "-c", "c", "-y", "phase", "--dump", "csv", "-o", "p.png"];
    let phases = points(&plot(&work, "GainPlotter", path, &phases).ok());
    let stations = numpy["gains"]["stations"].as_object().unwrap();
    for (station, known) in stations {
        let key = (station.clone(), "XX".to_string());
        let known_amp = numbers(&known["amp"]);
        let (x, y) = series.get(&key).map(|points| halves(points)).unwrap_or_default();
        same(&y, &known_amp, station);
        if !x.is_empty() {
            let unix = numbers(&numpy["gains"]["unix"]);
            assert!(x.iter().zip(&unix).all(|(x, unix)| (x - unix).abs() < 1e-5), "{x:?}");
            same(&halves(&phases[&key]).1, &numbers(&known["phase"]), station);
        }
    }
    // The hour angle of each sample, as casacore has it.
    let angle = ["-x", "TIME_HOUR_ANGLE", "-a", "-43200,43200", "-o", "h.png"];
    let series = points(&plot(&work, "GainPlotter", path, &more).args(angle).ok());
    let (x, _) = halves(&series[&("CS001HBA0".to_string(), "XX".to_string())]);
    let known = numbers(&numpy["gains"]["hour_angle_s"]);
    assert!(x.iter().zip(&known).all(|(x, known)| (x - known).abs() < 1.0), "{x:?} {known:?}");
}

/// A node with two sets of one observation, loaded into a database in a file.
struct Scene {
    cluster: Cluster,
    work: Work,
    config: PathBuf,
    base: Base,
}

const QUALITY: &str = "/data1/users/lofareor/pipeline/L2013_114220_001";
const GAINS: &str = "/data2/users/lofareor/L2013_114220";

impl Scene {
    fn new() -> Result<Self, Skip> {
        let pack = shared()?;
        let cluster = Cluster::of(1).start()?;
        for (archive, parent) in [("aoq-collect", QUALITY), ("dp3-gains", GAINS)] {
            unpack(&pack, archive, &cluster.make("node011", parent));
        }
        let work = Work::new();
        let config = cluster.config(&work);
        let base = Base::sqlite(&work);
        let scene = Self { cluster, work, config, base };
        scene.load();
        Ok(scene)
    }

    /// Brings the database up to date with the node.
    fn load(&self) {
        let update = ["run", "UpdateLEDDB", "--dburl", &self.base.url, "--nodes", "11"];
        let update = self.work.ledama(update).args(["--settle", "0", "--no-progress"]);
        let paths = "/data1/users/lofareor/pipeline,/data2/users/lofareor";
        update.args(["--diagnostic", "--path", paths]).config(&self.config).run().no_panic();
    }

    fn plot(&self, module: &str, input: &str, more: &[&str]) -> Run {
        plot(&self.work, module, input, more).args(["--dburl", &self.base.url]).config(&self.config)
    }

    fn diagfile(&self, getter: &str, file: &str, more: &[&str]) {
        let args = ["run", getter, "--dburl", &self.base.url, "-o", file];
        self.work.ledama(args).args(more).config(&self.config).ok();
    }
}

#[test]
fn the_database_shows_the_same_as_the_sets() {
    let mut scene = need!(Scene::new());
    shows_the_same(&scene, "file");
    checks_and_plans(&scene);
    match Base::postgres() {
        Ok(base) => {
            scene.base = base;
            scene.load();
            shows_the_same(&scene, "server");
        }
        Err(reason) => say(&reason.to_string()),
    }
}

/// Numbers of the database of the scene, whichever it is.
fn shows_the_same(scene: &Scene, of: &str) {
    let numpy = numpy();
    let [qts, qfs, times, channels, gains] =
        ["qts.diag", "qfs.diag", "q.png", "f.png", "g.png"].map(|name| format!("{of}-{name}"));
    scene.diagfile("GetQTSs", &qts, &["--ldss", "L114220"]);
    let more =
        ["--kinds", "StandardDeviation", "-c", "c", "-y", "real", "--dump", "csv", "-o", &times];
    let output = scene.plot("QTSPlotter", &qts, &more).ok();
    let series = points(&output);
    let (x, y) = halves(&series[&(String::new(), "XX".to_string())]);
    same(&y, &numbers(&numpy["qts"]["XX"]["StandardDeviation"]), "StandardDeviation");
    let unix = numbers(&numpy["qts"]["unix"]);
    assert!(x.iter().zip(&unix).all(|(x, unix)| (x - unix).abs() < 1e-6));
    // True frequencies, though the database keeps the middle of the sub-band, too.
    scene.diagfile("GetQFSs", &qfs, &["--qkindids", "1"]);
    let more = ["-x", "FREQ_NORMAL", "-c", "c", "-y", "real", "--dump", "csv", "-o", &channels];
    let series = points(&scene.plot("QFSPlotter", &qfs, &more).ok());
    let (x, _) = halves(&series[&(String::new(), "XX".to_string())]);
    let mhz = numbers(&numpy["qfs"]["mhz"]);
    assert!(x.iter().zip(&mhz).all(|(x, mhz)| (x - mhz).abs() < 1e-9), "{x:?}");
    // Gains by their ids.
    let ids = scene.work.ledama(["run", "GetGains", "--dburl", &scene.base.url]).ok().stdout();
    let more = ["-g", "0", "-s", "s", "-c", "c", "-y", "amp", "--dump", "csv", "-o", &gains];
    let series = points(&scene.plot("GainPlotter", ids.trim(), &more).ok());
    for (station, known) in numpy["gains"]["stations"].as_object().unwrap() {
        let key = (station.clone(), "XX".to_string());
        let y = series.get(&key).map(|points| halves(points).1).unwrap_or_default();
        same(&y, &numbers(&known["amp"]), station);
    }
}

/// What is refused, and what a dry run tells.
fn checks_and_plans(scene: &Scene) {
    // A file of another kind of diagnostics, a picture that is there: nothing is done.
    scene.diagfile("GetQTSs", "qts.diag", &["--ldss", "L114220"]);
    let run =
        |module: &str, input: &str, more: &[&str]| scene.plot(module, input, more).run().no_panic();
    run("QFSPlotter", "qts.diag", &["-o", "w.png"]).code(2).complains("is for QTS, not for QFS");
    scene.work.file("q.png", "mine");
    run("QTSPlotter", "qts.diag", &["-o", "q.png"]).code(2).complains("q.png exists");
    run("QTSPlotter", "qts.diag", &["-o", "q.png", "--force"]).code(0);
    // Nothing to draw, and more than there is room for.
    scene.diagfile("GetQTSs", "none.diag", &["--ldss", "L1"]);
    run("QTSPlotter", "none.diag", &["-o", "n.png"]).code(1).complains("no data");
    assert!(!scene.work.has("n.png"));
    // A dry run tells how much it would be.
    let query = scene.plot("QTSPlotter", "qts.diag", &["-o", "d.png", "--query"]).ok();
    assert!(query.stdout().contains("rows of QTS"), "{query}");
    let plan = ["-o", "d.png", "--query", "--json"];
    let output = scene.plot("QTSPlotter", "qts.diag", &plan).ok();
    plan_golden::check("QTSPlotter", "diagfile", &output, &scene.work, &scene.cluster);
    let plan = ["-o", "d.png", "-s", "s", "--map", "--query", "--json"];
    let output = scene.plot("GainPlotter", "0-3", &plan).ok();
    plan_golden::check("GainPlotter", "ids", &output, &scene.work, &scene.cluster);
    let plan = ["-o", "d.png", "--map", "-s", "q", "-y", "real", "--query", "--json"];
    let output = scene.plot("QBSPlotter", "0-3", &plan).ok();
    plan_golden::check("QBSPlotter", "map", &output, &scene.work, &scene.cluster);
    let name = "L114220_SAP000_SB031_uv.MS";
    scene.work.file("in.ref", format!("{QUALITY}/{name} 134.375 1 node011 0\n"));
    let plan = ["-o", "d.png", "-x", "FREQ_NORMAL", "--kinds", "Mean", "--query", "--json"];
    let output = scene.plot("QFSPlotter", "in.ref", &plan).ok();
    plan_golden::check("QFSPlotter", "reffile", &output, &scene.work, &scene.cluster);
}

#[test]
fn sets_of_a_reffile_are_read_on_their_nodes() {
    let scene = need!(Scene::new());
    let line = |parent: &str, name: &str| format!("{parent}/{name} 134.375 1 node011 0\n");
    let name = "L114220_SAP000_SB031_uv.MS";
    scene.work.file("in.ref", line(QUALITY, name));
    let more =
        ["--kinds", "RFIPercentage", "-c", "c", "-y", "real", "--dump", "csv", "-o", "r.png"];
    let run = plot(&scene.work, "QTSPlotter", "in.ref", &more).config(&scene.config);
    let series = points(&run.ok());
    let (_, y) = halves(&series[&(String::new(), "YY".to_string())]);
    same(&y, &numbers(&numpy()["qts"]["YY"]["RFIPercentage"]), "RFIPercentage");
    // One set that is not there does not hide the others, but is told.
    let gone = line(QUALITY, "L114220_SAP000_SB032_uv.MS");
    let two = format!("{}{gone}", line(QUALITY, name));
    scene.work.file("two.ref", two);
    let run = plot(&scene.work, "QTSPlotter", "two.ref", &["-o", "t.png"]).config(&scene.config);
    let output = run.run().no_panic();
    assert!(output.stderr.contains("SB032"), "{output}");
    assert!(scene.work.has("t.png") && output.code == 1, "{output}");
    scene.cluster.expect_nothing_left();
}

#[test]
fn pictures_are_the_same_again_and_options_are_checked_first() {
    let work = Work::new();
    let path = need!(set(&work, "aoq-collect"));
    let input = path.to_str().unwrap();
    for (name, more) in [
        ("points.png", &["-l", "-s", "c", "--top-axis", "lst"][..]),
        ("map.svg", &["--map", "-y", "amp", "--kinds", "Mean"]),
        ("wrapped.png", &["-x", "TIME_UTC_WRAP_BLANK", "-y", "phaseunwrap", "--degrees"]),
        ("daily.pdf", &["-x", "TIME_UTC_DAILY", "--average", "none", "-f", "1.5,0"]),
    ] {
        let draw = |out: &str| {
            plot(&work, "QTSPlotter", input, more).args(["-o", out]).ok();
            std::fs::read(work.join(out)).unwrap()
        };
        assert_eq!(draw(name), draw(&format!("again-{name}")), "{name}");
    }
    plot(&work, "QTSPlotter", input, &["--open", "-o", "page.png"]).ok();
    assert!(work.read("page.html").contains("<html"));
    for (more, part, code) in [
        (&["-c", "lx"][..], "`x` no letter of one", 2),
        (&["-c", "c", "-s", "c"], "corr is in the colour key", 2),
        (&["-s", "s"], "QTS have no station", 2),
        (&["-a", "0,1"], "--xrange is for", 2),
        (&["-e", "0,1"], "2 numbers for 2 axes", 2),
        (&["-o", "x.gif"], "png, svg or pdf", 2),
        (&["--kinds", "Counts", "-o", "y.png"], "no data", 1),
    ] {
        plot(&work, "QTSPlotter", input, more).run().no_panic().code(code).complains(part);
    }
    let output = plot(&work, "QTSPlotter", "nothing.diag", &[]).run().no_panic().code(2);
    assert!(output.stderr.contains("neither a file nor a list of ids"), "{output}");
    assert!(!Path::new(&work.join("x.gif")).exists());
}
