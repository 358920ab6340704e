//! The operation `trees.digest`: the digests of one set.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use ledama_base::operation::{Effect, ErrorKind, Operation, OperationContext, OperationError};
use ledama_base::rawtext;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::algorithm::{Algorithm, Sum};
use super::content::Contents;
use super::line::{self, Kind};
use super::members::{Content, Members};
use super::throttle::Throttle;

/// Bytes of lines sent to the host in one item, about.
const ITEM: usize = 1 << 20;

/// Reads a set and makes the digests of its files.
#[derive(Debug, Clone, Copy, Default)]
pub struct Digest;

/// Which set, and how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DigestInput {
    /// Path in text form; a link is followed.
    pub path: String,
    /// How contents are told apart.
    #[serde(default)]
    pub algorithm: Algorithm,
    /// Threads; 1 if absent.
    #[serde(default)]
    pub threads: Option<usize>,
    /// MiB that all tasks of the run read on this node in a second; any number if absent.
    #[serde(default)]
    pub throttle_mib_s: Option<f64>,
}

/// What a set holds, in a few words. Its lines come as items before: texts of
/// whole lines (see [`Digests`](super::Digests)), without node, in text form.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DigestOutput {
    /// As asked.
    pub path: String,
    /// How contents were told apart.
    pub algorithm: Algorithm,
    /// Digest of the tree: of all its lines.
    pub digest: String,
    /// Its files.
    pub files: u64,
    /// Its links.
    pub links: u64,
    /// Lengths of its files.
    pub bytes: u64,
}

impl Operation for Digest {
    const NAME: &'static str = "trees.digest";
    const VERB: &'static str = "make digests of";
    const EFFECT: Effect = Effect::ReadsMuch;
    type Input = DigestInput;
    type Output = DigestOutput;

    fn run(
        &self,
        input: DigestInput,
        ctx: &dyn OperationContext,
    ) -> Result<DigestOutput, OperationError> {
        let throttle = match input.throttle_mib_s {
            Some(limit) if limit > 0.0 && limit.is_finite() => Some(Throttle::shared(limit, ctx)),
            Some(limit) => {
                let message = format!("nothing can be read at {limit} MiB/s");
                return Err(OperationError::new(ErrorKind::Input, message));
            }
            None => None,
        };
        let path = rawtext::text_path(&input.path);
        let members = Members::list(&path, &|| ctx.check())?;
        let contents = Contents::new(&input.path, &members, input.algorithm, throttle, ctx);
        let digests = contents.digests(input.threads.unwrap_or(1))?;
        let mut output = DigestOutput {
            path: input.path.clone(),
            algorithm: input.algorithm,
            bytes: members.bytes,
            ..DigestOutput::default()
        };
        let mut tree = Sum::new(input.algorithm);
        let mut lines = Vec::new();
        for (member, digest) in members.list.iter().zip(&digests) {
            let (kind, count) = match member.content {
                Content::File(_) => (Kind::File, &mut output.files),
                Content::Link(_) => (Kind::Link, &mut output.links),
            };
            *count += 1;
            let start = lines.len();
            line::push(&mut lines, digest, kind, &member.path);
            tree.update(&lines[start..]);
            if lines.len() >= ITEM {
                send(&mut lines, ctx);
            }
        }
        send(&mut lines, ctx);
        output.digest = tree.finish();
        Ok(output)
    }
}

fn send(lines: &mut Vec<u8>, ctx: &dyn OperationContext) {
    if !lines.is_empty() {
        ctx.item(Value::String(rawtext::encode(OsStr::from_bytes(lines))));
        lines.clear();
    }
}
