//! What can be wrong with a RefFile or with what is asked of one.

use std::io;

use ledama_base::atomic::AtomicError;
use ledama_base::operation::OperationError;
use ledama_base::ranges::format_ints;
use ledama_base::suggest;

/// How many reasons a message names; the line numbers are all there.
const MAX_REASONS: usize = 5;

/// A line that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineFault {
    /// Number of the line, from 1; of the row where rows come from a script.
    pub line: u32,
    /// What is wrong, without a final dot.
    pub reason: String,
}

/// Why a RefFile cannot be read, made or written.
#[derive(Debug, thiserror::Error)]
pub enum RefFileError {
    /// The system refused to read the file.
    #[error("{}", OperationError::io(.path, .source).message)]
    Read {
        /// The file, in text form.
        path: String,
        /// The answer of the system.
        source: io::Error,
    },
    /// Lines that are no entries; all of them.
    #[error("{}", describe(.file, "line", .faults))]
    Malformed {
        /// The file, in text form.
        file: String,
        /// In the order of the file.
        faults: Vec<LineFault>,
    },
    /// Rows of a script that are no entries; all of them.
    #[error("{}", describe("the list of rows", "row", .0))]
    Rows(Vec<LineFault>),
    /// The file could not be written.
    #[error(transparent)]
    Write(#[from] AtomicError),
    /// An include or exclude pattern that cannot be read.
    #[error("the pattern `{pattern}` cannot be read: {reason}")]
    Pattern {
        /// As typed.
        pattern: String,
        /// What is wrong, without a final dot.
        reason: String,
    },
    /// A word that names nothing to sort by.
    #[error("RefFiles cannot be sorted by `{key}`")]
    SortKey {
        /// As typed.
        key: String,
    },
    /// Rows were to be spread over no nodes.
    #[error("there are no nodes to spread the rows over")]
    NoNodes,
    /// Not one size for each row.
    #[error("{sizes} sizes for {rows} rows")]
    Sizes {
        /// How many sizes were given.
        sizes: usize,
        /// How many rows there are.
        rows: usize,
    },
    /// One file without a list of sub-bands, or no file at all.
    #[error("nothing to compare: {0}")]
    NothingToCompare(&'static str),
    /// A store or node that the configuration does not have.
    #[error(transparent)]
    Config(#[from] ledama_config::ConfigError),
}

impl RefFileError {
    /// The class of the error, as scripts test it.
    pub fn kind(&self) -> String {
        match self {
            Self::Read { source, .. } => OperationError::io("", source).kind.to_string(),
            Self::Malformed { .. } => "malformed".to_string(),
            Self::Write(AtomicError::Exists { .. }) => "exists".to_string(),
            Self::Write(AtomicError::Io { source, .. }) => {
                OperationError::io("", source).kind.to_string()
            }
            Self::Config(error) => error.kind().to_string(),
            _ => "input".to_string(),
        }
    }

    /// What to do, when there is something.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Malformed { .. } => Some(
                "mend these lines, or read the file leniently (`--lenient` where a module has it)"
                    .to_string(),
            ),
            Self::Rows(_) => Some(
                "a row is a map with `path` and `node`, and maybe `freq_mhz`, `size_mb`, `beam`"
                    .to_string(),
            ),
            Self::Write(error) => error.help(),
            Self::SortKey { key } => suggest::did_you_mean(key, crate::sort::KEYS)
                .or_else(|| Some(format!("the keys are {}", crate::sort::KEYS.join(", ")))),
            Self::Config(error) => error.help(),
            _ => None,
        }
    }
}

/// `x.ref: 3 lines cannot be read (4,9,12): line 4: …; …`.
fn describe(file: &str, what: &str, faults: &[LineFault]) -> String {
    let numbers: Vec<u32> = faults.iter().map(|fault| fault.line).collect();
    let reasons: Vec<String> = faults
        .iter()
        .take(MAX_REASONS)
        .map(|fault| format!("{what} {}: {}", fault.line, fault.reason))
        .collect();
    let more = if faults.len() > MAX_REASONS { "; …" } else { "" };
    match faults.len() {
        1 => format!("{file}: {}", reasons.join("")),
        count => format!(
            "{file}: {count} {what}s cannot be read ({}): {}{more}",
            shortened(format_ints(&numbers)),
            reasons.join("; ")
        ),
    }
}

/// A file that is no RefFile at all would give a page of numbers.
fn shortened(mut numbers: String) -> String {
    const MAX: usize = 2000;
    if numbers.len() > MAX {
        numbers.truncate(MAX);
        numbers.truncate(numbers.rfind(',').unwrap_or(MAX));
        numbers.push_str(",…");
    }
    numbers
}

#[cfg(feature = "script")]
impl ledama_base::script::Explain for RefFileError {
    fn kind(&self) -> String {
        Self::kind(self)
    }

    fn message(&self) -> String {
        self.to_string()
    }

    fn help(&self) -> Option<String> {
        Self::help(self)
    }
}
