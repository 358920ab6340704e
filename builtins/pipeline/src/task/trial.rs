//! Whether a program works on a node: the operation `pipeline.trial`.
//!
//! It looks where the program is behind its shell file, asks for its version
//! and lets it work on a set of three stations and four times, which this
//! program has inside (`trial/tiny.py` makes it). All of it happens in a
//! scratch folder, by the rules of any other task, so what fails here would
//! fail there.

use std::path::Path;

use flate2::read::GzDecoder;
use ledama_base::operation::{
    Effect, ErrorKind, Operation, OperationContext, OperationError, ProgramEnd, Stream,
};
use ledama_base::quote::show;
use ledama_base::rawtext::path_text;
use serde::{Deserialize, Serialize};

use super::place::Scratch;
use super::{Argument, Check, Fill, Kind, Product, Source, Task, run};
use crate::program::{Card, command_line, finding, start_failure};

/// The set, a folder `tiny.MS`.
const TINY: &[u8] = include_bytes!("trial/tiny.tar.gz");

/// The operation.
#[derive(Debug, Clone, Copy, Default)]
pub struct TryProgram;

/// What is to be tried.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trial {
    /// The program.
    pub program: Card,
    /// Folder on the node below which the scratch folder is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scratch: Option<String>,
    /// Whether it shall work on the set, where a way is known.
    pub work: bool,
}

/// How it went.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Tried {
    /// Where the program is, text form; none: it is not there.
    pub path: Option<String>,
    /// What it calls itself; empty where it cannot be asked.
    pub version: String,
    /// Whether it has worked on the set.
    pub worked: bool,
    /// Why it cannot be used, although it is there.
    pub failure: Option<String>,
}

impl Operation for TryProgram {
    const NAME: &'static str = "pipeline.trial";
    const VERB: &'static str = "try";
    const EFFECT: Effect = Effect::Reads;
    type Input = Trial;
    type Output = Tried;

    fn run(&self, trial: Trial, ctx: &dyn OperationContext) -> Result<Tried, OperationError> {
        let mut tried = Tried::default();
        match go_on(&trial, ctx, &mut tried) {
            Err(error) if error.kind != ErrorKind::Cancelled => tried.failure = Some(error.message),
            result => result?,
        }
        Ok(tried)
    }
}

fn go_on(
    trial: &Trial,
    ctx: &dyn OperationContext,
    tried: &mut Tried,
) -> Result<(), OperationError> {
    let plain = Task {
        program: trial.program.clone(),
        scratch: trial.scratch.clone(),
        per_node: 1,
        threads: 1,
        module: "doctor".into(),
        ..Task::default()
    };
    let scratch = Scratch::make(&plain, ctx)?;
    tried.path = place(&trial.program, &scratch.folder, ctx)?;
    if tried.path.is_none() {
        return Ok(());
    }
    tried.version = run::version(&plain, ctx, &scratch)?;
    if let Some(task) = work(&plain, &scratch.folder).filter(|_| trial.work) {
        unpack(&scratch.folder)?;
        run::run(&task, ctx)?;
        tried.worked = true;
    }
    Ok(())
}

/// Where the program is, as the shell finds it that would start it.
fn place(
    card: &Card,
    folder: &Path,
    ctx: &dyn OperationContext,
) -> Result<Option<String>, OperationError> {
    let program = card.command.first().map_or("", String::as_str);
    let look = Card { command: finding(program), ..card.clone() };
    let call = ledama_base::operation::ProgramCall {
        argv: command_line(&look, &[]),
        folder: Some(path_text(folder)),
        env: card.environment.clone(),
    };
    let mut said = [Vec::new(), Vec::new()];
    let end = ctx.program(&call, &mut |stream, bytes| {
        said[usize::from(stream == Stream::Err)].extend_from_slice(bytes);
    })?;
    ctx.check()?;
    let [out, errors] = said.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    if let Some(failure) = errors.lines().find_map(|line| start_failure(end, line)) {
        return Err(failure);
    }
    let found = out.lines().last().filter(|_| end == ProgramEnd::Status(0));
    Ok(found.map(str::to_string))
}

/// The work of a program that can be tried, on the set in `folder`.
fn work(plain: &Task, folder: &Path) -> Option<Task> {
    let filled = |fill, before: &str| Argument::Filled {
        fill,
        index: 0,
        before: before.to_string(),
        after: String::new(),
    };
    let words = |text: &str| -> Vec<Argument> {
        text.split_whitespace().map(|word| Argument::Text(word.to_string())).collect()
    };
    let input = || vec![filled(Fill::Input, "")];
    let product = |name: &str, kind| {
        vec![Product { path: path_text(&folder.join(name)), kind, ..Product::default() }]
    };
    let mut task = plain.clone();
    let mut edited = false;
    match plain.program.key.as_str() {
        "dp3" => {
            let steps = "steps=[average] average.type=averager average.freqstep=2 numthreads=1";
            let set = vec![filled(Fill::Input, "msin="), filled(Fill::Product, "msout=")];
            task.arguments = [set, words(steps)].concat();
            task.products = product("averaged.MS", Kind::Set);
        }
        "aoflagger" => {
            task.arguments = [words("-j 1"), input()].concat();
            task.checks = vec![Check::History("AOFlagger".into())];
            edited = true;
        }
        "aoquality" => {
            task.arguments = [words("collect"), input()].concat();
            task.checks = vec![Check::Tables(vec!["QUALITY_TIME_STATISTIC".into()])];
            edited = true;
        }
        "wsclean" => {
            let options = "-size 32 32 -scale 60asec -niter 0 -j 1 -no-update-model-required";
            let name = vec![Argument::Text("-name".into()), filled(Fill::Product, "")];
            task.arguments = [name, words(options), input()].concat();
            task.products = product("image", Kind::Prefix);
            task.products[0].expect = vec!["-image.fits".into()];
        }
        _ => return None,
    }
    let path = path_text(&folder.join("tiny.MS"));
    task.inputs = vec![Source { path, edited, ..Source::default() }];
    Some(task)
}

/// Puts the set into a folder.
fn unpack(folder: &Path) -> Result<(), OperationError> {
    tar::Archive::new(GzDecoder::new(TINY))
        .unpack(folder)
        .map_err(|e| OperationError::io(show(&path_text(folder)), &e))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use std::os::unix::fs::PermissionsExt;

    use ledama_tables::Table;

    use super::super::tests::Alone;
    use super::*;

    /// A program of this name that does what the script says, tried.
    fn tried(key: &str, script: &str) -> Tried {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("program");
        std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        let command = vec![path_text(&program)];
        let program = Card {
            key: key.into(),
            command: if script.is_empty() { vec!["/no/such".into()] } else { command },
            version: vec!["--version".into()],
            ..Card::default()
        };
        let scratch = Some(path_text(&folder.path().join("scratch")));
        let trial = Trial { program, scratch, work: true };
        let tried = TryProgram.run(trial, &Alone::new()).unwrap();
        let left = std::fs::read_dir(folder.path().join("scratch")).unwrap().count();
        assert_eq!(left, 0, "something is left in the scratch folder");
        tried
    }

    #[test]
    fn a_program_works_or_tells_why_not() {
        let version = "[ \"$1\" != --version ] || { echo version 6.6; exit; }\n";
        let well = tried("dp3", &format!("{version}cp -r \"${{1#msin=}}\" \"${{2#msout=}}\""));
        assert!(well.path.is_some() && well.worked, "{well:?}");
        assert_eq!((well.version.as_str(), &well.failure), ("version 6.6", &None));
        let bad = tried("dp3", &format!("{version}echo no library >&2; exit 127"));
        assert!(!bad.worked && bad.path.is_some());
        assert!(bad.failure.unwrap().contains("ended with status 127: no library"));
        // It ends well and has made nothing.
        assert!(tried("wsclean", &format!("{version}exit 0")).failure.is_some());
        assert_eq!(tried("dp3", ""), Tried::default());
        // Programs without a known trial are only asked for their version.
        let other = tried("sagecal", &format!("{version}exit 1"));
        assert!(!other.worked && other.failure.is_none() && other.version == "version 6.6");
    }

    #[test]
    fn the_set_is_one() {
        let folder = tempfile::tempdir().unwrap();
        unpack(folder.path()).unwrap();
        let set = Table::open(folder.path().join("tiny.MS")).unwrap();
        assert_eq!(set.nrow(), 24);
        assert!(set.has_column("DATA") && set.has_column("WEIGHT_SPECTRUM"));
    }
}
