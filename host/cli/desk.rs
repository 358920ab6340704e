//! What every sub-command about modules begins with.

use super::Shared;
use super::modules::Catalogue;
use super::place::Place;
use crate::diagnostic::Failure;
use crate::report::talk::Talk;

/// Where to speak, the configuration, and the modules to be found with both.
pub(super) struct Desk {
    /// The way to the user.
    pub(super) talk: Talk,
    /// The configuration and who uses it.
    pub(super) place: Place,
    /// The modules.
    pub(super) catalogue: Catalogue,
}

impl Desk {
    /// Loads the configuration and looks for modules where it says.
    pub(super) fn open(shared: &Shared) -> Result<Self, Failure> {
        let talk = Talk::new(shared.color);
        let place = Place::find(shared, &talk)?;
        let catalogue = Catalogue::new(shared, &place.loaded.config.paths.modules, &talk);
        Ok(Self { talk, place, catalogue })
    }
}
