//! Descriptions of sets (VDS) and of groups of sets (GDS).
//!
//! [`describe`] reads what a VDS file tells from a set, on the node that has
//! it; [`keep`] writes the files on the launching host as the nodes answer;
//! [`group`] decides which sets make a group.

pub mod describe;
pub mod group;
pub mod keep;
pub mod operation;
#[cfg(test)]
mod reference;
#[cfg(test)]
mod tests;
