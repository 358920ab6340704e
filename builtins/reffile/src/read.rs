//! Reading, strictly or leniently, what thirteen years of programs wrote.
//!
//! A row is `path frequency size node [beam]`, separated by blanks or tabs.
//! With four columns, or more than five, the beam follows from the path.
//! Lines that begin with `#` are remarks; some of them are headers. The line
//! of the database query ends a file: what stands behind it comes from files
//! put together or from a query of several lines, and is never lost silently.

use std::path::Path;
use std::sync::Arc;

use ledama_base::ranges::format_ints;
use ledama_base::rawtext::path_text;
use ledama_config::Inventory;

use crate::entry::{Entry, Unknown};
use crate::error::{LineFault, RefFileError};
use crate::escape::path_of_word;
use crate::file::{Node, Nodes, RefFile, checked_path};
use crate::manifest;

/// Headers of all times.
pub(crate) const CREATED: &str = "# Created on: ";
pub(crate) const COUNT: &str = "# Number of MSPs: ";
pub(crate) const TOTAL: &str = "# Total size (MB): ";
pub(crate) const FREQUENCIES: &str = "# Frequency range (MHz): ";
pub(crate) const QUERY: &str = "# LEDDB QUERY: ";
/// Ours; to older readers it is a remark.
pub(crate) const FORMAT: &str = "# ledama RefFile format: ";
/// The newest format that is known.
pub(crate) const FORMAT_VERSION: u32 = 1;

/// How many remarks are kept; more are no header but data made a comment.
const MAX_HEADER: usize = 100;

/// Reads a file.
pub(crate) fn open(
    path: &Path,
    inventory: &Arc<Inventory>,
    strict: bool,
) -> Result<RefFile, RefFileError> {
    let name = path_text(path);
    let content =
        std::fs::read(path).map_err(|source| RefFileError::Read { path: name.clone(), source })?;
    parse(&content, &name, inventory, strict)
}

/// Reads the content of a file; `name` is for messages.
///
/// # Errors
/// [`RefFileError::Malformed`] with all lines that cannot be read, if
/// `strict`; otherwise they are left out and counted in the warnings.
pub fn parse(
    content: &[u8],
    name: &str,
    inventory: &Arc<Inventory>,
    strict: bool,
) -> Result<RefFile, RefFileError> {
    // A row of a real file has about a hundred bytes.
    let file = RefFile::of(Vec::with_capacity(content.len() / 100), inventory);
    let mut reader = Reader {
        file,
        nodes: Nodes::new(inventory),
        last: None,
        line: 0,
        escaped: false,
        counted: Vec::new(),
        oddities: Oddities::default(),
        faults: Vec::new(),
        strict,
    };
    let content = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content);
    let mut unsealed = 0;
    let mut at = 0;
    for line in content.split_inclusive(|&b| b == b'\n') {
        reader.line += 1;
        let text = trimmed(line);
        match text.first() {
            None => {}
            Some(b'#') => {
                if let Some(seal) = text.strip_prefix(manifest::PREFIX.as_bytes()) {
                    reader.check_manifest(seal, &content[unsealed..at]);
                    unsealed = at + line.len();
                } else {
                    reader.comment(&String::from_utf8_lossy(text));
                }
            }
            Some(_) => reader.row(text),
        }
        at += line.len();
    }
    reader.finish(name)
}

/// Lines with something that counts as unknown but may be a mistake.
#[derive(Default)]
struct Oddities {
    sizes: Vec<u32>,
    beams: Vec<u32>,
    columns: Vec<u32>,
    behind: Vec<u32>,
}

struct Reader<'a> {
    file: RefFile,
    nodes: Nodes<'a>,
    /// The node of the row before and its word: rows of a node follow each other.
    last: Option<(Vec<u8>, Node)>,
    line: u32,
    /// Whether the file says that its paths are escaped.
    escaped: bool,
    /// What the headers say about the number of rows.
    counted: Vec<String>,
    oddities: Oddities,
    faults: Vec<LineFault>,
    strict: bool,
}

impl Reader<'_> {
    fn fault(&mut self, reason: impl Into<String>) {
        self.faults.push(LineFault { line: self.line, reason: reason.into() });
    }

    fn comment(&mut self, text: &str) {
        if self.file.query.is_some() {
            return self.behind_query();
        }
        if let Some((_, query)) = text.split_once(QUERY.trim_end()) {
            self.file.query = Some(query.trim().to_string());
        } else if let Some(date) = text.split_once(CREATED.trim_end()).map(|(_, date)| date.trim())
        {
            if self.file.created.is_none() && !date.is_empty() {
                self.file.created = Some(date.to_string());
            }
        } else if let Some(count) = text.strip_prefix(COUNT.trim_end()) {
            self.counted.push(count.trim().to_string());
        } else if let Some(version) = text.strip_prefix(FORMAT) {
            self.escaped = true;
            if version.trim().parse() != Ok(FORMAT_VERSION) {
                let version = version.trim();
                self.fault(format!("format {version} is not known, only {FORMAT_VERSION}"));
            }
        } else if ![TOTAL, FREQUENCIES].iter().any(|known| text.starts_with(known.trim_end())) {
            let remark = text.trim_start_matches('#').trim();
            if self.file.entries.is_empty()
                && !remark.is_empty()
                && self.file.header.len() < MAX_HEADER
            {
                self.file.header.push(remark.to_string());
            }
        }
    }

    /// Files put together, or a query of several lines; rows among these
    /// lines are read all the same when that was asked for.
    fn behind_query(&mut self) {
        if self.strict {
            self.fault("it stands behind the query, which must be the last line");
        } else {
            self.oddities.behind.push(self.line);
        }
    }

    fn row(&mut self, text: &[u8]) {
        if self.file.query.is_some() {
            self.behind_query();
            if self.strict {
                return;
            }
        }
        match self.entry(text) {
            Ok(entry) => self.file.entries.push(entry),
            Err(reason) => self.fault(reason),
        }
    }

    fn entry(&mut self, text: &[u8]) -> Result<Entry, String> {
        let mut words = Words(text);
        let mut columns: [&[u8]; 5] = [b""; 5];
        let mut count = 0;
        for column in &mut columns {
            let Some(word) = words.next() else { break };
            *column = word;
            count += 1;
        }
        let more = words.next().is_some();
        let [path, freq, size, node, beam] = columns;
        if count < 4 {
            let noun = if count == 1 { "column" } else { "columns" };
            return Err(format!("{count} {noun} instead of path, frequency, size, node and beam"));
        }
        let (freq_mhz, freq_word) = frequency(freq)?;
        let node = self.node(node)?;
        let path = path_of_word(path, self.escaped)
            .map_err(|_| "the path has a `%` without two hexadecimal digits".to_string())?;
        let path = checked_path(&path, node.rule)?;
        if more {
            self.oddities.columns.push(self.line);
        }
        let size_mb = self.size(size);
        let beam = if count == 5 && !more { self.beam(beam) } else { self.nodes.beam(path) };
        let path = path.into();
        Ok(Entry { path, node: node.name, freq_mhz, freq_word, size_mb, beam, line: self.line })
    }

    fn node(&mut self, word: &[u8]) -> Result<Node, String> {
        if let Some((last, node)) = &self.last
            && last == word
        {
            return Ok(node.clone());
        }
        let name = std::str::from_utf8(word).map_err(|_| "the node is no text".to_string())?;
        let node = self.nodes.get(name)?;
        self.last = Some((word.to_vec(), node.clone()));
        Ok(node)
    }

    /// Anything but a number is unknown, as it always was; what is not one of
    /// the usual words is told, because it may be a mistake.
    fn size(&mut self, word: &[u8]) -> Option<u64> {
        let text = std::str::from_utf8(word).unwrap_or_default();
        let size = if text.bytes().all(|b| b.is_ascii_digit()) { text.parse().ok() } else { None };
        // -1 was written where a remote set was added without its size.
        if size.is_none() && Unknown::of(text).is_none() && text != "-1" {
            self.oddities.sizes.push(self.line);
        }
        size
    }

    fn beam(&mut self, word: &[u8]) -> Option<u16> {
        let text = std::str::from_utf8(word).unwrap_or_default();
        let beam = if text.bytes().all(|b| b.is_ascii_digit()) { text.parse().ok() } else { None };
        if beam.is_none() && Unknown::of(text).is_none() && text != "-1" {
            self.oddities.beams.push(self.line);
        }
        beam
    }

    fn check_manifest(&mut self, seal: &[u8], rows: &[u8]) {
        if let Err(reason) = manifest::check(&String::from_utf8_lossy(seal), rows) {
            self.fault(reason);
        }
    }

    fn finish(self, name: &str) -> Result<RefFile, RefFileError> {
        let Self { mut file, faults, oddities, counted, strict, .. } = self;
        if !faults.is_empty() {
            if strict {
                return Err(RefFileError::Malformed { file: name.to_string(), faults });
            }
            let lines: Vec<u32> = faults.iter().map(|fault| fault.line).collect();
            let (first, count) = (&faults[0], faults.len());
            file.warnings.push(format!(
                "{count} lines were left out ({}); the first, line {}: {}",
                format_ints(&lines),
                first.line,
                first.reason
            ));
        }
        let mut odd = |lines: &[u32], what: &str| {
            if !lines.is_empty() {
                file.warnings.push(format!("{what} (lines {})", format_ints(lines)));
            }
        };
        odd(&oddities.sizes, "sizes that are no whole numbers count as unknown");
        odd(&oddities.beams, "beams that are no whole numbers count as unknown");
        odd(
            &oddities.columns,
            "columns behind the fifth were left out, the beam is that of the path",
        );
        odd(&oddities.behind, "the query is not the last line");
        // Files put together have several counts.
        if let [count] = &counted[..]
            && count.parse().is_ok_and(|count: usize| count != file.entries.len())
        {
            let rows = file.entries.len();
            let hint = "it was changed since it was written, or is cut off";
            file.warnings.push(format!("its header counts {count} rows, there are {rows}: {hint}"));
        }
        file.warn_of_duplicates("row");
        Ok(file)
    }
}

/// A line without what cannot stand in a word at its ends.
fn trimmed(line: &[u8]) -> &[u8] {
    let Some(start) = line.iter().position(|&b| b > b' ') else { return b"" };
    let end = line.iter().rposition(|&b| b > b' ').unwrap_or(start);
    &line[start..=end]
}

/// The words of a line. Blanks, tabs and what else Unix calls white space
/// separate them, and so do other control characters: none of them can stand
/// in a column.
struct Words<'a>(&'a [u8]);

impl<'a> Iterator for Words<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let start = self.0.iter().position(|&b| b > b' ')?;
        let rest = &self.0[start..];
        let end = rest.iter().position(|&b| b <= b' ').unwrap_or(rest.len());
        let (word, rest) = rest.split_at(end);
        self.0 = rest;
        Some(word)
    }
}

fn frequency(word: &[u8]) -> Result<(Option<f64>, Unknown), String> {
    let text = std::str::from_utf8(word).unwrap_or("\u{fffd}");
    if let Some(word) = Unknown::of(text) {
        return Ok((None, word));
    }
    let digits = text.strip_suffix("MHz").unwrap_or(text);
    // `inf` and `nan` are numbers to the parser.
    let usual = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.' || c == '+');
    match digits.parse::<f64>() {
        Ok(freq) if usual && freq.is_finite() => Ok((Some(freq), Unknown::default())),
        _ => Err(format!("`{text}` is no frequency (a blank in the path must be written as %20)")),
    }
}

#[cfg(test)]
pub(crate) mod tests;
