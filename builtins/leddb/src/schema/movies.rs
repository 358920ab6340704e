//! Movies made from gains, and what they show.

use super::enumerations::MOVIE_AXES;
use super::model::{Block, Check, Column, ForeignKey, Index, Table, Type, Unit};

/// Movies.
pub static GAIN_MOVIE: Table =
    Table::new("gain_movie", "movie", Block::Movies, "Movies made from gains")
        .columns(&[
            Column::int("gain_movie_id", "id of the movie"),
            Column::text("file_path", "path of the movie file"),
            Column::name("store_host", 20, "machine holding the movie"),
            Column::int("product_size", "size of the movie").unit(Unit::Mebibytes),
            Column::name(
                "xaxis",
                4,
                "quantity on the x axis, `time` or `freq`; the film runs over the other one",
            ),
            Column::new("jones", Type::Ints(None), "correlation indexes shown, 0 to 3"),
            Column::flag("polar", "amplitude and phase instead of real and imaginary"),
            Column::name("reference_station", 20, "station phases are referred to, if any").null(),
            Column::new(
                "times",
                Type::Ints(Some(3)),
                "times used: first, last (-1: to the end), step",
            ),
            Column::new(
                "channels",
                Type::Ints(Some(3)),
                "channels used: first, last (-1: to the end), step",
            ),
            Column::text("yrange", "limits of the y axes"),
            Column::text("message", "free caption").null(),
            Column::time("last_check", "when the row was written").null(),
        ])
        .primary(&["gain_movie_id"])
        .uniques(&[&["file_path", "store_host"]])
        .foreign(&[
            ForeignKey::to("store_host", "store_host", "name"),
            ForeignKey::to("reference_station", "station", "name"),
        ])
        .checks(&[
            Check::NotEmpty("file_path"),
            Check::OneOf("xaxis", MOVIE_AXES),
            Check::AtLeast("product_size", 0),
        ])
        .id("gain_movie_id", 0);

/// Which measurement sets a movie shows.
pub static GAIN_MOVIE_HAS_MEASUREMENTSET: Table = Table::new(
    "gain_movie_has_measurementset",
    "movie_ms",
    Block::Movies,
    "Which measurement sets a movie shows",
)
.columns(&[
    Column::int("gain_movie_id", "id of the movie"),
    Column::int("measurementset_id", "id of the measurement set"),
])
.primary(&["gain_movie_id", "measurementset_id"])
.foreign(&[
    ForeignKey::cascade("gain_movie_id", "gain_movie", "gain_movie_id"),
    ForeignKey::cascade("measurementset_id", "measurementset", "measurementset_id"),
])
.indexes(&[Index { columns: &["measurementset_id"] }]);

/// Which stations a movie shows.
pub static GAIN_MOVIE_HAS_STATION: Table = Table::new(
    "gain_movie_has_station",
    "movie_station",
    Block::Movies,
    "Which stations a movie shows",
)
.columns(&[
    Column::int("gain_movie_id", "id of the movie"),
    Column::name("station", 20, "station shown"),
    Column::float("delay", Unit::None, "delay applied to the station").null(),
])
.primary(&["gain_movie_id", "station"])
.foreign(&[
    ForeignKey::cascade("gain_movie_id", "gain_movie", "gain_movie_id"),
    ForeignKey::to("station", "station", "name"),
]);

/// All of this file, parents first.
pub static TABLES: &[&Table] =
    &[&GAIN_MOVIE, &GAIN_MOVIE_HAS_MEASUREMENTSET, &GAIN_MOVIE_HAS_STATION];
