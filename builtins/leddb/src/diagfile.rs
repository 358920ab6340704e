//! DiagFiles: stored queries for diagnostic rows, as readable JSON.
//!
//! A DiagFile holds conditions, not data: they are asked again when it is used. It may
//! also freeze rows, as pairs of measurement set and row. Nothing in it is ever run,
//! so the pickles of older programs are refused.

use std::path::Path;

use jiff::Timestamp;
use ledama_base::clock;
use serde_json::{Map, Value as Json, json};

use crate::error::{LeddbError, Result};
use crate::query::{Filter, Parents, Pick, Plan, Query};
use crate::schema::pseudo::{Pseudo, Selection};
use crate::store::{Database, Location};

/// Largest file that is read.
const LARGEST: u64 = 256 << 20;

/// What a DiagFile holds.
#[derive(Debug, Clone, PartialEq)]
pub struct DiagFile {
    /// Name of the database it was made for.
    pub database: String,
    /// When, as `2024-01-02T03:04:05Z`.
    pub created: String,
    /// The query; its columns and order are not kept.
    pub query: Query,
}

/// Name of a database: of a file without its ending, or on a server.
pub fn database_name(location: &Location) -> String {
    match location {
        Location::Sqlite(path) => {
            path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
        }
        Location::Postgres(server) => server.get_database().unwrap_or_default().to_string(),
    }
}

fn fault(message: String) -> LeddbError {
    LeddbError::Input {
        message,
        help: Some("GetGains, GetQTSs, GetQFSs and GetQBSs write DiagFiles with `--output`".into()),
    }
}

impl DiagFile {
    /// A DiagFile of a query, as of now.
    pub fn new(database: &Location, query: &Query) -> Result<Self> {
        Plan::bare(query)?;
        let query = Query { columns: None, order: Vec::new(), descending: false, ..query.clone() };
        Ok(Self {
            database: database_name(database),
            created: clock::utc_text(Timestamp::now()),
            query,
        })
    }

    /// Reads a file.
    pub fn open(path: &Path) -> Result<Self> {
        let io = |source| LeddbError::Io { path: path.to_path_buf(), source };
        let facts = std::fs::metadata(path).map_err(io)?;
        if facts.len() > LARGEST {
            return Err(fault(format!("{} is too large for a DiagFile", path.display())));
        }
        let bytes = std::fs::read(path).map_err(io)?;
        Self::read(&bytes).map_err(|error| match error {
            LeddbError::Input { message, help } => {
                LeddbError::Input { message: format!("{}: {message}", path.display()), help }
            }
            other => other,
        })
    }

    /// Reads the bytes of a file.
    pub fn read(bytes: &[u8]) -> Result<Self> {
        if is_pickle(bytes) {
            return Err(LeddbError::Input {
                message: "this is a pickle of an older program; reading it would run what is in it"
                    .to_string(),
                help: Some(
                    "make it anew: GetGains, GetQTSs, GetQFSs and GetQBSs take the same conditions, with `--output FILE`"
                        .to_string(),
                ),
            });
        }
        let json: Json = serde_json::from_slice(bytes)
            .map_err(|error| fault(format!("this is no DiagFile: {error}")))?;
        let Json::Object(object) = json else {
            return Err(fault("this is no DiagFile".to_string()));
        };
        Self::of_object(&object)
    }

    fn of_object(object: &Map<String, Json>) -> Result<Self> {
        const KNOWN: [&str; 9] = [
            "format",
            "version",
            "database",
            "pseudo_table",
            "created",
            "selections",
            "conditions",
            "parents",
            "rows",
        ];
        if let Some(other) = object.keys().find(|key| !KNOWN.contains(&key.as_str())) {
            return Err(fault(format!("`{other}` is not known in a DiagFile")));
        }
        if object.get("format").and_then(Json::as_str) != Some("diagfile") {
            return Err(fault("`format` is not `diagfile`".to_string()));
        }
        if object.get("version").and_then(Json::as_u64) != Some(1) {
            return Err(fault("`version` is not 1; a newer program wrote it".to_string()));
        }
        let word = |name: &str| {
            let text = object.get(name).and_then(Json::as_str);
            text.ok_or_else(|| fault(format!("`{name}` is no text")))
        };
        let name = word("pseudo_table")?;
        let table = Pseudo::named(name)
            .ok_or_else(|| fault(format!("pseudo_table: `{name}` is no pseudo-table")))?;
        let query = Query {
            conditions: conditions(object.get("conditions"))?,
            selections: selections(object.get("selections"))?,
            parents: parents(object.get("parents"))?,
            rows: rows(object.get("rows"))?,
            ..Query::new(table)
        };
        let plan = Plan::bare(&query)?;
        if let Some(list) = plan.inactive().first() {
            return Err(fault(format!("selections: {} has no use for {}", name, list.name())));
        }
        Ok(Self {
            database: word("database")?.to_string(),
            created: word("created")?.to_string(),
            query,
        })
    }

    /// Its text.
    pub fn text(&self) -> String {
        let selections: Map<String, Json> = self
            .query
            .selections
            .iter()
            .map(|pick| (pick.list.name().to_string(), pick.picked.clone().into()))
            .collect();
        let mut object = json!({
            "format": "diagfile",
            "version": 1,
            "database": self.database,
            "pseudo_table": self.query.table.name(),
            "created": self.created,
            "selections": selections,
            "conditions": self.query.conditions.iter().map(Filter::to_json).collect::<Vec<_>>(),
            "rows": self.query.rows,
        });
        if let (Some(parents), Json::Object(object)) = (&self.query.parents, &mut object) {
            object.insert("parents".to_string(), serde_json::to_value(parents).unwrap_or_default());
        }
        let mut text = serde_json::to_string_pretty(&object).unwrap_or_default();
        text.push('\n');
        text
    }

    /// The query, for the database it was made for; with `any`, for any.
    pub fn for_database(&self, database: &Database, any: bool) -> Result<Query> {
        let name = database_name(database.location());
        if any || name == self.database {
            return Ok(self.query.clone());
        }
        Err(LeddbError::Input {
            message: format!(
                "the DiagFile is for the database `{}`, and this one is `{name}`",
                self.database
            ),
            help: Some(format!("open the other one, such as with `--dbname {}`", self.database)),
        })
    }
}

/// Whether the bytes are what Python's `pickle` writes.
fn is_pickle(bytes: &[u8]) -> bool {
    bytes.first() == Some(&0x80)
        || [&b"(dp"[..], b"(lp", b"(c", b"c__", b"}q", b"(iq"]
            .iter()
            .any(|begin| bytes.starts_with(begin))
}

fn conditions(json: Option<&Json>) -> Result<Vec<Filter>> {
    match json {
        None | Some(Json::Null) => Ok(Vec::new()),
        Some(Json::Array(items)) => {
            let items = items.iter().enumerate();
            items.map(|(k, item)| Filter::from_json(item, &format!("conditions[{k}]"))).collect()
        }
        Some(_) => Err(fault("`conditions` is no list".to_string())),
    }
}

fn selections(json: Option<&Json>) -> Result<Vec<Pick>> {
    let lists = match json {
        None | Some(Json::Null) => return Ok(Vec::new()),
        Some(Json::Object(lists)) => lists,
        Some(_) => return Err(fault("`selections` is no object".to_string())),
    };
    lists
        .iter()
        .map(|(name, picked)| {
            let list = Selection::named(name)
                .ok_or_else(|| fault(format!("selections: there is no list `{name}`")))?;
            let Json::Array(picked) = picked else {
                return Err(fault(format!("selections.{name} is no list")));
            };
            Ok(Pick { list, picked: picked.clone(), listed: None })
        })
        .collect()
}

fn parents(json: Option<&Json>) -> Result<Option<Parents>> {
    match json {
        None | Some(Json::Null) => Ok(None),
        Some(json) => serde_json::from_value(json.clone())
            .map(Some)
            .map_err(|error| fault(format!("parents: {error}"))),
    }
}

fn rows(json: Option<&Json>) -> Result<Option<Vec<(i64, i64)>>> {
    match json {
        None | Some(Json::Null) => Ok(None),
        Some(json) => serde_json::from_value(json.clone())
            .map(Some)
            .map_err(|error| fault(format!("rows: pairs of ids are needed: {error}"))),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::store::Options;

    const EXAMPLE: &str = r#"{ "format": "diagfile", "version": 1, "database": "leddb", "pseudo_table": "QFS",
      "created": "2024-01-02T03:04:05Z",
      "selections": {"STATION": ["CS001HBA0"]},
      "conditions": [
        {"column": "SB_INDEX", "op": "in", "value": [0, 1, 2]},
        {"column": "CENTRAL_FREQUENCY", "op": ">", "value": 120.0},
        {"column": "CENTRAL_FREQUENCY", "op": "<", "value": 150.0} ],
      "rows": null }"#;

    #[test]
    fn a_file_is_read_and_written_the_same() {
        let file = DiagFile::read(EXAMPLE.as_bytes()).unwrap();
        assert_eq!((file.query.table, file.query.conditions.len()), (Pseudo::Qfs, 3));
        assert_eq!(DiagFile::read(file.text().as_bytes()).unwrap(), file);
        let frozen = EXAMPLE.replace("null", "[[0, 3], [1, 9]]");
        let frozen = DiagFile::read(frozen.as_bytes()).unwrap();
        assert_eq!(frozen.query.rows, Some(vec![(0, 3), (1, 9)]));
        assert_eq!(DiagFile::read(frozen.text().as_bytes()).unwrap(), frozen);
        let mut below = file.clone();
        below.query = Query::new(Pseudo::Gain).below(Pseudo::Ms, &[3]);
        assert_eq!(DiagFile::read(below.text().as_bytes()).unwrap(), below);
    }

    #[test]
    fn faults_are_told_with_their_place() {
        for (from, to, part) in [
            ("\"QFS\"", "\"QXS\"", "pseudo_table: `QXS`"),
            ("\"in\"", "\"like\"", "conditions[0]: `like` is no operator"),
            ("\"SB_INDEX\"", "\"SB\"", "conditions[0]: QFS has no column `SB`"),
            ("120.0", "\"x\"", "conditions[1]: `centFreq` is a number"),
            ("STATION", "STATIONS", "no list `STATIONS`"),
            ("STATION", "STORE_HOST", "no use for STORE_HOST"),
            ("null", "[1, 2]", "rows: pairs"),
            ("\"version\": 1", "\"version\": 2", "newer program"),
            ("\"rows\"", "\"row\"", "`row` is not known"),
            ("diagfile", "reffile", "`format`"),
        ] {
            let error = DiagFile::read(EXAMPLE.replacen(from, to, 1).as_bytes()).unwrap_err();
            assert!(error.to_string().contains(part), "{error}");
        }
    }

    #[test]
    fn pickles_are_refused_with_advice() {
        for bytes in [&b"\x80\x02}q\x00(U\x0bQUERYOPTIONq"[..], b"(dp0\nS'QUERYOPTION'", b"(lp0\n"]
        {
            let error = DiagFile::read(bytes).unwrap_err();
            assert!(error.to_string().contains("pickle"), "{error}");
            assert!(error.help().unwrap().contains("GetGains"));
        }
    }

    #[test]
    fn it_is_for_its_database() {
        let database = crate::testing::sqlite(&Options::default());
        let file = DiagFile::read(EXAMPLE.as_bytes()).unwrap();
        assert_eq!(database_name(database.location()), "leddb");
        assert!(file.for_database(&database, false).is_ok());
        let other = DiagFile { database: "other".to_string(), ..file };
        let error = other.for_database(&database, false).unwrap_err();
        assert!(error.to_string().contains("`other`"));
        assert!(other.for_database(&database, true).is_ok());
    }

    #[test]
    fn a_query_that_makes_no_sense_is_not_written() {
        let location = Location::parse("sqlite:/x/leddb.sqlite").unwrap();
        let query = Query { rows: Some(Vec::new()), ..Query::new(Pseudo::Ms) };
        assert!(DiagFile::new(&location, &query).is_err());
        let query = Query::new(Pseudo::Gain).filter("station = x").unwrap();
        assert_eq!(DiagFile::new(&location, &query).unwrap().database, "leddb");
    }
}
