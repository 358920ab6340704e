//! Faults of the syntax, in words a script writer knows.

use ledama_base::suggest::did_you_mean;
use rhai::{LexError, ParseErrorType, Position};

use super::{Diagnostic, Functions, Place};

/// Words that the language keeps for itself although it does not use them;
/// as keys of a map they need quotes.
const RESERVED: [&str; 30] = [
    "async",
    "await",
    "case",
    "default",
    "exit",
    "go",
    "goto",
    "is",
    "match",
    "module",
    "new",
    "nil",
    "null",
    "package",
    "private",
    "protected",
    "public",
    "shared",
    "spawn",
    "static",
    "super",
    "sync",
    "thread",
    "use",
    "var",
    "void",
    "with",
    "yield",
    "eval",
    "import",
];

/// What is wrong with the syntax of `file` with this `text`. `functions` knows
/// the namespaces and, of an engine that runs scripts, all builtins.
pub fn parse_error(
    error: &ParseErrorType,
    position: Position,
    file: &str,
    text: &str,
    functions: &Functions,
) -> Diagnostic {
    explain(error, text, functions).at(Place::of(file, position))
}

fn explain(error: &ParseErrorType, text: &str, functions: &Functions) -> Diagnostic {
    use ParseErrorType as E;
    match error {
        E::UnexpectedEOF => {
            Diagnostic::error("the script ends too early").help("a bracket or brace is not closed")
        }
        E::BadInput(lex) => lexical(lex),
        E::UnknownOperator(operator) => Diagnostic::error(format!("unknown operator `{operator}`"))
            .maybe_help(symbol_advice(operator)),
        E::MissingToken(token, what) => missing(token, what),
        E::VariableUndefined(name) => variable(name, text, functions),
        E::ModuleUndefined(name) => Diagnostic::error(format!("unknown namespace `{name}`"))
            .maybe_help(did_you_mean(name, functions.namespaces()))
            .help(format!(
                "`ledama docs` lists the builtins; a library needs `import \"lib/{name}\" as {name};`"
            )),
        E::Reserved(word) if RESERVED.contains(&word.as_str()) => {
            Diagnostic::error(format!("`{word}` is a word of the language"))
                .help("choose another name; as the key of a map it needs quotes")
        }
        E::Reserved(word) if word.chars().all(char::is_alphanumeric) => {
            Diagnostic::error(format!("`{word}` is a function of the language, not a value"))
                .help(format!("call it: `{word}(…)`"))
        }
        E::Reserved(symbol) => {
            Diagnostic::error(format!("`{symbol}` does not exist in this language"))
                .maybe_help(symbol_advice(symbol))
        }
        E::PropertyExpected => Diagnostic::error("the name of a property is missing")
            .help("keys that are words of the language, such as `default`, need quotes"),
        E::MismatchedType(wanted, found) => {
            Diagnostic::error(format!("{wanted} is needed here, not {found}"))
        }
        E::DuplicatedProperty(name) => {
            Diagnostic::error(format!("the key `{name}` stands twice in this map"))
        }
        E::AssignmentToConstant(name) => {
            Diagnostic::error(format!("the constant `{name}` cannot be changed"))
                .help("declare it with `let`")
        }
        E::FnDuplicatedDefinition(name, parameters) => Diagnostic::error(format!(
            "the function `{name}` with {parameters} parameters is defined twice"
        )),
        E::WrongFnDefinition => Diagnostic::error("a function is defined inside a block")
            .help("move it to the outermost level of the file"),
        E::WrongDocComment => Diagnostic::error("a `///` comment that belongs to no function")
            .help("use `//`, or `//!` at the top of the file"),
        E::ExprTooDeep => Diagnostic::error("this expression is nested too deeply")
            .help("put parts of it into variables"),
        E::LoopBreak => Diagnostic::error("`break` and `continue` belong into a loop"),
        other => Diagnostic::error(lower_first(&other.to_string())),
    }
}

fn missing(token: &str, what: &str) -> Diagnostic {
    if token == ";" {
        return Diagnostic::error("a `;` is missing before this")
            .help("every statement but the last of a block ends with `;`");
    }
    let what = what.trim_start_matches("to ").trim();
    if what.is_empty() {
        return Diagnostic::error(format!("`{token}` is missing before this"));
    }
    Diagnostic::error(format!("`{token}` is missing before this (to {what})"))
}

fn lexical(error: &LexError) -> Diagnostic {
    match error {
        LexError::UnterminatedString => Diagnostic::error("a text is not closed")
            .help("end it with `\"` on the same line; texts in backquotes may span lines"),
        LexError::UnexpectedInput(symbol) => Diagnostic::error(format!("unexpected `{symbol}`")),
        LexError::MalformedEscapeSequence(text) => {
            Diagnostic::error(format!("`{text}` is no escape sequence"))
                .help("write `\\\\` for a backslash")
        }
        LexError::MalformedNumber(text) => Diagnostic::error(format!("`{text}` is no number")),
        LexError::ImproperSymbol(symbol, _) if symbol == "eval" => {
            Diagnostic::error("`eval` is switched off")
                .help("call functions by name, or keep them in a map")
        }
        LexError::ImproperSymbol(symbol, _) => {
            Diagnostic::error(format!("`{symbol}` is not possible here"))
                .maybe_help(symbol_advice(symbol))
        }
        other => Diagnostic::error(lower_first(&other.to_string())),
    }
}

fn variable(name: &str, text: &str, functions: &Functions) -> Diagnostic {
    let fault = Diagnostic::error(format!("unknown variable `{name}`"));
    if functions.has_name(name) {
        return fault.help(format!(
            "`{name}` is a function: call it as `{name}(…)`, or pass it as `Fn(\"{name}\")`"
        ));
    }
    if functions.namespaces().any(|n| n == name) {
        return fault.help(format!("`{name}` is a namespace: write `{name}::function(…)`"));
    }
    match name {
        "opts" | "run" => fault.help(format!(
            "functions see only their parameters: pass `{name}` from `process(opts, run)`"
        )),
        "args" => fault
            .help("`args` exists in scripts without MODULE only, outside of functions: pass it on"),
        "true" | "True" | "TRUE" => fault.help("did you mean `true`?"),
        "False" | "FALSE" => fault.help("did you mean `false`?"),
        "None" | "null" | "nil" => fault.help("the value of nothing is `()`"),
        _ => fault
            .maybe_help(did_you_mean(name, other_words(name, text)))
            .help("functions see only their parameters; constants of the file are `global::NAME`"),
    }
}

/// The names that stand elsewhere in the file: one of them may be meant.
fn other_words<'a>(name: &str, text: &'a str) -> Vec<&'a str> {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut words: Vec<_> = text
        .split(|c| !word(c))
        .filter(|w| w.len() > 1 && *w != name && !w.starts_with(|c: char| c.is_ascii_digit()))
        .collect();
    words.sort_unstable();
    words.dedup();
    words
}

/// What to write instead of a symbol of other languages.
fn symbol_advice(symbol: &str) -> Option<String> {
    let advice = match symbol {
        "===" => "write `==`",
        "!==" => "write `!=`",
        "++" => "write `+= 1`",
        "--" => "write `-= 1`",
        "->" | "::<" | "<-" | ":=" => "this is not needed here",
        "?" => "there is no `a ? b : c`; write `if a { b } else { c }`",
        _ => return None,
    };
    Some(advice.to_string())
}

/// Our messages begin with a small letter.
pub(super) fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |c| c.to_lowercase().chain(chars).collect())
}
