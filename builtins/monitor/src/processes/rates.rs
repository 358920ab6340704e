//! Shares of the processor, from two readings of the counters of a process.

use std::time::Instant;

use super::table::Stat;

/// The counters of one process at one moment of the steady clock.
#[derive(Debug, Clone, Copy)]
pub struct Reading {
    /// When it was read.
    pub at: Instant,
    /// What was read.
    pub stat: Stat,
}

impl Reading {
    /// The counters of a process now; nothing if it is gone.
    pub fn of(pid: i32) -> Option<Self> {
        let stat = Stat::of(pid)?;
        Some(Self { at: Instant::now(), stat })
    }
}

/// Processor time between two readings in percent of one hardware thread; a
/// process with many threads has more than 100. Nothing when the readings are
/// of two processes, were made at once, or the counter went back.
pub fn cpu_percent(before: &Reading, after: &Reading, ticks_per_second: f64) -> Option<f64> {
    if before.stat.start_ticks != after.stat.start_ticks {
        return None;
    }
    let seconds = after.at.checked_duration_since(before.at)?.as_secs_f64();
    let ticks = after.stat.cpu_ticks.checked_sub(before.stat.cpu_ticks)?;
    #[allow(clippy::cast_precision_loss)] // ticks of one interval are few
    let percent = 100.0 * ticks as f64 / ticks_per_second / seconds;
    percent.is_finite().then_some(percent)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use std::time::Duration;

    use super::*;
    use crate::processes::testing::process;

    #[test]
    fn known_counters_give_known_shares() {
        let stat = process("x", &[]).stat;
        let before = Reading { at: Instant::now(), stat };
        let after = |ticks: u64, start: u64, time: Duration| {
            let stat = Stat { cpu_ticks: ticks, start_ticks: start, ..stat };
            Reading { at: before.at + time, stat }
        };
        let share = |ticks, start, ms| {
            cpu_percent(&before, &after(ticks, start, Duration::from_millis(ms)), 100.0)
        };
        assert_eq!(share(100, 1000, 500), Some(200.0));
        assert_eq!(share(0, 1000, 500), Some(0.0));
        assert_eq!(share(100, 1001, 500), None);
        assert_eq!(share(100, 1000, 0), None);
        assert_eq!(cpu_percent(&after(9, 1000, Duration::ZERO), &before, 100.0), None);
    }
}
