//! `transfer.send`: the node of a source sends it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ledama_base::operation::{Effect, Operation, OperationContext, OperationError};
use serde::{Deserialize, Serialize};

use super::sessions::Sessions;
use crate::control::{Control, supervised};
use crate::link::Link;
use crate::link::handshake::{Credentials, End};
use crate::link::meet::{Unreached, dial, welcome};
use crate::link::socket::Listener;

/// Sends a set to the node that asked for it. See `transfer.hello`.
pub struct Send {
    sessions: Arc<Sessions>,
}

impl Send {
    pub(super) fn new(sessions: Arc<Sessions>) -> Self {
        Self { sessions }
    }
}

/// Where to send.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SendInput {
    /// From `transfer.hello`.
    pub session: String,
    /// What the receiver proves itself with.
    pub credentials: Credentials,
    /// Addresses of the receiver, `host:port`. Without any the receiver connects.
    #[serde(default)]
    pub addresses: Vec<String>,
    /// Seconds to wait for the connection.
    pub connect_timeout: u64,
}

/// What was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendOutput {
    /// Whether there was a channel at all.
    pub connected: bool,
    /// Addresses that did not lead to the receiver, with the reasons.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unreached: Vec<String>,
    /// Bytes of content of the set.
    #[serde(default)]
    pub bytes: u64,
    /// Files of the set.
    #[serde(default)]
    pub files: u64,
}

impl Operation for Send {
    const NAME: &'static str = "transfer.send";
    const EFFECT: Effect = Effect::Reads;
    type Input = SendInput;
    type Output = SendOutput;

    fn run(
        &self,
        input: SendInput,
        ctx: &dyn OperationContext,
    ) -> Result<SendOutput, OperationError> {
        let session = self.sessions.take(&input.session)?;
        let wait = Duration::from_secs(input.connect_timeout.max(1));
        let end = End { identity: session.identity, peer: input.credentials, wait };
        supervised(ctx, |control| {
            let link = match session.listener {
                Some(listener) => wait_for(&end, &listener, control)?,
                None => dial(&end, &input.addresses, control)?,
            };
            match link {
                Err(Unreached(unreached)) => {
                    Ok(SendOutput { connected: false, unreached, bytes: 0, files: 0 })
                }
                Ok(link) => {
                    let totals = crate::send::serve(link, Some(&session.source), control)?;
                    Ok(SendOutput {
                        connected: true,
                        unreached: Vec::new(),
                        bytes: totals.bytes,
                        files: totals.files,
                    })
                }
            }
        })
    }
}

fn wait_for(
    end: &End,
    listener: &Listener,
    control: &Control<'_>,
) -> Result<Result<Link, Unreached>, OperationError> {
    let deadline = Instant::now() + end.wait;
    let link = welcome(end, listener, control, &|| Instant::now() >= deadline)?;
    Ok(link.ok_or_else(|| Unreached(Vec::new())))
}
