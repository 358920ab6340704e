//! Measures what keeps a database up: an update that finds nothing new, a backup, its
//! restoration, a sync of one in a hundred, the removal of an observation.
//!
//! `leddb_upkeep URL SCALE COPY FOLDER` works on a database that `leddb_scale` made;
//! COPY is the URL of a database that is made from its backup in FOLDER. Every figure
//! is a line of JSON. The database loses its last observation.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use ledama_base::operation::Keep as _;
use ledama_config::{Config, Inventory};
use ledama_leddb::backup::{Folder, Job, Wanted, Watch, backup, restore};
use ledama_leddb::edit::{Level, Target, remove};
use ledama_leddb::load::{Source, replace};
use ledama_leddb::meta::{self, Scope};
use ledama_leddb::observe::loader::{Loader, Scans, Settings};
use ledama_leddb::observe::read::Stamps;
use ledama_leddb::observe::scan::{Entry, Root, ScanOutput};
use ledama_leddb::store::Statement;
use ledama_leddb::sync::sync;
use ledama_leddb::testing::scale::{self, Scale};
use ledama_leddb::{Database, LeddbError, Location, Options};
use serde_json::json;

type Result<T> = std::result::Result<T, LeddbError>;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [url, name, copy, folder] = &words[..] else {
        eprintln!("usage: leddb_upkeep URL XS|S|M COPY FOLDER");
        return ExitCode::FAILURE;
    };
    match measure(url, name, copy, Path::new(folder)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("leddb_upkeep: {error}");
            ExitCode::FAILURE
        }
    }
}

fn tell(id: &str, began: Instant, rows: u64, bytes: u64) {
    let seconds = began.elapsed().as_secs_f64();
    println!("{}", json!({ "id": id, "seconds": seconds, "rows": rows, "bytes": bytes }));
}

fn measure(url: &str, name: &str, copy: &str, folder: &Path) -> Result<()> {
    let scale =
        scale::scale(name).ok_or_else(|| LeddbError::input(format!("there is no scale {name}")))?;
    let options = Options { roles: false, ..Options::default() };
    let database = Database::open(&Location::parse(url)?, &options)?;
    nothing_new(&database)?;
    saved_and_synced(&database, scale, &Location::parse(copy)?, folder, &options)?;
    removed(&database, scale)?;
    database.close();
    Ok(())
}

/// Files with the stamps of the diagnostics that came from them.
const FILES: &str = "SELECT f.\"store_host\", f.\"parent_path\" || '/' || f.\"name\", f.\"product_size\", \
     f.\"last_modification\", \
     max(CASE WHEN d.\"table_name\" = 'gain' THEN d.\"source_stamp\" END), \
     max(CASE WHEN d.\"table_name\" <> 'gain' THEN d.\"source_stamp\" END) \
     FROM \"measurementset_product\" AS f LEFT JOIN \"ms_diag_summary\" AS d \
     ON d.\"measurementset_id\" = f.\"measurementset_id\" AND d.\"origin_msp\" = f.\"measurementset_product_id\" \
     GROUP BY f.\"measurementset_product_id\" ORDER BY 1, 2";

/// What the nodes of a database would tell, if all is as it has it.
fn told(database: &Database) -> Result<BTreeMap<String, ScanOutput>> {
    let roots: Vec<Root> = (1..=3)
        .flat_map(|disk| {
            ["", "/pipeline", "/backup", "/backup/pipeline"].map(|inner| Root {
                path: format!("/data{disk}/users/lofareor{inner}"),
                complete: true,
                there: true,
                ..Root::default()
            })
        })
        .collect();
    let mut nodes: BTreeMap<String, ScanOutput> = BTreeMap::new();
    for row in database.read(|tx| tx.rows(Statement::constant(FILES, Vec::new())))? {
        let node = nodes
            .entry(row.get(0)?)
            .or_insert_with(|| ScanOutput { roots: roots.clone(), ..ScanOutput::default() });
        node.entries.push(Entry {
            path: row.get(1)?,
            size_mb: row.get(2)?,
            modified: row.get(3)?,
            stamps: Stamps { gain: row.get(4)?, quality: row.get(5)? },
            problem: None,
        });
    }
    Ok(nodes)
}

/// An update of all nodes that finds everything as it was: the host's share of it.
fn nothing_new(database: &Database) -> Result<()> {
    let hosts = serde_json::from_value(json!({ "prefix": "node", "range": "1-80" }));
    let hosts = vec![hosts.map_err(|error| LeddbError::input(error.to_string()))?];
    let config = Config { hosts, ..ledama_config::built_in() };
    let inventory = Arc::new(Inventory::new(Arc::new(config)));
    let nodes = told(database)?;
    let settings = Settings { diagnostics: true, ..Settings::default() };
    let loader = Arc::new(Loader::new(database.clone(), inventory, settings)?);
    let mut answers: Vec<_> = nodes
        .into_iter()
        .map(|(node, output)| (node, serde_json::to_value(output).unwrap_or_default()))
        .collect();
    let began = Instant::now();
    for (node, answer) in &mut answers {
        Scans(Arc::clone(&loader))
            .keep(node, answer, &mut Vec::new())
            .map_err(|error| LeddbError::input(error.message))?;
    }
    let sum = |what: &str| -> u64 {
        let counts = loader.summary();
        counts.iter().filter_map(|node| node.counters.get(what)).map(|n| n.unsigned_abs()).sum()
    };
    if sum("kept") != sum("msps") {
        let kept = sum("kept");
        let why = loader.take_messages().into_iter().next().unwrap_or_default();
        return Err(LeddbError::input(format!(
            "only {kept} of {} are as they were: {why}",
            sum("msps")
        )));
    }
    tell("nothing new", began, sum("msps"), 0);
    Ok(())
}

fn saved_and_synced(
    database: &Database,
    scale: Scale,
    copy: &Location,
    folder: &Path,
    options: &Options,
) -> Result<()> {
    let folder = Folder::new(folder);
    for id in ["backup", "backup of nothing new"] {
        let began = Instant::now();
        let made = backup(database, &folder, &Job::default(), Watch::NOBODY)?;
        tell(id, began, made.rows, made.written_size);
    }
    let began = Instant::now();
    let wanted = Wanted { workers: 4, ..Wanted::default() };
    let restored = restore(copy, options, &folder, &wanted, Watch::NOBODY)?;
    if let Some(one) = restored.differences.first() {
        return Err(LeddbError::input(format!("{} is not as it was saved", one.name)));
    }
    tell("restore", began, restored.rows, 0);
    let rows = change(database, scale)?;
    let copy = Database::open(copy, options)?;
    let began = Instant::now();
    let synced = sync(database, &copy, Watch::NOBODY)?;
    if let Some(name) = synced.differing.first() {
        return Err(LeddbError::input(format!("{name} differs after a sync")));
    }
    tell("sync", began, rows, 0);
    copy.close();
    Ok(())
}

/// One in a hundred of the sets with diagnostics gets others; how many rows.
fn change(database: &Database, scale: Scale) -> Result<u64> {
    let made = database.write(|tx| scale::observation(tx, 0, scale))?;
    let count = (scale.observations * scale.diagnosed / 100).max(1);
    let mut rows = 0;
    for (product, of) in made.products.iter().enumerate() {
        for set in of.sets.iter().take(count.min(scale.diagnosed)) {
            for kind in scale::kinds_of(product, scale) {
                let source = Source { stamp: Some(1_390_000_001), origin_msp: None };
                // The keys do not tell the set, only the arrays do.
                let others = |set: i64| scale::rows_of(*kind, set, &made, scale);
                let loaded =
                    database.write(|tx| replace(tx, *kind, *set, source, others(set + 1)))?;
                rows += loaded.rows;
            }
        }
    }
    Ok(rows)
}

fn removed(database: &Database, scale: Scale) -> Result<()> {
    let names = vec![format!("L{}", 100_000 + scale.observations - 1)];
    let target = Target { level: Level::Observation, names, ids: Vec::new() };
    let began = Instant::now();
    database.write(|tx| remove(tx, &target))?;
    meta::refresh(database, Scope::Touched)?;
    tell("removal", began, 1, 0);
    Ok(())
}
