#![allow(clippy::unwrap_used, clippy::float_cmp, clippy::cast_precision_loss)]

use std::f64::consts::{PI, TAU};

use ledama_leddb::query::Query;
use ledama_leddb::schema::pseudo::Pseudo;
use ledama_leddb::testing::{sample, sqlite};
use ndarray::Array5;
use num_complex::Complex64;

use super::*;
use crate::stations::Order;

/// A part whose values tell where they are: station + i·(1000·time + frequency).
fn part(start: f64, step: f64, times: usize, freq: &[f64], stations: &[&str]) -> Part {
    let centres: Vec<f64> = (0..times).map(|t| start + step * t as f64).collect();
    let shape = [times, freq.len(), stations.len(), 1, 2];
    let values = Array5::from_shape_fn(shape, |(t, f, s, _, j)| {
        Complex64::new((s + 10 * j) as f64 + 1.0, centres[t] * 1000.0 + freq[f])
    });
    Part {
        origin: Origin { path: Some(format!("/d/{}", freq[0])), ..Origin::default() },
        time: Cells { widths: vec![step; times], centres },
        freq: Cells { centres: freq.to_vec(), widths: vec![1.0; freq.len()] },
        channels: (0..freq.len()).collect(),
        stations: stations.iter().map(ToString::to_string).collect(),
        directions: vec![Direction { name: String::new(), ra_dec: None }],
        jones: [(0, "XX"), (3, "YY")]
            .map(|(element, label)| Jones { label: label.into(), element })
            .to_vec(),
        values,
        warnings: Vec::new(),
    }
}

fn joined(parts: Vec<Part>) -> GainCube {
    join(parts, &Joining::default()).unwrap()
}

#[test]
fn sub_bands_are_joined_by_their_values_not_by_position() {
    // The second has fewer times, begins later and is told first; a third is shifted
    // by less than half a step.
    let late = part(20.0, 10.0, 2, &[200.0, 201.0], &["RS106HBA", "CS001HBA0"]);
    let whole = part(0.0, 10.0, 5, &[100.0], &["CS001HBA0", "RS106HBA"]);
    let shifted = part(4.0, 10.0, 5, &[300.0], &["DE601HBA"]);
    let cube = joined(vec![late, whole, shifted]);
    assert_eq!(cube.freq.centres, [100.0, 200.0, 201.0, 300.0]);
    assert_eq!(cube.bands, [[1, 0], [0, 0], [0, 1], [2, 0]]);
    assert_eq!(cube.stations, ["CS001HBA0", "RS106HBA", "DE601HBA"]);
    assert_eq!(cube.time.centres, [0.0, 10.0, 20.0, 30.0, 40.0]);
    assert_eq!(cube.value([2, 1, 0, 0, 0]).unwrap(), Complex64::new(2.0, 20_200.0));
    assert_eq!(cube.value([2, 0, 0, 0, 1]).unwrap(), Complex64::new(11.0, 20_100.0));
    assert_eq!(cube.value([4, 3, 2, 0, 0]).unwrap(), Complex64::new(1.0, 44_300.0));
    // What a source does not have is missing: never zero, never its neighbour.
    assert_eq!(cube.value([1, 1, 0, 0, 0]), None);
    assert_eq!(cube.value([4, 1, 0, 0, 0]), None);
    assert_eq!(cube.value([0, 0, 2, 0, 0]), None);
    assert!(cube.warnings[0].contains("2 to 5 times"), "{:?}", cube.warnings);
    assert_eq!(cube.valid(), 2 * (2 * 2 * 2 + 5 * 2 + 5));
}

#[test]
fn other_steps_gaps_and_single_samples_keep_their_places() {
    let coarse = part(5.0, 20.0, 3, &[1.0], &["a"]);
    let fine = part(0.0, 10.0, 4, &[2.0], &["a"]);
    let cube = joined(vec![coarse, fine]);
    assert_eq!(cube.time.centres, [0.0, 10.0, 20.0, 30.0, 45.0]);
    let times = |f: usize| -> Vec<Option<f64>> {
        (0..5)
            .map(|t| cube.value([t, f, 0, 0, 0]).map(|value| (value.im / 1000.0).floor()))
            .collect()
    };
    assert_eq!(times(0), [Some(5.0), Some(5.0), Some(25.0), Some(25.0), Some(45.0)]);
    assert_eq!(times(1), [Some(0.0), Some(10.0), Some(20.0), Some(30.0), None]);
    // Files of one frequency each, whose width nobody tells.
    let alone = |freq: f64| {
        let mut part = part(0.0, 10.0, 1, &[freq], &["a"]);
        part.freq.widths = vec![f64::NAN];
        part
    };
    let cube = joined(vec![alone(100.0), alone(102.0)]);
    assert_eq!((cube.freq.centres.len(), cube.valid()), (2, 4));
    // What holds at all times is at every time.
    let mut everywhere = part(0.0, 10.0, 1, &[7.0], &["a"]);
    everywhere.time = Cells { centres: vec![f64::NAN], widths: vec![f64::NAN] };
    let cube = joined(vec![everywhere, part(0.0, 10.0, 3, &[8.0], &["a"])]);
    assert_eq!((cube.time.len(), cube.valid()), (3, 12));
}

#[test]
fn what_does_not_fit_is_told() {
    let one = || part(0.0, 10.0, 5, &[100.0], &["a", "b"]);
    let cube = joined(vec![one(), one()]);
    assert!(
        cube.warnings[0].contains("20 values are told by more than one"),
        "{:?}",
        cube.warnings
    );
    let mut circular = one();
    circular.jones[0].label = "RR".into();
    let error = join(vec![one(), circular], &Joining::default()).unwrap_err();
    assert!(error.contains("element 0 is RR, and XX in the others"), "{error}");
    let small = Joining { max_bytes: Some(100), ..Joining::default() };
    assert!(join(vec![one()], &small).unwrap_err().contains("memory"));
    assert!(join(Vec::new(), &Joining::default()).is_err());
    assert_eq!(estimate([2, 3, 4, 1, 2]), 768);
}

#[test]
fn channels_and_elements_are_chosen_in_each_source() {
    let wanted = Wanted { jones: vec![3], channels: Some([1, -1, 2]), ..Wanted::default() };
    let few = wanted.of(part(0.0, 1.0, 2, &[5.0, 6.0, 7.0, 8.0], &["a"])).unwrap();
    assert_eq!((few.freq.centres.clone(), few.channels.clone()), (vec![6.0, 8.0], vec![1, 3]));
    assert_eq!(few.values.shape(), [2, 2, 1, 1, 1]);
    assert_eq!(few.values[[1, 1, 0, 0, 0]], Complex64::new(11.0, 1008.0));
    assert!(Wanted::slots([0, -2, 1]).is_err());
    assert!(elements(&[0, 4]).unwrap_err().contains("not 4"));
    assert_eq!(elements(&[3, 0, 3]).unwrap(), [0, 3]);
    let cube = joined(vec![few]);
    assert_eq!(cube.bands, [[0, 1], [0, 3]]);
    assert_eq!(cube.at_times(&[1]).values.shape(), [1, 2, 1, 1, 1]);
}

#[test]
fn angles_are_wrapped_into_one_turn() {
    for (angle, wrapped) in
        [(0.0, 0.0), (PI, -PI), (-PI, -PI), (3.0 * PI, -PI), (4.0, 4.0 - TAU), (-4.0, TAU - 4.0)]
    {
        assert!((wrap(angle) - wrapped).abs() < 1e-12, "{angle}: {}", wrap(angle));
    }
    assert!((-PI..PI).contains(&wrap(-PI - 1e-17)) && wrap(f64::NAN).is_nan());
    let mut angle = -50.0;
    while angle < 50.0 {
        let wrapped = wrap(angle);
        assert!(
            (-PI..PI).contains(&wrapped) && ((angle - wrapped) / TAU).fract().abs() % 1.0 < 1e-9
                || ((angle - wrapped) / TAU).fract().abs() > 1.0 - 1e-9
        );
        angle += 0.37;
    }
}

/// Three stations with phases 0.5, 2.0, -2.5 and one missing value.
fn three() -> GainCube {
    let mut part = part(0.0, 10.0, 2, &[150e6], &["CS001HBA0", "CS002HBA0", "RS106HBA"]);
    for ((_, _, s, _, _), value) in part.values.indexed_iter_mut() {
        *value = Complex64::from_polar(2.0, [0.5, 2.0, -2.5][s]);
    }
    part.values[[1, 0, 1, 0, 0]] = Complex64::new(f64::NAN, f64::NAN);
    joined(vec![part])
}

#[test]
fn phases_are_relative_to_any_station() {
    for (name, expected) in [
        ("CS001HBA0", [0.0, 1.5, -3.0]),
        ("CS002HBA0", [-1.5, 0.0, TAU - 4.5]),
        ("RS106HBA", [3.0, 4.5 - TAU, 0.0]),
    ] {
        let mut cube = three();
        let reference = Reference::new(&cube.stations, Some(name), None).unwrap();
        reference.apply(&mut cube);
        for (s, phase) in expected.iter().enumerate() {
            let value = cube.value([0, 0, s, 0, 0]).unwrap();
            assert!((value.arg() - phase).abs() < 1e-12, "{name} {s}: {}", value.arg());
            assert!((value.norm() - 2.0).abs() < 1e-12);
        }
        // Where the station or the reference is missing, the result is.
        assert_eq!(cube.value([1, 0, 1, 0, 0]), None);
        assert_eq!(cube.value([1, 0, 0, 0, 0]).is_none(), name == "CS002HBA0");
    }
    let stations = three().stations;
    let error = Reference::new(&stations, Some("CS999"), None).unwrap_err();
    assert!(error.contains("CS999 is not among CS001HBA0"), "{error}");
}

#[test]
fn a_delay_turns_the_phase_once() {
    let delays = Delays::parse("# stations\n\nRS106HBA 92.e-9 x y\nXX999 1e-9\n").unwrap();
    assert_eq!(delays.unknown(&three().stations), ["XX999"]);
    let mut cube = three();
    let reference = Reference::new(&cube.stations, Some("CS001HBA0"), Some(&delays)).unwrap();
    // 92 ns at 150 MHz: 86.708 rad, of which -1.257 remain.
    assert!((reference.phase(0.0, 0.0, 150e6, 2) + wrap(TAU * 150e6 * 92e-9)).abs() < 1e-12);
    assert!((wrap(TAU * 150e6 * 92e-9) + 1.256_637).abs() < 1e-6);
    reference.apply(&mut cube);
    let phase = cube.value([0, 0, 2, 0, 0]).unwrap().arg();
    assert!((phase - wrap(-3.0 - TAU * 150e6 * 92e-9)).abs() < 1e-12, "{phase}");
    assert_eq!(cube.value([0, 0, 0, 0, 0]).unwrap().arg(), 0.0);
    let error = Delays::parse("a 1\nb\nc x\na 2").unwrap_err();
    for told in ["line 2: b has no delay", "line 3: `c x`", "line 4: a stands there twice"] {
        assert!(error.contains(told), "{error}");
    }
}

#[test]
fn a_few_wild_values_do_not_stretch_a_range() {
    let values = || (0..1000).map(f64::from).chain([f64::NAN, 1e9, f64::INFINITY]);
    let (low, high) = limits(values(), 0.01, 0.99).unwrap();
    assert_eq!((low, high), (10.0, 990.0));
    assert_eq!(range(values(), true).unwrap(), (0.0, 1039.0));
    assert_eq!(limits([f64::NAN].into_iter(), 0.0, 1.0), None);
    let (low, high) = range([2.0; 5].into_iter(), true).unwrap();
    assert!(low < 2.0 && high > 2.0);
    assert_eq!(range([0.0].into_iter(), true).unwrap(), (-1.0, 1.0));
}

#[test]
fn gains_of_the_database_are_on_true_centres() {
    let database = sqlite(&ledama_leddb::Options::default());
    let size = sample::Size::default();
    database
        .write(|tx| {
            let made = sample::observation(tx, 1, size)?;
            sample::diagnostics(tx, &made, size)
        })
        .unwrap();
    let mut parts = Vec::new();
    let query = Query::new(Pseudo::Gain);
    let wanted = Wanted { stations: vec!["CS*".into()], ..Wanted::default() };
    database::parts(&database, &query, &wanted, |part| {
        parts.push(part);
        Ok(())
    })
    .unwrap();
    assert!(!parts.is_empty());
    let part = &parts[0];
    assert!(part.stations.iter().all(|name| name.starts_with("CS")));
    let sub_band = part.origin.sub_band.unwrap();
    let step = part.freq.widths[0];
    let middle = part.freq.centres.iter().sum::<f64>() / part.freq.len() as f64;
    assert!((middle - sample::frequency(sub_band) * 1e6).abs() < step, "{middle}");
    let cube = join(parts, &Joining { order: Order::Kind, max_bytes: None }).unwrap();
    assert!(cube.valid() > 0 && cube.freq.centres.is_sorted());
    let error =
        database::parts(&database, &Query::new(Pseudo::Qts), &Wanted::default(), |_| Ok(()));
    assert!(error.unwrap_err().to_string().contains("gains are needed, not QTS"));
}
