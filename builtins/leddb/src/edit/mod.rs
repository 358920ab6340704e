//! Changes by hand: rows removed, products described, properties copied.
//!
//! Each change can be looked at first: what is shown and what is done come from the
//! same functions, in one transaction each. Files on disks are never touched.

mod chosen;
mod cleaning;
mod copying;
mod counts;
pub mod operation;
mod product;
pub mod product_file;
mod removal;
#[cfg(test)]
mod tests;
mod update;

pub use chosen::{Level, Target};
pub use cleaning::{EmptyProduct, clean, empty_products};
pub use copying::{Copied, Pair, Parts, copy_properties, pairs_of_stores};
pub use counts::{Count, Removal};
pub use product::{Described, File, describe};
pub use removal::{preview, remove};
pub use update::{Difference, Update, differences, update_products};
