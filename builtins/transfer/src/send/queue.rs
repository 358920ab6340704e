//! What the receiver has asked for, cut into units of work.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use ledama_base::operation::OperationError;

use crate::control::{Control, TICK};
use crate::entry::{Entry, Listing};
use crate::hash::{Hash, PIECE_BYTES, piece_count};
use crate::wire::{Malformed, Request};

/// Files up to this size travel in batches.
const SMALL: u64 = 256 << 10;

/// Most files of a batch.
const BATCH: usize = 256;

/// Requests that may wait; the receiver is made to wait beyond.
const WAITING: usize = 4096;

/// What one thread does next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// Whole small files, together not longer than one piece, with the hash
    /// of what the receiver has.
    Batch(Vec<(u32, Option<Hash>)>),
    /// One piece of a file.
    Piece {
        /// The file.
        index: u32,
        /// The piece.
        piece: u64,
        /// Value of what the receiver has.
        have: Option<Hash>,
    },
}

#[derive(Default)]
struct State {
    requests: VecDeque<Request>,
    /// No more requests will come.
    ended: bool,
    /// Nothing more shall be done.
    closed: bool,
}

/// The requests of one transfer.
pub(super) struct Queue<'a> {
    listing: &'a Listing,
    state: Mutex<State>,
    changed: Condvar,
}

impl<'a> Queue<'a> {
    /// No requests.
    pub(super) fn new(listing: &'a Listing) -> Self {
        Self { listing, state: Mutex::new(State::default()), changed: Condvar::new() }
    }

    /// Adds a request after checking it; blocks while too many wait.
    pub(super) fn push(
        &self,
        request: Request,
        control: &Control<'_>,
    ) -> Result<(), OperationError> {
        self.check(&request)?;
        let mut state = self.state();
        while state.requests.len() >= WAITING && !state.closed {
            control.check()?;
            state = self.wait(state);
        }
        if state.ended {
            return Err(Malformed("a request after the last").into());
        }
        match request {
            Request::End => state.ended = true,
            request => state.requests.push_back(request),
        }
        self.changed.notify_all();
        Ok(())
    }

    /// Whether all requests were taken and no more can come.
    pub(super) fn is_done(&self) -> bool {
        let state = self.state();
        state.ended && state.requests.is_empty()
    }

    /// Ends the work: [`next`](Self::next) answers none from now on.
    pub(super) fn close(&self) {
        self.state().closed = true;
        self.changed.notify_all();
    }

    /// The next unit of work; none when there will be no more.
    pub(super) fn next(&self, control: &Control<'_>) -> Result<Option<Unit>, OperationError> {
        let mut state = self.state();
        loop {
            control.check()?;
            if state.closed {
                return Ok(None);
            }
            if let Some(unit) = self.take(&mut state.requests) {
                self.changed.notify_all();
                return Ok(Some(unit));
            }
            if state.ended {
                return Ok(None);
            }
            state = self.wait(state);
        }
    }

    /// Cuts a unit off the front of the requests.
    fn take(&self, requests: &mut VecDeque<Request>) -> Option<Unit> {
        let mut batch = Vec::new();
        let mut bytes = 0;
        while let Some(request) = requests.pop_front() {
            match request {
                Request::Files { from, to } => {
                    let Some(entry) = self.listing.get(from).filter(|_| from < to) else {
                        continue;
                    };
                    let rest = Request::Files { from: from + 1, to };
                    if !entry.is_file() {
                        requests.push_front(rest);
                    } else if !is_small(entry) {
                        requests.push_front(rest);
                        let count = piece_count(entry.size);
                        requests.push_front(Request::Pieces { index: from, first: 0, count });
                        if !batch.is_empty() {
                            break;
                        }
                    } else if fits(&batch, bytes, entry) {
                        batch.push((from, None));
                        bytes += entry.size;
                        requests.push_front(rest);
                    } else {
                        requests.push_front(request);
                        break;
                    }
                }
                Request::Have { index, first, mut values } => {
                    let small = self.listing.get(index).filter(|e| is_small(e));
                    if let (Some(entry), [value]) = (small, &values[..]) {
                        if fits(&batch, bytes, entry) {
                            batch.push((index, Some(*value)));
                            bytes += entry.size;
                            continue;
                        }
                    } else if batch.is_empty() {
                        if values.is_empty() {
                            continue;
                        }
                        let have = Some(values.remove(0));
                        requests.push_front(Request::Have { index, first: first + 1, values });
                        return Some(Unit::Piece { index, piece: first, have });
                    }
                    requests.push_front(Request::Have { index, first, values });
                    break;
                }
                Request::Pieces { index, first, count } => {
                    if !batch.is_empty() {
                        requests.push_front(request);
                        break;
                    }
                    if count == 0 {
                        continue;
                    }
                    let (next, rest) = (first + 1, count - 1);
                    requests.push_front(Request::Pieces { index, first: next, count: rest });
                    return Some(Unit::Piece { index, piece: first, have: None });
                }
                Request::End => {}
            }
        }
        (!batch.is_empty()).then_some(Unit::Batch(batch))
    }

    /// Refuses what lies outside the set.
    fn check(&self, request: &Request) -> Result<(), Malformed> {
        let pieces = |index, first: u64, count: u64| match self.listing.get(index) {
            Some(entry) if entry.is_file() => {
                first.checked_add(count).is_some_and(|end| end <= piece_count(entry.size))
            }
            _ => false,
        };
        let good = match request {
            Request::Files { from, to } => from <= to && *to <= self.listing.len(),
            Request::Pieces { index, first, count } => pieces(*index, *first, *count),
            Request::Have { index, first, values } => pieces(*index, *first, values.len() as u64),
            Request::End => true,
        };
        if good { Ok(()) } else { Err(Malformed("a request")) }
    }

    fn wait<'s>(&self, state: MutexGuard<'s, State>) -> MutexGuard<'s, State> {
        let waited = self.changed.wait_timeout(state, TICK);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a file travels in a batch.
fn is_small(entry: &Entry) -> bool {
    entry.size <= SMALL && !entry.sparse()
}

fn fits(batch: &[(u32, Option<Hash>)], bytes: u64, entry: &Entry) -> bool {
    batch.len() < BATCH && bytes + entry.size <= PIECE_BYTES
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::entry::{Kind, sample};
    use crate::testing::FakeContext;

    fn listing(sizes: &[u64]) -> Listing {
        let entry = |kind, size| sample(0, "x", kind, size);
        let files = sizes.iter().map(|&size| entry(Kind::File, size));
        Listing { entries: std::iter::once(entry(Kind::Folder, 0)).chain(files).collect() }
    }

    fn units(listing: &Listing, requests: Vec<Request>) -> Vec<Unit> {
        let ctx = FakeContext::new("a");
        let control = Control::new(&ctx);
        let queue = Queue::new(listing);
        for request in requests {
            queue.push(request, &control).unwrap();
        }
        queue.push(Request::End, &control).unwrap();
        assert!(!queue.is_done());
        let mut units = Vec::new();
        while let Some(unit) = queue.next(&control).unwrap() {
            units.push(unit);
        }
        assert!(queue.is_done());
        units
    }

    fn piece(index: u32, piece: u64) -> Unit {
        Unit::Piece { index, piece, have: None }
    }

    #[test]
    fn small_files_are_gathered_and_large_ones_cut() {
        let listing = listing(&[10, 20, PIECE_BYTES + 1, 0]);
        let units = units(&listing, vec![Request::Files { from: 0, to: 5 }]);
        assert_eq!(
            units,
            [
                Unit::Batch(vec![(1, None), (2, None)]),
                piece(3, 0),
                piece(3, 1),
                Unit::Batch(vec![(4, None)]),
            ]
        );
    }

    #[test]
    fn a_batch_is_never_longer_than_a_piece() {
        let listing = listing(&[200 << 10; 12]);
        let units = units(&listing, vec![Request::Files { from: 0, to: 13 }]);
        let sizes: Vec<_> = units
            .iter()
            .map(|unit| match unit {
                Unit::Batch(files) => files.len(),
                Unit::Piece { .. } => 0,
            })
            .collect();
        assert_eq!(sizes, [5, 5, 2]);
    }

    #[test]
    fn what_the_receiver_has_stays_with_the_piece() {
        let listing = listing(&[5, 3 * PIECE_BYTES, 7]);
        let have = |index, first, values: &[u8]| Request::Have {
            index,
            first,
            values: values.iter().map(|&v| [v; 32]).collect(),
        };
        let requests = vec![
            have(1, 0, &[1]),
            have(3, 0, &[2]),
            have(2, 0, &[3, 4]),
            Request::Pieces { index: 2, first: 2, count: 1 },
        ];
        let piece =
            |piece, v: Option<u8>| Unit::Piece { index: 2, piece, have: v.map(|v| [v; 32]) };
        assert_eq!(
            units(&listing, requests),
            [
                Unit::Batch(vec![(1, Some([1; 32])), (3, Some([2; 32]))]),
                piece(0, Some(3)),
                piece(1, Some(4)),
                piece(2, None),
            ]
        );
    }

    #[test]
    fn requests_outside_the_set_are_refused() {
        let listing = listing(&[10]);
        let ctx = FakeContext::new("a");
        let control = Control::new(&ctx);
        let queue = Queue::new(&listing);
        for request in [
            Request::Files { from: 0, to: 3 },
            Request::Files { from: 2, to: 1 },
            Request::Pieces { index: 0, first: 0, count: 1 },
            Request::Pieces { index: 1, first: 0, count: 2 },
            Request::Pieces { index: 1, first: u64::MAX, count: 2 },
            Request::Have { index: 1, first: 1, values: vec![[0; 32]] },
            Request::Have { index: 9, first: 0, values: vec![] },
        ] {
            assert!(queue.push(request, &control).is_err());
        }
    }
}
