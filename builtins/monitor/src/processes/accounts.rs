//! Names of accounts, from wherever the node keeps them.

use std::collections::HashMap;

use ledama_base::operation::{ErrorKind, OperationError};
use nix::unistd::{Uid, User};

/// Names that were looked up already.
#[derive(Debug, Default)]
pub(super) struct Names(HashMap<u32, String>);

impl Names {
    /// The whole name of an account, its number where it has none.
    pub(super) fn of(&mut self, uid: u32) -> String {
        let look = || {
            let known = User::from_uid(Uid::from_raw(uid)).ok().flatten();
            known.map_or_else(|| uid.to_string(), |user| user.name)
        };
        self.0.entry(uid).or_insert_with(look).clone()
    }
}

/// The number of an account given by name or number.
pub(super) fn uid_of(account: &str) -> Result<u32, OperationError> {
    match User::from_name(account) {
        Ok(Some(user)) => Ok(user.uid.as_raw()),
        Ok(None) => account.parse().map_err(|_| {
            let message = format!("there is no account `{}` here", account.escape_debug());
            OperationError::new(ErrorKind::Input, message)
        }),
        Err(error) => Err(OperationError::io("the accounts", &error.into())),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    #[test]
    fn accounts_are_numbers_with_names() {
        let mut names = Names::default();
        assert_eq!(names.of(0), "root");
        assert_eq!(names.of(4_000_000_123), "4000000123");
        assert_eq!(uid_of("root").unwrap(), 0);
        assert_eq!(uid_of("4000000123").unwrap(), 4_000_000_123);
        let error = uid_of("nobody\nof that name").unwrap_err();
        assert_eq!(error.message, r"there is no account `nobody\nof that name` here");
    }
}
