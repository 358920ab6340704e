//! The database through the program: what modules put into it, change and read,
//! on both back ends.

mod add;
mod check;
mod edit;
mod get;
mod support;
mod target;
mod update;
mod upkeep;
mod whole;
