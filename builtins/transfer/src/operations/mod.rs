//! The operations of this area, as workers run them.

mod clean;
mod copy;
mod detours;
mod hello;
mod manifest;
mod send;
mod sessions;
mod space;
mod ways;

use std::sync::Arc;

use ledama_base::operation::Registry;

pub use clean::{Clean, CleanInput, CleanOutput};
pub use copy::{Copy, CopyInput, CopyOutput, Network};
pub use hello::{Hello, HelloInput, HelloOutput};
pub use manifest::{Manifest, ManifestInput, ManifestOutput, SetFacts};
pub use send::{Send, SendInput, SendOutput};
pub use space::{Space, SpaceFacts, SpaceInput, SpaceOutput};

use sessions::Sessions;

/// The registry with all operations `transfer.*`.
pub fn operations(registry: Registry) -> Registry {
    let sessions = Arc::new(Sessions::default());
    registry
        .with(Copy::default())
        .with(Hello::new(Arc::clone(&sessions)))
        .with(Send::new(sessions))
        .with(Space)
        .with(Manifest)
        .with(Clean)
}
