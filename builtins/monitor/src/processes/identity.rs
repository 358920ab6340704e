//! Which process is meant, for certain: a number is used again, a number with
//! its start time is not, and both begin anew when the node starts.

use std::fs;

use serde::{Deserialize, Serialize};

use super::table::{Process, Stat};

/// One process of one start of one node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// See [`boot_id`].
    pub boot_id: String,
    /// Its number.
    pub pid: i32,
    /// When it started, in clock ticks since the node did.
    pub start_ticks: u64,
}

impl Identity {
    /// This process.
    pub fn own() -> Option<Self> {
        let pid = std::process::id().cast_signed();
        Some(Self { boot_id: boot_id(), pid, start_ticks: Stat::of(pid)?.start_ticks })
    }

    /// The number under which the process is seen here, if it runs here. It
    /// may have told its number inside of a container.
    pub fn seen_here(&self) -> Option<i32> {
        if self.boot_id != boot_id() {
            return None;
        }
        let is_it = |process: &Process| {
            process.inner_pid == self.pid && process.stat.start_ticks == self.start_ticks
        };
        if Process::read(self.pid).is_some_and(|process| is_it(&process)) {
            return Some(self.pid);
        }
        super::table::processes().iter().find(|process| is_it(process)).map(|process| process.pid)
    }
}

/// A text that changes whenever the node starts anew; empty where the kernel
/// tells none.
pub fn boot_id() -> String {
    let text = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    text.trim().to_string()
}

/// The clock of the node.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    now: jiff::Timestamp,
    uptime_s: f64,
    ticks_per_second: f64,
}

impl Clock {
    /// Reads it.
    pub(super) fn read() -> Self {
        let text = fs::read_to_string("/proc/uptime").unwrap_or_default();
        let uptime = text.split_whitespace().next().and_then(|word| word.parse().ok());
        #[allow(clippy::cast_precision_loss)] // 100 on every kernel there is
        let ticks = rustix::param::clock_ticks_per_second() as f64;
        Self {
            now: jiff::Timestamp::now(),
            uptime_s: uptime.unwrap_or(0.0),
            ticks_per_second: ticks,
        }
    }

    /// Ticks in seconds.
    pub(super) fn seconds(&self, ticks: u64) -> f64 {
        #[allow(clippy::cast_precision_loss)] // exact for 2^53 ticks
        let ticks = ticks as f64;
        ticks / self.ticks_per_second
    }

    /// Seconds since something that started at that tick.
    pub(super) fn elapsed(&self, start_ticks: u64) -> f64 {
        (self.uptime_s - self.seconds(start_ticks)).max(0.0)
    }

    /// When that was.
    pub(super) fn time_of(&self, start_ticks: u64) -> jiff::Timestamp {
        let since = jiff::SignedDuration::try_from_secs_f64(self.elapsed(start_ticks));
        since.ok().and_then(|since| self.now.checked_sub(since).ok()).unwrap_or(self.now)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    #[test]
    fn this_process_is_found_here_and_nowhere_else() {
        let own = Identity::own().unwrap();
        assert_eq!(own.seen_here(), Some(std::process::id().cast_signed()));
        let elsewhere = Identity { boot_id: "another".into(), ..own.clone() };
        assert_eq!(elsewhere.seen_here(), None);
        let before = Identity { start_ticks: own.start_ticks + 1, ..own };
        assert_eq!(before.seen_here(), None);
    }

    #[test]
    fn a_start_is_told_in_time() {
        let clock = Clock {
            now: "2013-04-02T10:11:12Z".parse().unwrap(),
            uptime_s: 100.0,
            ticks_per_second: 100.0,
        };
        assert_eq!(clock.time_of(4000).to_string(), "2013-04-02T10:10:12Z");
        assert!((clock.elapsed(4000) - 60.0).abs() < 1e-9);
        // The clock is read a little after the process started.
        assert!(clock.elapsed(10_001).abs() < 1e-9);
    }
}
