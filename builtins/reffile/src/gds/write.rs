//! Writes VDS and GDS files, in the form of the programs that read them: plain
//! keys are padded to eleven characters, times have milliseconds, frequencies
//! twelve digits.

use std::fmt::Write as _;
use std::path::Path;

use jiff::fmt::strtime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Unit};
use ledama_base::atomic::{self, AtomicError, Existing};
use ledama_base::{clock, rawtext};

use super::{Description, Gds, GdsError};

impl Gds {
    /// The content of the file, in text form.
    ///
    /// # Errors
    /// [`GdsError::Unwritable`] for a path with the end of a line in it.
    pub fn text(&self) -> Result<String, GdsError> {
        let mut text = self.head.lines("")?;
        if self.group {
            let _ = writeln!(text, "NParts = {}", self.parts.len());
            for (k, part) in self.parts.iter().enumerate() {
                text.push_str(&part.lines(&format!("Part{k}."))?);
            }
        }
        Ok(text)
    }

    /// Writes the file: complete or not at all.
    ///
    /// # Errors
    /// What [`Gds::text`] and [`atomic::write`] refuse.
    pub fn save(&self, path: &Path, existing: Existing) -> Result<(), SaveError> {
        let text = self.text()?;
        Ok(atomic::write(path, rawtext::decode(&text).as_encoded_bytes(), existing)?)
    }
}

/// Why a description was not written.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    /// It has no text.
    #[error(transparent)]
    Gds(#[from] GdsError),
    /// The file could not be written.
    #[error(transparent)]
    Write(#[from] AtomicError),
}

impl From<SaveError> for ledama_base::operation::OperationError {
    fn from(error: SaveError) -> Self {
        match error {
            SaveError::Gds(error) => error.into(),
            SaveError::Write(error) => error.into(),
        }
    }
}

impl Description {
    /// The lines of this description, each key with a prefix.
    fn lines(&self, prefix: &str) -> Result<String, GdsError> {
        let mut text = String::new();
        let mut plain = |key: &str, value: &str| {
            let _ = writeln!(text, "{prefix}{key:<11}= {value}");
        };
        plain("Name", &quoted(&self.name)?);
        let known = [
            ("FileName", &self.file_name),
            ("FileSys", &self.file_sys),
            ("ClusterDesc", &self.cluster_desc),
        ];
        for (key, value) in known {
            if let Some(value) = value {
                plain(key, &quoted(value)?);
            }
        }
        for (key, value) in [("StartTime", self.start_mjd_s), ("EndTime", self.end_mjd_s)] {
            if let Some(time) = value.and_then(time_text) {
                plain(key, &time);
            }
        }
        if let Some(step) = self.step_s {
            plain("StepTime", &significant(step, 9));
        }
        let diffs = [("StartTimesDiff", &self.start_diffs_s), ("EndTimesDiff", &self.end_diffs_s)];
        for (key, values) in diffs {
            if !values.is_empty() {
                let _ = writeln!(text, "{prefix}{key}={}", numbers(values, 5));
            }
        }
        let mut plain = |key: &str, value: &str| {
            let _ = writeln!(text, "{prefix}{key:<11}= {value}");
        };
        if !self.channels.is_empty() {
            let counts: Vec<String> = self.channels.iter().map(u32::to_string).collect();
            plain("NChan", &format!("[{}]", counts.join(",")));
            plain("StartFreqs", &numbers(&self.start_freqs_hz, 12));
            plain("EndFreqs", &numbers(&self.end_freqs_hz, 12));
        }
        for (key, value) in &self.extra {
            let _ = writeln!(text, "{prefix}Extra.{key}={}", one_line(value)?);
        }
        Ok(text)
    }
}

/// A list of words as a value.
pub(crate) fn words<S: AsRef<str>>(words: &[S]) -> Result<String, GdsError> {
    let words = words.iter().map(|word| quoted_if(word.as_ref(), |c| ",[]".contains(c)));
    Ok(format!("[{}]", words.collect::<Result<Vec<_>, _>>()?.join(",")))
}

impl Description {
    /// Sets `Extra.KEY` to a list of words.
    ///
    /// # Errors
    /// [`GdsError::Unwritable`].
    pub fn set_extra_list<S: AsRef<str>>(&mut self, key: &str, list: &[S]) -> Result<(), GdsError> {
        self.extra.insert(key.to_string(), words(list)?);
        Ok(())
    }

    /// Sets `Extra.KEY` to a text, such as a path.
    ///
    /// # Errors
    /// [`GdsError::Unwritable`].
    pub fn set_extra(&mut self, key: &str, text: &str) -> Result<(), GdsError> {
        self.extra.insert(key.to_string(), quoted(text)?);
        Ok(())
    }
}

/// The value as it is, or in quotes where it would be read as something else.
fn quoted(text: &str) -> Result<String, GdsError> {
    quoted_if(text, |_| false)
}

fn quoted_if(text: &str, also: impl Fn(char) -> bool) -> Result<String, GdsError> {
    let special = |c: char| c == '#' || c == '\'' || c == '"' || also(c);
    let edges = text.trim() != text || text.ends_with('\\') || text.is_empty();
    if !edges && !text.contains(special) {
        return one_line(text).map(str::to_string);
    }
    let quote = match (text.contains('"'), text.contains('\'')) {
        (false, _) => '"',
        (true, false) => '\'',
        (true, true) => {
            let what = "both kinds of quotes";
            return Err(GdsError::Unwritable { text: text.to_string(), what });
        }
    };
    Ok(format!("{quote}{}{quote}", one_line(text)?))
}

fn one_line(text: &str) -> Result<&str, GdsError> {
    if text.contains(['\n', '\r']) {
        return Err(GdsError::Unwritable { text: text.to_string(), what: "the end of a line" });
    }
    Ok(text)
}

/// `2013/03/29/13:59:48.000`, UTC.
fn time_text(mjd_s: f64) -> Option<String> {
    let time: Timestamp = clock::from_mjd_s(mjd_s)?.round(Unit::Millisecond).ok()?;
    strtime::format("%Y/%m/%d/%H:%M:%S%.3f", &time.to_zoned(TimeZone::UTC)).ok()
}

fn numbers(values: &[f64], digits: usize) -> String {
    let texts: Vec<String> = values.iter().map(|value| significant(*value, digits)).collect();
    format!("[{}]", texts.join(","))
}

/// The number with so many significant digits and no zeros behind them, as
/// C's `%g` prints it.
pub(crate) fn significant(value: f64, digits: usize) -> String {
    if value == 0.0 || !value.is_finite() {
        return format!("{value}");
    }
    let scientific = format!("{value:.*e}", digits.saturating_sub(1));
    let Some((mantissa, exponent)) = scientific.split_once('e') else { return scientific };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let trimmed = |text: &str| {
        let end = if text.contains('.') { text.trim_end_matches('0') } else { text };
        end.trim_end_matches('.').to_string()
    };
    let places = i32::try_from(digits).unwrap_or(i32::MAX) - 1 - exponent;
    if exponent < -4 || places < 0 {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{}e{sign}{:02}", trimmed(mantissa), exponent.abs());
    }
    trimmed(&format!("{value:.*}", usize::try_from(places).unwrap_or(0)))
}
