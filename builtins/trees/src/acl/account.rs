//! The operation `trees.account`: who a user is on a node.

use std::ffi::CString;

use ledama_base::operation::{Effect, ErrorKind, Operation, OperationContext, OperationError};
use ledama_base::quote::show;
use nix::unistd::{User, getgrouplist};
use serde::{Deserialize, Serialize};

/// Looks an account up.
#[derive(Debug, Clone, Copy, Default)]
pub struct FindAccount;

/// Which one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FindAccountInput {
    /// Its name.
    pub user: String,
}

/// Who that is; `known` is false if nobody is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindAccountOutput {
    /// Whether the node has such an account.
    pub known: bool,
    /// Its number.
    pub uid: u32,
    /// The numbers of all its groups.
    pub groups: Vec<u32>,
}

impl Operation for FindAccount {
    const NAME: &'static str = "trees.account";
    const VERB: &'static str = "look up the account";
    const EFFECT: Effect = Effect::Reads;
    type Input = FindAccountInput;
    type Output = FindAccountOutput;

    fn run(
        &self,
        input: FindAccountInput,
        _ctx: &dyn OperationContext,
    ) -> Result<FindAccountOutput, OperationError> {
        let failed = |error: nix::Error| {
            let message = format!("account {}: {}", show(&input.user), error.desc());
            OperationError::new(ErrorKind::Io, message)
        };
        // A name with a NUL byte is nobody's.
        let Ok(name) = CString::new(input.user.as_bytes()) else { return Ok(Self::nobody()) };
        let Some(user) = User::from_name(&input.user).map_err(failed)? else {
            return Ok(Self::nobody());
        };
        let groups = getgrouplist(&name, user.gid).map_err(failed)?;
        let groups = groups.into_iter().map(nix::unistd::Gid::as_raw).collect();
        Ok(FindAccountOutput { known: true, uid: user.uid.as_raw(), groups })
    }
}

impl FindAccount {
    fn nobody() -> FindAccountOutput {
        FindAccountOutput::default()
    }
}
