//! What the script glue of every area shares: one error type that scripts can
//! catch, with the place it happened, and number conversion; and the functions
//! of this crate for scripts: `names::…`, `ranges::…`, `units::…`,
//! `words::…`.

mod error;
mod explain;
mod names;
mod ranges;
#[cfg(test)]
mod tests;
mod units;
mod words;

use std::fmt;

use rhai::{Dynamic, Engine, EvalAltResult, INT, NativeCallContext, Position};

/// What takes over the answers of tasks; areas hand it to `run.execute`.
pub type Keeper = std::sync::Arc<dyn crate::operation::Keep>;

/// The result of a fallible native function.
pub type ScriptResult<T> = Result<T, Box<EvalAltResult>>;

/// An error as scripts see it: `try { … } catch (e) { e.kind; e.message }`.
///
/// It travels inside `ErrorRuntime`, the only carrier that is both catchable
/// and keeps a position; the host downcasts it to show file, line and advice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptError {
    /// Class of the error, such as `not-found`; words with dashes.
    pub kind: String,
    /// What and where, without a final dot.
    pub message: String,
    /// What to do, when there is something.
    pub help: Option<String>,
}

impl fmt::Display for ScriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// An area's error that can be shown to scripts.
pub trait Explain {
    /// Class of the error, such as `not-found`.
    fn kind(&self) -> String;
    /// What and where, with the causes, without a final dot.
    fn message(&self) -> String;
    /// What to do, when there is something.
    fn help(&self) -> Option<String> {
        None
    }
}

impl Explain for ScriptError {
    fn kind(&self) -> String {
        self.kind.clone()
    }
    fn message(&self) -> String {
        self.message.clone()
    }
    fn help(&self) -> Option<String> {
        self.help.clone()
    }
}

impl Explain for crate::operation::OperationError {
    fn kind(&self) -> String {
        self.kind.to_string()
    }
    fn message(&self) -> String {
        self.message.clone()
    }
    fn help(&self) -> Option<String> {
        self.help.clone()
    }
}

/// Ends every fallible builtin: keeps the script line with the error.
pub trait At<T> {
    /// Wraps an error with the position of the call in the script.
    fn at(self, ctx: &NativeCallContext<'_>) -> ScriptResult<T>;
}

impl<T, E: Explain> At<T> for Result<T, E> {
    fn at(self, ctx: &NativeCallContext<'_>) -> ScriptResult<T> {
        self.map_err(|e| {
            throw(
                ScriptError { kind: e.kind(), message: e.message(), help: e.help() },
                ctx.call_position(),
            )
        })
    }
}

/// The error as Rhai carries it.
pub fn throw(error: ScriptError, position: Position) -> Box<EvalAltResult> {
    Box::new(EvalAltResult::ErrorRuntime(Dynamic::from(error), position))
}

/// An error of kind `input` at the call.
pub fn bad_input<T>(ctx: &NativeCallContext<'_>, message: impl Into<String>) -> ScriptResult<T> {
    let error = ScriptError { kind: "input".into(), message: message.into(), help: None };
    Err(throw(error, ctx.call_position()))
}

/// Any unsigned number as a script integer, saturating.
pub fn to_int(n: impl TryInto<INT>) -> INT {
    n.try_into().unwrap_or(INT::MAX)
}

/// A serializable value as a script value. JSON objects become maps, null `()`.
pub fn to_dynamic<T: serde::Serialize>(value: &T) -> Dynamic {
    rhai::serde::to_dynamic(value).unwrap_or_default()
}

/// Adds the functions of this crate. The namespace `nodes` needs the
/// configuration and belongs to that area.
pub fn register(engine: &mut Engine) {
    error::register(engine);
    names::register(engine);
    ranges::register(engine);
    units::register(engine);
    words::register(engine);
}
