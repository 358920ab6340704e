//! Frames a second, exactly.

use std::fmt;
use std::str::FromStr;

/// Frames a second as a fraction in lowest terms: 12.5 is 25/2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    frames: u16,
    seconds: u16,
}

impl Rate {
    /// So many frames in so many seconds.
    pub fn new(frames: u16, seconds: u16) -> Option<Self> {
        if frames == 0 || seconds == 0 {
            return None;
        }
        let (mut a, mut b) = (frames, seconds);
        while b > 0 {
            (a, b) = (b, a % b);
        }
        Some(Self { frames: frames / a, seconds: seconds / a })
    }

    /// How long a frame is shown: numerator and denominator, s.
    pub fn delay(self) -> (u16, u16) {
        (self.seconds, self.frames)
    }

    /// How long frame `at` is shown, in hundredths of a second: what was cut off
    /// comes in with a later frame, so that a movie lasts as long as it should.
    pub fn hundredths(self, at: usize) -> u16 {
        let until = |frames: u64| frames * 100 * u64::from(self.seconds) / u64::from(self.frames);
        let at = at as u64;
        u16::try_from(until(at + 1) - until(at)).unwrap_or(u16::MAX)
    }

    /// How long so many frames last, s.
    #[allow(clippy::cast_precision_loss)] // a count of frames
    pub fn seconds(self, frames: usize) -> f64 {
        frames as f64 * f64::from(self.seconds) / f64::from(self.frames)
    }
}

impl Default for Rate {
    fn default() -> Self {
        Self { frames: 20, seconds: 1 }
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.seconds == 1 {
            return write!(f, "{}", self.frames);
        }
        write!(f, "{}/{}", self.frames, self.seconds)
    }
}

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no number of frames a second; write 20, 12.5 or 25/2");
        let number = |text: &str| text.trim().parse::<u16>().map_err(|_| wrong());
        if let Some((frames, seconds)) = text.split_once('/') {
            return Self::new(number(frames)?, number(seconds)?).ok_or_else(wrong);
        }
        let (whole, part) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
        let places =
            u32::try_from(part.len()).ok().filter(|places| *places <= 3).ok_or_else(wrong)?;
        let frames = number(&format!("{whole}{part}"))?;
        Self::new(frames, 10_u16.pow(places)).ok_or_else(wrong)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn delays_add_up() {
        let delays = |rate: &str, count| -> Vec<u16> {
            let rate: Rate = rate.parse().unwrap();
            (0..count).map(|at| rate.hundredths(at)).collect()
        };
        assert_eq!(delays("20", 3), [5, 5, 5]);
        assert_eq!(delays("8", 4), [12, 13, 12, 13]);
        assert_eq!(delays("12.5", 2), [8, 8]);
        assert_eq!(delays("30", 30).iter().sum::<u16>(), 100);
    }

    #[test]
    fn rates_are_exact() {
        for (text, shown, delay) in [
            ("20", "20", (1, 20)),
            ("12.5", "25/2", (2, 25)),
            ("30000/1001", "30000/1001", (1001, 30000)),
        ] {
            let rate: Rate = text.parse().unwrap();
            assert_eq!((rate.to_string().as_str(), rate.delay()), (shown, delay));
        }
        for text in ["0", "", "-1", "1e3", "a", "1/0", "1.23456", "70000"] {
            assert!(text.parse::<Rate>().is_err(), "{text}");
        }
        assert!(("8".parse::<Rate>().unwrap().seconds(12) - 1.5).abs() < 1e-12);
    }
}
