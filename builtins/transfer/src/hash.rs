//! BLAKE3 of files, piece by piece and in any order.
//!
//! BLAKE3 is a tree, so the hash of a file can be put together from the
//! values of its aligned pieces, whoever computed them and in whatever order.
//! That lets several threads read, send, write and hash one large file, and
//! lets a resumed copy compare piece by piece. The result is the ordinary
//! BLAKE3 hash of the content, the one `b3sum` prints.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use blake3::Hasher;
use blake3::hazmat::{HasherExt, Mode, merge_subtrees_non_root, merge_subtrees_root};
use ledama_base::operation::OperationError;

/// Bytes of a piece; a power of two, as the tree demands.
pub(crate) const PIECE: usize = 1 << 20;

/// [`PIECE`] for file offsets.
pub(crate) const PIECE_BYTES: u64 = PIECE as u64;

/// A hash, or the value of a piece of a file with several pieces.
pub(crate) type Hash = [u8; 32];

/// How many pieces a file of `size` bytes has; an empty file has one.
pub(crate) fn piece_count(size: u64) -> u64 {
    size.div_ceil(PIECE_BYTES).max(1)
}

/// How long piece `piece` of a file of `size` bytes is.
pub(crate) fn piece_len(size: u64, piece: u64) -> usize {
    let rest = size.saturating_sub(piece.saturating_mul(PIECE_BYTES));
    usize::try_from(rest.min(PIECE_BYTES)).unwrap_or(PIECE)
}

/// Hashes one piece of a file.
pub(crate) struct PieceHasher {
    hasher: Hasher,
    alone: bool,
}

impl PieceHasher {
    /// For piece `piece` of a file with `count` pieces. The value of an only
    /// piece is the hash of the file.
    pub(crate) fn new(piece: u64, count: u64) -> Self {
        let mut hasher = Hasher::new();
        let alone = count == 1;
        if !alone {
            hasher.set_input_offset(piece * PIECE_BYTES);
        }
        Self { hasher, alone }
    }

    /// Adds the next bytes.
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.hasher.update(bytes);
    }

    /// Adds `len` zeros, as a hole of a sparse file reads.
    pub(crate) fn update_zeros(&mut self, mut len: usize) {
        static ZEROS: [u8; 1 << 16] = [0; 1 << 16];
        while len > 0 {
            let step = len.min(ZEROS.len());
            self.hasher.update(&ZEROS[..step]);
            len -= step;
        }
    }

    /// The value of the piece.
    pub(crate) fn finish(&self) -> Hash {
        if self.alone {
            *self.hasher.finalize().as_bytes()
        } else {
            self.hasher.finalize_non_root()
        }
    }
}

/// The value of a piece that is at hand.
pub(crate) fn hash_piece(piece: u64, count: u64, bytes: &[u8]) -> Hash {
    let mut hasher = PieceHasher::new(piece, count);
    hasher.update(bytes);
    hasher.finish()
}

/// The hash of an open file of `size` bytes, read by this thread alone. `check`
/// is asked now and then whether to go on.
pub(crate) fn hash_file(
    file: &File,
    size: u64,
    check: &dyn Fn() -> Result<(), OperationError>,
    failed: &dyn Fn(io::Error) -> OperationError,
) -> Result<Hash, OperationError> {
    let mut tree = PieceTree::new(size);
    let mut buffer = vec![0; piece_len(size, 0)];
    let mut hash = None;
    for piece in 0..tree.count() {
        check()?;
        let content = &mut buffer[..piece_len(size, piece)];
        file.read_exact_at(content, piece * PIECE_BYTES).map_err(failed)?;
        hash = tree.add(piece, hash_piece(piece, tree.count(), content)).unwrap_or(None);
    }
    // Each piece was added once, so the last one has completed the hash.
    Ok(hash.unwrap_or_default())
}

/// The same piece was added twice, or it lies outside the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Misplaced;

/// Puts the hash of a file together from its pieces.
///
/// Neighbours are merged at once, so the memory needed depends on how far out
/// of order pieces come, not on the size of the file.
#[derive(Debug)]
pub(crate) struct PieceTree {
    count: u64,
    added: u64,
    nodes: HashMap<(u32, u64), Hash>,
    root: Option<Hash>,
}

impl PieceTree {
    /// For a file of `size` bytes.
    pub(crate) fn new(size: u64) -> Self {
        Self { count: piece_count(size), added: 0, nodes: HashMap::new(), root: None }
    }

    /// How many pieces the file has.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// Adds the value of a piece; answers the hash of the file once all are there.
    pub(crate) fn add(&mut self, piece: u64, value: Hash) -> Result<Option<Hash>, Misplaced> {
        if piece >= self.count || self.holds(piece) {
            return Err(Misplaced);
        }
        self.added += 1;
        let (mut level, mut at, mut value) = (0, piece, value);
        loop {
            if self.blocks(level) == 1 {
                self.root = Some(value);
                return Ok(self.root);
            }
            // A block without a right neighbour rises as it is: the left part
            // of a BLAKE3 tree is the largest power of two.
            if at % 2 == 0 && at + 1 == self.blocks(level) {
                (level, at) = (level + 1, at / 2);
                continue;
            }
            let Some(other) = self.nodes.remove(&(level, at ^ 1)) else {
                self.nodes.insert((level, at), value);
                return Ok(None);
            };
            let (left, right) = if at % 2 == 0 { (value, other) } else { (other, value) };
            (level, at) = (level + 1, at / 2);
            value = if self.blocks(level) == 1 {
                *merge_subtrees_root(&left, &right, Mode::Hash).as_bytes()
            } else {
                merge_subtrees_non_root(&left, &right, Mode::Hash)
            };
        }
    }

    /// Whether the piece was added before.
    fn holds(&self, piece: u64) -> bool {
        self.root.is_some()
            || (0..=u64::BITS - self.count.leading_zeros())
                .any(|level| self.nodes.contains_key(&(level, piece >> level)))
    }

    /// How many blocks of `2^level` pieces there are, the last one perhaps smaller.
    fn blocks(&self, level: u32) -> u64 {
        let size = 1u64.checked_shl(level).unwrap_or(u64::MAX);
        self.count.div_ceil(size)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn content(len: usize) -> Vec<u8> {
        let mut bytes = vec![0; len];
        Hasher::new().finalize_xof().fill(&mut bytes);
        bytes
    }

    fn by_pieces(bytes: &[u8], order: &[u64]) -> Option<Hash> {
        let size = bytes.len() as u64;
        let mut tree = PieceTree::new(size);
        let mut root = None;
        for &piece in order {
            let from = usize::try_from(piece).unwrap() * PIECE;
            let part = &bytes[from..from + piece_len(size, piece)];
            root = tree.add(piece, hash_piece(piece, tree.count(), part)).unwrap();
        }
        root
    }

    #[test]
    fn pieces_in_order_make_the_hash_of_the_whole() {
        for len in [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE, 5 * PIECE + 7, 8 * PIECE] {
            let bytes = content(len);
            let order: Vec<u64> = (0..piece_count(len as u64)).collect();
            assert_eq!(by_pieces(&bytes, &order), Some(*blake3::hash(&bytes).as_bytes()), "{len}");
        }
    }

    #[test]
    fn zeros_can_be_hashed_without_having_them() {
        let mut hasher = PieceHasher::new(1, 3);
        hasher.update_zeros(PIECE);
        assert_eq!(hasher.finish(), hash_piece(1, 3, &vec![0; PIECE]));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn the_order_of_pieces_does_not_matter(
            order in (1u64..14).prop_flat_map(|n| Just((0..n).collect::<Vec<_>>()).prop_shuffle()),
            short in 1usize..PIECE,
        ) {
            let bytes = content(order.len() * PIECE - short);
            prop_assert_eq!(by_pieces(&bytes, &order), Some(*blake3::hash(&bytes).as_bytes()));
        }

        #[test]
        fn a_piece_counts_once(
            order in (2u64..40).prop_flat_map(|n| Just((0..n).collect::<Vec<_>>()).prop_shuffle()),
        ) {
            let mut tree = PieceTree::new(order.len() as u64 * PIECE_BYTES);
            for &piece in &order {
                let _ = tree.add(piece, [0; 32]).unwrap();
                for &seen in order.iter().take_while(|&&p| p != piece).chain([&piece]) {
                    prop_assert_eq!(tree.add(seen, [0; 32]), Err(Misplaced));
                }
            }
            prop_assert_eq!(tree.add(order.len() as u64, [0; 32]), Err(Misplaced));
        }
    }
}
