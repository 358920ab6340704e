//! What a module declares, and every face made from it.
//!
//! The constant `MODULE` (of a recipe: `RECIPE`) of a script is read without
//! running anything ([`read`]), checked, and turned into a command line
//! ([`command()`]), checked options ([`resolve`]), files of options ([`file`]),
//! the line that repeats a run ([`rerun`]), descriptions and forms ([`describe`]).

mod check;
mod command;
pub mod describe;
mod destructive;
pub mod file;
mod form;
mod groups;
pub mod host_options;
mod listing;
mod literal;
mod locate;
mod model;
mod option;
mod options;
mod raw;
mod read;
mod reader;
pub mod rerun;
pub mod search;
pub(crate) mod syntax;
mod time;
pub(crate) mod trailing;
mod typed;
mod value;

pub use command::{Purpose, command, command_called};
pub use destructive::Destructive;
pub use form::Form;
pub use groups::Groups;
pub(crate) use locate::{is_unfinished, open_text};
pub use model::{
    Adjustment, Changes, Choice, HostLetter, Kind, LEVELS, ListOf, Manifest, OptionDecl,
    ResultKind, key_of,
};
pub use options::{Options, Setting, resolve};
pub use raw::{Origin, RawOption, RawOptions};
pub use read::{CONSTANT, Reading, read, read_as};
pub use typed::{Facts, PLACEHOLDERS, Placeholders, Refused, absolute};
pub use value::{RawValue, Value};

#[cfg(test)]
mod tests;
