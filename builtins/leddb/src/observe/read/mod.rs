//! The operation `leddb.read`: all that the database wants of one set, read on its
//! node: facts, gains, quality statistics. Nothing is written; the host that
//! launched it writes what it answers.

mod axis;
mod gains;
mod item;
mod quality;
mod stamps;

use std::path::Path;

use ledama_base::corrections::Corrections;
use ledama_base::operation::{Effect, ErrorKind, Operation, OperationContext, OperationError};
use ledama_base::path::DataPath;
use ledama_base::{rawtext, units, usage};
use ledama_ms::info::{Depth, MsInfo, Wanted};
use ledama_ms::newest;
use serde::{Deserialize, Serialize};

use super::product::{Facts, State};
pub use item::{Axes, Item, Packed};
pub use stamps::{Stamps, stamps};

/// Reads a set for the database.
#[derive(Debug, Clone, Copy, Default)]
pub struct Read;

/// What to read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReadInput {
    /// The set, in text form.
    pub path: String,
    /// Also gains and quality statistics, where they are newer than `loaded`.
    #[serde(default)]
    pub diagnostics: bool,
    /// Whether quality statistics of that version are kept.
    #[serde(default)]
    pub quality: bool,
    /// What the database has.
    #[serde(default)]
    pub loaded: Stamps,
    /// Also what somebody writes at this moment.
    #[serde(default)]
    pub processused: bool,
    /// A set that changed fewer seconds ago may still be arriving.
    #[serde(default)]
    pub settle_s: i64,
    /// Its size, MiB, if it was measured.
    #[serde(default)]
    pub size_mb: Option<i64>,
    /// Corrections of the site: the text of their file, on top of the built-in ones.
    #[serde(default)]
    pub corrections: Option<String>,
}

/// One group of diagnostics: gains, or quality statistics.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Source {
    /// Newest modification time of it; nothing if there is none.
    pub stamp: Option<i64>,
    /// Whether it was read: its rows are among the items.
    pub read: bool,
    /// Whether it is not kept for this version, or was not asked for.
    pub ignored: bool,
    /// Why it could not be read.
    pub error: Option<String>,
    /// What was odd, or left out.
    pub warnings: Vec<String>,
}

/// What was read of a set. The rows of its diagnostics come as items.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ReadOutput {
    /// As asked.
    pub path: String,
    /// Why nothing was read: somebody writes it, or it is not complete.
    pub skipped: Option<String>,
    /// Why its facts could not be read.
    pub error: Option<String>,
    /// Its size, MiB.
    pub size_mb: Option<i64>,
    /// Newest modification time inside it.
    pub modified: Option<i64>,
    /// Its facts.
    pub facts: Facts,
    /// Corrections of the site that were used.
    #[serde(default)]
    pub corrections: Vec<String>,
    /// Its gains.
    #[serde(default)]
    pub gain: Source,
    /// Its quality statistics.
    #[serde(default)]
    pub quality: Source,
}

impl Operation for Read {
    const NAME: &'static str = "leddb.read";
    const VERB: &'static str = "read for the database";
    const EFFECT: Effect = Effect::ReadsMuch;
    type Input = ReadInput;
    type Output = ReadOutput;

    fn run(
        &self,
        input: ReadInput,
        ctx: &dyn OperationContext,
    ) -> Result<ReadOutput, OperationError> {
        read(&input, ctx)
    }
}

/// How often a set that changes meanwhile is read again.
const TRIES: usize = 2;

fn read(input: &ReadInput, ctx: &dyn OperationContext) -> Result<ReadOutput, OperationError> {
    let path = rawtext::text_path(&input.path);
    for _ in 0..TRIES {
        ctx.check()?;
        let before = modified(input, &path)?;
        let (output, items) = once(input, &path, before, ctx)?;
        if output.skipped.is_some() || modified(input, &path)? == before {
            // Only whole and consistent sets are sent.
            for item in items {
                ctx.item(serde_json::to_value(item).map_err(|error| {
                    OperationError::new(ErrorKind::Internal, error.to_string())
                })?);
            }
            return Ok(output);
        }
    }
    let skipped = Some("it changes while it is read".to_string());
    Ok(ReadOutput { path: input.path.clone(), skipped, ..ReadOutput::default() })
}

fn modified(input: &ReadInput, path: &Path) -> Result<Option<i64>, OperationError> {
    newest::newest(path).map_err(|error| OperationError::io(&input.path, &error))
}

fn once(
    input: &ReadInput,
    path: &Path,
    modified: Option<i64>,
    ctx: &dyn OperationContext,
) -> Result<(ReadOutput, Vec<Item>), OperationError> {
    let mut output = ReadOutput { path: input.path.clone(), modified, ..ReadOutput::default() };
    output.size_mb = input.size_mb.or_else(|| measured(path));
    if !input.processused
        && let Some(reason) = unsettled(modified, input.settle_s)
    {
        output.skipped = Some(reason);
        return Ok((output, Vec::new()));
    }
    if DataPath::parse(&input.path).packed.is_some() {
        output.facts = Facts { state: State::Unknown, ..Facts::default() };
        return Ok((output, Vec::new()));
    }
    let corrections = corrections(input.corrections.as_deref())?;
    let wanted = Wanted { depth: Depth::Header, sizes: false, corrections: &corrections };
    match MsInfo::read(path, wanted) {
        Ok(info) => {
            if !input.processused && info.state.lock.as_deref() == Some("writing") {
                output.skipped = Some("somebody writes it".to_string());
                return Ok((output, Vec::new()));
            }
            output.facts = Facts::of(&info);
            output.corrections.clone_from(&info.corrections);
            if output.facts.state == State::Error {
                let faults = info.problems.iter().map(|p| format!("{}: {}", p.fact, p.message));
                let faults: Vec<String> = faults.take(5).collect();
                output.error = Some(if faults.is_empty() {
                    "integration time or channels are not positive".to_string()
                } else {
                    faults.join("; ")
                });
            }
        }
        Err(error @ ledama_tables::Error::BeingWritten { .. }) if !input.processused => {
            output.skipped = Some(error.to_string());
            return Ok((output, Vec::new()));
        }
        Err(error) => {
            output.facts.state = State::Error;
            output.error = Some(error.to_string());
        }
    }
    let mut items = Vec::new();
    if input.diagnostics {
        let there = stamps(path);
        output.gain = group(there.gain, input.loaded.gain, true, &mut items, || gains::rows(path));
        ctx.check()?;
        output.quality =
            group(there.quality, input.loaded.quality, input.quality, &mut items, || {
                quality::rows(path)
            });
    } else {
        output.gain.ignored = true;
        output.quality.ignored = true;
    }
    Ok((output, items))
}

/// Rows and what was odd about them.
type Rows = Result<(Vec<Item>, Vec<String>), String>;

fn group(
    there: Result<Option<i64>, String>,
    loaded: Option<i64>,
    kept: bool,
    items: &mut Vec<Item>,
    rows: impl FnOnce() -> Rows,
) -> Source {
    if !kept {
        return Source { ignored: true, ..Source::default() };
    }
    let stamp = match there {
        Ok(stamp) => stamp,
        Err(error) => return Source { error: Some(error), ..Source::default() },
    };
    let mut source = Source { stamp, ..Source::default() };
    if stamp.is_some() && stamp > loaded {
        match rows() {
            Ok((rows, warnings)) => {
                source.read = true;
                source.warnings = warnings;
                items.extend(rows);
            }
            Err(error) => source.error = Some(error),
        }
    }
    source
}

fn measured(path: &Path) -> Option<i64> {
    let options = usage::Options { follow_root: true, ..usage::Options::default() };
    let usage = usage::measure_one(path.to_path_buf(), options, &|| false).ok()?;
    i64::try_from(units::mib(usage.disk_bytes)).ok()
}

/// Why a set may still be arriving.
fn unsettled(modified: Option<i64>, settle_s: i64) -> Option<String> {
    let age = newest::age(modified?);
    // A clock that goes wrong must not keep a set away for ever.
    (-settle_s..settle_s)
        .contains(&age)
        .then(|| format!("it changed {age} s ago and may still be arriving"))
}

fn corrections(text: Option<&str>) -> Result<Corrections, OperationError> {
    let built_in = Corrections::built_in().clone();
    let Some(text) = text else { return Ok(built_in) };
    let own = Corrections::parse(text, "corrections of the site")
        .map_err(|error| OperationError::new(ErrorKind::Input, error.to_string()))?;
    Ok(built_in.merged(own))
}
