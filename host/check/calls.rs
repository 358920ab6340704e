//! Calls of functions that exist nowhere, and imports of files that do not.

use std::collections::BTreeMap;

use ledama_base::suggest::{did_you_mean, nearest, question};
use rhai::{AST, ASTNode, Engine, Expr, FnCallExpr, Position, Stmt};

use crate::diagnostic::{Diagnostic, Place};
use crate::engine::functions::Functions;
use crate::engine::{Library, ScriptFile, locate};

/// Methods of function pointers, which the language handles itself.
const POINTER_METHODS: [&str; 2] = ["call", "curry"];

/// Names and numbers of parameters of the functions of an imported file, by
/// the name it is imported as; `None` when the file cannot be read.
pub(super) type Imports = BTreeMap<String, Option<Vec<(String, usize)>>>;

/// Reads what a script imports; faults are findings.
pub(super) fn imports(
    tree: &AST,
    script: &ScriptFile,
    library: &Library,
    engine: &Engine,
    findings: &mut Vec<Diagnostic>,
) -> Imports {
    let mut imports = Imports::new();
    tree.walk(&mut |path: &[ASTNode<'_>]| {
        if let Some(ASTNode::Stmt(Stmt::Import(parts, position))) = path.last() {
            let (from, alias) = &**parts;
            let place = Place::of(&script.label, from.start_position())
                .or_else(|| Place::of(&script.label, *position));
            let functions = match from {
                Expr::StringConstant(name, _) => imported(name, script, library, engine),
                _ => Err(Diagnostic::error("the name of an imported file must be a plain text")),
            };
            let functions = functions.map_err(|fault| findings.push(fault.at(place)));
            imports.insert(alias.name.to_string(), functions.ok());
        }
        true
    });
    imports
}

fn imported(
    name: &str,
    script: &ScriptFile,
    library: &Library,
    engine: &Engine,
) -> Result<Vec<(String, usize)>, Diagnostic> {
    let file = locate(library, &script.spot, name)?;
    let tree = engine.compile(&*file.text).map_err(|_| {
        Diagnostic::error(format!("{} has faults of its own", file.label))
            .help(format!("`ledama check {}` shows them", file.label))
    })?;
    Ok(tree.iter_functions().map(|f| (f.name.to_string(), f.params.len())).collect())
}

/// What is called in a script.
struct Call<'a> {
    namespace: String,
    name: &'a str,
    arguments: usize,
    method: bool,
    position: Position,
}

/// Compares every call with the functions there are.
pub(super) fn check(
    tree: &AST,
    script: &ScriptFile,
    functions: &Functions,
    imports: &Imports,
    findings: &mut Vec<Diagnostic>,
) {
    let own: Vec<(String, usize)> =
        tree.iter_functions().map(|f| (f.name.to_string(), f.params.len())).collect();
    tree.walk(&mut |path: &[ASTNode<'_>]| {
        let fault = match path.last() {
            Some(
                ASTNode::Expr(Expr::FnCall(call, position))
                | ASTNode::Stmt(Stmt::FnCall(call, position)),
            ) => {
                of_call(call, *position, false).and_then(|c| look_up(&c, &own, functions, imports))
            }
            Some(ASTNode::Expr(Expr::MethodCall(call, position))) => {
                of_call(call, *position, true).and_then(|c| look_up(&c, &own, functions, imports))
            }
            Some(ASTNode::Expr(Expr::DynamicConstant(value, position))) => value
                .read_lock::<rhai::FnPtr>()
                .and_then(|pointer| of_pointer(pointer.fn_name(), *position, &own, functions)),
            _ => None,
        };
        if let Some((fault, position)) = fault {
            findings.push(fault.at(Place::of(&script.label, position)));
        }
        true
    });
}

type Fault = Option<(Diagnostic, Position)>;

fn of_call(call: &FnCallExpr, position: Position, method: bool) -> Option<Call<'_>> {
    // The language makes a call of `curry` out of a closure with captures.
    let closure = call.name == "curry"
        && matches!(call.args.first(), Some(Expr::DynamicConstant(f, _)) if f.is_fnptr());
    if call.is_operator_call() || closure {
        return None;
    }
    let namespace = call.namespace.to_string();
    let namespace = namespace.trim_end_matches("::").to_string();
    Some(Call { namespace, name: &call.name, arguments: call.args.len(), method, position })
}

/// `Fn("name")` must name a function, whatever its parameters.
fn of_pointer(
    name: &str,
    position: Position,
    own: &[(String, usize)],
    functions: &Functions,
) -> Fault {
    let known = name.starts_with("anon$")
        || own.iter().any(|(n, _)| n == name)
        || functions.named("", name).next().is_some();
    if known {
        return None;
    }
    let names = own.iter().map(|(n, _)| n.as_str()).chain(functions.names(""));
    let fault = Diagnostic::error(format!("there is no function `{name}`"))
        .maybe_help(did_you_mean(name, names));
    Some((fault, position))
}

fn look_up(
    call: &Call<'_>,
    own: &[(String, usize)],
    functions: &Functions,
    imports: &Imports,
) -> Fault {
    let fault = if call.namespace == "global" {
        None
    } else if let Some(imported) = imports.get(&call.namespace) {
        in_list(call, imported.as_deref()?)
    } else if call.namespace.is_empty() {
        unqualified(call, own, functions)
    } else {
        builtin(call, functions)
    };
    fault.map(|fault| (fault, call.position))
}

fn in_list(call: &Call<'_>, known: &[(String, usize)]) -> Option<Diagnostic> {
    if known.iter().any(|(name, n)| name == call.name && *n == call.arguments) {
        return None;
    }
    let shown = shown(call);
    if let Some((_, parameters)) = known.iter().find(|(name, _)| name == call.name) {
        return Some(Diagnostic::error(format!(
            "`{shown}` takes {}, not {}",
            count(*parameters),
            call.arguments
        )));
    }
    let near = nearest(call.name, known.iter().map(|(n, _)| n.as_str()));
    Some(Diagnostic::error(format!("there is no function `{shown}`")).maybe_help(question(&near)))
}

fn unqualified(
    call: &Call<'_>,
    own: &[(String, usize)],
    functions: &Functions,
) -> Option<Diagnostic> {
    if call.method && POINTER_METHODS.contains(&call.name) {
        return None;
    }
    // `x.f(y)` is `f(x, y)` of a builtin; of a script it may also be `f(y)` with `this`.
    let native = call.arguments + usize::from(call.method);
    let mine = |n: usize| n == native || (call.method && n == call.arguments);
    let known = own.iter().any(|(name, n)| name == call.name && mine(*n))
        || functions.named("", call.name).any(|f| f.parameters.len() == native);
    if known {
        return None;
    }
    if own.iter().any(|(name, _)| name == call.name) && !call.method {
        return in_list(call, own);
    }
    if functions.named("", call.name).next().is_some() {
        return Some(other_arguments(call, functions, ""));
    }
    let own_names = own.iter().map(|(n, _)| n.as_str()).filter(|n| !n.starts_with("anon$"));
    let fault = Diagnostic::error(format!("there is no function `{}`", shown(call)));
    if let Some(getter) = functions.getters(None).find(|g| g.name == call.name)
        && call.method
    {
        return Some(
            fault.help(format!("`{}` is a property: write it without brackets", getter.name)),
        );
    }
    let elsewhere = functions.iter().find(|f| {
        f.name == call.name
            && !f.namespace.is_empty()
            && f.role == crate::engine::functions::Role::Call
    });
    if let Some(function) = elsewhere {
        return Some(
            fault.help(format!("did you mean `{}::{}`?", function.namespace, function.name)),
        );
    }
    Some(fault.maybe_help(did_you_mean(call.name, own_names.chain(functions.names("")))))
}

fn builtin(call: &Call<'_>, functions: &Functions) -> Option<Diagnostic> {
    let known: Vec<_> = functions.named(&call.namespace, call.name).collect();
    if known.iter().any(|f| f.parameters.len() == call.arguments) {
        return None;
    }
    if !known.is_empty() {
        return Some(other_arguments(call, functions, &call.namespace));
    }
    let fault = Diagnostic::error(format!("there is no function `{}`", shown(call)));
    let near = nearest(call.name, functions.names(&call.namespace));
    if near.is_empty() {
        let all: Vec<_> = functions.names(&call.namespace).collect();
        if !all.is_empty() {
            return Some(fault.note(format!("`{}` has: {}", call.namespace, all.join(", "))));
        }
    }
    Some(fault.maybe_help(question(&near)))
}

fn other_arguments(call: &Call<'_>, functions: &Functions, namespace: &str) -> Diagnostic {
    let mut fault = Diagnostic::error(format!(
        "`{}` cannot be called with {}",
        shown(call),
        count(call.arguments)
    ));
    for function in functions.named(namespace, call.name).take(6) {
        fault = fault.note(format!("there is `{}`", function.signature()));
    }
    fault
}

fn shown(call: &Call<'_>) -> String {
    match (call.method, call.namespace.as_str()) {
        (true, _) => format!(".{}", call.name),
        (false, "") => call.name.to_string(),
        (false, namespace) => format!("{namespace}::{}", call.name),
    }
}

fn count(n: usize) -> String {
    match n {
        0 => "no argument".to_string(),
        1 => "1 argument".to_string(),
        n => format!("{n} arguments"),
    }
}
