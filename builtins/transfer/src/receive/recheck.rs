//! Compares a target that looks complete with the source by content.

use std::collections::HashMap;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use ledama_base::operation::OperationError;
use ledama_base::rawtext;
use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::io::Errno;

use super::receiving::Receiving;
use super::store::{Spot, Store};
use super::{CopyState, Outcome, Received, ask, compare, differs, last_words};
use crate::fault;
use crate::folders::FOLDER;
use crate::hash::PieceTree;
use crate::link::{Inlet, Outlet};
use crate::place::Place;
use crate::walk::Walk;
use crate::wire::{BatchItem, End, Frame, Malformed, PieceHead, Tag};

impl Receiving<'_> {
    /// Compares a target whose list is complete by content; it is not touched.
    pub(super) fn compare_content(
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
}

fn open_set(path: &Path) -> Result<OwnedFd, Errno> {
    openat(CWD, path, FOLDER.difference(OFlags::NOFOLLOW), Mode::empty())
}
