//! Runs a script on a thread of its own.

use std::thread;

use ledama_base::suggest::did_you_mean;
use rhai::{AST, CallFnOptions, Dynamic, Engine, EvalAltResult, Map, Scope};

use super::functions::Functions;
use super::library::ScriptFile;
use super::setup::{Ended, Setup};
use crate::diagnostic::{Diagnostic, Place, Sources, Surroundings, parse_error, script_error};
use crate::manifest::Form;

/// Deep scripts need more stack than a thread has by default; with this, debug
/// and release builds reach the same depth.
const STACK: usize = 16 << 20;

/// How a script is started.
#[derive(Debug)]
pub enum Call {
    /// `process(opts, run)` of a module.
    Module {
        /// The value of `opts`.
        options: Map,
        /// The value of `run`.
        run: Dynamic,
    },
    /// `steps(opts, recipe)` of a recipe.
    Recipe {
        /// The value of `opts`.
        options: Map,
        /// The value of `recipe`.
        recipe: Dynamic,
    },
    /// The statements of a script without MODULE.
    Script {
        /// The value of `args`.
        args: Vec<String>,
        /// The value of `run`.
        run: Dynamic,
    },
}

/// Why a script did not end by itself.
#[derive(Debug)]
pub enum Stop {
    /// It failed.
    Fault(Box<Diagnostic>),
    /// The run was interrupted.
    Cancelled,
    /// A builtin ended it on purpose, with this token.
    Ended(Dynamic),
}

/// Runs a script to its end and returns its value. Blocks; the script has its
/// own thread.
pub fn run(setup: &Setup, script: &ScriptFile, call: Call) -> Result<Dynamic, Stop> {
    setup.sources.add(&script.label, script.text.clone());
    on_own_thread(&script.label, || run_here(setup, script, call))
}

/// Evaluates on a thread with room for deep calls, and survives panics there.
pub(crate) fn on_own_thread(
    label: &str,
    work: impl FnOnce() -> Result<Dynamic, Stop> + Send,
) -> Result<Dynamic, Stop> {
    thread::scope(|scope| {
        let spawned = thread::Builder::new()
            .name("script".to_string())
            .stack_size(STACK)
            .spawn_scoped(scope, work);
        match spawned.map(thread::ScopedJoinHandle::join) {
            Ok(Ok(result)) => result,
            Ok(Err(panic)) => Err(fault(panicked(&*panic, label))),
            Err(error) => {
                Err(fault(Diagnostic::error(format!("no thread for the script: {error}"))))
            }
        }
    })
}

fn fault(diagnostic: Diagnostic) -> Stop {
    Stop::Fault(Box::new(diagnostic))
}

fn panicked(panic: &(dyn std::any::Any + Send), label: &str) -> Diagnostic {
    let text = panic
        .downcast_ref::<&str>()
        .map(ToString::to_string)
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_default();
    Diagnostic::error(format!("a builtin called by {label} failed badly: {text}"))
        .help("this is a fault of ledama itself; please report it")
}

fn run_here(setup: &Setup, script: &ScriptFile, call: Call) -> Result<Dynamic, Stop> {
    let engine = setup.engine(&script.spot);
    let mut scope = Scope::new();
    let options: Vec<String> = match &call {
        Call::Module { options, .. } | Call::Recipe { options, .. } => {
            options.keys().map(ToString::to_string).collect()
        }
        Call::Script { .. } => Vec::new(),
    };
    let mut enter = |form: Form, options: Map, handle: Dynamic| {
        let tree = compile(&engine, &scope, script)?;
        has_entry(form, &tree, script)?;
        Ok(engine.call_fn_with_options::<Dynamic>(
            CallFnOptions::new().eval_ast(true),
            &mut scope,
            &tree,
            form.entry(),
            (options, handle),
        ))
    };
    let result = match call {
        Call::Module { options, run } => enter(Form::Module, options, run)?,
        Call::Recipe { options, recipe } => enter(Form::Recipe, options, recipe)?,
        Call::Script { args, run } => {
            let args: rhai::Array = args.into_iter().map(Dynamic::from).collect();
            scope.push_constant("args", args).push_constant_dynamic("run", run);
            let tree = compile(&engine, &scope, script)?;
            engine.eval_ast_with_scope::<Dynamic>(&mut scope, &tree)
        }
    };
    result.map_err(|error| stopped(&error, &engine, &script.label, &options, &setup.sources))
}

/// Parses a script for running; knows the names in `scope`.
pub fn compile(engine: &Engine, scope: &Scope<'_>, script: &ScriptFile) -> Result<AST, Stop> {
    let mut tree = engine.compile_with_scope(scope, &*script.text).map_err(|e| {
        let functions = Functions::of(engine);
        fault(parse_error(e.err_type(), e.position(), &script.label, &script.text, &functions))
    })?;
    tree.set_source(script.label.as_str());
    Ok(tree)
}

fn has_entry(form: Form, tree: &AST, script: &ScriptFile) -> Result<(), Stop> {
    let found: Vec<_> = tree.iter_functions().filter(|f| f.name == form.entry()).collect();
    if found.iter().any(|f| f.params.len() == 2) {
        return Ok(());
    }
    let names: Vec<_> = tree.iter_functions().map(|f| f.name).collect();
    Err(fault(missing_entry(form, !found.is_empty(), &names, script)))
}

/// The fault of a module without `process(opts, run)`, or of a recipe without
/// `steps(opts, recipe)`.
pub(crate) fn missing_entry(
    form: Form,
    wrong_parameters: bool,
    functions: &[&str],
    script: &ScriptFile,
) -> Diagnostic {
    let (entry, handle, constant) = (form.entry(), form.handle(), form.constant());
    let message = if wrong_parameters {
        let noun = form.noun();
        format!("`{entry}` of this {noun} needs two parameters: `fn {entry}(opts, {handle})`")
    } else {
        format!("this script declares {constant} but no function `{entry}(opts, {handle})`")
    };
    let needle = if wrong_parameters { format!("fn {entry}") } else { format!("const {constant}") };
    let line = script.text.lines().position(|l| l.trim_start().starts_with(&needle));
    Diagnostic::error(message)
        .at(line.map(|l| Place::new(&script.label, l + 1, 1)))
        .maybe_help(did_you_mean(entry, functions.iter().filter(|n| **n != entry)))
        .help(format!("the host calls `{entry}` with the checked options and the {handle}"))
}

/// Why an evaluation did not end by itself; `label` is what the text is called.
pub(crate) fn stopped(
    error: &EvalAltResult,
    engine: &Engine,
    label: &str,
    options: &[String],
    sources: &Sources,
) -> Stop {
    let mut inner = error;
    while let EvalAltResult::ErrorInFunctionCall(_, _, next, _)
    | EvalAltResult::ErrorInModule(_, next, _) = inner
    {
        inner = next;
    }
    if let EvalAltResult::ErrorTerminated(token, position) = inner {
        return match token.clone().try_cast::<Ended>() {
            Some(Ended::Cancelled) => Stop::Cancelled,
            Some(Ended::OutOfMemory) => fault(
                Diagnostic::error("the script takes too much memory")
                    .at(Place::of(label, *position))
                    .help("keep lists of data in handles such as a RefFile, not in arrays"),
            ),
            None => Stop::Ended(token.clone()),
        };
    }
    let functions = Functions::of(engine);
    let around = Surroundings { file: label, sources, functions: &functions, options };
    fault(script_error(error, &around))
}
