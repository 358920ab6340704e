//! The receiving side of a copy: decides what is to be done, writes a hidden
//! part beside the target, and gives it its name when all of it is verified.

mod ask;
mod clone;
mod compare;
mod files;
mod finish;
pub(crate) mod part;
mod pending;
mod receiving;
mod recheck;
mod stock;
mod store;

use std::path::Path;
use std::sync::Arc;

use ledama_base::operation::{ErrorKind, OperationError};
use serde::{Deserialize, Serialize};

use crate::buffer::Pool;
use crate::control::Control;
use crate::entry::{Listing, Totals};
use crate::hash::Hash;
use crate::link::{Inlet, Link, Way};
use crate::wire::{Frame, ListReader, Malformed, Start, Tag, VERSION};

use receiving::Receiving;

/// Characters of a sender's message that are repeated.
const LONGEST_WORDS: usize = 4096;

/// How a copy is checked beyond the hashes that are compared on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verify {
    /// BLAKE3 of every file, computed on both sides while it streams.
    #[default]
    Stream,
    /// In addition all files are read back from the target. A complete target
    /// found by `resume` is compared by content, too.
    Reread,
}

/// What became of a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CopyState {
    /// Everything was copied.
    Copied,
    /// The target was complete; it was not touched.
    AlreadyComplete,
    /// The copy went on where an earlier one had ended.
    Resumed,
}

/// What is to be received.
#[derive(Clone)]
pub(crate) struct Job<'a> {
    pub(crate) target: &'a Path,
    pub(crate) source_node: &'a str,
    pub(crate) source: &'a str,
    /// Whether the sender must be told the path.
    pub(crate) tell_source: bool,
    /// The source, if it lies on this node.
    pub(crate) local: Option<&'a Path>,
    pub(crate) resume: bool,
    pub(crate) replace: bool,
    pub(crate) fsync: bool,
    pub(crate) verify: Verify,
    /// Whether an unfinished copy is kept for a later attempt.
    pub(crate) keep_part: bool,
    /// Bytes that are to stay free on the disk.
    pub(crate) margin: u64,
    /// What the plan knew about the source.
    pub(crate) expected: Expected,
    /// The target was compared before, and is something else.
    pub(crate) known_to_differ: bool,
}

/// What a plan knew about a source, to notice that it is another one now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Expected {
    /// Bytes of content.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// Number of files.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub files: Option<u64>,
}

/// What was received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Received {
    pub(crate) totals: Totals,
    pub(crate) digest: Option<Hash>,
    pub(crate) state: CopyState,
    pub(crate) way: Way,
    /// Bytes of content that were sent.
    pub(crate) sent: u64,
    /// Files that were there from an earlier attempt, and the same.
    pub(crate) reused: u64,
    /// Unfinished copies of other runs beside the target, and what could not be removed.
    pub(crate) left_over: Vec<String>,
}

/// How receiving ended.
pub(crate) enum Outcome {
    /// The target is complete.
    Received(Received),
    /// Nothing was received: the target looks complete, but its content is not that of the source.
    ContentDiffers,
}

/// Receives one copy.
pub(crate) fn receive(
    link: Link,
    job: &Job<'_>,
    control: &Control<'_>,
) -> Result<Outcome, OperationError> {
    let Link { mut outlet, mut inlet, way } = link;
    let pool = Pool::shared();
    let source = job.tell_source.then(|| job.source.to_string());
    outlet.send(Frame::json(Tag::Start, &Start { version: VERSION, source }))?;
    let listing = read_list(&mut inlet, &pool, control)?;
    check_expected(&listing, job)?;
    Receiving { job, control, pool, listing: &listing, way }.run(outlet, inlet)
}

fn read_list(
    inlet: &mut Inlet,
    pool: &Arc<Pool>,
    control: &Control<'_>,
) -> Result<Listing, OperationError> {
    let mut reader = ListReader::default();
    loop {
        let frame = inlet.expect(pool, control)?;
        match frame.tag {
            Tag::List => reader.read(&frame.head)?,
            Tag::ListEnd => break,
            Tag::Fail => return Err(last_words(&frame)),
            _ => return Err(Malformed("a message out of turn").into()),
        }
    }
    let listing = reader.finish()?;
    if listing.by_name().len() + 1 != listing.entries.len() {
        return Err(Malformed("a name twice").into());
    }
    Ok(listing)
}

/// The failure that the sender tells about.
fn last_words(frame: &Frame) -> OperationError {
    let mut error: OperationError =
        frame.parse_json().unwrap_or_else(|malformed: Malformed| malformed.into());
    for text in [Some(&mut error.message), error.help.as_mut()].into_iter().flatten() {
        let end = text.char_indices().nth(LONGEST_WORDS).map_or(text.len(), |(at, _)| at);
        text.truncate(end);
    }
    error
}

fn check_expected(listing: &Listing, job: &Job<'_>) -> Result<(), OperationError> {
    let totals = listing.totals();
    let differs = |expected: Option<u64>, is| expected.is_some_and(|expected| expected != is);
    if differs(job.expected.bytes, totals.bytes) || differs(job.expected.files, totals.files) {
        let known = |n: Option<u64>| n.map_or_else(|| "?".to_string(), |n| n.to_string());
        return Err(OperationError::new(
            ErrorKind::Changed,
            format!(
                "`{}` has {} files with {} bytes, but {} files with {} bytes were planned",
                job.source,
                totals.files,
                totals.bytes,
                known(job.expected.files),
                known(job.expected.bytes)
            ),
        )
        .help("make the plan again"));
    }
    Ok(())
}

/// The target is there, and nobody said what that means.
pub(crate) fn exists(text: &str) -> OperationError {
    OperationError::new(ErrorKind::Exists, format!("`{text}` is there already"))
        .help("--resume accepts it if it is complete, --replace replaces it if it is not")
}

/// The target is something else than the source.
pub(crate) fn differs(text: &str, why: &str) -> OperationError {
    OperationError::new(
        ErrorKind::Exists,
        format!("`{text}` is there, but is not the same as the source: {why}"),
    )
    .help("--replace moves it aside, copies, and then removes it")
}
