//! The operation `analysis.stats`: the statistics of a set of its node.

use ledama_base::operation::{
    Effect, ErrorKind, Operation, OperationContext, OperationError, Progress,
};
use serde::{Deserialize, Serialize};

use super::compute::{Request, compute};
use super::table::SetStats;
use super::wanted::parse_wanted;
use crate::visibilities::Choice;

/// Makes statistics of visibilities.
#[derive(Debug, Clone, Copy, Default)]
pub struct Stats;

/// What of which set.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatsInput {
    /// The set, in text form.
    pub path: String,
    /// Which visibilities.
    #[serde(default)]
    pub choice: Choice,
    /// Names such as `amp_mean`; the usual ones if empty.
    #[serde(default)]
    pub stats: Vec<String>,
    /// Missing values that unwrapped phases bridge; phases stay wrapped if absent.
    #[serde(default)]
    pub unwrap: Option<usize>,
    /// Also rows of stations and of everything.
    #[serde(default)]
    pub summary: bool,
    /// Most memory for values, MiB.
    #[serde(default)]
    pub memory_mib: Option<usize>,
}

/// Memory for values, MiB, unless told otherwise.
pub(crate) const MEMORY_MIB: usize = 1024;

impl Operation for Stats {
    const NAME: &'static str = "analysis.stats";
    const VERB: &'static str = "make statistics of";
    const EFFECT: Effect = Effect::ReadsMuch;
    type Input = StatsInput;
    type Output = SetStats;

    fn run(
        &self,
        input: StatsInput,
        ctx: &dyn OperationContext,
    ) -> Result<SetStats, OperationError> {
        let wanted = parse_wanted(&input.stats)
            .map_err(|what| OperationError::new(ErrorKind::Input, what))?;
        let request = Request {
            choice: &input.choice,
            wanted: &wanted,
            unwrap: input.unwrap,
            summary: input.summary,
            memory: input.memory_mib.unwrap_or(MEMORY_MIB).max(1) << 20,
        };
        compute(&input.path, &request, &mut |done, total| {
            ctx.progress(Progress { done, total });
            ctx.check()
        })
    }
}
