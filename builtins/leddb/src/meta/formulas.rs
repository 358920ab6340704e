//! The formulas, one query for each level; each reads the level below it.
//!
//! Observations in question are those bound as `$1`. Counts and sizes of nothing
//! are 0, frequencies of nothing are unknown, flags of nothing are false. A size
//! that is unknown counts as nothing.

use crate::dialect::Dialect;

/// The observation of a beam.
const BEAM: &str = "b.\"lofar_dataset\"";

/// The condition that a name is among those bound as `$1`. They are bound, because a
/// server that cannot tell how few they are reads all measurement sets.
fn touched(column: &str, dialect: Dialect) -> String {
    match dialect {
        Dialect::Postgres => format!("{column} = ANY($1)"),
        Dialect::Sqlite => format!("{column} IN (SELECT \"value\" FROM json_each($1))"),
    }
}

/// Measurement sets: what there is of each. Diagnostics are those that were loaded,
/// also where their partition is taken off.
pub(super) fn sets(dialect: Dialect) -> String {
    let loaded = |tables: &str| {
        format!(
            "EXISTS (SELECT 1 FROM \"ms_diag_summary\" AS d WHERE d.\"measurementset_id\" = m.\"measurementset_id\" \
             AND d.\"row_count\" > 0 AND d.\"table_name\" IN ({tables}))"
        )
    };
    format!(
        "SELECT m.\"measurementset_id\" AS \"measurementset_meta_id\", \
         EXISTS (SELECT 1 FROM \"measurementset_product\" AS f WHERE f.\"measurementset_id\" = m.\"measurementset_id\") AS \"ms_has_msp\", \
         {} AS \"ms_has_gain\", {} AS \"ms_has_quality\", \
         EXISTS (SELECT 1 FROM \"gain_movie_has_measurementset\" AS g WHERE g.\"measurementset_id\" = m.\"measurementset_id\") AS \"ms_has_gain_movie\" \
         FROM \"measurementset\" AS m \
         JOIN \"lofar_dataset_beam_product\" AS p ON p.\"lofar_dataset_beam_product_id\" = m.\"lofar_dataset_beam_product_id\" \
         JOIN \"lofar_dataset_beam\" AS b ON b.\"lofar_dataset_beam_id\" = p.\"lofar_dataset_beam_id\" \
         WHERE {}",
        loaded("'gain'"),
        loaded(
            "'quality_time_statistic', 'quality_frequency_statistic', 'quality_baseline_statistic'"
        ),
        touched(BEAM, dialect),
    )
}

/// Products: frequencies of their sets, number and size of their files.
pub(super) fn products(dialect: Dialect) -> String {
    let any = |name: &str| dialect.any(&format!("s.\"{name}\""));
    format!(
        "SELECT p.\"lofar_dataset_beam_product_id\" AS \"lofar_dataset_beam_product_meta_id\", \
         min(m.\"central_frequency\") AS \"ldsbp_minimum_central_frequency\", \
         max(m.\"central_frequency\") AS \"ldsbp_maximum_central_frequency\", \
         count(f.\"measurementset_product_id\") AS \"ldsbp_number_measurementset_products\", \
         CAST(COALESCE(sum(f.\"product_size\"), 0) AS bigint) AS \"ldsbp_total_size\", \
         max(f.\"last_modification\") AS \"ldsbp_last_modification\", \
         {} AS \"ldsbp_has_gain\", {} AS \"ldsbp_has_quality\", {} AS \"ldsbp_has_gain_movie\" \
         FROM \"lofar_dataset_beam_product\" AS p \
         JOIN \"lofar_dataset_beam\" AS b ON b.\"lofar_dataset_beam_id\" = p.\"lofar_dataset_beam_id\" \
         LEFT JOIN \"measurementset\" AS m ON m.\"lofar_dataset_beam_product_id\" = p.\"lofar_dataset_beam_product_id\" \
         LEFT JOIN \"measurementset_meta\" AS s ON s.\"measurementset_meta_id\" = m.\"measurementset_id\" \
         LEFT JOIN \"measurementset_product\" AS f ON f.\"measurementset_id\" = m.\"measurementset_id\" \
         WHERE {} GROUP BY p.\"lofar_dataset_beam_product_id\"",
        any("ms_has_gain"),
        any("ms_has_quality"),
        any("ms_has_gain_movie"),
        touched(BEAM, dialect),
    )
}

/// Beams: sums over their products; sub-bands each once.
pub(super) fn beams(dialect: Dialect) -> String {
    let any = |name: &str| dialect.any(&format!("s.\"{name}\""));
    format!(
        "SELECT b.\"lofar_dataset_beam_id\" AS \"lofar_dataset_beam_meta_id\", \
         (SELECT count(DISTINCT m.\"sb_index\") FROM \"lofar_dataset_beam_product\" AS q \
          JOIN \"measurementset\" AS m ON m.\"lofar_dataset_beam_product_id\" = q.\"lofar_dataset_beam_product_id\" \
          WHERE q.\"lofar_dataset_beam_id\" = b.\"lofar_dataset_beam_id\") AS \"ldsb_number_sbs\", \
         count(p.\"lofar_dataset_beam_product_id\") AS \"ldsb_number_ldsbp\", \
         min(s.\"ldsbp_minimum_central_frequency\") AS \"ldsb_minimum_central_frequency\", \
         max(s.\"ldsbp_maximum_central_frequency\") AS \"ldsb_maximum_central_frequency\", \
         CAST(COALESCE(sum(s.\"ldsbp_number_measurementset_products\"), 0) AS bigint) AS \"ldsb_number_measurementset_products\", \
         CAST(COALESCE(sum(s.\"ldsbp_total_size\"), 0) AS bigint) AS \"ldsb_total_size\", \
         {} AS \"ldsb_has_gain\", {} AS \"ldsb_has_quality\", {} AS \"ldsb_has_gain_movie\" \
         FROM \"lofar_dataset_beam\" AS b \
         LEFT JOIN \"lofar_dataset_beam_product\" AS p ON p.\"lofar_dataset_beam_id\" = b.\"lofar_dataset_beam_id\" \
         LEFT JOIN \"lofar_dataset_beam_product_meta\" AS s ON s.\"lofar_dataset_beam_product_meta_id\" = p.\"lofar_dataset_beam_product_id\" \
         WHERE {} GROUP BY b.\"lofar_dataset_beam_id\"",
        any("ldsbp_has_gain"),
        any("ldsbp_has_quality"),
        any("ldsbp_has_gain_movie"),
        touched(BEAM, dialect),
    )
}

/// Observations: sums over their beams, their length, their fields.
pub(super) fn observations(dialect: Dialect) -> String {
    let any = |name: &str| dialect.any(&format!("s.\"{name}\""));
    let fields = dialect.joined("f.\"field\"", "f.\"first\"");
    let duration = dialect.rounded("(l.\"final_mjd\" - l.\"initial_mjd\")");
    format!(
        "SELECT l.\"name\" AS \"lofar_dataset_meta_id\", \
         count(DISTINCT b.\"beam_index\") AS \"lds_number_beams\", \
         {duration} AS \"lds_duration\", \
         (SELECT count(*) FROM \"lofar_dataset_has_station\" AS h WHERE h.\"lofar_dataset\" = l.\"name\") AS \"lds_number_stations\", \
         CAST(COALESCE(sum(s.\"ldsb_number_sbs\"), 0) AS bigint) AS \"lds_number_sbs\", \
         (SELECT count(DISTINCT m.\"sb_index\") FROM \"lofar_dataset_beam\" AS c \
          JOIN \"lofar_dataset_beam_product\" AS q ON q.\"lofar_dataset_beam_id\" = c.\"lofar_dataset_beam_id\" \
          JOIN \"measurementset\" AS m ON m.\"lofar_dataset_beam_product_id\" = q.\"lofar_dataset_beam_product_id\" \
          WHERE c.\"lofar_dataset\" = l.\"name\") AS \"lds_number_distinct_sbs\", \
         min(s.\"ldsb_minimum_central_frequency\") AS \"lds_minimum_central_frequency\", \
         max(s.\"ldsb_maximum_central_frequency\") AS \"lds_maximum_central_frequency\", \
         CAST(COALESCE(sum(s.\"ldsb_number_measurementset_products\"), 0) AS bigint) AS \"lds_number_measurementset_products\", \
         CAST(COALESCE(sum(s.\"ldsb_total_size\"), 0) AS bigint) AS \"lds_total_size\", \
         {} AS \"lds_has_gain\", {} AS \"lds_has_quality\", {} AS \"lds_has_gain_movie\", \
         (SELECT c.\"field\" FROM \"lofar_dataset_beam\" AS c WHERE c.\"lofar_dataset\" = l.\"name\" \
          ORDER BY c.\"beam_index\" LIMIT 1) AS \"lds_main_field\", \
         (SELECT {fields} FROM (SELECT c.\"field\" AS \"field\", min(c.\"beam_index\") AS \"first\" FROM \"lofar_dataset_beam\" AS c \
          WHERE c.\"lofar_dataset\" = l.\"name\" AND c.\"field\" IS NOT NULL GROUP BY c.\"field\") AS f) AS \"lds_fields\" \
         FROM \"lofar_dataset\" AS l \
         LEFT JOIN \"lofar_dataset_beam\" AS b ON b.\"lofar_dataset\" = l.\"name\" \
         LEFT JOIN \"lofar_dataset_beam_meta\" AS s ON s.\"lofar_dataset_beam_meta_id\" = b.\"lofar_dataset_beam_id\" \
         WHERE {} GROUP BY l.\"name\"",
        any("ldsb_has_gain"),
        any("ldsb_has_quality"),
        any("ldsb_has_gain_movie"),
        touched("l.\"name\"", dialect),
    )
}
