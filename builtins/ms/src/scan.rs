//! The operation `ms.scan`: which measurement sets a node has below folders.

use std::path::{Path, PathBuf};

use ledama_base::operation::{Effect, ErrorKind, Operation, OperationContext, OperationError};
use ledama_base::path::{DataPath, Packed};
use ledama_base::{rawtext, units, usage};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::discover::{Discovery, Found, Kind, Search, Wanted, discover};
use crate::recognize::head_problem;
use crate::{frequency, pool, recognize};

/// Searches folders of its node.
#[derive(Debug, Clone, Copy, Default)]
pub struct Scan;

/// What to search, and what to tell about each set.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(clippy::struct_excessive_bools)] // independent switches, as the options they come from
pub struct ScanInput {
    /// Folders in text form, absolute.
    pub paths: Vec<String>,
    /// What is looked for.
    #[serde(default)]
    pub pack: Wanted,
    /// Measure the sizes.
    #[serde(default)]
    pub sizes: bool,
    /// Look into the sets: frequencies, and whether their tables are sound.
    #[serde(default)]
    pub facts: bool,
    /// Look into packed sets, too, without unpacking them.
    #[serde(default)]
    pub packed_facts: bool,
    /// Also take tables without a sub-band in their name, if it ends as that of a set does.
    #[serde(default)]
    pub loose: bool,
    /// Also search folders behind symbolic links.
    #[serde(default)]
    pub follow_links: bool,
    /// Only sets changed after this time (UTC, ISO 8601).
    #[serde(default)]
    pub newer_than: Option<String>,
    /// Threads to use; if absent, as many as keep processors and disks busy.
    #[serde(default)]
    pub threads: Option<usize>,
}

/// One set of a node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScanEntry {
    /// Path in text form.
    pub path: String,
    /// What it is.
    pub kind: Kind,
    /// Blocks on disk, bytes; a link to a set has the size of the set.
    pub size_bytes: Option<u64>,
    /// The same in MiB, rounded up.
    pub size_mb: Option<u64>,
    /// Lengths of its files and folders, bytes (`du -b`).
    pub apparent_bytes: Option<u64>,
    /// Lengths of its files alone, bytes: the same on every file system.
    pub file_bytes: Option<u64>,
    /// Its files.
    pub files: Option<u64>,
    /// Reference frequency, MHz; unknown unless the tables were looked at.
    pub freq_mhz: Option<f64>,
    /// Beam, from the path.
    pub beam: Option<u16>,
    /// What is wrong with it, or why it could not be measured whole.
    pub error: Option<String>,
}

/// What a node has.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ScanOutput {
    /// Sorted by path.
    pub entries: Vec<ScanEntry>,
    /// What could not be read.
    pub warnings: Vec<String>,
}

impl Operation for Scan {
    const NAME: &'static str = "ms.scan";
    const VERB: &'static str = "search below";
    const EFFECT: Effect = Effect::Reads;
    type Input = ScanInput;
    type Output = ScanOutput;

    fn run(
        &self,
        input: ScanInput,
        ctx: &dyn OperationContext,
    ) -> Result<ScanOutput, OperationError> {
        scan(&input, &|| ctx.cancelled())
    }
}

/// The same as part of another operation.
pub fn scan_until(
    input: &ScanInput,
    cancelled: &(dyn Fn() -> bool + Sync),
) -> Result<ScanOutput, OperationError> {
    scan(input, cancelled)
}

/// The same without an operation: folders of this host.
pub fn scan_here(input: &ScanInput) -> Result<ScanOutput, OperationError> {
    scan(input, &|| false)
}

fn folders(paths: &[String]) -> Result<Vec<PathBuf>, OperationError> {
    paths
        .iter()
        .map(|text| {
            let path = rawtext::text_path(text);
            if path.is_absolute() {
                return Ok(path);
            }
            Err(OperationError::new(ErrorKind::Input, format!("`{text}` is no absolute path")))
        })
        .collect()
}

fn instant(text: &str) -> Result<std::time::SystemTime, OperationError> {
    let time: jiff::Timestamp = text
        .parse()
        .map_err(|e| OperationError::new(ErrorKind::Input, format!("`{text}` is no time: {e}")))?;
    Ok(time.into())
}

type Cancelled<'a> = &'a (dyn Fn() -> bool + Sync);

fn scan(input: &ScanInput, cancelled: Cancelled<'_>) -> Result<ScanOutput, OperationError> {
    let folders = folders(&input.paths)?;
    let newer_than = input.newer_than.as_deref().map(instant).transpose()?;
    let search = Search {
        wanted: input.pack,
        loose: input.loose,
        follow_links: input.follow_links,
        unseen: input.facts,
    };
    let work = || {
        let Discovery { mut found, warnings, .. } = discover(&folders, search, cancelled);
        if let Some(limit) = newer_than {
            found.retain(|set| newest(set).is_some_and(|time| time > limit));
        }
        let looked: Vec<Option<f64>> = found
            .par_iter_mut()
            .map(|set| if cancelled() { None } else { look(set, input) })
            .collect();
        let usages = if input.sizes { measure(&found, cancelled)? } else { Vec::new() };
        if cancelled() {
            return Err(interrupted());
        }
        let entries = found
            .iter()
            .zip(looked)
            .enumerate()
            .map(|(k, (set, hz))| entry(set, hz, usages.get(k)))
            .collect();
        Ok(ScanOutput { entries, warnings })
    };
    pool::reading(input.threads, work)
}

/// The frequency of a set in Hz, if it was asked for; what is wrong with the
/// set is noted in it.
fn look(set: &mut Found, input: &ScanInput) -> Option<f64> {
    let read = match set.kind {
        Kind::Ms if input.facts => {
            set.problem = set.problem.take().or_else(|| head_problem(&set.path, recognize::MAIN));
            if set.problem.is_some() {
                return None;
            }
            let read = frequency::of_set(&set.path);
            if read.is_err() {
                // Faults that are seen from outside are told in simpler words.
                set.problem = head_problem(&set.path, recognize::WINDOWS);
            }
            read
        }
        // Inside of a compressed one nothing can be found without unpacking it.
        Kind::Tar if input.packed_facts && !is_compressed(&set.path) => {
            frequency::of_packed(&set.path)
        }
        _ => return None,
    };
    match read {
        Ok(hz) => Some(hz),
        Err(error) => {
            set.problem.get_or_insert(frequency::reason(&set.path, &error));
            None
        }
    }
}

fn is_compressed(path: &Path) -> bool {
    let name = path.file_name().map(rawtext::encode).unwrap_or_default();
    Packed::of(&name).is_some_and(Packed::is_compressed)
}

fn interrupted() -> OperationError {
    OperationError::new(ErrorKind::Cancelled, "interrupted")
}

fn measure(found: &[Found], cancelled: Cancelled<'_>) -> Result<Vec<usage::Usage>, OperationError> {
    let roots: Vec<PathBuf> = found.iter().map(|f| f.path.clone()).collect();
    let options = usage::Options { follow_root: true, ..usage::Options::default() };
    usage::measure(&roots, options, cancelled)
        .map(|measured| measured.roots)
        .map_err(|_| interrupted())
}

fn entry(set: &Found, hz: Option<f64>, usage: Option<&usage::Usage>) -> ScanEntry {
    let path = rawtext::path_text(&set.path);
    let beam = DataPath::parse(&path).beam;
    let unread = usage.and_then(|u| u.errors.first()).map(|e| e.error.clone());
    ScanEntry {
        kind: set.kind,
        size_bytes: usage.map(|u| u.disk_bytes),
        size_mb: usage.map(|u| units::mib(u.disk_bytes)),
        apparent_bytes: usage.map(|u| u.apparent_bytes),
        file_bytes: usage.map(|u| u.file_bytes),
        files: usage.map(|u| u.files),
        freq_mhz: hz.map(|hz| hz / 1e6),
        beam,
        error: set.problem.clone().or(unread),
        path,
    }
}

/// When the set was last changed: the newest of the set and what is directly in it.
fn newest(set: &Found) -> Option<std::time::SystemTime> {
    let own = std::fs::metadata(&set.path).ok()?.modified().ok();
    let inside = std::fs::read_dir(&set.path)
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.metadata().ok()?.modified().ok());
    inside.chain(own).max()
}

#[cfg(test)]
mod tests;
