//! Instants as people type them.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::typed::Refused;

/// The instant in UTC, ISO 8601. Without a zone, UTC is meant; the older form
/// `2013/04/02/10:11:12` is local time, as it is in the files that use it.
pub(super) fn parse(text: &str) -> Result<String, Refused> {
    let text = text.trim();
    let instant =
        text.parse::<Timestamp>().ok().or_else(|| utc(text)).or_else(|| local(text)).ok_or_else(
            || {
                Refused::new(format!("`{text}` is not a time")).maybe_help(Some(
                    "write `2013-04-02`, `2013-04-02T10:11:12Z` or `2013/04/02/10:11:12`"
                        .to_string(),
                ))
            },
        )?;
    Ok(instant.to_string())
}

fn utc(text: &str) -> Option<Timestamp> {
    let civil: DateTime = text.parse().ok()?;
    Some(civil.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

fn local(text: &str) -> Option<Timestamp> {
    let civil = DateTime::strptime("%Y/%m/%d/%H:%M:%S", text).ok()?;
    Some(civil.to_zoned(TimeZone::system()).ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn all_forms_are_read() {
        for (text, instant) in [
            ("2013-04-02", "2013-04-02T00:00:00Z"),
            ("2013-04-02T10:11:12", "2013-04-02T10:11:12Z"),
            ("2013-04-02 10:11:12", "2013-04-02T10:11:12Z"),
            ("2013-04-02T10:11:12Z", "2013-04-02T10:11:12Z"),
            ("2013-04-02T10:11:12+02:00", "2013-04-02T08:11:12Z"),
        ] {
            assert_eq!(parse(text).unwrap(), instant, "{text}");
        }
        assert!(parse("2013/04/02/10:11:12").is_ok());
        for text in ["", "yesterday", "2013-13-01", "2013/04/02"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
