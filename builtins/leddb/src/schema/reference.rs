//! Which observations exist, their beams and products, the sub-bands of each
//! product, and where each file lies.
//!
//! LDS 1–n LDSB 1–n LDSBP 1–n MS 1–n MSP. The row of a file goes when the file
//! does; that of its measurement set stays, for its diagnostics stay valid.

use super::enumerations::{ANTENNA_TYPES, LOCATION_TYPES, PRODUCT_STATES};
use super::model::{
    Block, Check, Column, Default, ForeignKey, Generated, Index, Table, Type, Unit,
};

const fn table(name: &'static str, short: &'static str, about: &'static str) -> Table {
    Table::new(name, short, Block::Reference, about)
}

/// Projects.
pub static PROJECT: Table = table("project", "project", "Projects that observations are made for")
    .columns(&[Column::name("name", 40, "project code")])
    .primary(&["name"])
    .checks(&[Check::NotEmpty("name")]);

/// Antenna bands.
pub static ANTENNA_TYPE: Table = table("antenna_type", "antenna", "Antenna bands")
    .columns(&[Column::name("name", 10, "antenna band, `HBA` or `LBA`")])
    .primary(&["name"])
    .checks(&[Check::OneOf("name", ANTENNA_TYPES)]);

/// Observations (LDS).
pub static LOFAR_DATASET: Table = table("lofar_dataset", "lds", "Observations (LDS)")
    .columns(&[
        Column::name("name", 15, "observation name, `L` and its number"),
        Column::name("project", 40, "project code the observation was made for").null(),
        Column::name("antenna_type", 10, "antenna band, `HBA` or `LBA`").null(),
        Column::float("initial_mjd", Unit::MjdSeconds, "first time stamp").null(),
        Column::float("final_mjd", Unit::MjdSeconds, "last time stamp").null(),
        Column::name("initial_utc", 25, "first time stamp as text").unit(Unit::UtcText).null(),
        Column::name("final_utc", 25, "last time stamp as text").unit(Unit::UtcText).null(),
    ])
    .primary(&["name"])
    .foreign(&[
        ForeignKey::to("project", "project", "name"),
        ForeignKey::to("antenna_type", "antenna_type", "name"),
    ])
    .checks(&[Check::NotEmpty("name")])
    .indexes(&[Index { columns: &["initial_mjd", "name"] }]);

/// Stations.
pub static STATION: Table = table("station", "station", "Stations")
    .columns(&[
        Column::name("name", 20, "station name, such as `CS001HBA0`"),
        Column::name("antenna_type", 10, "antenna band of the station"),
        Column::name("location_type", 2, "`CS` core, `RS` remote, `IS` international"),
        Column::new("position", Type::Floats(3), "ITRF x, y, z").unit(Unit::Metres),
    ])
    .primary(&["name"])
    .foreign(&[ForeignKey::to("antenna_type", "antenna_type", "name")])
    .checks(&[Check::NotEmpty("name"), Check::OneOf("location_type", LOCATION_TYPES)]);

/// Which stations took part in which observation.
pub static LOFAR_DATASET_HAS_STATION: Table = table(
    "lofar_dataset_has_station",
    "lds_station",
    "Which stations took part in which observation",
)
.columns(&[
    Column::name("lofar_dataset", 15, "observation"),
    Column::name("station", 20, "station that took part"),
])
.primary(&["lofar_dataset", "station"])
.foreign(&[
    ForeignKey::cascade("lofar_dataset", "lofar_dataset", "name"),
    ForeignKey::to("station", "station", "name"),
])
.indexes(&[Index { columns: &["station"] }]);

/// Pairs of stations, autocorrelations among them.
pub static BASELINE: Table =
    table("baseline", "baseline", "Pairs of stations, autocorrelations among them")
        .columns(&[
            Column::int("baseline_id", "id of the baseline"),
            Column::name("station_1", 20, "first station of the baseline, by name"),
            Column::name("station_2", 20, "second station of the baseline, by name"),
        ])
        .primary(&["baseline_id"])
        .uniques(&[&["station_1", "station_2"]])
        .foreign(&[
            ForeignKey::to("station_1", "station", "name"),
            ForeignKey::to("station_2", "station", "name"),
        ])
        .checks(&[Check::NotBefore("station_2", "station_1")])
        .id("baseline_id", 0);

/// Target fields.
pub static FIELD: Table = table("field", "field", "Target fields")
    .columns(&[Column::text("name", "name of the target field")])
    .primary(&["name"])
    .checks(&[Check::NotEmpty("name")]);

/// Beams (LDSB).
pub static LOFAR_DATASET_BEAM: Table =
    table("lofar_dataset_beam", "ldsb", "Beams of observations (LDSB)")
        .columns(&[
            Column::int("lofar_dataset_beam_id", "id of the beam"),
            Column::name("lofar_dataset", 15, "observation"),
            Column::int("beam_index", "beam number within the observation, from 0"),
            Column::text("field", "name of the target field of the beam").null(),
            Column::float("phase_direction_ra", Unit::Degrees, "pointing right ascension").null(),
            Column::float("phase_direction_dec", Unit::Degrees, "pointing declination").null(),
        ])
        .primary(&["lofar_dataset_beam_id"])
        .uniques(&[&["lofar_dataset", "beam_index"]])
        .foreign(&[
            ForeignKey::cascade("lofar_dataset", "lofar_dataset", "name"),
            ForeignKey::to("field", "field", "name"),
        ])
        .checks(&[Check::AtLeast("beam_index", 0)])
        .indexes(&[Index { columns: &["field"] }])
        .id("lofar_dataset_beam_id", 0);

/// Places that hold products.
pub static STORE: Table = table("store", "store", "Places that hold products")
    .columns(&[Column::name("name", 20, "store")])
    .primary(&["name"])
    .checks(&[Check::NotEmpty("name")]);

/// Products of a beam (LDSBP).
pub static LOFAR_DATASET_BEAM_PRODUCT: Table = table(
    "lofar_dataset_beam_product",
    "ldsbp",
    "Products of beams (LDSBP): sets of one store, averaging, version and packing",
)
.columns(&[
    Column::int("lofar_dataset_beam_product_id", "id of the product"),
    Column::int("lofar_dataset_beam_id", "id of the beam"),
    Column::name("store", 20, "store that holds the product"),
    Column::float(
        "integration_time",
        Unit::Seconds,
        "integration time; negative: not known, see the product's state",
    ),
    Column::int(
        "integration_time_us",
        "integration time in whole microseconds, part of the identity",
    )
    .generated(Generated::Microseconds("integration_time")),
    Column::int(
        "number_channels",
        "channels per sub-band; negative: not known, see the product's state",
    ),
    Column::int("product_version", "processing version parsed from the path, 0 if none"),
    Column::flag("raw", "never averaged by NDPPP: the path holds no `dppp`"),
    Column::flag("tar", "products are tar files"),
    Column::flag("bvf", "products are BVF files"),
    Column::text("description", "short text, normally channels and seconds").null(),
    Column::name("main_user", 20, "owner of the files when first seen").null(),
    Column::time("add_date", "when the row was made").null(),
    Column::flag("flagged", "has been flagged").null(),
    Column::flag("averaged", "has been averaged").null(),
    Column::flag("calibrated", "has been calibrated").null(),
    Column::flag("dir_dep_calibration", "direction-dependent calibration applied").null(),
    Column::flag("dir_indep_calibration", "direction-independent calibration applied").null(),
    Column::name(
        "product_state",
        10,
        "`ok`, or why averaging is not known: `tar`, `bvf`, `unknown`, `error`",
    )
    .default(Default::Text("ok")),
])
.primary(&["lofar_dataset_beam_product_id"])
.uniques(&[&[
    "lofar_dataset_beam_id",
    "store",
    "integration_time_us",
    "number_channels",
    "product_version",
    "raw",
    "tar",
    "bvf",
]])
.foreign(&[
    ForeignKey::cascade("lofar_dataset_beam_id", "lofar_dataset_beam", "lofar_dataset_beam_id"),
    ForeignKey::to("store", "store", "name"),
])
.checks(&[Check::OneOf("product_state", PRODUCT_STATES)])
.id("lofar_dataset_beam_product_id", 0);

/// Measurement sets: one sub-band of a product.
pub static MEASUREMENTSET: Table =
    table("measurementset", "ms", "Measurement sets (MS): one sub-band of a product")
        .columns(&[
            Column::int("measurementset_id", "id of the measurement set"),
            Column::int("lofar_dataset_beam_product_id", "id of the product"),
            Column::int("sb_index", "sub-band index"),
            Column::float("central_frequency", Unit::Megahertz, "centre frequency").null(),
            Column::float("bandwidth", Unit::Megahertz, "sub-band width").null(),
            Column::float("initial_mjd", Unit::MjdSeconds, "first time stamp of the set itself")
                .null(),
            Column::float("final_mjd", Unit::MjdSeconds, "last time stamp of the set itself")
                .null(),
        ])
        .primary(&["measurementset_id"])
        .uniques(&[&["lofar_dataset_beam_product_id", "sb_index"]])
        .foreign(&[ForeignKey::cascade(
            "lofar_dataset_beam_product_id",
            "lofar_dataset_beam_product",
            "lofar_dataset_beam_product_id",
        )])
        .checks(&[Check::AtLeast("sb_index", 0)])
        .indexes(&[Index { columns: &["sb_index", "measurementset_id"] }])
        .id("measurementset_id", 0);

/// Machines and remote stores that hold files.
pub static STORE_HOST: Table =
    table("store_host", "host", "Machines and remote stores that hold files")
        .columns(&[Column::name("name", 20, "node or remote store")])
        .primary(&["name"])
        .checks(&[Check::NotEmpty("name")]);

/// Folders that hold files.
pub static PARENT_PATH: Table = table("parent_path", "parent", "Folders that hold files")
    .columns(&[Column::text("name", "absolute path of the folder")])
    .primary(&["name"])
    .checks(&[Check::NotEmpty("name")]);

/// Files and folders of measurement sets (MSP).
pub static MEASUREMENTSET_PRODUCT: Table =
    table("measurementset_product", "msp", "Files and folders that hold measurement sets (MSP)")
        .columns(&[
            Column::int("measurementset_product_id", "id of the file or folder"),
            Column::int("measurementset_id", "id of the measurement set"),
            Column::name("store_host", 20, "machine holding the data"),
            Column::text("parent_path", "folder holding the data"),
            Column::name("name", 100, "base name of the file or folder"),
            Column::time("last_check", "when the updater last saw it").null(),
            Column::time("last_modification", "newest modification time inside the product").null(),
            Column::int("product_size", "size, may include diagnostic sub-tables")
                .unit(Unit::Mebibytes)
                .null(),
            Column::name("checksum", 32, "MD5 of the file, where a list of its store tells it")
                .null(),
        ])
        .primary(&["measurementset_product_id"])
        .uniques(&[&["store_host", "parent_path", "name"]])
        .foreign(&[
            ForeignKey::cascade("measurementset_id", "measurementset", "measurementset_id"),
            ForeignKey::to("store_host", "store_host", "name"),
            ForeignKey::to("parent_path", "parent_path", "name"),
        ])
        .checks(&[Check::NotEmpty("name"), Check::AtLeast("product_size", 0)])
        .indexes(&[
            Index { columns: &["measurementset_id"] },
            Index { columns: &["store_host", "last_check"] },
        ])
        .id("measurementset_product_id", 0);

/// All of this file, parents first.
pub static TABLES: &[&Table] = &[
    &PROJECT,
    &ANTENNA_TYPE,
    &LOFAR_DATASET,
    &STATION,
    &LOFAR_DATASET_HAS_STATION,
    &BASELINE,
    &FIELD,
    &LOFAR_DATASET_BEAM,
    &STORE,
    &LOFAR_DATASET_BEAM_PRODUCT,
    &MEASUREMENTSET,
    &STORE_HOST,
    &PARENT_PATH,
    &MEASUREMENTSET_PRODUCT,
];
