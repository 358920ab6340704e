//! How much a query may ask for.

use crate::store::Options;

/// How much a query may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Diagnostics are looked for below at most so many rows of MS or LDSBP, and at
    /// least one; none: no such rule.
    pub parents: Option<usize>,
    /// Diagnostic rows that a query is estimated to give, at most.
    pub rows: Option<u64>,
}

impl Limits {
    /// For people at a screen.
    pub const fn interactive(options: &Options) -> Self {
        Self { parents: Some(options.max_diag_parents), rows: Some(options.max_diag_rows) }
    }

    /// For programs.
    pub const fn batch(options: &Options) -> Self {
        Self { parents: None, rows: Some(options.max_diag_rows) }
    }

    /// Everything goes.
    pub const fn none() -> Self {
        Self { parents: None, rows: None }
    }
}
