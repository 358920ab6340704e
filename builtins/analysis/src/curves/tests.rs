//! Curves of a real set against casacore's numbers.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::visibilities::{Choice, Coordinate};
use ledama_ms::testing::unpack;

fn with(x: Abscissa, y: Coordinate, choice: &Choice, check: impl FnOnce(&Sources<'_>, Vec<Curve>)) {
    let Some(folder) = unpack("tNDPPP-generic") else { return };
    let path = format!("{}/tNDPPP-generic.MS", folder.path().display());
    let request = CurveRequest { choice, x, y, unwrap: None, flagged: true };
    let sources = Sources::open(&[path], request).unwrap();
    let all = 0..sources.pairs().len();
    let curves = sources.curves(all, &mut |_, _| Ok(())).unwrap();
    check(&sources, curves);
}

fn baseline() -> Choice {
    Choice { baselines: Some("4-5".into()), correlations: Some("XX".into()), ..Choice::default() }
}

#[test]
fn hour_angles_are_those_of_the_array_centre() {
    with(Abscissa::Ha, Coordinate::Amp, &baseline(), |sources, curves| {
        assert_eq!(sources.pairs()[0].antennas, [4, 5]);
        let known = [4648.268, 4658.309, 4668.350, 4678.392, 4688.433, 4698.474];
        for (found, known) in curves[0].x.iter().zip(known) {
            assert!((found - known).abs() < 1.0, "{found}, not {known}");
        }
    });
}

#[test]
fn flagged_samples_are_a_curve_of_their_own() {
    with(Abscissa::Time, Coordinate::Amp, &baseline(), |_, curves| {
        let [flagged, good] = curves.as_slice() else { panic!("{}", curves.len()) };
        assert!(flagged.flagged && !good.flagged);
        assert_eq!((good.valid, good.invalid), (32, 16));
        assert_eq!((flagged.valid, flagged.invalid), (16, 32));
        assert!((good.x[0] - 1_364_565_593.006_95).abs() < 1e-3);
        assert_eq!(good.y.iter().filter(|value| !value.is_nan()).count(), 4);
    });
}

#[test]
fn channels_count_from_one_and_frequencies_are_true() {
    let some = Choice { channels: Some("2,4".into()), ..baseline() };
    with(Abscissa::Chan, Coordinate::Phase, &some, |_, curves| {
        assert_eq!(curves[1].x, [3.0, 4.0, 5.0]);
    });
    with(Abscissa::Freq, Coordinate::Phase, &baseline(), |_, curves| {
        assert!((curves[1].x[0] - 134.288_024_902).abs() < 1e-9);
        assert_eq!(curves[1].y.len(), 8);
    });
}

#[test]
fn rates_stand_between_times() {
    with(Abscissa::Time, Coordinate::PhaseRate, &baseline(), |_, curves| {
        assert_eq!((curves[1].x.len(), curves[1].y.len()), (5, 5));
        assert!((curves[1].x[1] - curves[1].x[0] - 10.013_900_8).abs() < 1e-3);
    });
}

#[test]
fn rasters_have_a_column_for_each_slot() {
    with(Abscissa::Time, Coordinate::Amp, &baseline(), |sources, _| {
        let rasters = sources.rasters(0..1, &mut |_, _| Ok(())).unwrap();
        assert_eq!(rasters.len(), 1);
        assert_eq!(rasters[0].values.dim(), (8, 6));
        assert_eq!((rasters[0].frequencies.len(), rasters[0].times.len()), (9, 7));
        assert_eq!(rasters[0].values.iter().filter(|value| value.is_nan()).count(), 16);
    });
}
