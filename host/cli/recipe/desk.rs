//! From a command line to checked steps: what `show`, `print` and `run` have in
//! common.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use clap::{ArgMatches, FromArgMatches};
use ledama_base::atomic::{self, Existing};
use serde_json::Value;

use super::super::Shared;
use super::super::desk::Desk;
use super::super::facts::with_facts;
use super::super::modules::Catalogue;
use super::super::place::Place;
use super::flags::Files;
use super::shelf::Shelf;
use super::{Verb, host_options};
use crate::diagnostic::{Diagnostic, Failure, usage_error};
use crate::engine::{self, Call, ScriptFile, Setup, Stop};
use crate::manifest::{self, Manifest, Options, Purpose, RawOptions, ResultKind, rerun};
use crate::recipe::{self, Checked, Draft, Module, Surroundings, print, script, show};
use crate::report::printed::Printer;
use crate::report::talk::Talk;
use crate::run::outcome;

/// What stood on the command line.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) verb: Verb,
    /// As it was typed.
    pub(super) recipe: String,
    /// What stood behind it.
    pub(super) rest: Vec<OsString>,
    pub(super) shared: Shared,
}

/// A recipe whose steps are known.
pub(super) struct Ready<'a> {
    pub(super) asked: &'a Asked,
    pub(super) talk: Arc<Talk>,
    pub(super) place: Place,
    pub(super) catalogue: Catalogue,
    pub(super) manifest: Manifest,
    pub(super) options: Options,
    pub(super) checked: Checked,
    pub(super) folder: PathBuf,
    matches: ArgMatches,
}

impl<'a> Ready<'a> {
    /// Reads options, lets the recipe say its steps and checks them. Nothing
    /// if help was asked for, and has been given.
    pub(super) fn of(asked: &'a Asked) -> Result<Option<Self>, Failure> {
        let Desk { talk, place, catalogue } = Desk::open(&asked.shared)?;
        let talk = Arc::new(talk);
        let shelf = Shelf::new(&place.loaded.config.paths.recipes, catalogue.sources.clone());
        for warning in &shelf.library.warnings {
            talk.warn(&warning.to_string());
        }
        let (script, manifest) = shelf.find(&asked.recipe)?;
        if !manifest.visible_to(place.level) {
            let access = manifest.access.word();
            return Err(Diagnostic::error(format!(
                "`{}` is for accounts of level `{access}`, and `{}` has level `{}`",
                manifest.name,
                place.account.name,
                place.level.word()
            ))
            .into());
        }
        let manifest = manifest.at_level(place.level).filled(&place.placeholders());
        let Some(matches) = parse(asked, &manifest)? else { return Ok(None) };
        let folder = std::env::current_dir()
            .map_err(|e| Diagnostic::error(format!("the current folder cannot be found: {e}")))?;
        let files = Files::from_arg_matches(&matches)
            .map_err(|e| Failure::from(Diagnostic::error(e.to_string())))?;
        let with_sources = |failure: Failure| failure.with_sources(catalogue.sources.clone());
        let options = options(&manifest, &matches, &files, &place, &talk)?;
        let draft = say(&script, &options, &place, &catalogue, &talk, folder.clone())
            .map_err(with_sources)?;
        for warning in &draft.warnings {
            talk.warn(warning);
        }
        let checked = check(&draft, &place, &catalogue, &talk).map_err(with_sources)?;
        Ok(Some(Self {
            asked,
            talk,
            place,
            catalogue,
            manifest,
            options,
            checked,
            folder,
            matches,
        }))
    }

    /// The host's options.
    pub(super) fn flags<F: FromArgMatches>(&self) -> Result<F, Failure> {
        F::from_arg_matches(&self.matches).map_err(|e| Diagnostic::error(e.to_string()).into())
    }

    /// Tells what would stand in the way of a run, as warnings.
    pub(super) fn warn_of_obstacles(&self) {
        let all = (0..self.checked.steps.len()).collect();
        let mut obstacles = self.checked.obstacles(&all, &BTreeSet::new());
        for obstacle in &mut obstacles {
            obstacle.severity = crate::diagnostic::Severity::Warning;
        }
        if !obstacles.is_empty() {
            self.failure(obstacles).show(&self.talk);
        }
    }

    /// Faults with the texts they refer to.
    pub(super) fn failure(&self, faults: Vec<Diagnostic>) -> Failure {
        Failure::from(faults).with_sources(self.catalogue.sources.clone())
    }

    pub(super) fn table(&self) -> String {
        show::table(&self.checked, &self.folder)
    }

    pub(super) fn json(&self) -> Value {
        show::json(&self.manifest, &self.options, &self.folder, &self.checked)
    }

    pub(super) fn script(&self) -> Vec<u8> {
        let mut environment: Vec<(&'static str, OsString)> = Vec::new();
        if let Some(file) = &self.asked.shared.config {
            environment.push(("LEDAMA_CONFIG", self.folder.join(file).into()));
        }
        if let Some(folders) = &self.asked.shared.modules {
            let folders = std::env::split_paths(folders).map(|f| self.folder.join(f));
            // They came out of such a list, so they fit into one.
            environment.extend(std::env::join_paths(folders).ok().map(|v| ("LEDAMA_MODULES", v)));
        }
        let frame = print::Frame { recipe: &self.manifest, folder: &self.folder, environment };
        print::script(&self.checked, &frame)
    }

    /// The command line that runs the recipe with these options.
    pub(super) fn command(&self, more: &[OsString]) -> String {
        let mut words: Vec<OsString> = vec!["ledama".into()];
        if let Some(file) = &self.asked.shared.config {
            words.extend(["--config".into(), file.into()]);
        }
        if let Some(folders) = &self.asked.shared.modules {
            words.extend(["--modules".into(), folders.clone()]);
        }
        words.extend(["recipe", "run"].map(OsString::from));
        words.push(ledama_base::rawtext::decode(&self.asked.recipe));
        words.extend(rerun::arguments_in(&self.options, Some(&self.folder)));
        words.extend(more.iter().cloned());
        rerun::quoted(&words)
    }
}

fn parse(asked: &Asked, manifest: &Manifest) -> Result<Option<ArgMatches>, Failure> {
    let called = format!("ledama recipe {} {}", asked.verb.word(), manifest.name);
    let command = |purpose| {
        manifest::command_called(&called, manifest, purpose, |c| host_options(asked.verb, c))
    };
    match command(Purpose::Parse).try_get_matches_from(&asked.rest) {
        Ok(matches) => Ok(Some(matches)),
        Err(error) if !error.use_stderr() => {
            // The help shows possible values, which parsing leaves to us.
            let show = command(Purpose::Show);
            let _ = show.try_get_matches_from(&asked.rest).map_err(|e| e.print());
            Ok(None)
        }
        Err(error) => Err(usage_error(&error, &format!("{called} --help")).into()),
    }
}

/// Everything the user said, checked, all faults together.
fn options(
    manifest: &Manifest,
    matches: &ArgMatches,
    files: &Files,
    place: &Place,
    talk: &Talk,
) -> Result<Options, Failure> {
    let mut raw = RawOptions::from_matches(manifest, matches);
    if let Some(path) = &files.options {
        raw = raw.over(manifest::file::read(manifest, path)?);
    }
    let options = with_facts(place, talk, |facts| manifest::resolve(manifest, &raw, facts))?;
    if let Some(path) = &files.save_options {
        atomic::write(path, manifest::file::write(&options).as_bytes(), Existing::Replace)
            .map_err(|e| Diagnostic::error(e.to_string()).maybe_help(e.help()))?;
    }
    Ok(options)
}

/// Lets the recipe say its steps.
fn say(
    script: &ScriptFile,
    options: &Options,
    place: &Place,
    catalogue: &Catalogue,
    talk: &Arc<Talk>,
    folder: PathBuf,
) -> Result<Draft, Failure> {
    // What the script prints is talk: standard output is for the steps.
    let printer = Printer::new(Arc::clone(talk), ResultKind::Data, false);
    let setup = Setup::new(
        catalogue.library.clone(),
        catalogue.sources.clone(),
        place.config(),
        Arc::new(printer),
        Arc::new(AtomicBool::new(false)),
    );
    let listener = Arc::new(script::Listener::new(
        place.config(),
        place.account.name.clone(),
        place.level,
        folder,
        script.label.clone(),
    ));
    let recipe = script::handle(Arc::clone(&listener));
    match engine::run(&setup, script, Call::Recipe { options: options.to_map(), recipe }) {
        Ok(_) => Ok(listener.draft()),
        Err(Stop::Fault(fault)) => Err(Failure::from(*fault)),
        Err(Stop::Cancelled | Stop::Ended(_)) => {
            Err(Failure::from(Diagnostic::error("the recipe was stopped"))
                .with_code(outcome::INTERRUPTED))
        }
    }
}

fn check(
    draft: &Draft,
    place: &Place,
    catalogue: &Catalogue,
    talk: &Talk,
) -> Result<Checked, Failure> {
    let module = |name: &str| find_module(name, place, catalogue);
    with_facts(place, talk, |facts| {
        recipe::check::check(draft, &Surroundings { facts, module: &module })
    })
    .map_err(Failure::from)
}

fn find_module(name: &str, place: &Place, catalogue: &Catalogue) -> Module {
    let script = match catalogue.library.find(name) {
        Ok(script) => script,
        Err(fault) => {
            return Module::Unknown(fault.help.into_iter().find(|h| h.starts_with("did you mean")));
        }
    };
    let reading = catalogue.read(&script);
    match reading.manifest {
        Some(manifest) if !manifest.visible_to(place.level) => Module::Hidden(manifest.access),
        Some(manifest) => {
            let mut manifest = manifest.at_level(place.level).filled(&place.placeholders());
            if name.contains('/') {
                // A file is run by its path.
                manifest.name = name.to_string();
            }
            Module::Known(Box::new(manifest))
        }
        None if reading.declared => Module::Broken(reading.faults),
        None => Module::Unknown(Some(format!("{} declares no MODULE", script.label))),
    }
}
