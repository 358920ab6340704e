//! Against numbers computed with numpy, and the odd cases by hand.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::f64::consts::{PI, TAU};

use num_complex::Complex64;
use proptest::prelude::*;
use serde_json::Value;

use super::*;

fn numpy() -> Value {
    serde_json::from_str(include_str!("../../tests/data/math.json")).unwrap()
}

fn real(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap_or(f64::NAN)).collect()
}

fn complex(value: &Value) -> Vec<Complex64> {
    let one = |v: &Value| match v.as_array() {
        Some(parts) => Complex64::new(parts[0].as_f64().unwrap(), parts[1].as_f64().unwrap()),
        None => MISSING,
    };
    value.as_array().unwrap().iter().map(one).collect()
}

fn same(found: f64, expected: f64) -> bool {
    (found.is_nan() && expected.is_nan())
        || (found - expected).abs() <= 1e-12 * expected.abs().max(1.0)
}

fn all_same(found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len());
    for (at, (f, e)) in found.iter().zip(expected).enumerate() {
        assert!(same(*f, *e), "at {at}: {f}, not {e}");
    }
}

fn parts(values: &[Complex64]) -> Vec<f64> {
    values.iter().flat_map(|v| if missing(*v) { [f64::NAN; 2] } else { [v.re, v.im] }).collect()
}

#[test]
fn statistics_are_those_of_numpy() {
    let numpy = numpy();
    let x = real(&numpy["x"]);
    let known = &numpy["x_stats"];
    assert_eq!(count(&x) as u64, known["count"].as_u64().unwrap());
    for (name, found) in [
        ("mean", mean(&x)),
        ("median", median(&x)),
        ("std", std(&x)),
        ("min", min(&x)),
        ("max", max(&x)),
        ("rms", rms(&x)),
        ("mad", mad(&x)),
    ] {
        assert!(same(found, known[name].as_f64().unwrap()), "{name}: {found}");
    }
    all_same(&percentiles(&x, &real(&numpy["percents"])), &real(&numpy["x_percentiles"]));
    assert!(same(percentile(&x, 50.0), median(&x)));
}

#[test]
fn bins_are_those_of_numpy() {
    let numpy = numpy();
    all_same(&bin_values(&real(&numpy["x"]), 7), &real(&numpy["x_bins_7"]));
    let z = complex(&numpy["z"]);
    for factor in [7, 12] {
        let expected = complex(&numpy[format!("z_bins_{factor}")]);
        all_same(&parts(&bin_complex(&z, factor)), &parts(&expected));
    }
    all_same(&parts(&[complex_mean(z)]), &parts(&complex(&numpy["z_mean"])));
}

#[test]
fn the_last_bin_may_be_short_and_centres_do_not_follow_what_is_missing() {
    assert_eq!(bin_centres(&[1.0, 2.0, 3.0, 4.0, 9.0], 2), [1.5, 3.5, 9.0]);
    assert_eq!(bin_count(5, 2), 3);
    let edges = [(0.0, 1.0), (1.0, 2.0), (5.0, 6.0)];
    assert_eq!(bin_edges(&edges, 2), [(0.0, 2.0), (5.0, 6.0)]);
    assert!(bin_values(&[f64::NAN; 3], 3)[0].is_nan());
    assert!(bin_values(&[], 3).is_empty());
}

#[test]
fn phases_are_unwrapped_over_the_valid_ones_as_numpy_does() {
    let numpy = numpy();
    let phase = real(&numpy["phase"]);
    all_same(&unwrap(&phase, DEFAULT_GAP), &real(&numpy["unwrapped"]));
    let gap = real(&numpy["phase_with_gap"]);
    all_same(&unwrap(&gap, DEFAULT_GAP), &real(&numpy["unwrapped_with_gap"]));
}

#[test]
fn unwrapping_begins_again_after_a_long_gap_only() {
    let nan = f64::NAN;
    let phases = [3.0, nan, nan, -3.0];
    assert!(same(unwrap(&phases, 2)[3], TAU - 3.0));
    assert!(same(unwrap(&phases, 1)[3], -3.0));
    // A missing sample decides nothing, even one that would be a full turn off.
    assert!(same(unwrap(&[0.0, nan, 0.5], 10)[2], 0.5));
    assert!(unwrap(&[], 10).is_empty());
    // A step of exactly half a turn stays.
    assert!(same(unwrap(&[0.0, PI], 10)[1], PI));
    assert!(same(unwrap(&[0.0, -PI], 10)[1], -PI));
}

#[test]
fn angles_have_no_beginning() {
    let numpy = numpy();
    for name in ["near_pi", "phase"] {
        let angles = real(&numpy[name]);
        let known = real(&numpy[format!("{name}_circular")]);
        all_same(&[circular_mean(&angles), circular_std(&angles)], &known);
    }
    assert!(same(circular_mean(&[3.1, -3.1]).abs(), PI));
    assert!(same(circular_std(&[0.7]), 0.0));
    assert!(circular_mean(&[]).is_nan() && circular_std(&[f64::NAN]).is_nan());
}

#[test]
fn without_values_there_is_no_statistic() {
    for values in [&[][..], &[f64::NAN, f64::NAN]] {
        for found in [mean(values), median(values), std(values), mad(values), rms(values)] {
            assert!(found.is_nan());
        }
        assert!(min(values).is_nan() && max(values).is_nan());
        assert!(percentile(values, 50.0).is_nan());
        assert_eq!(robust_range(values, 1.0), None);
    }
    assert_eq!((mean(&[2.0]), std(&[2.0]), median(&[2.0])), (2.0, 0.0, 2.0));
    assert!(missing(complex_mean([])));
}

#[test]
fn a_few_wild_values_do_not_stretch_a_range() {
    let mut values: Vec<f64> = (0..1000).map(f64::from).collect();
    values[500] = 1e9;
    values.push(f64::INFINITY);
    let (low, high) = robust_range(&values, 1.0).unwrap();
    assert!(low >= 0.0 && high > 980.0 && high < 1200.0, "{low} {high}");
    assert_eq!(robust_range(&[4.0, 4.0], 1.0), Some((4.0, 4.0)));
}

#[test]
fn weights_count() {
    let mut mean = ComplexMean::default();
    mean.add_weighted(Complex64::new(1.0, 0.0), 3.0);
    mean.add_weighted(Complex64::new(5.0, 4.0), 1.0);
    mean.add_weighted(Complex64::new(99.0, 0.0), 0.0);
    mean.add_weighted(MISSING, 7.0);
    assert_eq!((mean.value(), mean.weight()), (Complex64::new(2.0, 1.0), 4.0));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn wrapped_angles_are_the_same_angles(angle in -50.0..50.0f64) {
        let wrapped = wrap(angle);
        prop_assert!(wrapped > -PI && wrapped <= PI);
        prop_assert!((wrapped.cos() - angle.cos()).abs() < 1e-9);
        prop_assert!((wrapped.sin() - angle.sin()).abs() < 1e-9);
    }

    #[test]
    fn unwrapping_changes_only_full_turns(phases in prop::collection::vec(-PI..PI, 0..60)) {
        let found = unwrap(&phases, DEFAULT_GAP);
        for (new, old) in found.iter().zip(&phases) {
            let turns = (new - old) / TAU;
            prop_assert!((turns - turns.round()).abs() < 1e-9);
        }
        for pair in found.windows(2) {
            prop_assert!((pair[1] - pair[0]).abs() <= PI + 1e-9);
        }
    }
}
