//! What can stand where the cursor is, in a line of the interactive session.

use super::commands;
use super::types::{Names, last_word};
use crate::cli::entries;
use crate::engine::functions::{Function, Role};
use crate::manifest::open_text;

/// Words of the language that begin or join statements.
const WORDS: [&str; 27] = [
    "let", "const", "if", "else", "for", "in", "while", "loop", "do", "until", "break", "continue",
    "return", "throw", "try", "catch", "fn", "switch", "import", "as", "true", "false", "print",
    "debug", "type_of", "this", "global",
];

/// Where the replaced part begins, and what can stand there, sorted.
pub(super) fn candidates(names: &Names, before: &str) -> (usize, Vec<String>) {
    if let Some(command) = before.trim_start().strip_prefix(':') {
        return of_command(names, before, command);
    }
    if let Some(quote) = open_text(before) {
        let start = quote + 1;
        return (start, entries::beginning_with(&before[start..]));
    }
    let (head, word) = last_word(before);
    let found: Vec<String> = if let Some(path) = head.strip_suffix("::") {
        let namespace = last_word(path).1;
        let inside = |f: &&Function| f.namespace == namespace && f.role == Role::Call;
        names.functions.iter().filter(inside).filter(|f| !f.is_method()).map(call).collect()
    } else if let Some(owner) = head.strip_suffix('.').filter(|head| !head.ends_with('.')) {
        members(names, owner)
    } else {
        plain(names)
    };
    (head.len(), sorted(found, word))
}

fn members(names: &Names, owner: &str) -> Vec<String> {
    let kind = names.kind_of(owner);
    let mut found: Vec<String> = names
        .members(kind.as_deref())
        .map(|f| if f.role == Role::Getter { f.name.clone() } else { method(f) })
        .collect();
    if let Some(variable) = names.variable(last_word(owner.trim_end()).1) {
        found.extend(variable.keys.iter().cloned());
    }
    found
}

fn plain(names: &Names) -> Vec<String> {
    let mut found: Vec<String> = WORDS.map(str::to_string).to_vec();
    found.extend(names.variables.iter().map(|variable| variable.name.clone()));
    found.extend(names.functions.namespaces().map(|namespace| format!("{namespace}::")));
    let own = names.functions.iter().filter(|f| {
        f.namespace.is_empty() && f.role == Role::Call && !f.standard && !f.is_method()
    });
    found.extend(own.map(call));
    found
}

/// A call as far as it is certain.
fn call(function: &Function) -> String {
    let end = if function.parameters.is_empty() { "()" } else { "(" };
    format!("{}{end}", function.name)
}

/// The same behind a value, which is its first argument.
fn method(function: &Function) -> String {
    let end = if function.parameters.len() < 2 { "()" } else { "(" };
    format!("{}{end}", function.name)
}

fn of_command(names: &Names, before: &str, command: &str) -> (usize, Vec<String>) {
    let Some((name, argument)) = command.split_once(char::is_whitespace) else {
        let found = commands::NAMES.map(|(name, ..)| name.to_string()).to_vec();
        return (before.len() - command.len(), sorted(found, command));
    };
    let argument = argument.trim_start();
    let start = before.len() - argument.len();
    match name {
        "load" => (start, entries::beginning_with(argument)),
        "help" | "functions" => {
            let all = names.functions.iter().filter(|f| f.role == Role::Call && !f.standard);
            let mut found: Vec<String> = all
                .map(|f| match f.namespace.as_str() {
                    "" => f.name.clone(),
                    _ if f.is_method() => f.name.clone(),
                    namespace => format!("{namespace}::{}", f.name),
                })
                .collect();
            found.extend(names.functions.namespaces().map(str::to_string));
            (start, sorted(found, argument))
        }
        _ => (start, Vec::new()),
    }
}

fn sorted(mut found: Vec<String>, begin: &str) -> Vec<String> {
    found.retain(|name| name.starts_with(begin));
    found.sort();
    found.dedup();
    // `f(` is enough where there is also `f()`.
    let open: Vec<String> = found.iter().filter(|name| name.ends_with('(')).cloned().collect();
    found
        .retain(|name| !name.ends_with("()") || !open.iter().any(|o| *o == name[..name.len() - 1]));
    found
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::types::Variable;
    use super::*;
    use crate::engine::functions::Functions;

    fn names() -> Names {
        let variable = |name: &str, kind: &str, keys: &[&str]| Variable {
            name: name.to_string(),
            kind: kind.to_string(),
            keys: keys.iter().map(ToString::to_string).collect(),
        };
        Names {
            functions: Arc::new(Functions::of(&crate::engine::inspector())),
            variables: vec![
                variable("file", "RefFile", &[]),
                variable("run", "Run", &[]),
                variable("facts", "map", &["node", "size"]),
            ],
        }
    }

    fn offered(before: &str) -> Vec<String> {
        candidates(&names(), before).1
    }

    #[test]
    fn names_are_offered_where_they_can_stand() {
        assert_eq!(offered("let x = fil"), ["file"]);
        assert_eq!(offered("reff"), ["reffile::"]);
        assert!(offered("reffile::op").contains(&"open(".to_string()));
        assert_eq!(offered("reffile::nonsense"), [""; 0]);
        assert!(offered("print(run.").contains(&"plan(".to_string()));
        assert_eq!(offered("run.quer"), ["query"]);
        assert_eq!(offered("reffile::open(\"x\").le"), ["len"]);
        assert_eq!(offered("facts.no"), ["node"]);
        assert!(offered("facts.").contains(&"keys()".to_string()));
        assert!(offered("file.len.to_fl").contains(&"to_float()".to_string()));
        assert_eq!(offered("wh"), ["while"]);
        assert_eq!(candidates(&names(), "let x = fil").0, 8);
    }

    #[test]
    fn no_name_is_offered_twice() {
        for before in ["", "run.", "unknown.", "reffile::", ":help "] {
            let all = offered(before);
            let mut once = all.clone();
            once.dedup();
            assert!(!all.is_empty() && all == once, "{before}: {all:?}");
        }
    }

    #[test]
    fn files_are_offered_inside_of_texts() {
        assert_eq!(candidates(&names(), "reffile::open(\"Carg").1, ["Cargo.lock", "Cargo.toml"]);
        assert_eq!(
            candidates(&names(), ":load host/cli/rep").1,
            ["host/cli/repl.rs", "host/cli/repl/"]
        );
    }

    #[test]
    fn commands_are_offered_behind_a_colon() {
        assert_eq!(offered(":he"), ["help"]);
        assert_eq!(offered(":help reffile::open"), ["reffile::open", "reffile::open_lenient"]);
        assert_eq!(offered(":vars x"), [""; 0]);
    }
}
