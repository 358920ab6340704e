//! Options as they were given: on the command line, in a file of options, or
//! in a form. Not yet checked.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::ArgMatches;
use clap::parser::ValueSource;
use ledama_base::rawtext;
use serde::Serialize;

use super::model::{Kind, ListOf, Manifest, OptionDecl};
use super::value::RawValue;
use crate::diagnostic::Place;

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// Typed.
    CommandLine,
    /// From a file of options.
    File(PathBuf),
    /// Declared by the module.
    Default,
}

/// A value with its origin.
#[derive(Debug, Clone, PartialEq)]
pub struct RawOption {
    /// As given.
    pub value: RawValue,
    /// By whom.
    pub origin: Origin,
    /// Where in the file.
    pub place: Option<Place>,
}

/// The options that were given, by name.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RawOptions(BTreeMap<String, RawOption>);

impl RawOptions {
    /// What was typed; `matches` are those of the module's
    /// [`command`](super::command()).
    pub fn from_matches(manifest: &Manifest, matches: &ArgMatches) -> Self {
        let mut raw = Self::default();
        for option in manifest.offered() {
            if let Some(value) = typed(option, matches) {
                raw.set(&option.name, value, Origin::CommandLine, None);
            }
        }
        if let Some((name, value)) = super::trailing::typed(manifest, matches) {
            raw.set(name, value, Origin::CommandLine, None);
        }
        raw
    }

    /// Sets one value.
    pub fn set(&mut self, name: &str, value: RawValue, origin: Origin, place: Option<Place>) {
        self.0.insert(name.to_string(), RawOption { value, origin, place });
    }

    /// Sets one value of a file.
    pub(super) fn set_from_file(&mut self, name: &str, value: RawValue, file: &Path, line: usize) {
        let place = Place::new(file.display().to_string(), line, 0);
        self.set(name, value, Origin::File(file.to_path_buf()), Some(place));
    }

    /// These, and those of `below` that are not among them.
    #[must_use]
    pub fn over(mut self, below: Self) -> Self {
        for (name, option) in below.0 {
            self.0.entry(name).or_insert(option);
        }
        self
    }

    /// The value given for an option.
    pub fn get(&self, name: &str) -> Option<&RawOption> {
        self.0.get(name)
    }

    /// Names of the options that were given.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

fn typed(option: &OptionDecl, matches: &ArgMatches) -> Option<RawValue> {
    let given = |id: &str| matches.value_source(id) == Some(ValueSource::CommandLine);
    if option.kind == Kind::Flag {
        if given(&option.name) && matches.get_flag(&option.name) {
            return Some(RawValue::Flag(true));
        }
        let off = format!("no-{}", option.name);
        return (given(&off) && matches.get_flag(&off)).then_some(RawValue::Flag(false));
    }
    if !given(&option.name) {
        return None;
    }
    let mut texts =
        matches.get_many::<OsString>(&option.name)?.map(|v| rawtext::encode(v)).collect::<Vec<_>>();
    match option.kind {
        Kind::List(ListOf::Line) => {
            Some(RawValue::List(texts.into_iter().map(RawValue::Text).collect()))
        }
        Kind::List(_) if texts.len() > 1 => {
            // Each occurrence is a comma list of its own.
            let elements = texts.iter().flat_map(|t| super::listing::split(t));
            Some(RawValue::List(elements.map(RawValue::Text).collect()))
        }
        _ => texts.pop().map(RawValue::Text),
    }
}
