//! Which values of a cell are wanted, in the form in which they are decoded.
//!
//! Channels that follow each other are decoded like whole rows. Anything else
//! is decoded value by value, or picked out of whole rows where it is much.

use std::ops::Range;

use crate::part::Part;

/// Which values of a cell are wanted.
pub(super) enum Selection {
    /// All correlations of channels that follow each other.
    Channels(Range<usize>),
    /// Values by their place in the cell.
    Places(Vec<usize>),
}

impl Selection {
    /// The selection that a part of cells of this shape is.
    pub(super) fn of(part: &Part, shape: &[usize; 2]) -> Self {
        match part.axes.as_slice() {
            [channels, correlations]
                if (channels.step == 1 || channels.count == 1)
                    && correlations.count == shape[1] =>
            {
                Self::Channels(channels.start..channels.start + channels.count)
            }
            _ => Self::Places(part.offsets(shape)),
        }
    }

    /// How many values it has.
    pub(super) fn len(&self, correlations: usize) -> usize {
        match self {
            Self::Channels(channels) => channels.len() * correlations,
            Self::Places(places) => places.len(),
        }
    }

    /// How many numbers to decode at once and pick from, where that is faster
    /// than decoding one by one; else 0.
    pub(super) fn detour(&self, cell: usize) -> usize {
        match self {
            Self::Places(places) if places.len().saturating_mul(3) >= cell => 2 * cell,
            _ => 0,
        }
    }

    /// The channels whose factors it needs.
    pub(super) fn channels(&self, all: usize) -> Range<usize> {
        match self {
            Self::Channels(channels) => channels.clone(),
            Self::Places(_) => 0..all,
        }
    }
}
