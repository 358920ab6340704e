//! One value against the kind of its key: what is accepted, and what to say
//! when it is not.

use std::path::Path;

use ledama_base::suggest;
use toml::Value;
use toml::de::DeValue;

use crate::keys::{Kind, PROGRAM};

/// What paths are relative to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Surroundings<'a> {
    /// Replaces `~`.
    pub(crate) home: Option<&'a str>,
    /// Begins relative paths.
    pub(crate) folder: Option<&'a Path>,
}

/// A value that its key does not take.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Wrong {
    /// Goes on from "`key` ".
    pub(crate) message: String,
    pub(crate) help: Option<String>,
}

fn wrong(expected: &str, found: &Value) -> Wrong {
    Wrong { message: format!("must be {expected}, not {}", describe(found)), help: None }
}

fn describe(value: &Value) -> String {
    match value {
        Value::String(text) => format!("the text {text:?}"),
        Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Datetime(_) => {
            value.to_string()
        }
        Value::Array(_) => "a list".to_string(),
        Value::Table(_) => "a table".to_string(),
    }
}

/// The value without its places in the text; numbers that fit no type of ours
/// become texts, which no number key takes.
pub(crate) fn plain(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Integer(digits) => i64::from_str_radix(digits.as_str(), digits.radix())
            .map_or_else(|_| Value::String(digits.to_string()), Value::Integer),
        DeValue::Float(digits) => {
            digits.as_str().parse().map_or_else(|_| Value::String(digits.to_string()), Value::Float)
        }
        DeValue::Boolean(flag) => Value::Boolean(*flag),
        DeValue::Datetime(time) => Value::Datetime(*time),
        DeValue::Array(items) => {
            Value::Array(items.iter().map(|item| plain(item.get_ref())).collect())
        }
        DeValue::Table(table) => Value::Table(
            table.iter().map(|(k, v)| (k.get_ref().to_string(), plain(v.get_ref()))).collect(),
        ),
    }
}

/// The value as the model wants it.
pub(crate) fn check(kind: Kind, value: Value, around: Surroundings<'_>) -> Result<Value, Wrong> {
    match (kind, value) {
        (Kind::Text, Value::String(text)) => Ok(Value::String(text)),
        (Kind::Text, other) => Err(wrong("a text in quotes", &other)),
        (Kind::Flag, Value::Boolean(flag)) => Ok(Value::Boolean(flag)),
        (Kind::Flag, other) => Err(wrong("true or false", &other)),
        (Kind::Int(low, high), Value::Integer(number)) if (low..=high).contains(&number) => {
            Ok(Value::Integer(number))
        }
        (Kind::Int(low, i64::MAX), other) => {
            Err(wrong(&format!("a whole number from {low}"), &other))
        }
        (Kind::Int(low, high), other) => {
            Err(wrong(&format!("a whole number from {low} to {high}"), &other))
        }
        (Kind::Float, Value::Float(number)) if number.is_finite() => Ok(Value::Float(number)),
        #[allow(clippy::cast_precision_loss)] // nobody writes 2^53 here
        (Kind::Float, Value::Integer(number)) => Ok(Value::Float(number as f64)),
        (Kind::Float, other) => Err(wrong("a number", &other)),
        (Kind::Choice(words), Value::String(word)) => choice(words, word),
        (Kind::Choice(words), other) => Err(wrong(&one_of(words), &other)),
        (Kind::Path, Value::String(path)) => whole_path(&path, around).map(Value::String),
        (Kind::Path, other) => Err(wrong("a path in quotes", &other)),
        (Kind::Texts, list) => {
            each(Kind::Text, "a list of texts such as [\"a\", \"b\"]", list, around)
        }
        (Kind::Paths, list) => {
            each(Kind::Path, "a list of paths such as [\"/a\", \"/b\"]", list, around)
        }
        (Kind::NodePaths, list) => {
            each(Kind::NodePath, "a list of folders such as [\"/data1\", \"/data2\"]", list, around)
        }
        (Kind::NodePath, Value::String(path)) if path.starts_with('/') => Ok(Value::String(path)),
        (Kind::NodePath, other) => Err(wrong("an absolute path in quotes", &other)),
        (Kind::Choices(words), list) => each(
            Kind::Choice(words),
            &format!("a list of the words {}", words.join(", ")),
            list,
            around,
        ),
        (Kind::Program, Value::String(program)) => Ok(Value::Array(vec![Value::String(program)])),
        (Kind::ProgramTable, Value::Table(table)) => program(table, around).map(Value::Table),
        (Kind::ProgramTable, words) => {
            let words = check(Kind::Program, words, around)?;
            Ok(Value::Table([("command".to_string(), words)].into_iter().collect()))
        }
        (Kind::Variables, Value::Table(variables)) => {
            match variables.iter().find(|(_, value)| !value.is_str()) {
                Some((name, value)) => Err(Wrong {
                    message: format!(
                        "has for `{name}` {}, where a text in quotes is wanted",
                        describe(value)
                    ),
                    help: None,
                }),
                None => Ok(Value::Table(variables)),
            }
        }
        (Kind::Variables, other) => Err(wrong("a table such as { NAME = \"value\" }", &other)),
        (Kind::Options, Value::Table(options)) => {
            match options.iter().find(|(_, value)| !is_plain(value, true)) {
                Some((name, _)) => Err(Wrong {
                    message: format!("has a value of `{name}` that no option takes"),
                    help: Some(
                        "values are texts, numbers, true or false, and lists of them".into(),
                    ),
                }),
                None => Ok(Value::Table(options)),
            }
        }
        (Kind::Options, other) => Err(wrong("a table such as { older-than = \"2d\" }", &other)),
        (Kind::Program, list) => {
            each(Kind::Text, "a list of a program and its arguments", list, around)
        }
    }
}

/// The table of a program, key by key.
fn program(table: toml::Table, around: Surroundings<'_>) -> Result<toml::Table, Wrong> {
    let checked = table.into_iter().map(|(name, value)| {
        let Some(key) = PROGRAM.iter().find(|key| key.name == name) else {
            let names = PROGRAM.iter().map(|key| key.name);
            let help = suggest::did_you_mean(&name, names.clone());
            let known = names.collect::<Vec<_>>().join(", ");
            return Err(Wrong {
                message: format!("has no key `{name}`"),
                help: Some(help.unwrap_or_else(|| format!("its keys are {known}"))),
            });
        };
        match check(key.kind, value, around) {
            Ok(value) => Ok((name, value)),
            Err(fault) => {
                Err(Wrong { message: format!("has a `{name}` that {}", fault.message), ..fault })
            }
        }
    });
    checked.collect()
}

/// What an option of a module can be.
fn is_plain(value: &Value, list: bool) -> bool {
    match value {
        Value::String(_) | Value::Integer(_) | Value::Boolean(_) => true,
        Value::Float(number) => number.is_finite(),
        Value::Array(items) => list && items.iter().all(|item| is_plain(item, false)),
        Value::Datetime(_) | Value::Table(_) => false,
    }
}

fn each(kind: Kind, expected: &str, list: Value, around: Surroundings<'_>) -> Result<Value, Wrong> {
    let Value::Array(items) = list else { return Err(wrong(expected, &list)) };
    let checked = items.into_iter().map(|item| check(kind, item, around));
    checked.collect::<Result<_, _>>().map(Value::Array).map_err(|fault| Wrong {
        message: format!("is a list of which each element {}", fault.message),
        help: fault.help,
    })
}

fn one_of(words: &[&str]) -> String {
    let quoted: Vec<_> = words.iter().map(|word| format!("\"{word}\"")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => quoted.join(""),
    }
}

fn choice(words: &[&str], word: String) -> Result<Value, Wrong> {
    if words.contains(&word.as_str()) {
        return Ok(Value::String(word));
    }
    let help = suggest::did_you_mean(&word, words.iter().copied());
    Err(Wrong { help, ..wrong(&one_of(words), &Value::String(word)) })
}

fn whole_path(path: &str, around: Surroundings<'_>) -> Result<String, Wrong> {
    let refuse = |message: &str| Err(Wrong { message: message.to_string(), help: None });
    if path.is_empty() {
        return refuse("must be a path, not an empty text");
    }
    if path == "~" || path.starts_with("~/") {
        return match around.home {
            Some(home) => Ok(format!("{}{}", home.trim_end_matches('/'), &path[1..])),
            None => refuse("begins with `~`, but this account has no home folder"),
        };
    }
    if path.starts_with('~') {
        return refuse("begins with `~` and a name; only `~/` of your own account is understood");
    }
    if path.starts_with('/') {
        return Ok(path.to_string());
    }
    let folder = around.folder.and_then(Path::to_str).unwrap_or_default();
    Ok(Path::new(folder).join(path).to_str().unwrap_or(path).to_string())
}

/// The text of an environment variable as a value of the kind: lists are
/// separated by commas, lists of paths by colons, or written as in the file.
pub(crate) fn from_text(kind: Kind, text: &str) -> Value {
    let list = |separator: char| {
        Value::Array(
            text.split(separator)
                .map(str::trim)
                .filter(|item| !item.is_empty())
                .map(|item| Value::String(item.to_string()))
                .collect(),
        )
    };
    let as_written = || text.parse::<Value>().ok();
    let bracketed = text.trim_start().starts_with('[');
    match kind {
        Kind::Text | Kind::Choice(_) | Kind::Path | Kind::NodePath => {
            Value::String(text.to_string())
        }
        Kind::Int(..) | Kind::Float => {
            as_written().unwrap_or_else(|| Value::String(text.to_string()))
        }
        Kind::Flag => match text {
            "1" | "true" | "yes" => Value::Boolean(true),
            "0" | "false" | "no" => Value::Boolean(false),
            _ => Value::String(text.to_string()),
        },
        Kind::Texts | Kind::Paths | Kind::NodePaths | Kind::Choices(_) | Kind::Program
            if bracketed =>
        {
            as_written().unwrap_or_else(|| Value::String(text.to_string()))
        }
        Kind::Texts | Kind::Choices(_) => list(','),
        Kind::Paths | Kind::NodePaths => list(':'),
        Kind::Program => Value::String(text.to_string()),
        Kind::ProgramTable if !text.trim_start().starts_with(['[', '{']) => {
            Value::String(text.to_string())
        }
        // Lists of tables have no variables.
        Kind::Options | Kind::ProgramTable | Kind::Variables => {
            as_written().unwrap_or_else(|| Value::String(text.to_string()))
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    const HERE: Surroundings<'_> = Surroundings { home: Some("/home/me/"), folder: None };

    fn path(text: &str) -> Result<Value, Wrong> {
        let folder = Some(Path::new("/etc/ledama"));
        check(Kind::Path, Value::String(text.into()), Surroundings { folder, ..HERE })
    }

    #[test]
    fn paths_become_absolute() {
        assert_eq!(path("~/x").unwrap().as_str(), Some("/home/me/x"));
        assert_eq!(path("~").unwrap().as_str(), Some("/home/me"));
        assert_eq!(path("/a/~").unwrap().as_str(), Some("/a/~"));
        assert_eq!(path("x/y").unwrap().as_str(), Some("/etc/ledama/x/y"));
        assert!(path("~other/x").unwrap_err().message.contains("your own account"));
        assert!(path("").is_err());
    }

    #[test]
    fn a_wrong_value_says_what_is_wanted() {
        let say = |kind, value| check(kind, value, HERE).unwrap_err();
        assert_eq!(
            say(Kind::Int(1, 65_535), Value::Integer(70_000)).message,
            "must be a whole number from 1 to 65535, not 70000"
        );
        assert_eq!(
            say(Kind::Int(1, i64::MAX), Value::String("x".into())).message,
            "must be a whole number from 1, not the text \"x\""
        );
        let choice = say(Kind::Choice(&["tls", "none"]), Value::String("tsl".into()));
        assert_eq!(choice.message, "must be \"tls\" or \"none\", not the text \"tsl\"");
        assert!(choice.help.unwrap().contains("`tls`"));
        let list = say(Kind::Texts, Value::Array(vec![Value::Integer(1)]));
        assert_eq!(list.message, "is a list of which each element must be a text in quotes, not 1");
    }

    #[test]
    fn environment_texts_become_values() {
        assert_eq!(from_text(Kind::Int(1, 9), "7"), Value::Integer(7));
        assert_eq!(from_text(Kind::Flag, "0"), Value::Boolean(false));
        let texts = |items: &[&str]| {
            Value::Array(items.iter().map(|item| Value::String((*item).into())).collect())
        };
        assert_eq!(from_text(Kind::Texts, "a, b,"), texts(&["a", "b"]));
        assert_eq!(
            from_text(Kind::NodePaths, "/data1/x:/data2/x"),
            texts(&["/data1/x", "/data2/x"])
        );
        assert_eq!(from_text(Kind::Paths, "/a:/b"), texts(&["/a", "/b"]));
        assert_eq!(from_text(Kind::Texts, "['x,y']"), texts(&["x,y"]));
        assert_eq!(from_text(Kind::Text, "[x]"), Value::String("[x]".into()));
    }
}
