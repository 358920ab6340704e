//! How many channels the steps of DP3 leave, where that can be told from the
//! parset: selection of channels, and averaging by whole factors.

use serde::{Deserialize, Serialize};

use super::Parset;

/// From the channels of the input to those of the output.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChannelRule {
    /// First channel that is read: a number or an expression with `nchan`.
    pub start: String,
    /// Channels that are read; 0 means all that follow.
    pub count: String,
    /// Channels averaged into one, step by step.
    pub factors: Vec<u64>,
}

impl Parset {
    /// The rule; nothing where a step changes channels in another way.
    pub fn channel_rule(&self) -> Option<ChannelRule> {
        const KEEP: &[&str] = &[
            "aoflagger",
            "antennaflagger",
            "applybeam",
            "applycal",
            "clipper",
            "count",
            "counter",
            "ddecal",
            "gaincal",
            "h5parmpredict",
            "idgpredict",
            "interpolate",
            "madflag",
            "madflagger",
            "null",
            "nullstokes",
            "phaseshift",
            "phaseshifter",
            "predict",
            "preflag",
            "preflagger",
            "rotate",
            "sagecalpredict",
            "scaledata",
            "setbeam",
            "stationadd",
            "stationadder",
            "uvwflag",
            "uvwflagger",
            "wgridderpredict",
        ];
        let mut factors = Vec::new();
        for step in self.steps() {
            match self.step_type(&step).as_str() {
                "average" | "averager" | "squash" => {
                    if self.raw(&format!("{step}.freqresolution")).is_some() {
                        return None;
                    }
                    let factor = self.get(&format!("{step}.freqstep"));
                    factors.push(factor.map_or(Some(1), |text| text.trim().parse().ok())?);
                }
                kind if KEEP.contains(&kind) => {}
                _ => return None,
            }
        }
        Some(ChannelRule {
            start: self.get("msin.startchan").unwrap_or_else(|| "0".into()),
            count: self.get("msin.nchan").unwrap_or_else(|| "0".into()),
            factors,
        })
    }
}

impl ChannelRule {
    /// Channels of the output for so many of the input; none where the
    /// expressions cannot be computed, or mean no channels.
    pub fn channels(&self, input: u64) -> Option<u64> {
        let start = evaluate(&self.start, input)?;
        let left = input.checked_sub(start)?;
        let count = evaluate(&self.count, input)?;
        let mut channels = if count == 0 { left } else { count.min(left) };
        for factor in &self.factors {
            channels = channels.div_ceil((*factor).clamp(1, channels.max(1)));
        }
        (channels > 0).then_some(channels)
    }
}

/// `nchan*30/32` with whole numbers and without parentheses inside each other
/// being a problem; the result is rounded down.
fn evaluate(text: &str, nchan: u64) -> Option<u64> {
    let mut reader = Reader { text: text.as_bytes(), at: 0, nchan };
    let value = reader.sum()?;
    (reader.peek().is_none() && value.is_finite() && value > -0.5)
        .then(|| ledama_floor(value + 1e-9))
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // checked by the caller
fn ledama_floor(value: f64) -> u64 {
    value.max(0.0).floor() as u64
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    nchan: u64,
}

impl Reader<'_> {
    fn peek(&mut self) -> Option<u8> {
        while self.text.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
        self.text.get(self.at).copied()
    }

    fn sum(&mut self) -> Option<f64> {
        let mut value = self.product()?;
        while let Some(sign @ (b'+' | b'-')) = self.peek() {
            self.at += 1;
            let next = self.product()?;
            value = if sign == b'+' { value + next } else { value - next };
        }
        Some(value)
    }

    fn product(&mut self) -> Option<f64> {
        let mut value = self.atom()?;
        while let Some(sign @ (b'*' | b'/')) = self.peek() {
            self.at += 1;
            let next = self.atom()?;
            value = if sign == b'*' { value * next } else { value / next };
        }
        Some(value)
    }

    #[allow(clippy::cast_precision_loss)] // channels are few
    fn atom(&mut self) -> Option<f64> {
        match self.peek()? {
            b'(' => {
                self.at += 1;
                let value = self.sum()?;
                (self.peek()? == b')').then(|| self.at += 1)?;
                Some(value)
            }
            b'n' if self.text[self.at..].starts_with(b"nchan") => {
                self.at += 5;
                Some(self.nchan as f64)
            }
            _ => {
                let rest = &self.text[self.at..];
                let length = rest.iter().take_while(|c| c.is_ascii_digit() || **c == b'.').count();
                let number = std::str::from_utf8(&rest[..length]).ok()?.parse().ok()?;
                self.at += length;
                Some(number)
            }
        }
    }
}
