//! Against the UVW column as casacore reads it.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use ledama_ms::testing::unpack;

fn found(copies: usize, request: &CoverageRequest) -> Option<Coverage> {
    let folder = unpack("tNDPPP-generic")?;
    let path = format!("{}/tNDPPP-generic.MS", folder.path().display());
    Some(coverage(&vec![path; copies], request, &mut |_, _| Ok(())).unwrap())
}

fn most(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |most, value| value.abs().max(most))
}

#[test]
fn metres_and_wavelengths_are_those_of_the_set() {
    let Some(metres) = found(1, &CoverageRequest::default()) else { return };
    let points = &metres.points[0];
    assert_eq!((metres.rows, metres.baselines, points.u.len()), (168, 28, 336));
    assert!((most(&points.u) - 19_070.753_716).abs() < 1e-6);
    assert!((most(&points.v) - 24_426.998_252).abs() < 1e-6);
    let far = |points: &Points| {
        points.u.iter().zip(&points.v).fold(0.0, |most: f64, (u, v)| most.max(u.hypot(*v)))
    };
    assert!((far(points) - 26_984.114_363).abs() < 1e-6);
    let wavelengths = found(1, &CoverageRequest { kilolambda: true, ..CoverageRequest::default() });
    assert!((far(&wavelengths.unwrap().points[0]) - 12.095_002).abs() < 1e-6);
}

#[test]
fn wide_bands_have_a_point_for_each_channel() {
    let wide = CoverageRequest { kilolambda: true, wideband: true, ..CoverageRequest::default() };
    let Some(all) = found(1, &wide) else { return };
    assert_eq!(all.points[0].u.len(), 28 * 6 * 8 * 2);
    let by = CoverageRequest { by: Cover::Frequency, ..wide };
    assert_eq!(found(1, &by).unwrap().points.len(), 8);
}

#[test]
fn sets_are_independent_and_nothing_is_doubled() {
    let Some(one) = found(1, &CoverageRequest::default()) else { return };
    let same = CoverageRequest { same_uv: true, kilolambda: true, ..CoverageRequest::default() };
    let two = found(2, &same).unwrap();
    assert_eq!(two.points[0].u.len(), 2 * one.points[0].u.len());
    let some = CoverageRequest { antennas: "0,1,2".into(), ..CoverageRequest::default() };
    assert_eq!((found(2, &some).unwrap().baselines, found(1, &some).unwrap().rows), (6, 18));
    let kinds = CoverageRequest { by: Cover::Stations, ..CoverageRequest::default() };
    assert!(found(1, &kinds).unwrap().points.iter().all(|points| points.name.contains('–')));
}

#[test]
fn each_row_has_the_wavelength_of_its_own_window() {
    let Some(folder) = unpack("syn-ms") else { return };
    let path = format!("{}/syn-ms/L99999_SAP002_SB007_uv.MS", folder.path().display());
    let of = |request: &CoverageRequest| {
        coverage(std::slice::from_ref(&path), request, &mut |_, _| Ok(())).unwrap()
    };
    // Two windows of 10 and 4 channels, 58.4 and 60 MHz, each with every baseline.
    let metres = of(&CoverageRequest::default());
    let request = CoverageRequest { kilolambda: true, ..CoverageRequest::default() };
    let waves = of(&CoverageRequest { by: Cover::Frequency, ..request.clone() });
    assert_eq!(waves.points.len(), 2);
    assert_eq!(waves.rows, 2 * metres.rows);
    let ratio = most(&waves.points[1].u) / most(&waves.points[0].u);
    assert!((ratio - 60.0 / 58.4).abs() < 1e-9, "{ratio}");
    let wide = of(&CoverageRequest { wideband: true, ..request });
    assert_eq!(wide.points[0].u.len(), metres.rows * (10 + 4) * 2);
}

#[test]
fn slots_are_taken_in_steps() {
    let slots = |text: &str, count: usize| -> Vec<usize> {
        text.parse::<Slots>().unwrap().places(count).unwrap().collect()
    };
    assert_eq!(slots("0,0,0", 6), [0, 1, 2, 3, 4, 5]);
    assert_eq!(slots("0,0,0", 250).len(), 125);
    assert_eq!(slots("1,2,4", 6), [1, 3]);
    assert_eq!(slots("-2,1,-1", 6), [4, 5]);
    assert!("1,2".parse::<Slots>().is_err());
    assert!("0,1,6".parse::<Slots>().unwrap().places(6).is_err());
}
