//! `ledama run`: a module with its own options, or any script.

use std::ffi::OsString;
use std::sync::Arc;
use std::time::Instant;

use clap::Args as _;
use ledama_base::atomic::{self, Existing};
use ledama_base::clock;
use ledama_cluster::executor::CancelToken;
use ledama_cluster::run::{Execution, Run, RunContext, RunError, new_run_id};
use ledama_cluster::script;
use ledama_cluster::transport::Connectors;
use ledama_config::Inventory;
use rhai::Dynamic;
use serde_json::Value;

use super::desk::Desk;
use super::facts::with_facts;
use super::modules::Catalogue;
use super::place::Place;
use super::run_flags::RunFlags;
use super::{Outcome, Shared, signals, words};
use crate::diagnostic::{Diagnostic, Failure, usage_error};
use crate::engine::{self, Call, Library, ScriptFile, Setup, Stop};
use crate::manifest::{self, Form, Manifest, Options, Purpose, RawOptions, ResultKind};
use crate::report::details::Details;
use crate::report::progress::{Display, Style};
use crate::report::talk::Talk;
use crate::report::{file, printed};
use crate::run::outcome;
use crate::run::session::{Session, Wishes};

/// Options of `ledama run`; what stands after the module is the module's.
#[derive(Debug, clap::Args)]
#[command(
    override_usage = "ledama run MODULE [OPTIONS]",
    after_help = "`ledama list` shows the modules, `ledama run MODULE --help` the options of one."
)]
pub struct Args {
    /// Name of a module, or path of a script
    #[arg(value_name = "MODULE", required = true)]
    module: String,
    /// What stands after it: options of the module, or arguments of the script.
    #[arg(skip)]
    rest: Vec<OsString>,
}

impl Args {
    /// A module with its arguments.
    pub(super) fn of(module: &str, rest: Vec<OsString>) -> Self {
        Self { module: module.to_string(), rest }
    }

    /// The same with everything after the module.
    #[must_use]
    pub fn with_rest(mut self, rest: Vec<OsString>) -> Self {
        self.rest = rest;
        self
    }
}

/// Runs a module or a script.
pub fn run(shared: &Shared, args: &Args) -> Outcome {
    let shared = shared.overridden_by(&words::shared(&args.rest));
    let Desk { talk, place, catalogue } = Desk::open(&shared)?;
    let talk = Arc::new(talk);
    let script = catalogue.find(&args.module).map_err(|f| perhaps_a_recipe(f, args, &place))?;
    let reading = catalogue.read(&script);
    let job = Job { place, catalogue, script, talk, verbose: shared.verbose };
    if !reading.declared {
        if is_recipe(&job.script) {
            let name = &job.script.label;
            return Err(Diagnostic::error(format!("{name} is a recipe, not a module"))
                .help(format!("`ledama recipe run {}` runs it", args.module))
                .into());
        }
        return job.run_script(&args.rest);
    }
    let Some(manifest) = reading.manifest else {
        return Err(Failure::from(reading.faults).with_sources(job.catalogue.sources.clone()));
    };
    job.run_module(&manifest, &args.rest)
}

/// Whether a script declares a recipe.
fn is_recipe(script: &ScriptFile) -> bool {
    let groups = manifest::Groups::default();
    manifest::read_as(Form::Recipe, &script.name, &script.label, &script.text, &groups).declared
}

/// A name that is no module's may be that of a recipe.
fn perhaps_a_recipe(mut failure: Failure, args: &Args, place: &Place) -> Failure {
    let recipes = Library::of_recipes(&place.loaded.config.paths.recipes);
    if !args.module.contains('/')
        && recipes.find(&args.module).is_ok()
        && let Some(fault) = failure.diagnostics.first_mut()
    {
        fault.help.insert(0, format!("there is a recipe: `ledama recipe run {}`", args.module));
    }
    failure
}

/// The host's options with long names only, as every module has them.
pub fn host_options(command: clap::Command) -> clap::Command {
    let command = Shared::augment_args(RunFlags::augment_args(command));
    command.mut_arg("verbose", |a| a.short(None)).mut_args(|a| {
        if a.is_global_set() { a.global(false).help_heading("Run options") } else { a }
    })
}

/// A script that is about to run.
struct Job {
    place: Place,
    catalogue: Catalogue,
    script: ScriptFile,
    talk: Arc<Talk>,
    verbose: u8,
}

impl Job {
    fn run_module(self, manifest: &Manifest, rest: &[OsString]) -> Outcome {
        if !manifest.visible_to(self.place.level) {
            return Err(Diagnostic::error(format!(
                "`{}` is for accounts of level `{}`, and `{}` has level `{}`",
                manifest.name,
                manifest.access.word(),
                self.place.account.name,
                self.place.level.word()
            ))
            .help("`access.full` of the configuration names the accounts that may")
            .into());
        }
        let manifest = manifest.at_level(self.place.level).filled(&self.place.placeholders());
        let command = manifest::command(&manifest, Purpose::Parse, host_options);
        let matches = match command.try_get_matches_from(rest) {
            Ok(matches) => matches,
            Err(error) if !error.use_stderr() => {
                // The help shows possible values, which parsing leaves to us.
                let show = manifest::command(&manifest, Purpose::Show, host_options);
                let _ = show.try_get_matches_from(rest).map_err(|e| e.print());
                return Ok(outcome::OK);
            }
            Err(error) => {
                let manual = format!("ledama run {} --help", manifest.name);
                return Err(usage_error(&error, &manual).into());
            }
        };
        let flags = flags_of(&matches)?;
        let options =
            self.options(&manifest, &flags, RawOptions::from_matches(&manifest, &matches))?;
        if let Some(path) = &flags.save_options {
            atomic::write(path, manifest::file::write(&options).as_bytes(), Existing::Replace)
                .map_err(|e| Diagnostic::error(e.to_string()).maybe_help(e.help()))?;
        }
        let wishes = Wishes {
            numnodes: options.int("numnodes").and_then(|n| n.try_into().ok()),
            numprocessors: options.int("numprocessors").and_then(|n| n.try_into().ok()),
            logs: manifest
                .includes("logs")
                .then(|| options.text("logspath").map(ledama_base::rawtext::text_path))
                .flatten(),
            destructive: manifest.destructive.applies(&options),
            ..wishes(&flags)
        };
        let call = |run: Dynamic| Call::Module { options: options.to_map(), run };
        let facts = file::Asked {
            module: manifest.name.clone(),
            options: options.to_json(),
            again: manifest::rerun::line(&options),
        };
        self.execute(&manifest.name, &flags, wishes, call, facts, manifest.result)
    }

    fn run_script(self, rest: &[OsString]) -> Outcome {
        let command = clap::Command::new("script")
            .bin_name(format!("ledama run {}", self.script.label))
            .no_binary_name(true)
            .about("A script without MODULE; its arguments are in `args`")
            .arg(
                clap::Arg::new("args")
                    .num_args(0..)
                    .trailing_var_arg(true)
                    .allow_hyphen_values(true)
                    .value_parser(clap::builder::OsStringValueParser::new()),
            );
        let matches = match host_options(command).try_get_matches_from(rest) {
            Ok(matches) => matches,
            Err(error) if !error.use_stderr() => {
                let _ = error.print();
                return Ok(outcome::OK);
            }
            Err(error) => return Err(usage_error(&error, "ledama run --help").into()),
        };
        let flags = flags_of(&matches)?;
        let args: Vec<String> = matches
            .get_many::<OsString>("args")
            .unwrap_or_default()
            .map(|a| ledama_base::rawtext::encode(a))
            .collect();
        let facts = file::Asked {
            module: self.script.label.clone(),
            options: serde_json::json!({ "args": args }),
            again: String::new(),
        };
        let name = self.script.name.clone();
        let call = |run: Dynamic| Call::Script { args, run };
        self.execute(&name, &flags, wishes(&flags), call, facts, ResultKind::Report)
    }

    /// Everything the user said, checked, all faults together.
    fn options(
        &self,
        manifest: &Manifest,
        flags: &RunFlags,
        mut raw: RawOptions,
    ) -> Result<Options, Failure> {
        if let Some(path) = &flags.options {
            raw = raw.over(manifest::file::read(manifest, path)?);
        }
        Ok(with_facts(&self.place, &self.talk, |facts| manifest::resolve(manifest, &raw, facts))?)
    }

    fn execute(
        self,
        name: &str,
        flags: &RunFlags,
        wishes: Wishes,
        call: impl FnOnce(Dynamic) -> Call,
        asked: file::Asked,
        kind: ResultKind,
    ) -> Outcome {
        let began = Instant::now();
        let cancel = CancelToken::new();
        signals::install(&cancel)
            .map_err(|e| Diagnostic::error(format!("cannot listen to signals: {e}")))?;
        let config = self.place.config();
        let connectors = Connectors::new(&config, None).with_cancel(cancel.clone());
        let style = Style::choose(flags.no_progress);
        let context = RunContext {
            run_id: new_run_id(),
            module: name.to_string(),
            user: self.place.account.name.clone(),
            level: self.place.level,
            node: Inventory::new(Arc::clone(&config)).local_name().to_string(),
            query: flags.query,
            config: Arc::clone(&config),
        };
        let session = Arc::new(Session::new(
            context.clone(),
            wishes,
            Arc::new(engine::builtins::operations()),
            Arc::new(connectors),
            cancel.clone(),
            Details::new(
                Display::new(style, Arc::clone(&self.talk)),
                Arc::clone(&self.talk),
                self.verbose,
            ),
            Arc::clone(&self.talk),
        ));
        let setup = Setup::new(
            self.catalogue.library.clone(),
            self.catalogue.sources.clone(),
            Arc::clone(&config),
            Arc::new(printed::Printer::new(Arc::clone(&self.talk), kind, flags.json)),
            cancel.flag(),
        );
        if !flags.json {
            self.talk.line(&format!("# {} starting {name}", clock::utc_text(clock::now())));
        }
        let handle = script::handle(Arc::clone(&session) as Arc<dyn Run>);
        let ended = engine::run(&setup, &self.script, call(handle));
        let (result, code, failure) = conclude(ended, &session, &setup.engine(&self.script.spot));
        let report = file::RunReport::new(
            &asked,
            &context,
            &session,
            code,
            result.as_ref(),
            failure.as_ref(),
        );
        if let Some(path) = &flags.report {
            let content = serde_json::to_vec_pretty(&report).unwrap_or_default();
            atomic::write(path, &content, Existing::Replace)
                .map_err(|e| Diagnostic::error(e.to_string()).maybe_help(e.help()))?;
        }
        printed::result(&report, flags.json);
        if !flags.json {
            self.talk.line(&format!(
                "# {} {} {name} after {:.1} s{}",
                clock::utc_text(clock::now()),
                if code == outcome::INTERRUPTED { "interrupted" } else { "finished" },
                began.elapsed().as_secs_f64(),
                report.counts_text(),
            ));
        }
        match failure {
            Some(failure) => {
                Err(failure.with_sources(self.catalogue.sources.clone()).with_code(code))
            }
            None => Ok(code),
        }
    }
}

/// What a script has come to: its result, the exit code, the error.
fn conclude(
    ended: Result<Dynamic, Stop>,
    session: &Arc<Session>,
    engine: &rhai::Engine,
) -> (Option<Value>, u8, Option<Failure>) {
    let stopped =
        |failure: Option<Failure>| (None, session.gathered().exit_code_after_error(), failure);
    match ended {
        Ok(value) => match script::returned_plan(&value) {
            Some(plan) => match session.execute(&plan, &Execution::default()) {
                Ok(_) => (None, session.gathered().exit_code(), None),
                Err(error) => conclude_run_error(error, session),
            },
            None => (printed::value(engine, &value), session.gathered().exit_code(), None),
        },
        Err(Stop::Fault(diagnostic)) => stopped(Some(Failure::from(*diagnostic))),
        Err(Stop::Cancelled) => (None, outcome::INTERRUPTED, None),
        Err(Stop::Ended(token)) => match token.try_cast::<script::Ended>() {
            Some(script::Ended::QueryShown) => conclude_run_error(RunError::QueryShown, session),
            Some(script::Ended::Stopped) => conclude_run_error(RunError::Stopped, session),
            None => stopped(None),
        },
    }
}

fn conclude_run_error(
    error: RunError,
    session: &Arc<Session>,
) -> (Option<Value>, u8, Option<Failure>) {
    match error {
        RunError::QueryShown => (None, session.gathered().exit_code(), None),
        RunError::Stopped => {
            let refusal = session.gathered().refusal.take().map(Failure::from);
            (None, session.stopped_code(), refusal)
        }
        RunError::Failed(error) => {
            let diagnostic = Diagnostic::error(error.message).maybe_help(error.help);
            (None, session.gathered().exit_code_after_error(), Some(diagnostic.into()))
        }
    }
}

fn wishes(flags: &RunFlags) -> Wishes {
    Wishes {
        yes: flags.yes,
        json: flags.json,
        time_out: flags.time_out,
        retries: flags.retries,
        fail_fast: flags.fail_fast,
        ..Wishes::default()
    }
}

fn flags_of(matches: &clap::ArgMatches) -> Result<RunFlags, Failure> {
    use clap::FromArgMatches;
    RunFlags::from_arg_matches(matches).map_err(|e| Diagnostic::error(e.to_string()).into())
}
