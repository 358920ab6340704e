//! `ledama db check`.

use ledama_leddb::store::Location;
use ledama_leddb::upkeep::{Fault, integrity};
use ledama_leddb::{meta, migrate, schema};
use serde_json::json;

use super::super::Outcome;
use super::{connect, failure};
use crate::report::results;
use crate::report::talk::Talk;
use crate::run::outcome;

/// Options of `ledama db check`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Do not compare the summaries with every diagnostic row
    #[arg(long)]
    quick: bool,
    /// Put summaries right that are wrong
    #[arg(long, conflicts_with = "quick")]
    repair: bool,
    /// Print as JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(talk: &Talk, location: &Location, args: &Args) -> Outcome {
    let database = connect(location)?;
    let told = |error| failure(&error);
    let version = migrate::status(&database).map_err(told)?.version;
    let mut faults: Vec<Fault> = Vec::new();
    let mut repaired = 0;
    if version == Some(schema::VERSION) {
        for found in migrate::check(&database).map_err(told)? {
            faults.push(Fault { subject: found.table, what: found.what });
        }
        // A table that is missing cannot be looked into.
        if faults.is_empty() {
            faults.extend(integrity(&database).map_err(told)?);
            let mismatches = if args.quick {
                Vec::new()
            } else {
                meta::verify(&database, args.repair).map_err(told)?
            };
            repaired = if args.repair { mismatches.len() } else { 0 };
            for found in mismatches.iter().filter(|_| !args.repair) {
                let what = format!(
                    "measurement set {} has {} rows, its summary tells {}",
                    found.measurementset_id, found.found, found.told
                );
                faults.push(Fault { subject: found.table.to_string(), what });
            }
        }
    } else {
        let what = match version {
            None => "it is empty; `ledama db init` makes all tables".to_string(),
            Some(found) => {
                format!("it has version {found}, this program needs {}", schema::VERSION)
            }
        };
        faults.push(Fault { subject: location.to_string(), what });
    }
    if args.json {
        results::json(
            &json!({ "place": location.to_string(), "faults": faults, "repaired": repaired }),
        );
    } else {
        for fault in &faults {
            results::write(&format!("{}: {}\n", fault.subject, fault.what));
        }
        if repaired > 0 {
            talk.line(&format!(
                "{repaired} summaries put right; UpdateLEDDBMeta derives what follows"
            ));
        }
        let verdict = match faults.len() {
            0 => "no fault found".to_string(),
            1 => "1 fault found".to_string(),
            count => format!("{count} faults found"),
        };
        talk.line(&format!("{location}: {verdict}"));
    }
    Ok(if faults.is_empty() { outcome::OK } else { outcome::FAILED })
}
