//! What `:help` and `:functions` tell: signatures and descriptions, as the
//! functions themselves declare them.

use std::fmt::Write as _;

use ledama_base::suggest::did_you_mean;

use super::commands;
use crate::diagnostic::Diagnostic;
use crate::engine::functions::{Function, Functions, Role};
use crate::report::talk::{Tone, paint};

/// How this is used, and which namespaces there are.
pub(super) fn overview(functions: &Functions) -> String {
    let mut text =
        String::from("Type expressions and statements; values are shown unless a `;` follows.\n\n");
    for (name, argument, meaning) in commands::NAMES {
        let command = format!(":{name} {argument}");
        let _ = writeln!(text, "  {command:18} {meaning}");
    }
    text.push_str(
        "\nTab completes; an open bracket lets the input go on; Ctrl-C ends what runs.\n\
         `run` is the run of this session: `run.execute(plan)` carries a plan out.\n\nNamespaces:\n",
    );
    for namespace in functions.namespaces() {
        let about = functions.namespace_doc(namespace).lines().next().unwrap_or_default();
        let _ = writeln!(text, "{}", format!("  {namespace:18} {about}").trim_end());
    }
    text
}

/// Everything about a function, a type or a namespace.
pub(super) fn about(functions: &Functions, topic: &str, color: bool) -> Result<String, Diagnostic> {
    let topic = topic.trim_end_matches("()").trim_end_matches("::");
    let mut pages = Vec::new();
    if functions.namespaces().any(|namespace| namespace == topic) {
        pages.push(namespace(functions, topic, color));
    }
    let of_type: Vec<_> = functions.iter().filter(|f| is_member(f, topic)).collect();
    if !of_type.is_empty() {
        pages.push(format!("type {topic}\n\n{}", list(&of_type, color)));
    }
    pages.extend(functions.iter().filter(|f| is_meant(f, topic)).map(|f| entry(f, color)));
    if !pages.is_empty() {
        return Ok(pages.join("\n"));
    }
    let name = topic.rsplit(['.', ':']).next().unwrap_or(topic);
    let known = functions.iter().filter(|f| f.role != Role::Operator).map(|f| f.name.as_str());
    Err(Diagnostic::error(format!("there is no function, type or namespace `{topic}`"))
        .maybe_help(did_you_mean(name, known.chain(functions.namespaces())))
        .help("`:functions WORD` searches names and descriptions"))
}

/// Functions that have a word in their names or descriptions; without one all
/// but those of the language itself.
pub(super) fn search(functions: &Functions, word: Option<&str>, color: bool) -> String {
    let word = word.map(str::to_lowercase);
    let fits = |f: &&Function| match &word {
        None => !f.standard,
        Some(word) => {
            f.signature().to_lowercase().contains(word) || f.doc.to_lowercase().contains(word)
        }
    };
    let shown = |f: &&Function| !matches!(f.role, Role::Operator | Role::Indexer);
    let found: Vec<_> = functions.iter().filter(shown).filter(fits).collect();
    if found.is_empty() { "no function has this word\n".to_string() } else { list(&found, color) }
}

/// Whether `name`, `namespace::name`, `Type.name` or `value.name` means it.
fn is_meant(function: &Function, topic: &str) -> bool {
    if function.role == Role::Operator {
        return function.name == topic;
    }
    if let Some((namespace, name)) = topic.rsplit_once("::") {
        return function.namespace == namespace && function.name == name;
    }
    match topic.rsplit_once('.') {
        Some((owner, name)) => {
            let kind = function.parameters.first().map(|p| p.kind.as_str());
            let of_type = owner.starts_with(char::is_uppercase);
            function.name == name && function.global && (!of_type || kind == Some(owner))
        }
        None => function.name == topic,
    }
}

fn is_member(function: &Function, kind: &str) -> bool {
    function.parameters.first().is_some_and(|p| p.kind == kind)
        && (function.is_method() || matches!(function.role, Role::Getter | Role::Setter))
}

fn namespace(functions: &Functions, name: &str, color: bool) -> String {
    let inside: Vec<_> = functions.iter().filter(|f| f.namespace == name).collect();
    let about = functions.namespace_doc(name);
    let about = if about.is_empty() { String::new() } else { format!("{about}\n\n") };
    format!("{about}{}", list(&inside, color))
}

/// One line each: signature, and the first line of the description.
fn list(functions: &[&Function], color: bool) -> String {
    let mut lines: Vec<String> = functions.iter().map(|f| line(f, color)).collect();
    // Without names of parameters several functions look the same.
    lines.dedup();
    lines.concat()
}

fn line(function: &Function, color: bool) -> String {
    let about = function.doc.lines().next().unwrap_or_default();
    let about = if about.is_empty() { String::new() } else { format!("  {about}") };
    format!("  {}{}\n", function.signature(), paint_some(&about, color))
}

fn entry(function: &Function, color: bool) -> String {
    let marks = |line: &&str| !line.starts_with("```") && !line.trim().is_empty();
    let mut about = String::new();
    for line in function.doc.lines().filter(marks) {
        let _ = writeln!(about, "    {line}");
    }
    format!("{}\n{}", function.signature(), paint_some(&about, color))
}

fn paint_some(text: &str, color: bool) -> String {
    if text.is_empty() { String::new() } else { paint(text, Tone::Dim, color) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn functions() -> Functions {
        Functions::of(&crate::engine::inspector())
    }

    #[test]
    fn every_name_has_its_page() {
        let functions = functions();
        let about = |topic: &str| about(&functions, topic, false).unwrap();
        for topic in ["reffile::open", "reffile::open()"] {
            let text = about(topic);
            assert!(text.starts_with("reffile::open(path: text) -> RefFile\n    "), "{text}");
        }
        assert!(about("reffile").contains("\n  reffile::open(path: text) -> RefFile  "));
        assert!(about("RefFile").contains("RefFile.len -> int"));
        assert!(about("RefFile.len").starts_with("RefFile.len -> int\n"));
        assert!(about("Run.plan").starts_with("Run.plan("));
        assert!(about("plan").contains("Run.plan("));
        assert!(about("split").contains("split(string: text) -> array\n    Split"));
        for function in functions.iter().filter(|f| !f.standard && f.role == Role::Call) {
            assert!(about(&function.name).contains(&function.signature()), "{}", function.name);
        }
    }

    #[test]
    fn a_wrong_name_is_told_with_a_similar_one() {
        let functions = functions();
        let fault = about(&functions, "reffile::opne", false).unwrap_err();
        assert!(fault.help[0].contains("`open`"), "{fault:?}");
        let fault = about(&functions, "xyzzyx", false).unwrap_err();
        assert_eq!(fault.message, "there is no function, type or namespace `xyzzyx`");
    }

    #[test]
    fn functions_are_searched_by_word() {
        let functions = functions();
        assert!(search(&functions, Some("REFFILE::OPEN"), false).contains("reffile::open("));
        assert_eq!(search(&functions, Some("xyzzy"), false), "no function has this word\n");
        let all = search(&functions, None, false);
        assert!(all.lines().count() > 40 && !all.contains("  split("), "{all}");
    }

    #[test]
    fn the_overview_names_all_namespaces_and_commands() {
        let functions = functions();
        let text = overview(&functions);
        for name in functions.namespaces() {
            assert!(text.contains(&format!("\n  {name}")), "{name}");
        }
        for (name, ..) in commands::NAMES {
            assert!(text.contains(&format!(":{name}")), "{name}");
        }
    }
}
