//! `check::open` and what can be asked of a check and its result.

// What `#[export_module]` asks for and writes.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::wildcard_imports)]

use std::sync::Arc;

use ledama_base::rawtext::text_path;
use ledama_base::script::{At, ScriptResult, to_dynamic, to_int};
use ledama_cluster::script::Report;
use ledama_config::script::{from_array, inventory, to_array};
use ledama_reffile::script::RefFile;
use rhai::plugin::*;
use rhai::{Array, Dynamic, Engine, FLOAT, INT, ImmutableString, Map};
use serde::Deserialize;

use super::options;
use crate::check::judge::{DataState, Tolerance};

/// What is to be checked.
pub type Check = Arc<crate::check::Check>;

/// What a check has found.
pub type CheckResult = Arc<crate::check::CheckResult>;

/// How far a size may be off, as scripts say it.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Tolerances {
    accept_percent: FLOAT,
    oversize_percent: FLOAT,
}

impl Default for Tolerances {
    fn default() -> Self {
        Self { accept_percent: 100.0, oversize_percent: 5.0 }
    }
}

#[export_module]
mod api {
    /// Opens a RefFile or the status folder of a copy; fails with kind `input` or `io`.
    #[rhai_fn(return_raw)]
    pub fn open(ctx: NativeCallContext<'_>, path: &str) -> ScriptResult<Check> {
        crate::check::Check::open(&text_path(path), &inventory(&ctx)).map(Arc::new).at(&ctx)
    }

    /// The words for the states of data, in the order of a table.
    pub fn states() -> Array {
        to_array(DataState::ALL.map(DataState::word))
    }
}

#[export_module]
mod methods {
    /// How many sets are checked.
    #[rhai_fn(global, get = "len", pure)]
    pub fn len(check: &mut Check) -> INT {
        to_int(check.len())
    }

    /// Whether the copy is still running.
    #[rhai_fn(global, get = "running", pure)]
    pub fn running(check: &mut Check) -> bool {
        check.is_running()
    }

    /// What is odd, one text each.
    #[rhai_fn(global, get = "notes", pure)]
    pub fn notes(check: &mut Check) -> Array {
        to_array(check.notes())
    }

    /// The nodes to ask, an array of names.
    #[rhai_fn(global, get = "nodes", pure)]
    pub fn nodes(check: &mut Check) -> Array {
        to_array(check.nodes())
    }

    /// The paths to measure on a node, each once.
    #[rhai_fn(global, pure)]
    pub fn paths(check: &mut Check, node: &str) -> Array {
        to_array(check.paths(node))
    }

    /// Judges the answers to `ms.sizes`; options accept_percent and oversize_percent; fails with kind `input`.
    #[rhai_fn(global, return_raw, pure)]
    pub fn judge(
        ctx: NativeCallContext<'_>,
        check: &mut Check,
        report: Report,
        how: Map,
    ) -> ScriptResult<CheckResult> {
        let Tolerances { accept_percent, oversize_percent } = options(&ctx, how)?;
        let tolerance = Tolerance { accept_percent, oversize_percent };
        Ok(Arc::new(check.judge(&report, tolerance)))
    }

    /// Whether everything is complete.
    #[rhai_fn(global, get = "ok", pure)]
    pub fn ok(result: &mut CheckResult) -> bool {
        result.is_ok()
    }

    /// How many sets are in a state.
    #[rhai_fn(global, pure)]
    pub fn count(result: &mut CheckResult, state: &str) -> INT {
        to_int(result.count(state))
    }

    /// The totals as lines that begin with `#`.
    #[rhai_fn(global, get = "summary", pure)]
    pub fn summary(result: &mut CheckResult) -> Array {
        to_array(result.summary().lines())
    }

    /// The most important line of the totals.
    #[rhai_fn(global, get = "headline", pure)]
    pub fn headline(result: &mut CheckResult) -> ImmutableString {
        result.summary().lines().swap_remove(0).into()
    }

    /// The totals as a map: sets, complete, expected_mb, present_mb, speeds in Mbit/s, remaining_s.
    #[rhai_fn(global, get = "facts", pure)]
    pub fn facts(result: &mut CheckResult) -> Dynamic {
        to_dynamic(result.summary())
    }

    /// What is to be copied again, as a RefFile: the sources where they are known.
    #[rhai_fn(global, get = "missing", pure)]
    pub fn missing(result: &mut CheckResult) -> RefFile {
        Arc::new(result.missing().clone())
    }

    /// Names of the columns of `rows`.
    #[rhai_fn(global, get = "columns", pure)]
    pub fn columns(result: &mut CheckResult) -> Array {
        to_array(result.columns())
    }

    /// The table as an array of arrays, only sets in these states if any are named; fails with kind `input`.
    #[rhai_fn(global, return_raw, pure)]
    pub fn rows(
        ctx: NativeCallContext<'_>,
        result: &mut CheckResult,
        only: Array,
    ) -> ScriptResult<Dynamic> {
        Ok(to_dynamic(&result.cells(&from_array(&ctx, &only)?)))
    }

    /// What it is, in a few words.
    #[rhai_fn(global, name = "to_string", name = "to_debug", pure)]
    pub fn check_text(check: &mut Check) -> ImmutableString {
        format!("check of {} sets", check.len()).into()
    }

    /// What it is, in a few words.
    #[rhai_fn(global, name = "to_string", name = "to_debug", pure)]
    pub fn result_text(result: &mut CheckResult) -> ImmutableString {
        result.summary().lines().swap_remove(0).into()
    }
}

pub(super) fn register(engine: &mut Engine) {
    engine.register_static_module("check", rhai::exported_module!(api).into());
    engine.register_global_module(rhai::exported_module!(methods).into());
}
