//! From a value as typed to a checked value of the option's kind.

use std::path::{Path, PathBuf};

use ledama_base::ranges::parse_ints;
use ledama_base::rawtext;
use ledama_base::suggest::did_you_mean;

use super::listing;
use super::model::{Kind, ListOf, OptionDecl};
use super::time;
use super::value::{RawValue, Value};

/// Facts of the launching host that values depend on.
pub struct Facts<'a> {
    /// The folder relative paths start from.
    pub folder: PathBuf,
    /// What `{user}` and its like in a default stand for; see [`PLACEHOLDERS`].
    /// A placeholder without a value makes the default disappear.
    pub placeholders: Placeholders,
    /// The home folder, for `~`.
    pub home: Option<PathBuf>,
    /// Reads a node list, as the configuration understands it.
    pub nodes: &'a dyn Fn(&str) -> Result<Vec<String>, Refused>,
}

/// What placeholders of defaults stand for here.
pub type Placeholders = Vec<(&'static str, Option<String>)>;

/// Placeholders that a default may contain.
pub const PLACEHOLDERS: [&str; 4] = ["user", "group", "home", "init_file"];

/// Why a value is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// What is wrong with it, without a final dot.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

impl Refused {
    /// A refusal without advice.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None }
    }

    /// The same with advice.
    #[must_use]
    pub fn maybe_help(mut self, help: Option<String>) -> Self {
        self.help = help;
        self
    }
}

impl std::fmt::Debug for Facts<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Facts").field("folder", &self.folder).finish_non_exhaustive()
    }
}

/// Whether a default is written as its kind wants it.
pub(super) fn fits_kind(kind: Kind, value: &RawValue) -> Result<(), String> {
    let texts = |v: &RawValue| match v {
        RawValue::Text(_) => true,
        RawValue::List(list) => list.iter().all(|e| matches!(e, RawValue::Text(_))),
        _ => false,
    };
    let numbers = |v: &RawValue| match v {
        RawValue::Text(_) | RawValue::Int(_) => true,
        RawValue::List(list) => list.iter().all(|e| matches!(e, RawValue::Int(_))),
        _ => false,
    };
    let (good, wanted) = match kind {
        Kind::Int => (matches!(value, RawValue::Int(_)), "a whole number"),
        Kind::Float => (matches!(value, RawValue::Int(_) | RawValue::Float(_)), "a number"),
        Kind::Flag => (matches!(value, RawValue::Flag(_)), "`true` or `false`"),
        Kind::Text | Kind::Choice | Kind::Path | Kind::RefFile | Kind::Time => {
            (matches!(value, RawValue::Text(_)), "a text")
        }
        Kind::Nodes | Kind::List(_) => (texts(value), "a text or an array of texts"),
        Kind::Ints => (numbers(value), "a text such as \"0-7\" or an array of whole numbers"),
    };
    if good { Ok(()) } else { Err(format!("kind `{}` needs {wanted}", kind.name())) }
}

/// Whether a default is a possible value, as far as that can be known without
/// a host: files and nodes are not looked at.
pub(super) fn check_default(option: &OptionDecl, value: &RawValue) -> Result<(), String> {
    match option.kind {
        Kind::Text | Kind::Path | Kind::RefFile | Kind::Nodes | Kind::List(_) => Ok(()),
        _ => without_host(option, value).map(drop).map_err(|refused| refused.message),
    }
}

/// The checked value; `None` for an empty list, path or the like: as if not given.
pub(super) fn parse(
    option: &OptionDecl,
    value: &RawValue,
    facts: &Facts<'_>,
) -> Result<Option<Value>, Refused> {
    let can_be_empty = matches!(
        option.kind,
        Kind::Path | Kind::RefFile | Kind::Nodes | Kind::Ints | Kind::List(_)
    );
    if can_be_empty && value.is_empty() {
        return Ok(None);
    }
    let parsed = match option.kind {
        Kind::Path => Value::Text(absolute_text(&text(value)?, facts)),
        Kind::RefFile => Value::Text(readable(&text(value)?, facts)?),
        Kind::Nodes => Value::List(nodes(value, facts)?),
        Kind::List(ListOf::Line) => Value::List(match value {
            RawValue::List(values) => values.iter().map(text).collect::<Result<_, _>>()?,
            one => vec![text(one)?],
        }),
        Kind::List(of) => {
            let elements = elements(value)?;
            Value::List(match of {
                ListOf::Text | ListOf::Line => elements,
                ListOf::Path => elements.iter().map(|e| absolute_text(e, facts)).collect(),
                ListOf::RefFile => {
                    elements.iter().map(|e| readable(e, facts)).collect::<Result<_, _>>()?
                }
            })
        }
        _ => without_host(option, value)?,
    };
    Ok(Some(parsed))
}

fn without_host(option: &OptionDecl, value: &RawValue) -> Result<Value, Refused> {
    match option.kind {
        Kind::Int => int(option, value).map(Value::Int),
        Kind::Float => float(option, value).map(Value::Float),
        Kind::Flag => flag(value).map(Value::Flag),
        Kind::Ints => ints(option, value).map(Value::Ints),
        Kind::Choice => choice(option, &text(value)?).map(Value::Text),
        Kind::Time => time::parse(&text(value)?).map(Value::Text),
        _ => text(value).map(Value::Text),
    }
}

fn text(value: &RawValue) -> Result<String, Refused> {
    match value {
        RawValue::Text(text) if text.contains('\0') => {
            Err(Refused::new("a text cannot contain the character NUL"))
        }
        RawValue::Text(text) => Ok(text.clone()),
        other => Err(Refused::new(format!("`{other}` is not a text; put it in quotes"))),
    }
}

fn int(option: &OptionDecl, value: &RawValue) -> Result<i64, Refused> {
    let number = match value {
        RawValue::Int(number) => Some(*number),
        RawValue::Text(text) => text.trim().parse().ok(),
        _ => None,
    };
    let number = number.ok_or_else(|| Refused::new(format!("`{value}` is not a whole number")))?;
    #[allow(clippy::cast_precision_loss)]
    // limits are small; beyond 2^53 any rounding is on the far side
    within(option, number as f64, value)?;
    Ok(number)
}

fn float(option: &OptionDecl, value: &RawValue) -> Result<f64, Refused> {
    let number = match value {
        #[allow(clippy::cast_precision_loss)] // as a number typed with a point would be
        RawValue::Int(number) => Some(*number as f64),
        RawValue::Float(number) => Some(*number),
        RawValue::Text(text) => text.trim().parse().ok(),
        _ => None,
    };
    let number = number
        .filter(|n: &f64| n.is_finite())
        .ok_or_else(|| Refused::new(format!("`{value}` is not a number")))?;
    within(option, number, value)?;
    Ok(number)
}

fn flag(value: &RawValue) -> Result<bool, Refused> {
    match value {
        RawValue::Flag(value) => Ok(*value),
        RawValue::Text(text) if text == "true" => Ok(true),
        RawValue::Text(text) if text == "false" => Ok(false),
        other => Err(Refused::new(format!("`{other}` is neither `true` nor `false`"))),
    }
}

fn ints(option: &OptionDecl, value: &RawValue) -> Result<Vec<i64>, Refused> {
    let numbers = match value {
        RawValue::Text(text) => parse_ints(text)
            .map_err(|e| Refused::new(e.to_string()).maybe_help(e.help()))?
            .into_iter()
            .map(i64::from)
            .collect(),
        RawValue::Int(number) => vec![*number],
        RawValue::List(values) => {
            values.iter().map(|v| int(option, v)).collect::<Result<Vec<_>, _>>()?
        }
        other => return Err(Refused::new(format!("`{other}` is not a list of whole numbers"))),
    };
    for number in &numbers {
        int(option, &RawValue::Int(*number))?;
    }
    Ok(numbers)
}

fn within(option: &OptionDecl, number: f64, shown: &RawValue) -> Result<(), Refused> {
    let refused = match (option.min, option.max) {
        (Some(min), Some(max)) if number < min || number > max => format!("{min} to {max}"),
        (Some(min), None) if number < min => format!("at least {min}"),
        (None, Some(max)) if number > max => format!("at most {max}"),
        _ => return Ok(()),
    };
    Err(Refused::new(format!("`{shown}` is out of range; it must be {refused}")))
}

fn choice(option: &OptionDecl, text: &str) -> Result<String, Refused> {
    if option.choices.iter().any(|c| c.value == text) {
        return Ok(text.to_string());
    }
    let names: Vec<_> = option.choices.iter().map(|c| c.value.as_str()).collect();
    let help =
        did_you_mean(text, &names).unwrap_or_else(|| format!("possible: {}", names.join(", ")));
    Err(Refused::new(format!("`{text}` is not one of the choices")).maybe_help(Some(help)))
}

fn nodes(value: &RawValue, facts: &Facts<'_>) -> Result<Vec<String>, Refused> {
    match value {
        RawValue::List(values) => {
            let mut all: Vec<String> = Vec::new();
            for value in values {
                for node in (facts.nodes)(&text(value)?)? {
                    if !all.contains(&node) {
                        all.push(node);
                    }
                }
            }
            Ok(all)
        }
        RawValue::Int(number) => (facts.nodes)(&number.to_string()),
        value => (facts.nodes)(&text(value)?),
    }
}

fn elements(value: &RawValue) -> Result<Vec<String>, Refused> {
    match value {
        RawValue::List(values) => values.iter().map(text).collect(),
        value => {
            let elements = listing::split(&text(value)?);
            if elements.iter().any(String::is_empty) {
                return Err(Refused::new(format!("an element of `{value}` is empty"))
                    .maybe_help(Some("write `\\,` for a comma inside of an element".to_string())));
            }
            Ok(elements)
        }
    }
}

/// A path in text form made absolute; `~` is the home folder.
pub fn absolute(text: &str, facts: &Facts<'_>) -> PathBuf {
    let path = rawtext::text_path(text);
    let path = match (&facts.home, path.strip_prefix("~")) {
        (Some(home), Ok(rest)) => home.join(rest),
        _ => facts.folder.join(path),
    };
    // Leaves out `.` and double slashes; `..` stays, as links may lead anywhere.
    path.components().collect()
}

fn absolute_text(text: &str, facts: &Facts<'_>) -> String {
    rawtext::path_text(&absolute(text, facts))
}

fn readable(text: &str, facts: &Facts<'_>) -> Result<String, Refused> {
    let path = absolute(text, facts);
    let shown = rawtext::path_text(&path);
    check_file(&path).map_err(|why| Refused::new(format!("RefFile `{shown}`: {why}")))?;
    Ok(shown)
}

fn check_file(path: &Path) -> Result<(), String> {
    if path.is_dir() {
        return Err("is a folder".to_string());
    }
    std::fs::File::open(path).map(drop).map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_string(),
        std::io::ErrorKind::PermissionDenied => "you may not read it".to_string(),
        _ => {
            let text = e.to_string();
            text.split(" (os error ").next().unwrap_or(&text).to_lowercase()
        }
    })
}
