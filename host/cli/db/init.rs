//! `ledama db init` and `ledama db migrate`.

use ledama_leddb::store::{Location, Options};
use ledama_leddb::{Database, migrate};
use serde_json::json;

use super::super::Outcome;
use super::{connect, failure};
use crate::report::results;
use crate::report::talk::Talk;
use crate::run::outcome;

/// Options of `ledama db init`.
#[derive(Debug, clap::Args)]
pub(super) struct Init {
    /// Ids of measurement sets in a range of the diagnostic tables; it cannot be changed later
    #[arg(long, value_name = "IDS", default_value_t = ledama_leddb::schema::PARTITION_WIDTH,
          value_parser = clap::value_parser!(i64).range(1..))]
    partition_width: i64,
    /// Make no roles on a server
    #[arg(long)]
    no_roles: bool,
    /// Print as JSON
    #[arg(long)]
    json: bool,
}

/// Options of `ledama db migrate`.
#[derive(Debug, clap::Args)]
pub(super) struct Migrate {
    /// Only tell what would be done
    #[arg(long)]
    query: bool,
    /// Print as JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn init(talk: &Talk, location: &Location, args: &Init) -> Outcome {
    let options = Options {
        partition_width: args.partition_width,
        roles: !args.no_roles,
        ..Options::default()
    };
    let there = Database::exists(location, &options).map_err(|error| failure(&error))?;
    let before = if there {
        let database = Database::connect(location, &options).map_err(|error| failure(&error))?;
        let status = migrate::status(&database).map_err(|error| failure(&error))?;
        database.close();
        status.version
    } else {
        None
    };
    let database = Database::create(location, &options).map_err(|error| failure(&error))?;
    let status = migrate::status(&database).map_err(|error| failure(&error))?;
    if args.json {
        results::json(&json!({
            "place": location.to_string(),
            "made": before.is_none(),
            "from": before,
            "version": status.version,
        }));
    } else {
        talk.line(&match before {
            None => format!("made the database at {location}, version {}", status.needed),
            Some(found) if found == status.needed => {
                format!("the database at {location} is there already, version {found}")
            }
            Some(found) => format!(
                "brought the database at {location} from version {found} to {}",
                status.needed
            ),
        });
    }
    Ok(outcome::OK)
}

pub(super) fn migrate(talk: &Talk, location: &Location, args: &Migrate) -> Outcome {
    let database = connect(location)?;
    let status = migrate::status(&database).map_err(|error| failure(&error))?;
    let Some(found) = status.version else {
        return Err(failure(&ledama_leddb::LeddbError::NotOurs {
            place: location.to_string(),
            reason: "it is empty".to_string(),
        }));
    };
    let done = if args.query {
        status.pending
    } else {
        migrate::migrate(&database).map_err(|error| failure(&error))?.done
    };
    if args.json {
        results::json(&json!({
            "place": location.to_string(),
            "from": found,
            "to": status.needed,
            "steps": done,
            "done": !args.query,
        }));
        return Ok(outcome::OK);
    }
    if done.is_empty() {
        talk.line(&format!("the database at {location} has version {found}: nothing to do"));
    }
    for step in &done {
        talk.line(&format!("{}{step}", if args.query { "would do: " } else { "done: " }));
    }
    Ok(outcome::OK)
}
