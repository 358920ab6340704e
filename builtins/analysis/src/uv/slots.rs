//! Which time slots give points.

use std::str::FromStr;

/// First slot, step and last slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Slots {
    /// First; negative ones count from the end.
    pub start: i64,
    /// Every so many; 0 is a hundredth of all, at least 1.
    pub skip: u64,
    /// Last; 0 and -1 are the last of all, other negative ones count from the end.
    pub end: i64,
}

impl FromStr for Slots {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not `start,skip,end`");
        let parts: Vec<&str> = text.split(',').map(str::trim).collect();
        let &[start, skip, end] = parts.as_slice() else { return Err(wrong()) };
        Ok(Self {
            start: start.parse().map_err(|_| wrong())?,
            skip: skip.parse().map_err(|_| wrong())?,
            end: end.parse().map_err(|_| wrong())?,
        })
    }
}

impl Slots {
    /// The places taken of so many slots.
    pub fn places(self, count: usize) -> Result<impl Iterator<Item = usize>, String> {
        let length = i64::try_from(count).unwrap_or(i64::MAX);
        let place = |at: i64| if at < 0 { at + length } else { at };
        let end = if self.end == 0 { length - 1 } else { place(self.end) };
        let (start, end) = match (usize::try_from(place(self.start)), usize::try_from(end)) {
            (Ok(start), Ok(end)) if start <= end && end < count => (start, end),
            _ => {
                return Err(format!(
                    "time slots {} to {} are not among the {count} there are",
                    self.start, self.end
                ));
            }
        };
        let step = match usize::try_from(self.skip).unwrap_or(usize::MAX) {
            0 => (count / 100).max(1),
            step => step,
        };
        Ok((start..=end).step_by(step))
    }
}
