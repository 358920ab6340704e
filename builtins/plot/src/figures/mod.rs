//! Figures of subjects: what is plotted of diagnostics and of stations.

pub mod clock;
pub mod diagnostics;
pub mod grid;
pub mod labels;
pub mod picture;
#[cfg(feature = "script")]
pub mod script;
pub mod settings;
pub mod used_stations;
