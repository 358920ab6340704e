//! Gives space back and renews what the planner knows.

use serde::{Deserialize, Serialize};

use crate::ddl::quoted;
use crate::dialect::Dialect;
use crate::error::Result;
use crate::partition;
use crate::schema;
use crate::store::Database;

/// What to do; several at once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tidy {
    /// Mark the space of deleted rows as free, and count rows for the planner.
    pub vacuum: bool,
    /// Write tables anew without the space of deleted rows; locks each meanwhile.
    pub full: bool,
    /// Make indexes anew.
    pub reindex: bool,
}

/// Does it, table by table on a server; `step` is told of each and says whether to go
/// on. The statements done.
pub fn tidy(
    database: &Database,
    what: Tidy,
    mut step: impl FnMut(&str) -> Result<()>,
) -> Result<usize> {
    let mut texts = Vec::new();
    match database.dialect() {
        Dialect::Sqlite => {
            if what.reindex {
                texts.push("REINDEX".to_string());
            }
            if what.full {
                texts.push("VACUUM".to_string());
            }
            if what.vacuum || what.full {
                texts.push("ANALYZE".to_string());
                texts.push("PRAGMA wal_checkpoint(TRUNCATE)".to_string());
            }
        }
        Dialect::Postgres => {
            let mut names: Vec<String> = Vec::new();
            for part in partition::list(database)?.into_iter().filter(|part| part.attached) {
                names.push(part.name);
            }
            let plain = schema::tables().filter(|table| !table.partitioned);
            names.extend(plain.map(|table| table.name.to_string()));
            for name in names {
                let name = quoted(&name);
                if what.full {
                    texts.push(format!("VACUUM (FULL, ANALYZE) {name}"));
                } else if what.vacuum {
                    texts.push(format!("VACUUM (ANALYZE) {name}"));
                }
                if what.reindex {
                    // Readers and writers go on meanwhile.
                    texts.push(format!("REINDEX TABLE CONCURRENTLY {name}"));
                }
            }
            if what.vacuum || what.full {
                for table in schema::tables().filter(|table| table.partitioned) {
                    texts.push(format!("ANALYZE {}", quoted(table.name)));
                }
            }
        }
    }
    for text in &texts {
        step(text)?;
        database.alone(text)?;
    }
    Ok(texts.len())
}
