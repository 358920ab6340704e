//! From what a recipe has said to steps that can be done: every mistake of the
//! recipe is told at once, with its line, before anything happens.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use ledama_base::suggest::did_you_mean;
use ledama_cluster::run::Level;

use super::draft::{Draft, Said};
use super::files::{self, Input};
use super::order::{self, Edges};
use crate::diagnostic::{Diagnostic, Place, any_error};
use crate::manifest::{
    self, Facts, Form, Kind, ListOf, Manifest, Options, Origin, RawOptions, RawValue, host_options,
    rerun,
};

/// What there is by the name of a module.
#[derive(Debug, Clone)]
pub enum Module {
    /// The module as the account sees it, defaults filled.
    Known(Box<Manifest>),
    /// No module; perhaps one of a similar name.
    Unknown(Option<String>),
    /// A module for accounts of another level.
    Hidden(Level),
    /// A module with faults.
    Broken(Vec<Diagnostic>),
}

/// What steps are compared with.
pub struct Surroundings<'a> {
    /// Facts of this host.
    pub facts: &'a Facts<'a>,
    /// Finds a module.
    pub module: &'a dyn Fn(&str) -> Module,
}

impl std::fmt::Debug for Surroundings<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Surroundings").field("facts", self.facts).finish_non_exhaustive()
    }
}

/// A step whose options are those of its module.
#[derive(Debug, Clone)]
pub struct Step {
    /// What it is called.
    pub name: String,
    /// Name of the module.
    pub module: String,
    /// Where the recipe says it.
    pub place: Option<Place>,
    /// The module and its checked options.
    pub options: Result<(Manifest, Options), Unavailable>,
    /// Steps that must be done before, all of them earlier ones.
    pub after: BTreeSet<usize>,
    /// Files and folders of this host that must be there when it begins.
    pub inputs: Vec<Input>,
    /// Files and folders of this host that it makes.
    pub creates: Vec<PathBuf>,
}

/// A step whose module cannot be run here.
#[derive(Debug, Clone)]
pub struct Unavailable {
    /// Why.
    pub why: Diagnostic,
    /// The options as they were said.
    pub options: Vec<(String, RawValue)>,
}

/// Steps without mistakes, in the order in which they are done.
#[derive(Debug, Clone)]
pub struct Checked {
    /// The steps.
    pub steps: Vec<Step>,
}

/// Compares a draft with modules, host and itself; all mistakes together.
pub fn check(draft: &Draft, around: &Surroundings<'_>) -> Result<Checked, Vec<Diagnostic>> {
    let said = &draft.steps;
    let mut faults = Vec::new();
    if said.is_empty() {
        faults.push(
            Diagnostic::error("the recipe says no step")
                .help("a step is said with `recipe.step(name, module, options)`"),
        );
    }
    names(said, &mut faults);
    let created = files::created(said, around.facts);
    makers(said, &created, &mut faults);
    let mut steps = Vec::new();
    let mut edges = Edges::new();
    for (index, one) in said.iter().enumerate() {
        let Some(options) = options(one, around, &mut faults) else { continue };
        let module = options.as_ref().ok().map(|(manifest, options)| (manifest, options));
        let inputs = files::inputs(one, index, module, &created, around.facts);
        let mut after: BTreeSet<usize> = inputs.iter().filter_map(|input| input.maker).collect();
        after.extend(named(one, said, &mut faults));
        edges.push(after.clone());
        steps.push(Step {
            name: one.name.clone(),
            module: options.as_ref().map_or(&one.module, |(manifest, _)| &manifest.name).clone(),
            place: one.place.clone(),
            options,
            after,
            inputs,
            creates: created[index].clone(),
        });
    }
    if edges.len() == said.len() {
        faults.extend(order::faults(said, &edges));
    }
    if any_error(&faults) { Err(faults) } else { Ok(Checked { steps }) }
}

fn names(said: &[Said], faults: &mut Vec<Diagnostic>) {
    for (index, one) in said.iter().enumerate() {
        if let Some(first) = said[..index].iter().find(|s| s.name == one.name) {
            let mut fault = Diagnostic::error(format!("two steps are called `{}`", one.name));
            if let Some(place) = first.place.as_ref().filter(|_| first.place != one.place) {
                fault = fault.note(format!("the first one stands in line {}", place.line));
            }
            faults.push(fault.at(one.place.clone()));
        }
    }
}

fn makers(said: &[Said], created: &[Vec<PathBuf>], faults: &mut Vec<Diagnostic>) {
    for (index, paths) in created.iter().enumerate() {
        for path in paths {
            let first = created[..index].iter().position(|earlier| earlier.contains(path));
            if let Some(first) = first {
                let fault = Diagnostic::error(format!(
                    "the steps `{}` and `{}` both make {}",
                    said[first].name,
                    said[index].name,
                    shown(path)
                ));
                faults.push(fault.at(said[index].place.clone()));
            }
        }
    }
}

/// The steps that are named in `after`.
fn named(one: &Said, said: &[Said], faults: &mut Vec<Diagnostic>) -> Vec<usize> {
    let mut found = Vec::new();
    for name in &one.after {
        match said.iter().position(|s| s.name == *name) {
            Some(index) => found.push(index),
            None => faults.push(
                Diagnostic::error(format!(
                    "step `{}` waits for `{name}`, and there is no such step",
                    one.name
                ))
                .at(one.place.clone())
                .maybe_help(did_you_mean(name, said.iter().map(|s| s.name.as_str()))),
            ),
        }
    }
    found
}

type Resolved = Result<(Manifest, Options), Unavailable>;

/// The checked options of a step; nothing where they have mistakes.
fn options(
    said: &Said,
    around: &Surroundings<'_>,
    faults: &mut Vec<Diagnostic>,
) -> Option<Resolved> {
    let unavailable = |why: Diagnostic| {
        let why = why.at(said.place.clone());
        Some(Err(Unavailable { why, options: said.options.clone() }))
    };
    let manifest = match (around.module)(&said.module) {
        Module::Known(manifest) => manifest,
        Module::Unknown(help) => {
            return unavailable(
                Diagnostic::error(format!("there is no module `{}`", said.module)).maybe_help(help),
            );
        }
        Module::Hidden(level) => {
            return unavailable(Diagnostic::error(format!(
                "the module `{}` is for accounts of level `{}`",
                said.module,
                level.word()
            )));
        }
        Module::Broken(found) => {
            let why = Diagnostic::error(format!(
                "step `{}`: the module `{}` has faults",
                said.name, said.module
            ));
            faults.push(why.at(said.place.clone()));
            faults.extend(found);
            return None;
        }
    };
    let mut own = Vec::new();
    let mut raw = RawOptions::default();
    for (name, value) in &said.options {
        match manifest.option(name) {
            Some(option) => {
                let value = as_element(option.kind, value);
                raw.set(&option.name, value, Origin::CommandLine, None);
            }
            None => own.push(no_option(&manifest, name)),
        }
    }
    match manifest::resolve(&without_existence(&manifest), &raw, around.facts) {
        Ok(options) if own.is_empty() => return Some(Ok((*manifest, options))),
        Ok(_) => {}
        Err(more) => own.extend(more),
    }
    faults.extend(own.into_iter().map(|mut fault| {
        fault.message = format!("step `{}`: {}", said.name, fault.message);
        fault.at(said.place.clone())
    }));
    None
}

/// A text for a list is one element: a script has arrays for several, and a
/// file name may hold a comma.
fn as_element(kind: Kind, value: &RawValue) -> RawValue {
    match (kind, value) {
        (Kind::List(_), RawValue::Text(_)) => RawValue::List(vec![value.clone()]),
        _ => value.clone(),
    }
}

fn no_option(manifest: &Manifest, name: &str) -> Diagnostic {
    let fault = Diagnostic::error(format!("`{}` has no option `{name}`", manifest.name));
    if host_options::names(Form::Module).iter().any(|known| known == name) {
        return fault.help(format!("`--{name}` belongs to the command line, not to a step"));
    }
    let names = manifest.offered().map(|o| o.name.as_str());
    fault.maybe_help(did_you_mean(name, names))
}

/// The module without asking whether RefFiles are there: earlier steps may
/// make them.
fn without_existence(manifest: &Manifest) -> Manifest {
    let mut relaxed = manifest.clone();
    for option in &mut relaxed.options {
        option.kind = match option.kind {
            Kind::RefFile => Kind::Path,
            Kind::List(ListOf::RefFile) => Kind::List(ListOf::Path),
            other => other,
        };
    }
    relaxed
}

pub(super) fn shown(path: &Path) -> String {
    ledama_base::quote::show(&ledama_base::rawtext::path_text(path)).into_owned()
}

impl Checked {
    /// The step of that name.
    pub fn find(&self, name: &str) -> Option<usize> {
        self.steps.iter().position(|s| s.name == name)
    }

    /// Why the `chosen` steps cannot be done now: modules that are not there,
    /// files that are missing, files that are there already (except those of
    /// steps that have `begun`). What hinders several steps is told once.
    pub fn obstacles(&self, chosen: &BTreeSet<usize>, begun: &BTreeSet<usize>) -> Vec<Diagnostic> {
        let there = |path: &Path| path.symlink_metadata().is_ok();
        let mut found = Obstacles::default();
        for &index in chosen {
            let step = &self.steps[index];
            if let Err(unavailable) = &step.options {
                found.add(unavailable.why.clone(), step);
            }
            for input in step.inputs.iter().filter(|input| !there(&input.path)) {
                let fault = Diagnostic::error(format!("{} is not there", shown(&input.path)));
                match input.maker {
                    Some(maker) if chosen.contains(&maker) => {}
                    Some(maker) => {
                        let maker = &self.steps[maker].name;
                        found.add(fault.note(format!("step `{maker}` makes it")), step);
                    }
                    None => found.add(fault, step),
                }
            }
            for path in step.creates.iter().filter(|path| there(path) && !begun.contains(&index)) {
                let fault = Diagnostic::error(format!("{} is there already", shown(path)));
                found.add(fault.help("move it away, or choose another name"), step);
            }
        }
        found.told()
    }
}

/// What hinders steps, with the names of the steps.
#[derive(Default)]
struct Obstacles(Vec<(Diagnostic, Vec<String>)>);

impl Obstacles {
    fn add(&mut self, fault: Diagnostic, step: &Step) {
        let known = self.0.iter_mut().find(|(known, _)| known.message == fault.message);
        match known {
            Some((_, steps)) => steps.push(step.name.clone()),
            None => self.0.push((fault, vec![step.name.clone()])),
        }
    }

    fn told(self) -> Vec<Diagnostic> {
        let tell = |(fault, steps): (Diagnostic, Vec<String>)| match steps.as_slice() {
            [step] => fault.note(format!("in step `{step}`")),
            _ => fault.note(format!("in the steps {}", steps.join(", "))),
        };
        self.0.into_iter().map(tell).collect()
    }
}

impl Step {
    /// The words after `ledama`: `run`, the module, its options; paths below
    /// `folder` are relative to it if one is given.
    pub fn words(&self, folder: Option<&Path>) -> Vec<OsString> {
        let mut words = vec![OsString::from("run"), OsString::from(&self.module)];
        match &self.options {
            Ok((_, options)) => words.extend(rerun::arguments_in(options, folder)),
            Err(unavailable) => words.extend(rerun::as_said(&unavailable.options)),
        }
        words
    }

    /// Whether it may lose something and so asks first.
    pub fn asks(&self) -> bool {
        match &self.options {
            Ok((manifest, options)) => manifest.destructive.applies(options),
            Err(_) => false,
        }
    }

    /// Whether its module can go on where an earlier run of it was stopped.
    pub fn resumes(&self) -> bool {
        let flag = |(manifest, _): &(Manifest, Options)| {
            manifest.option("resume").is_some_and(|o| o.kind == Kind::Flag && !o.out_of_reach)
        };
        self.options.as_ref().is_ok_and(flag)
    }
}
