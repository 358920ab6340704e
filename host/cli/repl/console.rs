//! The state of an interactive session: one strict engine, the variables and
//! functions of all inputs so far, and the texts they came from.

use std::path::PathBuf;
use std::sync::Arc;

use rhai::{AST, Dynamic, Engine, Expr, Map, Module, Scope, Stmt};

use super::show::Show;
use super::types::{Names, Variable};
use crate::diagnostic::{Sources, plain_type};
use crate::engine::functions::Functions;
use crate::engine::{self, Library, ScriptFile, Setup, Spot, Stop};
use crate::report::table;

/// Keys of a map that completion knows at most.
const KEYS: usize = 200;

/// Names that are there from the beginning.
const OWN: [&str; 2] = ["run", "args"];

/// Characters of a value in the list of variables.
const SHORT: usize = 60;

pub(super) struct Console {
    engine: Engine,
    scope: Scope<'static>,
    library: Library,
    sources: Sources,
    functions: Arc<Functions>,
    inputs: usize,
}

impl Console {
    /// A session in which `run` is that run.
    pub(super) fn new(setup: &Setup, run: Dynamic) -> Self {
        let mut scope = Scope::new();
        scope.push_constant("args", rhai::Array::new()).push_constant_dynamic("run", run);
        let engine = setup.engine(&spot());
        Self {
            functions: Arc::new(Functions::of(&engine)),
            engine,
            scope,
            library: setup.library.clone(),
            sources: setup.sources.clone(),
            inputs: 0,
        }
    }

    /// Evaluates what was typed; messages call it by its number.
    pub(super) fn input(&mut self, text: &str) -> Result<Dynamic, Stop> {
        self.inputs += 1;
        let label = format!("input {}", self.inputs);
        self.evaluate(&ScriptFile { name: label.clone(), label, spot: spot(), text: text.into() })
    }

    /// Evaluates a script; its functions and variables stay, also those made
    /// before an error.
    pub(super) fn evaluate(&mut self, script: &ScriptFile) -> Result<Dynamic, Stop> {
        self.sources.add(&script.label, script.text.clone());
        let tree = engine::compile(&self.engine, &self.scope, script)?;
        self.keep_functions(&tree);
        let (engine, scope, sources) = (&self.engine, &mut self.scope, &self.sources);
        let result = engine::on_own_thread(&script.label, || {
            engine
                .eval_ast_with_scope::<Dynamic>(scope, &tree)
                .map_err(|e| engine::stopped(&e, engine, &script.label, &[], sources))
        });
        self.keep_imports(&tree, script);
        result
    }

    /// Each input is a module of its own, so that errors in its functions show
    /// its own text whenever they are called.
    fn keep_functions(&mut self, tree: &AST) {
        if !tree.has_functions() {
            return;
        }
        let functions = tree.clone_functions_only();
        if let Ok(module) = Module::eval_ast_as_new(Scope::new(), &functions, &self.engine) {
            self.engine.register_global_module(module.into());
            self.functions = Arc::new(Functions::of(&self.engine));
        }
    }

    /// The engine forgets an `import` at the end of an evaluation.
    fn keep_imports(&mut self, tree: &AST, script: &ScriptFile) {
        for statement in tree.statements() {
            let Stmt::Import(parts, position) = statement else { continue };
            let (Expr::StringConstant(path, _), alias) = (&parts.0, &parts.1) else { continue };
            let found = self.engine.module_resolver().resolve(&self.engine, None, path, *position);
            // A wrong import has been told when it was evaluated.
            if let Ok(module) = found {
                self.sources_of_import(script, path);
                self.engine.register_static_module(alias.as_str(), module);
                self.functions = Arc::new(Functions::of(&self.engine));
            }
        }
    }

    fn sources_of_import(&self, script: &ScriptFile, path: &str) {
        if let Ok(file) = engine::locate(&self.library, &script.spot, path) {
            self.sources.add(&file.label, file.text);
        }
    }

    /// Every function there is now.
    pub(super) fn functions(&self) -> &Functions {
        &self.functions
    }

    /// The value as shown after an input.
    pub(super) fn show(&self, value: &Dynamic, width: usize) -> String {
        Show { engine: &self.engine, width }.text(value)
    }

    /// What completion knows.
    pub(super) fn names(&self) -> Names {
        let mut variables: Vec<Variable> = Vec::new();
        for (name, _, value) in self.scope.iter() {
            let keys = value
                .read_lock::<Map>()
                .map(|map| map.keys().take(KEYS).map(ToString::to_string).collect::<Vec<_>>());
            let kind = plain_type(self.engine.map_type_name(value.type_name()));
            // The last of a name is the one that counts.
            variables.retain(|variable| variable.name != name);
            let keys = keys.unwrap_or_default();
            variables.push(Variable { name: name.to_string(), kind, keys });
        }
        Names { functions: Arc::clone(&self.functions), variables }
    }

    /// The variables with their types and values, as a table.
    pub(super) fn variables(&self) -> String {
        let show = Show { engine: &self.engine, width: SHORT };
        let row = |variable: Variable| {
            let value = self.scope.get(&variable.name)?;
            let text = show.one_line(value);
            let short: String = text.chars().take(SHORT).collect();
            let more = if short.len() < text.len() { "…" } else { "" };
            Some(vec![variable.name, variable.kind, format!("{short}{more}")])
        };
        let variables = self.names().variables.into_iter();
        let own = variables.filter(|variable| !OWN.contains(&variable.name.as_str()));
        let rows: Vec<Vec<String>> = own.filter_map(row).collect();
        if rows.is_empty() {
            return "no variables yet: `let x = 1` makes one\n".to_string();
        }
        table::render(&["name", "type", "value"].map(str::to_string), &rows)
    }
}

/// Imports are looked for as beside a script of the present folder.
fn spot() -> Spot {
    Spot::File(PathBuf::from("input.rhai"))
}
