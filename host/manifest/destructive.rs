//! When a module asks before it acts: never, always, or only when it is given
//! one of some flags. A module that packs may run unasked; one that deletes
//! the originals afterwards may not.

use rhai::Position;
use serde::{Serialize, Serializer};

use super::literal::Plain;
use super::model::{Kind, Manifest};
use super::options::Options;
use super::reader::{Faults, Table};
use crate::diagnostic::Diagnostic;
use ledama_base::suggest::did_you_mean;

/// When a module asks before it acts (or needs `--yes`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Destructive {
    /// What it does can be undone.
    #[default]
    Never,
    /// Whatever its options are.
    Always,
    /// With one of these flags, by their long names.
    With(Vec<String>),
}

impl Destructive {
    /// Whether a run with these options can lose anything.
    pub fn applies(&self, options: &Options) -> bool {
        match self {
            Self::Never => false,
            Self::Always => true,
            Self::With(flags) => flags.iter().any(|flag| options.flag(flag)),
        }
    }

    /// When it asks, as the last words of what a module changes; empty if never.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Never => String::new(),
            Self::Always => "; asks first, or needs `--yes`".into(),
            Self::With(flags) => {
                let flags: Vec<_> = flags.iter().map(|flag| format!("`--{flag}`")).collect();
                format!("; with {} asks first, or needs `--yes`", flags.join(" or "))
            }
        }
    }
}

/// `true`, `false`, or an array of the flags.
impl Serialize for Destructive {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Never => serializer.serialize_bool(false),
            Self::Always => serializer.serialize_bool(true),
            Self::With(flags) => flags.serialize(serializer),
        }
    }
}

const KEY: &str = "destructive";

/// Reads `destructive: true`, `destructive: "delete"`, or an array of flags.
pub(super) fn read(table: &mut Table<'_>, faults: &mut Faults) -> Destructive {
    let Some(literal) = table.take(KEY) else { return Destructive::Never };
    match &literal.value {
        Plain::Bool(false) => Destructive::Never,
        Plain::Bool(true) => Destructive::Always,
        Plain::Text(flag) => Destructive::With(vec![flag.clone()]),
        Plain::Array(flags) => {
            if flags.is_empty() {
                faults.error(
                    "`destructive` names no flag: write `true` or `false`",
                    literal.position,
                );
            }
            let flags = flags.iter().filter_map(|flag| match &flag.value {
                Plain::Text(name) => Some(name.clone()),
                other => {
                    wrong(table, other, flag.position, faults);
                    None
                }
            });
            Destructive::With(flags.collect())
        }
        other => {
            wrong(table, other, literal.position, faults);
            Destructive::Never
        }
    }
}

fn wrong(table: &Table<'_>, found: &Plain, place: Position, faults: &mut Faults) {
    let (what, found) = (table.what(), found.kind());
    faults.error(
        format!("`{KEY}` of {what} must be `true`, `false` or names of flags, not {found}"),
        place,
    );
}

/// Its flags must be flags of the module, and it must change something.
pub(super) fn check(manifest: &Manifest, table: &Table<'_>, faults: &mut Faults) {
    let place: Position = table.place_of(KEY);
    if manifest.destructive == Destructive::Never {
        return;
    }
    if manifest.changes == super::model::Changes::Nothing {
        faults.error("`destructive` without `changes`: say what is changed", place);
    }
    let Destructive::With(flags) = &manifest.destructive else { return };
    for flag in flags {
        match manifest.option(flag) {
            Some(option) if option.kind == Kind::Flag => {}
            Some(_) => faults.error(format!("`destructive`: `{flag}` is no flag"), place),
            None => {
                let names: Vec<_> = manifest.options.iter().map(|o| o.name.as_str()).collect();
                let fault =
                    Diagnostic::error(format!("`destructive`: there is no option `{flag}`"));
                faults.add(fault.maybe_help(did_you_mean(flag, &names)), place);
            }
        }
    }
}
