//! One description of everything in the database: tables, views, words, kinds,
//! and the pseudo-tables that users see.
//!
//! The DDL of both back ends, the query engine, the web pages and the manual are
//! made from it; a fact that stands here stands nowhere else.

pub mod applications;
pub mod diagnostics;
pub mod enumerations;
pub mod kinds;
pub mod meta;
pub mod model;
pub mod movies;
pub mod pseudo;
pub mod reference;
pub mod service;
pub mod views;

#[cfg(test)]
mod tests;

pub use model::{
    Block, Check, Column, Default, ForeignKey, Generated, Index, OnDelete, Table, Type, Unit,
};
pub use views::View;

/// Version of the schema described here.
pub const VERSION: i64 = 2;

/// Ids in a partition, unless a database is made with another width.
pub const PARTITION_WIDTH: i64 = 20_000;

/// Every table in an order in which it can be made: parents first.
pub fn tables() -> impl DoubleEndedIterator<Item = &'static Table> {
    [
        reference::TABLES,
        applications::TABLES,
        diagnostics::TABLES,
        movies::TABLES,
        meta::TABLES,
        service::TABLES,
    ]
    .into_iter()
    .flatten()
    .copied()
}

/// The table of that name.
pub fn table(name: &str) -> Option<&'static Table> {
    tables().find(|table| table.name == name)
}

/// The view of that name.
pub fn view(name: &str) -> Option<&'static View> {
    views::VIEWS.iter().copied().find(|view| view.name == name)
}

/// A column of a table or view.
pub fn column(relation: &str, name: &str) -> Option<&'static Column> {
    view(relation).map_or_else(
        || table(relation).and_then(|table| table.column(name)),
        |view| view.column(name),
    )
}
