//! Recipes: tasks made of modules that people do again and again.
//!
//! A recipe is a script that declares options like a module and *says* its
//! steps ([`script`]); nothing is done while it says them. The draft is
//! checked as a whole ([`check`]): modules, options, names, order, files. What
//! is left can be shown ([`show`]), printed as a shell script ([`print`]), or
//! carried out step by step ([`run`]) with a journal ([`journal`]) that tells a
//! later run where to go on.

pub mod check;
mod digest;
mod draft;
mod files;
pub mod journal;
mod order;
pub mod print;
pub mod run;
pub mod script;
pub mod select;
pub mod show;

#[cfg(test)]
mod tests;

pub use check::{Checked, Module, Step, Surroundings};
pub use digest::digest;
pub use draft::{Draft, Said};
