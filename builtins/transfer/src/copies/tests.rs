#![allow(clippy::unwrap_used, clippy::expect_used)]

use ledama_cluster::plan::{Action, Plan};
use ledama_cluster::report::Outcome;
use ledama_config::model::Hosts;
use serde_json::json;

use super::*;

fn inventory() -> Arc<Inventory> {
    let mut config = ledama_config::built_in();
    config.hosts = vec![Hosts {
        prefix: "node".into(),
        padding: 3,
        range: "11-18".into(),
        bare: true,
        address: Some("127.0.1.{index}".into()),
        port: None,
        user: None,
        transport: None,
        store: "CLUSTER".into(),
    }];
    config.data.group = "grp".into();
    config.data.roots = (1..=3).map(|k| format!("/data{k}/users/grp")).collect();
    config.data.free_margin_mib = 0;
    Arc::new(Inventory::new(Arc::new(config)))
}

fn file(rows: &[(&str, &str)]) -> RefFile {
    let rows = rows.iter().map(|(node, path)| NewEntry {
        path: (*path).into(),
        node: (*node).into(),
        size_mb: Some(2),
        ..NewEntry::default()
    });
    RefFile::from_rows(rows, &inventory()).unwrap()
}

fn wish(copypath: &str, nodes: &[&str]) -> Wish {
    Wish {
        copypath: copypath.into(),
        nodes: nodes.iter().map(ToString::to_string).collect(),
        ..Wish::default()
    }
}

fn places(copies: &Copies) -> Vec<(String, String)> {
    let place = |e: &Entry| (e.node.to_string(), e.path.to_string());
    copies.targets().entries().iter().map(place).collect()
}

fn refused(sources: &RefFile, wish: &Wish) -> String {
    Copies::plan(sources, wish).unwrap_err().to_string()
}

const SET: &str = "/data1/users/grp/pipeline/L2013_80897_001/L80897_SAP000_SB000_uv.MS.dppp";

#[test]
fn sets_are_shared_out_in_blocks_of_neighbours() {
    let sets: Vec<String> =
        (0..11).map(|k| format!("/data1/users/grp/L80897/L80897_SB{k:03}.MS")).collect();
    let sources = file(&sets.iter().map(|s| ("node011", s.as_str())).collect::<Vec<_>>());
    let nodes = ["node015", "node016", "node017"];
    let copies = Copies::plan(&sources, &wish("/data2/users/grp/LXXXXX", &nodes)).unwrap();
    let of = |node: &str| places(&copies).iter().filter(|(n, _)| n == node).count();
    assert_eq!(nodes.map(of), [4, 4, 3]);
    assert_eq!(
        places(&copies)[4],
        ("node016".into(), "/data2/users/grp/L80897/L80897_SB004.MS".into())
    );
    assert_eq!(copies.pairs().count(), 11);
}

#[test]
fn the_nodes_can_be_those_of_the_sources_or_their_neighbours() {
    let sources = file(&[("node011", SET), ("node018", SET)]);
    let with = |nodeskey| {
        let wish = Wish { nodeskey, ..wish("/data3/users/grp/backup/{lds}", &[]) };
        places(&Copies::plan(&sources, &wish).unwrap())
            .into_iter()
            .map(|(n, _)| n)
            .collect::<Vec<_>>()
    };
    assert_eq!(with(NodesKey::Same), ["node011", "node018"]);
    assert_eq!(with(NodesKey::Next), ["node012", "node011"]);
}

#[test]
fn averaged_data_goes_below_pipeline_and_keeps_its_version() {
    let sources = file(&[("node011", SET)]);
    let place = |path: &str| {
        let copies = Copies::plan(&sources, &wish(path, &["node015"])).unwrap();
        places(&copies).remove(0).1
    };
    let name = "L80897_SAP000_SB000_uv.MS.dppp";
    assert_eq!(
        place("/data1/users/grp/LXXXX_XXXXX"),
        format!("/data1/users/grp/pipeline/L2013_80897_001/{name}")
    );
    assert_eq!(
        place("/data1/users/grp/pipeline/LXXXXX_005"),
        format!("/data1/users/grp/pipeline/L80897_005/{name}")
    );
    assert_eq!(
        place("/data1/users/grp/me/LXXXXX"),
        format!("/data1/users/grp/me/L80897_001/{name}")
    );
    assert_eq!(place("/scratch/x"), format!("/scratch/x/{name}"));
}

#[test]
fn a_year_that_nobody_knows_is_left_out_or_stops_the_copy() {
    let sources = file(&[("node011", "/data1/users/grp/L80897/L80897_SB000.MS")]);
    let asked = wish("/data2/users/grp/LXXXX_XXXXX", &["node015"]);
    let copies = Copies::plan(&sources, &asked).unwrap();
    assert_eq!(places(&copies)[0].1, "/data2/users/grp/L80897/L80897_SB000.MS");
    assert_eq!(copies.notes().len(), 1);
    let strict = Wish { unknown_year: UnknownYear::Stop, ..asked };
    assert!(refused(&sources, &strict).contains("the year is not known"));
    // A named placeholder means what it says.
    let named = wish("/data2/users/grp/L{year}_{id}", &["node015"]);
    assert!(refused(&sources, &named).contains("the year is not known"));
}

#[test]
fn copies_that_collide_are_refused() {
    let same_name = "/data2/users/grp/L2013_80897_001/L80897_SAP000_SB000_uv.MS.dppp";
    let two = file(&[("node011", SET), ("node012", same_name)]);
    assert!(refused(&two, &wish("/scratch", &["node015"])).contains("the copy of both"));
    let one = file(&[("node011", SET)]);
    let onto = wish("/data1/users/grp/pipeline/L2013_80897_001", &["node011"]);
    assert!(refused(&one, &onto).contains("copied onto itself"));
    let inside = wish(&format!("{SET}/x"), &["node011"]);
    assert!(refused(&one, &inside).contains("inside the set"));
    let outer = file(&[("node011", "/a/L1_SB000.MS"), ("node011", "/b/L1_SB000.MS/L1_SB001.MS")]);
    assert!(refused(&outer, &wish("/b", &["node011"])).contains("lies where a copy would be made"));
}

#[test]
fn stores_nodes_and_templates_that_cannot_serve_are_told() {
    let sources = file(&[("node011", SET)]);
    let archive = refused(&sources, &wish("L80897", &["ARCHIVE_PROC"]));
    assert!(archive.contains("`ARCHIVE_PROC` is not configured"), "{archive}");
    assert!(refused(&sources, &wish("/x", &[])).contains("no node"));
    assert!(refused(&sources, &wish("x/{lds}", &["node015"])).contains("no absolute path"));
    assert!(refused(&sources, &wish("/x/{ldss}", &["node015"])).contains("ldss"));
}

fn done(task: usize, node: &str, value: serde_json::Value) -> Outcome {
    Outcome { value, ..Outcome::new(task, node, node, State::Done) }
}

/// Answers of a healthy cluster: a source of `bytes`, `free` bytes at the target.
fn answers(copies: &Copies, bytes: u64, free: u64, exists: bool) -> Report {
    let target = &copies.targets().entries()[0];
    let source = &copies.sources().entries()[0];
    let folder = target.path.rsplit_once('/').unwrap().0;
    Report {
        outcomes: vec![
            done(0, &source.node, json!({ "sets": [{ "path": source.path, "bytes": bytes }] })),
            done(
                1,
                &target.node,
                json!({ "folders": [{ "folder": folder, "file_system": "d", "free_bytes": free }] }),
            ),
            done(2, &target.node, json!({ "paths": [{ "path": target.path, "exists": exists }] })),
        ],
        ..Report::default()
    }
}

#[test]
fn obstacles_are_found_before_the_first_byte() {
    let sources = file(&[("node011", SET)]);
    let copies = Copies::plan(&sources, &wish("/data2/users/grp/{lds}", &["node015"])).unwrap();
    let mut plan = Plan::new("check");
    copies.add_checks(&mut plan);
    assert_eq!(
        plan.tasks.iter().map(|t| t.node.as_str()).collect::<Vec<_>>(),
        ["node011", "node015", "node015"]
    );

    let none = Allow::default();
    assert!(copies.faults(&answers(&copies, 1000, 1000, false), none).is_empty());
    let full = copies.faults(&answers(&copies, 1001, 1000, false), none);
    assert!(full[0].starts_with("node015: the disk of /data2/users/grp/L80897"), "{full:?}");
    let there = answers(&copies, 1000, 9000, true);
    assert!(copies.faults(&there, none)[0].ends_with("exists"));
    assert!(copies.faults(&there, Allow { resume: true, ..none }).is_empty());

    let mut gone = answers(&copies, 1000, 9000, false);
    gone.outcomes[0].value["sets"][0]["error"] =
        json!({ "kind": "not-found", "message": "no such set" });
    assert_eq!(copies.faults(&gone, none), ["node011: no such set"]);
    gone.outcomes[0].value["sets"][0] = json!({ "path": SET, "special": ["pipe"] });
    assert!(copies.faults(&gone, none)[0].contains("pipe cannot be copied"));
}

#[test]
fn each_copy_is_one_task_on_the_node_of_the_copy() {
    let sources = file(&[("node011", SET), ("node012", "/data1/users/grp/L80897/L80897_SB001.MS")]);
    let copies =
        Copies::plan(&sources, &wish("/data2/users/grp/{lds}", &["node015", "node016"])).unwrap();
    let mut plan = Plan::new("copy");
    let how = How { resume: true, ..How::default() };
    copies.add_to(&mut plan, how).unwrap();
    assert_eq!(plan.tasks.len(), 2);
    let Action::Operation { name, input } = &plan.tasks[1].action else { panic!("no operation") };
    assert_eq!((plan.tasks[1].node.as_str(), name.as_str()), ("node016", "transfer.copy"));
    assert_eq!(plan.tasks[1].size_bytes, 2 << 20);
    assert_eq!(input["source_node"], "node012");
    assert_eq!(input["network"]["addresses"], json!(["127.0.1.16"]));
    assert_eq!(input["network"]["source_addresses"], json!(["127.0.1.12"]));
    assert_eq!(input["resume"], true);

    let failed = Outcome::new(1, "node016", "x", State::Failed);
    let report =
        Report { outcomes: vec![done(0, "node015", json!({})), failed], ..Report::default() };
    let left = copies.not_done(&report);
    assert_eq!(left.entries().len(), 1);
    assert_eq!(&*left.entries()[0].node, "node012");
}

#[test]
fn each_pair_of_nodes_without_a_direct_connection_is_told_once() {
    let path = |k: u32| SET.replace("SB000", &format!("SB{k:03}"));
    let paths: Vec<String> = (0..4).map(path).collect();
    let rows: Vec<(&str, &str)> = ["node011", "node011", "node012", "node012"]
        .into_iter()
        .zip(paths.iter().map(|p| &**p))
        .collect();
    let copies = Copies::plan(&file(&rows), &wish("/data2/users/grp/x", &["node013"])).unwrap();
    let why = "node013 has no free port in 7-7 to listen on (Address already in use)";
    let outcome = |task: usize, state, detour: bool| {
        let mut outcome = Outcome::new(task, "node013", &paths[task], state);
        outcome.value = if detour { json!({ "detour": why }) } else { json!({ "bytes": 1 }) };
        outcome
    };
    let report = Report {
        outcomes: vec![
            outcome(0, State::Done, true),
            outcome(1, State::Done, true),
            outcome(2, State::Done, false),
            outcome(3, State::Failed, true),
        ],
        ..Report::default()
    };
    let warnings = copies.warnings(&report);
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    for part in ["node011 and node013", "2 sets", why, "transfer.ports", "transfer.channel"] {
        assert!(warnings[0].contains(part), "{part}: {warnings:?}");
    }
}
