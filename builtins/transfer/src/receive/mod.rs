//! The receiving side of a copy: decides what is to be done, writes a hidden
//! part beside the target, and gives it its name when all of it is verified.

mod ask;
mod clone;
mod compare;
mod finish;
pub(crate) mod part;
mod pending;
mod stock;
mod store;

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use crossbeam_channel::Sender;
use ledama_base::operation::{ErrorKind, OperationError};
use ledama_base::rawtext;
use rustix::fs::OFlags;
use serde::{Deserialize, Serialize};

use crate::buffer::Pool;
use crate::control::Control;
use crate::entry::{Entry, Kind, Listing, Totals};
use crate::fault;
use crate::folders::FOLDER;
use crate::hash::{Hash, PieceTree};
use crate::link::{Inlet, Link, Outlet, Way};
use crate::place::Place;
use crate::send::threads;
use crate::space::{Room, existing_ancestor, read_only};
use crate::walk::{Walk, walk};
use crate::wire::{BatchItem, End, Frame, ListReader, Malformed, PieceHead, Start, Tag, VERSION};

use clone::clone_files;
use compare::compare;
use finish::Aside;
use part::{Part, State};
use stock::Stock;
use store::{Spot, Store};

/// Characters of a sender's message that are repeated.
const LONGEST_WORDS: usize = 4096;

/// Frames that wait to be written.
const FRAMES: usize = 6;

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
    let pool = Pool::new();
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

/// One copy being received.
struct Receiving<'a> {
    job: &'a Job<'a>,
    control: &'a Control<'a>,
    pool: Arc<Pool>,
    listing: &'a Listing,
    way: Way,
}

/// What to do with what is at the target.
enum Target {
    /// There is nothing.
    Free,
    /// It is what was asked for, as far as its list tells.
    Complete(Box<Walk>),
    /// It is something else, and may be replaced.
    InTheWay,
}

impl Receiving<'_> {
    fn run(&self, mut outlet: Outlet, inlet: Inlet) -> Result<Outcome, OperationError> {
        let target = self.look_at_target()?;
        if let Target::Complete(found) = &target {
            if self.job.verify == Verify::Reread {
                return self.compare_content(found, outlet, inlet);
            }
            outlet.send(Frame::new(Tag::Bye, Vec::new()))?;
            return Ok(Outcome::Received(self.received(CopyState::AlreadyComplete)));
        }
        self.check_disk()?;
        let place = Place::make(self.job.target)?;
        let state = State {
            run: self.control.ctx().run_id().to_string(),
            source_node: self.job.source_node.to_string(),
            source: self.job.source.to_string(),
            target: place.text(),
            started: jiff::Timestamp::now().to_string(),
        };
        let check = || self.control.check();
        let part = Part::claim(&place, &state, self.job.resume, &check)?;
        let aside = matches!(target, Target::InTheWay);
        let outcome = self.fill(&place, &part, outlet, inlet, aside);
        if outcome.is_err() {
            if !self.job.keep_part {
                part.discard()?;
            } else if place.facts(&part.name)?.is_none() {
                part.settle();
            }
        }
        outcome.map(Outcome::Received)
    }

    fn received(&self, state: CopyState) -> Received {
        Received {
            totals: self.listing.totals(),
            digest: None,
            state,
            way: self.way,
            sent: 0,
            reused: 0,
            left_over: Vec::new(),
        }
    }

    /// Decides what a target that is there already means.
    fn look_at_target(&self) -> Result<Target, OperationError> {
        let text = rawtext::path_text(self.job.target);
        match std::fs::symlink_metadata(self.job.target) {
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Target::Free),
            Err(error) => return Err(fault::at(text, error)),
        }
        if !self.job.resume && !self.job.replace {
            return Err(exists(&text));
        }
        if self.job.known_to_differ {
            return Ok(Target::InTheWay);
        }
        let why = match walk(self.job.target, &|| self.control.check()) {
            Err(error) if error.kind == ErrorKind::NotFound => "it is a broken link".to_string(),
            Err(error) => return Err(error),
            Ok(found) => {
                let differences = compare(self.listing, &found.listing, found.special.len());
                if differences.is_empty() {
                    return Ok(Target::Complete(Box::new(found)));
                }
                differences.to_string()
            }
        };
        if self.job.replace { Ok(Target::InTheWay) } else { Err(differs(&text, &why)) }
    }

    /// Compares a target whose list is complete by content; it is not touched.
    fn compare_content(
        &self,
        found: &Walk,
        outlet: Outlet,
        mut inlet: Inlet,
    ) -> Result<Outcome, OperationError> {
        let text = rawtext::path_text(self.job.target);
        let Some(place) = Place::find(self.job.target)? else {
            return Ok(Outcome::ContentDiffers);
        };
        let spot = if self.is_file() {
            Spot::File { folder: place.folder(), name: &place.name }
        } else {
            Spot::Folder(open_set(self.job.target).map_err(|e| fault::at(&text, e))?)
        };
        let stock = compare::stock(self.listing, found);
        let mut store = Store::new(self.control, self.listing, text.clone(), spot, stock);
        store.untouchable = true;
        let outlet = Mutex::new(outlet);
        let same = std::thread::scope(|scope| {
            let _guard = self.control.guard();
            self.control.spawn(scope, || {
                self.control.note(ask::ask(&store, &outlet));
            });
            let same = self.control.note(self.hear_comparison(&store, &mut inlet));
            if same == Some(false) {
                // Nothing more is to be learned; ends both sides.
                self.control.fail(differs(&text, "the content is different"));
            }
            same
        });
        if same == Some(false) {
            return Ok(Outcome::ContentDiffers);
        }
        self.control.check()?;
        let mut outlet = outlet.into_inner().unwrap_or_else(PoisonError::into_inner);
        // The answer is known whether or not the sender hears it.
        let _ = outlet.send(Frame::new(Tag::Bye, Vec::new()));
        let digest = Some(self.listing.digest(store.ledger().hashes()));
        let received = self.received(CopyState::AlreadyComplete);
        Ok(Outcome::Received(Received { digest, ..received }))
    }

    /// Hears what the sender says about files that are there. Answers whether
    /// all of them are the same.
    fn hear_comparison(
        &self,
        store: &Store<'_>,
        inlet: &mut Inlet,
    ) -> Result<bool, OperationError> {
        let mut trees: HashMap<u32, PieceTree> = HashMap::new();
        let unasked = || Malformed("an answer without a question");
        let twice = |_| Malformed("a file twice");
        loop {
            let frame = inlet.expect(&self.pool, self.control)?;
            match frame.tag {
                Tag::Batch => {
                    for item in BatchItem::parse(&frame.head)? {
                        let had = store.pending.answer(item.index, 0).ok_or_else(unasked)?;
                        if !item.same || had != item.hash {
                            return Ok(false);
                        }
                        store.ledger().note(item.index, item.hash).map_err(twice)?;
                    }
                }
                Tag::Piece => {
                    let head = PieceHead::parse(&frame.head)?;
                    let had = store.pending.answer(head.index, head.piece).ok_or_else(unasked)?;
                    if !head.same || had != head.value {
                        return Ok(false);
                    }
                    let size = store.file(head.index)?.size;
                    let tree = trees.entry(head.index).or_insert_with(|| PieceTree::new(size));
                    if let Some(hash) = tree.add(head.piece, head.value).map_err(twice)? {
                        trees.remove(&head.index);
                        store.ledger().note(head.index, hash).map_err(twice)?;
                    }
                }
                Tag::End => {
                    let digest = End::parse(&frame.head)?.digest;
                    let ledger = store.ledger();
                    let complete = ledger.missing() == 0;
                    return Ok(complete && self.listing.digest(ledger.hashes()) == digest);
                }
                Tag::Fail => return Err(last_words(&frame)),
                _ => return Err(Malformed("a message out of turn").into()),
            }
        }
    }

    fn is_file(&self) -> bool {
        self.listing.get(0).is_some_and(Entry::is_file)
    }

    /// Fills the part, verifies it and gives it its name.
    fn fill(
        &self,
        place: &Place,
        part: &Part<'_>,
        outlet: Outlet,
        mut inlet: Inlet,
        aside: bool,
    ) -> Result<Received, OperationError> {
        if !aside && place.facts(&place.name)?.is_some() {
            // Another copy gave it its name before we had claimed the part.
            return Err(exists(&place.text()));
        }
        if !part.adopted {
            self.check_room(place, &Stock::new())?;
        }
        let (spot, mut stock) = self.prepare(place, part)?;
        if part.adopted {
            self.check_room(place, &stock)?;
        }
        let known: HashSet<u32> = stock.keys().copied().collect();
        let cloned = match self.job.local {
            None => false,
            Some(source) => {
                let text = part.text();
                clone_files(source, self.listing, &spot, &text, &mut stock, self.control)?
            }
        };
        let mut store = Store::new(self.control, self.listing, part.text(), spot, stock);
        store.cloned = store.stock.keys().filter(|i| !known.contains(i)).copied().collect();
        store.trusted = self.way == Way::Local;
        store.sync = finish::sync_policy(self.listing, self.job.fsync);
        let outlet = Mutex::new(outlet);
        let digest = self.take_content(&store, &outlet, &mut inlet)?;
        let path = finish::part_path(place, part);
        self.finish(&store, digest, &path)?;
        self.publish(place, part, aside).map(|not_removed| {
            let mut outlet = outlet.into_inner().unwrap_or_else(PoisonError::into_inner);
            // The copy is complete whether or not the sender hears it.
            let _ = outlet.send(Frame::new(Tag::Bye, Vec::new()));
            let left_over = part.left_over.iter().map(|name| place.text_of(name));
            let state = if part.adopted { CopyState::Resumed } else { CopyState::Copied };
            Received {
                digest: Some(digest),
                way: if cloned { Way::Reflink } else { self.way },
                sent: store.arrived(),
                reused: store.reused(),
                left_over: left_over.chain(not_removed).collect(),
                ..self.received(state)
            }
        })
    }

    /// Looks at the disk of the target before anything is made there.
    fn check_disk(&self) -> Result<(), OperationError> {
        let text = rawtext::path_text(self.job.target);
        let above = existing_ancestor(self.job.target)?;
        let room = Room::at(&above).map_err(|e| fault::at(rawtext::path_text(&above), e))?;
        if room.read_only {
            return Err(read_only(&text));
        }
        if self.job.target.parent().is_some_and(Path::exists) {
            // There may be a part to go on from; see `check_room`.
            return Ok(());
        }
        let need = room.need(self.listing);
        room.check(&text, need, u64::from(self.listing.len()), self.job.margin)
    }

    /// Checks that what is not there yet fits on the disk.
    fn check_room(&self, place: &Place, stock: &Stock) -> Result<(), OperationError> {
        let room = Room::of(place.folder()).map_err(|e| fault::at(place.text(), e))?;
        let there = stock.values().map(|facts| facts.allocated).sum();
        let need = room.need(self.listing).saturating_sub(there);
        let files = u64::from(self.listing.len()).saturating_sub(stock.len() as u64);
        room.check(&place.text(), need, files, self.job.margin)
    }

    /// Opens the part and finds what is in it.
    fn prepare<'p>(
        &self,
        place: &'p Place,
        part: &'p Part<'_>,
    ) -> Result<(Spot<'p>, Stock), OperationError> {
        if self.is_file() {
            part.make_room_for_file()?;
            let facts = place.facts(&part.name)?;
            let stock = facts.map(|facts| (0, facts)).into_iter().collect();
            return Ok((Spot::File { folder: place.folder(), name: &part.name }, stock));
        }
        if self.listing.get(0).is_none_or(|root| root.kind != Kind::Folder) {
            return Err(Malformed("a set that is no file or folder").into());
        }
        let root = part.open_folder()?;
        let text = part.text();
        stock::make_folders(&root, self.listing, &text, part.adopted)?;
        let stock = if part.adopted {
            stock::take_stock(&root, self.listing, &text)?
        } else {
            Stock::new()
        };
        Ok((Spot::Folder(root), stock))
    }

    /// Asks for content and writes it; answers the digest that the sender computed.
    fn take_content(
        &self,
        store: &Store<'_>,
        outlet: &Mutex<Outlet>,
        inlet: &mut Inlet,
    ) -> Result<Hash, OperationError> {
        let (frames, arrived) = crossbeam_channel::bounded::<Frame>(FRAMES);
        let control = self.control;
        let digest = std::thread::scope(|scope| {
            let _guard = control.guard();
            control.spawn(scope, || {
                control.note(ask::ask(store, outlet));
            });
            for _ in 0..threads() {
                let arrived = arrived.clone();
                control.spawn(scope, move || {
                    let mut folders = store.folders();
                    for frame in arrived {
                        if control.given_up()
                            || control.note(store.take(frame, &mut folders)).is_none()
                        {
                            break;
                        }
                    }
                });
            }
            drop(arrived);
            let digest = control.note(self.read_content(inlet, &frames));
            drop(frames);
            digest
        });
        control.check()?;
        digest.ok_or_else(|| control.error())
    }

    fn read_content(
        &self,
        inlet: &mut Inlet,
        frames: &Sender<Frame>,
    ) -> Result<Hash, OperationError> {
        loop {
            let frame = inlet.expect(&self.pool, self.control)?;
            match frame.tag {
                Tag::Batch | Tag::Piece => {
                    frames.send(frame).map_err(|_| self.control.error())?;
                }
                Tag::End => return Ok(End::parse(&frame.head)?.digest),
                Tag::Fail => return Err(last_words(&frame)),
                _ => return Err(Malformed("a message out of turn").into()),
            }
        }
    }

    /// Completes and verifies the part.
    fn finish(&self, store: &Store<'_>, digest: Hash, path: &Path) -> Result<(), OperationError> {
        {
            let ledger = store.ledger();
            if ledger.missing() > 0 {
                return Err(Malformed("too few files").into());
            }
            if self.listing.digest(ledger.hashes()) != digest {
                return Err(OperationError::new(
                    ErrorKind::Corrupt,
                    format!("`{}` arrived with another digest than was sent", store.text),
                ));
            }
        }
        finish::make_links(store)?;
        finish::verify_list(store, path)?;
        if self.job.verify == Verify::Reread {
            finish::verify_content(store)?;
        }
        finish::settle_folders(store)?;
        self.control.check()
    }

    /// Gives the part its name, in place of what is there if `aside`. Answers
    /// what should have been removed but could not.
    fn publish(
        &self,
        place: &Place,
        part: &Part<'_>,
        aside: bool,
    ) -> Result<Option<String>, OperationError> {
        if !aside {
            return finish::publish(place, part, self.job.fsync).map(|()| None);
        }
        let aside = Aside::move_away(place, self.control.ctx().run_id())?;
        match finish::publish(place, part, self.job.fsync) {
            Ok(()) => Ok(aside.remove()),
            Err(error) => {
                aside.restore();
                Err(error)
            }
        }
    }
}

fn open_set(path: &Path) -> Result<std::os::fd::OwnedFd, rustix::io::Errno> {
    let flags = FOLDER.difference(OFlags::NOFOLLOW);
    rustix::fs::openat(rustix::fs::CWD, path, flags, rustix::fs::Mode::empty())
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
