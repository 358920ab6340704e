//! Where the values of a column stand in a file that it shares with others.

/// Pieces of one length at even distances.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stripes {
    /// Where the first piece begins.
    pub(crate) first: u64,
    /// Bytes of a piece.
    pub(crate) length: u64,
    /// From the beginning of one piece to that of the next.
    pub(crate) step: u64,
    /// How many pieces.
    pub(crate) count: u64,
}

/// Values of a cell that follow each other in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Spot {
    /// The suffix of the file.
    pub(crate) suffix: String,
    /// The bit of the file at which the first of them begins.
    pub(crate) bit: u64,
    /// Which value of the cell that is.
    pub(crate) first: usize,
    /// How many values.
    pub(crate) count: usize,
}

impl Stripes {
    /// Zeroes the bytes of the stripes in a piece of the file.
    pub(crate) fn clear(&self, start: u64, bytes: &mut [u8]) {
        let end = start.saturating_add(bytes.len() as u64);
        let mut at = start.saturating_sub(self.first.saturating_add(self.length));
        at = at.checked_div(self.step).unwrap_or(0);
        while at < self.count {
            let first = self.first.saturating_add(at.saturating_mul(self.step));
            if first >= end {
                return;
            }
            let from = first.max(start) - start;
            let to = first.saturating_add(self.length).min(end).max(start) - start;
            let range = usize::try_from(from).unwrap_or(0)..usize::try_from(to).unwrap_or(0);
            if let Some(piece) = bytes.get_mut(range) {
                piece.fill(0);
            }
            at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Stripes;

    #[test]
    fn pieces_are_cleared_wherever_the_file_is_cut() {
        let stripes = Stripes { first: 5, length: 3, step: 7, count: 4 };
        let mut whole = vec![1; 40];
        stripes.clear(0, &mut whole);
        let places: Vec<_> = (0..40).filter(|at| whole[*at] == 0).collect();
        assert_eq!(places, [5, 6, 7, 12, 13, 14, 19, 20, 21, 26, 27, 28]);
        for cut in 1..40 {
            let mut bytes = vec![1; 40];
            let (one, two) = bytes.split_at_mut(cut);
            stripes.clear(0, one);
            stripes.clear(cut as u64, two);
            assert_eq!(bytes, whole, "cut at {cut}");
        }
    }
}
