//! An access list: what each class of users may do.

use std::collections::BTreeMap;

/// Permission to read.
pub(crate) const READ: u8 = 4;
/// Permission to write.
pub(crate) const WRITE: u8 = 2;
/// Permission to execute a file or to enter a folder.
pub(crate) const EXECUTE: u8 = 1;

/// Whom an entry is about; in the order in which entries are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    /// The owner of the file.
    Owner,
    /// A user, by number.
    User(u32),
    /// The group of the file.
    OwningGroup,
    /// A group, by number.
    Group(u32),
    /// The most that users, groups and the owning group can have.
    Mask,
    /// Everybody else.
    Other,
}

/// An access list with its three base entries.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Acl(BTreeMap<Who, u8>);

impl Acl {
    /// The list that permission bits mean.
    pub fn from_mode(mode: u32) -> Self {
        let class = |shift: u32| u8::try_from(mode >> shift & 0o7).unwrap_or_default();
        Self([(Who::Owner, class(6)), (Who::OwningGroup, class(3)), (Who::Other, class(0))].into())
    }

    /// A list of these entries; none if a base entry is missing, or the mask
    /// of one with named users or groups.
    pub fn from_entries(entries: impl IntoIterator<Item = (Who, u8)>) -> Option<Self> {
        let acl = Self(entries.into_iter().map(|(who, may)| (who, may & 0o7)).collect());
        let base = [Who::Owner, Who::OwningGroup, Who::Other];
        let whole = base.iter().all(|who| acl.0.contains_key(who))
            && (acl.0.contains_key(&Who::Mask) || !acl.names_anybody());
        whole.then_some(acl)
    }

    /// All entries in order.
    pub fn entries(&self) -> impl Iterator<Item = (Who, u8)> + '_ {
        self.0.iter().map(|(who, may)| (*who, *may))
    }

    /// What an entry allows, the mask not considered; nothing if it is not there.
    pub fn get(&self, who: Who) -> Option<u8> {
        self.0.get(&who).copied()
    }

    /// Adds an entry or replaces it.
    pub(crate) fn set(&mut self, who: Who, may: u8) {
        self.0.insert(who, may);
    }

    /// Takes an entry away; tells whether it was there.
    pub(crate) fn remove(&mut self, who: Who) -> bool {
        self.0.remove(&who).is_some()
    }

    /// The list without users, groups and mask.
    #[must_use]
    pub(crate) fn base(&self) -> Self {
        let base = |who: &Who| matches!(who, Who::Owner | Who::OwningGroup | Who::Other);
        Self(self.0.iter().filter(|(who, _)| base(who)).map(|(who, may)| (*who, *may)).collect())
    }

    /// Whether it says no more than permission bits can.
    pub fn is_base(&self) -> bool {
        self.0.len() == 3
    }

    /// Whether users or groups are named.
    pub(crate) fn names_anybody(&self) -> bool {
        self.0.keys().any(|who| matches!(who, Who::User(_) | Who::Group(_)))
    }

    /// Sets the mask to what users, groups and the owning group have together.
    pub(crate) fn fit_mask(&mut self) {
        let limited = |who: &Who| matches!(who, Who::User(_) | Who::OwningGroup | Who::Group(_));
        let all = self.0.iter().filter(|(who, _)| limited(who)).fold(0, |all, (_, may)| all | may);
        self.set(Who::Mask, all);
    }

    /// Takes what is not in `may` from the mask; without one, from nobody.
    pub(crate) fn limit_mask(&mut self, may: u8) {
        if let Some(mask) = self.0.get_mut(&Who::Mask) {
            *mask &= may;
        }
    }

    /// The permission bits of a file with this list: the group's are the mask.
    pub fn mode_bits(&self) -> u32 {
        let may = |who: Who| u32::from(self.get(who).unwrap_or_default());
        let group = if self.0.contains_key(&Who::Mask) { Who::Mask } else { Who::OwningGroup };
        may(Who::Owner) << 6 | may(group) << 3 | may(Who::Other)
    }
}
