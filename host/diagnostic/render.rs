//! A diagnostic as the user sees it: message, source line with a caret, advice.

use std::fmt::Write as _;

use super::{Diagnostic, Place, Severity, Sources};
use crate::report::talk::{Tone, paint};

/// Columns shown of a long source line.
const WIDTH: usize = 100;

impl Diagnostic {
    /// The text for the terminal, several lines without a final newline.
    pub fn render(&self, sources: &Sources, color: bool) -> String {
        let (word, tone) = match self.severity {
            Severity::Error => ("error:", Tone::Bad),
            Severity::Warning => ("warning:", Tone::Careful),
        };
        let mut text = format!("{} {}", paint(word, tone, color), self.message);
        if let Some(place) = &self.place {
            excerpt(&mut text, place, sources, tone, color);
        }
        for step in &self.steps {
            put(
                &mut text,
                format_args!("\n  {} {}", paint(&step.text, Tone::Dim, color), step.place),
            );
        }
        for note in &self.notes {
            push_block(&mut text, "note:", note, color);
        }
        for help in &self.help {
            push_block(&mut text, "help:", help, color);
        }
        text
    }
}

/// All of them, separated by blank lines.
pub(super) fn render_all(diagnostics: &[Diagnostic], sources: &Sources, color: bool) -> String {
    let texts: Vec<_> = diagnostics.iter().map(|d| d.render(sources, color)).collect();
    texts.join("\n\n")
}

/// Writing to a text cannot fail.
fn put(text: &mut String, what: std::fmt::Arguments<'_>) {
    let _ = text.write_fmt(what);
}

fn push_block(text: &mut String, word: &str, content: &str, color: bool) {
    for (i, line) in content.lines().enumerate() {
        let head = if i == 0 { paint(word, Tone::Dim, color) } else { " ".repeat(word.len()) };
        put(text, format_args!("\n  {head} {line}"));
    }
}

/// The place, and the source line with a caret where the text is known.
fn excerpt(text: &mut String, place: &Place, sources: &Sources, tone: Tone, color: bool) {
    put(text, format_args!("\n  {} {place}", paint("-->", Tone::Dim, color)));
    let Some(line) = sources.line(&place.file, place.line) else { return };
    // Tabs count as one column in positions, so they are shown as one.
    let line = line.replace('\t', " ");
    let (line, column) = window(line.trim_end(), place.column);
    let number = place.line.to_string();
    let gap = " ".repeat(number.len());
    let bar = paint("|", Tone::Dim, color);
    put(text, format_args!("\n{gap} {bar}\n{} {bar} {line}", paint(&number, Tone::Dim, color)));
    if column > 0 {
        let width = token_width(&line, column);
        let caret = paint(&"^".repeat(width), tone, color);
        put(text, format_args!("\n{gap} {bar} {}{caret}", " ".repeat(column - 1)));
    }
}

/// The part of a long line around `column`, and the column within it.
fn window(line: &str, column: usize) -> (String, usize) {
    let length = line.chars().count();
    if length <= WIDTH {
        return (line.to_string(), column);
    }
    let first = column.saturating_sub(WIDTH / 2).min(length - WIDTH);
    let shown: String = line.chars().skip(first).take(WIDTH).collect();
    (shown, column.saturating_sub(first))
}

/// How many carets: the word, number or text that begins at `column`, else one.
fn token_width(line: &str, column: usize) -> usize {
    let rest: Vec<char> = line.chars().skip(column - 1).collect();
    let word = |c: &char| c.is_alphanumeric() || *c == '_';
    match rest.first() {
        Some('"') => rest[1..].iter().position(|c| *c == '"').map_or(1, |end| end + 2),
        Some(c) if word(c) => rest.iter().take_while(|c| word(c)).count(),
        _ => 1,
    }
}
