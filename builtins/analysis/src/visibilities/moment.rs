//! Ranges of time in UTC.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use ledama_base::clock;

const UNIX_EPOCH_MJD_S: f64 = 40_587.0 * 86_400.0;

/// Seconds since 1970 of seconds of MJD, both UTC.
pub fn to_unix_s(mjd_s: f64) -> f64 {
    mjd_s - UNIX_EPOCH_MJD_S
}

/// `2013-03-29T13:59:53.007Z` of seconds of MJD, rounded to the millisecond.
pub fn utc_text(mjd_s: f64) -> String {
    let rounded =
        clock::from_mjd_s(mjd_s).and_then(|time| time.round(jiff::Unit::Millisecond).ok());
    rounded.map_or_else(|| format!("{mjd_s}"), |time| format!("{time:.3}"))
}

/// Reads `FROM..TO` as seconds of MJD, UTC; either end may be left out.
///
/// A time is `2013-03-29T13:59:53Z`, also with a blank for the `T`, with a
/// fraction, without seconds, without `Z`, or `2013/03/29/13:59:53`.
pub fn moment_range(text: &str) -> Result<(Option<f64>, Option<f64>), String> {
    let Some((from, to)) = text.split_once("..") else {
        return Err(format!("`{text}` is not a range of times: write `FROM..TO`"));
    };
    let end = |text: &str| {
        let text = text.trim();
        if text.is_empty() { Ok(None) } else { moment(text).map(Some) }
    };
    match (end(from)?, end(to)?) {
        (Some(from), Some(to)) if from > to => Err(format!("`{text}` ends before it begins")),
        range => Ok(range),
    }
}

fn moment(text: &str) -> Result<f64, String> {
    let older = text.matches('/').count() == 3;
    let plain =
        if older { text.replacen('/', "-", 2).replacen('/', "T", 1) } else { text.to_string() };
    let plain = plain.trim_end_matches(['Z', 'z']).replacen(' ', "T", 1);
    let time: DateTime = plain.parse().map_err(|_| {
        format!("`{text}` is not a time: write `2013-03-29T13:59:53` or `2013/03/29/13:59:53`, UTC")
    })?;
    let zoned = time.to_zoned(TimeZone::UTC).map_err(|_| format!("`{text}` is out of range"))?;
    Ok(clock::to_mjd_s(zoned.timestamp()))
}
