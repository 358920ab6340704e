//! The operation `trees.chmod`: the modes of a whole tree.

use std::io;

use ledama_base::operation::{Effect, ErrorKind, Operation, OperationContext, OperationError};
use serde::{Deserialize, Serialize};

use super::{ModeError, Rule, set_mode};
use crate::walk::{self, Spot, Target, Visit, Visitor};

/// Sets the modes of a tree.
#[derive(Debug, Clone, Copy, Default)]
pub struct Chmod;

/// Which tree, and which modes. An octal `mode` gives files its execute bits
/// only if they have one; the other two are taken as they are.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChmodInput {
    /// Path in text form.
    pub path: String,
    /// Folders inside which changes are allowed.
    pub roots: Vec<String>,
    /// Mode for all, octal or symbolic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    /// Mode for folders instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dir_mode: Option<String>,
    /// Mode for everything else instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_mode: Option<String>,
    /// Also everything below the path.
    pub recursive: bool,
}

/// What was done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChmodOutput {
    /// Files and folders whose mode is another now.
    pub changed: u64,
    /// Files and folders that had the mode already.
    pub unchanged: u64,
    /// Symbolic links, which are left alone.
    pub links: u64,
}

impl Operation for Chmod {
    const NAME: &'static str = "trees.chmod";
    const VERB: &'static str = "change permissions of";
    const EFFECT: Effect = Effect::Changes;
    type Input = ChmodInput;
    type Output = ChmodOutput;

    fn run(
        &self,
        input: ChmodInput,
        ctx: &dyn OperationContext,
    ) -> Result<ChmodOutput, OperationError> {
        let rule = Rule::new(
            input.mode.as_deref(),
            input.dir_mode.as_deref(),
            input.file_mode.as_deref(),
            umask(),
        )?;
        let target = Target::approve(&input.path, &input.roots)?;
        ctx.check()?;
        let tally = walk::walk(&target, input.recursive, &rule, ctx)?;
        let done = format!("{} changed, {} were so already", tally.changed, tally.unchanged);
        let tally = tally.verdict(&input.path, &done, ctx)?;
        ctx.log(&done);
        Ok(ChmodOutput { changed: tally.changed, unchanged: tally.unchanged, links: tally.links })
    }
}

/// The owner's own bits decide whether we can go on inside a folder.
const OWNER: u32 = 0o700;

impl Visitor for Rule {
    fn enter(&self, spot: &Spot<'_>) -> io::Result<Visit> {
        let wanted = self.wanted(spot.mode, spot.is_folder());
        if wanted == spot.mode {
            return Ok(Visit::Unchanged);
        }
        if spot.is_folder() && spot.mode & OWNER & !wanted != 0 {
            // What the owner loses goes when all inside is done; what is gained
            // may be needed to get inside.
            let open = spot.mode | wanted & OWNER;
            if open != spot.mode {
                set_mode(spot.folder, spot.name, open)?;
            }
            return Ok(Visit::Later);
        }
        set_mode(spot.folder, spot.name, wanted)?;
        Ok(Visit::Changed)
    }

    fn leave(&self, spot: &Spot<'_>) -> io::Result<Visit> {
        set_mode(spot.folder, spot.name, self.wanted(spot.mode, true))?;
        Ok(Visit::Changed)
    }
}

impl From<ModeError> for OperationError {
    fn from(error: ModeError) -> Self {
        Self::new(ErrorKind::Input, error.to_string()).help(ModeError::help())
    }
}

/// The bits that this process takes from new files.
fn umask() -> u32 {
    const USUAL: u32 = 0o022;
    let Ok(status) = std::fs::read_to_string("/proc/self/status") else { return USUAL };
    let line = status.lines().find_map(|line| line.strip_prefix("Umask:"));
    line.and_then(|bits| u32::from_str_radix(bits.trim(), 8).ok()).unwrap_or(USUAL)
}
