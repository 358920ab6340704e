//! Statistics of the visibilities of a set: one row for each baseline and
//! polarization.
//!
//! Values are averaged over the channels selected, so that each baseline has
//! one value for each time; a statistic is that of one coordinate of these
//! values over time. Statistics of phases called `mean` and `std` are those of
//! plain numbers; `circmean` and `circstd` are those of angles.

mod compute;
mod folder;
mod merge;
mod operation;
mod table;
#[cfg(test)]
mod tests;
mod text;
mod wanted;

pub use compute::{Request, compute};
pub use folder::{Folder, Member};
pub use operation::{Stats, StatsInput};
pub use table::{ALL, Row, SetStats};
pub use text::{Format, render};
pub use wanted::{Statistic, Wanted, default_wanted, parse_wanted};
