//! `transfer.hello`: the node of a source gets ready to send.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ledama_base::operation::{Effect, Operation, OperationContext, OperationError};
use ledama_base::rawtext;
use ledama_config::model::Encryption;
use serde::{Deserialize, Serialize};

use super::sessions::{Session, Sessions};
use crate::control::TICK;
use crate::fault;
use crate::link::handshake::identity;
use crate::link::identity::Certificate;
use crate::link::socket::{Listener, Ports};
use crate::place::target_path;

/// How long a port that is taken is waited for.
const LET_GO: Duration = if cfg!(test) { Duration::ZERO } else { Duration::from_secs(1) };

/// Makes a one-time key for sending a set, and listens if asked.
///
/// The first of the two calls that a copy makes on the node of its source; the
/// second is `transfer.send`.
pub struct Hello {
    sessions: Arc<Sessions>,
}

impl Hello {
    pub(super) fn new(sessions: Arc<Sessions>) -> Self {
        Self { sessions }
    }
}

/// What is about to be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HelloInput {
    /// The set, text form.
    pub source: String,
    /// Whether the channel is to be encrypted.
    pub encryption: Encryption,
    /// Whether this node shall be connected to, instead of connecting.
    #[serde(default)]
    pub listen: bool,
    /// Ports it may listen on, first-last; none: any free one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ports: Option<String>,
}

/// What the receiver must know.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HelloOutput {
    /// Name of the transfer, for `transfer.send`.
    pub session: String,
    /// Certificate of this side, for an encrypted channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<Certificate>,
    /// Port it listens on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// Why it does not listen although it was asked to; there is no transfer then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    /// This program on this node, text form, for a channel through `ssh`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program: Option<String>,
}

impl Operation for Hello {
    const NAME: &'static str = "transfer.hello";
    const EFFECT: Effect = Effect::Reads;
    type Input = HelloInput;
    type Output = HelloOutput;

    fn run(
        &self,
        input: HelloInput,
        ctx: &dyn OperationContext,
    ) -> Result<HelloOutput, OperationError> {
        let source = target_path(&input.source)?;
        // The most frequent failure is told before anything is set up.
        rustix::fs::stat(&source).map_err(|e| fault::at(&input.source, e))?;
        let program = std::env::current_exe().ok().map(|path| rawtext::path_text(&path));
        let listener = match input
            .listen
            .then(|| listen(input.ports.as_deref(), ctx))
            .transpose()?
        {
            None => None,
            Some(Ok(listener)) => Some(listener),
            Some(Err(NoPort(why))) => {
                return Ok(HelloOutput { refused: Some(why), program, ..HelloOutput::default() });
            }
        };
        let identity = identity(input.encryption)?;
        let certificate = identity.as_ref().map(|key| key.certificate());
        let port = listener.as_ref().map(Listener::port);
        let session = self.sessions.keep(Session { source, identity, listener })?;
        Ok(HelloOutput { session, certificate, port, refused: None, program })
    }
}

/// Reads a range of ports.
pub(super) fn ports(text: Option<&str>) -> Result<Ports, OperationError> {
    match text {
        None => Ok(Ports::ANY),
        Some(text) => Ports::parse(text).ok_or_else(|| {
            fault::input(format!("`{text}` is no range of ports"))
                .help("write it as first-last, such as 40000-40099")
        }),
    }
}

/// Why a node cannot listen.
pub(super) struct NoPort(pub(super) String);

/// Listens on one of the ports. A port is taken for a moment only while a copy
/// begins, so others are given time to let go of it.
pub(super) fn listen(
    text: Option<&str>,
    ctx: &dyn OperationContext,
) -> Result<Result<Listener, NoPort>, OperationError> {
    let range = ports(text)?;
    let until = Instant::now() + LET_GO;
    loop {
        let error = match Listener::open(range) {
            Ok(listener) => return Ok(Ok(listener)),
            Err(error) => error,
        };
        ctx.check()?;
        if error.kind() != io::ErrorKind::AddrInUse || Instant::now() >= until {
            let range = text.map(|text| format!(" in {text}")).unwrap_or_default();
            let why = fault::words(&error);
            return Ok(Err(NoPort(format!("has no free port{range} to listen on ({why})"))));
        }
        std::thread::sleep(TICK);
    }
}
