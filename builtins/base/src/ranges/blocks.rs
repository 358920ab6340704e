//! Cutting a list into blocks of nearly equal length.

use std::ops::Range;

/// `parts` contiguous blocks of `count` places whose lengths differ by one at
/// most, the longer ones first; the last ones are empty if there are more
/// parts than places.
///
/// ```
/// use ledama_base::ranges::blocks;
/// assert_eq!(blocks(11, 3).collect::<Vec<_>>(), [0..4, 4..8, 8..11]);
/// ```
pub fn blocks(count: usize, parts: usize) -> impl Iterator<Item = Range<usize>> {
    let (short, longer) = (count / parts.max(1), count % parts.max(1));
    (0..parts).map(move |k| {
        let start = k * short + k.min(longer);
        start..start + short + usize::from(k < longer)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn few_places_leave_blocks_empty() {
        assert_eq!(blocks(2, 3).collect::<Vec<_>>(), [0..1, 1..2, 2..2]);
        assert_eq!(blocks(0, 2).collect::<Vec<_>>(), [0..0, 0..0]);
        assert_eq!(blocks(5, 0).count(), 0);
    }

    proptest! {
        #[test]
        fn every_place_is_in_one_block(count in 0usize..500, parts in 1usize..60) {
            let all: Vec<_> = blocks(count, parts).collect();
            prop_assert_eq!(all.len(), parts);
            let places: Vec<usize> = all.iter().cloned().flatten().collect();
            prop_assert_eq!(places, (0..count).collect::<Vec<_>>());
            let longest = all.iter().map(Range::len).max().unwrap_or(0);
            let shortest = all.iter().map(Range::len).min().unwrap_or(0);
            prop_assert!(longest - shortest <= 1);
        }
    }
}
