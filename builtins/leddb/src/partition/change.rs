//! Making ranges ahead of the ids, taking old ones off, putting them back.

use super::{Range, list_within, next_set_id, width};
use crate::ddl::{list as columns, quoted};
use crate::dialect::Dialect;
use crate::error::{LeddbError, Result};
use crate::schema::{Table, diagnostics::PARTITIONED};
use crate::store::{Database, Statement, Transaction};

/// Makes ranges until `up_to` is in one and at least half a range is free beyond the
/// newest measurement set; the ranges made. All four tables get the same ones.
///
/// Call it outside transactions that change rows: a new partition waits for those of
/// others to end, and they would wait for it.
pub fn ensure(database: &Database, up_to: Option<i64>) -> Result<Vec<Range>> {
    // Looking first costs no lock; mostly there is nothing to do.
    if database.read(|tx| missing(tx, up_to))?.is_empty() {
        return Ok(Vec::new());
    }
    database.write(|tx| {
        tx.lock("partitions")?;
        let made = missing(tx, up_to)?;
        if tx.dialect() == Dialect::Postgres && !made.is_empty() {
            as_owner(tx)?;
        }
        for range in &made {
            for table in PARTITIONED {
                if tx.dialect() == Dialect::Postgres {
                    make_on_server(tx, table, *range)?;
                }
                remember(tx, table, *range, "attached")?;
            }
        }
        Ok(made)
    })
}

/// Ranges that should be there and are not.
fn missing(tx: &mut Transaction, up_to: Option<i64>) -> Result<Vec<Range>> {
    if up_to.is_some_and(|id| id < 0) {
        return Err(LeddbError::input("ids of measurement sets are not negative"));
    }
    let width = width(tx)?;
    let last = next_set_id(tx)? - 1;
    let known = list_within(tx)?;
    let mut upper = known.iter().map(|one| one.range.upper).max().unwrap_or(0);
    let mut made = Vec::new();
    let wanted =
        |upper: i64| upper - last <= width / 2 || up_to.is_some_and(|id| id >= upper) || upper == 0;
    while wanted(upper) {
        made.push(Range { lower: upper, upper: upper + width });
        upper += width;
    }
    // Something may have been interrupted between the tables.
    for partition in known {
        let complete = PARTITIONED.len();
        if !made.contains(&partition.range) && count(tx, partition.range)? < complete {
            made.push(partition.range);
        }
    }
    made.sort_unstable();
    Ok(made)
}

fn count(tx: &mut Transaction, range: Range) -> Result<usize> {
    let row = tx.row(Statement::constant(
        "SELECT count(*) FROM \"partition_state\" WHERE \"lower_id\" = $1",
        vec![range.lower.into()],
    ))?;
    Ok(usize::try_from(row.get::<i64>(0)?).unwrap_or(0))
}

pub(crate) fn remember(
    tx: &mut Transaction,
    table: &Table,
    range: Range,
    state: &str,
) -> Result<()> {
    tx.execute(Statement::constant(
        "INSERT INTO \"partition_state\" (\"table_name\", \"lower_id\", \"upper_id\", \"state\") VALUES ($1, $2, $3, $4) \
         ON CONFLICT (\"table_name\", \"lower_id\") DO UPDATE SET \"state\" = excluded.\"state\"",
        vec![table.name.into(), range.lower.into(), range.upper.into(), state.into()],
    ))
    .map(drop)
}

/// New partitions belong to whom the tables belong to, so that any administrator can
/// take them off again.
pub(crate) fn as_owner(tx: &mut Transaction) -> Result<()> {
    let row = tx.row(Statement::constant(
        "SELECT quote_ident(r.rolname), r.rolname <> current_user AND pg_has_role(r.oid, 'member') \
         FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner \
         WHERE c.oid = CAST('public.measurementset' AS regclass)",
        Vec::new(),
    ))?;
    if row.get::<bool>(1)? {
        let owner: String = row.get(0)?;
        tx.raw(&format!("SET LOCAL ROLE {owner}"))?;
    }
    Ok(())
}

/// Makes a table like the parent and attaches it, which locks others out for a
/// moment only.
fn make_on_server(tx: &mut Transaction, table: &Table, range: Range) -> Result<()> {
    let name = quoted(&range.partition_name(table)?);
    let parent = quoted(table.name);
    let Range { lower, upper } = range;
    let there: i64 = tx
        .row(Statement::constant(
            "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
             WHERE n.nspname = 'public' AND c.relname = $1",
            vec![range.partition_name(table)?.into()],
        ))?
        .get(0)?;
    if there > 0 {
        return Ok(());
    }
    let like = "INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE INCLUDING GENERATED";
    tx.raw(&format!("CREATE TABLE {name} (LIKE {parent} {like})"))?;
    attach_on_server(tx, table, range)?;
    debug_assert!(lower < upper);
    Ok(())
}

/// A new range of a server's table with rows in it: it is filled before it is
/// attached, so that references are checked all at once and not row by row.
pub(crate) fn filled<T>(
    tx: &mut Transaction,
    table: &Table,
    range: Range,
    fill: impl FnOnce(&mut Transaction, &str) -> Result<T>,
) -> Result<T> {
    as_owner(tx)?;
    let name = range.partition_name(table)?;
    let like = "INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE INCLUDING GENERATED";
    tx.raw(&format!("CREATE TABLE {} (LIKE {} {like})", quoted(&name), quoted(table.name)))?;
    let value = fill(tx, &name)?;
    attach_on_server(tx, table, range)?;
    remember(tx, table, range, "attached")?;
    Ok(value)
}

/// Makes sure that a range is there and attached, whether it was taken off, dropped,
/// or never made.
pub(crate) fn revive(database: &Database, range: Range) -> Result<()> {
    database.write(|tx| {
        tx.lock("partitions")?;
        let there = list_within(tx)?;
        let attached = |table: &Table| {
            there.iter().any(|one| one.table == table.name && one.range == range && one.attached)
        };
        for table in PARTITIONED {
            if attached(table) {
                continue;
            }
            if tx.dialect() == Dialect::Postgres {
                as_owner(tx)?;
                let name = range.partition_name(table)?;
                let text = "SELECT to_regclass(quote_ident($1)) IS NOT NULL";
                let row = tx.row(Statement::constant(text, vec![name.into()]))?;
                if row.get::<bool>(0)? {
                    catch_up(tx, table, range)?;
                    attach_on_server(tx, table, range)?;
                } else {
                    make_on_server(tx, table, range)?;
                }
            }
            remember(tx, table, range, "attached")?;
        }
        Ok(())
    })
}

/// Gives a partition that was off the columns that its table has got meanwhile, which its
/// rows know nothing of; the server would refuse it without them.
fn catch_up(tx: &mut Transaction, table: &Table, range: Range) -> Result<()> {
    let name = range.partition_name(table)?;
    let rows = tx.rows(Statement::constant(
        "SELECT quote_ident(p.attname), format_type(p.atttypid, p.atttypmod) FROM pg_attribute p \
         WHERE p.attrelid = to_regclass('public.' || quote_ident($1)) AND p.attnum > 0 \
         AND NOT p.attisdropped AND NOT EXISTS (SELECT FROM pg_attribute c \
         WHERE c.attrelid = to_regclass('public.' || quote_ident($2)) \
         AND c.attname = p.attname AND NOT c.attisdropped) ORDER BY p.attnum",
        vec![table.name.into(), name.as_str().into()],
    ))?;
    for row in rows {
        let (column, kind): (String, String) = (row.get(0)?, row.get(1)?);
        tx.raw(&format!("ALTER TABLE {} ADD COLUMN {column} {kind}", quoted(&name)))?;
    }
    Ok(())
}

fn attach_on_server(tx: &mut Transaction, table: &Table, range: Range) -> Result<()> {
    let name = quoted(&range.partition_name(table)?);
    let rule = quoted("leddb_range");
    let Range { lower, upper } = range;
    let id = columns(&["measurementset_id"]);
    // With the rule in place the server need not read the rows to believe the range.
    tx.raw(&format!("ALTER TABLE {name} DROP CONSTRAINT IF EXISTS {rule}"))?;
    tx.raw(&format!(
        "ALTER TABLE {name} ADD CONSTRAINT {rule} CHECK ({id} >= {lower} AND {id} < {upper})"
    ))?;
    tx.raw(&format!(
        "ALTER TABLE {} ATTACH PARTITION {name} FOR VALUES FROM ({lower}) TO ({upper})",
        quoted(table.name)
    ))?;
    tx.raw(&format!("ALTER TABLE {name} DROP CONSTRAINT {rule}"))
}

fn only_on_servers(database: &Database) -> Result<()> {
    if database.dialect() == Dialect::Sqlite {
        return Err(LeddbError::Input {
            message: "a database in a file has no partitions to take off or put back".to_string(),
            help: Some("use PostgreSQL for databases of that size".to_string()),
        });
    }
    Ok(())
}

/// Takes a range off all four tables: its rows stay in tables of their own, readers
/// and writers of other ranges go on. What was begun and interrupted is finished.
pub fn detach(database: &Database, range: Range) -> Result<()> {
    only_on_servers(database)?;
    for table in PARTITIONED {
        let name = range.partition_name(table)?;
        let pending = database.read(|tx| {
            tx.maybe_row(Statement::constant(
                "SELECT i.inhdetachpending FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid \
                 JOIN pg_class p ON p.oid = i.inhparent WHERE p.relname = $1 AND c.relname = $2",
                vec![table.name.into(), name.as_str().into()],
            ))?
            .map(|row| row.get::<bool>(0))
            .transpose()
        })?;
        let how = match pending {
            None => "",
            Some(false) => "CONCURRENTLY",
            Some(true) => "FINALIZE",
        };
        if !how.is_empty() {
            database.alone(&format!(
                "ALTER TABLE {} DETACH PARTITION {} {how}",
                quoted(table.name),
                quoted(&name)
            ))?;
        }
        database.write(|tx| remember(tx, table, range, "detached"))?;
    }
    Ok(())
}

/// Puts a range back onto all four tables.
pub fn attach(database: &Database, range: Range) -> Result<()> {
    only_on_servers(database)?;
    database.write(|tx| {
        tx.lock("partitions")?;
        let there = list_within(tx)?;
        as_owner(tx)?;
        for table in PARTITIONED {
            let attached = there
                .iter()
                .any(|one| one.table == table.name && one.range == range && one.attached);
            if !attached {
                catch_up(tx, table, range)?;
                attach_on_server(tx, table, range)?;
            }
            remember(tx, table, range, "attached")?;
        }
        Ok(())
    })
}
