//! The namespace `monitor` of scripts.

// What `#[export_module]` asks for and writes.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::wildcard_imports)]

use ledama_base::script::{At, ScriptResult};
use rhai::plugin::*;
use rhai::{Array, Dynamic, Engine};

use crate::processes::{Identity, Words};

#[export_module]
mod api {
    use ledama_base::script::to_dynamic;

    /// This program, as `monitor.processes` and `monitor.stop` want to know it so that they leave it out: a map with boot_id, pid and start_ticks, or `()` where the system does not tell.
    pub fn launcher() -> Dynamic {
        Identity::own().map_or(Dynamic::UNIT, |own| to_dynamic(&own))
    }

    /// Checks words for `monitor.processes`; fails with kind `input` for an empty one and, with `regex`, for a bad regular expression.
    #[rhai_fn(return_raw)]
    pub fn check_words(ctx: NativeCallContext<'_>, words: Array, regex: bool) -> ScriptResult<()> {
        let words: Vec<String> = words.iter().map(ToString::to_string).collect();
        Words::new(&words, regex).map(drop).at(&ctx)
    }
}

/// Registers it.
pub fn register(engine: &mut Engine) {
    engine.register_static_module("monitor", exported_module!(api).into());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_launching_program_is_told() {
        let mut engine = Engine::new();
        register(&mut engine);
        let pid: i64 = engine.eval("monitor::launcher().pid").unwrap();
        assert_eq!(pid, i64::from(std::process::id()));
        engine.eval::<()>("monitor::check_words([\"a(\"], false)").unwrap();
        for bad in ["monitor::check_words([\"a(\"], true)", "monitor::check_words([\"\"], false)"] {
            assert!(engine.eval::<()>(bad).is_err(), "{bad}");
        }
    }
}
