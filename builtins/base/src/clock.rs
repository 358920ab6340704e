//! Time as text: UTC with a `Z` in everything we write, and the older local
//! form `YYYY/MM/DD/HH:MM:SS` on input.

use jiff::civil;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, Unit};

/// Modified Julian date of 1970-01-01, in days.
const UNIX_EPOCH_MJD: f64 = 40_587.0;
const DAY_S: f64 = 86_400.0;

/// A time that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a time: {reason}")]
pub struct TimeError {
    /// As typed.
    pub text: String,
    /// What is wrong, without a final dot.
    pub reason: String,
}

impl TimeError {
    /// What to write instead.
    pub fn help(&self) -> Option<String> {
        Some("write `2013-04-02T10:11:12Z` (UTC) or `2013/04/02/10:11:12` (local time)".to_string())
    }
}

/// The present.
pub fn now() -> Timestamp {
    Timestamp::now()
}

/// The zone in which times without a zone are meant, unless the configuration names one.
pub fn local_zone() -> TimeZone {
    TimeZone::system()
}

/// `2013-04-02T10:11:12Z`, whole seconds.
pub fn utc_text(time: Timestamp) -> String {
    strtime::format("%Y-%m-%dT%H:%M:%SZ", time).unwrap_or_default()
}

/// `20130402T101112Z`, for names of runs and files.
pub fn utc_stamp(time: Timestamp) -> String {
    strtime::format("%Y%m%dT%H%M%SZ", time).unwrap_or_default()
}

/// Reads ISO-8601 with a zone (`Z` or an offset), or the older form
/// `YYYY/MM/DD/HH:MM:SS[.fraction]` as a time in `zone`. Where clocks were
/// set back, the earlier of the two possible times is meant.
pub fn parse(text: &str, zone: &TimeZone) -> Result<Timestamp, TimeError> {
    let wanted = text.trim();
    let fail = |reason: &str| TimeError { text: text.to_string(), reason: reason.to_string() };
    if wanted.contains('/') {
        let parsed = strtime::parse("%Y/%m/%d/%H:%M:%S%.f", wanted)
            .and_then(|parts| parts.to_datetime())
            .map_err(|_| fail("the older form is YYYY/MM/DD/HH:MM:SS"))?;
        return zone.to_timestamp(parsed).map_err(|_| fail("it is out of range"));
    }
    wanted.parse().map_err(|_| match wanted.parse::<civil::DateTime>() {
        Ok(_) => fail("the zone is missing; add `Z` for UTC"),
        Err(_) => fail("no such date or form"),
    })
}

/// Modified Julian date in seconds, as casacore counts time.
pub fn to_mjd_s(time: Timestamp) -> f64 {
    time.duration_since(Timestamp::UNIX_EPOCH).as_secs_f64() + UNIX_EPOCH_MJD * DAY_S
}

/// The time of a modified Julian date in seconds, to the microsecond; `None`
/// if it is not a number or beyond the years -9999 to 9999.
pub fn from_mjd_s(mjd_s: f64) -> Option<Timestamp> {
    let since = SignedDuration::try_from_secs_f64(mjd_s - UNIX_EPOCH_MJD * DAY_S).ok()?;
    Timestamp::from_duration(since).ok()?.round(Unit::Microsecond).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use jiff::tz::Offset;

    #[test]
    fn both_forms_are_read() {
        let east = TimeZone::fixed(Offset::constant(2));
        let utc = |text: &str| utc_text(parse(text, &east).unwrap());
        assert_eq!(utc("2013-04-02T10:11:12Z"), "2013-04-02T10:11:12Z");
        assert_eq!(utc("2013-04-02T10:11:12.75+01:00"), "2013-04-02T09:11:12Z");
        assert_eq!(utc("2013/04/02/10:11:12"), "2013-04-02T08:11:12Z");
        assert_eq!(utc(" 2013/04/02/00:11:12.5 "), "2013-04-01T22:11:12Z");
        let time = parse("2013/04/02/10:11:12", &TimeZone::UTC).unwrap();
        assert_eq!(utc_stamp(time), "20130402T101112Z");
    }

    #[test]
    fn mistakes_are_refused() {
        for text in [
            "",
            "now",
            "2013/04/02",
            "2013/13/02/10:11:12",
            "2013/02/30/10:11:12",
            "2013-04-02",
            "2013-04-02T10:11:12",
            "2013-04-02T10:11:12Zx",
            "2013/04/02/10:11:12Z",
        ] {
            assert!(parse(text, &TimeZone::UTC).is_err(), "{text}");
        }
        let missing = parse("2013-04-02T10:11:12", &TimeZone::UTC).unwrap_err();
        assert!(missing.reason.contains('Z'));
    }

    #[test]
    fn a_time_that_occurs_twice_is_the_earlier_one() {
        // Central European time went back from 03:00 to 02:00 on that night.
        let zone = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        let time = parse("2013/10/27/02:30:00", &zone).unwrap();
        assert_eq!(utc_text(time), "2013-10-27T00:30:00Z");
    }

    #[test]
    fn julian_dates_are_converted() {
        let time = parse("2012-03-13T02:31:00Z", &TimeZone::UTC).unwrap();
        assert!((to_mjd_s(time) - 4_838_322_660.0).abs() < 1e-6);
        assert_eq!(from_mjd_s(4_838_322_660.0), Some(time));
        for bad in [f64::NAN, f64::INFINITY, -1e30, 1e30] {
            assert_eq!(from_mjd_s(bad), None);
        }
    }
}
