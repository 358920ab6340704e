//! Steps of a recipe that are written out in its file: modules by similar
//! names, and options that a module does not have. What a recipe computes is
//! checked when it says its steps.

use ledama_base::suggest::{did_you_mean, question};
use rhai::{AST, ASTNode, Expr, FnCallExpr, Position};

use crate::diagnostic::{Diagnostic, Place};
use crate::engine::ScriptFile;
use crate::manifest::Manifest;

/// Finds a module by name: what it declares if that can be read, or the
/// nearest names.
type Find<'a> = &'a dyn Fn(&str) -> Result<Option<Manifest>, Vec<String>>;

/// Looks at every `recipe.step("name", "Module", #{ … })`.
pub(super) fn check(
    tree: &AST,
    script: &ScriptFile,
    find: Find<'_>,
    findings: &mut Vec<Diagnostic>,
) {
    tree.walk(&mut |path: &[ASTNode<'_>]| {
        if let Some(ASTNode::Expr(Expr::MethodCall(call, _))) = path.last()
            && call.name == "step"
        {
            for (fault, position) in of_call(call, find) {
                findings.push(fault.at(Place::of(&script.label, position)));
            }
        }
        true
    });
}

fn of_call(call: &FnCallExpr, find: Find<'_>) -> Vec<(Diagnostic, Position)> {
    let Some(Expr::StringConstant(module, position)) = call.args.get(1) else { return Vec::new() };
    match find(module) {
        // Modules may come with another installation; a similar name is a slip.
        Err(near) if near.is_empty() => Vec::new(),
        Err(near) => {
            let fault = Diagnostic::warning(format!("there is no module `{module}` here"));
            vec![(fault.maybe_help(question(&near)), *position)]
        }
        Ok(None) => Vec::new(),
        Ok(Some(manifest)) => match call.args.get(2) {
            Some(Expr::Map(entries, _)) => unknown_options(&manifest, &entries.0),
            _ => Vec::new(),
        },
    }
}

fn unknown_options(
    manifest: &Manifest,
    entries: &[(rhai::Ident, Expr)],
) -> Vec<(Diagnostic, Position)> {
    let unknown = entries.iter().filter(|(key, _)| manifest.option(&key.name).is_none());
    unknown
        .map(|(key, _)| {
            let names = manifest.options.iter().map(|o| o.name.as_str());
            let fault =
                Diagnostic::error(format!("`{}` has no option `{}`", manifest.name, key.name));
            (fault.maybe_help(did_you_mean(&key.name, names)), key.pos)
        })
        .collect()
}
