//! One task of processing: the operation `pipeline.run`.
//!
//! It runs one program on the node that holds the data, and answers only when
//! the product is there and whole:
//!
//! 1. inputs are looked at; products that are there are refused, replaced
//!    (`overwrite`) or, if they pass their checks, taken as they are (`resume`);
//! 2. sets that are changed in place must be free, and are locked;
//! 3. free space is checked, a scratch folder of the task's own is made;
//! 4. the program runs in it, as an argument vector, behind its shell file;
//! 5. its status decides, then its words, then the product itself;
//! 6. products get their names, in-place changes their row in HISTORY, and the
//!    provenance is written.
//!
//! Whatever fails, what was staged and the scratch folder are removed.

mod check;
mod devices;
mod heard;
mod lock;
mod place;
mod provenance;
mod replace;
mod run;
mod space;
#[cfg(test)]
mod tests;
mod trial;
mod words;

use std::collections::BTreeMap;

use ledama_base::operation::{Effect, Operation, OperationContext, OperationError};
use serde::{Deserialize, Serialize};

use crate::parset::ChannelRule;
use crate::program::Card;
use crate::rules::Rule;

pub use check::Facts;
pub use place::{staged_name, task_name};
pub use trial::{Trial, Tried, TryProgram};

/// The operation.
#[derive(Debug, Clone, Copy, Default)]
pub struct RunProgram;

/// What kind of thing a path is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A measurement set, or another table.
    #[default]
    Set,
    /// A file that is not empty.
    File,
    /// A folder.
    Folder,
    /// What all names of the products begin with: `P` for `P-image.fits`, `P-psf.fits`.
    Prefix,
}

/// Something a program reads or changes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Path in text form.
    pub path: String,
    /// What it must be.
    #[serde(default)]
    pub kind: Kind,
    /// The program changes it in place.
    #[serde(default)]
    pub edited: bool,
    /// Columns it must have.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
}

/// Something a program makes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Product {
    /// Path in text form: the name it gets at the end.
    pub path: String,
    /// What it will be.
    #[serde(default)]
    pub kind: Kind,
    /// Channels a set must have, from those of the first input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channels: Option<ChannelRule>,
    /// Of a prefix: the ends of names that must be there, such as `-image.fits`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expect: Vec<String>,
    /// Bytes it takes at most, as far as is known: a fraction of the first input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share: Option<f64>,
    /// What the staged name must end in, for programs that look at it: `.h5`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub ending: String,
    /// Bytes it takes, if known.
    #[serde(default)]
    pub bytes: u64,
}

/// A text file that is put into the scratch folder, such as a parset.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextFile {
    /// Name inside the scratch folder.
    pub name: String,
    /// Where it comes from, for the reader of a plan.
    #[serde(default)]
    pub source: String,
    /// Its content.
    pub text: String,
    /// Words in the text and what they are replaced with on the node.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fills: BTreeMap<String, Argument>,
}

/// What an argument is filled with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fill {
    /// The path of an input, or a link to it with a plain name.
    Input,
    /// The path at which a product is staged.
    Product,
    /// A text file in the scratch folder.
    File,
    /// The scratch folder.
    Scratch,
    /// The number of threads.
    Threads,
    /// The name that a product gets at the end, without its folder.
    Name,
}

/// An argument: a text, or a text with something in it that is only known on the node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Argument {
    /// As it is.
    Text(String),
    /// `before`, then what `fill` means, then `after`.
    Filled {
        /// What it is filled with.
        fill: Fill,
        /// Which of the inputs, products or files.
        #[serde(default)]
        index: usize,
        /// Text before.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        before: String,
        /// Text after.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        after: String,
    },
}

/// What must be true of a changed set afterwards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Check {
    /// It has these sub-tables, and they can be read and have rows.
    Tables(Vec<String>),
    /// It has these columns.
    Columns(Vec<String>),
    /// It has none of these sub-tables.
    Without(Vec<String>),
    /// HISTORY has a row of this application.
    History(String),
}

/// What is to be run, and what must come of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Task {
    /// The program.
    pub program: Card,
    /// Its arguments.
    pub arguments: Vec<Argument>,
    /// Arguments of calls before, which only have to succeed: a trial of a
    /// template before it changes data.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub first: Vec<Vec<Argument>>,
    /// What it reads or changes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inputs: Vec<Source>,
    /// What it makes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub products: Vec<Product>,
    /// What must be true of the changed sets afterwards.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<Check>,
    /// With `resume`, a task without products is skipped where `checks` hold already.
    #[serde(default, skip_serializing_if = "is_false")]
    pub repeatable: bool,
    /// Text files for the scratch folder.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<TextFile>,
    /// Rules for lines of the output, added to those of the program.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule>,
    /// Statuses that mean success; none: only 0.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub success: Vec<i32>,
    /// Folder on the node below which the scratch folder is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scratch: Option<String>,
    /// Free space the scratch folder needs, as a fraction of the first input.
    #[serde(default)]
    pub scratch_share: f64,
    /// Space that the changed sets grow by, as a fraction of the first input.
    #[serde(default)]
    pub growth: f64,
    /// Free space that must be left on every disk, bytes.
    #[serde(default)]
    pub margin: u64,
    /// Threads; 0: the processors of the node divided by `per_node`.
    #[serde(default)]
    pub threads: usize,
    /// Tasks at the same time on a node.
    #[serde(default)]
    pub per_node: usize,
    /// Graphics processors of a node, of which each task gets one by
    /// `CUDA_VISIBLE_DEVICES`; none: the variable stays as it is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub devices: Vec<String>,
    /// Seconds to wait before the start, so that not all begin at once.
    #[serde(default)]
    pub wait_s: u64,
    /// Take products that are there and pass their checks.
    #[serde(default, skip_serializing_if = "is_false")]
    pub resume: bool,
    /// Replace products that are there.
    #[serde(default, skip_serializing_if = "is_false")]
    pub overwrite: bool,
    /// Remove what interrupted runs have left of the products.
    #[serde(default, skip_serializing_if = "is_false")]
    pub clean: bool,
    /// Leave the scratch folder of a failed task where it is.
    #[serde(default, skip_serializing_if = "is_false")]
    pub keep_scratch: bool,
    /// Standard output is part of the answer (up to 4 MiB).
    #[serde(default, skip_serializing_if = "is_false")]
    pub capture: bool,
    /// Column into which the flags of changed sets are copied before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backup_flags: Option<String>,
    /// What HISTORY of a changed set tells, in one sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history: Option<String>,
    /// Module that asks, for the provenance.
    #[serde(default)]
    pub module: String,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // the shape serde asks for
fn is_false(b: &bool) -> bool {
    !*b
}

/// How a task went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// The program ran and all is well.
    #[default]
    Ok,
    /// Everything was there already.
    Skipped,
}

/// What came of a task.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// Whether it ran.
    pub state: State,
    /// The products, in the order of the task; of a prefix every file.
    pub products: Vec<Facts>,
    /// The sets that were changed.
    pub edited: Vec<Facts>,
    /// What the user should know.
    pub warnings: Vec<String>,
    /// Standard output, if it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stdout: Option<String>,
    /// What the program calls itself.
    pub version: String,
    /// How long the program ran, s.
    pub seconds: f64,
}

impl Operation for RunProgram {
    const NAME: &'static str = "pipeline.run";
    const VERB: &'static str = "process";
    const EFFECT: Effect = Effect::Changes;
    type Input = Task;
    type Output = Answer;

    fn show(task: &Task) -> Option<String> {
        Some(words::show(task))
    }

    fn run(&self, task: Task, ctx: &dyn OperationContext) -> Result<Answer, OperationError> {
        run::run(&task, ctx)
    }
}
