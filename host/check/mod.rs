//! Finds the faults of a script without running it: syntax, manifest, calls
//! of functions that do not exist, options that are not declared.

mod calls;
mod examples;
mod steps;
mod tree;
mod uses;

#[cfg(test)]
mod tests;

use std::path::Path;

use ledama_base::suggest::nearest;
use rhai::{AST, Dynamic, Engine, Scope, Stmt};

use crate::diagnostic::{Diagnostic, Place, Sources, parse_error};
use crate::engine::functions::Functions;
use crate::engine::{Library, ScriptFile, Spot, inspector, missing_entry};
use crate::manifest::{self, Form, Groups, Manifest};

/// Looks at scripts; made once for many files.
pub struct Checker {
    library: Library,
    engine: Engine,
    functions: Functions,
    sources: Sources,
}

/// What a file is, by what it declares and where it lies.
enum Kind {
    /// A module or recipe.
    Declared(Box<Manifest>),
    /// One whose declaration cannot be read.
    Broken(Form),
    Library,
    Script,
}

impl Checker {
    /// Knows all builtins, and the shared files that scripts can import.
    pub fn new(library: Library) -> Self {
        let engine = inspector();
        let functions = Functions::of(&engine);
        Self { library, engine, functions, sources: Sources::new() }
    }

    /// The texts of the files looked at, to show their lines.
    pub fn sources(&self) -> &Sources {
        &self.sources
    }

    /// Every function a script can call.
    pub fn functions(&self) -> &Functions {
        &self.functions
    }

    /// Everything that is wrong with a script, in the order of its lines.
    pub fn check(&self, script: &ScriptFile) -> Vec<Diagnostic> {
        self.sources.add(&script.label, script.text.clone());
        let mut findings = Vec::new();
        let kind = self.kind(script, &mut findings);
        match self.parse(script, &kind) {
            Ok(tree) => self.look(script, &kind, &tree, &mut findings),
            Err(fault) => findings.push(*fault),
        }
        findings.sort_by(|a, b| a.place.cmp(&b.place).then_with(|| a.message.cmp(&b.message)));
        findings.dedup();
        findings
    }

    fn kind(&self, script: &ScriptFile, findings: &mut Vec<Diagnostic>) -> Kind {
        if lies_in_lib(script) {
            return Kind::Library;
        }
        let groups = match self.groups(script) {
            Ok(groups) => groups,
            Err(faults) => {
                findings.extend(faults);
                Groups::default()
            }
        };
        for form in Form::ALL {
            let reading =
                manifest::read_as(form, &script.name, &script.label, &script.text, &groups);
            match reading.manifest {
                Some(manifest) => {
                    findings.extend(reading.faults);
                    return Kind::Declared(Box::new(manifest));
                }
                None if reading.declared => {
                    findings.extend(reading.faults);
                    return Kind::Broken(form);
                }
                None => {}
            }
        }
        Kind::Script
    }

    fn groups(&self, script: &ScriptFile) -> Result<Groups, Vec<Diagnostic>> {
        match self.library.shared(&script.spot, "lib/options").map_err(|d| vec![d])? {
            Some(file) => {
                self.sources.add(&file.label, file.text.clone());
                Groups::read(&file.label, &file.text)
            }
            None => Ok(Groups::default()),
        }
    }

    fn parse(&self, script: &ScriptFile, kind: &Kind) -> Result<AST, Box<Diagnostic>> {
        let mut scope = Scope::new();
        if matches!(kind, Kind::Script) {
            scope.push_constant("args", rhai::Array::new());
            scope.push_constant_dynamic("run", Dynamic::UNIT);
        }
        self.engine.compile_with_scope(&scope, &*script.text).map_err(|e| {
            let functions = &self.functions;
            Box::new(parse_error(
                e.err_type(),
                e.position(),
                &script.label,
                &script.text,
                functions,
            ))
        })
    }

    fn look(&self, script: &ScriptFile, kind: &Kind, tree: &AST, findings: &mut Vec<Diagnostic>) {
        let imports = calls::imports(tree, script, &self.library, &self.engine, findings);
        calls::check(tree, script, &self.functions, &imports, findings);
        if let Kind::Library = kind
            && let Some(form) = declared(tree)
        {
            findings.push(Diagnostic::error(format!(
                "{} lies in `lib/` but declares {}",
                script.label,
                form.constant()
            )));
        }
        let form = match kind {
            Kind::Declared(manifest) => manifest.form,
            Kind::Broken(form) => *form,
            Kind::Library | Kind::Script => return,
        };
        stray_statements(form, script, tree, findings);
        let entry = form.entry();
        let entries: Vec<_> =
            tree.iter_functions().filter(|f| f.name == entry).map(|f| f.params.len()).collect();
        if !entries.contains(&2) {
            let names: Vec<_> = tree.iter_functions().map(|f| f.name).collect();
            findings.push(missing_entry(form, !entries.is_empty(), &names, script));
        } else if let Kind::Declared(manifest) = kind {
            uses::check(tree, script, manifest, &self.functions, findings);
        }
        if let Kind::Declared(manifest) = kind {
            examples::check(script, manifest, findings);
        }
        if form == Form::Recipe {
            steps::check(tree, script, &|name| self.module(name), findings);
        }
    }

    /// The module of that name, or names like it.
    fn module(&self, name: &str) -> Result<Option<Manifest>, Vec<String>> {
        let Ok(file) = self.library.find(name) else {
            return Err(nearest(name, self.library.modules().into_keys()));
        };
        let groups = self.groups(&file).unwrap_or_default();
        Ok(manifest::read(&file.name, &file.label, &file.text, &groups).manifest)
    }
}

impl std::fmt::Debug for Checker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Checker").field("library", &self.library).finish_non_exhaustive()
    }
}

fn lies_in_lib(script: &ScriptFile) -> bool {
    let path = match &script.spot {
        Spot::File(path) => path.as_path(),
        Spot::Embedded(name) => Path::new(name),
    };
    path.parent().and_then(Path::file_name).is_some_and(|name| name == "lib")
}

/// What a file declares, going by the names of its constants.
fn declared(tree: &AST) -> Option<Form> {
    Form::ALL.into_iter().find(|form| manifest::syntax::declares(tree, form.constant()))
}

/// Statements of a module or recipe outside of its functions run before its entry, and
/// its functions cannot see their variables: nearly always a mistake.
fn stray_statements(form: Form, script: &ScriptFile, tree: &AST, findings: &mut Vec<Diagnostic>) {
    for statement in tree.statements() {
        let fault = match statement {
            Stmt::Var(parts, flags, _) if !flags.contains(rhai::ASTFlags::CONSTANT) => {
                Diagnostic::warning(format!("no function can see the variable `{}`", parts.0.name))
                    .help("make it a constant and write `global::NAME`, or move it into a function")
            }
            Stmt::Var(..) | Stmt::Import(..) | Stmt::Noop(_) => continue,
            _ => {
                let (noun, entry, handle) = (form.noun(), form.entry(), form.handle());
                Diagnostic::warning(format!(
                    "this statement runs before the {noun} is asked to do anything"
                ))
                .help(format!("move it into `{entry}(opts, {handle})`"))
            }
        };
        findings.push(fault.at(Place::of(&script.label, statement.position())));
    }
}
