//! Which journal a run belongs to, and whether it may begin or go on.

use std::path::PathBuf;

use serde_json::Value;

use super::desk::Ready;
use super::flags::RunFlags;
use crate::diagnostic::Diagnostic;
use crate::recipe::journal::{self, Header, Past};
use crate::run::folders;

/// The journal of a run.
pub(super) struct Record {
    /// Where it is.
    pub(super) path: PathBuf,
    /// What a new one begins with.
    pub(super) header: Header,
    /// What it tells, if this run goes on with it.
    pub(super) past: Option<Past>,
}

impl Record {
    /// Finds the journal and compares it with what was asked for.
    pub(super) fn of(ready: &Ready<'_>, flags: &RunFlags) -> Result<Self, Diagnostic> {
        let state = folders::state(&ready.place.loaded.config);
        let options = ready.options.to_json();
        let name = &ready.manifest.name;
        let digest = crate::recipe::digest(name, &options, &ready.folder, &ready.checked);
        let path = match &flags.state {
            Some(path) => ready.folder.join(path),
            None => journal::usual_place(&state, name, &digest),
        };
        let steps = ready.checked.steps.iter().map(|s| s.name.clone()).collect();
        let header = Header::new(name, &ready.folder, digest, options, steps);
        let known = Past::read(&path)?;
        let same = known.as_ref().is_some_and(|past| past.header.digest == header.digest);
        if flags.resume {
            return match known {
                Some(past) if same => Ok(Self { path, header, past: Some(past) }),
                Some(past) => Err(other(&header, &past, &path)),
                None => Err(nothing(&header, ready, &path)),
            };
        }
        let unfinished = known.as_ref().is_some_and(Past::is_unfinished);
        if unfinished && !same {
            let shown = path.display();
            return Err(Diagnostic::error(format!(
                "{shown} tells of a run that is not finished and had other options"
            ))
            .help("name another journal with `--state`, or remove that one"));
        }
        let chosen = flags.from.is_some() || !flags.only.is_empty();
        if unfinished && !chosen && !flags.query {
            return Err(Diagnostic::error("an earlier run with the same options is not finished")
                .note(format!("its journal is {}", path.display()))
                .help(format!("go on with `{}`", ready.command(&again(flags))))
                .help("or remove the journal to begin anew"));
        }
        // Chosen steps are added to what was done so far.
        let past = known.filter(|_| unfinished && chosen);
        Ok(Self { path, header, past })
    }
}

/// The host's options of the command that goes on.
pub(super) fn again(flags: &RunFlags) -> Vec<std::ffi::OsString> {
    let mut words: Vec<std::ffi::OsString> = Vec::new();
    if let Some(state) = &flags.state {
        words.extend(["--state".into(), state.into()]);
    }
    if let Some(from) = &flags.from {
        words.extend(["--from".into(), from.into()]);
    }
    if !flags.only.is_empty() {
        words.extend(["--only".into(), flags.only.join(",").into()]);
    }
    if flags.yes {
        words.push("--yes".into());
    }
    words.push("--resume".into());
    words
}

/// There is a journal, of another run.
fn other(header: &Header, past: &Past, path: &std::path::Path) -> Diagnostic {
    let mut fault = Diagnostic::error(format!(
        "the run in {} was another one, so this cannot go on with it",
        path.display()
    ));
    for difference in differences(header, past) {
        fault = fault.note(difference);
    }
    fault.help("give the options of that run again, or begin a new one without `--resume`")
}

/// There is no journal: perhaps one of a run with other options.
fn nothing(header: &Header, ready: &Ready<'_>, path: &std::path::Path) -> Diagnostic {
    let state = folders::state(&ready.place.loaded.config);
    let near = journal::unfinished(&state, &header.recipe, &ready.folder);
    match near.first() {
        Some((path, past)) => other(header, past, path),
        None => Diagnostic::error("there is nothing to go on with")
            .note(format!(
                "no unfinished run of `{}` in this folder; {} is not there",
                header.recipe,
                path.display()
            ))
            .help("leave `--resume` out to begin"),
    }
}

/// What differs between two runs, in words.
fn differences(now: &Header, past: &Past) -> Vec<String> {
    let then = &past.header;
    let mut found = Vec::new();
    if now.recipe != then.recipe {
        found.push(format!("it was the recipe `{}`", then.recipe));
    }
    if now.folder != then.folder {
        found.push(format!("it ran in {}", then.folder));
    }
    let shown = |value: Option<&Value>| match value {
        None | Some(Value::Null) => "not given".to_string(),
        Some(Value::String(text)) => format!("`{text}`"),
        Some(Value::Array(items)) => {
            let items: Vec<_> = items.iter().map(crate::report::table::cell).collect();
            format!("`{}`", items.join(","))
        }
        Some(other) => format!("`{other}`"),
    };
    let empty = serde_json::Map::new();
    let (new, old) =
        (now.options.as_object().unwrap_or(&empty), then.options.as_object().unwrap_or(&empty));
    if now.recipe == then.recipe {
        for (name, value) in new.iter().filter(|(name, value)| old.get(*name) != Some(value)) {
            let (before, after) = (shown(old.get(name)), shown(Some(value)));
            found.push(format!("`--{name}` was {before} and is now {after}"));
        }
    }
    if found.is_empty() {
        found.push(
            "its steps were others: the recipe, a module or the configuration has changed".into(),
        );
    }
    found
}
