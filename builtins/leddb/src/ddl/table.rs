//! Tables, their keys, checks and indexes.

use std::fmt::Write as _;

use super::Ddl;
use super::ident::{list, quoted};
use crate::dialect::{Dialect, literal};
use crate::schema::{Check, Column, Generated, OnDelete, Table, Type};

/// Name of the sequence of a table's ids.
pub(crate) fn sequence_name(table: &Table) -> String {
    format!("{}_seq", table.name)
}

/// Name of a unique key, by its place.
pub(crate) fn key_name(table: &Table, place: usize) -> String {
    if place == 0 { format!("{}_key", table.short) } else { format!("{}_key_{place}", table.short) }
}

/// Name of an index, by its columns.
pub(crate) fn index_name(table: &Table, columns: &[&str]) -> String {
    format!("{}_by_{}", table.short, columns.join("_"))
}

/// Each rule of a table: its name and its SQL.
fn checks(dialect: Dialect, table: &Table) -> Vec<(String, String)> {
    let mut all = Vec::new();
    let mut add = |subject: &str, rule: &str, sql: String| {
        all.push((format!("{}_{subject}_{rule}", table.short), sql));
    };
    for column in table.columns {
        let name = quoted(column.name);
        match (column.kind, dialect) {
            (Type::Text(Some(max)), _) => {
                add(column.name, "length", format!("length({name}) <= {max}"));
            }
            (Type::Bool, Dialect::Sqlite) => add(column.name, "flag", format!("{name} IN (0, 1)")),
            (Type::Floats(count) | Type::Ints(Some(count)), Dialect::Postgres) => {
                add(
                    column.name,
                    "count",
                    format!("array_ndims({name}) = 1 AND cardinality({name}) = {count}"),
                );
            }
            (Type::Floats(count) | Type::Ints(Some(count)), Dialect::Sqlite) => {
                add(
                    column.name,
                    "count",
                    format!(
                        "json_valid({name}) AND json_type({name}) = 'array' AND json_array_length({name}) = {count}"
                    ),
                );
            }
            (Type::Ints(None), Dialect::Sqlite) => add(
                column.name,
                "list",
                format!("json_valid({name}) AND json_type({name}) = 'array'"),
            ),
            (Type::Json, Dialect::Sqlite) => {
                add(column.name, "json", format!("json_valid({name})"));
            }
            (Type::Json, Dialect::Postgres) => {
                // The cast fails where the text is none; nothing at all is allowed.
                add(
                    column.name,
                    "json",
                    format!("{name} IS NULL OR CAST({name} AS jsonb) IS NOT NULL"),
                );
            }
            _ => {}
        }
    }
    for check in table.checks {
        match *check {
            Check::OneOf(column, words) => {
                let words: Vec<_> = words.iter().map(|word| literal(word)).collect();
                add(column, "known", format!("{} IN ({})", quoted(column), words.join(", ")));
            }
            Check::AtLeast(column, least) => {
                add(column, "least", format!("{} >= {least}", quoted(column)));
            }
            Check::Exactly(column, number) => {
                add(column, "exact", format!("{} = {number}", quoted(column)));
            }
            Check::NotEmpty(column) => add(column, "filled", format!("{} <> ''", quoted(column))),
            Check::NotBefore(column, other) => {
                add(column, "order", format!("{} >= {}", quoted(column), quoted(other)));
            }
            Check::Less(column, other) => {
                add(column, "order", format!("{} < {}", quoted(column), quoted(other)));
            }
            Check::ValuesLength => {
                let length = match dialect {
                    Dialect::Sqlite => "length(\"values\")",
                    Dialect::Postgres => "octet_length(\"values\")",
                };
                let mut elements = "CAST(\"n_corr\" AS bigint) * \"n_freq\"".to_string();
                if table.column("n_time").is_some() {
                    elements.push_str(" * \"n_time\"");
                }
                add("values", "length", format!("{length} = 16 * {elements}"));
            }
        }
    }
    all
}

/// Names of the rules of a table.
pub(crate) fn check_names(dialect: Dialect, table: &Table) -> Vec<String> {
    checks(dialect, table).into_iter().map(|(name, _)| name).collect()
}

/// Whether the id alone is the key in an SQLite table: ids are unique there, and
/// the id being the place of the row saves an index.
fn id_is_row(dialect: Dialect, table: &Table) -> Option<&'static str> {
    let (column, _) = table.id?;
    let alone = table.primary == [column];
    (dialect == Dialect::Sqlite && (alone || table.partitioned)).then_some(column)
}

fn column_sql(dialect: Dialect, table: &Table, column: &Column) -> String {
    let mut sql = format!("{} {}", quoted(column.name), dialect.type_name(column.kind));
    if id_is_row(dialect, table) == Some(column.name) {
        sql.push_str(" PRIMARY KEY");
        return sql;
    }
    if !column.nullable {
        sql.push_str(" NOT NULL");
    }
    if let Some(Generated::Microseconds(of)) = column.generated {
        let microseconds = dialect.rounded(&format!("({} * 1e6)", quoted(of)));
        let microseconds = microseconds.replace("1e6", "1000000.0");
        let _ = write!(
            sql,
            " GENERATED ALWAYS AS ({}) STORED",
            match dialect {
                Dialect::Sqlite => microseconds,
                // A decimal constant would make the product a decimal number.
                Dialect::Postgres => microseconds.replace("1000000.0", "double precision '1e6'"),
            }
        );
    }
    if let Some(default) = column.default {
        let _ = write!(sql, " DEFAULT {}", dialect.constant(default));
    }
    if let (Dialect::Postgres, Some((id, _))) = (dialect, table.id)
        && id == column.name
    {
        let sequence = literal(&quoted(&sequence_name(table)));
        let _ = write!(sql, " DEFAULT nextval(CAST({sequence} AS regclass))");
    }
    sql
}

/// A table with everything that belongs to it.
pub(crate) fn create_table(dialect: Dialect, table: &Table) -> Vec<Ddl> {
    let mut all = Vec::new();
    if let (Dialect::Postgres, Some((_, first))) = (dialect, table.id) {
        all.push(Ddl(format!(
            "CREATE SEQUENCE {} AS bigint MINVALUE {first} START WITH {first}",
            quoted(&sequence_name(table))
        )));
    }
    let mut parts: Vec<String> =
        table.columns.iter().map(|column| column_sql(dialect, table, column)).collect();
    if id_is_row(dialect, table).is_none() {
        parts.push(format!(
            "CONSTRAINT {} PRIMARY KEY ({})",
            quoted(&format!("{}_pkey", table.short)),
            list(table.primary)
        ));
    }
    for (place, key) in table.uniques.iter().enumerate() {
        parts.push(format!(
            "CONSTRAINT {} UNIQUE ({})",
            quoted(&key_name(table, place)),
            list(key)
        ));
    }
    for key in table.foreign {
        let cascade = match key.on_delete {
            OnDelete::Cascade => " ON DELETE CASCADE",
            OnDelete::Refuse => "",
        };
        parts.push(format!(
            "CONSTRAINT {} FOREIGN KEY ({}) REFERENCES {} ({}){cascade}",
            quoted(&format!("{}_{}_fkey", table.short, key.column)),
            quoted(key.column),
            quoted(key.table),
            quoted(key.references),
        ));
    }
    for (name, sql) in checks(dialect, table) {
        parts.push(format!("CONSTRAINT {} CHECK ({sql})", quoted(&name)));
    }
    let tail = match dialect {
        // A row of a table without an id of its own lives in its key.
        Dialect::Sqlite if id_is_row(dialect, table).is_none() => " STRICT, WITHOUT ROWID",
        Dialect::Sqlite => " STRICT",
        Dialect::Postgres if table.partitioned => " PARTITION BY RANGE (\"measurementset_id\")",
        Dialect::Postgres => "",
    };
    all.push(Ddl(format!(
        "CREATE TABLE {} (\n  {}\n){tail}",
        quoted(table.name),
        parts.join(",\n  ")
    )));
    if dialect == Dialect::Postgres {
        for column in table.columns.iter().filter(|column| column.kind == Type::Values) {
            // Neither compressed nor cut: random bits of floats do not shrink, and
            // packing them costs more time than reading them.
            all.push(Ddl(format!(
                "ALTER TABLE {} ALTER COLUMN {} SET STORAGE EXTERNAL",
                quoted(table.name),
                quoted(column.name)
            )));
        }
        if let Some((column, _)) = table.id {
            all.push(Ddl(format!(
                "ALTER SEQUENCE {} OWNED BY {}.{}",
                quoted(&sequence_name(table)),
                quoted(table.name),
                quoted(column)
            )));
        }
    }
    for index in table.indexes {
        if id_is_row(dialect, table).is_some_and(|id| index.columns == [id]) {
            continue;
        }
        all.push(Ddl(format!(
            "CREATE INDEX {} ON {} ({})",
            quoted(&index_name(table, index.columns)),
            quoted(table.name),
            list(index.columns)
        )));
    }
    all
}

/// The first id of each table, where there are no sequences.
pub(crate) fn start_counters(tables: impl Iterator<Item = &'static Table>) -> Vec<Ddl> {
    tables
        .filter_map(|table| table.id.map(|(_, first)| (table.name, first)))
        .map(|(name, first)| {
            Ddl(format!(
                "INSERT INTO \"id_counter\" (\"name\", \"next_id\") VALUES ({}, {first})",
                literal(name)
            ))
        })
        .collect()
}
