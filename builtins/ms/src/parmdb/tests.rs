#![allow(clippy::unwrap_used, clippy::expect_used, clippy::float_cmp, clippy::cast_precision_loss)]

use std::path::{Path, PathBuf};

use ndarray::array;
use num_complex::Complex64;
use serde_json::Value as Json;

use super::*;
use crate::gains::{Cells, Gains, Request, read};
use crate::testing::DataPack;

fn small() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/small.parmdb")
}

const MHZ: f64 = 1e6;

#[test]
fn cells_edges_and_gaps_of_scalars() {
    let db = ParmDb::open(small()).unwrap();
    assert_eq!((db.rows, db.parms.len(), db.defaults.len()), (7, 6, 4));
    assert_eq!((db.freq_step_hz, db.time_step_s), (97656.25, 10.0));
    assert_eq!(db.warnings, [] as [&str; 0]);
    let name = "Gain:0:0:Real:A";
    assert_eq!(db.parm(name).unwrap().domains[0].range.start_time, 100.0);
    for (freq, time, value) in [
        (100.0, 100.0, Value::Known(1.0)),
        (101.9, 119.9, Value::Known(1.0)),
        (102.0, 119.9, Value::Known(2.0)),
        (102.0, 120.0, Value::Known(4.0)),
        (100.0, 140.0, Value::Missing),
        (100.0, 159.0, Value::Missing),
        (103.0, 160.0, Value::Known(6.0)),
        (103.0, 200.0, Value::Missing),
        (104.0, 170.0, Value::Missing),
        (99.9, 170.0, Value::Missing),
    ] {
        assert_eq!(db.value(name, freq * MHZ, time), value, "{freq} {time}");
    }
    // A quarter and three quarters of the domain.
    let name = "Gain:0:0:Imag:A";
    assert_eq!(db.value(name, 100.99 * MHZ, 100.0), Value::Known(10.0));
    assert_eq!(db.value(name, 101.0 * MHZ, 100.0), Value::Known(20.0));
    assert_eq!(db.value(name, 101.0 * MHZ, 120.0), Value::Known(40.0));
    assert_eq!(db.value(name, 103.9 * MHZ, 199.0), Value::Known(7.0));
}

#[test]
fn polynomials_of_both_types() {
    let db = ParmDb::open(small()).unwrap();
    for name in ["Clock:A", "Clock:B"] {
        // x = 0.5, y = 0.25
        let value = db.value(name, 102.0 * MHZ, 125.0).or_nan();
        assert!((value - (1.0 + 0.25 + 0.0625 + 0.5)).abs() < 1e-12, "{value}");
        assert_eq!(db.value(name, 100.0 * MHZ, 100.0), Value::Known(1.0));
        assert_eq!(db.value(name, 100.0 * MHZ, 200.0), Value::Missing);
    }
    let factors = array![[1.0, 2.0], [0.0, 3.0]];
    assert_eq!(domain::polynomial(&factors, 2.0, 5.0), 1.0 + 4.0 + 3.0 * 2.0 * 5.0);
}

#[test]
fn defaults_are_found_by_shortened_names() {
    let db = ParmDb::open(small()).unwrap();
    for (name, value) in [
        ("Gain:0:0:Real:NEW", 1.0),
        ("Gain:0:1:Real:NEW", 9.0),
        ("TEC:B", 0.5),
        ("TEC:A", 0.0),
        ("Nothing", 0.0),
    ] {
        assert_eq!(db.value(name, MHZ, 1.0), Value::Default(value), "{name}");
    }
    let scaled = DefaultValue {
        name: "Clock".into(),
        funklet: Funklet::Polynomial,
        values: array![[1.0, 10.0]],
        scale: Some(Range { start_freq: 100.0, end_freq: 200.0, start_time: 0.0, end_time: 1.0 }),
    };
    assert_eq!(scaled.value(150.0, 0.0), 6.0);
}

#[test]
fn gains_are_products_on_the_cells_of_all() {
    let gains = read(&small(), &Request::default()).unwrap();
    assert_eq!(gains.stations, ["A", "B"]);
    assert_eq!(gains.jones.iter().map(|jones| jones.element).collect::<Vec<_>>(), [0, 3]);
    // Cut at 101 and 102 MHz; two cells of 20 s, one of 40 s, then the gap
    // that one polar gain covers is covered by its only cell.
    assert_eq!(gains.freq.centres, [100.5 * MHZ, 101.5 * MHZ, 103.0 * MHZ]);
    assert_eq!(gains.freq.widths, [MHZ, MHZ, 2.0 * MHZ]);
    assert_eq!(gains.time.centres, [110.0, 130.0, 150.0, 180.0]);
    let db = ParmDb::open(small()).unwrap();
    let tau = std::f64::consts::TAU;
    for (t, time) in gains.time.centres.iter().enumerate() {
        for (f, freq) in gains.freq.centres.iter().enumerate() {
            let real = db.value("Gain:0:0:Real:A", *freq, *time).or_nan();
            let imag = db.value("Gain:0:0:Imag:A", *freq, *time).or_nan();
            let delay = db.value("Clock:A", *freq, *time).or_nan();
            let wanted =
                Complex64::new(real, imag) * Complex64::from_polar(1.0, tau * freq * delay);
            match gains.value([t, f, 0, 0, 0]) {
                Some(value) => {
                    assert!((value - wanted).norm() < 1e-9 * wanted.norm(), "{value} {wanted}");
                }
                None => assert!(time == &150.0 && wanted.is_nan()),
            }
            // B has a polar YY and no XX.
            let delay = db.value("Clock:B", *freq, *time).or_nan();
            let wanted = Complex64::from_polar(2.0, tau * freq * delay);
            assert!((gains.value([t, f, 1, 0, 1]).unwrap() - wanted).norm() < 1e-9);
            assert_eq!((gains.value([t, f, 0, 0, 1]), gains.value([t, f, 1, 0, 0])), (None, None));
        }
    }
    let request = Request {
        time: Some(Cells::from_centres(vec![105.0, 150.0, 500.0])),
        freq: Some(Cells::from_centres(vec![100.5 * MHZ])),
        stations: vec!["A".into()],
        ..Request::default()
    };
    let some = read(&small(), &request).unwrap();
    assert_eq!(some.shape(), [3, 1, 1, 1, 1]);
    assert!(
        (some.value([0, 0, 0, 0, 0]).unwrap().norm() - Complex64::new(1.0, 10.0).norm()).abs()
            < 1e-12
    );
    assert_eq!((some.value([1, 0, 0, 0, 0]), some.value([2, 0, 0, 0, 0])), (None, None));
}

#[test]
fn gains_can_stand_apart_from_other_effects() {
    let apart = Request { apart: true, ..Request::default() };
    let gains = read(&small(), &apart).unwrap();
    assert_eq!((gains.directions.len(), gains.directions[0].name.as_str()), (1, ""));
    assert!(gains.warnings.iter().any(|text| text.contains("of the kind Clock")), "{gains:?}");
    let db = ParmDb::open(small()).unwrap();
    let (time, freq) = (gains.time.centres[0], gains.freq.centres[0]);
    let real = db.value("Gain:0:0:Real:A", freq, time).or_nan();
    let imag = db.value("Gain:0:0:Imag:A", freq, time).or_nan();
    assert_eq!(gains.value([0, 0, 0, 0, 0]), Some(Complex64::new(real, imag)));
}

#[test]
fn damaged_tables_are_errors_and_no_panics() {
    fn copy(from: &Path, to: &Path) {
        std::fs::create_dir_all(to).unwrap();
        for entry in std::fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            let target = to.join(entry.file_name());
            if entry.path().is_dir() {
                copy(&entry.path(), &target);
            } else {
                drop(std::fs::copy(entry.path(), target));
            }
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.parmdb");
    copy(&small(), &path);
    let mut seed = 99_u64;
    let mut random = move |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).unwrap() % below
    };
    let files = [
        "table.f0",
        "table.f0i",
        "NAMES/table.f0",
        "DEFAULTVALUES/table.f0",
        "DEFAULTVALUES/table.f0i",
        "table.dat",
    ];
    let mut failed = 0;
    for round in 0..240 {
        let file = path.join(files[round % files.len()]);
        let whole = std::fs::read(&file).unwrap();
        let mut damaged = whole.clone();
        if round % 3 == 0 {
            damaged.truncate(random(whole.len()));
        } else {
            for _ in 0..8 {
                let at = random(damaged.len());
                damaged[at] = u8::try_from(random(256)).unwrap();
            }
        }
        std::fs::write(&file, &damaged).unwrap();
        let request = Request { time: Some(Cells::equal(100.0, 200.0, 5)), ..Request::default() };
        failed += usize::from(ParmDb::open(&path).and_then(|db| db.gains(&request)).is_err());
        std::fs::write(&file, whole).unwrap();
    }
    assert!(failed > 60, "{failed}");
    assert!(ParmDb::open(&path).is_ok());
}

/// Domains that overlap cut each other at every edge, in time and frequency.
#[test]
fn overlapping_domains_do_not_ask_for_all_memory() {
    let mut db = ParmDb::open(small()).unwrap();
    let domain = |at: usize, width: f64, scale: f64| {
        let start = at as f64 * scale;
        let end = start + width;
        let range = Range { start_freq: start, end_freq: end, start_time: start, end_time: end };
        let cells = Cells::equal(start, end, 1);
        Domain { range, freq: cells.clone(), time: cells, values: array![[1.0]] }
    };
    for parm in &mut db.parms {
        parm.domains.clear();
    }
    let scalar = db.parms.iter().position(|parm| parm.name == "Gain:0:0:Real:A").unwrap();
    db.parms[scalar].domains = (0..20_000).map(|at| domain(at, 1.5, 1.0)).collect();
    let error = db.gains(&Request::default()).unwrap_err().to_string();
    for number in ["39999 times", "39999 frequencies", "from only 20000 values"] {
        assert!(error.contains(number), "{error}");
    }
    // At given places no grid is made of them.
    let (time, freq) = (Cells::equal(0.0, 20_000.0, 7), Cells::equal(0.0, 10.0, 2));
    let asked = Request { time: Some(time), freq: Some(freq), ..Request::default() };
    assert_eq!(db.gains(&asked).unwrap().shape()[..2], [7, 2]);

    db.parms[scalar].domains.clear();
    let polynomial = db.parms.iter().position(|parm| parm.name == "Clock:A").unwrap();
    db.time_step_s = 0.01;
    db.parms[polynomial].domains = (0..1000).map(|at| domain(at, 5000.0, 0.003)).collect();
    let error = db.gains(&Request::default()).unwrap_err().to_string();
    assert!(error.contains("9 domains of polynomials take 4500000 steps of 0.01"), "{error}");
}

#[test]
fn facts_of_the_real_tables() {
    let Some(pack) = DataPack::find() else { return };
    let folder = pack.unpack("parmdb-real");
    let db = ParmDb::open(folder.path().join("tApplyCal_tmp.parmdb")).unwrap();
    assert_eq!((db.parms.len(), db.rows, db.defaults.len()), (5, 5, 14));
    let range = db.parm("Gain:0:0:Real:ant2").unwrap().domains[0].range;
    assert_eq!((range.start_freq, range.end_freq), (10e6, 43e6));
    assert_eq!((range.start_time, range.end_time), (4_472_025_735.0, 4_472_025_795.0));
    for (name, values) in [
        ("Gain:0:0:Real:ant2", array![[2.0, 1.0], [1.0, 3.0]]),
        ("Gain:0:0:Imag:ant2", array![[0.0, 0.0], [0.0, 4.0]]),
        ("Gain:1:1:Real:ant2", array![[3.0, 1.0], [1.0, 1.0]]),
        ("Gain:0:1:Real:ant3", array![[0.0, 0.5], [0.0, 0.0]]),
    ] {
        assert_eq!(db.parm(name).unwrap().domains[0].values, values, "{name}");
    }
    for (name, value) in
        [("Clock", 3.7e-6), ("Clock:ant1", 0.0), ("TEC", 1.3e-5), ("CommonRotationAngle", 0.785)]
    {
        let found = db.default_of(name).unwrap().value(1e7, 0.0);
        assert!((found - value).abs() < 1e-12, "{name} {found}");
    }
    let db = ParmDb::open(folder.path().join("tApplyCal.parmdb")).unwrap();
    assert_eq!(db.parms.len(), 32);
    let all = db.parms.iter().flat_map(|parm| &parm.domains);
    assert!(all.flat_map(|domain| &domain.values).all(|value| [0.0, 3.0].contains(value)));
    let gains = db.gains(&Request::default()).unwrap();
    assert_eq!((gains.shape()[..2].to_vec(), gains.jones.len()), (vec![2, 2], 4));
    let folder = pack.unpack("tDemix");
    let db = ParmDb::open(folder.path().join("tDemix_tmp/instrument_ref1")).unwrap();
    let first = &db.parm("DirectionalGain:0:0:Real:CS001HBA0:CasA").unwrap().domains[0];
    assert!((first.values[[0, 0]] - 15.101_596_407_638).abs() < 1e-11);
    assert!((first.values[[1, 0]] - 15.212_106_269_265).abs() < 1e-11);
    assert!((first.time.centres[0] - 4_931_250_060.480_727).abs() < 1e-5);
    let gains = db.gains(&Request::default()).unwrap();
    assert_eq!(gains.directions[0].name, "CasA");
    assert_eq!(gains.jones.len(), 4);
    let folder = pack.unpack("tNDPPP-generic");
    let set = folder.path().join("tNDPPP-generic.MS");
    assert!(!ParmDb::has_values(set.join("instrument")).unwrap());
    let empty = read(&set, &Request::default()).unwrap();
    assert_eq!((empty.stations.len(), empty.valid()), (0, 0));
}

fn float(value: &Json) -> f64 {
    value.as_f64().unwrap_or_else(|| value.as_str().unwrap().parse().unwrap())
}

fn floats(value: &Json) -> Vec<f64> {
    value.as_array().unwrap().iter().map(float).collect()
}

/// Equal, but for the last bit that reading from JSON may change.
fn same(a: f64, b: f64) -> bool {
    (a - b).abs() <= f64::EPSILON * b.abs() || a.is_nan() && b.is_nan()
}

fn plane(values: &Array2<f64>, expected: &Json) -> bool {
    let rows: Vec<Vec<f64>> = expected.as_array().unwrap().iter().map(floats).collect();
    rows.len() == values.nrows()
        && values.outer_iter().zip(&rows).all(|(row, expected)| {
            row.len() == expected.len() && row.iter().zip(expected).all(|(a, b)| same(*a, *b))
        })
}

fn near(a: &[f64], b: &[f64]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() <= 1e-12 * b.abs())
}

#[test]
fn all_parameters_of_the_data_pack() {
    let Some(pack) = DataPack::find() else { return };
    let (mut tables, mut cubes) = (0, 0);
    for archive in ["dp3-gains", "parmdb-real", "tDDECal", "tDemix", "tNDPPP-bda", "tNDPPP-generic"]
    {
        let folder = pack.unpack(archive);
        let golden = pack.golden(archive);
        for (name, expected) in golden["parmdb"].as_object().unwrap() {
            let path = folder.path().join(name);
            let db = ParmDb::open(&path).unwrap();
            assert_eq!(Some(db.rows), expected["n_rows"].as_u64(), "{name}");
            assert_eq!(ParmDb::has_values(&path).unwrap(), db.rows > 0);
            compare(&db, expected);
            let gains = db.gains(&Request::default()).unwrap();
            if !expected["gains"].is_null() {
                cube(&gains, &expected["gains"]);
                cubes += 1;
            }
            tables += 1;
        }
    }
    assert_eq!((tables, cubes), (18, 6));
}

fn compare(db: &ParmDb, expected: &Json) {
    let path = db.path().display();
    let parms = expected["parms"].as_array().unwrap();
    assert_eq!(db.parms.len(), parms.len(), "{path}");
    for (parm, expected) in db.parms.iter().zip(parms) {
        assert_eq!(parm.name, expected["name"].as_str().unwrap(), "{path}");
        assert_eq!(Some(parm.funklet as i64), expected["funklet_type"].as_i64(), "{path}");
        let domains = expected["domains"].as_array().unwrap();
        assert_eq!(parm.domains.len(), domains.len(), "{path} {}", parm.name);
        for (domain, expected) in parm.domains.iter().zip(domains) {
            let what = format!("{path} {}", parm.name);
            let range = [
                domain.range.start_freq,
                domain.range.end_freq,
                domain.range.start_time,
                domain.range.end_time,
            ];
            assert_eq!(
                range,
                ["startx", "endx", "starty", "endy"].map(|key| float(&expected[key])),
                "{what}"
            );
            assert!(plane(&domain.values, &expected["values_time_freq"]), "{what}");
            for (key, values) in [
                ("freqs", &domain.freq.centres),
                ("freqwidths", &domain.freq.widths),
                ("times", &domain.time.centres),
                ("timewidths", &domain.time.widths),
            ] {
                if parm.funklet == Funklet::Scalar {
                    assert!(near(values, &floats(&expected[key])), "{what} {key}");
                }
            }
        }
    }
    let defaults = expected["defaults"].as_array().unwrap();
    assert_eq!(db.defaults.len(), defaults.len(), "{path} {:?}", db.warnings);
    for (default, expected) in db.defaults.iter().zip(defaults) {
        assert_eq!(default.name, expected["name"].as_str().unwrap(), "{path}");
        assert!(plane(&default.values, &expected["values"]), "{path} {}", default.name);
    }
}

fn cube(gains: &Gains, expected: &Json) {
    let path = gains.path.display();
    assert_eq!(serde_json::json!(gains.stations), expected["stations"], "{path}");
    for (key, values) in [
        ("freqs", &gains.freq.centres),
        ("freqwidths", &gains.freq.widths),
        ("times", &gains.time.centres),
        ("timewidths", &gains.time.widths),
    ] {
        assert!(near(values, &floats(&expected[key])), "{path} {key}: {values:?}");
    }
    for (station, expected) in expected["values"].as_array().unwrap().iter().enumerate() {
        for (element, expected) in expected.as_array().unwrap().iter().enumerate() {
            let Some(rows) = expected.as_array() else {
                let plane = gains.plane(station, 0, element);
                assert!(
                    plane.is_none_or(|plane| plane.iter().all(|value| value.is_nan())),
                    "{path}"
                );
                continue;
            };
            let plane = gains.plane(station, 0, element).unwrap();
            assert_eq!(plane.nrows(), rows.len());
            for (row, expected) in plane.outer_iter().zip(rows) {
                let expected = expected.as_array().unwrap();
                assert_eq!(row.len(), expected.len());
                for (value, expected) in row.iter().zip(expected) {
                    let (re, im) = (float(&expected[0]), float(&expected[1]));
                    let scale = 1e-14 * (re.abs() + im.abs());
                    let good = (value.re - re).abs() <= scale && (value.im - im).abs() <= scale;
                    assert!(
                        good || value.is_nan() && (re.is_nan() || im.is_nan()),
                        "{path} {value} {re} {im}"
                    );
                }
            }
        }
    }
}
