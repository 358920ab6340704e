//! Hour angles against casacore measures, position LOFAR.

use super::*;

/// Right ascension, declination, MJD, hour angle by casacore.
const VECTORS: [(f64, f64, f64, f64); 8] = [
    (123.400_25, 48.217_389, 55_999.104_861_11, 22_109.173),
    (212.835_958, 52.202_750, 55_999.104_861_11, 671.722),
    (24.4220, 33.1599, 56_385.365_659_72, -13_020.442),
    (202.784_533, 30.509_155, 60_827.0, 12_844.541),
    (350.85, 58.815, 55_926.958_333_33, 24_216.867),
    (83.633, 22.0145, 61_024.75, -19_803.783),
    (0.0, 89.0, 55_999.104_861_11, -34_592.408),
    (0.0, 90.0, 55_999.104_861_11, 7_678.995),
];

#[test]
fn hour_angles_are_those_of_casacore() {
    for (ra, dec, mjd, expected) in VECTORS {
        let found = hour_angle(ra, dec, mjd * 86_400.0, Place::LOFAR);
        let tolerance = match dec {
            ..=80.0 => 1.0,
            ..=89.0 => 1.0 / (dec * DEGREE).cos(),
            _ => 60.0,
        };
        let off = wrapped(found - expected);
        assert!(off.abs() < tolerance, "{ra} {dec}: {found} is {off} s off {expected}");
        assert!(dec > 80.0 || off.abs() < 0.55, "{ra} {dec}: {off}");
    }
}

#[test]
fn an_hour_angle_advances_faster_than_the_clock() {
    let (ra, dec, mjd, _) = VECTORS[0];
    let start = mjd * 86_400.0;
    let at = |seconds: f64| hour_angle(ra, dec, start + seconds, Place::LOFAR);
    assert!((at(10.0139) - at(0.0) - 10.0413).abs() < 1e-3);
    // Two minutes within twelve hours.
    assert!((wrapped(at(43_200.0) - at(0.0) - 43_200.0) - 118.0).abs() < 1.0);
}

#[test]
fn it_is_sidereal_time_less_apparent_right_ascension() {
    let (ra, dec, mjd, _) = VECTORS[3];
    let (apparent_ra, apparent_dec) = apparent(ra, dec, mjd * 86_400.0);
    let lst = sidereal_time(mjd * 86_400.0, Place::LOFAR);
    let found = hour_angle(ra, dec, mjd * 86_400.0, Place::LOFAR);
    assert!((wrapped(lst - apparent_ra * 240.0) - found).abs() < 1e-6);
    assert!((apparent_dec - dec).abs() < 0.2 && (0.0..CIRCLE_S).contains(&lst));
}

#[test]
fn angles_wrap_at_twelve_hours() {
    assert!((wrapped(43_200.0) - 43_200.0).abs() < 1e-9);
    assert!((wrapped(43_201.0) + 43_199.0).abs() < 1e-9);
    assert!((wrapped(-43_200.0) - 43_200.0).abs() < 1e-9);
}
