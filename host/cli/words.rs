//! Cuts the command line of `ledama run` behind the module, and that of
//! `ledama recipe run` behind the recipe: what follows is read by their own
//! declaration, and never by the host's.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::ValueEnum;

use super::Shared;
use super::recipe::Verb;
use crate::report::talk::Color;

/// The two parts of a command line.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Words {
    /// The program's name, its options, the sub-command and the module or recipe.
    pub own: Vec<OsString>,
    /// What stands after the module or recipe.
    pub rest: Vec<OsString>,
}

/// Shared options that take a value.
const WITH_VALUE: [&str; 3] = ["--config", "--modules", "--color"];

/// Cuts behind the word after `run`, or after `recipe` and its verb.
pub(super) fn split(words: impl IntoIterator<Item = OsString>) -> Words {
    let mut cut = Words::default();
    let mut words = words.into_iter();
    cut.own.extend(words.next());
    // The plain words met so far.
    let mut path: Vec<String> = Vec::new();
    while let Some(word) = words.next() {
        let text = word.to_string_lossy().into_owned();
        cut.own.push(word);
        if WITH_VALUE.contains(&text.as_str()) {
            cut.own.extend(words.next());
        } else if text.starts_with('-') && text != "-" {
            // A flag, or `--option=value`.
        } else if leads_on(&path) {
            cut.rest.extend(words);
            break;
        } else {
            path.push(text);
            if !(path == ["recipe"] || leads_on(&path)) {
                // Another sub-command reads its own words.
                cut.own.extend(words);
                break;
            }
        }
    }
    cut
}

/// Whether the word after these sub-commands names a script with options of
/// its own.
pub(super) fn leads_on<S: AsRef<str>>(path: &[S]) -> bool {
    match path {
        [run] => run.as_ref() == "run",
        [recipe, verb] => recipe.as_ref() == "recipe" && Verb::of(verb.as_ref()).is_some(),
        _ => false,
    }
}

/// The shared options among the words after a module, which are needed before
/// the module can be found and its options be read.
pub(super) fn shared(rest: &[OsString]) -> Shared {
    let mut shared = Shared { config: None, modules: None, color: Color::Auto, verbose: 0 };
    let mut words = rest.iter().take_while(|word| *word != "--");
    while let Some(word) = words.next() {
        let text = word.to_string_lossy();
        if text == "--verbose" {
            shared.verbose += 1;
            continue;
        }
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name.to_string(), Some(OsString::from(value))),
            None => (text.to_string(), None),
        };
        if !WITH_VALUE.contains(&name.as_str()) {
            continue;
        }
        let Some(value) = value.or_else(|| words.next().cloned()) else { break };
        match name.as_str() {
            "--config" => shared.config = Some(PathBuf::from(value)),
            "--modules" => shared.modules = Some(value),
            _ => shared.color = Color::from_str(&value.to_string_lossy(), true).unwrap_or_default(),
        }
    }
    shared
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(line: &str) -> (String, String) {
        let words = split(line.split(' ').map(OsString::from));
        let join = |w: &[OsString]| {
            w.iter().map(|w| w.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
        };
        (join(&words.own), join(&words.rest))
    }

    #[test]
    fn what_stands_after_the_module_is_the_modules() {
        let same = |line: &str, own: &str, rest: &str| {
            assert_eq!(cut(line), (own.to_string(), rest.to_string()), "{line}");
        };
        same("ledama run CopyData -v 3 --help", "ledama run CopyData", "-v 3 --help");
        same(
            "ledama -v run --config x.toml m.rhai a -b",
            "ledama -v run --config x.toml m.rhai",
            "a -b",
        );
        same("ledama --color=never run X", "ledama --color=never run X", "");
        same("ledama run --help", "ledama run --help", "");
        same("ledama list --group x", "ledama list --group x", "");
        same("ledama --config run list run x", "ledama --config run list run x", "");
        same("ledama run -- X y", "ledama run -- X", "y");
        same("ledama recipe run X --help", "ledama recipe run X", "--help");
        same("ledama recipe --color never print X -a", "ledama recipe --color never print X", "-a");
        same("ledama recipe list --json", "ledama recipe list --json", "");
        same("ledama recipe nonsense X -a", "ledama recipe nonsense X -a", "");
        same("ledama list run x -a", "ledama list run x -a", "");
    }

    #[test]
    fn shared_options_are_found_after_the_module() {
        let words: Vec<OsString> = [
            "-i",
            "x",
            "--config=c.toml",
            "--color",
            "always",
            "--verbose",
            "--",
            "--modules",
            "m",
        ]
        .map(OsString::from)
        .to_vec();
        let found = shared(&words);
        assert_eq!(found.config, Some(PathBuf::from("c.toml")));
        assert_eq!((found.color, found.verbose, found.modules), (Color::Always, 1, None));
    }
}
