//! What a node remembers between `transfer.hello` and `transfer.send`.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ledama_base::operation::{ErrorKind, OperationError};

use crate::link::identity::{Identity, Token};
use crate::link::socket::Listener;

/// A transfer that has not begun by then will not begin any more.
const LIFE: Duration = Duration::from_mins(10);

/// Transfers that may be about to begin.
const MOST: usize = 4096;

/// One transfer that is about to begin.
pub(super) struct Session {
    pub(super) source: PathBuf,
    pub(super) identity: Option<Arc<Identity>>,
    pub(super) listener: Option<Listener>,
}

/// Transfers that are about to begin, by a name nobody can guess.
#[derive(Default)]
pub(super) struct Sessions {
    waiting: Mutex<HashMap<String, (Instant, Session)>>,
}

impl Sessions {
    /// Remembers a transfer; answers its name.
    pub(super) fn keep(&self, session: Session) -> Result<String, OperationError> {
        let name = Token::random()?.text().to_string();
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|_, (since, _)| since.elapsed() < LIFE);
        if waiting.len() >= MOST {
            return Err(OperationError::new(
                ErrorKind::Connection,
                "too many transfers are about to begin on this node",
            ));
        }
        waiting.insert(name.clone(), (Instant::now(), session));
        Ok(name)
    }

    /// The transfer of that name; each can be taken once.
    pub(super) fn take(&self, name: &str) -> Result<Session, OperationError> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        match waiting.remove(name) {
            Some((_, session)) => Ok(session),
            // The worker was started anew in between.
            None => Err(OperationError::new(
                ErrorKind::Connection,
                "the node of the source does not remember this transfer",
            )),
        }
    }
}
