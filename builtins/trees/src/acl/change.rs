//! What is done to access lists: giving one user access, alone or beside
//! others, and taking it away.

use serde::{Deserialize, Serialize};

use super::model::{Acl, EXECUTE, READ, WRITE, Who};
use super::store::State;

/// Execute permission in the bits of a mode.
const ANY_EXECUTE: u32 = 0o111;
const ALL: u8 = READ | WRITE | EXECUTE;

/// What happens to the access of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// The user may read and write, and enter folders; others stay as they are.
    Grant,
    /// The same, and nobody else but the owner may write: the whole list is replaced.
    Exclusive,
    /// The entry of the user goes.
    Revoke,
}

/// A change for one user, the same for every entry of a tree. Done twice it
/// is done once.
///
/// It is what `setfacl` does, but for two cases where that gives more than was
/// asked for: a file that nobody can execute because the mask forbids it (as
/// those that have inherited their list) stays so, and taking one user's access
/// away gives nothing to others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The number of the user.
    pub uid: u32,
    /// What happens.
    pub action: Action,
}

impl Change {
    /// What it makes of an entry. A file is executable for the user only if it
    /// is for anybody.
    #[must_use]
    pub fn apply(self, before: &State, folder: bool) -> State {
        let acl = before.acl();
        let execute = if folder || acl.mode_bits() & ANY_EXECUTE != 0 { EXECUTE } else { 0 };
        let (acl, inherited) = match self.action {
            Action::Grant => {
                let inherited = before.default.clone().unwrap_or_else(|| acl.base());
                (self.grant(acl, execute), Some(self.grant(inherited, EXECUTE)))
            }
            Action::Exclusive => (self.only(execute), Some(self.only(EXECUTE))),
            Action::Revoke => (self.revoke(acl), before.default.clone().map(|d| self.revoke(d))),
        };
        State::new(before.mode, acl, inherited.filter(|_| folder))
    }

    fn grant(self, mut acl: Acl, execute: u8) -> Acl {
        let user = Who::User(self.uid);
        // Without a right to execute the mask takes this one away, too.
        let inherited = acl.get(user).unwrap_or_default() & EXECUTE;
        acl.set(user, READ | WRITE | execute | inherited);
        acl.fit_mask();
        acl.limit_mask(READ | WRITE | execute);
        acl
    }

    /// Owner and user may do all, others may look.
    fn only(self, execute: u8) -> Acl {
        let mut acl = Acl::from_mode(0);
        acl.set(Who::Owner, READ | WRITE | execute);
        acl.set(Who::OwningGroup, READ | execute);
        acl.set(Who::Other, READ | execute);
        self.grant(acl, execute)
    }

    fn revoke(self, mut acl: Acl) -> Acl {
        let limit = acl.get(Who::Mask).unwrap_or(ALL);
        if !acl.remove(Who::User(self.uid)) {
            return acl;
        }
        if acl.names_anybody() {
            acl.fit_mask();
            acl.limit_mask(limit);
        } else {
            // The mask has nobody to limit any more but the group itself.
            acl.remove(Who::Mask);
            let group = acl.get(Who::OwningGroup).unwrap_or_default();
            acl.set(Who::OwningGroup, group & limit);
        }
        acl
    }
}
