//! The grammar of selections.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::f64::consts::PI;

use num_complex::Complex64;

use super::*;
use crate::math::MISSING;

fn names() -> Vec<String> {
    ["CS001HBA0", "CS002HBA0", "CS002HBA1", "RS208HBA", "DE601HBA", "PKS-1"]
        .map(String::from)
        .to_vec()
}

#[test]
fn stations_are_numbers_names_and_patterns() {
    let names = names();
    let list = |text: &str| Antennas(&names).list(text);
    assert_eq!(list("-1").unwrap(), None);
    assert_eq!(list("*").unwrap(), None);
    assert_eq!(list("0..2,4").unwrap(), Some(vec![0, 1, 2, 4]));
    assert_eq!(list("3,0-1").unwrap(), Some(vec![0, 1, 3]));
    assert_eq!(list("CS002*, RS208HBA").unwrap(), Some(vec![1, 2, 3]));
    assert_eq!(list("?E601hba").unwrap(), Some(vec![4]));
    assert!(list("RS208HBB").unwrap_err().contains("did you mean `RS208HBA`"));
    assert!(list("9").unwrap_err().contains("0 to 5"));
    assert_eq!(Antennas(&names).one("DE601HBA").unwrap(), 4);
    assert!(Antennas(&names).one("CS*").unwrap_err().contains("3 stations"));
}

#[test]
fn baselines_are_two_stations() {
    let names = names();
    let pairs = |text: &str| Antennas(&names).pairs(text).unwrap();
    assert_eq!(pairs("0-4,4-0"), Pairs { all: vec![(0, 4)], named: vec![(0, 4)] });
    assert_eq!(pairs("RS208HBA&CS001HBA0").named, [(0, 3)]);
    assert_eq!(pairs("PKS-1-3").named, [(3, 5)]);
    assert_eq!(pairs("2-2").all, [(2, 2)]);
    let some = pairs("CS002*&RS*");
    assert_eq!(some, Pairs { all: vec![(1, 3), (2, 3)], named: Vec::new() });
    assert_eq!(pairs("DE601HBA").all.len(), 5);
    assert_eq!(pairs("DE601HBA&").all.len(), 5);
    assert!(Antennas(&names).pairs("0-77").unwrap_err().contains("no station 77"));
}

#[test]
fn moments_are_utc_in_several_forms() {
    let wanted = 4_871_282_393.0;
    for text in [
        "2013-03-29T13:59:53..",
        "2013-03-29T13:59:53Z..",
        "2013-03-29 13:59:53 .. ",
        "2013/03/29/13:59:53..",
        "2013-03-29T13:59:53.000..",
    ] {
        assert_eq!(moment_range(text).unwrap(), (Some(wanted), None), "{text}");
    }
    assert_eq!(moment_range("..2013-03-29T14:00").unwrap(), (None, Some(wanted + 7.0)));
    assert!(moment_range("2013-03-29").unwrap_err().contains("FROM..TO"));
    assert!(moment_range("yesterday..").unwrap_err().contains("yesterday"));
    assert!(
        moment_range("2013-03-30T00:00..2013-03-29T00:00").unwrap_err().contains("ends before")
    );
    assert_eq!(utc_text(4_871_282_393.006_95), "2013-03-29T13:59:53.007Z");
}

#[test]
fn rates_need_two_valid_neighbours_and_true_times() {
    let at = |phase: f64| Complex64::from_polar(2.0, phase);
    let values = [at(3.0), at(-3.0), MISSING, at(1.0), at(0.5)];
    let times = [0.0, 2.0, 4.0, 6.0, 7.0];
    let rates = Coordinate::PhaseRate.of(&values, &times, None);
    assert_eq!(rates.len(), 4);
    assert!((rates[0] - (2.0 * PI - 6.0) / 2.0).abs() < 1e-12);
    assert!(rates[1].is_nan() && rates[2].is_nan());
    assert!((rates[3] + 0.5).abs() < 1e-12);
    assert_eq!(Coordinate::PhaseRate.places(&times), [1.0, 3.0, 5.0, 6.5]);
    assert!(Coordinate::PhaseRate.of(&values[..1], &times[..1], None).is_empty());
    assert!((Coordinate::Amp.of(&values, &times, None)[1] - 2.0).abs() < 1e-12);
    assert!(Coordinate::Amp.of(&values, &times, None)[2].is_nan());
}
