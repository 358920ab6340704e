//! The built-in SSH client: connections through libssh2.
//!
//! One thread per node owns the session and its one channel at a time. It
//! reads no `~/.ssh/config`; where that is needed there is `openssh`.

mod channel;
mod host_key;
mod login;
mod session;
mod tcp;

use std::cell::RefCell;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use super::Target;
use super::bootstrap::Opener;
use super::failure::{Failure, Trail};
use super::pump::{Gone, Pump};
use super::watch::Watch;
use super::wire::Wire;
use channel::{ChannelWire, Shared};
pub(super) use login::Keyring;
use session::Session;
pub(super) use tcp::timespec;

/// What connections of a run have in common.
#[derive(Debug, Clone)]
pub(super) struct Client {
    pub(super) keyring: Keyring,
    /// Files with host keys; the first is the one to add keys to.
    pub(super) known_hosts: Vec<PathBuf>,
    /// Limit of each step.
    pub(super) limit: Duration,
    /// Time between signs of life.
    pub(super) keep_alive: Option<Duration>,
    /// Size of the socket's send buffer, if not the system's choice.
    pub(super) send_buffer: Option<usize>,
}

impl Client {
    /// Connects and logs in.
    pub(super) fn connect(
        &self,
        target: &Target,
        watch: &Watch,
        trail: &mut Trail,
    ) -> Result<Connection, Failure> {
        let addresses = tcp::resolve(&target.address, target.port, watch, trail)?;
        let stream = tcp::connect(&addresses, self.limit, watch, trail)?;
        if let Some(size) = self.send_buffer {
            // Only a wish.
            let _ = rustix::net::sockopt::set_socket_send_buffer_size(&stream, size);
        }
        let known = host_key::HostKeys::read(&self.known_hosts, target);
        let types = known.types();
        let mut session = Session::open(stream, &types, self.keep_alive, self.limit, watch)?;
        known.verify(&session)?;
        session::negotiated(&session, trail);
        login::log_in(&mut session, &target.user, &self.keyring, self.limit, watch, trail)?;
        Ok(Connection { session: Rc::new(RefCell::new(session)), limit: self.limit })
    }
}

/// A connection that is logged in.
pub(super) struct Connection {
    session: Shared,
    limit: Duration,
}

impl Opener for Connection {
    fn open(&mut self, line: &str, watch: &Watch) -> Result<Box<dyn Wire>, Failure> {
        Ok(Box::new(ChannelWire::open(&self.session, line, self.limit, watch)?))
    }

    fn explain(&self, _pump: &Pump, _gone: &Gone) -> Option<Failure> {
        None
    }
}
