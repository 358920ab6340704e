//! Pseudo-tables: named lists of columns drawn from several tables, as users see,
//! filter and sort them; how the tables are joined; and the lists to pick from.

mod columns;
mod model;
mod selections;
mod tables;

pub use model::{Format, Link, Marks, Pseudo, PseudoColumn, PseudoTable};
pub use selections::{SELECTIONS, Selection, SelectionTable, State, Target};

/// All pseudo-tables, in the order of the hierarchy.
pub static TABLES: [&PseudoTable; 10] = [
    &tables::LDS,
    &tables::LDSB,
    &tables::LDSBP,
    &tables::MS,
    &tables::MSP,
    &tables::GAIN,
    &tables::QTS,
    &tables::QFS,
    &tables::QBS,
    &tables::GAIN_MOVIE,
];

const fn link(
    upper: &'static str,
    upper_column: &'static str,
    lower: &'static str,
    lower_column: &'static str,
) -> Link {
    Link { upper, upper_column, lower, lower_column }
}

const SET: &str = "measurementset_id";
const KIND: &str = "quality_kind_id";

/// How tables and views are joined, from observations down. All joins are inner,
/// but for the files of a movie's sets, which there may be none of.
pub static LINKS: &[Link] = &[
    link("lds_q", "name", "ldsb_q", "lofar_dataset"),
    link("ldsb_q", "lofar_dataset_beam_id", "ldsbp_q", "lofar_dataset_beam_id"),
    link("ldsbp_q", "lofar_dataset_beam_product_id", "ms_q", "lofar_dataset_beam_product_id"),
    link("ms_q", SET, "measurementset_product", SET),
    link("ms_q", SET, "gain", SET),
    link("ms_q", SET, "quality_time_statistic", SET),
    link("ms_q", SET, "quality_frequency_statistic", SET),
    link("ms_q", SET, "quality_baseline_statistic", SET),
    link("ms_q", SET, "gain_movie_has_measurementset", SET),
    link("gain_movie_has_measurementset", "gain_movie_id", "gain_movie", "gain_movie_id"),
    link("gain_movie_has_measurementset", SET, "measurementset_product", SET),
    link("quality_time_statistic", KIND, "quality_kind", KIND),
    link("quality_frequency_statistic", KIND, "quality_kind", KIND),
    link("quality_baseline_statistic", KIND, "quality_kind", KIND),
    link("quality_baseline_statistic", "baseline_id", "baseline", "baseline_id"),
];

/// The join between two tables or views, if there is one.
pub fn link_between(upper: &str, lower: &str) -> Option<&'static Link> {
    LINKS.iter().find(|link| link.upper == upper && link.lower == lower)
}
