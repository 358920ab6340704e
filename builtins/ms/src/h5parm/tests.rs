#![allow(
    clippy::many_single_char_names,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::float_cmp,
    clippy::cast_precision_loss
)]

use std::path::{Path, PathBuf};

use ledama_base::operation::ErrorKind;
use num_complex::Complex64;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::*;
use crate::gains::{Cells, Gains, Request, TEC_PHASE, read, rotation};
use crate::testing::DataPack;

fn small() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/small.h5")
}

fn gains(choice: &str, request: &Request) -> Result<Gains, ReadError> {
    read(Path::new(&format!("{}{choice}", small().display())), request)
}

fn whole(choice: &str) -> Gains {
    gains(choice, &Request::default()).unwrap()
}

fn at(freqs: &[f64]) -> Request {
    Request { freq: Some(Cells::from_centres(freqs.to_vec())), ..Request::default() }
}

/// The number that the script put at a place.
fn number(t: usize, f: usize, a: usize, p: usize, d: usize) -> f64 {
    1000.0 * t as f64 + 100.0 * f as f64 + 10.0 * a as f64 + p as f64 + 0.1 * d as f64
}

fn near(a: Complex64, b: Complex64) -> bool {
    (a - b).norm() <= 1e-9 * b.norm().max(1.0)
}

#[test]
fn what_is_in_a_file() {
    let file = H5Parm::open(small()).unwrap();
    let names: Vec<&str> = file.solsets().iter().map(|set| set.name.as_str()).collect();
    assert_eq!(names, ["other", "sol000"]);
    let set = file.solset("sol000").unwrap();
    assert_eq!(set.antennas[2].name, "DE601HBA");
    assert_eq!(set.antennas[2].position, [4_034_038.5, 487_026.187_5, 4_900_280.0]);
    assert_eq!(set.sources[1], SkySource { name: "[CygA]".into(), ra_dec: [5.233, 0.711] });
    let tabs: Vec<&str> = set.soltabs.iter().map(|tab| tab.name.as_str()).collect();
    assert_eq!(
        tabs,
        [
            "amplitude000",
            "amplitude002",
            "clock000",
            "faraday000",
            "phase000",
            "phase001",
            "phase003",
            "rotation000",
            "rotationmeasure000",
            "tec000"
        ]
    );
    assert_eq!(set.soltab("faraday000").unwrap().kind, "faraday");
    let amplitude = set.soltab("amplitude000").unwrap();
    assert_eq!(
        (amplitude.shape(), amplitude.weight_dtype.as_str()),
        (vec![2, 3, 2, 4, 3], "float16")
    );
    assert_eq!(amplitude.history, ["made as amplitude"]);
    assert!(file.solset("other").unwrap().antennas.is_empty());
    assert!(
        file.warnings().iter().any(
            |text| text.contains("sol000/phase009 is left out") && text.contains("interrupted")
        ),
        "{:?}",
        file.warnings()
    );
}

#[test]
fn a_choice_is_needed_where_there_is_one() {
    let error = gains("", &Request::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Input);
    assert!(error.to_string().contains("several solution sets"), "{error}");
    let help = error.help().unwrap();
    assert!(help.contains("other/amplitude000; sol000/amplitude000,"), "{help}");
    for (choice, words) in [
        ("::sol001", "no solution set sol001"),
        ("::sol000/phase009", "no solution table sol000/phase009"),
        ("::sol000/faraday000", "of type faraday, which is no gain"),
        ("::sol000/clock000", "depends on frequency and names none"),
    ] {
        let error = gains(choice, &Request::default()).unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
        assert!(error.help().is_some());
    }
    assert_eq!(
        read(Path::new("/nowhere/x.h5"), &Request::default()).unwrap_err().kind(),
        ErrorKind::NotFound
    );
}

#[test]
fn amplitude_and_phase_of_one_number_are_one_gain() {
    let gains = whole("::sol000");
    assert_eq!(gains.shape(), [3, 4, 3, 2, 2]);
    assert!(gains.warnings.iter().any(|text| text.starts_with("used amplitude000,phase000, not ")));
    assert_eq!(gains.stations, ["CS001HBA0", "RS106HBA", "DE601HBA"]);
    assert_eq!(gains.directions[0].ra_dec, Some([6.123, 1.027]));
    assert_eq!(
        gains.jones.iter().map(|jones| jones.label.as_str()).collect::<Vec<_>>(),
        ["XX", "YY"]
    );
    assert!((gains.time.step().unwrap() - 20.0278).abs() < 1e-5);
    let mut missing = 0;
    for t in 0..3 {
        for f in 0..4 {
            for (s, d, j) in (0..12).map(|k| (k / 4, k / 2 % 2, k % 2)) {
                let number = number(t, f, s, j, d) * 1e-3;
                match gains.value([t, f, s, d, j]) {
                    Some(value) => assert!(
                        near(value, Complex64::from_polar(number, number)),
                        "{value} {number}"
                    ),
                    None => missing += 1,
                }
            }
        }
    }
    // One has no amplitude, one a phase of weight 0; a weight of 60000 is as good as any.
    assert_eq!(missing, 2);
    assert_eq!(gains.value([1, 3, 2, 0, 1]), None);
    assert_eq!(gains.value([2, 0, 1, 1, 0]), None);
    assert_eq!(gains.weights[[0, 0, 0, 1, 0]], 1.0);
    assert_eq!(gains.value([3, 0, 0, 0, 0]), None);
    let plane = gains.plane(1, 0, 3).unwrap();
    assert_eq!((plane.dim(), plane[[2, 1]]), ((4, 3), gains.values[[1, 2, 1, 0, 1]]));
    assert!(gains.plane(0, 0, 1).is_none() && gains.plane(9, 0, 0).is_none());
}

#[test]
fn absent_axes_are_repeated() {
    let gains = whole("::sol000/phase001");
    assert_eq!(gains.shape(), [3, 1, 3, 1, 2]);
    assert_eq!(gains.directions[0].name, "");
    assert!(gains.freq.centres[0].is_nan());
    let value = gains.value([2, 0, 1, 0, 1]).unwrap();
    assert!(near(value, Complex64::from_polar(1.0, number(2, 0, 1, 0, 0) * 1e-3)));
    let other = whole("::other");
    assert_eq!((other.shape(), other.stations.len()), ([3, 1, 3, 1, 2], 3));
    assert!(near(other.value([1, 0, 2, 0, 0]).unwrap(), Complex64::new(1.02, 0.0)));
}

#[test]
fn delays_and_electrons_become_phases_at_the_frequencies_asked_for() {
    let freqs = [120e6, 150e6];
    let tec = gains("::sol000/tec000", &at(&freqs)).unwrap();
    assert_eq!(tec.shape(), [3, 2, 3, 2, 2]);
    let turns = TEC_PHASE * number(1, 0, 2, 0, 1) * 1e-4 / 150e6;
    assert!(near(tec.value([1, 1, 2, 1, 0]).unwrap(), Complex64::from_polar(1.0, turns)));
    assert_eq!(tec.weights[[0, 0, 0, 0, 0]], f64::from(3e8_f32));
    let clock = gains("::sol000/clock000", &at(&freqs)).unwrap();
    let turns = std::f64::consts::TAU * 120e6 * number(2, 0, 1, 0, 0) * 1e-12;
    assert!(near(clock.value([2, 0, 1, 0, 1]).unwrap(), Complex64::from_polar(1.0, turns)));
    let both = gains("::sol000/tec000,clock000", &at(&freqs)).unwrap();
    let product = tec.values[[1, 1, 2, 1, 0]] * clock.values[[1, 1, 2, 0, 0]];
    assert!(near(both.value([1, 1, 2, 1, 0]).unwrap(), product));
}

#[test]
fn rotations_stand_to_the_right_of_gains() {
    let turned = whole("::sol000/rotation000");
    assert_eq!(turned.jones.len(), 4);
    let matrix = rotation(number(2, 3, 1, 0, 0) * 1e-4);
    for (element, part) in matrix.iter().enumerate() {
        assert!(near(turned.value([2, 3, 1, 0, element]).unwrap(), *part));
    }
    let both = whole("::sol000/phase003,rotation000");
    assert_eq!(
        both.jones.iter().map(|jones| jones.label.as_str()).collect::<Vec<_>>(),
        ["RR", "RL", "LR", "LL"]
    );
    for (element, part) in matrix.iter().enumerate() {
        let phase = Complex64::from_polar(1.0, number(2, 0, 1, element / 2, 0) * 1e-3);
        assert!(near(both.value([2, 3, 1, 0, element]).unwrap(), phase * part), "{element}");
    }
    let measure = gains("::sol000/rotationmeasure000", &at(&[150e6])).unwrap();
    let angle = number(1, 0, 1, 0, 0) * 1e-3 * (299_792_458.0_f64 / 150e6).powi(2);
    assert!(near(measure.value([1, 0, 1, 0, 1]).unwrap(), Complex64::new(-angle.sin(), 0.0)));
    let full = whole("::sol000/amplitude002");
    assert_eq!(full.jones.len(), 4);
    assert!(near(
        full.value([1, 2, 0, 0, 2]).unwrap(),
        Complex64::new(number(1, 2, 0, 2, 0) * 1e-3, 0.0)
    ));
}

#[test]
fn stations_directions_and_times_can_be_chosen() {
    let request = Request {
        stations: vec!["?S*".into()],
        directions: vec!["Cyg*".into()],
        time: Some(Cells::from_centres(vec![4_871_282_398.0, 4_871_282_538.0])),
        ..Request::default()
    };
    let some = gains("::sol000", &request).unwrap();
    assert_eq!((some.stations.len(), some.directions[0].name.as_str()), (2, "[CygA]"));
    assert!(some.value([0, 1, 1, 0, 0]).is_some() && some.value([1, 1, 1, 0, 0]).is_none());
    for (stations, directions) in
        [(vec!["UK*".to_string()], vec![]), (vec![], vec!["Vir".to_string()])]
    {
        let error =
            gains("::sol000", &Request { stations, directions, ..Request::default() }).unwrap_err();
        assert!(
            error.to_string().contains("fits `") && error.help().unwrap().contains("there is "),
            "{error}"
        );
    }
}

#[test]
fn damaged_files_are_errors_and_no_panics() {
    let bytes = std::fs::read(small()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.h5");
    let mut seed = 12345_u64;
    let mut random = move |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).unwrap() % below
    };
    let mut failed = 0;
    for round in 0..200 {
        let mut damaged = bytes.clone();
        if round % 2 == 0 {
            damaged.truncate(random(bytes.len()));
        } else {
            for _ in 0..20 {
                let at = random(damaged.len());
                damaged[at] = u8::try_from(random(256)).unwrap();
            }
        }
        std::fs::write(&path, &damaged).unwrap();
        let looked = H5Parm::open(&path).and_then(|file| {
            for set in file.solsets() {
                for tab in &set.soltabs {
                    file.values(&set.name, &tab.name)?;
                }
            }
            file.gains(&Selection::parse("sol000"), &Request::default())
        });
        failed += usize::from(looked.is_err());
    }
    assert!(failed > 100, "{failed}");
}

fn digest(values: &[f64]) -> String {
    let mut hash = Sha256::new();
    for value in values {
        let value = if value.is_nan() { f64::from_bits(0x7ff8_0000_0000_0000) } else { *value };
        hash.update(value.to_le_bytes());
    }
    let bytes: Vec<String> = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    bytes.concat()
}

fn texts(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect()
}

fn floats(value: &Value) -> Vec<f64> {
    let float =
        |value: &Value| value.as_f64().unwrap_or_else(|| value.as_str().unwrap().parse().unwrap());
    value.as_array().unwrap().iter().map(float).collect()
}

#[test]
#[allow(clippy::cast_possible_truncation)] // the goldens have 32 bits there
fn all_facts_of_the_data_pack() {
    let Some(pack) = DataPack::find() else { return };
    let folder = pack.unpack("h5parm");
    let golden = pack.golden("h5parm");
    let mut tables = 0;
    for (name, expected) in golden["h5parm"].as_object().unwrap() {
        let file = H5Parm::open(folder.path().join(name)).unwrap();
        let sets = expected["solsets"].as_array().unwrap();
        assert_eq!(
            (file.solsets().len(), file.warnings()),
            (sets.len(), &[] as &[String]),
            "{name}"
        );
        for (set, expected) in file.solsets().iter().zip(sets) {
            assert_eq!(set.name, expected["name"].as_str().unwrap());
            let antennas = expected["antennas"].as_array().unwrap();
            assert_eq!(set.antennas.len(), antennas.len());
            for (antenna, expected) in set.antennas.iter().zip(antennas) {
                assert_eq!(antenna.name, expected["name"].as_str().unwrap());
                assert_eq!(
                    antenna.position.map(|part| part as f32).to_vec(),
                    floats(&expected["position"])
                        .iter()
                        .map(|part| *part as f32)
                        .collect::<Vec<_>>()
                );
            }
            let sources = expected["sources"].as_array().unwrap();
            assert_eq!(set.sources.len(), sources.len());
            for (source, expected) in set.sources.iter().zip(sources) {
                assert_eq!(source.name, expected["name"].as_str().unwrap());
                assert_eq!(
                    source.ra_dec.map(|part| part as f32).to_vec(),
                    floats(&expected["dir"]).iter().map(|part| *part as f32).collect::<Vec<_>>()
                );
            }
            let tabs = expected["soltabs"].as_array().unwrap();
            assert_eq!(set.soltabs.len(), tabs.len());
            for (tab, expected) in set.soltabs.iter().zip(tabs) {
                compare(&file, &set.name, tab, expected);
                tables += 1;
            }
        }
    }
    assert_eq!(tables, 17);
}

fn compare(file: &H5Parm, set: &str, tab: &SolTab, expected: &Value) {
    let what = format!("{} {}", file.path().display(), tab.name);
    let text = |key: &str| expected[key].as_str().unwrap();
    assert_eq!((tab.name.as_str(), tab.kind.as_str()), (text("name"), text("title")), "{what}");
    assert_eq!(
        (tab.dtype.as_str(), tab.weight_dtype.as_str()),
        (text("dtype"), text("weight_dtype")),
        "{what}"
    );
    let axes: Vec<&str> = tab.axes.iter().map(|axis| axis.name.as_str()).collect();
    assert_eq!(axes, texts(&expected["axes"]), "{what}");
    let shape: Vec<f64> = tab.shape().iter().map(|axis| *axis as f64).collect();
    assert_eq!(shape, floats(&expected["shape"]), "{what}");
    for axis in &tab.axes {
        let values = &expected["axis_values"][&axis.name];
        if axis.labels.is_empty() {
            assert_eq!(axis.numbers, floats(values), "{what}");
        } else {
            assert_eq!(axis.labels, texts(values), "{what}");
        }
    }
    assert_eq!(tab.history, texts(&expected["history"]), "{what}");
    let values = file.values(set, &tab.name).unwrap();
    assert_eq!(digest(&values.values), text("val_digest_f64"), "{what}");
    assert_eq!(digest(&values.weights), text("weight_digest_f64"), "{what}");
    assert_eq!(
        values.weights.iter().sum::<f64>(),
        expected["weight_sum"].as_f64().unwrap(),
        "{what}"
    );
    for (value, expected) in values.values.iter().zip(floats(&expected["val_first"])) {
        // The digest tells that they are exact; reading them from JSON is not.
        let near = (value - expected).abs() <= f64::EPSILON * expected.abs();
        assert!(near || value.is_nan() && expected.is_nan(), "{what}");
    }
}

#[test]
fn gains_of_the_data_pack() {
    let Some(pack) = DataPack::find() else { return };
    let folder = pack.unpack("h5parm");
    let read =
        |name: &str| read(&folder.path().join("h5parm").join(name), &Request::default()).unwrap();
    for (name, shape, valid) in [
        ("ddecal-complexgain.h5", [3, 8, 8, 1, 2], Some(240)),
        ("gaincal-diagonal.h5", [3, 2, 8, 1, 2], Some(84)),
        ("gaincal-fulljones.h5", [3, 2, 8, 1, 4], Some(168)),
        ("gaincal-scalarphase.h5", [3, 2, 8, 1, 2], Some(84)),
        ("gaincal-tec.h5", [3, 1, 8, 1, 2], Some(48)),
        ("ddecal-rotation_diagonal.h5", [3, 8, 8, 1, 4], None),
        ("ddecal-tecandphase.h5", [3, 1, 8, 1, 2], None),
        ("losoto.h5", [3, 2, 8, 1, 2], None),
    ] {
        let gains = read(name);
        assert_eq!(gains.shape(), shape, "{name}");
        assert!(valid.is_none_or(|valid| gains.valid() == valid), "{name} {}", gains.valid());
        assert!(gains.valid() > 0, "{name}");
    }
    let diagonal = read("gaincal-diagonal.h5");
    let file = H5Parm::open(folder.path().join("h5parm/gaincal-diagonal.h5")).unwrap();
    let (amplitude, phase) = (
        file.values("sol000", "amplitude000").unwrap(),
        file.values("sol000", "phase000").unwrap(),
    );
    let first = Complex64::from_polar(amplitude.values[0], phase.values[0]);
    assert!(near(diagonal.value([0, 0, 0, 0, 0]).unwrap(), first));
    assert_eq!(diagonal.directions[0].name, "");
    assert_eq!(read("losoto.h5").warnings, ["used amplitude000,phase000, not phaseOrig"]);
    let both = read("ddecal-tecandphase.h5");
    assert_eq!(both.warnings, [] as [&str; 0]);
    let file = H5Parm::open(folder.path().join("h5parm/ddecal-tecandphase.h5")).unwrap();
    let (tec, phase) =
        (file.values("sol000", "tec000").unwrap(), file.values("sol000", "phase000").unwrap());
    let turns = TEC_PHASE * tec.values[1] / both.freq.centres[0] + phase.values[1];
    assert!(near(both.value([0, 0, 1, 0, 0]).unwrap(), Complex64::from_polar(1.0, turns)));
}
