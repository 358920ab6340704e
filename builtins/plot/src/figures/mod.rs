//! Figures of subjects: what is plotted of diagnostics, stations and visibilities.

pub mod clock;
pub mod closure;
pub mod coverage;
pub mod density;
pub mod diagnostics;
pub(crate) mod few;
pub mod gain_frame;
pub mod grid;
pub mod labels;
pub mod pages;
pub mod picture;
pub mod settings;
pub mod solutions;
pub mod used_stations;
pub mod visibilities;
