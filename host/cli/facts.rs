//! What values of options are compared with on this host.

use std::sync::Arc;

use ledama_config::Inventory;

use super::place::Place;
use crate::manifest::{Facts, Refused};
use crate::report::talk::Talk;

/// Does something with the facts of this host.
pub(super) fn with_facts<T>(place: &Place, talk: &Talk, work: impl FnOnce(&Facts<'_>) -> T) -> T {
    let inventory = Inventory::new(Arc::clone(&place.config()));
    let nodes = |text: &str| {
        let list =
            inventory.parse(text).map_err(|e| Refused::new(e.to_string()).maybe_help(e.help()))?;
        if let Some(warning) = list.warning() {
            talk.warn(&warning);
        }
        Ok(list.names)
    };
    work(&Facts {
        folder: std::env::current_dir().unwrap_or_default(),
        placeholders: place.placeholders(),
        home: place.account.home.clone(),
        nodes: &nodes,
    })
}
