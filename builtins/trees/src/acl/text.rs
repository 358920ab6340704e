//! Access lists as text, with numbers instead of names:
//! `u::rw-,u:1001:rwx,g::r--,m::rwx,o::---`.

use std::fmt;
use std::str::FromStr;

use super::model::{Acl, EXECUTE, READ, WRITE, Who};

/// A text that is no access list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no {what}")]
pub struct AclTextError {
    text: String,
    what: &'static str,
}

impl AclTextError {
    /// A text that is no octal mode.
    pub(super) fn mode(text: &str) -> Self {
        Self { text: text.escape_debug().to_string(), what: "mode" }
    }
}

impl fmt::Display for Acl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (who, may)) in self.entries().enumerate() {
            if index > 0 {
                f.write_str(",")?;
            }
            match who {
                Who::Owner => f.write_str("u::"),
                Who::User(number) => write!(f, "u:{number}:"),
                Who::OwningGroup => f.write_str("g::"),
                Who::Group(number) => write!(f, "g:{number}:"),
                Who::Mask => f.write_str("m::"),
                Who::Other => f.write_str("o::"),
            }?;
            for (bit, letter) in [(READ, 'r'), (WRITE, 'w'), (EXECUTE, 'x')] {
                write!(f, "{}", if may & bit != 0 { letter } else { '-' })?;
            }
        }
        Ok(())
    }
}

impl FromStr for Acl {
    type Err = AclTextError;

    fn from_str(text: &str) -> Result<Self, AclTextError> {
        let failed = || AclTextError { text: text.escape_debug().to_string(), what: "access list" };
        let entries: Vec<_> =
            text.split(',').map(entry).collect::<Option<_>>().ok_or_else(failed)?;
        let count = entries.len();
        Self::from_entries(entries).filter(|acl| acl.entries().count() == count).ok_or_else(failed)
    }
}

fn entry(text: &str) -> Option<(Who, u8)> {
    let mut parts = text.split(':');
    let (class, number, may) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let who = match (class, number) {
        ("u", "") => Who::Owner,
        ("g", "") => Who::OwningGroup,
        ("m", "") => Who::Mask,
        ("o", "") => Who::Other,
        ("u", number) => Who::User(number.parse().ok()?),
        ("g", number) => Who::Group(number.parse().ok()?),
        _ => return None,
    };
    let letters = may.as_bytes();
    let mut bits = 0;
    for (letter, (bit, wanted)) in
        letters.iter().zip([(READ, b'r'), (WRITE, b'w'), (EXECUTE, b'x')])
    {
        match letter {
            b'-' => {}
            letter if *letter == wanted => bits |= bit,
            _ => return None,
        }
    }
    (letters.len() == 3).then_some((who, bits))
}
