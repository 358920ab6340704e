//! Times of a measurement set as UTC text.

use jiff::fmt::strtime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Unit};
use ledama_base::clock;

/// `2013/03/29/13:59:53.007` of a modified Julian date in seconds, rounded to
/// the millisecond as casacore prints times.
pub fn text(mjd_s: f64) -> Option<String> {
    format("%Y/%m/%d/%H:%M:%S%.3f", rounded(mjd_s)?)
}

/// The same without the fraction: cut off, not rounded.
pub fn whole_seconds(mjd_s: f64) -> Option<String> {
    format("%Y/%m/%d/%H:%M:%S", rounded(mjd_s)?)
}

fn rounded(mjd_s: f64) -> Option<Timestamp> {
    clock::from_mjd_s(mjd_s)?.round(Unit::Millisecond).ok()
}

fn format(form: &str, time: Timestamp) -> Option<String> {
    strtime::format(form, &time.to_zoned(TimeZone::UTC)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_are_rounded_once_and_then_cut() {
        assert_eq!(text(4_871_282_393.006_95).as_deref(), Some("2013/03/29/13:59:53.007"));
        assert_eq!(whole_seconds(4_871_282_393.999_6).as_deref(), Some("2013/03/29/13:59:54"));
        assert_eq!(whole_seconds(4_871_282_393.999_4).as_deref(), Some("2013/03/29/13:59:53"));
        assert_eq!(text(f64::NAN), None);
    }
}
