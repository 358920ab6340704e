//! `ledama db status`.

use ledama_base::units;
use ledama_leddb::store::Location;
use ledama_leddb::upkeep::{Facts, facts};

use super::super::Outcome;
use super::{connect, failure};
use crate::report::{results, table};
use crate::run::outcome;

/// Options of `ledama db status`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Also list each range of the diagnostic tables
    #[arg(long)]
    partitions: bool,
    /// Print as JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(location: &Location, args: &Args) -> Outcome {
    let database = connect(location)?;
    let facts = facts(&database).map_err(|error| failure(&error))?;
    if args.json {
        results::json(&facts);
    } else {
        results::write(&text(&facts, args.partitions));
    }
    let good = facts.version == Some(facts.needed) && facts.restoring.is_none();
    Ok(if good { outcome::OK } else { outcome::FAILED })
}

fn text(facts: &Facts, partitions: bool) -> String {
    let row = |label: &str, text: String| vec![label.to_string(), text];
    let mut lines = vec![row("Place", facts.place.clone()), row("Kind", facts.kind.to_string())];
    let version = match facts.version {
        None => "none: it is empty; `ledama db init` makes all tables".to_string(),
        Some(version) if version == facts.needed => version.to_string(),
        Some(version) if version > facts.needed => {
            format!("{version}, newer than this program's {}", facts.needed)
        }
        Some(version) => {
            format!("{version} of {}; `ledama db migrate` does the rest", facts.needed)
        }
    };
    lines.push(row("Version", version));
    lines.extend(facts.pending.iter().map(|step| row("To do", step.clone())));
    lines.push(row("Size", bytes(facts.bytes)));
    if facts.version != Some(facts.needed) {
        return table::plain(&lines);
    }
    if let Some(backup) = &facts.restoring {
        lines.push(row("Incomplete", format!("the restoration of {backup} did not end")));
    }
    let width = facts.partition_width.unwrap_or_default();
    let off =
        if facts.detached > 0 { format!(", {} taken off", facts.detached) } else { String::new() };
    lines.push(row("Ranges", format!("{} of {width} measurement sets{off}", facts.partitions)));
    lines.push(row("Backup", facts.last_backup.map_or("none".to_string(), time)));
    lines.push(row(
        "To derive",
        match facts.marks {
            0 => "nothing".to_string(),
            count => format!("facts of {count} observations; UpdateLEDDBMeta does it"),
        },
    ));
    for run in &facts.runs {
        let end = run.finished.map_or(String::new(), |end| format!(" until {}", time(end)));
        let why = run.message.as_ref().map_or(String::new(), |why| format!(": {why}"));
        let text = format!(
            "{} {} by {} on {}{end}, {}{why}",
            time(run.started),
            run.module,
            run.user,
            run.host,
            run.state
        );
        lines.push(row("Run", text));
    }
    let mut rows = Vec::new();
    for size in &facts.tables {
        let count = size.rows.map_or("?".to_string(), |rows| rows.to_string());
        rows.push(vec![size.table.clone(), count, bytes(size.bytes)]);
        for part in size.partitions.iter().filter(|_| partitions) {
            let name =
                format!("  {}{}", part.name, if part.attached { "" } else { " (taken off)" });
            let size = part.bytes.map_or("-".to_string(), bytes);
            rows.push(vec![name, part.rows.to_string(), size]);
        }
    }
    let columns = ["table", "rows", "size"].map(String::from);
    format!("{}\n{}", table::plain(&lines), table::render(&columns, &rows))
}

fn bytes(count: i64) -> String {
    units::human_bytes(u64::try_from(count).unwrap_or(0))
}

fn time(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds)
        .map_or_else(|_| seconds.to_string(), ledama_base::clock::utc_text)
}
