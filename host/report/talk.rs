//! Lines for the user on standard error, with colour only where it is wanted.

use std::io::{IsTerminal, Write};
use std::sync::{Mutex, PoisonError};

use clap::ValueEnum;

use super::footer::Footer;

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Color {
    /// Whether standard error gets colours.
    pub fn on_stderr(self) -> bool {
        self.decide(std::io::stderr().is_terminal())
    }

    /// Whether standard output gets colours.
    pub fn on_stdout(self) -> bool {
        self.decide(std::io::stdout().is_terminal())
    }

    fn decide(self, terminal: bool) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => terminal && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty()),
        }
    }
}

/// The colours of the house.
#[derive(Debug, Clone, Copy)]
pub enum Tone {
    /// Failures.
    Bad,
    /// Warnings.
    Careful,
    /// Success.
    Good,
    /// Secondary text.
    Dim,
}

/// `text` in a tone, if `color`.
pub fn paint(text: &str, tone: Tone, color: bool) -> String {
    if !color {
        return text.to_string();
    }
    let code = match tone {
        Tone::Bad => "31;1",
        Tone::Careful => "33",
        Tone::Good => "32",
        Tone::Dim => "2",
    };
    format!("\u{1b}[{code}m{text}\u{1b}[0m")
}

/// Writes lines to standard error, above a footer of lines that move.
#[derive(Debug)]
pub struct Talk {
    color: bool,
    footer: Mutex<Footer>,
}

impl Talk {
    /// Lines to standard error.
    pub fn new(color: Color) -> Self {
        Self { color: color.on_stderr(), footer: Mutex::default() }
    }

    /// Whether lines are coloured.
    pub fn color(&self) -> bool {
        self.color
    }

    /// Columns and rows of the terminal; 80 and 24 where there is none.
    pub fn size(&self) -> (usize, usize) {
        match rustix::termios::tcgetwinsize(std::io::stderr()) {
            Ok(size) if size.ws_col > 0 => (size.ws_col.into(), size.ws_row.max(1).into()),
            _ => (80, 24),
        }
    }

    /// From now on these lines stand below all others; none ends that. For
    /// terminals only.
    pub fn footer(&self, lines: Vec<String>) {
        let mut footer = self.footer.lock().unwrap_or_else(PoisonError::into_inner);
        write_stderr(&footer.replace(lines, self.size().0));
    }

    /// One line (or several) for the user.
    pub fn line(&self, text: &str) {
        let footer = self.footer.lock().unwrap_or_else(PoisonError::into_inner);
        write_stderr(&footer.above(text, self.size().0));
    }

    /// A warning.
    pub fn warn(&self, text: &str) {
        self.line(&format!("{} {text}", paint("warning:", Tone::Careful, self.color)));
    }

    /// Advice under an error or a warning.
    pub fn hint(&self, text: &str) {
        self.line(&format!("  {} {text}", paint("help:", Tone::Dim, self.color)));
    }

    /// An error.
    pub fn error(&self, text: &str) {
        self.line(&format!("{} {text}", paint("error:", Tone::Bad, self.color)));
    }
}

fn write_stderr(text: &str) {
    // A closed standard error must not end the work.
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}
