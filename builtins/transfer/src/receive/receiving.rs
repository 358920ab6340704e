//! The steps of receiving one copy, from a look at the target to the moment
//! it gets its name.

use std::collections::HashSet;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use crossbeam_channel::Sender;
use ledama_base::operation::{ErrorKind, OperationError};
use ledama_base::rawtext;

use super::clone::clone_files;
use super::compare::compare;
use super::finish::{self, Aside};
use super::part::{Part, State};
use super::stock::{self, Stock};
use super::store::{Spot, Store};
use super::{CopyState, Job, Outcome, Received, Verify, ask, differs, exists, last_words};
use crate::buffer::Pool;
use crate::control::Control;
use crate::entry::{Entry, Kind, Listing};
use crate::fault;
use crate::hash::Hash;
use crate::link::{Inlet, Outlet, Way};
use crate::place::Place;
use crate::send::threads;
use crate::space::{Room, existing_ancestor, read_only};
use crate::walk::{Walk, walk};
use crate::wire::{End, Frame, Malformed, Tag};

/// Frames that wait to be written.
const FRAMES: usize = 6;

/// One copy being received.
pub(super) struct Receiving<'a> {
    pub(super) job: &'a Job<'a>,
    pub(super) control: &'a Control<'a>,
    pub(super) pool: Arc<Pool>,
    pub(super) listing: &'a Listing,
    pub(super) way: Way,
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
    /// Looks at the target and does what is to be done.
    pub(super) fn run(&self, mut outlet: Outlet, inlet: Inlet) -> Result<Outcome, OperationError> {
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

    /// What is known before anything was received.
    pub(super) fn received(&self, state: CopyState) -> Received {
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

    /// Whether the set is a single file.
    pub(super) fn is_file(&self) -> bool {
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
