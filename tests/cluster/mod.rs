//! Plans on nodes: the same tests over every way to reach them, and what can
//! go wrong on the way.

mod interrupt;
mod limits;
mod loss;
mod resume;
mod transports;
mod worker;
