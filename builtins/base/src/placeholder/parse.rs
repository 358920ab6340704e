//! Reading a template: components first, then placeholders inside each.

use std::fmt;

use super::{Fact, Piece, Template};
use crate::suggest;

/// What is wrong with a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TemplateFault {
    /// There is no folder at all.
    Empty,
    /// No placeholder has this name.
    Unknown(String),
    /// A `{` without its `}`.
    Unclosed,
    /// A `}` without its `{`.
    Stray,
    /// Six or more `X`: which five are the id cannot be told.
    TooManyX,
    /// The component `..`, or a NUL byte.
    NotPlain,
}

impl fmt::Display for TemplateFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("it names no folder"),
            Self::Unknown(name) => write!(f, "there is no placeholder `{{{name}}}`"),
            Self::Unclosed => f.write_str("a `{` has no `}`"),
            Self::Stray => f.write_str("a `}` has no `{`"),
            Self::TooManyX => f.write_str("more than five `X` in a row"),
            Self::NotPlain => f.write_str("`..` and NUL bytes cannot be part of it"),
        }
    }
}

/// A template that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("template `{template}`, column {column}: {fault}")]
pub struct TemplateError {
    /// As typed.
    pub template: String,
    /// Where, counted in characters from 1.
    pub column: usize,
    /// What is wrong.
    pub fault: TemplateFault,
}

impl TemplateError {
    /// What to write instead.
    pub fn help(&self) -> Option<String> {
        let names = || Fact::NAMED.iter().map(|(name, _)| *name);
        match &self.fault {
            TemplateFault::Unknown(name) => {
                Some(suggest::did_you_mean(name, names()).unwrap_or_else(|| {
                    let all: Vec<String> = names().map(|name| format!("{{{name}}}")).collect();
                    format!("placeholders are {}", all.join(" "))
                }))
            }
            TemplateFault::Unclosed | TemplateFault::Stray => {
                Some("write `{{` and `}}` for braces".to_string())
            }
            TemplateFault::TooManyX => Some("write `{id}` instead of `XXXXX`".to_string()),
            TemplateFault::Empty | TemplateFault::NotPlain => None,
        }
    }
}

impl Template {
    /// Reads a template. Slashes at the end, doubled ones and `.` are dropped.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let reader = Reader { text, years: text.contains("XXXX_XXXXX") };
        let mut template =
            Self { absolute: text.starts_with('/'), components: Vec::new(), legacy: false };
        let mut start = 0;
        for component in text.split('/') {
            match component {
                "" | "." => {}
                ".." => return Err(reader.error(start, TemplateFault::NotPlain)),
                _ => template.components.push(reader.component(start, component)?),
            }
            start += component.len() + 1;
        }
        if template.components.is_empty() {
            return Err(reader.error(0, TemplateFault::Empty));
        }
        template.legacy = text.contains("XXXXX");
        Ok(template)
    }
}

struct Reader<'a> {
    text: &'a str,
    /// `XXXX` is the year.
    years: bool,
}

impl Reader<'_> {
    fn component(&self, start: usize, component: &str) -> Result<Vec<Piece>, TemplateError> {
        let mut pieces = Vec::new();
        let mut rest = component;
        while let Some(first) = rest.chars().next() {
            let at = start + component.len() - rest.len();
            let length = match first {
                '{' if rest.starts_with("{{") => {
                    push_text(&mut pieces, "{");
                    2
                }
                '}' if rest.starts_with("}}") => {
                    push_text(&mut pieces, "}");
                    2
                }
                '{' => {
                    let end = rest.find('}');
                    let end = end.ok_or_else(|| self.error(at, TemplateFault::Unclosed))?;
                    pieces.push(Piece::Fact(self.fact(at, &rest[1..end])?));
                    end + 1
                }
                '}' => return Err(self.error(at, TemplateFault::Stray)),
                '\0' => return Err(self.error(at, TemplateFault::NotPlain)),
                'X' => {
                    let length = rest.bytes().take_while(|b| *b == b'X').count();
                    match length {
                        4 if self.years => pieces.push(Piece::Fact(Fact::Year)),
                        5 => pieces.push(Piece::Fact(Fact::Id)),
                        0..5 => push_text(&mut pieces, &rest[..length]),
                        _ => return Err(self.error(at, TemplateFault::TooManyX)),
                    }
                    length
                }
                _ => {
                    push_text(&mut pieces, &rest[..first.len_utf8()]);
                    first.len_utf8()
                }
            };
            rest = &rest[length..];
        }
        Ok(pieces)
    }

    fn fact(&self, at: usize, name: &str) -> Result<Fact, TemplateError> {
        let known = Fact::NAMED.iter().find(|(known, _)| *known == name);
        known
            .map(|(_, fact)| *fact)
            .ok_or_else(|| self.error(at, TemplateFault::Unknown(name.to_string())))
    }

    fn error(&self, at: usize, fault: TemplateFault) -> TemplateError {
        let column = crate::ranges::column(self.text, at);
        TemplateError { template: self.text.to_string(), column, fault }
    }
}

/// Adds to the text before, if there is one.
fn push_text(pieces: &mut Vec<Piece>, text: &str) {
    if let Some(Piece::Text(before)) = pieces.last_mut() {
        before.push_str(text);
    } else {
        pieces.push(Piece::Text(text.to_string()));
    }
}
