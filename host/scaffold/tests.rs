//! The scaffold and the guide's example work as they are.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use ledama_base::operation::{ErrorKind, OperationError};
use ledama_cluster::plan::{Action, Plan};
use ledama_cluster::report::{Outcome, Report, State};
use ledama_cluster::run::{Execution, Level, Run, RunContext, RunError};
use ledama_cluster::script::{handle, returned_plan};
use rhai::{Dynamic, Map};

use super::*;
use crate::check::Checker;
use crate::diagnostic::{Place, Sources};
use crate::engine::{Call, Library, Output, Setup, run};
use crate::manifest;

fn groups() -> Groups {
    Groups::read("lib/options.rhai", include_str!("../../modules/lib/options.rhai")).unwrap()
}

/// A run whose every task answers its own words.
struct Echo(RunContext);

impl Run for Echo {
    fn context(&self) -> &RunContext {
        &self.0
    }
    fn execute(&self, plan: &Plan, _execution: &Execution) -> Result<Report, RunError> {
        let outcomes = plan.tasks.iter().enumerate().map(|(task, t)| {
            let Action::Command(command) = &t.action else { panic!("no command") };
            Outcome {
                task,
                node: t.node.clone(),
                label: t.label.clone(),
                state: State::Done,
                value: serde_json::json!({ "stdout": format!("{}\n", command.argv.join(" ")), "stderr": "" }),
                items: Vec::new(),
                error: None,
                exit_status: Some(0),
                tail: String::new(),
                attempts: 1,
                started: None,
                seconds: 0.0,
                log: None,
            }
        });
        Ok(Report { outcomes: outcomes.collect(), ..Report::default() })
    }
    fn save(&self, _: &Path, _: &[u8], _: bool) -> Result<(), RunError> {
        Err(RunError::Failed(OperationError::new(ErrorKind::Refused, "not here")))
    }
    fn save_anyway(&self, path: &Path, content: &[u8], overwrite: bool) -> Result<(), RunError> {
        self.save(path, content, overwrite)
    }
    fn make_folder(&self, path: &Path) -> Result<(), RunError> {
        self.save(path, &[], false)
    }
    fn pause(&self, _: Duration) -> Result<(), RunError> {
        Ok(())
    }
    fn say(&self, _: &str) {}
    fn warn(&self, _: &str) {}
    fn record(&self, _: &str, _: serde_json::Value) {}
    fn found_difference(&self) {}
}

struct Nobody;

impl Output for Nobody {
    fn print(&self, _: &str) {}
    fn debug(&self, _: &str, _: Option<Place>) {}
}

/// Checks a module and runs it on a RefFile of two rows.
fn try_out(name: &str, text: &str, options: &[(&str, Dynamic)]) -> Dynamic {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(format!("{name}.rhai"));
    fs::write(&file, text).unwrap();
    let library = Library::of(&[], true);
    let script = library.find(file.to_str().unwrap()).unwrap();

    let found = Checker::new(library.clone()).check(&script);
    assert_eq!(found, [], "{text}");
    let reading = manifest::read(name, &script.label, text, &groups());
    let manifest = reading.manifest.unwrap();

    let reffile = folder.path().join("in.ref");
    let rows = "/data1/L80897_SAP000_SB001_uv.MS 120.0 5 node001 0\n\
                /data1/L80897_SAP000_SB002_uv.MS 121.0 5 node002 0\n";
    fs::write(&reffile, rows).unwrap();
    let mut map: Map = manifest
        .options
        .iter()
        .map(|o| {
            let value = match o.kind {
                manifest::Kind::Flag => Dynamic::from(false),
                manifest::Kind::Ints | manifest::Kind::Nodes | manifest::Kind::List(_) => {
                    Dynamic::from_array(Vec::new())
                }
                manifest::Kind::RefFile => reffile.to_str().unwrap().into(),
                _ => o.default.as_ref().map_or(Dynamic::UNIT, |d| d.to_string().into()),
            };
            (o.key().into(), value)
        })
        .collect();
    for (key, value) in options {
        map.insert((*key).into(), value.clone());
    }
    let config = Arc::default();
    let context = RunContext {
        run_id: "r1".into(),
        module: name.into(),
        user: "joe".into(),
        level: Level::User,
        node: "node001".into(),
        query: false,
        config: Arc::clone(&config),
    };
    let sources = Sources::new();
    let cancel = Arc::new(AtomicBool::new(false));
    let setup = Setup::new(library, sources, config, Arc::new(Nobody), cancel);
    let call = Call::Module { options: map, run: handle(Arc::new(Echo(context))) };
    run(&setup, &script, call).unwrap()
}

#[test]
fn a_new_module_passes_the_checks_and_runs() {
    let text = module("ShowModes", "local", &groups()).unwrap();
    assert!(!text.contains('@'), "a hole was left");
    let subbands = Dynamic::from_array(vec![Dynamic::from(2_i64)]);
    let table = try_out("ShowModes", &text, &[("subbands", subbands)]).cast::<Map>();
    let rows = table["rows"].clone().into_array().unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].to_string(), r#"["node002", "ls -ld -- /data1/L80897_SAP000_SB002_uv.MS"]"#);
}

#[test]
fn names_and_groups_are_checked() {
    for name in ["showData", "Show Data", "Show-Data", "../X", "", "Xy"] {
        assert!(
            module(name, "local", &groups()).unwrap_err().message.contains("no name"),
            "{name}"
        );
    }
    let fault = module("ShowData", "data managment", &groups()).unwrap_err();
    assert_eq!(fault.help, ["did you mean `data management`?"]);
}

/// Every whole module in the guide for writers of modules is a good one.
#[test]
fn the_examples_of_the_guide_work() {
    let guide = include_str!("../../modules/README.md");
    let blocks: Vec<&str> = guide
        .split("```rhai\n")
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
        .filter(|block| block.starts_with("//!"))
        .collect();
    assert!(!blocks.is_empty());
    for block in blocks {
        let plan = returned_plan(&try_out("ChmodData", block, &[])).unwrap();
        assert_eq!(plan.tasks.len(), 2);
    }
}

/// Everything the guide says about keys and kinds is what the reader knows.
#[test]
fn the_guide_names_all_keys_and_kinds() {
    let guide = include_str!("../../modules/README.md");
    let strange = "const MODULE = #{ strange: 1, options: [#{ name: \"ab\", strange: 1 }] };";
    let reading = manifest::read("X", "X.rhai", strange, &groups());
    let notes: Vec<_> = reading
        .faults
        .iter()
        .flat_map(|f| &f.notes)
        .filter_map(|n| n.strip_prefix("possible: "))
        .flat_map(|n| n.split(", "))
        .collect();
    assert!(notes.len() > 30, "{notes:?}");
    for word in notes {
        assert!(guide.contains(&format!("`{word}`")), "the guide does not tell about `{word}`");
    }
    for group in groups().names() {
        assert!(guide.contains(&format!("`{group}`")), "the guide does not tell about `{group}`");
    }
}
