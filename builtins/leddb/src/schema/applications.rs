//! Processing steps applied to a product; they are told to the archive.

use super::model::{Block, Column, ForeignKey, Index, Table};

/// Steps of a product.
pub static APPLICATION_RUN: Table = Table::new(
    "application_run",
    "apprun",
    Block::Applications,
    "Processing steps applied to a product",
)
.columns(&[
    Column::int("application_run_id", "id of the step"),
    Column::int("lofar_dataset_beam_product_id", "id of the product"),
    Column::int("order_index", "place of the step in the processing"),
    Column::name("app_name", 20, "program").null(),
    Column::text("description", "what the step did").null(),
])
.primary(&["application_run_id"])
.uniques(&[&["lofar_dataset_beam_product_id", "order_index"]])
.foreign(&[ForeignKey::cascade(
    "lofar_dataset_beam_product_id",
    "lofar_dataset_beam_product",
    "lofar_dataset_beam_product_id",
)])
.id("application_run_id", 0);

/// Files of a step.
pub static APPLICATION_FILE: Table =
    Table::new("application_file", "appfile", Block::Applications, "Files of a processing step")
        .columns(&[
            Column::int("application_file_id", "id of the file"),
            Column::int("application_run_id", "id of the step"),
            Column::text("file_path", "path of the file").null(),
        ])
        .primary(&["application_file_id"])
        .foreign(&[ForeignKey::cascade(
            "application_run_id",
            "application_run",
            "application_run_id",
        )])
        .indexes(&[Index { columns: &["application_run_id"] }])
        .id("application_file_id", 0);

/// All of this file, parents first.
pub static TABLES: &[&Table] = &[&APPLICATION_RUN, &APPLICATION_FILE];
