//! Which files of a set are done, and their hashes.

use crate::entry::Listing;
use crate::hash::{Hash, Misplaced};

/// The hashes of all files of a set as they become known.
#[derive(Debug)]
pub(crate) struct Ledger {
    hashes: Vec<Hash>,
    known: Vec<bool>,
    missing: usize,
}

impl Ledger {
    /// Nothing is known yet.
    pub(crate) fn new(listing: &Listing) -> Self {
        let count = listing.entries.len();
        let missing = listing.entries.iter().filter(|e| e.is_file()).count();
        Self { hashes: vec![[0; 32]; count], known: vec![false; count], missing }
    }

    /// Notes the hash of a file; each file once.
    pub(crate) fn note(&mut self, index: u32, hash: Hash) -> Result<(), Misplaced> {
        let at = usize::try_from(index).map_err(|_| Misplaced)?;
        match (self.known.get_mut(at), self.hashes.get_mut(at)) {
            (Some(known), Some(value)) if !*known => {
                (*known, *value) = (true, hash);
                self.missing = self.missing.saturating_sub(1);
                Ok(())
            }
            _ => Err(Misplaced),
        }
    }

    /// Whether the hash of a file is known.
    pub(crate) fn knows(&self, index: u32) -> bool {
        usize::try_from(index).ok().and_then(|at| self.known.get(at)) == Some(&true)
    }

    /// How many files are not done.
    pub(crate) fn missing(&self) -> usize {
        self.missing
    }

    /// Hashes by index; zeros where none is known.
    pub(crate) fn hashes(&self) -> &[Hash] {
        &self.hashes
    }
}
