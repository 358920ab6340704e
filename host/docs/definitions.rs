//! Definitions of the builtins in the form that editors read (`.d.rhai`).

use std::fmt::Write as _;

use super::Page;
use crate::engine::functions::{Function, Functions, Role};

/// All builtins in one file.
pub(super) fn page(functions: &Functions) -> Page {
    let mut text = String::from("module static;\n");
    let global = functions.iter().filter(|f| !f.standard && f.namespace.is_empty());
    for function in global {
        define(&mut text, function, "");
    }
    for namespace in functions.namespaces() {
        let _ = write!(text, "\nmodule {namespace} {{\n");
        for function in functions.iter().filter(|f| f.namespace == namespace) {
            define(&mut text, function, "    ");
        }
        text.push_str("}\n");
    }
    Page::script("definitions/ledama.d.rhai", &text)
}

fn define(text: &mut String, function: &Function, indent: &str) {
    text.push('\n');
    for line in function.doc.lines() {
        let _ = writeln!(text, "{indent}/// {line}");
    }
    let head = match function.role {
        Role::Call => format!("fn {}", function.name),
        Role::Getter => format!("fn get {}", function.name),
        Role::Setter => format!("fn set {}", function.name),
        Role::Indexer => format!("fn {}", function.name.replace('$', " ")),
        Role::Operator => format!("op {}", function.name),
    };
    let parameters: Vec<_> = function
        .parameters
        .iter()
        .enumerate()
        .map(|(i, p)| {
            let name = if p.name.is_empty() { format!("value{i}") } else { p.name.clone() };
            format!("{name}: {}", rhai_type(&p.kind))
        })
        .collect();
    let returns = match function.returns.as_str() {
        "()" => String::new(),
        kind => format!(" -> {}", rhai_type(kind)),
    };
    let _ = writeln!(text, "{indent}{head}({}){returns};", parameters.join(", "));
}

/// The language's own name of a type.
fn rhai_type(kind: &str) -> &str {
    match kind {
        "text" => "string",
        "any" => "?",
        "function" => "Fn",
        kind => kind,
    }
}
