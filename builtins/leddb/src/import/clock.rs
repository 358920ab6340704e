//! Stamps that were written in local time as if it were UTC.

use jiff::tz::TimeZone;

use crate::error::{LeddbError, Result};

/// The clock that wrote them.
#[derive(Debug, Clone)]
pub(super) struct Clock(TimeZone);

impl Clock {
    pub(super) fn of(zone: &str) -> Result<Self> {
        TimeZone::get(zone).map(Self).map_err(|_| LeddbError::Input {
            message: format!("`{zone}` is no time zone"),
            help: Some("write it as Europe/Amsterdam or UTC".to_string()),
        })
    }

    /// Seconds since 1970 UTC. Of an hour that came twice the first is meant: a file
    /// then looks older than it is and is read again, not missed.
    pub(super) fn utc(&self, local: i64) -> i64 {
        jiff::Timestamp::from_second(local)
            .ok()
            .map(|time| TimeZone::UTC.to_datetime(time))
            .and_then(|wall| self.0.to_timestamp(wall).ok())
            .map_or(local, jiff::Timestamp::as_second)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn winter_and_summer_differ_by_an_hour() {
        let clock = Clock::of("Europe/Amsterdam").unwrap();
        // 2013-01-15 12:00 and 2013-07-15 12:00 on the wall.
        assert_eq!(clock.utc(1_358_251_200), 1_358_251_200 - 3600);
        assert_eq!(clock.utc(1_373_889_600), 1_373_889_600 - 7200);
        // 2013-10-27 02:30 comes twice.
        assert_eq!(clock.utc(1_382_841_000), 1_382_841_000 - 7200);
        assert_eq!(Clock::of("UTC").unwrap().utc(5), 5);
        assert!(Clock::of("Nowhere/Else").is_err());
    }
}
