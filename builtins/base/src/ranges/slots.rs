//! Slots on an axis: `start,end,step` for times and channels of movies,
//! `start,end` for channels of statistics. Zero based, end inclusive, and
//! `-1` means the last one, whatever the length of the axis will be.

/// Which places of an axis are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slots {
    /// First place.
    pub start: u32,
    /// Last place, inclusive; `None` is the last of the axis.
    pub end: Option<u32>,
    /// Distance of two places, at least 1.
    pub step: u32,
}

/// Slots that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` does not name slots: {reason}")]
pub struct SlotError {
    /// As typed.
    pub text: String,
    /// What is wrong, without a final dot.
    pub reason: String,
}

impl Slots {
    /// Reads `start,end,step`.
    pub fn parse(text: &str) -> Result<Self, SlotError> {
        match numbers(text)?.as_slice() {
            &[start, end, step] => Self::build(text, start, end, step),
            _ => Err(error(text, "three numbers `start,end,step` are needed")),
        }
    }

    /// Reads `start,end`; the step is 1.
    pub fn parse_pair(text: &str) -> Result<Self, SlotError> {
        match numbers(text)?.as_slice() {
            &[start, end] => Self::build(text, start, end, 1),
            _ => Err(error(text, "two numbers `start,end` are needed")),
        }
    }

    /// The places on an axis of `length`; those beyond it do not exist.
    pub fn places(&self, length: u32) -> impl Iterator<Item = u32> + use<> {
        let stop = self.end.map_or(length, |end| end.saturating_add(1).min(length));
        (self.start..stop).step_by(usize::try_from(self.step.max(1)).unwrap_or(usize::MAX))
    }

    fn build(text: &str, start: i64, end: i64, step: i64) -> Result<Self, SlotError> {
        let place = |n: i64| u32::try_from(n).map_err(|_| error(text, "a slot is out of range"));
        let slots = Self {
            start: place(start)?,
            end: if end == -1 { None } else { Some(place(end)?) },
            step: place(step)?,
        };
        if slots.step == 0 {
            return Err(error(text, "the step must be at least 1"));
        }
        if slots.end.is_some_and(|end| end < slots.start) {
            return Err(error(text, "the end is before the start"));
        }
        Ok(slots)
    }
}

fn numbers(text: &str) -> Result<Vec<i64>, SlotError> {
    text.split(',')
        .map(|part| {
            let part = part.trim();
            part.parse().map_err(|_| error(text, &format!("`{part}` is not a whole number")))
        })
        .collect()
}

fn error(text: &str, reason: &str) -> SlotError {
    SlotError { text: text.to_string(), reason: reason.to_string() }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn slots_are_read_and_expanded() {
        let all = Slots::parse("0,-1,1").unwrap();
        assert_eq!(all, Slots { start: 0, end: None, step: 1 });
        assert_eq!(all.places(4).collect::<Vec<_>>(), [0, 1, 2, 3]);
        let some = Slots::parse(" 1, 7 ,3").unwrap();
        assert_eq!(some.places(100).collect::<Vec<_>>(), [1, 4, 7]);
        assert_eq!(some.places(5).collect::<Vec<_>>(), [1, 4]);
        assert_eq!(some.places(0).count(), 0);
        assert_eq!(Slots::parse_pair("3,3").unwrap(), Slots { start: 3, end: Some(3), step: 1 });
    }

    #[test]
    fn mistakes_are_refused() {
        for text in ["", "1,2", "1,2,0", "3,1,1", "-1,2,1", "a,1,1", "0,-2,1", "0,1,1,1"] {
            assert!(Slots::parse(text).is_err(), "{text}");
        }
        assert!(Slots::parse_pair("1,2,3").is_err());
    }
}
