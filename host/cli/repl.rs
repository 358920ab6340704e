//! `ledama repl`: the language of modules, line by line, with every builtin.
//!
//! It is as real as `ledama run`: plans are executed unless `--query` says
//! otherwise. What was typed stays: variables, functions, imports.

mod commands;
mod complete;
mod console;
mod interrupt;
mod manual;
mod show;
mod terminal;
mod types;

use std::io::{BufRead, IsTerminal};
use std::sync::Arc;

use ledama_cluster::executor::CancelToken;
use ledama_cluster::run::{Run, RunContext, new_run_id};
use ledama_cluster::script;
use ledama_cluster::transport::Connectors;
use ledama_config::Inventory;
use rhai::Dynamic;

use super::desk::Desk;
use super::modules::Catalogue;
use super::place::Place;
use super::{Failure, Outcome, Shared};
use crate::diagnostic::Diagnostic;
use crate::engine::{self, Setup, Stop};
use crate::manifest::{ResultKind, is_unfinished};
use crate::report::details::Details;
use crate::report::progress::{Display, Style};
use crate::report::talk::Talk;
use crate::report::{printed, results};
use crate::run::folders;
use crate::run::outcome::{self, Gathered};
use crate::run::session::{Session, Wishes};

use commands::Command;
use console::Console;
use interrupt::Interrupts;
use terminal::Terminal;

/// Columns where there is no terminal to ask.
const WIDTH: usize = 100;

/// Options of `ledama repl`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Show what plans would do, change nothing
    #[arg(long)]
    query: bool,
    /// Show no progress
    #[arg(long)]
    no_progress: bool,
}

/// Reads and evaluates until the end of the input.
pub(super) fn run(shared: &Shared, args: &Args) -> Outcome {
    let Desk { talk, place, catalogue } = Desk::open(shared)?;
    let talk = Arc::new(talk);
    let interactive = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    let cancel = CancelToken::new();
    let interrupts = Interrupts::listen(cancel.clone(), interactive)
        .map_err(|e| Diagnostic::error(format!("cannot listen to signals: {e}")))?;
    let session = session(&place, args, shared, &cancel, &talk);
    let setup = Setup::new(
        catalogue.library.clone(),
        catalogue.sources.clone(),
        place.config(),
        Arc::new(printed::Printer::new(Arc::clone(&talk), ResultKind::Report, false)),
        cancel.flag(),
    );
    let run = script::handle(Arc::clone(&session) as Arc<dyn Run>);
    let console = Console::new(&setup, run);
    let color = shared.color.on_stdout();
    let repl = Repl { catalogue, color, console, interactive, interrupts, session, talk };
    if interactive {
        let history = folders::state(&place.loaded.config).join("history");
        repl.converse(&history, args.query)
    } else {
        repl.read(std::io::stdin().lock())
    }
}

fn session(
    place: &Place,
    args: &Args,
    shared: &Shared,
    cancel: &CancelToken,
    talk: &Arc<Talk>,
) -> Arc<Session> {
    let config = place.config();
    let context = RunContext {
        run_id: new_run_id(),
        module: "repl".to_string(),
        user: place.account.name.clone(),
        level: place.level,
        node: Inventory::new(Arc::clone(&config)).local_name().to_string(),
        query: args.query,
        config: Arc::clone(&config),
    };
    let display = Display::new(Style::choose(args.no_progress), Arc::clone(talk));
    Arc::new(Session::new(
        context,
        Wishes::default(),
        Arc::new(engine::builtins::operations()),
        Arc::new(Connectors::new(&config, None).with_cancel(cancel.clone())),
        cancel.clone(),
        Details::new(display, Arc::clone(talk), shared.verbose),
        Arc::clone(talk),
    ))
}

/// A session that has begun.
struct Repl {
    catalogue: Catalogue,
    color: bool,
    console: Console,
    interactive: bool,
    interrupts: Interrupts,
    session: Arc<Session>,
    talk: Arc<Talk>,
}

/// How an input has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// With this exit code, if it were the last.
    Code(u8),
    /// The session shall end.
    Quit,
}

impl Repl {
    /// With a person: errors are told and forgotten.
    fn converse(mut self, history: &std::path::Path, query: bool) -> Outcome {
        let failed =
            |e| Failure::from(Diagnostic::error(format!("the terminal cannot be used: {e}")));
        let mut terminal = Terminal::new(history).map_err(failed)?;
        let prompt = if query { "ledama (query)> " } else { "ledama> " };
        self.talk.line("`:help` shows what is possible, Ctrl-D ends");
        while let Some(input) = terminal.read(prompt, self.console.names()).map_err(failed)? {
            match self.take(&input) {
                Ok(End::Quit) => break,
                Ok(End::Code(_)) => {}
                Err(failure) => failure.show(&self.talk),
            }
        }
        Ok(outcome::OK)
    }

    /// From a file or pipe: the first error ends it.
    fn read(mut self, mut lines: impl BufRead) -> Outcome {
        let mut code = outcome::OK;
        let mut input = String::new();
        loop {
            let read = lines.read_line(&mut input).map_err(|e| {
                Failure::from(Diagnostic::error(format!("standard input cannot be read: {e}")))
            })?;
            if read > 0 && is_unfinished(&input) {
                continue;
            }
            match self.take(&input).map_err(|failure| failure.with_code(outcome::FAILED))? {
                End::Quit | End::Code(outcome::INTERRUPTED) if self.interrupts.over() => {
                    return Ok(outcome::INTERRUPTED);
                }
                End::Code(outcome::INTERRUPTED) => return Ok(outcome::INTERRUPTED),
                End::Quit => return Ok(code),
                End::Code(new) => code = code.max(new),
            }
            input.clear();
            if read == 0 {
                return Ok(code);
            }
        }
    }

    /// One input, whole.
    fn take(&mut self, input: &str) -> Result<End, Failure> {
        if input.trim().is_empty() {
            return Ok(End::Code(outcome::OK));
        }
        match commands::parse(input) {
            Some(command) => self.obey(command?),
            None => self.evaluate(input.trim_end().ends_with(';'), |console| console.input(input)),
        }
    }

    fn obey(&mut self, command: Command) -> Result<End, Failure> {
        let functions = self.console.functions();
        match command {
            Command::Help(None) => results::write(&manual::overview(functions)),
            Command::Help(Some(topic)) => {
                results::write(&manual::about(functions, &topic, self.color)?);
            }
            Command::Functions(word) => {
                results::write(&manual::search(functions, word.as_deref(), self.color));
            }
            Command::Variables => results::write(&self.console.variables()),
            Command::Load(file) => {
                let file = folders::expand_home(std::path::Path::new(&file));
                let script = self.catalogue.find(&ledama_base::rawtext::path_text(&file))?;
                return self.evaluate(false, |console| console.evaluate(&script));
            }
            Command::Quit => return Ok(End::Quit),
        }
        Ok(End::Code(outcome::OK))
    }

    /// Evaluates and shows the value, unless it shall be hushed (by a final `;`).
    fn evaluate(
        &mut self,
        hushed: bool,
        work: impl FnOnce(&mut Console) -> Result<Dynamic, Stop>,
    ) -> Result<End, Failure> {
        let console = &mut self.console;
        let (ended, interrupted) = self.interrupts.during(|| work(console));
        // Reports of long sessions would fill the memory.
        let gathered = std::mem::take(&mut *self.session.gathered());
        if interrupted {
            // Over the `^C` of the terminal.
            let begin = if self.interactive { "\r\u{1b}[K" } else { "" };
            self.talk.line(&format!("{begin}interrupted"));
        }
        let end = match (ended, self.interrupts.over()) {
            (_, true) => End::Quit,
            (Ok(value), _) => {
                if !hushed {
                    results::write(&self.console.show(&value, self.width()));
                }
                End::Code(code(&gathered, interrupted))
            }
            (Err(Stop::Fault(diagnostic)), _) if !interrupted => {
                let failure = Failure::from(*diagnostic);
                return Err(failure.with_sources(self.catalogue.sources.clone()));
            }
            (Err(_), _) => End::Code(code(&gathered, interrupted)),
        };
        Ok(end)
    }

    fn width(&self) -> usize {
        if std::io::stdout().is_terminal() { self.talk.size().0 } else { WIDTH }
    }
}

fn code(gathered: &Gathered, interrupted: bool) -> u8 {
    if interrupted { outcome::INTERRUPTED } else { gathered.exit_code() }
}
