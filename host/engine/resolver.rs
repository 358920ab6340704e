//! `import "lib/…"`: from beside the script, along the module folders, or the
//! copy in the program; nothing else, and never a module.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use ledama_base::script::{ScriptError, throw};
use ledama_base::suggest::did_you_mean;
use rhai::{
    AST, Engine, EvalAltResult, GlobalRuntimeState, Module, ModuleResolver, Position, Scope, Shared,
};

use super::library::{Library, ScriptFile, Spot};
use crate::diagnostic::{Diagnostic, Sources};
use crate::manifest;

type SharedModule = Shared<Module>;
type Resolved<T> = Result<T, Box<EvalAltResult>>;

/// Resolves the imports of one script and of what it imports.
pub(super) struct Resolver {
    library: Library,
    script: Spot,
    sources: Sources,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    ready: BTreeMap<String, SharedModule>,
    loading: Vec<String>,
}

impl Resolver {
    pub(super) fn new(library: Library, script: Spot, sources: Sources) -> Self {
        Self { library, script, sources, state: Mutex::default() }
    }

    /// The file behind an imported name.
    fn file(&self, name: &str) -> Result<ScriptFile, ScriptError> {
        locate(&self.library, &self.script, name).map_err(|fault| ScriptError {
            kind: "import".to_string(),
            message: fault.message,
            help: fault.help.first().cloned(),
        })
    }

    fn load(
        &self,
        engine: &Engine,
        global: &mut GlobalRuntimeState,
        file: &ScriptFile,
        position: Position,
    ) -> Resolved<SharedModule> {
        self.sources.add(&file.label, file.text.clone());
        let wrap = |error: Box<EvalAltResult>| {
            Box::new(EvalAltResult::ErrorInModule(file.label.clone(), error, position))
        };
        let mut tree: AST = engine.compile(&*file.text).map_err(|e| {
            wrap(Box::new(EvalAltResult::ErrorParsing(e.err_type().clone(), e.position())))
        })?;
        tree.set_source(file.label.as_str());
        if manifest::syntax::declares(&tree, manifest::CONSTANT) {
            let error = ScriptError {
                kind: "import".to_string(),
                message: format!("{} declares MODULE, so it cannot be imported", file.label),
                help: Some("move what both need into a file without MODULE".to_string()),
            };
            return Err(throw(error, position));
        }
        let module = Module::eval_ast_as_new_raw(engine, &mut Scope::new(), global, &tree);
        module.map(Into::into).map_err(wrap)
    }
}

/// The file behind `import "name"` in a script.
pub(crate) fn locate(
    library: &Library,
    script: &Spot,
    name: &str,
) -> Result<ScriptFile, Diagnostic> {
    let inner = name.strip_prefix("lib/").map(|n| n.strip_suffix(".rhai").unwrap_or(n));
    let good = |part: &str| {
        !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
    };
    let Some(inner) = inner.filter(|n| n.split('/').all(good)) else {
        return Err(Diagnostic::error(format!("`{name}` cannot be imported"))
            .help("scripts import files of `lib/` only: `import \"lib/name\" as name;`"));
    };
    if let Some(file) = library.shared(script, &format!("lib/{inner}"))? {
        return Ok(file);
    }
    let names = library.shared_names(script);
    let help = did_you_mean(&format!("lib/{inner}"), &names)
        .unwrap_or_else(|| format!("there are: {}", names.join(", ")));
    Err(Diagnostic::error(format!("there is no `lib/{inner}.rhai`")).help(help))
}

impl ModuleResolver for Resolver {
    fn resolve_raw(
        &self,
        engine: &Engine,
        global: &mut GlobalRuntimeState,
        _scope: &mut Scope<'_>,
        path: &str,
        position: Position,
    ) -> Resolved<SharedModule> {
        let file = self.file(path).map_err(|e| throw(e, position))?;
        {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(module) = state.ready.get(&file.label) {
                return Ok(module.clone());
            }
            if state.loading.contains(&file.label) {
                let error = ScriptError {
                    kind: "import".to_string(),
                    message: format!("{} imports itself", state.loading.join(", which imports ")),
                    help: Some("move what both need into a third file".to_string()),
                };
                return Err(throw(error, position));
            }
            state.loading.push(file.label.clone());
        }
        // Not locked while the script runs: it may import more.
        let result = self.load(engine, global, &file, position);
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.loading.pop();
        if let Ok(module) = &result {
            state.ready.insert(file.label, module.clone());
        }
        result
    }

    fn resolve(
        &self,
        engine: &Engine,
        _source: Option<&str>,
        path: &str,
        position: Position,
    ) -> Resolved<SharedModule> {
        let mut global = engine.new_global_runtime_state();
        self.resolve_raw(engine, &mut global, &mut Scope::new(), path, position)
    }
}
