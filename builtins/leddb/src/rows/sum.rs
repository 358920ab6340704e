//! A digest of rows that does not depend on their order: hashes of rows, added.
//! Databases return rows as they like, and sorting billions of them only to compare
//! takes longer than reading them.

/// The digest of any number of rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sum {
    rows: u64,
    low: u128,
    high: u128,
}

impl Sum {
    /// Adds a row.
    pub fn add(&mut self, row: &[u8]) {
        let hash = *blake3::hash(row).as_bytes();
        let (low, high) = hash.split_at(16);
        let number =
            |bytes: &[u8]| bytes.iter().fold(0_u128, |sum, byte| sum << 8 | u128::from(*byte));
        self.rows += 1;
        self.low = self.low.wrapping_add(number(low));
        self.high = self.high.wrapping_add(number(high));
    }

    /// Rows added.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// The digest as a text of 64 letters.
    pub fn text(&self) -> String {
        format!("{:032x}{:032x}", self.low, self.high)
    }
}
