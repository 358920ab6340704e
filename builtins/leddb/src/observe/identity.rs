//! What a host and a path tell of a product, before anything is opened.
//!
//! A path that does not tell all that a row needs is refused with its reason: a
//! product without observation or sub-band would be found by nobody.

use ledama_base::corrections::Corrections;
use ledama_base::path::{DataPath, Packed};
use ledama_base::quote::show;
use ledama_config::Inventory;
use serde::{Deserialize, Serialize};

/// Most letters of a file's name that the database keeps.
const LONGEST_NAME: usize = 100;

/// Why a path cannot be a product of the database.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    /// Neither the name nor a folder above is that of an observation.
    #[error("{}: tells no observation: no folder and no name begins with `L` and five digits", show(.0))]
    NoObservation(String),
    /// The name has no sub-band.
    #[error("{}: tells no sub-band: the name has no `SB` with three digits", show(.0))]
    NoSubBand(String),
    /// The beam follows from the sub-band, which is not known.
    #[error("{}: tells no beam", show(.0))]
    NoBeam(String),
    /// There is no folder above it.
    #[error("{}: is in no folder", show(.0))]
    NoFolder(String),
    /// The name is too long.
    #[error("{}: the name has more than {LONGEST_NAME} letters", show(.0))]
    TooLong(String),
    /// The machine is not known, so nobody knows which store it belongs to.
    #[error("{host} is no node and no store of the configuration ({})", show(.path))]
    UnknownHost {
        /// The machine.
        host: String,
        /// The path on it.
        path: String,
    },
    /// A name that was given instead is none of an observation.
    #[error("`{0}` is no observation: write `L` and five digits or more")]
    NotAnObservation(String),
}

impl From<Rejected> for crate::LeddbError {
    fn from(rejected: Rejected) -> Self {
        Self::input(rejected.to_string())
    }
}

/// Which product it is: the place of a file or folder, and what its path tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The node, or the remote store, as tables write it.
    pub host: String,
    /// The store, as tables write it: `EoR`, `EoRBackup`, `TARGET_E_EOR`.
    pub store: String,
    /// Whether the store is no disk of a node.
    pub remote: bool,
    /// The folder it is in, in text form.
    pub parent: String,
    /// Its name there, in text form.
    pub name: String,
    /// The observation, such as `L80897`.
    pub lds: String,
    /// The beam.
    pub beam: i64,
    /// The sub-band.
    pub sub_band: i64,
    /// The version; 0 is raw.
    pub version: i64,
    /// Never averaged: the name has no `dppp`.
    pub raw: bool,
    /// A tar file, compressed or not.
    pub tar: bool,
    /// A BVF file.
    pub bvf: bool,
}

/// What is known better than the path tells it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Overrides {
    /// The observation.
    pub lds: Option<String>,
    /// The version.
    pub version: Option<i64>,
}

impl Identity {
    /// The product of that path on a node or in a store of the inventory.
    pub fn of(
        inventory: &Inventory,
        host: &str,
        path: &str,
        overrides: &Overrides,
    ) -> Result<Self, Rejected> {
        let node = inventory.canonical(host);
        let Some(store) = inventory.store_of(&node, path) else {
            return Err(Rejected::UnknownHost { host: host.to_string(), path: path.to_string() });
        };
        let place = Place {
            host: inventory.written(&node),
            store: store.token(),
            remote: store.is_remote(),
        };
        Self::parse(place, path, overrides, inventory.corrections())
    }

    /// The same where host and store are known.
    pub fn parse(
        place: Place<'_>,
        path: &str,
        overrides: &Overrides,
        corrections: &Corrections,
    ) -> Result<Self, Rejected> {
        let parsed = DataPath::parse_with(path, corrections);
        let own = |rejected: fn(String) -> Rejected| rejected(path.to_string());
        if parsed.name.chars().count() > LONGEST_NAME {
            return Err(own(Rejected::TooLong));
        }
        if parsed.parent.is_empty() || parsed.name.is_empty() {
            return Err(own(Rejected::NoFolder));
        }
        let lds = match &overrides.lds {
            Some(lds) if ledama_base::path::is_observation_name(lds) => lds.clone(),
            Some(lds) => return Err(Rejected::NotAnObservation(lds.clone())),
            None => parsed.lds().ok_or_else(|| own(Rejected::NoObservation))?,
        };
        let sub_band = parsed.sub_band.ok_or_else(|| own(Rejected::NoSubBand))?;
        let beam = parsed.beam.ok_or_else(|| own(Rejected::NoBeam))?;
        Ok(Self {
            host: place.host.to_string(),
            store: place.store.to_string(),
            remote: place.remote,
            parent: parsed.parent.to_string(),
            name: parsed.name.to_string(),
            lds,
            beam: beam.into(),
            sub_band: sub_band.into(),
            version: overrides.version.unwrap_or_else(|| parsed.version().into()),
            raw: parsed.raw,
            tar: matches!(parsed.packed, Some(Packed::Tar | Packed::TarGz | Packed::TarZst)),
            bvf: parsed.packed == Some(Packed::Bvf),
        })
    }

    /// The whole path.
    pub fn path(&self) -> String {
        ledama_base::path::join(&self.parent, &self.name).into_owned()
    }

    /// Whether it must be unpacked to look inside.
    pub fn is_packed(&self) -> bool {
        self.tar || self.bvf
    }
}

/// A machine or store as tables write it.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The node or store.
    pub host: &'a str,
    /// The store.
    pub store: &'a str,
    /// Whether the store is no disk of a node.
    pub remote: bool,
}
