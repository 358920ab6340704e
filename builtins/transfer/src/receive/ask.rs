//! Asks the sender: for what is missing, and to compare what is there.

use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use ledama_base::operation::OperationError;

use super::store::Store;
use crate::fault;
use crate::folders::Folders;
use crate::hash::{Hash, PIECE, PIECE_BYTES, PieceHasher, hash_piece, piece_count, piece_len};
use crate::holes::segments;
use crate::link::Outlet;
use crate::send::threads;
use crate::wire::{Frame, MAX_HAVE, Request, Tag};

/// Requests are sent when they have grown to this size.
const FULL: usize = 32 << 10;

/// Pieces that one thread hashes before it takes other ones.
const RUN: u64 = 64;

/// Pieces of a file that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Known {
    index: u32,
    first: u64,
    count: u64,
}

/// Sends all requests for the set. Files in the stock are read and hashed for
/// it, by several threads; everything else is asked for first.
pub(super) fn ask(store: &Store<'_>, outlet: &Mutex<Outlet>) -> Result<(), OperationError> {
    let mut head = Vec::new();
    for request in missing_files(store) {
        put(&mut head, &request, outlet)?;
    }
    let (known, rest) = known_pieces(store);
    for request in rest {
        put(&mut head, &request, outlet)?;
    }
    flush(&mut head, outlet)?;
    if !known.is_empty() {
        let next = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..threads().min(known.len()) {
                store.control.spawn(scope, || {
                    let _ = store.control.note(offer(store, &known, &next, outlet));
                });
            }
        });
        store.control.check()?;
    }
    Request::End.put(&mut head);
    flush(&mut head, outlet)
}

/// All files that are not there, as few ranges as possible.
fn missing_files(store: &Store<'_>) -> Vec<Request> {
    let mut ranges = Vec::new();
    let mut from = None;
    for (index, _) in store.listing.iter().filter(|(_, e)| e.is_file()) {
        match (store.stock.contains_key(&index), from) {
            (true, Some(start)) => {
                ranges.push(Request::Files { from: start, to: index });
                from = None;
            }
            (false, None) => from = Some(index),
            _ => {}
        }
    }
    if let Some(from) = from {
        ranges.push(Request::Files { from, to: store.listing.len() });
    }
    ranges
}

/// What can be compared of the files that are there, and requests for the rest of them.
fn known_pieces(store: &Store<'_>) -> (Vec<Known>, Vec<Request>) {
    let (mut known, mut rest) = (Vec::new(), Vec::new());
    let mut stock: Vec<_> = store.stock.iter().collect();
    stock.sort_unstable_by_key(|(index, _)| **index);
    for (&index, facts) in stock {
        let Some(entry) = store.listing.get(index) else { continue };
        let count = piece_count(entry.size);
        // Pieces that are there in full; the last one may be short.
        let whole = if facts.size >= entry.size { count } else { facts.size / PIECE_BYTES };
        let mut first = 0;
        while first < whole {
            let count = RUN.min(whole - first);
            known.push(Known { index, first, count });
            first += count;
        }
        if whole < count {
            rest.push(Request::Pieces { index, first: whole, count: count - whole });
        }
    }
    (known, rest)
}

/// The work of one thread: hashes what is there and offers the values.
fn offer(
    store: &Store<'_>,
    known: &[Known],
    next: &AtomicUsize,
    outlet: &Mutex<Outlet>,
) -> Result<(), OperationError> {
    let mut head = Vec::new();
    let mut folders = store.folders();
    let mut buffer = vec![0; PIECE];
    while let Some(run) = known.get(next.fetch_add(1, Ordering::Relaxed)) {
        let mut values = Vec::new();
        let mut first = run.first;
        for piece in run.first..run.first + run.count {
            store.control.check()?;
            let Some(value) = value(store, run.index, piece, &mut folders, &mut buffer)? else {
                // A hole where the source has none: nothing to compare.
                put_values(&mut head, run.index, first, &mut values);
                first = piece + 1;
                let wanted = Request::Pieces { index: run.index, first: piece, count: 1 };
                put(&mut head, &wanted, outlet)?;
                continue;
            };
            while !store.pending.offer(run.index, piece, value) {
                // What has been noted must be sent before room can come.
                put_values(&mut head, run.index, first, &mut values);
                first = piece;
                flush(&mut head, outlet)?;
                store.pending.wait(store.control)?;
            }
            values.push(value);
        }
        put_values(&mut head, run.index, first, &mut values);
        if head.len() >= FULL {
            flush(&mut head, outlet)?;
        }
    }
    flush(&mut head, outlet)
}

/// The value of a piece that is there; none for a hole in a file that should have none.
fn value(
    store: &Store<'_>,
    index: u32,
    piece: u64,
    folders: &mut Option<Folders<'_>>,
    buffer: &mut [u8],
) -> Result<Option<Hash>, OperationError> {
    let Some(entry) = store.listing.get(index) else { return Ok(None) };
    let file = store.open_read(index, folders)?;
    let failed = |e: std::io::Error| fault::at(store.member(index), e);
    let (start, len) = (piece * PIECE_BYTES, piece_len(entry.size, piece));
    let found = segments(&file, start, len).map_err(|e| failed(e.into()))?;
    let count = piece_count(entry.size);
    if found.is_empty() && len > 0 {
        if !entry.sparse() {
            return Ok(None);
        }
        let mut hasher = PieceHasher::new(piece, count);
        hasher.update_zeros(len);
        return Ok(Some(hasher.finish()));
    }
    file.read_exact_at(&mut buffer[..len], start).map_err(failed)?;
    Ok(Some(hash_piece(piece, count, &buffer[..len])))
}

fn put_values(head: &mut Vec<u8>, index: u32, first: u64, values: &mut Vec<Hash>) {
    debug_assert!(values.len() <= MAX_HAVE, "a run is shorter");
    if !values.is_empty() {
        Request::Have { index, first, values: std::mem::take(values) }.put(head);
    }
}

fn put(
    head: &mut Vec<u8>,
    request: &Request,
    outlet: &Mutex<Outlet>,
) -> Result<(), OperationError> {
    request.put(head);
    if head.len() >= FULL { flush(head, outlet) } else { Ok(()) }
}

fn flush(head: &mut Vec<u8>, outlet: &Mutex<Outlet>) -> Result<(), OperationError> {
    if head.is_empty() {
        return Ok(());
    }
    let frame = Frame::new(Tag::Requests, std::mem::take(head));
    outlet.lock().unwrap_or_else(PoisonError::into_inner).send(frame)
}
