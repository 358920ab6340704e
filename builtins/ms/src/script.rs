//! The namespace `ms` of scripts.

// What `#[export_module]` asks for and writes.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::wildcard_imports)]

use ledama_base::script::{At, ScriptResult};
use rhai::plugin::*;
use rhai::{Array, Dynamic, Engine};

#[export_module]
mod api {
    use ledama_base::guard::Guard;
    use ledama_base::operation::OperationError;

    /// Why the path may not be deleted (a text), or `()` if it may: only what
    /// lies in an observation folder below one of the data roots can be.
    /// Looks at the text alone. Error `refused`: a root is no plain absolute path.
    #[rhai_fn(return_raw)]
    pub fn refusal(ctx: NativeCallContext<'_>, path: &str, roots: Array) -> ScriptResult<Dynamic> {
        let roots: Vec<String> = roots.into_iter().map(|r| r.to_string()).collect();
        let guard = Guard::new(&roots).map_err(OperationError::from).at(&ctx)?;
        Ok(guard.check_text(path).map_or_else(|r| r.reason.to_string().into(), |()| Dynamic::UNIT))
    }

    /// Whether a name is that of a measurement set: a sub-band in it, and the
    /// extension `.MS` or `.dppp`.
    pub fn is_name(name: &str) -> bool {
        ledama_base::path::is_loose_name(name)
    }
}

/// Registers the namespace.
pub fn register(engine: &mut Engine) {
    engine.register_static_module("ms", exported_module!(api).into());
}
