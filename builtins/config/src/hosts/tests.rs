#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::load::{Sources, built_in, load};

fn inventory(toml: &str, host: &str) -> Inventory {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ledama.toml");
    std::fs::write(&file, toml).unwrap();
    let config = load(&Sources { usual: vec![file], ..Sources::default() }).unwrap().config;
    Inventory::seen_from(config, LocalHost::new(host, "me"))
}

const TEN_LINES: &str = "[ssh]\nuser = 'root'\nport = 2222\n\
    [[hosts]]\nprefix = 'node'\nrange = '11-18'\naddress = '127.0.1.{index}'\n";

#[test]
fn a_machine_of_a_group_is_resolved() {
    let inventory = inventory(TEN_LINES, "vm.example.org");
    let expected = Machine {
        name: "node011".into(),
        address: "127.0.1.11".into(),
        port: 2222,
        user: "root".into(),
        transport: Transport::Ssh2,
        store: "CLUSTER".into(),
    };
    assert_eq!(inventory.machine("node011").unwrap(), expected);
    assert_eq!(inventory.machine("node11").unwrap(), expected);
    assert_eq!(inventory.all().to_string(), "node[011-018]");
    assert_eq!(inventory.next("node018").unwrap(), "node011");
    assert!(!inventory.is_local("node011"));
}

#[test]
fn a_group_may_differ_from_the_rest() {
    let text = "[ssh]\ntransport = 'openssh'\n[[hosts]]\nprefix = 'gw'\nrange = '1-4'\npadding = 2\n\
        address = '{name}.example.org'\nport = 24\nuser = 'x'\ntransport = 'ssh2'\nstore = 'EoRBackup'\n\
        [[hosts]]\nprefix = 'n'\nrange = '1-9'\npadding = 1\n";
    let inventory = inventory(text, "vm");
    let machine = inventory.machine("gw03").unwrap();
    assert_eq!((machine.address.as_str(), machine.port), ("gw03.example.org", 24));
    assert_eq!((machine.user.as_str(), machine.transport), ("x", Transport::Ssh2));
    assert_eq!(machine.store, "CLUSTER_BACKUP");
    let machine = inventory.machine("n7").unwrap();
    assert_eq!((machine.address.as_str(), machine.port, machine.user.as_str()), ("n7", 22, "me"));
    assert_eq!(machine.transport, Transport::Openssh);
    assert_eq!(inventory.parse("1-2").unwrap().names, ["gw01", "gw02"]);
}

#[test]
fn without_groups_this_host_is_all_there_is() {
    let local = LocalHost::new("vm.example.org", "me");
    let inventory = Inventory::seen_from(Arc::new(built_in()), local);
    assert_eq!(inventory.all().names(), ["vm"]);
    for name in ["vm", "localhost", "vm.example.org"] {
        let machine = inventory.machine(name).unwrap();
        assert_eq!((machine.name.as_str(), machine.transport), ("vm", Transport::Local));
        assert!(inventory.is_local(name));
    }
    assert_eq!(inventory.parse("localhost/vm").unwrap().names, ["vm"]);
    assert_eq!(inventory.parse("ARCHIVE_PROC/SARA").unwrap().names, ["ARCHIVE_PROC", "GRID_A"]);
    assert_eq!(inventory.store_of("vm", "/x").unwrap().id, "CLUSTER");
}

#[test]
fn this_host_in_a_group_needs_no_connection() {
    let text = "[[hosts]]\nprefix = 'node'\nrange = '1-80'\n";
    let there = inventory(text, "node5.cluster");
    assert_eq!(there.local_name(), "node005");
    assert_eq!(there.machine("node005").unwrap().transport, Transport::Local);
    assert_eq!(there.machine("localhost").unwrap().name, "node005");
    assert_eq!(there.machine("node006").unwrap().transport, Transport::Ssh2);
    assert!(there.is_local("node005") && there.is_local("node5.cluster"));
    let other_account = inventory(&format!("{text}user = 'root'\n"), "node005");
    assert_eq!(other_account.machine("node005").unwrap().transport, Transport::Ssh2);
    let wished = inventory(&format!("{text}transport = 'openssh'\n"), "node005");
    assert_eq!(wished.machine("node005").unwrap().transport, Transport::Openssh);
}

#[test]
fn unknown_names_are_answered_with_known_ones() {
    let inventory = inventory(TEN_LINES, "vm");
    let message = |name: &str| {
        let error = inventory.machine(name).unwrap_err();
        format!("{error}; {}", error.help().unwrap_or_default())
    };
    assert_eq!(message("node019"), "`node019` is not one of node011 to node018; ");
    assert_eq!(message("nodes012"), "unknown node `nodes012`; did you mean `node012`?");
    assert_eq!(message("xyzzy99"), "unknown node `xyzzy99`; known are node, vm, localhost");
    assert!(message("TARGET_E_EOR").starts_with("`TARGET_E_EOR` is a store, not a machine"));
    let error = inventory.parse("node011,nod012").unwrap_err();
    assert!(error.to_string().contains("column 9"), "{error}");
    assert!(error.help().unwrap().contains("node012"), "{error:?}");
    assert!(inventory.parse("node011-099").is_err());
    assert!(inventory.next("vm").is_err());
}

#[test]
fn the_store_follows_from_group_and_path() {
    let inventory = inventory(TEN_LINES, "vm");
    let store = |node: &str, path: &str| inventory.store_of(node, path).map(|s| s.id.clone());
    let table = [
        ("node011", "/data1/users/lofareor/L80897/x.MS", Some("CLUSTER")),
        ("node011", "/data1/users/lofareor/backup/L80897/x.MS", Some("CLUSTER_BACKUP")),
        ("node011", "/data3/users/lofareor/a/backup/L80897", Some("CLUSTER_BACKUP")),
        ("node011", "/data1/users/lofareor/backups/L80897", Some("CLUSTER")),
        ("node011", "/data1/users/lofareorbackup/backup/L80897", Some("CLUSTER")),
        ("node011", "/backup/L80897", Some("CLUSTER")),
        ("TARGET_F_EOR", "L80897/x.MS", Some("ARCHIVE_RAW")),
        ("ARCHIVE_RAW", "backup/x.MS", Some("ARCHIVE_RAW")),
        ("vm", "/x", Some("CLUSTER")),
        ("node099", "/data1/users/lofareor/x", None),
        ("EoR", "/x", None),
    ];
    for (node, path, expected) in table {
        assert_eq!(store(node, path).as_deref(), expected, "{node} {path}");
    }
}

#[test]
fn names_have_one_spelling() {
    let inventory = inventory(TEN_LINES, "vm.example.org");
    let table = [
        ("node12", "node012"),
        ("TARGET_E_EOR", "ARCHIVE_PROC"),
        ("localhost", "vm"),
        ("elsewhere", "elsewhere"),
        ("EoR", "EoR"),
    ];
    for (name, expected) in table {
        assert_eq!(inventory.canonical(name), expected);
    }
    assert_eq!(inventory.written("ARCHIVE_PROC"), "TARGET_E_EOR");
    assert_eq!(inventory.written("node012"), "node012");
}
