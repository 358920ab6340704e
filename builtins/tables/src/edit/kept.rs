//! What a column keeps when its other values become zero.

use std::ops::Range;
use std::sync::Arc;

use crate::managers::Spot;

/// The rows that keep their values, by their numbers; cheap to clone.
#[derive(Debug, Clone, Default)]
pub(super) struct Kept {
    rows: Arc<Vec<bool>>,
}

impl Kept {
    pub(super) fn new(rows: Vec<bool>) -> Self {
        Self { rows: Arc::new(rows) }
    }

    /// Whether a row keeps its values.
    pub(super) fn has(&self, row: u64) -> bool {
        usize::try_from(row).is_ok_and(|row| self.rows.get(row) == Some(&true))
    }

    /// The row after the last that is kept, or is not, as the first of them.
    pub(super) fn alike(&self, rows: Range<u64>) -> u64 {
        let first = self.has(rows.start);
        rows.clone().find(|row| self.has(*row) != first).unwrap_or(rows.end)
    }

    /// The rows that keep their values.
    pub(super) fn rows(&self) -> impl Iterator<Item = u64> + '_ {
        (0u64..).zip(self.rows.iter()).filter(|(_, kept)| **kept).map(|(row, _)| row)
    }
}

/// The places of values in one file that keep their bits.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// First bit and the bit behind the last.
    bits: Vec<Range<u64>>,
}

impl Places {
    /// Adds the place of values of so many bits each.
    pub(super) fn add(&mut self, spot: &Spot, width: u64) {
        let end = spot.bit.saturating_add((spot.count as u64).saturating_mul(width));
        match self.bits.last_mut() {
            Some(last) if last.end == spot.bit => last.end = end,
            _ => self.bits.push(spot.bit..end),
        }
    }

    /// Orders what was added.
    pub(super) fn sort(&mut self) {
        self.bits.sort_unstable_by_key(|bits| bits.start);
    }

    /// Gives a piece of a file that begins at the byte `start` its old bits
    /// again.
    pub(super) fn restore(&self, start: u64, old: &[u8], piece: &mut [u8]) {
        let end = start.saturating_add(piece.len() as u64).saturating_mul(8);
        let start = start.saturating_mul(8);
        let first = self.bits.partition_point(|bits| bits.end <= start);
        for bits in self.bits[first..].iter().take_while(|bits| bits.start < end) {
            let at = |bit: u64| usize::try_from(bit.clamp(start, end) - start).unwrap_or_default();
            copy_bits(old, piece, at(bits.start)..at(bits.end));
        }
    }
}

/// Copies a range of bits, the lowest of each byte first.
fn copy_bits(from: &[u8], to: &mut [u8], bits: Range<usize>) {
    if bits.is_empty() {
        return;
    }
    let (first, last) = (bits.start / 8, (bits.end - 1) / 8);
    let after_start = 0xff << (bits.start % 8);
    let before_end = 0xff >> (7 - (bits.end - 1) % 8);
    let mut mix = |at: usize, mask: u8| to[at] = to[at] & !mask | from[at] & mask;
    if first == last {
        return mix(first, after_start & before_end);
    }
    mix(first, after_start);
    mix(last, before_end);
    to[first + 1..last].copy_from_slice(&from[first + 1..last]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_restored_wherever_the_file_is_cut() {
        let old: Vec<u8> = (0..40u8).map(|at| at.wrapping_mul(37) | 1).collect();
        let mut places = Places::default();
        for (bit, count) in [(150, 3), (3, 2), (5, 4), (64, 8), (200, 17), (100, 30)] {
            let spot = Spot { suffix: String::new(), bit, first: 0, count };
            places.add(&spot, 1);
        }
        places.sort();
        let kept = |bit: usize| {
            [3..9, 64..72, 100..130, 150..153, 200..217].iter().any(|bits| bits.contains(&bit))
        };
        for cut in 0..=40 {
            let mut bytes = vec![0; 40];
            let (one, two) = bytes.split_at_mut(cut);
            places.restore(0, &old[..cut], one);
            places.restore(cut as u64, &old[cut..], two);
            for bit in 0..320 {
                let is_set = |bytes: &[u8]| bytes[bit / 8] >> (bit % 8) & 1 != 0;
                assert_eq!(is_set(&bytes), kept(bit) && is_set(&old), "bit {bit}, cut at {cut}");
            }
        }
    }

    #[test]
    fn rows_alike_follow_each_other() {
        let kept = Kept::new(vec![true, true, false, true]);
        assert_eq!(kept.alike(0..9), 2);
        assert_eq!(kept.alike(2..9), 3);
        assert_eq!(kept.alike(4..9), 9);
        assert!(kept.rows().eq([0, 1, 3]));
        assert_eq!(Kept::default().alike(5..7), 7);
    }
}
