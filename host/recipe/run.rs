//! Does the steps one after the other, and tells at the end what is done,
//! what is left, and how to go on.

use std::collections::BTreeSet;
use std::ffi::OsString;

use super::check::{Checked, Step};
use super::journal::Journal;
use super::print;
use crate::diagnostic::{Diagnostic, Failure};
use crate::manifest::rerun;
use crate::report::talk::{Talk, Tone, paint};
use crate::run::outcome;

/// Who does the work of a step.
pub trait Doer {
    /// Runs a module with these arguments; its exit code.
    fn run(&mut self, module: &str, arguments: Vec<OsString>) -> u8;
    /// Whether the user wants to stop.
    fn interrupted(&self) -> bool;
}

/// What is to be done.
#[derive(Debug)]
pub struct Course<'a> {
    /// The steps.
    pub checked: &'a Checked,
    /// Those to be done.
    pub chosen: BTreeSet<usize>,
    /// Those that began earlier and are not done: they go on where they were.
    pub begun: BTreeSet<usize>,
    /// Those done earlier.
    pub done: BTreeSet<usize>,
    /// Words for every module, such as `--no-progress`.
    pub more: Vec<OsString>,
    /// Questions are answered with yes.
    pub yes: bool,
    /// The command that goes on after a failure.
    pub again: String,
}

impl Course<'_> {
    /// The arguments of a step behind its module.
    fn arguments(&self, index: usize) -> Vec<OsString> {
        let step = &self.checked.steps[index];
        let mut words = step.words(None).split_off(2);
        let asked = step.options.as_ref().is_ok_and(|(_, options)| options.flag("resume"));
        if self.begun.contains(&index) && step.resumes() && !asked {
            words.push("--resume".into());
        }
        if self.yes && step.asks() {
            words.push("--yes".into());
        }
        words.extend(self.more.iter().cloned());
        words
    }

    /// Shows each step, and what its module would do where its files are there.
    pub fn query(&self, talk: &Talk, doer: &mut dyn Doer) -> u8 {
        let mut code = outcome::OK;
        for &index in &self.chosen {
            let step = &self.checked.steps[index];
            self.announce(index, talk);
            let missing = step.inputs.iter().find(|i| i.path.symlink_metadata().is_err());
            if let Some(maker) = missing.and_then(|input| input.maker) {
                let maker = &self.checked.steps[maker].name;
                talk.line(&format!("would run when `{maker}` has made what it needs"));
                continue;
            }
            let mut words = self.arguments(index);
            words.push("--query".into());
            code = code.max(doer.run(&step.module, words));
            if doer.interrupted() {
                return outcome::INTERRUPTED;
            }
        }
        code
    }

    /// Does the steps; stops at the first that fails.
    pub fn carry_out(
        mut self,
        talk: &Talk,
        journal: &mut Journal,
        doer: &mut dyn Doer,
    ) -> Result<(), Failure> {
        for index in self.chosen.clone() {
            let step = &self.checked.steps[index];
            if doer.interrupted() {
                return Err(self.stopped(index, outcome::INTERRUPTED));
            }
            self.announce(index, talk);
            journal.begin(&step.name).map_err(|fault| self.unrecorded(fault, index))?;
            let code = doer.run(&step.module, self.arguments(index));
            let recorded = journal.end(&step.name, code);
            if code != outcome::OK {
                return Err(self.stopped(index, code));
            }
            self.done.insert(index);
            recorded.map_err(|fault| self.unrecorded(fault, index))?;
        }
        talk.line(&format!("{} of {} steps are done", self.done.len(), self.checked.steps.len()));
        Ok(())
    }

    fn announce(&self, index: usize, talk: &Talk) {
        let step = &self.checked.steps[index];
        let place = format!("step {} of {}: {}", index + 1, self.checked.steps.len(), step.name);
        talk.line(&paint(&format!("== {place}"), Tone::Good, talk.color()));
        let mut words = print::command(step, None);
        words.truncate(3);
        words.extend(self.arguments(index));
        talk.line(&paint(&rerun::quoted(&words), Tone::Dim, talk.color()));
    }

    /// The journal could not be written: without it nobody can go on, so
    /// nothing more is begun.
    fn unrecorded(&self, fault: Diagnostic, index: usize) -> Failure {
        let step = &self.checked.steps[index].name;
        let fault = fault
            .note(format!("at step `{step}`; done: {}", names(&self.checked.steps, &self.done)));
        let nothing = self.done.is_empty();
        Failure::from(fault).with_code(if nothing {
            outcome::NOTHING_DONE
        } else {
            outcome::FAILED
        })
    }

    /// Why the run ended here. The exit code is that of the step, but a run
    /// that has done something has not done nothing.
    fn stopped(&self, index: usize, code: u8) -> Failure {
        let steps = &self.checked.steps;
        let step = format!(
            "step `{}` ({} of {}, {})",
            steps[index].name,
            index + 1,
            steps.len(),
            steps[index].module
        );
        let message = match code {
            outcome::INTERRUPTED => format!("interrupted at {step}"),
            outcome::NOTHING_DONE => format!("{step} could not begin"),
            _ => format!("{step} failed"),
        };
        let left = self.chosen.iter().filter(|i| !self.done.contains(i)).copied().collect();
        let fault = Diagnostic::error(message)
            .note(format!("done: {}", names(steps, &self.done)))
            .note(format!("left: {}", names(steps, &left)))
            .help(format!("go on with `{}`", self.again));
        let code = match code {
            outcome::NOTHING_DONE if !self.done.is_empty() => outcome::FAILED,
            code => code,
        };
        Failure::from(fault).with_code(code)
    }
}

fn names(steps: &[Step], indices: &BTreeSet<usize>) -> String {
    let names: Vec<_> = indices.iter().map(|i| steps[*i].name.as_str()).collect();
    if names.is_empty() { "nothing".to_string() } else { names.join(", ") }
}
