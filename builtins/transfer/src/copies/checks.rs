//! What the nodes are asked before the first copy: are the sources there, is
//! anything in the way, is there space.

use std::collections::{BTreeMap, HashMap, HashSet};

use ledama_base::operation::Operation;
use ledama_base::quote::show;
use ledama_base::units::{from_mib, human_bytes};
use ledama_cluster::plan::{Plan, Task};
use ledama_cluster::report::Report;
use ledama_reffile::Entry;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Copies;
use crate::check::judge::Seen;
use crate::operations::{Manifest, ManifestOutput, SetFacts, Space, SpaceFacts, SpaceOutput};

/// What may be in the way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Allow {
    /// A complete copy is left alone, a half-made one continued.
    pub resume: bool,
    /// An incomplete set is put aside.
    pub replace: bool,
}

impl Copies {
    /// Adds one look at the sources of each node, and one at the places and
    /// the disks of the targets of each.
    pub fn add_checks(&self, plan: &mut Plan) {
        for (node, paths) in by_node(self.sources.entries().iter().map(Entry::key)) {
            plan.add(Task::operation(node, node, Manifest::NAME, json!({ "paths": paths })));
        }
        for (node, paths) in by_node(self.targets.entries().iter().map(Entry::key)) {
            let folders: Vec<&str> = paths.iter().map(|p| parent(p)).collect();
            plan.add(Task::operation(node, node, Space::NAME, json!({ "folders": folders })));
            plan.add(Task::operation(
                node,
                node,
                "ms.sizes",
                json!({ "paths": paths, "parts": true }),
            ));
        }
    }

    /// Everything that stands in the way, one sentence each.
    pub fn faults(&self, report: &Report, allow: Allow) -> Vec<String> {
        let mut faults: Vec<String> = report
            .failures()
            .map(|o| {
                let why = o.error.as_ref().map_or("no answer", |e| e.message.as_str());
                format!("{}: {why}", o.node)
            })
            .collect();
        faults.dedup();
        let answers = Answers::of(report);
        for (source, target) in self.pairs() {
            if let Some(found) = answers.sources.get(&key(&source.node, &source.path)) {
                let set = || format!("{}: {}", source.node, show(&source.path));
                if let Some(error) = &found.error {
                    faults.push(format!("{}: {}", source.node, error.message));
                } else if let Some(special) = found.special.first() {
                    faults.push(format!("{}: {special} cannot be copied", set()));
                }
            }
            let there = answers.targets.get(&key(&target.node, &target.path));
            if there.is_some_and(|t| t.exists) && !allow.resume && !allow.replace {
                faults.push(format!("{}: {} exists", target.node, show(&target.path)));
            }
        }
        faults.extend(self.space_faults(&answers));
        faults
    }

    /// Disks that would run full, and folders that cannot be written.
    fn space_faults(&self, answers: &Answers) -> Vec<String> {
        let margin = from_mib(self.inventory.config().data.free_margin_mib);
        let mut faults = Vec::new();
        // Needed bytes, free bytes and one folder of each file system.
        let mut disks: BTreeMap<(&str, &str), (u64, u64, &str)> = BTreeMap::new();
        let mut told: HashSet<(&str, &str)> = HashSet::new();
        for (source, target) in self.pairs() {
            let folder = parent(&target.path);
            let Some(space) = answers.folders.get(&key(&target.node, folder)) else { continue };
            if let Some(error) = &space.error {
                if told.insert((&target.node, folder)) {
                    faults.push(format!("{}: {}", target.node, error.message));
                }
                continue;
            }
            let there = answers
                .targets
                .get(&key(&target.node, &target.path))
                .map_or(0, |s| if s.exists { s.apparent_bytes } else { s.part_bytes });
            let needed = answers
                .sources
                .get(&key(&source.node, &source.path))
                .map(|s| s.bytes)
                .or(source.size_mb.map(from_mib))
                .unwrap_or(0)
                .saturating_sub(there);
            let disk = disks.entry((&target.node, &space.file_system)).or_insert((
                0,
                space.free_bytes,
                folder,
            ));
            disk.0 = disk.0.saturating_add(needed);
        }
        for ((node, _), (needed, free, folder)) in disks {
            if needed > 0 && needed.saturating_add(margin) > free {
                faults.push(format!(
                    "{node}: the disk of {} has {} free, the copies need {} and {} are to stay free",
                    show(folder),
                    human_bytes(free),
                    human_bytes(needed),
                    human_bytes(margin)
                ));
            }
        }
        faults
    }
}

/// What the nodes have answered, by node and path.
#[derive(Default)]
struct Answers {
    sources: HashMap<(String, String), SetFacts>,
    targets: HashMap<(String, String), Seen>,
    folders: HashMap<(String, String), SpaceFacts>,
}

impl Answers {
    fn of(report: &Report) -> Self {
        let mut answers = Self::default();
        for outcome in &report.outcomes {
            let node = &outcome.node;
            if let Ok(found) = serde_json::from_value::<ManifestOutput>(outcome.value.clone()) {
                answers.sources.extend(found.sets.into_iter().map(|s| (key(node, &s.path), s)));
            } else if let Ok(found) = serde_json::from_value::<SpaceOutput>(outcome.value.clone()) {
                answers
                    .folders
                    .extend(found.folders.into_iter().map(|f| (key(node, &f.folder), f)));
            } else if let Some(paths) = outcome.value.get("paths").and_then(Value::as_array) {
                for value in paths {
                    if let Ok(seen) = serde_json::from_value::<Seen>(value.clone()) {
                        answers.targets.insert(key(node, &seen.path), seen);
                    }
                }
            }
        }
        answers
    }
}

fn key(node: &str, path: &str) -> (String, String) {
    (node.to_string(), path.to_string())
}

/// Paths by node, in order of appearance within each, nodes sorted.
fn by_node<'a>(keys: impl Iterator<Item = (&'a str, &'a str)>) -> BTreeMap<&'a str, Vec<&'a str>> {
    let mut nodes: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (node, path) in keys {
        nodes.entry(node).or_default().push(path);
    }
    nodes
}

/// The folder of a set.
fn parent(path: &str) -> &str {
    match path.rsplit_once('/') {
        Some(("", _)) | None => "/",
        Some((folder, _)) => folder,
    }
}
