//! The namespace `ms` of scripts.

// What `#[export_module]` asks for and writes.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::wildcard_imports)]

mod set;
mod solutions;
mod value;

use ledama_base::operation::{ErrorKind, OperationError};
use ledama_base::script::{At, ScriptResult};
use rhai::plugin::*;
use rhai::{Array, Dynamic, Engine, Map};

use crate::scan::ScanInput;

#[export_module]
mod api {
    use ledama_base::guard::Guard;
    use ledama_base::script::to_dynamic;

    /// Why the path may not be deleted (a text), or `()` if it may: only what
    /// lies in an observation folder below one of the data roots can be.
    /// Looks at the text alone. Error `refused`: a root is no plain absolute path.
    #[rhai_fn(return_raw)]
    pub fn refusal(ctx: NativeCallContext<'_>, path: &str, roots: Array) -> ScriptResult<Dynamic> {
        let roots: Vec<String> = roots.into_iter().map(|r| r.to_string()).collect();
        let guard = Guard::new(&roots).map_err(OperationError::from).at(&ctx)?;
        Ok(guard.check_text(path).map_or_else(|r| r.reason.to_string().into(), |()| Dynamic::UNIT))
    }

    /// Searches a folder of this host for measurement sets. Options: `pack`
    /// ("unpacked", "packed" or "both"), `sizes`, `facts`, `loose`,
    /// `follow_links`, `newer_than`, as for the operation `ms.scan`, and the
    /// same answer: `entries` and `warnings`. Error `input`: bad option, relative path.
    #[rhai_fn(return_raw)]
    pub fn discover(ctx: NativeCallContext<'_>, path: &str, options: Map) -> ScriptResult<Dynamic> {
        let input = super::scan_input(path, options).at(&ctx)?;
        crate::scan::scan_here(&input).map(|found| to_dynamic(&found)).at(&ctx)
    }

    /// Whether a column of a measurement set is one that the set needs, so that
    /// removing it has to be forced: DATA, FLAG, UVW, times, antennas, weights.
    pub fn is_protected(column: &str) -> bool {
        crate::edits::clean::is_protected(column)
    }

    /// Whether a name is that of a measurement set: a sub-band in it, and the
    /// extension `.MS` or `.dppp`.
    pub fn is_name(name: &str) -> bool {
        ledama_base::path::is_loose_name(name)
    }
}

/// The input of a scan of one folder, from the options of a script.
fn scan_input(path: &str, mut options: Map) -> Result<ScanInput, OperationError> {
    options.insert("paths".into(), Dynamic::from_array(vec![path.to_string().into()]));
    rhai::serde::from_dynamic(&options.into())
        .map_err(|e| OperationError::new(ErrorKind::Input, format!("options of the search: {e}")))
}

/// Something is wrong with what a script gave.
fn input(message: String) -> OperationError {
    OperationError::new(ErrorKind::Input, message)
}

/// Registers the namespace and its handles.
pub fn register(engine: &mut Engine) {
    engine.register_type_with_name::<set::MeasurementSet>("MeasurementSet");
    engine.register_type_with_name::<set::Column>("Column");
    engine.register_type_with_name::<solutions::Gains>("Gains");
    engine.register_type_with_name::<solutions::Quality>("Quality");
    engine.register_type_with_name::<solutions::Statistics>("Statistics");
    engine.register_global_module(exported_module!(set::methods).into());
    engine.register_global_module(exported_module!(solutions::methods).into());
    let mut functions = exported_module!(api);
    functions.combine(exported_module!(set::functions));
    functions.combine(exported_module!(solutions::functions));
    engine.register_static_module("ms", functions.into());
}

#[cfg(test)]
mod tests {
    use ledama_base::script::ScriptError;
    use rhai::EvalAltResult;

    use super::*;

    fn engine() -> Engine {
        let mut engine = Engine::new();
        register(&mut engine);
        engine
    }

    #[test]
    fn a_script_searches_folders_of_its_host() {
        let folder = tempfile::tempdir().unwrap();
        let set = folder.path().join("L80897_SAP002_SB000_uv.MS");
        std::fs::create_dir(&set).unwrap();
        std::fs::write(set.join("table.dat"), "x").unwrap();
        let script = format!(
            "let seen = ms::discover(`{}`, #{{ sizes: true }});
             [seen.entries.len(), seen.entries[0].beam, seen.entries[0].size_mb, seen.warnings.len()]",
            folder.path().display()
        );
        let seen: Array = engine().eval(&script).unwrap();
        let seen: Vec<i64> = seen.into_iter().map(|n| n.as_int().unwrap()).collect();
        assert_eq!(seen, [1, 2, 1, 0]);
    }

    #[test]
    fn wrong_options_are_refused_where_they_stand() {
        for (script, words) in [
            ("ms::discover(\"/tmp\", #{ size: true })", "options of the search"),
            ("ms::discover(\"tmp\", #{})", "no absolute path"),
        ] {
            let error = engine().eval::<Dynamic>(script).unwrap_err();
            let EvalAltResult::ErrorRuntime(error, position) = *error else { panic!("{error}") };
            assert!(error.cast::<ScriptError>().message.contains(words));
            assert_eq!(position.line(), Some(1));
        }
    }
}
