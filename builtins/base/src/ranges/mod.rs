//! The small grammars of numbers: lists of integers, ranges of floats, slots.
//!
//! They are typed by hand in options and stand in many files, so a mistake is
//! answered with the offending item and its column, and a list that would not
//! fit into memory is refused before it is expanded.

mod blocks;
mod floats;
mod ints;
mod slots;

pub use blocks::blocks;
pub use floats::{FloatRange, FloatRangeError};
pub use ints::{
    IntRange, MAX_ELEMENTS, RangeError, RangeFault, format_ints, parse_int_range, parse_ints,
};
pub use slots::{SlotError, Slots};

/// The items of a comma list with the byte offset where each begins, blanks
/// around it left out.
pub(crate) fn comma_items(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split(',').map(move |item| {
        let start = item.as_ptr() as usize - text.as_ptr() as usize;
        let lead = item.len() - item.trim_start().len();
        (start + lead, item.trim())
    })
}

/// The column of a byte offset, counted in characters from 1.
pub(crate) fn column(text: &str, offset: usize) -> usize {
    text.char_indices().take_while(|(at, _)| *at < offset).count() + 1
}
