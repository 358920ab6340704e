//! `transfer.copy`: brings a set to the node it runs on.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ledama_base::operation::{Effect, Operation, OperationContext, OperationError, Progress};
use ledama_config::model::{Channel, Encryption};
use serde::{Deserialize, Serialize};

use super::detours::Detours;
use crate::control::supervised;
use crate::fault;
use crate::link::{Link, SshRoute, Way};
use crate::place::target_path;
use crate::receive::{CopyState, Expected, Job, Outcome, Received, Verify, differs, receive};
use crate::send::serve;
use crate::space::existing_ancestor;

/// Copies a set, from this node or another one, verified and in one step.
#[derive(Default)]
pub struct Copy {
    detours: Detours,
}

/// What is to be copied, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CopyInput {
    /// Node of the source, by its configured name.
    pub source_node: String,
    /// The source, a folder or a file; text form. A link there is followed.
    pub source: String,
    /// Where it goes, including its new name; text form.
    pub target: String,
    /// Accept a complete target, and go on with an unfinished copy.
    #[serde(default)]
    pub resume: bool,
    /// Replace a target that is not the same as the source.
    #[serde(default)]
    pub replace: bool,
    /// Flush the copy to the disk before it gets its name.
    #[serde(default = "yes")]
    pub fsync: bool,
    /// How the copy is checked.
    #[serde(default)]
    pub verify: Verify,
    /// Keep an unfinished copy for a later attempt.
    #[serde(default = "yes")]
    pub keep_part: bool,
    /// Bytes that are to stay free on the disk of the target.
    #[serde(default)]
    pub margin_bytes: u64,
    /// What the plan knew about the source; a difference is an error.
    #[serde(default)]
    pub expected: Expected,
    /// How the nodes reach each other.
    #[serde(default)]
    pub network: Network,
}

/// How two nodes reach each other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Network {
    /// Whether the data is encrypted on its way.
    pub encryption: Encryption,
    /// Which way it takes.
    pub channel: Channel,
    /// Ports a node may listen on, first-last; none: any free one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ports: Option<String>,
    /// Seconds to wait for a connection, each way.
    pub connect_timeout: u64,
    /// Addresses of the node of the target, as others see it.
    pub addresses: Vec<String>,
    /// Addresses of the node of the source.
    pub source_addresses: Vec<String>,
    /// How the system's `ssh` reaches the node of the source.
    pub ssh: SshRoute,
}

impl Default for Network {
    fn default() -> Self {
        let settings = ledama_config::model::Transfer::default();
        Self {
            encryption: settings.encryption,
            channel: settings.channel,
            ports: settings.ports,
            connect_timeout: settings.connect_timeout,
            addresses: Vec::new(),
            source_addresses: Vec::new(),
            ssh: SshRoute::default(),
        }
    }
}

fn yes() -> bool {
    true
}

impl CopyInput {
    /// A copy with default settings.
    pub fn new(source_node: &str, source: &str, target: &str) -> Self {
        Self {
            source_node: source_node.to_string(),
            source: source.to_string(),
            target: target.to_string(),
            resume: false,
            replace: false,
            fsync: true,
            verify: Verify::default(),
            keep_part: true,
            margin_bytes: 0,
            expected: Expected::default(),
            network: Network::default(),
        }
    }
}

/// What was copied.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CopyOutput {
    /// Content of all files of the set, bytes; names of the same file count once.
    pub bytes: u64,
    /// Files of the set.
    pub files: u64,
    /// BLAKE3 over paths, types, modes, sizes and hashes of all members, as
    /// hexadecimal digits. Absent if a complete target was accepted by its list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// How long it took, s.
    pub seconds: f64,
    /// What became of it.
    pub state: CopyState,
    /// How the bytes went.
    pub channel: Way,
    /// Why there is no direct connection, where the bytes went through a pipe
    /// of `ssh` for want of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detour: Option<String>,
    /// Files that an earlier attempt had brought.
    pub reused_files: u64,
    /// Bytes of content that were sent.
    pub sent_bytes: u64,
    /// Unfinished copies of other runs beside the target, and what should have
    /// been removed but could not; text form.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_over: Vec<String>,
}

impl Operation for Copy {
    const NAME: &'static str = "transfer.copy";
    const VERB: &'static str = "copy";
    const EFFECT: Effect = Effect::Changes;
    type Input = CopyInput;
    type Output = CopyOutput;

    fn run(
        &self,
        input: CopyInput,
        ctx: &dyn OperationContext,
    ) -> Result<CopyOutput, OperationError> {
        let begin = Instant::now();
        let task = Task {
            source: target_path(&input.source)?,
            target: target_path(&input.target)?,
            local: input.source_node == ctx.node(),
            wait: Duration::from_secs(input.network.connect_timeout.max(1)),
            input: &input,
            detours: &self.detours,
            ctx,
        };
        let received = task.run()?;
        let bytes = received.totals.bytes;
        ctx.progress(Progress { done: bytes, total: bytes });
        Ok(CopyOutput {
            bytes,
            files: received.totals.files,
            digest: received.digest.map(|d| blake3::Hash::from_bytes(d).to_hex().to_string()),
            seconds: begin.elapsed().as_secs_f64(),
            state: received.state,
            channel: received.way,
            detour: (received.way == Way::Ssh && input.network.channel == Channel::Auto)
                .then(|| self.detours.known(&input.source_node))
                .flatten(),
            reused_files: received.reused,
            sent_bytes: received.sent,
            left_over: received.left_over,
        })
    }
}

/// One copy.
pub(super) struct Task<'a> {
    pub(super) input: &'a CopyInput,
    source: PathBuf,
    target: PathBuf,
    local: bool,
    pub(super) wait: Duration,
    pub(super) detours: &'a Detours,
    pub(super) ctx: &'a dyn OperationContext,
}

impl Task<'_> {
    fn run(&self) -> Result<Received, OperationError> {
        if self.local {
            self.refuse_overlap()?;
        }
        if !self.input.resume && !self.input.replace && self.target.symlink_metadata().is_ok() {
            // Known without asking the source.
            return Err(crate::receive::exists(&self.input.target));
        }
        match self.attempt(false)? {
            Outcome::Received(received) => Ok(received),
            Outcome::ContentDiffers if self.input.replace => match self.attempt(true)? {
                Outcome::Received(received) => Ok(received),
                Outcome::ContentDiffers => {
                    Err(differs(&self.input.target, "the content is different"))
                }
            },
            Outcome::ContentDiffers => Err(differs(&self.input.target, "the content is different")),
        }
    }

    /// Refuses to copy a set onto, into or around itself.
    fn refuse_overlap(&self) -> Result<(), OperationError> {
        let source =
            std::fs::canonicalize(&self.source).map_err(|e| fault::at(&self.input.source, e))?;
        let above = existing_ancestor(&self.target)?;
        let target = resolve(&self.target, &above);
        let how = if target == source {
            "is the source itself"
        } else if target.starts_with(&source) {
            "lies inside the source"
        } else if source.starts_with(&target) {
            "holds the source"
        } else {
            return Ok(());
        };
        Err(fault::input(format!(
            "the target `{}` {how} (`{}`)",
            self.input.target, self.input.source
        )))
    }

    fn job(&self, known_to_differ: bool) -> Job<'_> {
        Job {
            target: &self.target,
            source_node: &self.input.source_node,
            source: &self.input.source,
            tell_source: false,
            local: self.local.then_some(&*self.source),
            resume: self.input.resume,
            replace: self.input.replace,
            fsync: self.input.fsync,
            verify: self.input.verify,
            keep_part: self.input.keep_part,
            margin: self.input.margin_bytes,
            expected: self.input.expected,
            known_to_differ,
        }
    }

    fn attempt(&self, known_to_differ: bool) -> Result<Outcome, OperationError> {
        let job = self.job(known_to_differ);
        if self.local { self.within_node(&job) } else { self.between_nodes(&job) }
    }

    /// Both sides in this process.
    fn within_node(&self, job: &Job<'_>) -> Result<Outcome, OperationError> {
        supervised(self.ctx, |control| {
            let (here, there) = Link::pair();
            std::thread::scope(|scope| {
                let _guard = control.guard();
                control.spawn(scope, || {
                    control.note(serve(there, Some(&self.source), control));
                });
                let outcome = receive(here, job, control);
                if let Err(error) = &outcome {
                    control.fail(error.clone());
                }
                outcome
            })
        })
    }
}

/// A path of which only the beginning exists, with links in it resolved.
fn resolve(path: &Path, existing: &Path) -> PathBuf {
    let mut above = path;
    let mut missing = Vec::new();
    while above.canonicalize().is_err() {
        missing.extend(above.file_name());
        match above.parent() {
            Some(parent) => above = parent,
            None => break,
        }
    }
    let mut resolved = existing.to_path_buf();
    resolved.extend(missing.into_iter().rev());
    resolved
}
