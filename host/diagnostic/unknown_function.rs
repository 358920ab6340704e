//! "Function not found", explained: a similar name, or other arguments.

use ledama_base::suggest::{nearest, question};

use crate::engine::functions::Function;
pub use crate::engine::functions::Functions;

use super::{Diagnostic, plain_signature};

/// Signatures shown at most.
const SHOWN: usize = 6;

/// The diagnostic for a call that found no function. `signature` is the
/// engine's text: name and the types of the arguments.
pub(super) fn explain(signature: &str, functions: &Functions) -> Diagnostic {
    let plain = plain_signature(signature);
    let (path, arguments) = plain.split_once('(').unwrap_or((&plain, ""));
    let arguments = arguments.strip_suffix(')').unwrap_or(arguments);
    let (namespace, name) = path.rsplit_once("::").unwrap_or(("", path));
    if is_operator(name) {
        return operator(name, arguments);
    }
    let same_name: Vec<_> = functions.named(namespace, name).collect();
    if same_name.is_empty() {
        return no_such_name(&plain, namespace, name, functions);
    }
    wrong_arguments(&plain, arguments, &same_name)
}

fn no_such_name(call: &str, namespace: &str, name: &str, functions: &Functions) -> Diagnostic {
    let mut fault = Diagnostic::error(format!("there is no function `{call}`"));
    if let Some(getter) = functions.getters(None).find(|g| namespace.is_empty() && g.name == name) {
        return fault.help(format!(
            "`{name}` is a property: write `{}` without brackets",
            getter.signature().split(" -> ").next().unwrap_or(name)
        ));
    }
    let elsewhere: Vec<_> = functions
        .iter()
        .filter(|f| f.name == name && !f.standard && f.namespace != namespace)
        .map(|f| format!("{}::{name}", f.namespace))
        .collect();
    if let Some(place) = elsewhere.first() {
        return fault.help(format!("did you mean `{place}`?"));
    }
    let near = nearest(name, functions.names(namespace));
    if near.is_empty() && !namespace.is_empty() {
        let all: Vec<_> = functions
            .iter()
            .filter(|f| f.namespace == namespace && !f.is_method())
            .map(|f| f.name.as_str())
            .collect();
        if !all.is_empty() {
            fault = fault.note(format!("`{namespace}` has: {}", all.join(", ")));
        }
    }
    fault.maybe_help(question(&near))
}

fn wrong_arguments(call: &str, arguments: &str, known: &[&Function]) -> Diagnostic {
    let mut fault = Diagnostic::error(format!("there is no function `{call}`"));
    for function in known.iter().take(SHOWN) {
        fault = fault.note(format!("there is `{}`", function.signature()));
    }
    if known.len() > SHOWN {
        fault = fault.note(format!("and {} more", known.len() - SHOWN));
    }
    if arguments.split(", ").any(|a| a == "()") {
        return fault.help("one argument is `()`, nothing: an option that was not given, perhaps");
    }
    fault
}

fn operator(symbol: &str, arguments: &str) -> Diagnostic {
    let fault = match arguments.split_once(", ") {
        Some((left, right)) => {
            Diagnostic::error(format!("`{symbol}` cannot be applied to `{left}` and `{right}`"))
        }
        None => Diagnostic::error(format!("`{symbol}` cannot be applied to `{arguments}`")),
    };
    if arguments.split(", ").any(|a| a == "()") {
        return fault.help(
            "`()` is nothing: an option that was not given, or an unknown fact; \
             test it first, or give a value for it with `??`",
        );
    }
    fault
}

fn is_operator(name: &str) -> bool {
    !name.is_empty() && !name.starts_with(|c: char| c.is_alphabetic() || c == '_' || c == '$')
}
