//! Takes typed values out of a map of plain values and gathers every fault
//! with its place, so that all of them can be told at once.

use ledama_base::suggest::did_you_mean;
use rhai::Position;

use super::literal::{Entry, Literal, Plain};
use crate::diagnostic::{Diagnostic, Place};

/// Faults of one file.
#[derive(Debug, Default)]
pub(super) struct Faults {
    pub file: String,
    pub list: Vec<Diagnostic>,
}

impl Faults {
    pub(super) fn new(file: &str) -> Self {
        Self { file: file.to_string(), list: Vec::new() }
    }

    pub(super) fn add(&mut self, fault: Diagnostic, position: Position) {
        self.list.push(fault.at(Place::of(&self.file, position)));
    }

    pub(super) fn error(&mut self, message: impl Into<String>, position: Position) {
        self.add(Diagnostic::error(message), position);
    }
}

/// A map being read.
pub(super) struct Table<'a> {
    /// What it is, for messages, such as `MODULE` or "option `nodes`".
    what: String,
    position: Position,
    entries: &'a [Entry],
    known: Vec<&'static str>,
}

impl<'a> Table<'a> {
    /// The map in `literal`; a fault if it is none.
    pub(super) fn open(
        literal: &'a Literal,
        what: impl Into<String>,
        faults: &mut Faults,
    ) -> Option<Self> {
        let what = what.into();
        match &literal.value {
            Plain::Map(entries) => {
                Some(Self { what, position: literal.position, entries, known: Vec::new() })
            }
            other => {
                faults.error(
                    format!("{what} must be a map `#{{ … }}`, not {}", other.kind()),
                    literal.position,
                );
                None
            }
        }
    }

    pub(super) fn what(&self) -> &str {
        &self.what
    }

    /// From now on it is called so in messages.
    pub(super) fn rename(&mut self, what: String) {
        self.what = what;
    }

    pub(super) fn position(&self) -> Position {
        self.position
    }

    /// The value of a key, whatever it is.
    pub(super) fn take(&mut self, key: &'static str) -> Option<&'a Literal> {
        self.known.push(key);
        self.entries.iter().find(|e| e.key == key).map(|e| &e.value)
    }

    /// Where a key stands, or the map begins.
    pub(super) fn place_of(&self, key: &str) -> Position {
        self.entries.iter().find(|e| e.key == key).map_or(self.position, |e| e.position)
    }

    pub(super) fn text(&mut self, key: &'static str, faults: &mut Faults) -> Option<String> {
        let literal = self.take(key)?;
        match &literal.value {
            Plain::Text(text) => Some(text.clone()),
            other => self.wrong(key, "a text", other, literal, faults),
        }
    }

    /// A text that must be there and say something.
    pub(super) fn needed_text(&mut self, key: &'static str, faults: &mut Faults) -> Option<String> {
        let present = self.entries.iter().any(|e| e.key == key);
        let text = self.text(key, faults);
        if !present {
            faults.error(format!("{} lacks `{key}`", self.what), self.position);
        } else if text.as_ref().is_some_and(|t| t.trim().is_empty()) {
            faults.error(format!("`{key}` of {} is empty", self.what), self.place_of(key));
            return None;
        }
        text
    }

    pub(super) fn flag(&mut self, key: &'static str, faults: &mut Faults) -> Option<bool> {
        let literal = self.take(key)?;
        match &literal.value {
            Plain::Bool(value) => Some(*value),
            other => self.wrong(key, "`true` or `false`", other, literal, faults),
        }
    }

    pub(super) fn number(&mut self, key: &'static str, faults: &mut Faults) -> Option<f64> {
        let literal = self.take(key)?;
        match &literal.value {
            #[allow(clippy::cast_precision_loss)] // limits of options are small numbers
            Plain::Int(value) => Some(*value as f64),
            Plain::Float(value) => Some(*value),
            other => self.wrong(key, "a number", other, literal, faults),
        }
    }

    pub(super) fn array(&mut self, key: &'static str, faults: &mut Faults) -> &'a [Literal] {
        let Some(literal) = self.take(key) else { return &[] };
        match &literal.value {
            Plain::Array(values) => values,
            other => {
                self.wrong::<()>(key, "an array `[ … ]`", other, literal, faults);
                &[]
            }
        }
    }

    /// An array of texts with their places.
    pub(super) fn texts(
        &mut self,
        key: &'static str,
        faults: &mut Faults,
    ) -> Vec<(String, Position)> {
        let mut texts = Vec::new();
        for literal in self.array(key, faults) {
            match &literal.value {
                Plain::Text(text) => texts.push((text.clone(), literal.position)),
                other => faults.error(
                    format!("`{key}` of {} holds texts, not {}", self.what, other.kind()),
                    literal.position,
                ),
            }
        }
        texts
    }

    pub(super) fn map(&mut self, key: &'static str, faults: &mut Faults) -> &'a [Entry] {
        let Some(literal) = self.take(key) else { return &[] };
        match &literal.value {
            Plain::Map(entries) => entries,
            other => {
                self.wrong::<()>(key, "a map `#{ … }`", other, literal, faults);
                &[]
            }
        }
    }

    /// One of some words, each standing for a value.
    pub(super) fn word<T: Copy>(
        &mut self,
        key: &'static str,
        words: &[(&str, T)],
        faults: &mut Faults,
    ) -> Option<T> {
        let literal = self.take(key)?;
        let Plain::Text(text) = &literal.value else {
            return self.wrong(key, "a text", &literal.value, literal, faults);
        };
        if let Some((_, value)) = words.iter().find(|(word, _)| word == text) {
            return Some(*value);
        }
        let names: Vec<_> = words.iter().map(|(word, _)| *word).collect();
        faults.add(
            Diagnostic::error(format!("`{text}` is not possible for `{key}`"))
                .maybe_help(did_you_mean(text, &names))
                .note(format!("possible: {}", names.join(", "))),
            literal.position,
        );
        None
    }

    /// Every key that nobody asked for is a fault.
    pub(super) fn finish(self, faults: &mut Faults) {
        for entry in self.entries.iter().filter(|e| !self.known.contains(&e.key.as_str())) {
            faults.add(
                Diagnostic::error(format!("unknown key `{}` in {}", entry.key, self.what))
                    .maybe_help(did_you_mean(&entry.key, &self.known))
                    .note(format!("possible: {}", self.known.join(", "))),
                entry.position,
            );
        }
    }

    fn wrong<T>(
        &self,
        key: &str,
        wanted: &str,
        found: &Plain,
        literal: &Literal,
        faults: &mut Faults,
    ) -> Option<T> {
        faults.error(
            format!("`{key}` of {} must be {wanted}, not {}", self.what, found.kind()),
            literal.position,
        );
        None
    }
}
