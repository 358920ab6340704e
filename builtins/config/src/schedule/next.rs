//! The next times of a calendar.
//!
//! A calendar speaks of clock times, so a change to or from summer time needs
//! a rule. What happens every hour happens in every hour there is. Of all else,
//! a time that is left out is made up for as much later as the clock was put
//! forward, and of a time that comes twice the first one counts.

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::{AmbiguousOffset, TimeZone};

use super::Calendar;

/// Days to look ahead: 29 February on a given weekday can be 40 years away.
const MOST_DAYS: usize = 41 * 366;

impl Calendar {
    /// The first time after this one.
    pub fn next_after(&self, after: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        // What was made up for later may belong to the day before.
        let mut date = after.to_zoned(zone.clone()).date().yesterday().ok()?;
        for _ in 0..MOST_DAYS {
            if self.on_date(date)
                && let Some(time) = self.on_day_after(date, after, zone)
            {
                return Some(time);
            }
            date = date.tomorrow().ok()?;
        }
        None
    }

    /// The next times after this one.
    pub fn upcoming(
        &self,
        after: Timestamp,
        zone: &TimeZone,
    ) -> impl Iterator<Item = Timestamp> + use<> {
        let (calendar, zone) = (self.clone(), zone.clone());
        std::iter::successors(calendar.next_after(after, &zone), move |time| {
            calendar.next_after(*time, &zone)
        })
    }

    fn on_date(&self, date: Date) -> bool {
        self.on(date.month(), date.day(), date.weekday().to_sunday_zero_offset())
    }

    /// The first time of a day that is after this one.
    fn on_day_after(&self, date: Date, after: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let every_hour = self.hour.is_all();
        let mut times = Vec::new();
        for hour in self.hour.numbers() {
            for minute in self.minute.numbers() {
                let (Ok(hour), Ok(minute)) = (i8::try_from(hour), i8::try_from(minute)) else {
                    continue;
                };
                let Ok(time) = Time::new(hour, minute, 0, 0) else { continue };
                let civil = zone.to_ambiguous_zoned(date.to_datetime(time));
                match civil.offset() {
                    AmbiguousOffset::Gap { .. } if every_hour => {}
                    AmbiguousOffset::Fold { .. } if every_hour => {
                        times.extend(civil.clone().earlier().ok());
                        times.extend(civil.later().ok());
                    }
                    _ => times.extend(civil.compatible().ok()),
                }
            }
        }
        times.into_iter().map(|time| time.timestamp()).filter(|time| *time > after).min()
    }
}
