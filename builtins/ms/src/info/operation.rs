//! The operation `ms.info`: the facts of sets of a node.

use ledama_base::corrections::Corrections;
use ledama_base::operation::{Effect, ErrorKind, Operation, OperationContext, OperationError};
use ledama_base::rawtext;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Depth, HistoryRow, MsInfo, Wanted, history_rows};
use crate::pool;

/// Reads the facts of sets.
#[derive(Debug, Clone, Copy, Default)]
pub struct Info;

/// Which sets, and how much of them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InfoInput {
    /// Sets in text form.
    pub paths: Vec<String>,
    /// How much is read.
    #[serde(default)]
    pub depth: Depth,
    /// Also measure the sizes on disk.
    #[serde(default)]
    pub sizes: bool,
    /// Also tell each row of HISTORY with its parameters.
    #[serde(default)]
    pub history: bool,
    /// Corrections of the site: the text of their file, on top of the built-in ones.
    #[serde(default)]
    pub corrections: Option<String>,
    /// Threads to use; if absent, as many as keep processors and disks busy.
    #[serde(default)]
    pub threads: Option<usize>,
}

/// The facts of one set, or why there are none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InfoEntry {
    /// The path as it was given.
    pub path: String,
    /// The facts.
    pub info: Option<MsInfo>,
    /// The rows of HISTORY, if they were asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<HistoryRow>,
    /// Why the set could not be read.
    pub error: Option<String>,
}

/// The facts of the sets, in the order they were asked for.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct InfoOutput {
    /// One for each path.
    pub sets: Vec<InfoEntry>,
}

impl Operation for Info {
    const NAME: &'static str = "ms.info";
    const VERB: &'static str = "read the facts of";
    const EFFECT: Effect = Effect::Reads;
    type Input = InfoInput;
    type Output = InfoOutput;

    fn run(
        &self,
        input: InfoInput,
        ctx: &dyn OperationContext,
    ) -> Result<InfoOutput, OperationError> {
        info(&input, &|| ctx.cancelled())
    }
}

/// The same without an operation: sets of this host.
pub fn info(
    input: &InfoInput,
    cancelled: &(dyn Fn() -> bool + Sync),
) -> Result<InfoOutput, OperationError> {
    let corrections = corrections(input.corrections.as_deref())?;
    let wanted = Wanted { depth: input.depth, sizes: input.sizes, corrections: &corrections };
    let read = |path: &String| {
        if cancelled() {
            return Err(OperationError::new(ErrorKind::Cancelled, "interrupted"));
        }
        let place = rawtext::text_path(path);
        let read = MsInfo::read(&place, wanted).and_then(|info| {
            let history = if input.history { history_rows(&place)? } else { Vec::new() };
            Ok((info, history))
        });
        Ok(entry(path, read.map_err(|error| error.to_string())))
    };
    pool::reading(input.threads, || {
        let sets = input.paths.par_iter().map(read).collect::<Result<_, _>>()?;
        Ok(InfoOutput { sets })
    })
}

fn entry(path: &str, read: Result<(MsInfo, Vec<HistoryRow>), String>) -> InfoEntry {
    let path = path.to_string();
    match read {
        Ok((info, history)) => InfoEntry { path, info: Some(info), history, error: None },
        Err(error) => InfoEntry { path, info: None, history: Vec::new(), error: Some(error) },
    }
}

fn corrections(text: Option<&str>) -> Result<Corrections, OperationError> {
    let built_in = Corrections::built_in().clone();
    let Some(text) = text else { return Ok(built_in) };
    let own = Corrections::parse(text, "corrections of the site")
        .map_err(|error| OperationError::new(ErrorKind::Input, error.to_string()))?;
    Ok(built_in.merged(own))
}
