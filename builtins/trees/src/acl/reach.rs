//! Whether a user can get to a place: access to a file is of no use to
//! somebody who may not enter the folders above it.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::model::{Acl, EXECUTE, Who};
use super::store::access_of;

/// A user with all groups.
#[derive(Debug, Clone, Copy)]
pub(super) struct Person<'a> {
    pub(super) uid: u32,
    pub(super) groups: &'a [u32],
}

/// The first folder above a place that the user may not enter.
pub(super) fn obstacle(place: &Path, person: Person<'_>) -> Option<PathBuf> {
    let mut above: Vec<&Path> = place.ancestors().skip(1).collect();
    above.reverse();
    above.into_iter().find(|folder| !may_enter(folder, person)).map(Path::to_path_buf)
}

/// Unknown counts as yes: this is advice, not protection.
fn may_enter(folder: &Path, person: Person<'_>) -> bool {
    let Ok(facts) = fs::metadata(folder) else { return true };
    let acl = access_of(folder).unwrap_or_else(|| Acl::from_mode(facts.mode()));
    person.uid == 0 || allowed(&acl, facts.uid(), facts.gid(), person) & EXECUTE != 0
}

/// What a list allows (acl(5), "access check algorithm"): the first class that
/// the user belongs to decides; of several groups, any.
fn allowed(acl: &Acl, owner: u32, owning_group: u32, person: Person<'_>) -> u8 {
    if person.uid == owner {
        return acl.get(Who::Owner).unwrap_or_default();
    }
    let mask = acl.get(Who::Mask).unwrap_or(0o7);
    if let Some(may) = acl.get(Who::User(person.uid)) {
        return may & mask;
    }
    let mut groups = acl
        .entries()
        .filter(|(who, _)| match who {
            Who::OwningGroup => person.groups.contains(&owning_group),
            Who::Group(number) => person.groups.contains(number),
            _ => false,
        })
        .map(|(_, may)| may & mask)
        .peekable();
    if groups.peek().is_some() {
        return groups.fold(0, |all, may| all | may);
    }
    acl.get(Who::Other).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    #[test]
    fn the_first_class_decides() {
        let acl: Acl = "u::rwx,u:7:rwx,u:8:---,g::r--,g:20:rwx,m::r-x,o::rwx".parse().unwrap();
        let may = |uid, groups: &[u32]| allowed(&acl, 1, 10, Person { uid, groups });
        assert_eq!(may(1, &[]), 7);
        assert_eq!(may(7, &[]), 5);
        assert_eq!(may(8, &[10, 20]), 0);
        assert_eq!(may(9, &[10]), 4);
        assert_eq!(may(9, &[10, 20]), 5);
        assert_eq!(may(9, &[30]), 7);
    }

    #[test]
    fn the_first_closed_folder_is_named() {
        use crate::testing::{Disk, set_mode};
        let disk = Disk::new();
        set_mode(disk.root.parent().unwrap(), 0o755);
        let stranger = Person { uid: 54321, groups: &[54321] };
        assert_eq!(obstacle(&disk.set(), stranger), None);
        set_mode(&disk.root, 0o750);
        assert_eq!(obstacle(&disk.set(), stranger), Some(disk.root.clone()));
        assert_eq!(obstacle(&disk.set(), Person { uid: 0, groups: &[] }), None);
    }
}
