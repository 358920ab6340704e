//! What can stand at a place of the command line.

use clap::{Arg, Command};

use super::line::{self, Line};
use super::scene::Scene;
use super::values;
use crate::cli::recipe::{self, Verb};
use crate::cli::{self, run, words};
use crate::manifest::{self, Kind, Manifest, Purpose};

/// One thing that can stand there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Candidate {
    pub(super) value: String,
    /// One line.
    pub(super) help: String,
}

impl Candidate {
    /// A value with its meaning, of which the first line counts.
    pub(super) fn new(value: impl Into<String>, help: &str) -> Self {
        let help = help.lines().next().unwrap_or_default().replace('\t', " ");
        Self { value: value.into(), help }
    }

    /// A value that speaks for itself.
    pub(super) fn plain(value: impl Into<String>) -> Self {
        Self::new(value, "")
    }
}

/// Which file names can stand there too.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Files {
    /// None.
    #[default]
    None,
    /// All.
    All,
    /// Scripts.
    Scripts,
}

/// Everything that can stand there.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) candidates: Vec<Candidate>,
    pub(super) files: Files,
    /// Whether more of the same word may follow.
    pub(super) goes_on: bool,
}

impl Answer {
    /// Those that begin with what is there.
    pub(super) fn of(all: impl IntoIterator<Item = Candidate>, current: &str) -> Self {
        let fitting = all.into_iter().filter(|c| c.value.starts_with(current)).collect();
        Self { candidates: fitting, ..Self::default() }
    }

    /// Files only.
    pub(super) fn files(files: Files) -> Self {
        Self { files, ..Self::default() }
    }
}

/// What can stand in place of the word `index`; the first word is the program.
pub(super) fn candidates(words: &[String], index: usize) -> Answer {
    let current = words.get(index).map(String::as_str).unwrap_or_default();
    let before = words.get(1..index.min(words.len())).unwrap_or_default();
    let mut root = cli::command();
    root.build();
    let line = Line::read(&root, before, |path| words::leads_on(path));
    let rest = &before[line.read..];
    if words::leads_on(&line.path) && !line.plain.is_empty() {
        return declared(&line, rest, current);
    }
    let scene = Scene::find(line.value_of("config"), line.value_of("modules"));
    let value = |arg: &Arg, part: &str| values::of_host(&scene, &line.path, arg, part);
    at(&line, current, |_| false, value)
}

/// Behind a module or recipe: its own options. Behind a script that declares
/// nothing: any file.
fn declared(line: &Line<'_>, rest: &[String], current: &str) -> Answer {
    let words: Vec<_> = rest.iter().map(Into::into).collect();
    let shared = words::shared(&words);
    let config = shared.config.map(|path| path.to_string_lossy().into_owned());
    let modules = shared.modules.map(|list| list.to_string_lossy().into_owned());
    let scene = Scene::find(
        config.as_deref().or_else(|| line.value_of("config")),
        modules.as_deref().or_else(|| line.value_of("modules")),
    );
    let name = line.plain.first().map(String::as_str).unwrap_or_default();
    let verb = line.path.get(1).and_then(|word| Verb::of(word));
    let host = |command| match verb {
        Some(verb) => recipe::host_options(verb, command),
        None => run::host_options(command),
    };
    let manifest = match verb {
        Some(_) => scene.recipe(name),
        None => scene.module(name),
    };
    let manifest = manifest.map(|m| m.at_level(scene.level));
    let mut command = match &manifest {
        Some(manifest) => manifest::command(manifest, Purpose::Show, host),
        None => host(Command::new("script")),
    };
    command.build();
    let line = Line::read(&command, rest, |_| false);
    let declared = |arg: &Arg| manifest.as_ref()?.option(arg.get_id().as_str());
    let value = |arg: &Arg, part: &str| match declared(arg) {
        Some(option) => values::of_kind(&scene, option.kind, arg, part),
        None => values::of_host(&scene, &["run", "MODULE"], arg, part),
    };
    let mut answer = at(&line, current, |arg| is_urgent(manifest.as_ref(), arg), value);
    if verb.is_none() && manifest.is_none() && !current.starts_with('-') && line.waiting.is_none() {
        answer = Answer::files(Files::All);
    }
    answer
}

fn is_urgent(manifest: Option<&Manifest>, arg: &Arg) -> bool {
    let option = manifest.and_then(|m| m.option(arg.get_id().as_str()));
    option.is_some_and(|option| option.required && option.kind != Kind::Flag)
}

/// What can stand at the end of a line.
fn at(
    line: &Line<'_>,
    current: &str,
    is_urgent: impl Fn(&Arg) -> bool,
    value: impl Fn(&Arg, &str) -> Answer,
) -> Answer {
    if let Some(arg) = line.waiting {
        return value(arg, current);
    }
    if !line.ended && current.starts_with("--") && current.contains('=') {
        let (name, part) = current.split_once('=').unwrap_or((current, ""));
        let arg = line::find(line.command, &name[2..]).filter(|arg| line::takes_value(arg));
        let mut answer = arg.map(|arg| value(arg, part)).unwrap_or_default();
        for candidate in &mut answer.candidates {
            candidate.value.insert_str(0, &format!("{name}="));
        }
        return answer;
    }
    if !line.ended && current.starts_with('-') {
        return options(line, current, is_urgent);
    }
    let mut answer = line.next_plain().map(|arg| value(arg, current)).unwrap_or_default();
    if line.plain.is_empty() {
        let commands = line.command.get_subcommands().filter(|c| !c.is_hide_set()).map(|c| {
            let about = c.get_about().map(ToString::to_string).unwrap_or_default();
            Candidate::new(c.get_name(), &about)
        });
        answer.candidates.extend(Answer::of(commands, current).candidates);
    }
    let nothing = answer.candidates.is_empty() && answer.files == Files::None;
    if nothing && current.is_empty() && !line.ended {
        return options(line, "--", is_urgent);
    }
    answer
}

/// Options that were not given yet, the required ones first; letters only
/// where a single dash asks for them.
fn options(line: &Line<'_>, current: &str, is_urgent: impl Fn(&Arg) -> bool) -> Answer {
    let mut args: Vec<&Arg> = line
        .command
        .get_arguments()
        .filter(|arg| !arg.is_hide_set() && !arg.is_positional() && !line.is_used_up(arg))
        .collect();
    args.sort_by_key(|arg| !is_urgent(arg));
    let help = |arg: &Arg| arg.get_help().map(ToString::to_string).unwrap_or_default();
    let longs = args
        .iter()
        .filter_map(|arg| Some(Candidate::new(format!("--{}", arg.get_long()?), &help(arg))));
    let letters = args
        .iter()
        .filter_map(|arg| Some(Candidate::new(format!("-{}", arg.get_short()?), &help(arg))));
    Answer::of(longs.chain(letters), current)
}
