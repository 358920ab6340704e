//! Errors of running scripts: found at the bottom of a chain of calls, told
//! with the file and line of every caller.
//!
//! The engine wraps an error once per call. The wrapping carries the file of
//! the *called* function but the position in the *calling* one, so files and
//! positions are shifted by one while walking down.

use ledama_base::script::ScriptError;
use ledama_base::suggest::did_you_mean;
use rhai::{Dynamic, EvalAltResult};

use super::parse::{lower_first, parse_error};
use super::{Diagnostic, Functions, Place, Sources, Step, plain_type, unknown_function};

/// What is known besides the error itself.
#[derive(Debug)]
pub struct Surroundings<'a> {
    /// The file that was run.
    pub file: &'a str,
    /// The texts of all files.
    pub sources: &'a Sources,
    /// Every function there is.
    pub functions: &'a Functions,
    /// Names of the module's options, for `opts.nmae`.
    pub options: &'a [String],
}

/// What went wrong in a script, where, and how it came there.
pub fn script_error(error: &EvalAltResult, around: &Surroundings<'_>) -> Diagnostic {
    let mut file = around.file.to_string();
    let mut steps: Vec<Step> = Vec::new();
    let mut error = error;
    loop {
        match error {
            EvalAltResult::ErrorInFunctionCall(name, source, inner, position) => {
                if let Some(place) = Place::of(&file, *position) {
                    push_step(&mut steps, &called(name), place);
                }
                if !source.is_empty() {
                    file.clone_from(source);
                }
                error = inner;
            }
            EvalAltResult::ErrorInModule(name, inner, position) => {
                if let Some(place) = Place::of(&file, *position) {
                    push_step(&mut steps, "imported from", place);
                }
                if !name.is_empty() {
                    file.clone_from(name);
                }
                error = inner;
            }
            _ => break,
        }
    }
    let mut fault = explain(error, &file, around);
    if fault.place.is_none() {
        // Some errors of the engine have no place of their own: the last call has one.
        let place = Place::of(&file, error.position());
        fault = fault.at(place.or_else(|| steps.pop().map(|step| step.place)));
    }
    steps.reverse();
    fault.steps = steps.into();
    fault
}

fn called(name: &str) -> String {
    if name.starts_with("anon$") {
        "in a closure called from".into()
    } else {
        format!("in `{name}` called from")
    }
}

/// A closure given to `map` and the call of `map` stand at the same place:
/// told once.
fn push_step(steps: &mut Vec<Step>, text: &str, place: Place) {
    if steps.last().is_none_or(|last| last.place != place) {
        steps.push(Step { text: text.to_string(), place });
    }
}

fn explain(error: &EvalAltResult, file: &str, around: &Surroundings<'_>) -> Diagnostic {
    use EvalAltResult as E;
    match error {
        E::ErrorRuntime(thrown, _) => thrown_value(thrown),
        E::ErrorParsing(kind, position) => {
            let text = around.sources.text(file).unwrap_or_default();
            parse_error(kind, *position, file, &text, around.functions)
        }
        E::ErrorFunctionNotFound(signature, _) => {
            unknown_function::explain(signature, around.functions)
        }
        E::ErrorVariableNotFound(name, _) => {
            let fault = Diagnostic::error(format!("unknown variable `{name}`"));
            if name.starts_with("global::") {
                fault.help("only constants at the outermost level of the file are global")
            } else if name.contains("::") {
                fault.help("a file shows its constants to others with `export const`")
            } else {
                fault
            }
        }
        E::ErrorPropertyNotFound(name, _) => {
            let options = around.options.iter().map(String::as_str);
            Diagnostic::error(format!("the map has no key `{name}`"))
                .maybe_help(did_you_mean(name, options))
                .help("`map.get(\"key\")` answers `()` for a key that is not there")
        }
        E::ErrorDotExpr(text, _) => property(text, around.functions),
        E::ErrorMismatchDataType(wanted, found, _)
        | E::ErrorMismatchOutputType(wanted, found, _) => mismatch(wanted, found),
        E::ErrorIndexingType(name, _) => {
            Diagnostic::error(format!("`{}` has no elements to index", plain_type(name)))
        }
        E::ErrorArrayBounds(length, index, _) => Diagnostic::error(format!(
            "there is no element {index}: the array has {length}, counted from 0"
        )),
        E::ErrorStringBounds(length, index, _) => Diagnostic::error(format!(
            "there is no character {index}: the text has {length}, counted from 0"
        )),
        E::ErrorFor(_) => Diagnostic::error("`for` cannot go through this value")
            .help("it needs an array, a range such as `0..10`, a text, or a handle with rows"),
        E::ErrorModuleNotFound(name, _) => {
            Diagnostic::error(format!("there is no `{name}` to import"))
        }
        E::ErrorAssignmentToConstant(name, _) => {
            Diagnostic::error(format!("the constant `{name}` cannot be changed"))
                .help("declare it with `let`")
        }
        E::ErrorNonPureMethodCallOnConstant(name, _) => {
            let name = name.trim_start_matches("set$").trim_start_matches("get$");
            Diagnostic::error(format!("`{name}` changes its value, which is a constant here"))
                .help("copy the constant into a variable first: `let copy = …;`")
        }
        E::ErrorArithmetic(text, _) if text.is_empty() => Diagnostic::error("arithmetic error"),
        E::ErrorArithmetic(text, _) => Diagnostic::error(lower_first(text)),
        E::ErrorTooManyOperations(_) => Diagnostic::error("the script runs without end")
            .help("it used up `limits.script_operations`; is there a loop that never stops?"),
        E::ErrorStackOverflow(_) => Diagnostic::error("functions call each other too deeply")
            .help("a function that calls itself needs a way out"),
        E::ErrorTerminated(token, _) if token.is::<ScriptError>() => thrown_value(token),
        E::ErrorTerminated(..) => Diagnostic::error("the script was stopped"),
        E::ErrorUnboundThis(_) => Diagnostic::error("`this` exists in methods only"),
        E::ErrorForbiddenVariable(name, _) | E::ErrorVariableExists(name, _) => {
            Diagnostic::error(format!("`{name}` cannot be declared here"))
        }
        E::ErrorIndexNotFound(key, _) => {
            Diagnostic::error(format!("there is nothing at index `{key}`"))
        }
        E::ErrorSystem(text, inner) if text.is_empty() => {
            Diagnostic::error(lower_first(&inner.to_string()))
        }
        E::ErrorSystem(text, inner) => Diagnostic::error(format!("{text}: {inner}")),
        other => Diagnostic::error(first_line(&other.to_string())),
    }
}

/// The engine's own words for what we have none for, without its place.
fn first_line(text: &str) -> String {
    let line = text.lines().next().unwrap_or(text);
    let line = line.rfind(" (line ").map_or(line, |at| &line[..at]);
    lower_first(line)
}

/// What a builtin or `throw` has thrown.
fn thrown_value(thrown: &Dynamic) -> Diagnostic {
    if let Some(error) = thrown.read_lock::<ScriptError>() {
        let mut fault = Diagnostic::error(error.message.clone()).maybe_help(error.help.clone());
        fault.kind = Some(error.kind.as_str().into());
        return fault;
    }
    if let Some(map) = thrown.read_lock::<rhai::Map>() {
        let text = |key: &str| map.get(key).and_then(|v| v.clone().into_string().ok());
        if let Some(message) = text("message") {
            let mut fault = Diagnostic::error(message).maybe_help(text("help"));
            fault.kind = text("kind").map(Into::into);
            return fault;
        }
    }
    match thrown.clone().into_string() {
        Ok(text) if !text.is_empty() => Diagnostic::error(text),
        _ if thrown.is_unit() || thrown.is_string() => {
            Diagnostic::error("the script gave up without a message")
        }
        _ => Diagnostic::error(format!("the script threw `{thrown}`")),
    }
}

fn mismatch(wanted: &str, found: &str) -> Diagnostic {
    let (wanted, found) = (plain_type(wanted), plain_type(found));
    let fault = match (wanted.as_str(), found.as_str()) {
        (wanted, "" | "any") => Diagnostic::error(format!("`{wanted}` is needed here")),
        ("" | "any", found) => Diagnostic::error(format!("`{found}` is not possible here")),
        (wanted, found) => Diagnostic::error(format!("`{wanted}` is needed here, not `{found}`")),
    };
    if found == "()" {
        return fault.help("`()` is nothing: an option that was not given, perhaps");
    }
    fault
}

/// "Unknown property 'y' - a getter is not registered for type 'T'".
fn property(text: &str, functions: &Functions) -> Diagnostic {
    let quoted: Vec<_> = text.split('\'').skip(1).step_by(2).collect();
    let [name, owner, ..] = quoted[..] else {
        return Diagnostic::error(lower_first(text));
    };
    let owner = plain_type(owner);
    if text.starts_with("No writable") {
        return Diagnostic::error(format!("the property `{name}` of `{owner}` cannot be set"));
    }
    let fault = Diagnostic::error(format!("`{owner}` has no property `{name}`"));
    if functions.named("", name).any(|f| f.parameters.first().is_some_and(|p| p.kind == owner)) {
        return fault.help(format!("it is a function: write `.{name}()`"));
    }
    let getters: Vec<_> = functions.getters(Some(&owner)).map(|g| g.name.as_str()).collect();
    if let Some(question) = did_you_mean(name, &getters) {
        return fault.help(question);
    }
    match owner.as_str() {
        "()" => fault.help("the value is nothing: an option that was not given, perhaps"),
        _ if getters.is_empty() => fault,
        _ => fault.note(format!("it has: {}", getters.join(", "))),
    }
}
