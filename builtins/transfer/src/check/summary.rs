//! The totals of a check: how much is there, how fast the rest arrives.
//!
//! Speeds are told in Mbit/s with 1 MB = 1 MiB, as users of the copy logs know them.

use serde::Serialize;

use super::judge::{DataState, Verdict};

const MIB: f64 = 1_048_576.0;

/// One set in the totals.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Part {
    /// Its expected size, MiB.
    pub expected_mb: Option<u64>,
    /// Where it stands.
    pub verdict: Verdict,
    /// How long its copy took, s, if that is known.
    pub seconds: Option<f64>,
}

/// The totals.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// Sets asked for.
    pub sets: usize,
    /// Complete ones.
    pub complete: usize,
    /// Expected, MiB.
    pub expected_mb: u64,
    /// There, MiB; unreachable sets count as absent.
    pub present_mb: f64,
    /// Mean speed of the copies whose duration is known, Mbit/s.
    pub mean_speed_mbit: Option<f64>,
    /// Sets arriving now.
    pub transferring: usize,
    /// Speed of all of them together, Mbit/s.
    pub current_speed_mbit: Option<f64>,
    /// Time until all is there at that speed, s.
    pub remaining_s: Option<f64>,
}

/// Adds up.
pub fn summarize(parts: &[Part]) -> Summary {
    let expected_mb = parts.iter().filter_map(|p| p.expected_mb).sum();
    let present_mb = parts.iter().map(present).fold(0.0, |sum, mb| sum + mb);
    let done = |p: &&Part| p.verdict.state == DataState::Complete;
    let timed: Vec<(f64, f64)> = parts
        .iter()
        .filter(done)
        .filter_map(|p| Some((as_f64(p.expected_mb?), p.seconds.filter(|s| *s > 0.0)?)))
        .collect();
    let seconds: f64 = timed.iter().map(|(_, s)| s).sum();
    let mean_speed_mbit =
        (seconds > 0.0).then(|| timed.iter().map(|(mb, _)| mb).sum::<f64>() / seconds * 8.0);
    let transferring = parts.iter().filter(|p| p.verdict.state == DataState::Transferring).count();
    let measured: f64 = parts.iter().map(|p| p.verdict.bytes_per_second).sum::<f64>() / MIB * 8.0;
    let current_speed_mbit = (measured > 0.0).then_some(measured);
    // Without a measured speed the mean one stands in, for the remaining time only.
    let assumed = current_speed_mbit
        .or_else(|| mean_speed_mbit.filter(|_| transferring > 0).map(|s| s * count(transferring)));
    let left_mb = (as_f64(expected_mb) - present_mb).max(0.0);
    Summary {
        sets: parts.len(),
        complete: parts.iter().filter(done).count(),
        expected_mb,
        present_mb,
        mean_speed_mbit,
        transferring,
        current_speed_mbit,
        remaining_s: assumed.filter(|s| *s > 0.0 && left_mb > 0.0).map(|s| left_mb * 8.0 / s),
    }
}

impl Summary {
    /// The totals as lines that begin with `#`, the first being the most important.
    pub fn lines(&self) -> Vec<String> {
        let share = if self.expected_mb == 0 {
            100.0
        } else {
            self.present_mb * 100.0 / as_f64(self.expected_mb)
        };
        let mut lines = vec![format!(
            "# {} of {} complete, {:.0} of {} MB ({share:.1} %)",
            self.complete, self.sets, self.present_mb, self.expected_mb
        )];
        if let Some(speed) = self.mean_speed_mbit {
            lines.push(format!("# mean speed of a copy: {speed:.3} Mbit/s"));
        }
        if self.transferring > 0 {
            lines.push(format!("# arriving now: {}", self.transferring));
        }
        if let Some(speed) = self.current_speed_mbit {
            lines.push(format!("# speed of all together: {}", speed_text(speed)));
        }
        if let Some(left) = self.remaining_s {
            lines.push(format!("# remaining time: {}", clock(left)));
        }
        lines
    }
}

/// Complete sets count whole, others by what is there.
fn present(part: &Part) -> f64 {
    let expected = part.expected_mb.map_or(0.0, as_f64);
    match part.verdict.state {
        DataState::Complete | DataState::Oversize => expected,
        DataState::Incomplete | DataState::Transferring => {
            expected * part.verdict.percent.min(100.0) / 100.0
        }
        _ => 0.0,
    }
}

/// `812.000 Mbit/s`, in Gbit/s above 1024.
fn speed_text(mbit: f64) -> String {
    if mbit > 1024.0 { format!("{:.3} Gbit/s", mbit / 1024.0) } else { format!("{mbit:.3} Mbit/s") }
}

/// `HH:MM:SS`; hours may exceed 24.
fn clock(seconds: f64) -> String {
    // Whole seconds of a duration below the age of the universe fit.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let s = seconds.max(0.0).round() as u64;
    format!("{:02}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60)
}

#[allow(clippy::cast_precision_loss)] // exact up to 2^53
fn as_f64(n: u64) -> f64 {
    n as f64
}

fn count(n: usize) -> f64 {
    as_f64(n as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(state: DataState, percent: f64, speed: f64, seconds: Option<f64>) -> Part {
        let verdict = Verdict { state, percent, size_mb: None, bytes_per_second: speed };
        Part { expected_mb: Some(100), verdict, seconds }
    }

    #[test]
    fn complete_and_arriving_sets_add_up() {
        let summary = summarize(&[
            part(DataState::Complete, 100.0, 0.0, Some(10.0)),
            part(DataState::Transferring, 50.0, 5.0 * MIB, None),
            part(DataState::Unreachable, 0.0, 0.0, None),
        ]);
        assert_eq!(summary.complete, 1);
        assert_eq!(summary.expected_mb, 300);
        assert_eq!(
            summary.lines(),
            [
                "# 1 of 3 complete, 150 of 300 MB (50.0 %)",
                "# mean speed of a copy: 80.000 Mbit/s",
                "# arriving now: 1",
                "# speed of all together: 40.000 Mbit/s",
                "# remaining time: 00:00:30",
            ]
        );
    }

    #[test]
    fn the_mean_speed_stands_in_for_an_unmeasured_one() {
        let summary = summarize(&[
            part(DataState::Complete, 100.0, 0.0, Some(10.0)),
            part(DataState::Transferring, 0.0, 0.0, None),
        ]);
        assert_eq!(summary.current_speed_mbit, None);
        assert_eq!(summary.remaining_s, Some(10.0));
    }

    #[test]
    fn nothing_expected_is_all_there() {
        assert_eq!(summarize(&[]).lines(), ["# 0 of 0 complete, 0 of 0 MB (100.0 %)"]);
    }

    #[test]
    fn long_times_and_high_speeds_are_readable() {
        assert_eq!(clock(90_061.4), "25:01:01");
        assert_eq!(speed_text(2048.0), "2.000 Gbit/s");
    }
}
