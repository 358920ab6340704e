//! Hour angles and sidereal times: where a direction stood at a moment.
//!
//! Apparent places: precession, nutation and annual aberration are applied to
//! the J2000 direction. Precession alone moves ordinary fields by a minute of
//! time within twenty years.
//!
//! Precession: Capitaine et al. 2003 (IAU 2006, leading terms). Nutation: the
//! four largest terms of IAU 1980. Earth rotation: the angle of IAU 2000.
//! UT1 is taken as UTC, which is right within 0.9 s. Compared with casacore
//! and astropy: within half a second below declination 80°.

mod rotation;
#[cfg(test)]
mod tests;

use std::f64::consts::{PI, TAU};

use rotation::{Rotation, Vector, turned};

/// Seconds of an hour angle in a circle.
pub const CIRCLE_S: f64 = 86_400.0;

/// MJD of J2000.
const J2000_MJD: f64 = 51_544.5;
/// TT less UTC, s; a second more or less does not matter for precession.
const TT_LESS_UTC_S: f64 = 69.184;
const CENTURY_DAYS: f64 = 36_525.0;
const ARCSEC: f64 = PI / 648_000.0;
const DEGREE: f64 = PI / 180.0;

/// A place on Earth.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    /// East longitude, degrees.
    pub longitude_deg: f64,
    /// Geodetic latitude, degrees.
    pub latitude_deg: f64,
}

impl Place {
    /// The centre of LOFAR, as casacore knows it.
    pub const LOFAR: Self = Self { longitude_deg: 6.869_8, latitude_deg: 52.908_8 };
}

/// Hour angle of a J2000 direction in seconds of time, in (−43200, 43200].
///
/// `mjd_utc_s` is the Modified Julian Date in seconds, as measurement sets
/// have it.
#[must_use]
pub fn hour_angle(ra_deg: f64, dec_deg: f64, mjd_utc_s: f64, place: Place) -> f64 {
    let sky = Sky::at(mjd_utc_s);
    let (ra, _) = sky.apparent(ra_deg * DEGREE, dec_deg * DEGREE);
    wrapped((sky.gast() + place.longitude_deg * DEGREE - ra) / TAU * CIRCLE_S)
}

/// Apparent local sidereal time in seconds, in [0, 86400).
#[must_use]
pub fn sidereal_time(mjd_utc_s: f64, place: Place) -> f64 {
    let sky = Sky::at(mjd_utc_s);
    ((sky.gast() + place.longitude_deg * DEGREE) / TAU * CIRCLE_S).rem_euclid(CIRCLE_S)
}

/// Apparent right ascension (0 to 360) and declination of a J2000 direction,
/// degrees.
#[must_use]
pub fn apparent(ra_deg: f64, dec_deg: f64, mjd_utc_s: f64) -> (f64, f64) {
    let (ra, dec) = Sky::at(mjd_utc_s).apparent(ra_deg * DEGREE, dec_deg * DEGREE);
    (ra / DEGREE, dec / DEGREE)
}

/// An angle in seconds of time, in (−43200, 43200].
#[must_use]
pub fn wrapped(seconds: f64) -> f64 {
    let within = seconds.rem_euclid(CIRCLE_S);
    if within > CIRCLE_S / 2.0 { within - CIRCLE_S } else { within }
}

/// What depends on the moment only.
struct Sky {
    /// Days of UT1 since J2000.
    days: f64,
    /// Centuries of TT since J2000.
    t: f64,
    /// Mean obliquity.
    obliquity: f64,
    /// Nutation in longitude and in obliquity.
    nutation: (f64, f64),
    /// Mean longitude of the Sun.
    sun: f64,
}

impl Sky {
    fn at(mjd_utc_s: f64) -> Self {
        let days = mjd_utc_s / 86_400.0 - J2000_MJD;
        let t = (days + TT_LESS_UTC_S / 86_400.0) / CENTURY_DAYS;
        let node = (125.044_52 - 1_934.136_261 * t) * DEGREE;
        let sun = (280.466_5 + 36_000.769_8 * t) * DEGREE;
        let moon = (218.316_5 + 481_267.881_3 * t) * DEGREE;
        let longitude = -17.20 * node.sin() - 1.32 * (2.0 * sun).sin() - 0.23 * (2.0 * moon).sin()
            + 0.21 * (2.0 * node).sin();
        let tilt = 9.20 * node.cos() + 0.57 * (2.0 * sun).cos() + 0.10 * (2.0 * moon).cos()
            - 0.09 * (2.0 * node).cos();
        Self {
            days,
            t,
            obliquity: (84_381.406 - 46.836_769 * t) * ARCSEC,
            nutation: (longitude * ARCSEC, tilt * ARCSEC),
            sun,
        }
    }

    /// Greenwich apparent sidereal time.
    fn gast(&self) -> f64 {
        // Whole days turn the Earth by 2π times the fraction beyond one turn.
        let turns = 0.779_057_273_264_0 + self.days.fract() + 0.002_737_811_911_354_48 * self.days;
        let t = self.t;
        let drift = (0.014_506 + 4_612.156_534 * t + 1.391_581_7 * t * t) * ARCSEC;
        TAU * turns.fract() + drift + self.nutation.0 * self.obliquity.cos()
    }

    /// Velocity of the Earth in units of that of light, equatorial.
    fn aberration(&self) -> Vector {
        let t = self.t;
        let (kappa, eccentricity) = (20.495_52 * ARCSEC, 0.016_709);
        let perihelion = (102.937_35 + 1.719_46 * t) * DEGREE;
        let anomaly = (357.529_1 + 35_999.050_3 * t) * DEGREE;
        let sun = self.sun + (1.914_6 * anomaly.sin() + 0.02 * (2.0 * anomaly).sin()) * DEGREE;
        let ecliptic = [
            kappa * (sun.sin() - eccentricity * perihelion.sin()),
            kappa * (-sun.cos() + eccentricity * perihelion.cos()),
            0.0,
        ];
        turned(&Rotation::X(-self.obliquity), ecliptic)
    }

    /// Apparent right ascension in [0, 2π) and declination.
    fn apparent(&self, ra: f64, dec: f64) -> (f64, f64) {
        let t = self.t;
        let zeta = (2_306.083_227 * t + 0.298_849_9 * t * t) * ARCSEC;
        let z = (2_306.077_181 * t + 1.092_734_8 * t * t) * ARCSEC;
        let theta = (2_004.191_903 * t - 0.429_493_4 * t * t) * ARCSEC;
        let mut u = [dec.cos() * ra.cos(), dec.cos() * ra.sin(), dec.sin()];
        for step in [Rotation::Z(-zeta), Rotation::Y(theta), Rotation::Z(-z)] {
            u = turned(&step, u);
        }
        let moved: Vector = std::array::from_fn(|k| u[k] + self.aberration()[k]);
        let length = moved.iter().map(|part| part * part).sum::<f64>().sqrt();
        let mut u = moved.map(|part| part / length);
        let (longitude, tilt) = self.nutation;
        let steps = [
            Rotation::X(self.obliquity),
            Rotation::Z(-longitude),
            Rotation::X(-self.obliquity - tilt),
        ];
        for step in steps {
            u = turned(&step, u);
        }
        (u[1].atan2(u[0]).rem_euclid(TAU), u[2].clamp(-1.0, 1.0).asin())
    }
}
