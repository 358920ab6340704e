//! Who may read, write and enter: modes as `chmod` takes them, set in whole
//! trees.

mod apply;
mod mode;
mod operation;
mod parse;
mod rule;
#[cfg(test)]
mod tests;

pub(crate) use apply::set_mode;
pub use mode::ModeChange;
pub use operation::{Chmod, ChmodInput, ChmodOutput};
pub use parse::ModeError;
pub use rule::Rule;
