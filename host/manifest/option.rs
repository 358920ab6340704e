//! Reads the declaration of one option and checks it by itself.

use ledama_cluster::run::Level;

use super::literal::{Entry, Literal, Plain};
use super::model::{Adjustment, Choice, HostLetter, Kind, ListOf, OptionDecl};
use super::reader::{Faults, Table};
use super::typed;
use super::value::RawValue;
use crate::diagnostic::Diagnostic;

/// What can stand in a list of options.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Declared {
    /// An option of the module.
    Option(Box<OptionDecl>),
    /// A letter for an option of the host: `#{ host: "query", short: "q" }`.
    HostLetter(HostLetter),
}

pub(super) const LEVEL_WORDS: [(&str, Level); 3] =
    [("web", Level::Web), ("user", Level::User), ("full", Level::Full)];

const KINDS: [(&str, Kind); 11] = [
    ("text", Kind::Text),
    ("int", Kind::Int),
    ("float", Kind::Float),
    ("flag", Kind::Flag),
    ("choice", Kind::Choice),
    ("path", Kind::Path),
    ("reffile", Kind::RefFile),
    ("nodes", Kind::Nodes),
    ("ints", Kind::Ints),
    ("list", Kind::List(ListOf::Text)),
    ("time", Kind::Time),
];

const ELEMENTS: [(&str, ListOf); 4] = [
    ("text", ListOf::Text),
    ("line", ListOf::Line),
    ("path", ListOf::Path),
    ("reffile", ListOf::RefFile),
];

/// Reads one declaration. Faults are added to `faults`; an option is returned
/// even if parts of it are wrong, so that its name is known to later checks.
pub(super) fn read_option(literal: &Literal, faults: &mut Faults) -> Option<Declared> {
    let mut table = Table::open(literal, "an option", faults)?;
    if let Plain::Map(entries) = &literal.value
        && entries.iter().any(|e| e.key == "host")
    {
        return host_letter(table, faults);
    }
    let name = table.needed_text("name", faults)?;
    table.rename(format!("option `{name}`"));
    check_name(&name, &table, faults);
    let short = table.text("short", faults).and_then(|s| letter(&s, &table, faults));
    let kind = kind(&mut table, faults);
    let required = table.flag("required", faults).unwrap_or(false);
    let default_at = table.take("default_value");
    let choices = choices(table.take("choices"), faults);
    let help = table.needed_text("help", faults).unwrap_or_default();
    let option = OptionDecl {
        name,
        short,
        kind,
        of: if let Kind::List(of) = kind { Some(of) } else { None },
        required,
        default: default_value(default_at, kind, &table, faults),
        choices,
        help,
        min: table.number("min", faults),
        max: table.number("max", faults),
        metavar: table.text("metavar", faults),
        category: table.text("category", faults),
        access: table.word("access", &LEVEL_WORDS, faults).unwrap_or(Level::Web),
        levels: levels(&mut table, kind, faults),
        included_from: None,
        out_of_reach: false,
        position: literal.position,
    };
    check(&option, &table, faults);
    table.finish(faults);
    Some(Declared::Option(Box::new(option)))
}

fn host_letter(mut table: Table<'_>, faults: &mut Faults) -> Option<Declared> {
    table.rename("a letter for a host option".to_string());
    let name = table.needed_text("host", faults);
    let short = table.needed_text("short", faults).and_then(|s| letter(&s, &table, faults));
    table.finish(faults);
    Some(Declared::HostLetter(HostLetter { name: name?, short: short? }))
}

fn kind(table: &mut Table<'_>, faults: &mut Faults) -> Kind {
    let missing = table.take("kind").is_none();
    let kind = table.word("kind", &KINDS, faults);
    if missing {
        let names: Vec<_> = KINDS.iter().map(|(n, _)| *n).collect();
        faults.add(
            Diagnostic::error(format!("{} lacks `kind`", table.what()))
                .note(format!("possible: {}", names.join(", "))),
            table.position(),
        );
    }
    let of = table.word("of", &ELEMENTS, faults);
    match (kind, of) {
        (Some(Kind::List(_)), Some(of)) => Kind::List(of),
        (Some(kind), Some(_)) => {
            faults.error(
                format!("`of` belongs to options of kind `list`, not `{}`", kind.name()),
                table.place_of("of"),
            );
            kind
        }
        (kind, _) => kind.unwrap_or(Kind::Text),
    }
}

/// A letter or digit, not `h`.
pub(super) fn letter(text: &str, table: &Table<'_>, faults: &mut Faults) -> Option<char> {
    let mut chars = text.chars();
    let at = table.place_of("short");
    match (chars.next(), chars.next()) {
        (Some('h'), None) => {
            faults.error(format!("the letter of {} is `h`, which is for help", table.what()), at);
            None
        }
        (Some(c), None) if c.is_ascii_alphanumeric() => Some(c),
        _ => {
            faults.error(
                format!("`short` of {} must be one letter or digit, not `{text}`", table.what()),
                at,
            );
            None
        }
    }
}

fn check_name(name: &str, table: &Table<'_>, faults: &mut Faults) {
    let good = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        && !name.ends_with('-')
        && !name.contains("--");
    if !good || name.len() < 2 {
        faults.add(
            Diagnostic::error(format!("`{name}` is no name for an option"))
                .help("use two or more letters, digits and single dashes, beginning with a letter"),
            table.place_of("name"),
        );
    }
}

/// An array of texts, or a map from texts to what they mean.
fn choices(literal: Option<&Literal>, faults: &mut Faults) -> Vec<Choice> {
    let Some(literal) = literal else { return Vec::new() };
    let mut found: Vec<Choice> = Vec::new();
    let mut add = |value: &str, help: &str, at, faults: &mut Faults| {
        if found.iter().any(|c| c.value == value) {
            faults.error(format!("the choice `{value}` stands twice"), at);
        } else if value.is_empty() {
            faults.error("a choice is empty", at);
        } else {
            found.push(Choice { value: value.to_string(), help: help.to_string() });
        }
    };
    match &literal.value {
        Plain::Array(values) => {
            for value in values {
                match &value.value {
                    Plain::Text(text) => add(text, "", value.position, faults),
                    other => {
                        faults.error(
                            format!("choices are texts, not {}", other.kind()),
                            value.position,
                        );
                    }
                }
            }
        }
        Plain::Map(entries) => {
            for Entry { key, position, value } in entries {
                match &value.value {
                    Plain::Text(help) => add(key, help, *position, faults),
                    other => faults.error(
                        format!("the meaning of a choice is a text, not {}", other.kind()),
                        value.position,
                    ),
                }
            }
        }
        other => faults.error(
            format!("`choices` must be an array of texts or a map, not {}", other.kind()),
            literal.position,
        ),
    }
    found
}

fn default_value(
    literal: Option<&Literal>,
    kind: Kind,
    table: &Table<'_>,
    faults: &mut Faults,
) -> Option<RawValue> {
    let literal = literal?;
    let wrong = |faults: &mut Faults, why: String| {
        faults.error(format!("`default_value` of {}: {why}", table.what()), literal.position);
        None
    };
    let Some(value) = RawValue::from_literal(literal) else {
        return wrong(faults, format!("{} cannot be a default", literal.value.kind()));
    };
    if value.is_empty() {
        return wrong(faults, "leave it out instead of leaving it empty".to_string());
    }
    if let Err(why) = typed::fits_kind(kind, &value) {
        return wrong(faults, why);
    }
    Some(value)
}

/// `levels: #{ full: #{ default_value: 64 } }` of an option.
fn levels(table: &mut Table<'_>, kind: Kind, faults: &mut Faults) -> Vec<(Level, Adjustment)> {
    let mut levels: Vec<(Level, Adjustment)> = Vec::new();
    for entry in table.map("levels", faults) {
        let Some(level) = level(&entry.key) else {
            faults.error(unknown_level(&entry.key), entry.position);
            continue;
        };
        let what = format!("level `{}` of {}", entry.key, table.what());
        if let Some(adjustment) = read_adjustment(&entry.value, &what, kind, faults) {
            levels.push((level, adjustment));
        }
    }
    levels.sort_by_key(|(level, _)| *level);
    levels
}

pub(super) fn level(name: &str) -> Option<Level> {
    LEVEL_WORDS.iter().find(|(word, _)| *word == name).map(|(_, level)| *level)
}

pub(super) fn unknown_level(name: &str) -> String {
    format!("`{name}` is no access level; they are web, user and full")
}

/// What is different from a level on.
pub(super) fn read_adjustment(
    literal: &Literal,
    what: &str,
    kind: Kind,
    faults: &mut Faults,
) -> Option<Adjustment> {
    let mut table = Table::open(literal, what, faults)?;
    let default_at = table.take("default_value");
    let default = match default_at {
        None => None,
        Some(Literal { value: Plain::Nothing, .. }) => Some(None),
        some => default_value(some, kind, &table, faults).map(Some),
    };
    let choices_at = table.take("choices");
    let adjustment = Adjustment {
        default,
        required: table.flag("required", faults),
        help: table.text("help", faults),
        choices: choices_at.map(|c| choices(Some(c), faults)),
        min: table.number("min", faults),
        max: table.number("max", faults),
    };
    table.finish(faults);
    Some(adjustment)
}

/// What must hold between the parts of one option.
fn check(option: &OptionDecl, table: &Table<'_>, faults: &mut Faults) {
    let what = table.what().to_string();
    if option.required && option.default.is_some() {
        faults.error(
            format!(
                "{what} is required and has a default; an option with a default is never missing"
            ),
            table.place_of("required"),
        );
    }
    if option.kind == Kind::Flag && option.required {
        faults
            .error(format!("{what} is a flag and cannot be required"), table.place_of("required"));
    }
    if option.kind == Kind::Choice && option.choices.is_empty() {
        faults.error(format!("{what} has no `choices`"), table.place_of("kind"));
    }
    if option.kind != Kind::Choice && !option.choices.is_empty() {
        faults.error(
            format!("{what} has `choices` but is of kind `{}`", option.kind.name()),
            table.place_of("choices"),
        );
    }
    for (key, limit) in [("min", option.min), ("max", option.max)] {
        if limit.is_some() && !option.kind.is_numeric() {
            faults.error(
                format!(
                    "`{key}` of {what} limits numbers, but it is of kind `{}`",
                    option.kind.name()
                ),
                table.place_of(key),
            );
        }
    }
    if let (Some(min), Some(max)) = (option.min, option.max)
        && min > max
    {
        faults.error(format!("`min` of {what} is greater than its `max`"), table.place_of("min"));
    }
    if option.help.trim_end().ends_with('.') {
        faults.add(
            Diagnostic::warning(format!("the help of {what} ends with a dot")),
            table.place_of("help"),
        );
    }
    for (level, adjusted) in with_levels(option) {
        if let Some(default) = &adjusted.default
            && let Err(why) = typed::check_default(&adjusted, default)
        {
            let level = level.map_or_else(String::new, |l| format!(" at level `{l}`"));
            faults.error(
                format!("the default of {what}{level}: {why}"),
                table.place_of("default_value"),
            );
        }
    }
}

/// The option itself and as each level with differences sees it.
pub(super) fn with_levels(
    option: &OptionDecl,
) -> impl Iterator<Item = (Option<Level>, OptionDecl)> + '_ {
    let adjusted = option.differences().into_iter().map(|(level, seen)| (Some(level), seen));
    std::iter::once((None, option.clone())).chain(adjusted)
}
