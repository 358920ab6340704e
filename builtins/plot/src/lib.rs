//! Pictures and movies.
//!
//! A [`Figure`] says what is to be seen, without a pixel or a font: panels,
//! axes, series, maps. It is drawn as PNG, as SVG, as a page for a browser,
//! or into a frame of a movie.

pub mod dump;
pub mod figure;
pub mod figures;
pub mod movie;
pub mod output;
pub mod palette;
pub mod render;
#[cfg(any(test, feature = "samples"))]
pub mod samples;
#[cfg(feature = "script")]
pub mod script;
pub mod solutions;

mod canvas;
mod html;
mod png;
mod shared;
mod text;
mod ticks;

use ledama_base::operation::Registry;

pub use figure::Figure;

/// Adds the operations of this crate.
#[must_use]
pub fn operations(registry: Registry) -> Registry {
    registry
        .with(figures::diagnostics::operation::PlotDiagnostic)
        .with(figures::used_stations::operation::PlotUsedStations)
        .with(figures::visibilities::PlotVisibilities)
        .with(figures::closure::PlotClosure)
        .with(figures::coverage::PlotCoverage)
        .with(movie::gains::operation::GainMovie)
        .with(movie::gains::operation::GainMoviePlan)
        .with(movie::gains::station::StationMovie)
        .with(movie::gains::station::StationMoviePlan)
        .with(solutions::PlotSolutions)
}
