//! The database compared with itself and with the disks: products that should hold the
//! same sub-bands, files that it does not know, files that are gone.

mod files;
mod products;
#[cfg(test)]
mod tests;

pub use files::{Seen, compare_files};
pub use products::{Checked, Entry, Pair, Side, State, Wanted, check_products};
