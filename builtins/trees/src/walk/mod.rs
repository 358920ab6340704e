//! Going through a tree without ever following a link.
//!
//! A path can lead elsewhere between the look and the deed, when somebody
//! replaces one of its folders by a link. Every name is therefore looked up in
//! a folder that is held open and was reached without passing any link. The
//! folders of a tree, and the parts of large ones, are visited side by side.

mod list;
mod spot;
mod tally;
mod target;

use std::io;
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicU64, Ordering};

use ledama_base::operation::{OperationContext, OperationError, Progress};
use rayon::prelude::*;
use rustix::fs::OFlags;

use list::{Listed, Listing};
pub(crate) use spot::{Kind, Spot};
pub(crate) use tally::Tally;
pub(crate) use target::{Target, open_inside};

/// How a folder is opened: itself, not what a link leads to.
const FOLDER: OFlags =
    OFlags::DIRECTORY.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC).union(OFlags::RDONLY);

/// Entries of one folder that one thread does at a time.
const PART: usize = 128;

/// Folders inside folders, at most: far beyond any data, and each costs a
/// descriptor and some stack.
const DEEPEST: usize = 200;

/// What was done at an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Visit {
    /// It differs from before.
    Changed,
    /// There was nothing to do.
    Unchanged,
    /// The folder is finished by [`Visitor::leave`].
    Later,
}

/// What is done at each entry that is no link. Called by many threads at once.
pub(crate) trait Visitor: Sync {
    /// At an entry; at a folder before what is in it.
    fn enter(&self, spot: &Spot<'_>) -> io::Result<Visit>;

    /// At a folder after what is in it, if [`enter`](Self::enter) left it for later.
    fn leave(&self, _spot: &Spot<'_>) -> io::Result<Visit> {
        Ok(Visit::Unchanged)
    }
}

/// Visits the target and, if `recursive`, everything below it. Goes on after
/// failures of single entries; fails itself only when interrupted.
pub(crate) fn walk<V: Visitor>(
    target: &Target,
    recursive: bool,
    visitor: &V,
    ctx: &dyn OperationContext,
) -> Result<Tally, OperationError> {
    // With one thread handing work over would only cost time.
    let parallel = rayon::current_num_threads() > 1;
    let walk = Walk { visitor, recursive, parallel, ctx, seen: AtomicU64::new(0) };
    let tally = walk.entry(&target.spot()?, 0);
    ctx.check()?;
    Ok(tally)
}

struct Walk<'a, V> {
    visitor: &'a V,
    recursive: bool,
    parallel: bool,
    ctx: &'a dyn OperationContext,
    seen: AtomicU64,
}

impl<V: Visitor> Walk<'_, V> {
    fn entry(&self, spot: &Spot<'_>, depth: usize) -> Tally {
        let mut tally = Tally::default();
        if self.ctx.cancelled() {
            return tally;
        }
        match spot.kind {
            Kind::Link => tally.links += 1,
            Kind::File => tally.add(spot, self.visitor.enter(spot)),
            Kind::Folder => tally = self.folder(spot, depth),
        }
        tally
    }

    fn folder(&self, spot: &Spot<'_>, depth: usize) -> Tally {
        let mut tally = Tally::default();
        let entered = self.visitor.enter(spot);
        let later = matches!(entered, Ok(Visit::Later));
        let lost = entered.is_err();
        if !later {
            tally.add(spot, entered);
        }
        if self.recursive {
            if depth < DEEPEST {
                match self.inside(spot, depth) {
                    Ok(inside) => tally.merge(inside),
                    // Told once is enough.
                    Err(_) if lost => {}
                    Err(error) => tally.fail(spot, &error),
                }
            } else {
                tally.fail(spot, &io::Error::other("folders are nested too deeply"));
            }
        }
        if later && !self.ctx.cancelled() {
            tally.add(spot, self.visitor.leave(spot));
        }
        tally
    }

    /// What is in a folder: files first, then the folders.
    fn inside(&self, spot: &Spot<'_>, depth: usize) -> io::Result<Tally> {
        let open = open_inside(spot.folder, spot.name)?;
        let listing = Listing::read(open.as_fd())?;
        let at = |listed: &Listed| {
            let name = listing.name(listed);
            Spot::look(open.as_fd(), name, Some(spot))
        };
        let files = |part: &[Listed]| {
            let mut tally = Tally::default();
            for listed in part {
                if listed.is_link() {
                    tally.links += 1;
                } else {
                    match at(listed) {
                        Ok(found) if found.kind == Kind::Folder => tally.left.push(*listed),
                        Ok(found) => tally.merge(self.entry(&found, depth + 1)),
                        // Somebody else has removed it meanwhile.
                        Err(rustix::io::Errno::NOENT) => {}
                        Err(error) => {
                            tally.fail_at(spot, listing.name(listed), &error.into());
                        }
                    }
                }
            }
            self.told(part.len());
            tally
        };
        let (folders, others) = listing.split();
        let parts = others.chunks(PART);
        let mut tally = if self.parallel && parts.len() > 1 {
            others.par_chunks(PART).map(files).reduce(Tally::default, Tally::plus)
        } else {
            parts.map(files).fold(Tally::default(), Tally::plus)
        };
        // What turned out to be a folder although the listing did not say so.
        let mut folders = folders.to_vec();
        folders.append(&mut tally.left);
        let below = |listed: &Listed| match at(listed) {
            Ok(found) => self.entry(&found, depth + 1),
            Err(rustix::io::Errno::NOENT) => Tally::default(),
            Err(error) => {
                let mut tally = Tally::default();
                tally.fail_at(spot, listing.name(listed), &error.into());
                tally
            }
        };
        tally.merge(if self.parallel && folders.len() > 1 {
            folders.par_iter().map(below).reduce(Tally::default, Tally::plus)
        } else {
            folders.iter().map(below).fold(Tally::default(), Tally::plus)
        });
        self.told(folders.len());
        Ok(tally)
    }

    fn told(&self, more: usize) {
        let more = u64::try_from(more).unwrap_or(u64::MAX);
        let done = self.seen.fetch_add(more, Ordering::Relaxed) + more;
        self.ctx.progress(Progress { done, total: 0 });
    }
}
