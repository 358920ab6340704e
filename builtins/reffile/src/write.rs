//! Writing: the text that readers of all times understand.

use std::fmt::Write as _;
use std::path::Path;

use jiff::Timestamp;
use ledama_base::atomic::{self, Existing};
use ledama_base::clock;

use crate::entry::Entry;
use crate::error::RefFileError;
use crate::escape::push_path;
use crate::file::RefFile;
use crate::manifest;
use crate::read::{COUNT, CREATED, FORMAT, FORMAT_VERSION, FREQUENCIES, QUERY, TOTAL};

impl RefFile {
    /// The text of the file, the same for the same rows and date. Unknown
    /// values are `?`; stores have their tokens.
    pub fn text(&self, created: Timestamp) -> String {
        self.text_with(created, false)
    }

    /// The same with the number of rows and their SHA-256 in a remark behind
    /// them, which the reader verifies.
    pub fn sealed_text(&self, created: Timestamp) -> String {
        self.text_with(created, true)
    }

    fn text_with(&self, created: Timestamp, sealed: bool) -> String {
        let mut text = String::with_capacity(300 + 120 * self.len());
        self.push_header(&mut text, created);
        let start = text.len();
        let mut last: (&str, &str) = ("", "");
        for entry in &self.entries {
            if last.0 != &*entry.node {
                last = (&entry.node, self.inventory.written(&entry.node));
            }
            push_entry(&mut text, entry, last.1);
        }
        if sealed {
            let seal = manifest::of(&text.as_bytes()[start..]);
            push_line(&mut text, manifest::PREFIX, &seal);
        }
        if let Some(query) = &self.query {
            // No end of line: that is how it was always written.
            let _ = write!(text, "\n\n{QUERY}{query}");
        }
        text
    }

    fn push_header(&self, text: &mut String, created: Timestamp) {
        let total = self.total_mb().map_or("?".to_string(), |mb| mb.to_string());
        let range = self
            .frequency_range_mhz()
            .map_or("None - None".to_string(), |(low, high)| format!("{low} - {high}"));
        // Two blanks, as always.
        push_line(text, CREATED, &format!(" {}", clock::utc_text(created)));
        push_line(text, COUNT, &self.len().to_string());
        push_line(text, TOTAL, &total);
        push_line(text, FREQUENCIES, &range);
        push_line(text, FORMAT, &FORMAT_VERSION.to_string());
        for remark in &self.header {
            push_line(text, "# ", &harmless(remark));
        }
        text.push('\n');
    }

    /// Writes the file in one step, dated now.
    ///
    /// # Errors
    /// [`RefFileError::Write`]; an existing file is replaced only if
    /// `overwrite`.
    pub fn save(&self, path: &Path, overwrite: bool) -> Result<(), RefFileError> {
        let existing = if overwrite { Existing::Replace } else { Existing::Keep };
        Ok(atomic::write(path, self.text(clock::now()).as_bytes(), existing)?)
    }
}

fn push_line(text: &mut String, prefix: &str, value: &str) {
    text.push_str(prefix);
    text.push_str(value);
    text.push('\n');
}

/// A remark that no reader takes for a header or a query.
fn harmless(remark: &str) -> String {
    let headers = [CREATED, COUNT, TOTAL, FREQUENCIES, QUERY, FORMAT, manifest::PREFIX];
    let plain: String = remark.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let begins = |header: &str| plain.contains(header.trim_start_matches("# ").trim_end());
    if headers.into_iter().any(begins) { plain.replace(':', " -") } else { plain }
}

fn push_entry(text: &mut String, entry: &Entry, node: &str) {
    push_path(text, &entry.path);
    match entry.freq_mhz {
        Some(freq) => push(text, freq),
        None => text.push_str(" ?"),
    }
    match entry.size_mb {
        Some(size) => push(text, size),
        None => text.push_str(" ?"),
    }
    text.push(' ');
    text.push_str(node);
    match entry.beam {
        Some(beam) => push(text, beam),
        None => text.push_str(" ?"),
    }
    text.push('\n');
}

fn push(text: &mut String, value: impl std::fmt::Display) {
    let _ = write!(text, " {value}");
}

#[cfg(test)]
mod tests;
