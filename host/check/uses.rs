//! Which options a module or recipe uses: `opts.name` that is not declared,
//! options that are declared and never used, and what `run` or `recipe` cannot do.
//!
//! `opts` and `run` are followed through the functions of the file they are
//! passed to. Where they go elsewhere, nothing is said about unused options.

use std::collections::BTreeSet;

use ledama_base::suggest::did_you_mean;
use rhai::{AST, ASTNode, Expr, Position, Stmt};

use super::tree::Tree;
use crate::diagnostic::{Diagnostic, Place};
use crate::engine::ScriptFile;
use crate::engine::functions::Functions;
use crate::manifest::{Form, Manifest};

/// The type of `run` or `recipe` in the list of builtins.
fn type_of(form: Form) -> &'static str {
    match form {
        Form::Module => "Run",
        Form::Recipe => "Recipe",
    }
}

/// What is done with a variable at one place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Use {
    /// `variable.name` or `variable["name"]`.
    Property(String),
    /// `variable.name(…)`, with so many arguments.
    Method(String, usize),
    /// Argument of a function of this file: index of the function, and of the argument.
    Passed(usize, usize),
    /// Kept by a closure; what the closure does with it is seen inside of it.
    Captured,
    /// Declared anew under this name.
    Shadowed,
    /// Anything else.
    Other,
}

struct Occurrence {
    function: usize,
    variable: String,
    used: Use,
    position: Position,
}

/// What became of a parameter of the entry.
#[derive(Default)]
struct Followed {
    properties: Vec<(String, Position)>,
    methods: Vec<(String, usize, Position)>,
    /// It was put somewhere we cannot follow.
    escaped: bool,
}

/// Compares what a module uses with what it declares.
pub(super) fn check(
    ast: &AST,
    script: &ScriptFile,
    manifest: &Manifest,
    functions: &Functions,
    findings: &mut Vec<Diagnostic>,
) {
    let tree = Tree::of(ast);
    let Some(entry) = tree.find(manifest.form.entry(), 2) else { return };
    let occurrences = occurrences(ast, &tree);
    let options = follow(&tree, &occurrences, entry, 0);
    check_options(script, manifest, &options, findings);
    let run = follow(&tree, &occurrences, entry, 1);
    check_handle(manifest.form, script, functions, &run, findings);
}

fn check_options(
    script: &ScriptFile,
    manifest: &Manifest,
    used: &Followed,
    findings: &mut Vec<Diagnostic>,
) {
    let keys: Vec<String> = manifest.options.iter().map(crate::manifest::OptionDecl::key).collect();
    for (name, position) in &used.properties {
        if !keys.contains(name) {
            findings.push(
                Diagnostic::error(format!("there is no option `{name}`"))
                    .at(Place::of(&script.label, *position))
                    .maybe_help(did_you_mean(name, &keys)),
            );
        }
    }
    if used.escaped {
        return;
    }
    let own = manifest.options.iter().filter(|o| o.included_from.is_none());
    // What says so of itself needs no warning.
    for option in own.filter(|o| !o.help.starts_with("Not used")) {
        if !used.properties.iter().any(|(name, _)| *name == option.key()) {
            findings.push(
                Diagnostic::warning(format!("the option `{}` is never used", option.name))
                    .at(Place::of(&script.label, option.position)),
            );
        }
    }
}

fn check_handle(
    form: Form,
    script: &ScriptFile,
    functions: &Functions,
    used: &Followed,
    findings: &mut Vec<Diagnostic>,
) {
    let getters: Vec<_> = functions.getters(Some(type_of(form))).map(|g| g.name.clone()).collect();
    if getters.is_empty() {
        return;
    }
    for (name, position) in used.properties.iter().filter(|(n, _)| !getters.contains(n)) {
        findings.push(
            Diagnostic::error(format!("`{}` has no property `{name}`", form.handle()))
                .at(Place::of(&script.label, *position))
                .maybe_help(did_you_mean(name, &getters)),
        );
    }
    for (name, arguments, position) in &used.methods {
        // Functions that exist for other values; unknown ones are told elsewhere.
        let mut others = functions
            .named("", name)
            .filter(|f| f.parameters.len() == arguments + 1)
            .map(|f| f.parameters.first().map_or("", |p| p.kind.as_str()))
            .peekable();
        if others.peek().is_some() && !others.any(|kind| kind == type_of(form) || kind == "any") {
            findings.push(
                Diagnostic::error(format!("`{}` has no function `{name}`", form.handle()))
                    .at(Place::of(&script.label, *position)),
            );
        }
    }
}

/// Follows a parameter of a function to all its uses.
fn follow(tree: &Tree, occurrences: &[Occurrence], function: usize, parameter: usize) -> Followed {
    let mut followed = Followed::default();
    let mut seen: BTreeSet<(usize, String)> = BTreeSet::new();
    let mut waiting = vec![(function, tree.functions[function].parameters[parameter].clone())];
    while let Some((function, variable)) = waiting.pop() {
        if !seen.insert((function, variable.clone())) {
            continue;
        }
        let here = occurrences.iter().filter(|o| o.function == function && o.variable == variable);
        for occurrence in here {
            match &occurrence.used {
                Use::Property(name) => {
                    followed.properties.push((name.clone(), occurrence.position));
                }
                Use::Method(name, arguments) => {
                    followed.methods.push((name.clone(), *arguments, occurrence.position));
                    followed.escaped = true;
                }
                Use::Passed(callee, index) => {
                    waiting.push((*callee, tree.functions[*callee].parameters[*index].clone()));
                }
                Use::Captured => {
                    let closures = tree.functions.iter().enumerate().filter(|(_, f)| {
                        f.name.starts_with("anon$") && f.parameters.contains(&variable)
                    });
                    waiting.extend(closures.map(|(index, _)| (index, variable.clone())));
                }
                Use::Shadowed => return Followed { escaped: true, ..Followed::default() },
                Use::Other => followed.escaped = true,
            }
        }
    }
    followed
}

fn occurrences(ast: &AST, tree: &Tree) -> Vec<Occurrence> {
    let mut found = Vec::new();
    ast.walk(&mut |path: &[ASTNode<'_>]| {
        match path.last() {
            Some(ASTNode::Expr(expression @ Expr::Variable(parts, _, position)))
                if parts.2.is_empty() =>
            {
                if let Some(function) = tree.owner(path) {
                    let parent = path.len().checked_sub(2).map(|at| path[at]);
                    found.push(Occurrence {
                        function,
                        variable: parts.1.to_string(),
                        used: use_of(expression, parent, tree),
                        position: property_position(parent).unwrap_or(*position),
                    });
                }
            }
            Some(ASTNode::Stmt(Stmt::Var(parts, _, position))) => {
                if let Some(function) = tree.owner(path) {
                    found.push(Occurrence {
                        function,
                        variable: parts.0.name.to_string(),
                        used: Use::Shadowed,
                        position: *position,
                    });
                }
            }
            _ => {}
        }
        true
    });
    found
}

fn use_of(variable: &Expr, parent: Option<ASTNode<'_>>, tree: &Tree) -> Use {
    match parent {
        Some(ASTNode::Expr(Expr::Dot(parts, ..) | Expr::Index(parts, ..)))
            if std::ptr::eq(&raw const parts.lhs, variable) =>
        {
            of_chain(&parts.rhs)
        }
        Some(ASTNode::Expr(Expr::FnCall(call, _)) | ASTNode::Stmt(Stmt::FnCall(call, _))) => {
            if call.name == "curry" {
                return Use::Captured;
            }
            let index = call.args.iter().position(|a| std::ptr::eq(a, variable));
            let callee = if call.namespace.is_empty() {
                tree.find(&call.name, call.args.len())
            } else {
                None
            };
            match (callee, index) {
                (Some(callee), Some(index)) => Use::Passed(callee, index),
                _ => Use::Other,
            }
        }
        _ => Use::Other,
    }
}

/// The first link after `variable.` or `variable[`.
fn of_chain(rest: &Expr) -> Use {
    match rest {
        Expr::Property(parts, _) => Use::Property(parts.2.to_string()),
        Expr::StringConstant(name, _) => Use::Property(name.to_string()),
        Expr::MethodCall(call, _) => match call.args.first() {
            Some(Expr::StringConstant(name, _)) if call.name == "get" => {
                Use::Property(name.to_string())
            }
            _ => Use::Method(call.name.to_string(), call.args.len()),
        },
        Expr::Dot(parts, ..) | Expr::Index(parts, ..) => of_chain(&parts.lhs),
        _ => Use::Other,
    }
}

/// Where the name after the dot stands.
fn property_position(parent: Option<ASTNode<'_>>) -> Option<Position> {
    match parent? {
        ASTNode::Expr(Expr::Dot(parts, ..) | Expr::Index(parts, ..)) => {
            Some(parts.rhs.start_position())
        }
        _ => None,
    }
}
