//! The reference of the builtins, from the comments of the functions
//! themselves.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::Page;
use crate::engine::functions::{Function, Functions, PLAIN_TYPES, Role};

/// What a page holds: the functions of a namespace and the types it gives out.
#[derive(Default)]
struct Content<'a> {
    functions: Vec<&'a Function>,
    types: BTreeMap<&'a str, Vec<&'a Function>>,
}

/// One page for each namespace (or type without one), and a list of them.
pub(super) fn pages(functions: &Functions) -> Vec<Page> {
    let mut contents: BTreeMap<String, Content<'_>> = BTreeMap::new();
    for function in functions.iter().filter(|f| !f.standard) {
        let owner = owner(function);
        let page = match (function.namespace.as_str(), owner) {
            ("", Some(owner)) => owner.to_lowercase(),
            ("", None) => "general".to_string(),
            (namespace, _) => namespace.to_string(),
        };
        let content = contents.entry(page).or_default();
        match owner {
            Some(owner) => content.types.entry(owner).or_default().push(function),
            None => content.functions.push(function),
        }
    }
    let mut pages = vec![index(&contents)];
    for (name, content) in &contents {
        pages.push(page(name, content, functions));
    }
    pages.push(language(functions));
    pages
}

/// The type whose method or property it is.
fn owner(function: &Function) -> Option<&str> {
    let first = function.parameters.first().map(|p| p.kind.as_str())?;
    let property =
        matches!(function.role, Role::Getter | Role::Setter | Role::Indexer | Role::Operator);
    let plain = PLAIN_TYPES.contains(&first);
    (!plain && (property || function.is_method())).then_some(first)
}

fn index(contents: &BTreeMap<String, Content<'_>>) -> Page {
    let mut text = String::from(
        "# Builtins\n\nWhat scripts can call. Functions of a namespace are called as \
         `namespace::function(…)`; what belongs to a value as `value.function(…)` or `value.property`. \
         Everything fails with an error that has a `kind` and a `message`: \
         `try { … } catch (e) { e.kind }`.\n\n| Page | Functions | Types |\n|---|---|---|\n",
    );
    for (name, content) in contents {
        let mut names: Vec<_> = content.functions.iter().map(|f| format!("`{}`", f.name)).collect();
        names.sort();
        names.dedup();
        let types: Vec<_> = content.types.keys().map(|t| format!("`{t}`")).collect();
        let _ =
            writeln!(text, "| [{name}]({name}.md) | {} | {} |", names.join(" "), types.join(" "));
    }
    text.push_str("| [language](language.md) | what the language itself brings | |\n");
    Page::markdown("builtins/README.md", &text)
}

fn page(name: &str, content: &Content<'_>, functions: &Functions) -> Page {
    let mut text = format!("# {name}\n");
    let about = functions.namespace_doc(name);
    if !about.is_empty() {
        let _ = write!(text, "\n{about}\n");
    }
    entries(&mut text, &content.functions, "##");
    for (kind, members) in &content.types {
        let _ = write!(text, "\n## Type {kind}\n");
        entries(&mut text, members, "###");
    }
    Page::markdown(format!("builtins/{name}.md"), &text)
}

/// One entry for each name, with all its signatures.
fn entries(text: &mut String, functions: &[&Function], marks: &str) {
    let mut by_name: BTreeMap<(u8, &str), Vec<&Function>> = BTreeMap::new();
    for function in functions {
        let order = match function.role {
            Role::Getter | Role::Setter => 0,
            Role::Call => 1,
            Role::Indexer | Role::Operator => 2,
        };
        by_name.entry((order, function.name.as_str())).or_default().push(function);
    }
    for ((_, name), same) in by_name {
        let title = if name.starts_with("index$") { "[ ]" } else { name };
        let _ = write!(text, "\n{marks} `{title}`\n");
        for function in same {
            let _ = write!(text, "\n```rhai\n{}\n```\n\n{}\n", function.signature(), function.doc);
        }
    }
}

/// Names of the language's own functions; they are described in its book.
fn language(functions: &Functions) -> Page {
    let mut by_type: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for function in functions.iter().filter(|f| f.standard && f.role == Role::Call) {
        let first = function.parameters.first().map_or("()", |p| p.kind.as_str());
        if PLAIN_TYPES.contains(&first) {
            by_type.entry(first).or_default().push(format!("`{}`", function.name));
        }
    }
    let mut text = String::from(
        "# Language\n\nScripts are written in [Rhai](https://rhai.rs/book/). These functions come \
         with the language, by the type of the value they are called on. `eval` is switched off, \
         and a map answers an unknown key with an error (`map.get(\"key\")` answers `()`).\n\n\
         | Type | Functions |\n|---|---|\n",
    );
    for (kind, mut names) in by_type {
        names.sort();
        names.dedup();
        let _ = writeln!(text, "| {kind} | {} |", names.join(" "));
    }
    Page::markdown("builtins/language.md", &text)
}
