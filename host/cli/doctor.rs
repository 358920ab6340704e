//! `ledama doctor`: is everything there that a run needs?

mod programs;

use std::sync::Arc;

use ledama_cluster::executor::Resolve;
use ledama_cluster::transport::{Connectors, Probe, Step, Target};
use ledama_config::{Config, Inventory};
use programs::Program;
use serde::Serialize;

use super::place::{self, Place};
use super::{Outcome, Shared};
use crate::diagnostic::Diagnostic;
use crate::report::results;
use crate::report::talk::{Talk, Tone, paint};
use crate::run::{folders, outcome};

/// Options of `ledama doctor`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Nodes to look at; default: all of the configuration
    #[arg(long, short)]
    nodes: Option<String>,
    /// Ask programs for their versions only, instead of letting them work on a small set
    #[arg(long)]
    quick: bool,
    /// Print as JSON
    #[arg(long)]
    json: bool,
}

/// What was found out.
#[derive(Debug, Serialize)]
struct Findings {
    version: &'static str,
    /// Configuration files that were read.
    files: Vec<String>,
    state_folder: String,
    nodes: Vec<Probe>,
    programs: Vec<Program>,
}

/// Looks and tells; exit code 1 if something is not in order.
pub(super) fn run(shared: &Shared, args: &Args) -> Outcome {
    let talk = Talk::new(shared.color);
    let place = Place::find(shared, &talk)?;
    let config = place.config();
    let inventory = Inventory::new(Arc::clone(&config));
    let names = match &args.nodes {
        Some(list) => inventory.parse(list).map_err(|e| place::failure(&e))?.names,
        None => inventory.all().names().to_vec(),
    };
    let nodes = probe(&config, &inventory, &names)?;
    let well: Vec<String> =
        nodes.iter().filter(|node| node.ok()).map(|node| node.node.clone()).collect();
    // Without any configured nodes, programs run here.
    let well = if names.is_empty() { vec![inventory.local_name().to_string()] } else { well };
    let findings = Findings {
        version: env!("CARGO_PKG_VERSION"),
        files: place.loaded.files.iter().map(|f| f.display().to_string()).collect(),
        state_folder: folders::state(&config).display().to_string(),
        programs: programs::look(&config, &inventory, (&names, &well), !args.quick)?,
        nodes,
    };
    let ok = findings.nodes.iter().all(Probe::ok) && findings.programs.iter().all(Program::ok);
    if args.json {
        results::json(&findings);
    } else {
        results::write(&text(&findings, shared.color.on_stdout()));
    }
    Ok(if ok { outcome::OK } else { outcome::FAILED })
}

fn probe(
    config: &Config,
    inventory: &Inventory,
    names: &[String],
) -> Result<Vec<Probe>, crate::diagnostic::Failure> {
    let connectors = Connectors::new(config, None);
    let targets: Vec<Target> = names
        .iter()
        .map(|name| inventory.target(name))
        .collect::<Result<_, _>>()
        .map_err(|e| Diagnostic::error(e.message).maybe_help(e.help))?;
    // The connectors themselves limit how many connections are opened at once.
    Ok(std::thread::scope(|scope| {
        let running: Vec<_> =
            targets.iter().map(|target| scope.spawn(|| connectors.probe(target))).collect();
        running.into_iter().filter_map(|thread| thread.join().ok()).collect()
    }))
}

fn text(findings: &Findings, color: bool) -> String {
    let good = paint("ok", Tone::Good, color);
    let bad = paint("FAULT", Tone::Bad, color);
    let files = match findings.files.as_slice() {
        [] => "none, defaults only".to_string(),
        files => files.join(", "),
    };
    let mut lines = vec![
        format!("ledama {}", findings.version),
        format!("configuration: {files}"),
        format!("state folder: {}", findings.state_folder),
    ];
    for node in &findings.nodes {
        let mark = if node.ok() { &good } else { &bad };
        let peer = node.peer.as_ref().map_or(String::new(), |p| {
            let put = if p.uploaded { ", put there now" } else { "" };
            format!("  {}, ledama {}{put}, {} processors", p.hostname, p.version, p.processors)
        });
        lines.push(format!("{}: {mark}{peer}  ({:.0} ms)", node.node, node.connect_s * 1000.0));
        for check in node.checks.iter().filter(|c| !c.ok) {
            lines.push(format!("  {}: {}", step(check.step), check.message));
            lines.extend(check.help.as_ref().map(|help| format!("  help: {help}")));
        }
    }
    lines.extend(findings.programs.iter().flat_map(|program| program.lines(&good, &bad)));
    lines.join("\n") + "\n"
}

/// The word of a step, as in the JSON form.
fn step(step: Step) -> String {
    serde_json::to_value(step)
        .ok()
        .and_then(|v| v.as_str().map(|s| s.replace('_', " ")))
        .unwrap_or_default()
}
