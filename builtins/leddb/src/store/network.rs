//! Whether a file is on a network file system, where SQLite's locks do not hold
//! and databases are lost.

use std::path::Path;

/// Numbers that the kernel gives such file systems.
const KINDS: &[(u32, &str)] = &[
    (0x0000_6969, "NFS"),
    (0xFF53_4D42, "CIFS"),
    (0xFE53_4D42, "SMB2"),
    (0x0000_517B, "SMB"),
    (0x0BD0_0BD0, "Lustre"),
    (0x4750_4653, "GPFS"),
    (0x1983_0326, "BeeGFS"),
    (0x00C3_6400, "Ceph"),
    (0x0102_1997, "9P"),
    (0x5346_414F, "AFS"),
    (0x6B41_4653, "AFS"),
    (0x7375_7245, "Coda"),
    (0xAAD7_AAEA, "PanFS"),
    (0x2003_0528, "OrangeFS"),
];

/// Kinds that run through FUSE and are remote more often than not.
const FUSE: u32 = 0x6573_5546;

/// The kind of network file system with that number, if it is one.
pub(crate) fn kind_of(number: u32) -> Option<&'static str> {
    KINDS.iter().find(|(known, _)| *known == number).map(|(_, kind)| *kind)
}

/// The network file system that holds a file or will hold it, if it is on one.
pub(crate) fn network_kind(file: &Path) -> Option<&'static str> {
    let absolute = std::path::absolute(file).ok()?;
    // A link to a file elsewhere counts as elsewhere; a new file as its folder.
    let real = absolute.ancestors().find_map(|path| path.canonicalize().ok())?;
    let facts = rustix::fs::statfs(&real).ok()?;
    // The numbers have 32 bits, whatever the width of the field.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let number = facts.f_type as u32;
    if number == FUSE {
        return remote_fuse(&real);
    }
    kind_of(number)
}

/// What the mount table says of a FUSE mount.
fn remote_fuse(path: &Path) -> Option<&'static str> {
    let table = std::fs::read_to_string("/proc/self/mountinfo").ok()?;
    let kind = table
        .lines()
        .filter_map(|line| {
            let (left, right) = line.split_once(" - ")?;
            let place = left.split(' ').nth(4)?;
            let kind = right.split(' ').next()?;
            path.starts_with(place).then_some((place.len(), kind))
        })
        .max_by_key(|(length, _)| *length)?
        .1;
    ["sshfs", "glusterfs", "ceph-fuse", "s3fs", "gvfsd-fuse", "davfs"]
        .into_iter()
        .find(|remote| kind.ends_with(remote))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn network_file_systems_are_known_by_number() {
        assert_eq!(kind_of(0x6969), Some("NFS"));
        assert_eq!(kind_of(0x0BD0_0BD0), Some("Lustre"));
        assert_eq!(kind_of(0xEF53), None, "ext4 is local");
        assert_eq!(kind_of(0x5846_5342), None, "XFS is local");
    }

    #[test]
    fn a_file_that_is_not_there_yet_counts_as_its_folder() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(network_kind(&folder.path().join("a/b/leddb.sqlite")), None);
    }
}
