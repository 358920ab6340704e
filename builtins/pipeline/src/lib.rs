//! Processing of many measurement sets with the programs of the field:
//! parsets, how each program is called and when it has succeeded, and products
//! that appear only when they are complete.
//!
//! * [`parset`]: parsets read and changed key by key; what is wrong with one
//!   for DP3; how many channels its steps leave.
//! * [`program`]: [`program::card`] puts together what is known about a program
//!   and what the configuration says (`[programs.NAME]`, `[pipeline]`).
//! * [`jobs`]: folders of parsets, each with the `.task.json` beside it.
//! * [`rules`]: what lines of a program's output mean.
//! * [`task`]: the operation `pipeline.run`, one [`task::Task`] on one node.
//!
//! A module makes one task for each set. In a script:
//!
//! ```text
//! let card = pipeline::program(run.config, "wsclean", opts.initfile);
//! plan.operation(node, "pipeline.run", #{
//!     program: card,
//!     // Texts, or what is only known on the node: an input (or a link to it),
//!     // where a product is staged, the scratch folder, the number of threads.
//!     arguments: ["-name", #{ fill: "product" }, "-temp-dir", #{ fill: "scratch" },
//!                 "-j", #{ fill: "threads" }, #{ fill: "input" }],
//!     inputs: [#{ path: entry.path }],                 // kind: "set" (default), "file", "folder"; edited: true
//!     products: [#{ path: prefix, kind: "prefix", expect: ["-image.fits"] }],
//!     per_node: opts.numprocessors, resume: opts.resume, overwrite: opts.overwrite,
//!     clean: opts.clean, "module": run.module_name,
//! }, #{ label: entry.path });
//! ```
//!
//! The outcome's `value` is a [`task::Answer`]: `state` (`ok`, `skipped`),
//! `products` and `edited` with sizes, `warnings`, `stdout` (with `capture`),
//! `version`, `seconds`. `modules/lib/pipeline.rhai` has what modules share:
//! rows, options of every task, execution with warnings, the RefFile of the products.

pub mod fits;
pub mod imaging;
pub mod jobs;
pub mod parset;
pub mod program;
pub mod rules;
pub mod sagecal;
#[cfg(feature = "script")]
pub mod script;
pub mod task;
pub mod vds;

use ledama_base::operation::Registry;

/// Adds the operations of this crate.
#[must_use]
pub fn operations(registry: Registry) -> Registry {
    registry
        .with(task::RunProgram)
        .with(task::TryProgram)
        .with(vds::operation::DescribeSet)
        .with(vds::operation::Combine)
        .with(fits::operation::Rescale)
}
