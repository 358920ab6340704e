//! Calendars against crontab(5), against time zones, and against systemd
//! itself where its program is there.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::process::Command;

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;

use super::*;

fn calendar(text: &str) -> Calendar {
    Calendar::parse(text).unwrap_or_else(|e| panic!("{text}: {e}"))
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn next(text: &str, after: &str, zone: &str) -> String {
    let zone = TimeZone::get(zone).unwrap();
    calendar(text).next_after(at(after), &zone).unwrap().to_string()
}

#[test]
fn expressions_are_written_again() {
    for (text, written, on_calendar, words) in [
        ("0 20 1 * *", "0 20 1 * *", &["*-*-01 20:00:00"][..], "at 20:00 on day 1 of the month"),
        ("@monthly", "0 0 1 * *", &["*-*-01 00:00:00"], "at 00:00 on day 1 of the month"),
        ("@hourly", "0 * * * *", &["*-*-* *:00:00"], "every hour"),
        ("@DAILY", "0 0 * * *", &["*-*-* 00:00:00"], "at 00:00 every day"),
        ("* * * * *", "* * * * *", &["*-*-* *:*:00"], "every minute"),
        ("*/15 * * * *", "*/15 * * * *", &["*-*-* *:00/15:00"], "every 15 minutes"),
        ("5 */6 * * *", "5 */6 * * *", &["*-*-* 00/6:05:00"], "every 6 hours at minute 5"),
        ("7 * * * *", "7 * * * *", &["*-*-* *:07:00"], "at minute 7 of every hour"),
        (
            "30 4,16 * * mon-FRI",
            "30 4,16 * * 1-5",
            &["Mon..Fri *-*-* 04,16:30:00"],
            "at 04:30 and 16:30 on Monday to Friday",
        ),
        (
            "0 9 * jan,jul sat-sun",
            "0 9 * 1,7 6-7",
            &["Sat,Sun *-01,07-* 09:00:00"],
            "at 09:00 on Saturday and Sunday in January and July",
        ),
        // Either of the days, by the rule of cron.
        (
            "0 0 1,15 * 5",
            "0 0 1,15 * 5",
            &["*-*-01,15 00:00:00", "Fri *-*-* 00:00:00"],
            "at 00:00 on days 1 and 15 of the month and on Friday",
        ),
        // Both, because one of them begins with a star.
        (
            "0 0 */10 * 0",
            "0 0 */10 * 0",
            &["Sun *-*-01/10 00:00:00"],
            "at 00:00 on days 1, 11, 21 and 31 of the month if it is Sunday",
        ),
        (
            "0-9,20,40-59/5 1-3 * * *",
            "0-9,20,40-59/5 1-3 * * *",
            &["*-*-* 01..03:00..09,20,40,45,50,55:00"],
            "at minutes 0 to 9, 20, 40, 45, 50 and 55 of the hours 1 to 3 every day",
        ),
        (
            "0 0 29 2 *",
            "0 0 29 2 *",
            &["*-02-29 00:00:00"],
            "at 00:00 on day 29 of the month in February",
        ),
        ("0 12 * * 0,7", "0 12 * * 0,7", &["Sun *-*-* 12:00:00"], "at 12:00 on Sunday"),
    ] {
        let parsed = calendar(text);
        assert_eq!(parsed.crontab(), written, "{text}");
        assert_eq!(parsed.on_calendar(None), on_calendar, "{text}");
        assert_eq!(parsed.words(), words, "{text}");
        assert_eq!(
            calendar(written).upcoming(at("2026-01-01T00:00:00Z"), &TimeZone::UTC).next(),
            parsed.upcoming(at("2026-01-01T00:00:00Z"), &TimeZone::UTC).next()
        );
    }
    assert_eq!(calendar("@daily").on_calendar(Some("UTC")), ["*-*-* 00:00:00 UTC"]);
}

#[test]
fn what_is_no_calendar_is_told() {
    for (text, message) in [
        ("", "has 0 fields"),
        ("0 20 1 *", "has 4 fields"),
        ("0 20 1 * * *", "has 6 fields"),
        ("60 * * * *", "the minute `60`: `60` is none of 0 to 59"),
        ("* 24 * * *", "the hour `24`"),
        ("* * 0 * *", "the day of the month `0`"),
        ("* * * 13 *", "or jan to dec"),
        ("* * * * 8", "or sun to sat"),
        ("* * * janu *", "`janu`"),
        ("5/15 * * * *", "a single number has no steps"),
        ("*/0 * * * *", "has no step"),
        ("*/ * * * *", "has no step"),
        ("9-5 * * * *", "ends before it begins"),
        ("1,,2 * * * *", "`` is none of"),
        ("+1 * * * *", "`+1`"),
        ("-1 * * * *", "`` is none of"),
        ("0 0 30 2 *", "no such month has such a day"),
        ("0 0 31 2,4,6,9,11 *", "no such month has such a day"),
        ("@reboot", "no calendar"),
        ("@dayly", "no calendar"),
    ] {
        let error = Calendar::parse(text).unwrap_err();
        assert!(error.to_string().contains(message), "{text}: {error}");
    }
    let help = |text: &str| Calendar::parse(text).unwrap_err().help().unwrap_or_default();
    assert!(help("@dayly").contains("@daily"));
    assert!(help("5/15 * * * *").contains("5-59/15"));
    assert!(zone(Some("Mars/Olympus")).is_err() && zone(Some("UTC")).is_ok() && zone(None).is_ok());
}

#[test]
fn the_next_time_is_after_this_one() {
    for (text, after, expected) in [
        ("0 20 1 * *", "2026-11-23T00:00:00Z", "2026-12-01T20:00:00Z"),
        ("0 20 1 * *", "2026-12-01T20:00:00Z", "2027-01-01T20:00:00Z"),
        ("0 20 1 * *", "2026-12-01T19:59:59Z", "2026-12-01T20:00:00Z"),
        ("*/15 * * * *", "2026-11-23T10:14:59.5Z", "2026-11-23T10:15:00Z"),
        ("0 0 29 2 *", "2026-11-23T00:00:00Z", "2028-02-29T00:00:00Z"),
        ("0 0 29 2 *", "2096-03-01T00:00:00Z", "2104-02-29T00:00:00Z"),
        ("0 0 31 * *", "2026-11-23T00:00:00Z", "2026-12-31T00:00:00Z"),
        ("0 0 13 * 5", "2026-11-23T00:00:00Z", "2026-11-27T00:00:00Z"),
        ("0 0 1 1 *", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"),
    ] {
        assert_eq!(next(text, after, "UTC"), expected, "{text} after {after}");
    }
    assert_eq!(
        next("0 20 1 * *", "2026-11-23T00:00:00Z", "Europe/Amsterdam"),
        "2026-12-01T19:00:00Z"
    );
    // Both fit on no weekday for a long time: 29 February on a day of */6.
    assert_eq!(next("0 0 29 2 */6", "2026-01-01T00:00:00Z", "UTC"), "2032-02-29T00:00:00Z");
}

#[test]
fn summer_time_comes_and_goes() {
    let zone = "Europe/Amsterdam";
    // 2026-03-29: from 02:00 to 03:00, at 01:00 UTC.
    let before = "2026-03-28T12:00:00Z";
    assert_eq!(next("30 2 * * *", before, zone), "2026-03-29T01:30:00Z");
    assert_eq!(next("30 2 * * *", "2026-03-29T01:30:00Z", zone), "2026-03-30T00:30:00Z");
    assert_eq!(next("*/30 * * * *", "2026-03-29T00:30:00Z", zone), "2026-03-29T01:00:00Z");
    // 2026-10-25: from 03:00 to 02:00, at 01:00 UTC.
    let after = "2026-10-24T12:00:00Z";
    assert_eq!(next("30 2 * * *", after, zone), "2026-10-25T00:30:00Z");
    assert_eq!(next("30 2 * * *", "2026-10-25T00:30:00Z", zone), "2026-10-26T01:30:00Z");
    assert_eq!(next("30 * * * *", "2026-10-25T00:30:00Z", zone), "2026-10-25T01:30:00Z");
}

/// An expression of any shape that has a day.
fn any() -> impl Strategy<Value = String> {
    fn field(low: u8, high: u8) -> impl Strategy<Value = String> {
        let item = prop_oneof![
            3 => Just("*".to_string()),
            2 => (1_u8..20).prop_map(|step| format!("*/{step}")),
            3 => (low..=high).prop_map(|n| n.to_string()),
            2 => (low..=high, low..=high, 1_u8..9).prop_map(|(a, b, step)| {
                let (a, b) = (a.min(b), a.max(b));
                if step == 1 { format!("{a}-{b}") } else { format!("{a}-{b}/{step}") }
            }),
        ];
        proptest::collection::vec(item, 1..4).prop_map(|items| items.join(","))
    }
    (field(0, 59), field(0, 23), field(1, 31), field(1, 12), field(0, 7))
        .prop_map(|(m, h, d, mo, w)| format!("{m} {h} {d} {mo} {w}"))
        .prop_filter("days that exist", |text| Calendar::parse(text).is_ok())
}

/// The rule of cron, minute by minute.
fn fits(calendar: &Calendar, time: Timestamp) -> bool {
    let civil = time.to_zoned(TimeZone::UTC);
    calendar.minute.has(civil.minute())
        && calendar.hour.has(civil.hour())
        && calendar.on(civil.month(), civil.day(), civil.weekday().to_sunday_zero_offset())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn no_time_is_passed_over(text in any(), minutes in 0_i64..3_000_000) {
        let calendar = calendar(&text);
        prop_assert_eq!(&Calendar::parse(&calendar.crontab()).unwrap(), &calendar);
        let start = at("2026-01-01T00:00:00Z") + minutes.minutes();
        let Some(next) = calendar.next_after(start, &TimeZone::UTC) else {
            return Err(TestCaseError::fail(format!("{text} never happens")));
        };
        prop_assert!(next > start && fits(&calendar, next), "{text}: {next}");
        // Up to a week before it, none fits.
        let mut time = next - 1.minute();
        for _ in 0..7 * 1440 {
            if time <= start {
                break;
            }
            prop_assert!(!fits(&calendar, time), "{text}: {time} was passed over");
            time -= 1.minute();
        }
        prop_assert!(!calendar.words().is_empty());
    }

    #[test]
    fn no_text_makes_it_panic(text in "[-*/,@0-9a-z ]{0,24}") {
        if let Ok(calendar) = Calendar::parse(&text) {
            calendar.words();
            calendar.on_calendar(None);
        }
    }
}

/// Times that are compared.
const COUNT: usize = 5;

/// What systemd makes of an `OnCalendar=`: its next times.
fn systemd(on_calendar: &str, count: usize) -> Option<Vec<Timestamp>> {
    let output = Command::new("systemd-analyze")
        .args(["calendar", &format!("--iterations={count}")])
        .arg("--base-time=2026-11-23 00:00:00 UTC")
        .arg(on_calendar)
        .env("TZ", "UTC")
        .env("LC_ALL", "C")
        .output()
        .ok()?;
    assert!(output.status.success(), "{on_calendar}: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let times = text.lines().filter_map(|line| {
        let rest = line.trim().strip_suffix(" UTC")?;
        let rest = rest
            .split_once(": ")
            .filter(|(head, _)| head.ends_with("elapse") || head.starts_with("Iter"))?
            .1;
        let (date, time) = rest.split_once(' ')?.1.split_once(' ')?;
        Some(at(&format!("{date}T{time}Z")))
    });
    Some(times.collect())
}

#[test]
fn systemd_comes_to_the_same_times() {
    if Command::new("systemd-analyze").arg("--version").output().is_err() {
        assert!(std::env::var_os("LEDAMA_NO_SKIP").is_none(), "no systemd-analyze");
        eprintln!("skipped: no systemd-analyze");
        return;
    }
    let start = at("2026-11-23T00:00:00Z");
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let made = (0..40).map(|_| any().new_tree(&mut runner).unwrap().current());
    let fixed = ["0 20 1 * *", "@weekly", "*/7 */5 * * *", "0 0 1,15 * fri", "0 0 29 2 *"];
    for text in fixed.map(String::from).into_iter().chain(made) {
        let ours: Vec<_> = calendar(&text).upcoming(start, &TimeZone::UTC).take(COUNT).collect();
        let mut theirs: Vec<Timestamp> = calendar(&text)
            .on_calendar(Some("UTC"))
            .iter()
            .flat_map(|line| systemd(line, COUNT).unwrap())
            .collect();
        theirs.sort_unstable();
        theirs.dedup();
        theirs.truncate(COUNT);
        assert_eq!(ours, theirs, "{text}: {:?}", calendar(&text).on_calendar(Some("UTC")));
    }
}
