//! What every test is made of: a work folder, the program, nodes, data.
//!
//! A test reads as a story: files in, command, output out. Nothing is shared
//! between tests but the program itself, so that they run in parallel.

pub(crate) mod casacore;
pub(crate) mod golden;
pub(crate) mod nodes;
pub(crate) mod observation;
pub(crate) mod plan_golden;
pub(crate) mod plans;
pub(crate) mod postgres;
pub(crate) mod rows;
pub(crate) mod run;
pub(crate) mod shared;
pub(crate) mod skip;
pub(crate) mod tree;
pub(crate) mod wait;
pub(crate) mod work;

pub(crate) use nodes::Cluster;
pub(crate) use run::Output;
pub(crate) use work::Work;
