//! Lists of products that other places give us: what an archive publishes, what a
//! catalogue exports, what a transfer or a listing tool prints.
//!
//! The readers are total: whatever the text is, the answer is what could be read,
//! all faults with their lines, and the lines that mean nothing. Whether faults
//! refuse the whole list is for the caller to say. Sizes are MiB, rounded up.

mod catalogue;
mod fdt;
mod listing;
mod products;
#[cfg(test)]
mod tests;

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use ledama_base::rawtext;
use serde::{Deserialize, Serialize};

pub use catalogue::{CatalogueRow, catalogue};
pub use fdt::fdt;
pub use listing::{srm, uberftp};
pub use products::{cat, tx_log};

/// The forms of lists of products.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Size in MiB and path below the root of an archive.
    Fdt,
    /// Id, address, size in bytes, MD5, between tabs (or `|`).
    Cat,
    /// The log of a transfer: six fields, the third an address, the fourth bytes.
    TxLog,
    /// What `srmls` prints.
    Srm,
    /// What `ls` of `uberftp` prints.
    UberFtp,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Fdt, Self::Cat, Self::TxLog, Self::Srm, Self::UberFtp];

    /// Its word in options.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Fdt => "fdt",
            Self::Cat => "cat",
            Self::TxLog => "txlog",
            Self::Srm => "srm",
            Self::UberFtp => "uberftp",
        }
    }

    /// The form of that word.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.word() == word)
    }
}

/// One product of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Product {
    /// Number of its line, from 1.
    pub line: usize,
    /// Path in its store, in text form.
    pub path: String,
    /// Size, MiB rounded up; unknown if the list does not tell it.
    pub size_mb: Option<u64>,
    /// MD5 of its content, if the list tells it.
    pub checksum: Option<String>,
}

/// A line that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// Number of the line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub problem: String,
}

/// A line that is no row of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ignored {
    /// Number of the line, from 1.
    pub line: usize,
    /// The line, in text form.
    pub text: String,
}

/// What a list says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed<T> {
    /// Its rows, in their order.
    pub rows: Vec<T>,
    /// What cannot be read.
    pub faults: Vec<Fault>,
    /// What is neither row nor comment.
    pub ignored: Vec<Ignored>,
}

impl<T> Default for Listed<T> {
    fn default() -> Self {
        Self { rows: Vec::new(), faults: Vec::new(), ignored: Vec::new() }
    }
}

impl<T> Listed<T> {
    fn fault(&mut self, line: usize, problem: impl Into<String>) {
        self.faults.push(Fault { line, problem: problem.into() });
    }

    fn ignore(&mut self, line: usize, text: &[u8]) {
        self.ignored.push(Ignored { line, text: show(text) });
    }
}

/// Reads a list of products. `prefix` is what addresses begin with before the path;
/// `folder` the folder that was listed, which names are relative to.
pub fn products(
    format: Format,
    text: &[u8],
    prefix: Option<&str>,
    folder: Option<&str>,
) -> Listed<Product> {
    match format {
        Format::Fdt => fdt(text),
        Format::Cat => cat(text, prefix.unwrap_or_default()),
        Format::TxLog => tx_log(text, prefix.unwrap_or_default()),
        Format::Srm => srm(text, folder),
        Format::UberFtp => uberftp(text, folder.unwrap_or_default()),
    }
}

/// Lines that are not empty, without blanks at their ends.
fn lines(text: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    ledama_archive::list::lines(text)
        .map(|(number, line)| (number, line.trim_ascii()))
        .filter(|(_, line)| !line.is_empty())
}

/// Fields between runs of blanks.
fn fields(line: &[u8]) -> Vec<&[u8]> {
    line.split(u8::is_ascii_whitespace).filter(|field| !field.is_empty()).collect()
}

/// Bytes as text form.
fn show(bytes: &[u8]) -> String {
    rawtext::encode(OsStr::from_bytes(bytes))
}

/// A whole number.
fn number(field: &[u8]) -> Option<u64> {
    let digits = !field.is_empty() && field.iter().all(u8::is_ascii_digit);
    digits.then(|| std::str::from_utf8(field).ok()?.parse().ok()).flatten()
}

/// What is wrong with a path inside a store, if anything.
fn path_problem(path: &[u8]) -> Option<&'static str> {
    if path.is_empty() || path.ends_with(b"/") {
        Some("the path names no file")
    } else if path.contains(&0) || path.split(|b| *b == b'/').any(|part| part == b"..") {
        Some("the path leads out of its folder or is not plain")
    } else {
        None
    }
}
