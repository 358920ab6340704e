//! Inputs of imagers: scripts of CASA changed assignment by assignment, and
//! parsets of the retired awimager as options of WSClean.

pub mod casa;
pub mod wsclean;

#[cfg(test)]
mod tests;
