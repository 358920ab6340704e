//! The form in which Linux stores access lists with a file: a version (2) and
//! entries of tag, permissions and number, all little-endian, in the order of
//! the tags (`linux/posix_acl_xattr.h`).

use std::io;

use super::model::{Acl, Who};

const VERSION: u32 = 2;
const OWNER: u16 = 0x01;
const USER: u16 = 0x02;
const OWNING_GROUP: u16 = 0x04;
const GROUP: u16 = 0x08;
const MASK: u16 = 0x10;
const OTHER: u16 = 0x20;
/// The number of entries that need none.
const NOBODY: u32 = u32::MAX;

/// The bytes of a list.
pub(super) fn encode(acl: &Acl) -> Vec<u8> {
    let mut bytes = VERSION.to_le_bytes().to_vec();
    for (who, may) in acl.entries() {
        let (tag, number) = match who {
            Who::Owner => (OWNER, NOBODY),
            Who::User(number) => (USER, number),
            Who::OwningGroup => (OWNING_GROUP, NOBODY),
            Who::Group(number) => (GROUP, number),
            Who::Mask => (MASK, NOBODY),
            Who::Other => (OTHER, NOBODY),
        };
        bytes.extend_from_slice(&tag.to_le_bytes());
        bytes.extend_from_slice(&u16::from(may).to_le_bytes());
        bytes.extend_from_slice(&number.to_le_bytes());
    }
    bytes
}

/// The list that bytes mean.
pub(super) fn decode(bytes: &[u8]) -> io::Result<Acl> {
    parse(bytes).ok_or_else(|| {
        io::Error::new(io::ErrorKind::InvalidData, "its access list has an unknown form")
    })
}

fn parse(bytes: &[u8]) -> Option<Acl> {
    let (version, rest) = bytes.split_first_chunk::<4>()?;
    let (entries, more) = rest.as_chunks::<8>();
    if u32::from_le_bytes(*version) != VERSION || !more.is_empty() {
        return None;
    }
    let entry = |[t0, t1, p0, p1, n0, n1, n2, n3]: &[u8; 8]| {
        let number = u32::from_le_bytes([*n0, *n1, *n2, *n3]);
        let who = match u16::from_le_bytes([*t0, *t1]) {
            OWNER => Who::Owner,
            USER => Who::User(number),
            OWNING_GROUP => Who::OwningGroup,
            GROUP => Who::Group(number),
            MASK => Who::Mask,
            OTHER => Who::Other,
            _ => return None,
        };
        let may = u8::try_from(u16::from_le_bytes([*p0, *p1])).ok().filter(|may| *may <= 7)?;
        Some((who, may))
    };
    let entries: Vec<_> = entries.iter().map(entry).collect::<Option<_>>()?;
    let count = entries.len();
    // Two entries for the same would not both survive.
    Acl::from_entries(entries).filter(|acl| acl.entries().count() == count)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_bytes_are_those_of_the_system() {
        let mut acl = Acl::from_mode(0o640);
        acl.set(Who::User(1001), 6);
        acl.fit_mask();
        let expected = [
            &[2, 0, 0, 0][..],
            &[1, 0, 6, 0, 255, 255, 255, 255],
            &[2, 0, 6, 0, 0xE9, 3, 0, 0],
            &[4, 0, 4, 0, 255, 255, 255, 255],
            &[16, 0, 6, 0, 255, 255, 255, 255],
            &[32, 0, 0, 0, 255, 255, 255, 255],
        ];
        assert_eq!(encode(&acl), expected.concat());
    }

    #[test]
    fn what_is_not_whole_is_refused() {
        let whole = encode(&Acl::from_mode(0o640));
        assert!(decode(&whole).is_ok());
        for length in 0..whole.len() {
            decode(&whole[..length]).unwrap_err();
        }
        let mut twice = whole.clone();
        twice.extend_from_slice(&whole[4..12]);
        decode(&twice).unwrap_err();
        let mut newer = whole;
        newer[0] = 3;
        decode(&newer).unwrap_err();
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_list_or_an_error(bytes: Vec<u8>) {
            if let Ok(acl) = decode(&bytes) {
                prop_assert_eq!(decode(&encode(&acl)).unwrap(), acl);
            }
        }
    }
}
