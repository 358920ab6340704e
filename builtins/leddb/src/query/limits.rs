//! How much a query may ask for.

/// Rows chosen above a diagnostic query, unless said otherwise.
pub const MAX_DIAG_PARENTS: usize = 50;
/// Diagnostic rows of a query, unless said otherwise.
pub const MAX_DIAG_ROWS: u64 = 5_000_000;

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
    pub const fn interactive() -> Self {
        Self { parents: Some(MAX_DIAG_PARENTS), rows: Some(MAX_DIAG_ROWS) }
    }

    /// For programs.
    pub const fn batch() -> Self {
        Self { parents: None, rows: Some(MAX_DIAG_ROWS) }
    }

    /// Everything goes.
    pub const fn none() -> Self {
        Self { parents: None, rows: None }
    }
}
