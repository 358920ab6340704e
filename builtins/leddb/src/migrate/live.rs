//! What a database really has, read from its catalogue, and what it should have,
//! in one form so that the two can be compared.

use std::collections::{BTreeMap, BTreeSet};

use crate::ddl;
use crate::dialect::Dialect;
use crate::error::Result;
use crate::schema::{self, OnDelete, Table};
use crate::store::{Statement, Transaction, Value};

/// A reference: column, table, its column, whether deletions follow it.
pub(super) type Reference = (String, String, String, bool);

/// What matters of a table.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Shape {
    /// Type and whether it may be unknown, by column.
    pub(super) columns: BTreeMap<String, (String, bool)>,
    /// Unique keys, the primary one among them.
    pub(super) keys: BTreeSet<Vec<String>>,
    /// References.
    pub(super) foreign: BTreeSet<Reference>,
    /// Names of the rules.
    pub(super) rules: BTreeSet<String>,
    /// Columns of other indexes.
    pub(super) indexes: BTreeSet<Vec<String>>,
    /// Whether it is cut into partitions.
    pub(super) partitioned: bool,
}

fn texts(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

/// What a table should have.
pub(super) fn expected(dialect: Dialect, table: &Table) -> Shape {
    let sqlite = dialect == Dialect::Sqlite;
    let id = table.id.map(|(column, _)| column);
    let id_is_row = sqlite && (table.partitioned || id.is_some_and(|id| table.primary == [id]));
    let primary = match id {
        Some(id) if id_is_row => vec![id.to_string()],
        _ => texts(table.primary),
    };
    let mut keys = BTreeSet::from([primary.clone()]);
    if id_is_row {
        // The place of a row is no index of its own.
        keys.clear();
    }
    keys.extend(table.uniques.iter().map(|key| texts(key)));
    Shape {
        columns: table
            .columns
            .iter()
            .map(|column| {
                let kind = dialect.type_name(column.kind).to_string();
                (column.name.to_string(), (kind, column.nullable))
            })
            .collect(),
        keys,
        foreign: table
            .foreign
            .iter()
            .map(|key| {
                (
                    key.column.to_string(),
                    key.table.to_string(),
                    key.references.to_string(),
                    key.on_delete == OnDelete::Cascade,
                )
            })
            .collect(),
        rules: ddl::check_names(dialect, table).into_iter().collect(),
        indexes: table
            .indexes
            .iter()
            .map(|index| texts(index.columns))
            .filter(|columns| !(id_is_row && *columns == primary))
            .collect(),
        partitioned: table.partitioned && !sqlite,
    }
}

/// All tables that a database has and that the description names.
pub(super) fn tables(tx: &mut Transaction) -> Result<BTreeMap<String, Shape>> {
    match tx.dialect() {
        Dialect::Sqlite => sqlite(tx),
        Dialect::Postgres => postgres(tx),
    }
}

fn sqlite(tx: &mut Transaction) -> Result<BTreeMap<String, Shape>> {
    let mut all = BTreeMap::new();
    for row in tx.rows(Statement::constant(
        "SELECT \"name\", \"sql\" FROM \"sqlite_schema\" WHERE \"type\" = 'table' AND \"name\" NOT LIKE 'sqlite_%'",
        Vec::new(),
    ))? {
        let (name, sql): (String, String) = (row.get(0)?, row.get(1)?);
        let about = |text| Statement::constant(text, vec![Value::Text(name.clone())]);
        let mut shape = Shape::default();
        for row in tx.rows(about(
            "SELECT \"name\", \"type\", \"notnull\", \"pk\" FROM pragma_table_xinfo($1)",
        ))? {
            let required = row.get::<i64>(2)? != 0 || row.get::<i64>(3)? != 0;
            shape.columns.insert(row.get(0)?, (row.get(1)?, !required));
        }
        for row in tx.rows(about("SELECT \"name\", \"unique\" FROM pragma_index_list($1)"))? {
            let columns = tx
                .rows(Statement::constant(
                    "SELECT \"name\" FROM pragma_index_info($1) ORDER BY \"seqno\"",
                    vec![Value::Text(row.get(0)?)],
                ))?
                .iter()
                .map(|row| row.get(0))
                .collect::<Result<Vec<String>>>()?;
            if row.get::<i64>(1)? != 0 {
                shape.keys.insert(columns);
            } else {
                shape.indexes.insert(columns);
            }
        }
        for row in tx.rows(about(
            "SELECT \"from\", \"table\", \"to\", \"on_delete\" FROM pragma_foreign_key_list($1)",
        ))? {
            shape
                .foreign
                .insert((row.get(0)?, row.get(1)?, row.get(2)?, row.get::<String>(3)? == "CASCADE"));
        }
        // The catalogue has no list of rules but the text itself.
        shape.rules = sql
            .match_indices("CONSTRAINT \"")
            .filter_map(|(at, _)| {
                let (name, rest) = sql[at + 12..].split_once('"')?;
                rest.starts_with(" CHECK").then(|| name.to_string())
            })
            .collect();
        all.insert(name, shape);
    }
    Ok(all)
}

fn postgres(tx: &mut Transaction) -> Result<BTreeMap<String, Shape>> {
    let mut all: BTreeMap<String, Shape> = BTreeMap::new();
    let names: Vec<Value> =
        vec![Value::Texts(schema::tables().map(|table| table.name.to_string()).collect())];
    let about = |text| Statement::constant(text, names.clone());
    for row in tx.rows(about(
        "SELECT CAST(c.relname AS text), CAST(a.attname AS text), format_type(a.atttypid, NULL), a.attnotnull, \
         CAST(l.collname AS text), c.relkind = 'p' \
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid \
         LEFT JOIN pg_collation l ON l.oid = a.attcollation \
         WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped \
         AND c.relname = ANY($1)",
    ))? {
        let shape = all.entry(row.get(0)?).or_default();
        let mut kind: String = row.get(2)?;
        if let Some(collation) = row.get::<Option<String>>(4)? {
            kind = format!("{kind} COLLATE \"{collation}\"");
        }
        shape.columns.insert(row.get(1)?, (kind, !row.get::<bool>(3)?));
        shape.partitioned = row.get(5)?;
    }
    for row in tx.rows(about(
        "SELECT CAST(c.relname AS text), CAST(k.contype AS text), CAST(k.conname AS text), \
         array_to_string(ARRAY(SELECT a.attname FROM unnest(k.conkey) WITH ORDINALITY AS u(num, ord) \
           JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = u.num ORDER BY u.ord), ','), \
         CAST(f.relname AS text), \
         array_to_string(ARRAY(SELECT a.attname FROM unnest(k.confkey) WITH ORDINALITY AS u(num, ord) \
           JOIN pg_attribute a ON a.attrelid = f.oid AND a.attnum = u.num ORDER BY u.ord), ','), \
         k.confdeltype = 'c' \
         FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
         LEFT JOIN pg_class f ON f.oid = k.confrelid \
         WHERE n.nspname = 'public' AND c.relname = ANY($1)",
    ))? {
        let Some(shape) = all.get_mut(&row.get::<String>(0)?) else { continue };
        let columns: String = row.get(3)?;
        match row.get::<String>(1)?.as_str() {
            "p" | "u" => {
                shape.keys.insert(columns.split(',').map(ToString::to_string).collect());
            }
            "f" => {
                shape.foreign.insert((columns, row.get(4)?, row.get(5)?, row.get(6)?));
            }
            "c" => {
                shape.rules.insert(row.get(2)?);
            }
            _ => {}
        }
    }
    for row in tx.rows(about(
        "SELECT CAST(c.relname AS text), \
         array_to_string(ARRAY(SELECT a.attname FROM unnest(i.indkey) WITH ORDINALITY AS u(num, ord) \
           JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = u.num ORDER BY u.ord), ',') \
         FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
         WHERE n.nspname = 'public' AND NOT i.indisunique AND i.indisvalid AND c.relname = ANY($1)",
    ))? {
        if let Some(shape) = all.get_mut(&row.get::<String>(0)?) {
            let columns: String = row.get(1)?;
            shape.indexes.insert(columns.split(',').map(ToString::to_string).collect());
        }
    }
    Ok(all)
}

/// Names of the views there are, with their columns in order.
pub(super) fn views(tx: &mut Transaction) -> Result<BTreeMap<String, Vec<String>>> {
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let text = match tx.dialect() {
        Dialect::Sqlite => {
            "SELECT s.\"name\", x.\"name\" FROM \"sqlite_schema\" AS s, pragma_table_xinfo(s.\"name\") AS x \
             WHERE s.\"type\" = 'view' ORDER BY s.\"name\", x.\"cid\""
        }
        Dialect::Postgres => {
            "SELECT CAST(c.relname AS text), CAST(a.attname AS text) FROM pg_class c \
             JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid \
             WHERE n.nspname = 'public' AND c.relkind = 'v' AND a.attnum > 0 ORDER BY c.relname, a.attnum"
        }
    };
    for row in tx.rows(Statement::constant(text, Vec::new()))? {
        all.entry(row.get(0)?).or_default().push(row.get(1)?);
    }
    Ok(all)
}
