#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::model::{Encryption, StoreKind, Transport};
use crate::show;

/// A folder with configuration files.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// `a.toml`, `b.toml`, … in rising order, and the environment.
    fn sources(&self, files: &[&str], environment: &[(&str, &str)]) -> Sources {
        let names = ["a.toml", "b.toml", "c.toml", "d.toml"];
        let usual = files.iter().zip(names).map(|(text, name)| self.file(name, text)).collect();
        let environment =
            environment.iter().map(|(k, v)| ((*k).to_string(), (*v).to_string())).collect();
        Sources { usual, named: Vec::new(), environment, home: Some("/home/me".into()) }
    }
}

fn load_text(text: &str) -> Result<Loaded, ConfigError> {
    load(&Folder::new().sources(&[text], &[]))
}

/// The faults as text, without the folder of the test.
fn faults(files: &[&str], environment: &[(&str, &str)]) -> Vec<String> {
    let folder = Folder::new();
    let error = load(&folder.sources(files, environment)).unwrap_err();
    let prefix = format!("{}/", folder.0.path().display());
    error.to_string().lines().map(|line| line.replace(&prefix, "")).collect()
}

#[test]
fn nothing_is_a_configuration() {
    let loaded = load(&Sources::default()).unwrap();
    assert_eq!(*loaded.config, built_in());
    assert_eq!(loaded.config.stores.len(), 9);
    assert!(loaded.files.is_empty() && loaded.warnings.is_empty());
}

#[test]
fn ten_lines_describe_a_cluster() {
    let loaded = load_text(
        "[ssh]\nidentity = '/c/id'\nknown_hosts = ['~/hosts']\nuser = 'root'\nport = 2222\n\
         [[hosts]]\nprefix = 'node'\nrange = '11-18'\naddress = '127.0.1.{index}'\n",
    )
    .unwrap();
    let config = &loaded.config;
    assert_eq!(config.ssh.port, 2222);
    assert_eq!(config.ssh.known_hosts, [PathBuf::from("/home/me/hosts")]);
    assert_eq!((config.hosts[0].padding, config.hosts[0].store.as_str()), (3, "CLUSTER"));
}

#[test]
fn higher_layers_win_key_by_key() {
    let folder = Folder::new();
    let low = "[ssh]\nuser = 'low'\nport = 1\nconnects = 2\n[[hosts]]\nprefix='a'\nrange='1-2'\n\
               [[hosts]]\nprefix='b'\nrange='1-2'\n";
    let high = "[ssh]\nport = 7\n[[hosts]]\nprefix='c'\nrange='1-2'\n";
    let loaded = load(&folder.sources(&[low, high], &[("LEDAMA_SSH_USER", "env")])).unwrap();
    let ssh = &loaded.config.ssh;
    assert_eq!((ssh.user.as_deref(), ssh.port, ssh.connects), (Some("env"), 7, 2));
    let prefixes: Vec<_> = loaded.config.hosts.iter().map(|h| h.prefix.as_str()).collect();
    assert_eq!(prefixes, ["c"]);

    let place = |key| loaded.origins.of("ssh", key).to_string();
    assert_eq!(place("user"), "environment variable LEDAMA_SSH_USER");
    assert!(place("port").ends_with("b.toml:2"), "{}", place("port"));
    assert!(place("connects").ends_with("a.toml:4"), "{}", place("connects"));
    assert_eq!(place("keepalive"), "default");
    let header = loaded.origins.of_element("hosts", 0, "padding").to_string();
    assert!(header.ends_with("b.toml:3"), "{header}");
}

#[test]
fn known_stores_are_completed_and_others_replaced() {
    let folder = Folder::new();
    let low = "[[stores]]\nid='TARGET_E_EOR'\nhost='h'\naliases=['tape']\n\
               [[stores]]\nid='OLD'\nkind='ssh'\n";
    let middle = "[[stores]]\nid='ARCHIVE_PROC'\nport=20001\n";
    let high = "[[stores]]\nid='MINE'\nkind='ssh'\nhost='x'\n";
    let loaded = load(&folder.sources(&[low, middle, high], &[])).unwrap();
    let store = loaded.config.usable_store("tape").unwrap();
    assert_eq!((store.id.as_str(), store.token()), ("ARCHIVE_PROC", "TARGET_E_EOR"));
    assert_eq!((store.port, store.kind), (Some(20001), StoreKind::Fdt));
    assert!(loaded.config.find_store("TARGET_E_EOR").is_some());
    assert!(loaded.config.find_store("OLD").is_none());
    assert!(loaded.config.find_store("MINE").is_some());
    assert_eq!(loaded.config.stores.len(), 10);
}

#[test]
fn standard_versions_stay_unless_listed() {
    let file = "[[versions]]\nnumber = 5\nintegration_time_s = 4\nchannels = 1\n\
                resolution_khz = 183\ncalibrated = true\nquality_kept = false\n\
                [[versions]]\nnumber = 1\nintegration_time_s = 4\nchannels = 1\n\
                resolution_khz = 183\ncalibrated = true\nquality_kept = false\n";
    let loaded = load_text(file).unwrap();
    let all: Vec<_> =
        loaded.config.versions.iter().map(|v| (v.number, v.integration_time_s)).collect();
    assert_eq!(all, [(0, 2.0), (1, 4.0), (2, 2.0), (3, 10.0), (5, 4.0)]);
    let line = |index| loaded.origins.of_element("versions", index, "channels");
    assert_eq!(line(0), Origin::Default);
    assert!(line(1).to_string().ends_with(":11"), "{}", line(1));
    assert!(line(4).to_string().ends_with(":4"), "{}", line(4));
}

#[test]
fn all_faults_are_told_with_place_and_advice() {
    let file = "\
[ssh]
prot = 22
port = 'x'
transport = 'ssh3'
[host]
prefix = 'node'
[[hosts]]
prefix = 'node'
padding = 3
[limits]
user = 'me'
[data]
roots = ['data']
";
    assert_eq!(
        faults(&[file], &[("LEDAMA_SSH_PROT", "1"), ("LEDAMA_TRANSFER_ENCRYPTION", "tsl")]),
        [
            "a.toml:2: unknown key `prot` in [ssh] (did you mean `port`?)",
            "a.toml:3: `ssh.port` must be a whole number from 1 to 65535, not the text \"x\"",
            "a.toml:4: `ssh.transport` must be \"ssh2\", \"openssh\" or \"local\", not the text \
             \"ssh3\" (did you mean `ssh2`?)",
            "a.toml:5: unknown key `host` (did you mean `hosts`?)",
            "a.toml:11: unknown key `user` in [limits] (that key belongs below [ssh] or [[hosts]])",
            "a.toml:13: `data.roots` is a list of which each element must be an absolute path in \
             quotes, not the text \"data\"",
            "environment variable LEDAMA_SSH_PROT: [ssh] has no such key (did you mean \
             `LEDAMA_SSH_PORT`?)",
            "environment variable LEDAMA_TRANSFER_ENCRYPTION: `transfer.encryption` must be \
             \"tls\" or \"none\", not the text \"tsl\" (did you mean `tls`?)",
            "a.toml:7: this [[hosts]] has no `range` (such as `range = \"1-80\"`)",
        ]
    );
}

#[test]
fn broken_toml_is_told_with_its_line() {
    let found = faults(&["[ssh]\nport = = 3\n", "[limits]\nretries = -1\n"], &[]);
    assert!(found[0].starts_with("a.toml:2: "), "{found:?}");
    assert!(found.last().unwrap().starts_with("b.toml:2: `limits.retries` must be"), "{found:?}");
}

#[test]
fn one_bracket_or_two() {
    assert_eq!(
        faults(&["[hosts]\nprefix='a'\n[[ssh]]\nport=1\n"], &[]),
        [
            "a.toml:1: `hosts` is a list of tables (write `[[hosts]]` with two brackets)",
            "a.toml:3: `ssh` is one table, not a list (write `[ssh]` with one bracket)",
        ]
    );
    assert_eq!(
        faults(&["ssh = 3"], &[]),
        ["a.toml:1: `ssh` is a table (write `[ssh]` and its keys on the lines below)"]
    );
}

#[test]
fn clashes_between_values_are_told() {
    let file = "\
[access]
web = ['me']
full = ['me']
[[hosts]]
prefix = 'node'
range = '5-1'
store = 'CLUSTR'
bare = true
[[hosts]]
prefix = 'node'
range = '1-9-2'
bare = true
address = '10.0.0.{number}'
[[hosts]]
prefix = 'n1'
range = '1-2'
[[hosts]]
prefix = 'lce'
range = '1-2'
[[stores]]
id = 'X'
kind = 'ssh'
aliases = ['EoR', 'a b', 'lce001']
runnable_from = ['lcf']
[data]
roots = ['/', '/a/../b']
group = 'a/b'
[paths]
nfs = '/net/{node'
[transfer]
ports = '0-70000'
[programs]
dp3 = []
[[versions]]
number = 1
integration_time_s = 0
channels = 1
resolution_khz = 1
calibrated = false
quality_kept = false
archived_in = 'nowhere'
";
    let found = faults(&[file], &[]);
    let expected = [
        "a.toml:3: account `me` is in `access.web` and in `access.full`",
        "a.toml:6: the range `5-1` of `node`: the range starts after its end",
        "a.toml:7: unknown store `CLUSTR` (did you mean `CLUSTER`?)",
        "a.toml:10: two host groups have the prefix `node` (the other one: a.toml:5)",
        "a.toml:11: the range `1-9-2` of `node`: a range with a step cannot be used here",
        "a.toml:12: two host groups have `bare = true` (the other one: a.toml:8)",
        "a.toml:13: `hosts.address` is `10.0.0.{number}`: only `{name}` and `{index}` can be",
        "a.toml:15: the prefix `n1` ends with a digit",
        "a.toml:23: the name `EoR` of store `X` belongs to `CLUSTER`",
        "a.toml:23: the store name `a b` contains a blank",
        "a.toml:23: the store name `lce001` is also the name of a machine",
        "a.toml:24: `runnable_from`: no host group has the prefix `lcf` (did you mean `lce`?)",
        "a.toml:26: the data root `/` would allow to delete everything",
        "a.toml:26: the data root `/a/../b` must not contain",
        "a.toml:27: `data.group` must be the name of one folder",
        "a.toml:29: `paths.nfs` is `/net/{node`: only `{node}` and `{path}`",
        "a.toml:29: `paths.nfs` must begin with `/` and end with `{path}`",
        "a.toml:31: `transfer.ports` is `0-70000`: ports are numbers from 1 to 65535",
        "a.toml:33: `programs.dp3` names no program",
        "a.toml:36: `integration_time_s` of version 1 must be positive",
        "a.toml:41: unknown store `nowhere`",
    ];
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.starts_with(expected), "{found}\nis not\n{expected}");
    }
}

#[test]
fn corrections_of_the_configuration_are_used() {
    let folder = Folder::new();
    folder.file("own.toml", "format = 1\n[observations.L99999]\nsbs_per_beam = 7\n");
    let text = "[paths]\ncorrections = 'own.toml'\n";
    let config = load(&folder.sources(&[text], &[])).unwrap().config;
    let inventory = crate::Inventory::new(config);
    assert_eq!(inventory.corrections().sbs_per_beam("99999"), Some(7));
    assert_eq!(inventory.corrections().sbs_per_beam("25662"), Some(34));

    folder.file("own.toml", "format = 2\n");
    let error = load(&folder.sources(&[text], &[])).unwrap_err().to_string();
    assert!(error.contains("a.toml:2: ") && error.contains("format 2"), "{error}");
}

#[test]
fn a_named_file_must_be_there() {
    let folder = Folder::new();
    let gone = folder.0.path().join("gone.toml");
    let mut sources = folder.sources(&[], &[]);
    sources.usual.push(gone.clone());
    assert!(load(&sources).is_ok());
    sources.named.push((gone, "named by --config".into()));
    let message = load(&sources).unwrap_err().to_string();
    assert!(
        message.ends_with(
            "the configuration file, named by --config, cannot be read: No such file or directory"
        ),
        "{message}"
    );
}

#[test]
fn environment_variables_set_keys() {
    let environment = [
        ("LEDAMA_TRANSFER_ENCRYPTION", "none"),
        ("LEDAMA_PATHS_INIT_FILE", "~/init.sh"),
        ("LEDAMA_DATA_ROOTS", "/d1/g:/d2/g"),
        ("LEDAMA_PROGRAMS_DP3", "/opt/DP3"),
        ("LEDAMA_ACCESS_FULL", "a,b"),
        ("LEDAMA_SSH_TRANSPORT", "local"),
        ("LEDAMA_LIMITS_TOTAL", ""),
        ("LEDAMA_CONFIG", "/x"),
        ("LEDAMA_MODULES", "/x"),
        ("LEDAMA_RUN_ID", "x"),
        ("LEDAMA_SSHUSER", "x"),
    ];
    let loaded = load(&Folder::new().sources(&[], &environment)).unwrap();
    let config = &loaded.config;
    assert_eq!(config.transfer.encryption, Encryption::None);
    assert_eq!(config.paths.init_file.as_deref(), Some(Path::new("/home/me/init.sh")));
    assert_eq!(config.data.roots, ["/d1/g", "/d2/g"]);
    assert_eq!(config.command_of("DP3").unwrap(), ["/opt/DP3"]);
    assert_eq!(config.access.full, ["a", "b"]);
    assert_eq!(config.ssh.transport, Transport::Local);
    assert_eq!(config.limits.total, None);
    assert_eq!(
        loaded.warnings,
        ["environment variable LEDAMA_SSHUSER is not used; did you mean `LEDAMA_SSH_USER`?"]
    );
}

#[test]
fn the_template_changes_nothing_and_can_be_uncommented() {
    let text = show::template();
    assert_eq!(*load_text(&text).unwrap().config, built_in());

    let set: Vec<_> = text
        .lines()
        .map(|line| {
            line.strip_prefix('#').filter(|rest| !rest.starts_with([' ', '\0'])).unwrap_or(line)
        })
        .collect();
    let folder = Folder::new();
    folder.file("corrections.toml", "format = 1\n");
    let loaded = load(&folder.sources(&[&set.join("\n")], &[])).unwrap();
    for row in show::rows(&loaded) {
        let set = row.origin != Origin::Default;
        let catalogue = ["stores.", "versions."].iter().any(|list| row.key.starts_with(list));
        let example = ["ARCHIVE_PROC", "versions.4"].iter().any(|name| row.key.contains(name));
        assert!(set || (catalogue && !example), "{} is not in the template", row.key);
    }
    assert!(text.lines().all(|line| line.len() <= 100), "{text}");
}

#[test]
fn values_are_shown_with_their_origin() {
    let text = "[database]\nurl = 'postgres://me:secret@db/x'\n[programs]\nDP3 = 'DP3'\n\
                [[hosts]]\nprefix = 'node'\nrange = '1-2'\n";
    let loaded = load_text(text).unwrap();
    let rows = show::rows(&loaded);
    let row = |key: &str| rows.iter().find(|row| row.key == key).expect(key);
    assert_eq!(row("database.url").value.as_deref(), Some("\"postgres://me:***@db/x\""));
    assert!(row("programs.DP3").origin.to_string().ends_with(":4"));
    assert_eq!(row("ssh.port").value.as_deref(), Some("22"));
    assert_eq!(row("ssh.port").variable.as_deref(), Some("LEDAMA_SSH_PORT"));
    assert_eq!(row("ssh.user").value, None);
    assert!(row("hosts.node.range").origin.to_string().ends_with(":7"));
    assert_eq!(row("hosts.node.padding").origin, Origin::Default);
    assert_eq!(row("hosts.node.padding").value.as_deref(), Some("3"));
    assert_eq!(row("stores.ARCHIVE_RAW.kind").value.as_deref(), Some("\"fdt\""));
    assert!(row("ssh.port").doc.starts_with("Port"));
}

#[test]
fn one_value_by_its_key() {
    let config = load_text("[[hosts]]\nprefix='node'\nrange='1-2'\n").unwrap().config;
    let value = |key| config.value(key).unwrap();
    assert_eq!(value("limits.retries"), Some(serde_json::json!(0)));
    assert_eq!(value("hosts.node.range"), Some(serde_json::json!("1-2")));
    assert_eq!(value("stores.GRID_B.max_streams"), Some(serde_json::json!(5)));
    assert_eq!(value("ssh.user"), None);
    assert_eq!(value("programs.DP3"), None);
    let error = config.value("limits.retrys").unwrap_err();
    assert_eq!(error.help().as_deref(), Some("did you mean `limits.retries`?"));
    assert!(config.value("a.b.c.d").is_err());
}

/// A measurement, not a test: `cargo test --release -- --ignored --nocapture`.
#[test]
#[ignore = "prints a time"]
fn time_of_loading_ten_lines() {
    let folder = Folder::new();
    let text = "[ssh]\nidentity = '/c/id'\nknown_hosts = ['/c/hosts']\nuser = 'root'\nport = 2222\n\n\
                [[hosts]]\nprefix = 'node'\nrange = '11-18'\naddress = '127.0.1.{index}'\n";
    let sources = folder.sources(&[text], &[]);
    let start = std::time::Instant::now();
    for _ in 0..1000 {
        let loaded = load(&sources).unwrap();
        assert_eq!(crate::Inventory::new(loaded.config).all().len(), 8);
    }
    println!("one load: {} µs", start.elapsed().as_micros() / 1000);
}
