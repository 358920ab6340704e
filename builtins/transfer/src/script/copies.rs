//! `transfer::copies` and what can be asked of its result.

// What `#[export_module]` asks for and writes.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::wildcard_imports)]

use std::sync::{Arc, PoisonError};

use ledama_base::operation::OperationError;
use ledama_base::script::{At, ScriptResult, to_dynamic, to_int};
use ledama_cluster::script::{Plan, Report, Run};
use ledama_config::script::{inventory, to_array};
use ledama_reffile::script::RefFile;
use rhai::plugin::*;
use rhai::{Array, Dynamic, Engine, INT, ImmutableString, Map};

use super::options;
use crate::copies::{Allow, How, Wish};

/// Sources and the places of their copies.
pub type Copies = Arc<crate::copies::Copies>;

#[export_module]
mod api {
    /// Works out where every row of a RefFile is copied: options copypath (with placeholders), nodes, nodeskey, placement (contiguous or balanced), unknown_year (omit or stop); fails with kind `input` naming all faults.
    #[rhai_fn(return_raw)]
    pub fn copies(ctx: NativeCallContext<'_>, rows: RefFile, wish: Map) -> ScriptResult<Copies> {
        let wish = options::<Wish>(&ctx, wish)?;
        crate::copies::Copies::plan(&rows, &wish)
            .map(Arc::new)
            .map_err(OperationError::from)
            .at(&ctx)
    }

    /// The places that running copies of this account write to, as an array of maps with `node` and `path`.
    pub fn running(ctx: NativeCallContext<'_>, run: Run) -> Dynamic {
        to_dynamic(&crate::running::places(&run.status_folders(), &inventory(&ctx)))
    }
}

#[export_module]
mod methods {
    /// How many sets are copied.
    #[rhai_fn(global, get = "len", pure)]
    pub fn len(copies: &mut Copies) -> INT {
        to_int(copies.sources().len())
    }

    /// The sets that are copied, as a RefFile.
    #[rhai_fn(global, get = "sources", pure)]
    pub fn sources(copies: &mut Copies) -> RefFile {
        Arc::new(copies.sources().clone())
    }

    /// Their copies in the same order, as a RefFile.
    #[rhai_fn(global, get = "targets", pure)]
    pub fn targets(copies: &mut Copies) -> RefFile {
        Arc::new(copies.targets().clone())
    }

    /// What is worth knowing about the places, one text each.
    #[rhai_fn(global, get = "notes", pure)]
    pub fn notes(copies: &mut Copies) -> Array {
        to_array(copies.notes())
    }

    /// Adds one look at the sources and one at the places and disks of the copies of each node.
    #[rhai_fn(global, pure)]
    pub fn add_checks(copies: &mut Copies, plan: Plan) {
        copies.add_checks(&mut plan.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Everything that stands in the way according to the answers to `add_checks`, one text each; options resume and replace; fails with kind `input`.
    #[rhai_fn(global, return_raw, pure)]
    pub fn faults(
        ctx: NativeCallContext<'_>,
        copies: &mut Copies,
        report: Report,
        allow: Map,
    ) -> ScriptResult<Array> {
        let allow = options::<Allow>(&ctx, allow)?;
        Ok(to_array(copies.faults(&report, allow)))
    }

    /// Adds one task per copy in the order of the rows; options resume, replace, verify (stream or reread); fails with kind `input`.
    #[rhai_fn(global, return_raw, pure)]
    pub fn add_to(
        ctx: NativeCallContext<'_>,
        copies: &mut Copies,
        plan: Plan,
        how: Map,
    ) -> ScriptResult<()> {
        let how = options::<How>(&ctx, how)?;
        copies.add_to(&mut plan.lock().unwrap_or_else(PoisonError::into_inner), how).at(&ctx)
    }

    /// What to tell about copies that are made, one text for each pair of nodes: those that took the slow way through ssh for want of a direct connection.
    #[rhai_fn(global, pure)]
    pub fn warnings(copies: &mut Copies, report: Report) -> Array {
        to_array(copies.warnings(&report))
    }

    /// The sources whose copies are not done, as a RefFile.
    #[rhai_fn(global, pure)]
    pub fn not_done(copies: &mut Copies, report: Report) -> RefFile {
        Arc::new(copies.not_done(&report))
    }

    /// What it is, in a few words.
    #[rhai_fn(global, name = "to_string", name = "to_debug", pure)]
    pub fn text(copies: &mut Copies) -> ImmutableString {
        format!("copies of {} sets", copies.sources().len()).into()
    }
}

pub(super) fn register(engine: &mut Engine) {
    engine.register_static_module("transfer", rhai::exported_module!(api).into());
    engine.register_global_module(rhai::exported_module!(methods).into());
}
