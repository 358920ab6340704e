//! `ledama recipe run`: the steps one after the other, each as `ledama run`
//! would do it, within this process: so nothing goes on when it is killed, and
//! all steps are done by the same program.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io::IsTerminal as _;

use ledama_cluster::executor::CancelToken;

use super::super::{Outcome, Shared, run as module, signals};
use super::desk::{Asked, Ready};
use super::flags::RunFlags;
use super::resume::{Record, again};
use crate::diagnostic::{Diagnostic, Failure};
use crate::recipe::journal::Journal;
use crate::recipe::run::{Course, Doer};
use crate::recipe::select::Choice;
use crate::report::talk::Talk;
use crate::run::outcome;

/// Runs modules in this process.
struct Here<'a> {
    shared: &'a Shared,
    talk: &'a Talk,
    cancel: CancelToken,
}

impl Doer for Here<'_> {
    fn run(&mut self, module: &str, arguments: Vec<OsString>) -> u8 {
        match module::run(self.shared, &module::Args::of(module, arguments)) {
            Ok(code) => code,
            Err(failure) => {
                failure.show(self.talk);
                failure.exit_code()
            }
        }
    }

    fn interrupted(&self) -> bool {
        self.cancel.is_cancelled()
    }
}

/// Runs a recipe.
pub(super) fn run(asked: &Asked) -> Outcome {
    let Some(ready) = Ready::of(asked)? else { return Ok(outcome::OK) };
    let flags: RunFlags = ready.flags()?;
    let choice = Choice { from: flags.from.clone(), only: flags.only.clone() };
    let chosen = choice.of(&ready.checked)?;
    let record = Record::of(&ready, &flags)?;
    let course = course(&ready, &flags, chosen, &record);
    let mut in_the_way = course.begun.clone();
    if !choice.is_all() && !flags.resume {
        // Steps that are chosen by name may be done again.
        in_the_way.extend(&course.done);
    }
    let obstacles = ready.checked.obstacles(&course.chosen, &in_the_way);
    if !obstacles.is_empty() {
        return Err(ready.failure(obstacles));
    }
    let cancel = CancelToken::new();
    signals::install(&cancel)
        .map_err(|e| Diagnostic::error(format!("cannot listen to signals: {e}")))?;
    let mut here = Here { shared: &asked.shared, talk: &ready.talk, cancel };
    if flags.query {
        return Ok(course.query(&ready.talk, &mut here));
    }
    nobody_to_ask(&course, &flags)?;
    if course.chosen.is_empty() {
        ready.talk.line("nothing to do: all steps are done");
        return Ok(outcome::OK);
    }
    let mut journal = Journal::open(&record.path, &record.header, record.past.as_ref())?;
    course.carry_out(&ready.talk, &mut journal, &mut here)?;
    Ok(outcome::OK)
}

/// What is left to do.
fn course<'a>(
    ready: &'a Ready<'_>,
    flags: &RunFlags,
    chosen: BTreeSet<usize>,
    record: &Record,
) -> Course<'a> {
    let steps = &ready.checked.steps;
    let those = |wanted: &dyn Fn(&str) -> bool| -> BTreeSet<usize> {
        (0..steps.len()).filter(|i| wanted(&steps[*i].name)).collect()
    };
    let (mut begun, mut done) = (BTreeSet::new(), BTreeSet::new());
    if let Some(past) = &record.past {
        begun = those(&|step| past.has_begun(step) && !past.is_done(step));
        done = those(&|step| past.is_done(step));
    }
    let chosen = if flags.resume { &chosen - &done } else { chosen };
    Course {
        checked: &ready.checked,
        chosen,
        begun,
        done,
        more: flags.no_progress.then(|| "--no-progress".into()).into_iter().collect(),
        yes: flags.yes,
        again: ready.command(&again(flags)),
    }
}

/// A step that asks a question nobody answers would fail in the middle.
fn nobody_to_ask(course: &Course<'_>, flags: &RunFlags) -> Result<(), Failure> {
    let terminal = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
    let asking = course.chosen.iter().map(|i| &course.checked.steps[*i]).find(|step| step.asks());
    match asking {
        Some(step) if !flags.yes && !terminal => Err(Diagnostic::error(format!(
            "step `{}` changes data that cannot be brought back",
            step.name
        ))
        .help("look at the steps with `--query`, then add `--yes`")
        .into()),
        _ => Ok(()),
    }
}
