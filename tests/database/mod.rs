//! The database through the program: what modules put into it, change and read,
//! on both back ends.

mod edit;
mod support;
