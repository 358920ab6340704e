//! Access lists (POSIX ACLs): who besides owner and group may use a file, and
//! what new files in a folder inherit.
//!
//! A change is first looked at ([`Survey`]), which also tells how everything
//! was before; that record is what [`RestoreAcl`] takes to undo it.

mod account;
mod binary;
mod change;
mod file;
mod model;
mod operation;
mod reach;
mod record;
mod restore;
mod store;
mod survey;
#[cfg(test)]
mod tests;
mod text;

pub use account::{FindAccount, FindAccountInput, FindAccountOutput};
pub use change::{Action, Change};
pub use file::{UndoError, UndoFile, UndoTarget};
pub use model::{Acl, Who};
pub use operation::{SetAcl, SetAclInput, SetAclOutput};
pub use record::{Before, Same};
pub use restore::{RestoreAcl, RestoreAclInput, RestoreAclOutput};
pub use store::State;
pub use survey::{Survey, SurveyInput, SurveyOutput};
pub use text::AclTextError;
