//! Parsets: text files of `key = value` lines, read and changed key by key.
//!
//! A key is found by its exact name, so `msinfo` is never taken for `msin` and
//! an indented key is a key. Of several lines with one key the last counts, as
//! for the programs that read them. Comments, order and quoting of the lines
//! that are not changed stay as they are.

mod channels;
mod keys;
#[cfg(test)]
mod tests;
mod value;

pub use channels::ChannelRule;
pub use value::{list, quote, unquote};

/// A parset.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parset {
    lines: Vec<Line>,
}

/// A line, without its end.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Line {
    /// A comment, an empty line, or what is no assignment.
    Other(String),
    /// `before` is all up to the value, `after` the comment behind it.
    Key { key: String, before: String, value: String, after: String },
}

/// What is wrong with a parset.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParsetError {
    /// A quote that is not closed.
    #[error("line {line}: the quoted text is not closed")]
    Quote {
        /// Its number, from 1.
        line: usize,
    },
    /// Neither comment nor assignment.
    #[error("line {line}: `{text}` is no `key = value`")]
    NoAssignment {
        /// Its number, from 1.
        line: usize,
        /// The line.
        text: String,
    },
}

impl Parset {
    /// Reads a text. A value that ends with a backslash goes on in the next line.
    ///
    /// # Errors
    /// For a quote that is not closed, and for a line that is neither comment nor assignment.
    pub fn parse(text: &str) -> Result<Self, ParsetError> {
        let mut lines = Vec::new();
        let mut rest = text.lines().enumerate();
        while let Some((number, first)) = rest.next() {
            let mut whole = first.to_string();
            while whole.trim_end().ends_with('\\') && !whole.trim_start().starts_with('#') {
                let Some((_, next)) = rest.next() else { break };
                whole.push('\n');
                whole.push_str(next);
            }
            lines.push(Line::parse(whole, number + 1)?);
        }
        Ok(Self { lines })
    }

    /// The value of a key without its quotes; of several the last.
    pub fn get(&self, key: &str) -> Option<String> {
        self.raw(key).map(unquote)
    }

    /// The value of a key as it is written; of several the last.
    pub fn raw(&self, key: &str) -> Option<&str> {
        self.lines.iter().rev().find_map(|line| match line {
            Line::Key { key: known, value, .. } if known == key => Some(value.as_str()),
            _ => None,
        })
    }

    /// All keys in their order, each once.
    pub fn keys(&self) -> Vec<&str> {
        let mut keys: Vec<&str> = Vec::new();
        for line in &self.lines {
            if let Line::Key { key, .. } = line
                && !keys.contains(&key.as_str())
            {
                keys.push(key);
            }
        }
        keys
    }

    /// Gives a key a value, which is quoted where it must be: in the line that
    /// counted before, the others with this key being removed; else in a new
    /// line at the end.
    pub fn set(&mut self, key: &str, value: &str) {
        let value = quote(value);
        let Some(last) = self.lines.iter().rposition(|line| line.has(key)) else {
            let before = format!("{key} = ");
            self.lines.push(Line::Key { key: key.into(), before, value, after: String::new() });
            return;
        };
        if let Line::Key { value: old, .. } = &mut self.lines[last] {
            *old = value;
        }
        let mut index = 0;
        self.lines.retain(|line| {
            index += 1;
            index - 1 == last || !line.has(key)
        });
    }

    /// Takes a key out, with all its lines; whether there was one.
    pub fn remove(&mut self, key: &str) -> bool {
        let before = self.lines.len();
        self.lines.retain(|line| !line.has(key));
        self.lines.len() < before
    }

    /// The elements of a list such as `[a, b]`; a value alone is a list of it.
    pub fn list(&self, key: &str) -> Vec<String> {
        self.raw(key).map(list).unwrap_or_default()
    }

    /// The text, every line with an end.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for line in &self.lines {
            match line {
                Line::Other(line) => text.push_str(line),
                Line::Key { before, value, after, .. } => {
                    text.push_str(before);
                    text.push_str(value);
                    text.push_str(after);
                }
            }
            text.push('\n');
        }
        text
    }
}

impl Line {
    fn parse(line: String, number: usize) -> Result<Self, ParsetError> {
        let content = line.trim_start();
        if content.is_empty() || content.starts_with('#') {
            return Ok(Self::Other(line));
        }
        let Some(equals) = line.find('=') else {
            return Err(ParsetError::NoAssignment { line: number, text: line.trim().into() });
        };
        let key = line[..equals].trim_end_matches('+').trim().to_string();
        if key.is_empty() || key.contains(char::is_whitespace) || line[..equals].ends_with('+') {
            return Err(ParsetError::NoAssignment { line: number, text: line.trim().into() });
        }
        let blank = line[equals + 1..].find(|c: char| !c.is_whitespace() || c == '\n');
        let start = equals + 1 + blank.unwrap_or(line.len() - equals - 1);
        let length = value::end(&line[start..]).ok_or(ParsetError::Quote { line: number })?;
        let value = line[start..start + length].trim_end();
        let end = start + value.len();
        Ok(Self::Key {
            key,
            before: line[..start].into(),
            value: value.into(),
            after: line[end..].into(),
        })
    }

    fn has(&self, wanted: &str) -> bool {
        matches!(self, Self::Key { key, .. } if key == wanted)
    }
}
