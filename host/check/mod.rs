//! Finds the faults of a script without running it: syntax, manifest, calls
//! of functions that do not exist, options that are not declared.

mod calls;
mod examples;
mod tree;
mod uses;

#[cfg(test)]
mod tests;

use std::path::Path;

use rhai::{AST, Dynamic, Engine, Scope, Stmt};

use crate::diagnostic::{Diagnostic, Place, Sources, parse_error};
use crate::engine::functions::Functions;
use crate::engine::{ENTRY, Library, ScriptFile, Spot, inspector, missing_entry};
use crate::manifest::{self, CONSTANT, Groups, Manifest};

/// Looks at scripts; made once for many files.
pub struct Checker {
    library: Library,
    engine: Engine,
    functions: Functions,
    sources: Sources,
}

/// What a file is, by what it declares and where it lies.
enum Kind {
    Module(Box<Manifest>),
    /// A module whose manifest cannot be read.
    Broken,
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
        let reading = manifest::read(&script.name, &script.label, &script.text, &groups);
        findings.extend(reading.faults);
        match reading.manifest {
            Some(manifest) => Kind::Module(Box::new(manifest)),
            None if reading.declared => Kind::Broken,
            None => Kind::Script,
        }
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
            && tree.statements().iter().any(|s| declares(s, CONSTANT))
        {
            findings.push(Diagnostic::error(format!(
                "{} lies in `lib/` but declares {CONSTANT}",
                script.label
            )));
        }
        if !matches!(kind, Kind::Module(_) | Kind::Broken) {
            return;
        }
        stray_statements(script, tree, findings);
        let entries: Vec<_> =
            tree.iter_functions().filter(|f| f.name == ENTRY).map(|f| f.params.len()).collect();
        if !entries.contains(&2) {
            let names: Vec<_> = tree.iter_functions().map(|f| f.name).collect();
            findings.push(missing_entry(!entries.is_empty(), &names, script));
        } else if let Kind::Module(manifest) = kind {
            uses::check(tree, script, manifest, &self.functions, findings);
        }
        if let Kind::Module(manifest) = kind {
            examples::check(script, manifest, findings);
        }
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

fn declares(statement: &Stmt, name: &str) -> bool {
    matches!(statement, Stmt::Var(parts, ..) if parts.0.name == name)
}

/// Statements of a module outside of its functions run before `process`, and
/// its functions cannot see their variables: nearly always a mistake.
fn stray_statements(script: &ScriptFile, tree: &AST, findings: &mut Vec<Diagnostic>) {
    for statement in tree.statements() {
        let fault = match statement {
            Stmt::Var(parts, flags, _) if !flags.contains(rhai::ASTFlags::CONSTANT) => {
                Diagnostic::warning(format!("no function can see the variable `{}`", parts.0.name))
                    .help("make it a constant and write `global::NAME`, or move it into a function")
            }
            Stmt::Var(..) | Stmt::Import(..) | Stmt::Noop(_) => continue,
            _ => {
                Diagnostic::warning("this statement runs before the module is asked to do anything")
                    .help(format!("move it into `{ENTRY}(opts, run)`"))
            }
        };
        findings.push(fault.at(Place::of(&script.label, statement.position())));
    }
}
