//! Facts derived from the other tables, kept so that lists of observations need
//! not count millions of rows. [`crate::meta`] has the formulas.

use super::model::{Block, Column, ForeignKey, Table, Unit};

const fn count(name: &'static str, about: &'static str) -> Column {
    Column::int(name, about).null()
}

const fn size(name: &'static str, about: &'static str) -> Column {
    Column::int(name, about).unit(Unit::Mebibytes).null()
}

const fn frequency(name: &'static str, about: &'static str) -> Column {
    Column::float(name, Unit::Megahertz, about).null()
}

const fn flag(name: &'static str, about: &'static str) -> Column {
    Column::flag(name, about).null()
}

/// Facts of measurement sets.
pub static MEASUREMENTSET_META: Table =
    Table::new("measurementset_meta", "ms_meta", Block::Meta, "Derived facts of measurement sets")
        .columns(&[
            Column::int("measurementset_meta_id", "id of the measurement set"),
            flag("ms_has_msp", "at least one file or folder still exists"),
            flag("ms_has_gain", "gain rows exist for the measurement set"),
            flag("ms_has_quality", "quality rows exist for the measurement set"),
            flag("ms_has_gain_movie", "the measurement set appears in a gain movie"),
        ])
        .primary(&["measurementset_meta_id"])
        .foreign(&[ForeignKey::cascade(
            "measurementset_meta_id",
            "measurementset",
            "measurementset_id",
        )]);

/// Facts of products.
pub static LOFAR_DATASET_BEAM_PRODUCT_META: Table = Table::new(
    "lofar_dataset_beam_product_meta",
    "ldsbp_meta",
    Block::Meta,
    "Derived facts of products",
)
.columns(&[
    Column::int("lofar_dataset_beam_product_meta_id", "id of the product"),
    frequency("ldsbp_minimum_central_frequency", "lowest sub-band centre of the product"),
    frequency("ldsbp_maximum_central_frequency", "highest sub-band centre of the product"),
    count("ldsbp_number_measurementset_products", "files and folders of the product"),
    size("ldsbp_total_size", "sum of their sizes"),
    Column::time("ldsbp_last_modification", "newest modification time among them").null(),
    flag("ldsbp_has_gain", "some measurement set of the product has gain rows"),
    flag("ldsbp_has_quality", "some measurement set of the product has quality rows"),
    flag("ldsbp_has_gain_movie", "some measurement set of the product appears in a gain movie"),
])
.primary(&["lofar_dataset_beam_product_meta_id"])
.foreign(&[ForeignKey::cascade(
    "lofar_dataset_beam_product_meta_id",
    "lofar_dataset_beam_product",
    "lofar_dataset_beam_product_id",
)]);

/// Facts of beams.
pub static LOFAR_DATASET_BEAM_META: Table =
    Table::new("lofar_dataset_beam_meta", "ldsb_meta", Block::Meta, "Derived facts of beams")
        .columns(&[
            Column::int("lofar_dataset_beam_meta_id", "id of the beam"),
            count("ldsb_number_sbs", "distinct sub-band indexes of the beam"),
            count("ldsb_number_ldsbp", "products of the beam"),
            frequency("ldsb_minimum_central_frequency", "lowest sub-band centre of the beam"),
            frequency("ldsb_maximum_central_frequency", "highest sub-band centre of the beam"),
            count("ldsb_number_measurementset_products", "files and folders of the beam"),
            size("ldsb_total_size", "sum of product sizes of the beam"),
            flag("ldsb_has_gain", "some measurement set of the beam has gain rows"),
            flag("ldsb_has_quality", "some measurement set of the beam has quality rows"),
            flag("ldsb_has_gain_movie", "some measurement set of the beam appears in a gain movie"),
        ])
        .primary(&["lofar_dataset_beam_meta_id"])
        .foreign(&[ForeignKey::cascade(
            "lofar_dataset_beam_meta_id",
            "lofar_dataset_beam",
            "lofar_dataset_beam_id",
        )]);

/// Facts of observations.
pub static LOFAR_DATASET_META: Table =
    Table::new("lofar_dataset_meta", "lds_meta", Block::Meta, "Derived facts of observations")
        .columns(&[
            Column::name("lofar_dataset_meta_id", 15, "observation"),
            count("lds_number_beams", "how many beams (distinct beam indexes)"),
            Column::int("lds_duration", "observation length, whole seconds")
                .unit(Unit::Seconds)
                .null(),
            count("lds_number_stations", "how many stations took part"),
            count("lds_number_sbs", "sub-bands, summed over beams"),
            count("lds_number_distinct_sbs", "distinct sub-band indexes over all beams"),
            frequency("lds_minimum_central_frequency", "lowest sub-band centre"),
            frequency("lds_maximum_central_frequency", "highest sub-band centre"),
            count(
                "lds_number_measurementset_products",
                "files and folders known for the observation",
            ),
            size("lds_total_size", "sum of all product sizes"),
            flag("lds_has_gain", "some measurement set below it has gain rows"),
            flag("lds_has_quality", "some measurement set below it has quality rows"),
            flag("lds_has_gain_movie", "some measurement set below it appears in a gain movie"),
            Column::text("lds_main_field", "field of the lowest beam index").null(),
            Column::text(
                "lds_fields",
                "fields of all beams in their order, each once, between commas",
            )
            .null(),
        ])
        .primary(&["lofar_dataset_meta_id"])
        .foreign(&[ForeignKey::cascade("lofar_dataset_meta_id", "lofar_dataset", "name")]);

/// All of this file, lowest level first.
pub static TABLES: &[&Table] = &[
    &MEASUREMENTSET_META,
    &LOFAR_DATASET_BEAM_PRODUCT_META,
    &LOFAR_DATASET_BEAM_META,
    &LOFAR_DATASET_META,
];
