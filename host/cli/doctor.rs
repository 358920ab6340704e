//! `ledama doctor`: is everything there that a run needs?

use std::sync::Arc;

use ledama_cluster::executor::Resolve;
use ledama_cluster::transport::{Connectors, Probe, Step, Target};
use ledama_config::{Config, Inventory};
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

/// An external program.
#[derive(Debug, Serialize)]
struct Program {
    name: String,
    /// Where it is; `None` if it is not on this host.
    path: Option<String>,
    /// Whether this configuration cannot do without it.
    needed: bool,
    /// What it calls itself, where it can be asked.
    version: Option<String>,
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
    let findings = Findings {
        version: env!("CARGO_PKG_VERSION"),
        files: place.loaded.files.iter().map(|f| f.display().to_string()).collect(),
        state_folder: folders::state(&config).display().to_string(),
        nodes: probe(&config, &inventory, &names)?,
        programs: programs(&config, &inventory, &names),
    };
    let ok = findings.nodes.iter().all(Probe::ok)
        && findings.programs.iter().all(|p| p.path.is_some() || !p.needed);
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

/// The programs of the configuration, and those the transports need.
fn programs(config: &Config, inventory: &Inventory, names: &[String]) -> Vec<Program> {
    use ledama_config::model::{Channel, Transport};
    let openssh = names
        .iter()
        .filter_map(|name| inventory.machine(name).ok())
        .any(|machine| machine.transport == Transport::Openssh);
    let mut programs = vec![Program {
        name: "ssh".into(),
        path: find("ssh"),
        needed: openssh || config.transfer.channel == Channel::Ssh,
        version: None,
    }];
    let known = ledama_pipeline::program::KNOWN.iter().map(|known| known.key.to_string());
    let names: std::collections::BTreeSet<String> =
        config.programs.keys().cloned().chain(known).collect();
    for name in names {
        // Those that have no successor and are not configured are nobody's concern.
        let Ok(card) = ledama_pipeline::program::card(config, &name, None) else { continue };
        let path = card.command.first().and_then(|program| find(program));
        let needed = config.command_of(&name).is_some();
        let version = path.as_ref().and_then(|_| version(&card));
        programs.retain(|p| p.name != name);
        programs.push(Program { name, path, needed, version });
    }
    programs
}

/// What a program says when asked for its version: the first line with a digit.
fn version(card: &ledama_pipeline::program::Card) -> Option<String> {
    let (program, first) = card.command.split_first()?;
    if card.version.is_empty() {
        return None;
    }
    let asked = std::process::Command::new(program)
        .args(first)
        .args(&card.version)
        .envs(&card.environment)
        .stdin(std::process::Stdio::null())
        .output()
        .ok()?;
    let said = [asked.stdout, asked.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    let line = said.lines().map(str::trim).find(|l| l.contains(|c: char| c.is_ascii_digit()))?;
    Some(line.chars().filter(|c| !c.is_control()).take(80).collect())
}

/// Where a program is: as a path, or along `$PATH`.
fn find(program: &str) -> Option<String> {
    let path = std::path::Path::new(program);
    if program.contains('/') {
        return path.is_file().then(|| program.to_string());
    }
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders)
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
        .map(|file| file.display().to_string())
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
    for program in &findings.programs {
        let found = match (&program.path, program.needed) {
            (Some(path), _) => {
                let version =
                    program.version.as_ref().map_or(String::new(), |v| format!("  ({v})"));
                format!("{good}  {path}{version}")
            }
            (None, true) => format!("{bad}  not found"),
            (None, false) => "not found (not needed by this configuration)".to_string(),
        };
        lines.push(format!("program {}: {found}", program.name));
    }
    lines.join("\n") + "\n"
}

/// The word of a step, as in the JSON form.
fn step(step: Step) -> String {
    serde_json::to_value(step)
        .ok()
        .and_then(|v| v.as_str().map(|s| s.replace('_', " ")))
        .unwrap_or_default()
}
