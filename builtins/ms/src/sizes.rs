//! The operation `ms.sizes`: what is there under given names, and whether it grows.

use std::collections::{BTreeSet, HashMap};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ledama_base::operation::{Effect, ErrorKind, Operation, OperationContext, OperationError};
use ledama_base::quote::show;
use ledama_base::{rawtext, units, usage};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::extra::EntryKind;
use crate::pool;

/// What stands between the name of a set and that of the run in the name of
/// a half-made copy.
const PART: &[u8] = b".ledama-part-";

/// How often a pause looks whether it is over.
const TICK: Duration = Duration::from_millis(100);

/// Measures sets of its node.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sizes;

/// What to measure.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SizesInput {
    /// Paths in text form.
    pub paths: Vec<String>,
    /// Also measure half-made copies beside each path.
    #[serde(default)]
    pub parts: bool,
    /// Measure again after so many seconds, to see what grows.
    #[serde(default)]
    pub again_after_s: Option<u64>,
    /// Threads to use; all processors if absent.
    #[serde(default)]
    pub threads: Option<usize>,
}

/// What is there under one name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SetSize {
    /// Path in text form, as asked.
    pub path: String,
    /// Whether there is anything under that name.
    pub exists: bool,
    /// What it is itself; a link is not followed for this.
    pub kind: Option<EntryKind>,
    /// Blocks on disk, bytes; a link to a set has the size of the set.
    pub size_bytes: u64,
    /// The same in MiB, rounded up.
    pub size_mb: u64,
    /// Lengths of its files, bytes.
    pub apparent_bytes: u64,
    /// Its files.
    pub files: u64,
    /// Lengths of the files of half-made copies beside it, bytes.
    pub part_bytes: u64,
    /// Growth of the set and its half-made copies between the two looks, bytes.
    pub growth_bytes: u64,
    /// Time between the two looks, s; 0 with one look.
    pub elapsed_s: f64,
    /// Why it could not be measured whole.
    pub error: Option<String>,
}

/// What is there.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SizesOutput {
    /// In the order asked.
    pub paths: Vec<SetSize>,
}

impl Operation for Sizes {
    const NAME: &'static str = "ms.sizes";
    const VERB: &'static str = "measure";
    const EFFECT: Effect = Effect::Reads;
    type Input = SizesInput;
    type Output = SizesOutput;

    fn run(
        &self,
        input: SizesInput,
        ctx: &dyn OperationContext,
    ) -> Result<SizesOutput, OperationError> {
        pool::with(input.threads, || measure(&input, ctx))
    }
}

fn measure(input: &SizesInput, ctx: &dyn OperationContext) -> Result<SizesOutput, OperationError> {
    let began = Instant::now();
    let mut first = look(input, ctx)?;
    if let Some(seconds) = input.again_after_s {
        pause(Duration::from_secs(seconds), ctx)?;
        let second = look(input, ctx)?;
        let elapsed_s = began.elapsed().as_secs_f64();
        for (before, mut now) in first.iter_mut().zip(second) {
            let grown = total(&now).saturating_sub(total(before));
            now.growth_bytes = grown;
            now.elapsed_s = elapsed_s;
            *before = now;
        }
    }
    Ok(SizesOutput { paths: first })
}

/// What has arrived, under its name or still under a hidden one.
fn total(size: &SetSize) -> u64 {
    size.apparent_bytes + size.part_bytes
}

fn look(input: &SizesInput, ctx: &dyn OperationContext) -> Result<Vec<SetSize>, OperationError> {
    let parts = if input.parts { half_made(&input.paths) } else { HashMap::new() };
    let nothing = Vec::new();
    let parts_of = |text: &String| parts.get(&rawtext::text_path(text)).unwrap_or(&nothing);
    input.paths.par_iter().map(|text| one(text, parts_of(text), ctx)).collect()
}

fn one(
    text: &str,
    parts: &[PathBuf],
    ctx: &dyn OperationContext,
) -> Result<SetSize, OperationError> {
    let path = rawtext::text_path(text);
    let mut size = SetSize { path: text.to_string(), ..SetSize::default() };
    match std::fs::symlink_metadata(&path) {
        Ok(meta) => {
            size.exists = true;
            size.kind = Some(EntryKind::of(meta.file_type()));
            let usage = usage_of(path.clone(), ctx)?;
            size.size_bytes = usage.disk_bytes;
            size.size_mb = units::mib(usage.disk_bytes);
            size.apparent_bytes = usage.file_bytes;
            size.files = usage.files;
            size.error = usage.errors.first().map(|e| e.error.clone());
        }
        Err(error) if is_absent(&error) => {}
        Err(error) => size.error = Some(OperationError::io(show(text), &error).message),
    }
    for part in parts {
        size.part_bytes += usage_of(part.clone(), ctx)?.file_bytes;
    }
    Ok(size)
}

fn is_absent(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory)
}

fn usage_of(path: PathBuf, ctx: &dyn OperationContext) -> Result<usage::Usage, OperationError> {
    let options = usage::Options { follow_root: true, ..usage::Options::default() };
    usage::measure_one(path, options, &|| ctx.cancelled())
        .map_err(|_| OperationError::new(ErrorKind::Cancelled, "interrupted"))
}

/// Copies that are not finished by the path of their set:
/// `.<name>.ledama-part-<run>` beside it. Each folder is read once.
fn half_made(paths: &[String]) -> HashMap<PathBuf, Vec<PathBuf>> {
    let folders: BTreeSet<PathBuf> = paths
        .iter()
        .filter_map(|text| rawtext::text_path(text).parent().map(Path::to_path_buf))
        .collect();
    let mut parts: HashMap<PathBuf, Vec<PathBuf>> = HashMap::new();
    for folder in folders {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().filter_map(Result::ok) {
            let name = entry.file_name();
            let hidden = name.as_bytes().strip_prefix(b".");
            let Some(at) = hidden.and_then(|hidden| memmem(hidden, PART)) else { continue };
            let set = folder.join(OsStr::from_bytes(&name.as_bytes()[1..=at]));
            parts.entry(set).or_default().push(entry.path());
        }
    }
    parts
}

/// Where the last copy of some bytes begins in others.
fn memmem(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).rposition(|window| window == wanted)
}

/// Waits, but not longer than the run.
fn pause(time: Duration, ctx: &dyn OperationContext) -> Result<(), OperationError> {
    let end = Instant::now() + time;
    loop {
        ctx.check()?;
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(());
        }
        std::thread::sleep(left.min(TICK));
    }
}

#[cfg(test)]
mod tests;
