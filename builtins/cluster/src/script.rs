//! Runs, plans and reports as scripts see them.
//!
//! The host gives a script its run; from it come plans, and from their
//! execution reports. What ends a script for good travels as `ErrorTerminated`
//! with an [`Ended`] inside, which no `try` can catch.

// What `#[export_module]` asks for and writes.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::wildcard_imports)]

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ledama_base::operation::{ErrorKind, OperationError};
use ledama_base::rawtext::text_path;
use ledama_base::script::{At, Keeper, ScriptError, ScriptResult, throw, to_dynamic, to_int};
use rhai::plugin::*;
use rhai::{Array, Dynamic, Engine, EvalAltResult, FLOAT, INT, ImmutableString, Map};
use serde_json::Value;

use crate::plan::{Task, TaskIndex};
use crate::run::RunError;
use crate::{options, plan, report};

/// The run a script belongs to.
pub type Run = Arc<dyn crate::run::Run>;

/// A plan that is being made; copies of the handle are the same plan.
pub type Plan = Arc<Mutex<plan::Plan>>;

/// What came of a plan.
pub type Report = Arc<report::Report>;

/// Why the host ended a script; the value inside `ErrorTerminated`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// A dry run has shown what would be done.
    QueryShown,
    /// The user interrupted, or declined.
    Stopped,
}

/// A run as the value that scripts get.
pub fn handle(run: Run) -> Dynamic {
    Dynamic::from(run)
}

/// The plan in a value that a script returned, if it is one.
pub fn returned_plan(value: &Dynamic) -> Option<plan::Plan> {
    value.read_lock::<Plan>().map(|plan| lock(&plan).clone())
}

/// A script value as JSON; whole numbers stay whole.
///
/// # Errors
/// Kind `input` for what JSON cannot hold: functions, handles, numbers that are not finite.
pub fn to_json(engine: &Engine, value: &Dynamic) -> Result<Value, OperationError> {
    if let Some(map) = value.read_lock::<Map>() {
        return json_map(engine, &map).map(Value::Object);
    }
    if let Some(array) = value.read_lock::<Array>() {
        return array.iter().map(|item| to_json(engine, item)).collect();
    }
    if let Some(text) = value.read_lock::<ImmutableString>() {
        return Ok(Value::from(text.as_str()));
    }
    if value.is_unit() {
        return Ok(Value::Null);
    }
    let number = value.as_float().ok().and_then(serde_json::Number::from_f64).map(Value::Number);
    let simple = value.as_int().map(Value::from).or_else(|_| value.as_bool().map(Value::from));
    let simple = simple.or_else(|_| value.as_char().map(|c| Value::from(c.to_string())));
    simple.ok().or(number).ok_or_else(|| unusable(engine, "a value", value))
}

fn unusable(engine: &Engine, what: &str, value: &Dynamic) -> OperationError {
    let name = || engine.map_type_name(value.type_name()).to_string();
    let shown = if value.is_float() { value.to_string() } else { name() };
    OperationError::new(ErrorKind::Input, format!("{what} cannot be {shown}"))
}

fn json_map(engine: &Engine, map: &Map) -> Result<serde_json::Map<String, Value>, OperationError> {
    map.iter().map(|(key, value)| Ok((key.to_string(), to_json(engine, value)?))).collect()
}

/// Numbers as scripts print them.
fn arguments(engine: &Engine, argv: &Array) -> Result<Vec<String>, OperationError> {
    let argument = |(index, value): (usize, &Dynamic)| {
        let finite = value.as_float().is_ok_and(FLOAT::is_finite);
        if value.is_string() || value.is_int() || finite {
            return Ok(value.to_string());
        }
        Err(unusable(engine, &format!("argument {index} of a command"), value))
    };
    argv.iter().enumerate().map(argument).collect()
}

fn lock(plan: &Plan) -> MutexGuard<'_, plan::Plan> {
    // A plan is whole between any two calls.
    plan.lock().unwrap_or_else(PoisonError::into_inner)
}

fn command_task(
    engine: &Engine,
    node: &str,
    argv: &Array,
    opts: &Map,
) -> Result<Task, OperationError> {
    options::command(node, arguments(engine, argv)?, json_map(engine, opts)?)
}

fn operation_task(
    engine: &Engine,
    node: &str,
    name: &str,
    input: &Map,
    opts: &Map,
) -> Result<Task, OperationError> {
    let input = Value::Object(json_map(engine, input)?);
    options::operation(node, name, input, json_map(engine, opts)?)
}

fn place(index: TaskIndex) -> INT {
    to_int(index)
}

/// The end of a call to the host: failures can be caught, the other ends cannot.
pub fn heard<T>(ctx: &NativeCallContext<'_>, result: Result<T, RunError>) -> ScriptResult<T> {
    let ended = |why: Ended| {
        Box::new(EvalAltResult::ErrorTerminated(Dynamic::from(why), ctx.call_position()))
    };
    match result {
        Ok(value) => Ok(value),
        Err(RunError::Failed(error)) => Err(error).at(ctx),
        Err(RunError::QueryShown) => Err(ended(Ended::QueryShown)),
        Err(RunError::Stopped) => Err(ended(Ended::Stopped)),
    }
}

fn execute_plan(
    ctx: &NativeCallContext<'_>,
    run: &Run,
    plan: &Plan,
    opts: &Map,
) -> ScriptResult<Report> {
    let execution = json_map(ctx.engine(), opts).and_then(options::execution).at(ctx)?;
    // A copy: the script's plan is not locked while it is executed.
    let plan = lock(plan).clone();
    heard(ctx, run.execute(&plan, &execution)).map(Arc::new)
}

fn execute_kept(
    ctx: &NativeCallContext<'_>,
    run: &Run,
    plan: &Plan,
    keeper: &Keeper,
    opts: &Map,
) -> ScriptResult<Report> {
    let execution = json_map(ctx.engine(), opts).and_then(options::execution).at(ctx)?;
    let plan = lock(plan).clone();
    heard(ctx, run.execute_keeping(&plan, &execution, keeper.as_ref())).map(Arc::new)
}

fn save_text(
    ctx: &NativeCallContext<'_>,
    run: &Run,
    path: &str,
    text: &str,
    opts: &Map,
) -> ScriptResult<()> {
    let saving = json_map(ctx.engine(), opts).and_then(options::saving).at(ctx)?;
    let (path, content) = (text_path(path), text.as_bytes());
    let saved = if saving.anyway {
        run.save_anyway(&path, content, saving.overwrite)
    } else {
        run.save(&path, content, saving.overwrite)
    };
    heard(ctx, saved)
}

fn failure<T>(ctx: &NativeCallContext<'_>, message: &str, help: Option<&str>) -> ScriptResult<T> {
    let (kind, message) = ("failed".to_string(), message.to_string());
    let error = ScriptError { kind, message, help: help.map(str::to_string) };
    Err(throw(error, ctx.call_position()))
}

fn maps<'a>(outcomes: impl Iterator<Item = &'a report::Outcome>) -> Array {
    outcomes.map(|outcome| to_dynamic(&outcome.to_whole_json())).collect()
}

#[export_module]
mod api {
    /// A run: what a script may ask of its host.
    pub type Run = crate::script::Run;

    /// A plan: tasks bound to nodes. Making it changes nothing.
    pub type Plan = crate::script::Plan;

    /// What came of a plan: one outcome per task, in plan order.
    pub type Report = crate::script::Report;

    /// What takes over the answers of tasks as they end, such as a file of digests.
    pub type Keeper = ledama_base::script::Keeper;

    /// A new plan with the name of the module as title.
    #[rhai_fn(global, name = "plan", pure)]
    pub fn untitled_plan(run: &mut Run) -> Plan {
        Arc::new(Mutex::new(plan::Plan::new(run.context().module.clone())))
    }

    /// A new plan; the title heads progress and report.
    #[rhai_fn(global, name = "plan", pure)]
    pub fn new_plan(_run: &mut Run, title: &str) -> Plan {
        Arc::new(Mutex::new(plan::Plan::new(title)))
    }

    /// Adds a command, given as an array of arguments, and returns its task number; fails with kind `input`.
    #[rhai_fn(global, return_raw, pure)]
    pub fn command(
        ctx: NativeCallContext<'_>,
        plan: &mut Plan,
        node: &str,
        argv: Array,
    ) -> ScriptResult<INT> {
        command_with(ctx, plan, node, argv, Map::new())
    }

    /// The same with options: label, folder, init_file, env (map), stdin, success (exit statuses), failure_text, capture, capture_limit (bytes), size_bytes, after (task numbers), store, log; fails with kind `input`.
    #[rhai_fn(global, name = "command", return_raw, pure)]
    pub fn command_with(
        ctx: NativeCallContext<'_>,
        plan: &mut Plan,
        node: &str,
        argv: Array,
        opts: Map,
    ) -> ScriptResult<INT> {
        let task = command_task(ctx.engine(), node, &argv, &opts).at(&ctx)?;
        Ok(place(lock(plan).add(task)))
    }

    /// Adds a command unless the plan has the same one for this node, and returns the task number of the one or the other; fails with kind `input`.
    #[rhai_fn(global, return_raw, pure)]
    pub fn command_once(
        ctx: NativeCallContext<'_>,
        plan: &mut Plan,
        node: &str,
        argv: Array,
    ) -> ScriptResult<INT> {
        command_once_with(ctx, plan, node, argv, Map::new())
    }

    /// The same with the options of `command`, which count for the first of equal commands; fails with kind `input`.
    #[rhai_fn(global, name = "command_once", return_raw, pure)]
    pub fn command_once_with(
        ctx: NativeCallContext<'_>,
        plan: &mut Plan,
        node: &str,
        argv: Array,
        opts: Map,
    ) -> ScriptResult<INT> {
        let task = command_task(ctx.engine(), node, &argv, &opts).at(&ctx)?;
        Ok(place(lock(plan).add_once(task)))
    }

    /// Adds a native operation with its input and returns its task number; fails with kind `input`.
    #[rhai_fn(global, return_raw, pure)]
    pub fn operation(
        ctx: NativeCallContext<'_>,
        plan: &mut Plan,
        node: &str,
        name: &str,
        input: Map,
    ) -> ScriptResult<INT> {
        operation_with(ctx, plan, node, name, input, Map::new())
    }

    /// The same with options: label, size_bytes, after (task numbers), store, log; fails with kind `input`.
    #[rhai_fn(global, name = "operation", return_raw, pure)]
    pub fn operation_with(
        ctx: NativeCallContext<'_>,
        plan: &mut Plan,
        node: &str,
        name: &str,
        input: Map,
        opts: Map,
    ) -> ScriptResult<INT> {
        let task = operation_task(ctx.engine(), node, name, &input, &opts).at(&ctx)?;
        Ok(place(lock(plan).add(task)))
    }

    /// Adds a remark for the reader of the plan.
    #[rhai_fn(global, pure)]
    pub fn note(plan: &mut Plan, text: &str) {
        lock(plan).notes.push(text.to_string());
    }

    /// How many tasks it has.
    #[rhai_fn(global, get = "len", pure)]
    pub fn plan_len(plan: &mut Plan) -> INT {
        place(lock(plan).tasks.len())
    }

    /// Executes a plan and waits for its end; fails when nothing could be begun, single tasks fail in the report.
    #[rhai_fn(global, return_raw, pure)]
    pub fn execute(ctx: NativeCallContext<'_>, run: &mut Run, plan: Plan) -> ScriptResult<Report> {
        execute_plan(&ctx, run, &plan, &Map::new())
    }

    /// The same with options: numnodes, numprocessors, logs (folder), status (folder), resume, confirm (a text: why the user has to agree first).
    #[rhai_fn(global, name = "execute", return_raw, pure)]
    pub fn execute_with(
        ctx: NativeCallContext<'_>,
        run: &mut Run,
        plan: Plan,
        opts: Map,
    ) -> ScriptResult<Report> {
        execute_plan(&ctx, run, &plan, &opts)
    }

    /// Executes a plan with a keeper that takes over what tasks answer as soon as they end.
    #[rhai_fn(global, name = "execute", return_raw, pure)]
    pub fn execute_keeping(
        ctx: NativeCallContext<'_>,
        run: &mut Run,
        plan: Plan,
        keeper: Keeper,
    ) -> ScriptResult<Report> {
        execute_kept(&ctx, run, &plan, &keeper, &Map::new())
    }

    /// The same with options: numnodes, numprocessors, logs (folder), status (folder), resume.
    #[rhai_fn(global, name = "execute", return_raw, pure)]
    pub fn execute_keeping_with(
        ctx: NativeCallContext<'_>,
        run: &mut Run,
        plan: Plan,
        keeper: Keeper,
        opts: Map,
    ) -> ScriptResult<Report> {
        execute_kept(&ctx, run, &plan, &keeper, &opts)
    }

    /// Writes a text file on this host in one step; fails with kind `exists` when it is there.
    #[rhai_fn(global, return_raw, pure)]
    pub fn save(
        ctx: NativeCallContext<'_>,
        run: &mut Run,
        path: &str,
        text: &str,
    ) -> ScriptResult<()> {
        save_with(ctx, run, path, text, Map::new())
    }

    /// The same with options: overwrite (it may replace a file), anyway (write it in a dry run too).
    #[rhai_fn(global, name = "save", return_raw, pure)]
    pub fn save_with(
        ctx: NativeCallContext<'_>,
        run: &mut Run,
        path: &str,
        text: &str,
        opts: Map,
    ) -> ScriptResult<()> {
        save_text(&ctx, run, path, text, &opts)
    }

    /// Makes a folder on this host and those above it; a dry run makes none.
    #[rhai_fn(global, return_raw, pure)]
    pub fn make_folder(ctx: NativeCallContext<'_>, run: &mut Run, path: &str) -> ScriptResult<()> {
        heard(&ctx, run.make_folder(&text_path(path)))
    }

    /// Whether there is a file or folder of that name on this host.
    #[rhai_fn(global, pure)]
    pub fn exists(_run: &mut Run, path: &str) -> bool {
        text_path(path).symlink_metadata().is_ok()
    }

    /// Waits so many seconds; an interruption ends the script at once.
    #[rhai_fn(global, return_raw, pure)]
    pub fn pause(ctx: NativeCallContext<'_>, run: &mut Run, seconds: INT) -> ScriptResult<()> {
        let time = std::time::Duration::from_secs(seconds.try_into().unwrap_or(0));
        heard(&ctx, run.pause(time))
    }

    /// Shows a line to the user.
    #[rhai_fn(global, pure)]
    pub fn say(run: &mut Run, text: &str) {
        run.say(text);
    }

    /// Shows a warning to the user and keeps it in the report.
    #[rhai_fn(global, pure)]
    pub fn warn(run: &mut Run, text: &str) {
        run.warn(text);
    }

    /// Adds a fact to the machine-readable report; fails with kind `input` when the value is no plain data.
    #[rhai_fn(global, return_raw, pure)]
    pub fn record(
        ctx: NativeCallContext<'_>,
        run: &mut Run,
        key: &str,
        value: Dynamic,
    ) -> ScriptResult<()> {
        run.record(key, to_json(ctx.engine(), &value).at(&ctx)?);
        Ok(())
    }

    /// Marks that a check found a difference: the run ends with exit code 1.
    #[rhai_fn(global, pure)]
    pub fn found_difference(run: &mut Run) {
        run.found_difference();
    }

    /// Ends the script with an error of kind `failed`.
    #[rhai_fn(global, return_raw, pure)]
    pub fn fail(ctx: NativeCallContext<'_>, _run: &mut Run, message: &str) -> ScriptResult<()> {
        failure(&ctx, message, None)
    }

    /// The same with advice on what to do.
    #[rhai_fn(global, name = "fail", return_raw, pure)]
    pub fn fail_with(
        ctx: NativeCallContext<'_>,
        _run: &mut Run,
        message: &str,
        help: &str,
    ) -> ScriptResult<()> {
        failure(&ctx, message, Some(help))
    }

    /// Whether nothing may be changed, only shown.
    #[rhai_fn(global, get = "query", pure)]
    pub fn query(run: &mut Run) -> bool {
        run.context().query
    }

    /// Whether standard output is to be one JSON document (`--json`), the result of the module.
    #[rhai_fn(global, get = "json", pure)]
    pub fn json(run: &mut Run) -> bool {
        run.is_document()
    }

    /// The account that runs it.
    #[rhai_fn(global, get = "user", pure)]
    pub fn user(run: &mut Run) -> ImmutableString {
        run.context().user.as_str().into()
    }

    /// The access level of the account: `web`, `user` or `full`.
    #[rhai_fn(global, get = "level", pure)]
    pub fn level(run: &mut Run) -> ImmutableString {
        run.context().level.word().into()
    }

    /// The id of the run, such as `20261122T180500Z-4f2a09`.
    #[rhai_fn(global, get = "id", pure)]
    pub fn run_id(run: &mut Run) -> ImmutableString {
        run.context().run_id.as_str().into()
    }

    /// The node this host is, by its configured name if it has one.
    #[rhai_fn(global, get = "node", pure)]
    pub fn node(run: &mut Run) -> ImmutableString {
        run.context().node.as_str().into()
    }

    /// The name of the module. (`module` alone is a reserved word.)
    #[rhai_fn(global, get = "module_name", pure)]
    pub fn module_name(run: &mut Run) -> ImmutableString {
        run.context().module.as_str().into()
    }

    /// The home folder of the account.
    #[rhai_fn(global, get = "home", pure)]
    pub fn home(run: &mut Run) -> ImmutableString {
        run.context().home().into()
    }

    /// The configuration.
    #[rhai_fn(global, get = "config", pure)]
    pub fn config(run: &mut Run) -> ledama_config::script::Config {
        Arc::clone(&run.context().config)
    }

    /// Whether every task is done.
    #[rhai_fn(global, get = "ok", pure)]
    pub fn ok(report: &mut Report) -> bool {
        report.ok()
    }

    /// The outcomes as maps in plan order; `for outcome in report` goes through them one by one.
    #[rhai_fn(global, get = "outcomes", pure)]
    pub fn outcomes(report: &mut Report) -> Array {
        maps(report.outcomes.iter())
    }

    /// The outcomes of the failed tasks as maps.
    #[rhai_fn(global, get = "failed", pure)]
    pub fn failed(report: &mut Report) -> Array {
        maps(report.failures())
    }

    /// What the tasks that are done answered, in plan order.
    #[rhai_fn(global, get = "values", pure)]
    pub fn values(report: &mut Report) -> Array {
        report.values().map(to_dynamic).collect()
    }

    /// How many tasks ended in a state: done, already_done, failed, skipped or cancelled; fails with kind `input`.
    #[rhai_fn(global, return_raw, pure)]
    pub fn count(
        ctx: NativeCallContext<'_>,
        report: &mut Report,
        state: &str,
    ) -> ScriptResult<INT> {
        let state = state.parse::<report::State>().at(&ctx)?;
        Ok(to_int(report.count(state)))
    }

    /// What it is, in a few words.
    #[rhai_fn(global, name = "to_string", name = "to_debug", pure)]
    pub fn run_text(run: &mut Run) -> ImmutableString {
        format!("run {}", run.context().run_id).into()
    }

    /// What it is, in a few words.
    #[rhai_fn(global, name = "to_string", name = "to_debug", pure)]
    pub fn plan_text(plan: &mut Plan) -> ImmutableString {
        let plan = lock(plan);
        format!("plan `{}` with {} tasks", plan.title, plan.tasks.len()).into()
    }

    /// What it is, in a few words.
    #[rhai_fn(global, name = "to_string", name = "to_debug", pure)]
    pub fn report_text(report: &mut Report) -> ImmutableString {
        report.to_string().into()
    }
}

/// Goes through the outcomes without making all of their maps at once.
fn iterate(report: Dynamic) -> Box<dyn Iterator<Item = Dynamic>> {
    let report = report.cast::<Report>();
    let count = report.outcomes.len();
    let outcome = move |index: usize| to_dynamic(&report.outcomes[index].to_whole_json());
    Box::new((0..count).map(outcome))
}

/// Adds the handles `Run`, `Plan` and `Report` with their methods.
pub fn register(engine: &mut Engine) {
    let mut module = rhai::exported_module!(api);
    module.set_iter(std::any::TypeId::of::<Report>(), iterate);
    engine.register_global_module(module.into());
}

#[cfg(test)]
mod tests;
