//! How fast something goes, over the last seconds only: a copy that stalls
//! must be seen to stall.

use std::collections::VecDeque;
use std::time::Duration;

/// How far back it looks.
const WINDOW: Duration = Duration::from_secs(20);

/// Samples are at least that far apart.
const STEP: Duration = Duration::from_millis(250);

/// Shorter than this nothing is said.
const LEAST: Duration = Duration::from_secs(2);

/// Amounts done at several times.
#[derive(Debug, Default)]
pub(super) struct Pace {
    samples: VecDeque<(Duration, u64)>,
}

impl Pace {
    /// So much was done at that time.
    pub(super) fn add(&mut self, time: Duration, done: u64) {
        if self.samples.back().is_some_and(|(last, _)| time < *last + STEP) {
            return;
        }
        self.samples.push_back((time, done));
        // The last sample before the window is where it begins.
        while self.samples.get(1).is_some_and(|(second, _)| *second + WINDOW <= time) {
            self.samples.pop_front();
        }
    }

    /// Units per second; `None` while too little is known.
    pub(super) fn per_second(&self) -> Option<f64> {
        let (first, last) = (self.samples.front()?, self.samples.back()?);
        let time = last.0.saturating_sub(first.0);
        if time < LEAST {
            return None;
        }
        // Display only: f64 has digits enough.
        #[allow(clippy::cast_precision_loss)]
        let done = last.1.saturating_sub(first.1) as f64;
        Some(done / time.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn after(samples: impl IntoIterator<Item = (u64, u64)>) -> Option<f64> {
        let mut pace = Pace::default();
        samples.into_iter().for_each(|(ms, done)| pace.add(Duration::from_millis(ms), done));
        pace.per_second()
    }

    #[test]
    fn nothing_is_said_at_the_beginning() {
        assert_eq!(after([]), None);
        assert_eq!(after([(0, 0), (1999, 500)]), None);
        assert_eq!(after([(0, 0), (2000, 500)]), Some(250.0));
    }

    #[test]
    fn only_the_last_seconds_count() {
        let fast_then_slow = (0..=100).map(|s| (s * 1000, if s < 50 { s * 100 } else { 4900 + s }));
        let rate = after(fast_then_slow).unwrap();
        assert!((rate - 1.0).abs() < 1e-9, "{rate}");
        let stalled = (0..=100).map(|s| (s * 1000, 7));
        assert_eq!(after(stalled), Some(0.0));
    }

    #[test]
    fn many_samples_take_no_room() {
        let mut pace = Pace::default();
        for ms in 0..100_000 {
            pace.add(Duration::from_millis(ms), ms);
        }
        assert!(pace.samples.len() <= 82, "{}", pace.samples.len());
    }
}
