//! Imaging scripts of CASA: Python, of which only single assignments change.
//!
//! A script says where names go by `{{vis}}` and `{{imagename}}`; one without
//! these words has assignments `vis = …` and `imagename = …`, also as arguments
//! of a call, each at the beginning of a line. What looks like one inside a
//! text or a comment is none.

use std::ops::Range;

/// What is wrong with a script.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScriptFault {
    /// A name that must be set is not.
    #[error("it has neither `{{{{{0}}}}}` nor a line `{0} = …`")]
    Missing(String),
    /// A text or bracket that is not closed.
    #[error("a text or a bracket that begins in line {0} is not closed")]
    Open(usize),
}

/// An assignment at the beginning of a line.
struct Assignment {
    /// Where its value stands.
    value: Range<usize>,
}

/// The script with values for names, as `("vis", "/data1/x.MS")`.
///
/// # Errors
/// [`ScriptFault`]: a name that is nowhere set, or a script that does not end well.
pub fn fill(script: &str, values: &[(&str, &str)]) -> Result<String, ScriptFault> {
    let mut text = script.to_string();
    for (name, value) in values {
        let word = format!("{{{{{name}}}}}");
        if text.contains(&word) {
            text = text.replace(&word, value);
            continue;
        }
        let found = assignments(&text, name)?;
        if found.is_empty() {
            return Err(ScriptFault::Missing((*name).to_string()));
        }
        for assignment in found.into_iter().rev() {
            text.replace_range(assignment.value, &literal(value));
        }
    }
    Ok(text)
}

/// The text that a name is set to, the last time, if that is a plain text.
///
/// # Errors
/// [`ScriptFault::Open`].
pub fn assigned(script: &str, name: &str) -> Result<Option<String>, ScriptFault> {
    let found = assignments(script, name)?;
    let Some(last) = found.last() else { return Ok(None) };
    let value = script[last.value.clone()].trim();
    let inner = |quote: char| value.strip_prefix(quote)?.strip_suffix(quote);
    Ok(inner('"').or_else(|| inner('\'')).filter(|text| !text.contains('\\')).map(str::to_string))
}

/// A text as Python writes it.
fn literal(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            _ => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// All assignments of a name, in order.
fn assignments(script: &str, name: &str) -> Result<Vec<Assignment>, ScriptFault> {
    let mut reader = Reader { script, at: 0, depth: 0 };
    let mut found = Vec::new();
    while reader.at < script.len() {
        // Here a line begins, outside of texts.
        if let Some(value) = reader.value_of(name) {
            let depth = reader.depth;
            reader.at = value;
            let end = reader.expression(depth)?;
            let trimmed = script[value..end].trim_end().len();
            found.push(Assignment { value: value..value + trimmed });
        }
        reader.rest_of_line()?;
    }
    Ok(found)
}

/// Goes through a script; knows texts, comments and brackets.
struct Reader<'a> {
    script: &'a str,
    at: usize,
    depth: usize,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        &self.script[self.at..]
    }

    /// Where the value begins if this line sets the name.
    fn value_of(&self, name: &str) -> Option<usize> {
        let blank = self.rest().len() - self.rest().trim_start_matches([' ', '\t']).len();
        let after = self.rest()[blank..].strip_prefix(name)?;
        let value = after.trim_start_matches([' ', '\t']).strip_prefix('=')?;
        if value.starts_with('=') {
            return None;
        }
        let value = value.trim_start_matches([' ', '\t']);
        Some(self.script.len() - value.len())
    }

    /// The end of the expression that begins here: the end of the line, a
    /// comment or `;`, and within brackets also a comma or the bracket's end.
    fn expression(&mut self, depth: usize) -> Result<usize, ScriptFault> {
        while let Some(c) = self.rest().chars().next() {
            let inside = self.depth > depth;
            match c {
                '\n' | '#' | ';' if !inside => break,
                ',' | ')' | ']' | '}' if !inside && depth > 0 => break,
                _ => self.step()?,
            }
        }
        Ok(self.at)
    }

    /// Goes behind the end of this line, or of the last one of a text over
    /// several lines.
    fn rest_of_line(&mut self) -> Result<(), ScriptFault> {
        while let Some(c) = self.rest().chars().next() {
            self.step()?;
            if c == '\n' {
                break;
            }
        }
        Ok(())
    }

    /// Goes over one character, a whole text or a whole comment.
    fn step(&mut self) -> Result<(), ScriptFault> {
        let Some(c) = self.rest().chars().next() else { return Ok(()) };
        match c {
            '#' => {
                self.at += self.rest().find('\n').unwrap_or(self.rest().len());
                return Ok(());
            }
            '"' | '\'' => return self.text(c),
            '(' | '[' | '{' => self.depth += 1,
            ')' | ']' | '}' => self.depth = self.depth.saturating_sub(1),
            '\\' => {
                let next = self.rest().chars().nth(1).map_or(0, char::len_utf8);
                self.at += next;
            }
            _ => {}
        }
        self.at += c.len_utf8();
        Ok(())
    }

    fn text(&mut self, quote: char) -> Result<(), ScriptFault> {
        let line = self.script[..self.at].matches('\n').count() + 1;
        let long: String = std::iter::repeat_n(quote, 3).collect();
        let (end, over_lines) =
            if self.rest().starts_with(&long) { (long, true) } else { (quote.to_string(), false) };
        self.at += end.len();
        while let Some(c) = self.rest().chars().next() {
            if self.rest().starts_with(&end) {
                self.at += end.len();
                return Ok(());
            }
            if c == '\n' && !over_lines {
                break;
            }
            self.at += c.len_utf8();
            if c == '\\' {
                self.at += self.rest().chars().next().map_or(0, char::len_utf8);
            }
        }
        Err(ScriptFault::Open(line))
    }
}
