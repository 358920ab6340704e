//! Whatever changes data refuses what must stay: every operation of the
//! program that changes anything is found in the list of all, and each is
//! given paths that no operation may touch.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use ledama::engine::builtins::operations;
use ledama_base::operation::{Effect, OperationContext, OperationError, Progress};
use serde_json::{Value, json};

use crate::support::observation::{self, Shape};
use crate::support::tree::walk;
use crate::support::{Cluster, Work, skip::need};

/// Says nothing, and knows nobody.
struct Alone;

#[allow(clippy::unnecessary_literal_bound)] // the signatures of the trait
impl OperationContext for Alone {
    fn node(&self) -> &str {
        "node011"
    }
    fn run_id(&self) -> &str {
        "test"
    }
    fn cancelled(&self) -> bool {
        false
    }
    fn progress(&self, _: Progress) {}
    fn item(&self, _: Value) {}
    fn log(&self, _: &str) {}
    fn call(&self, _: &str, _: &str, _: Value) -> Result<Value, OperationError> {
        Err(OperationError::new(ledama_base::operation::ErrorKind::Connection, "nobody is there"))
    }
}

/// What each operation is asked to do to a path; `None`: it needs no guard,
/// for the reason beside it.
fn asked(name: &str, path: &str, roots: &[String]) -> Option<Vec<Value>> {
    let acl = |action: &str| json!({ "path": path, "roots": roots, "uid": 4321, "action": action });
    let with = |mut input: Value, key: &str, value: Value| {
        input[key] = value;
        input
    };
    let entry =
        json!({ "path": "x", "kind": "file", "size_bytes": 1, "disk_bytes": 0, "changed_ns": 0 });
    Some(match name {
        "ms.remove" | "ms.unflag" => vec![json!({ "path": path, "roots": roots })],
        "ms.remove_folder" => vec![
            json!({ "path": path, "roots": roots }),
            json!({ "path": path, "roots": roots, "extra": ["notes", "L80897"] }),
        ],
        "ms.clean" => vec![
            json!({ "path": path, "roots": roots, "columns": ["DATA"], "force_protected": true }),
        ],
        "trees.chmod" => vec![
            json!({ "path": path, "roots": roots, "mode": "700", "recursive": true }),
            json!({ "path": path, "roots": roots, "mode": "700", "recursive": false }),
        ],
        "trees.acl" => ["grant", "exclusive", "revoke"].map(acl).to_vec(),
        "trees.acl_restore" => vec![with(acl("grant"), "before", json!("{}"))],
        "trees.pack" => {
            vec![json!({ "path": path, "roots": roots, "delete": true, "overwrite": true })]
        }
        "trees.unpack" => vec![json!({ "path": path, "roots": roots, "delete": true })],
        "trees.remove_empty" => vec![json!({ "path": path, "roots": roots, "older_than_s": 0 })],
        "trees.remove_listed" => vec![
            json!({ "path": path, "roots": roots, "older_than_s": 0, "entries": [] }),
            json!({ "path": path, "roots": roots, "older_than_s": 0, "entries": [entry] }),
        ],
        // Replaces what has the name of a product, if it is one.
        "pipeline.run" => ["set", "folder", "file"]
            .map(|kind| {
                json!({
                    "program": { "key": "true", "command": ["true"] },
                    "arguments": [],
                    "products": [{ "path": path, "kind": kind }],
                    "overwrite": true,
                })
            })
            .to_vec(),
        // Some need no guard: the first two add to a measurement set or say
        // another thing about it, and what was there can be had back; a copy
        // makes something new, and moves aside only what it was told to
        // replace; `transfer.clean` removes hidden names of its own, which the
        // names of targets only lead to; the last one knows processes, not paths.
        "ms.set_mount"
        | "ms.add_imaging_columns"
        | "transfer.copy"
        | "transfer.clean"
        | "monitor.stop"
        // These write files under the names they are given, and replace only
        // files, and only if told to.
        | "pipeline.gds"
        | "pipeline.rescale_fits"
        | "plot.diagnostic"
        | "plot.gain_movie"
        | "plot.solutions"
        | "plot.station_movie"
        | "plot.used_stations"
        // These change rows of a database and no file of a node; a backup
        // writes into a folder that it is given, under new names.
        | "leddb.add_empty"
        | "leddb.add_products"
        | "leddb.backup"
        | "leddb.claim_update"
        | "leddb.clean_products"
        | "leddb.copy_properties"
        | "leddb.create"
        | "leddb.create_partitions"
        | "leddb.delete"
        | "leddb.finish"
        | "leddb.import"
        | "leddb.refresh_meta"
        | "leddb.register_movies"
        | "leddb.remove"
        | "leddb.replace_store"
        | "leddb.request_update"
        | "leddb.restore"
        | "leddb.sync"
        | "leddb.tidy"
        | "leddb.update_product" => return None,
        other => panic!("`{other}` changes things: say here how, and that it is guarded"),
    })
}

/// A data root with observations, and all that is around it.
struct Sandbox {
    top: PathBuf,
    root: PathBuf,
}

impl Sandbox {
    fn new(top: &Path) -> Self {
        let top = top.canonicalize().unwrap();
        let root = top.join("data1/users/grp");
        let small = Shape { data_bytes: 100, small_files: 1 };
        for place in ["data1/users/grp", "data1/users/else", "other"] {
            observation::sets(&top.join(place).join("L80897"), 80897, 0..2, small);
            // Empty ones, for what removes such.
            fs::create_dir_all(top.join(place).join("L80898/inner")).unwrap();
        }
        fs::create_dir_all(root.join("pipeline/notes")).unwrap();
        fs::create_dir_all(root.join("L80899")).unwrap();
        fs::write(root.join("notes"), "x").unwrap();
        fs::write(root.join("L80897_SAP000_SB000_uv.MS.tar"), "no archive").unwrap();
        // Out of the root, back to it, and above it.
        symlink(top.join("other/L80897"), root.join("L90001")).unwrap();
        symlink(".", root.join("L90002")).unwrap();
        symlink("../..", root.join("L90003")).unwrap();
        Self { top, root }
    }

    /// Paths that nothing may be done to. The second root lies in an
    /// observation of the first one.
    fn hostile(&self) -> Vec<String> {
        let top = self.top.display().to_string();
        let root = self.root.display().to_string();
        let set = observation::name(80897, 0, 0);
        let mut paths: Vec<String> = [
            "",
            ".",
            "..",
            "~",
            "L80897",
            "./L80897",
            "data1/users/grp/L80897",
            "/",
            "//",
            "/.",
            "/..",
            "/dev/null",
            "/proc/self",
            "/nowhere/L80897/x",
        ]
        .map(String::from)
        .to_vec();
        paths.extend(
            ["", "/data1", "/data1/users", "/other", "/other/L80897", "/other/L80898"]
                .map(|p| format!("{top}{p}")),
        );
        paths.push(format!("{top}/data1/users/else/L80897/{set}"));
        paths.push(format!("{top}/data1/users/else/L80898"));
        paths.push(format!("/{root}/L80897"));
        for inner in [
            "",
            "/",
            "/.",
            "/..",
            "/../grp",
            "/../grp/L80897",
            "/../else/L80897",
            "/L80897/..",
            "/L80897/../../else/L80898",
            "/L80897/../L80897",
            "/./L80897",
            "//L80897",
            "/L80897/",
            "/L80897\0",
            "/pipeline",
            "/pipeline/notes",
            "/notes",
            "/L80899",
            "/L80899/",
            "/L80897_SAP000_SB000_uv.MS.tar",
            "/L90001/x",
            "/L90002/pipeline",
            "/L90002/notes",
            "/L90003/users",
            "/L90003/users/else",
            "/L90003/users/else/L80897",
        ] {
            paths.push(format!("{root}{inner}"));
        }
        paths.push(format!("{root}/L90001/{set}"));
        paths
    }

    fn roots(&self) -> Vec<String> {
        ["", "/L80899"].map(|inner| format!("{}{inner}", self.root.display())).to_vec()
    }
}

#[test]
fn every_operation_that_changes_data_refuses_what_must_stay() {
    // A fault found here must not cost the machine that finds it.
    if rustix::process::geteuid().is_root() {
        return as_nobody();
    }
    let work = Work::new();
    let sandbox = Sandbox::new(work.path());
    let before = walk(&sandbox.top);
    let registry = operations();
    let mut guarded = 0;
    for name in registry.names() {
        let operation = registry.get(name).unwrap();
        if operation.effect() != Effect::Changes {
            continue;
        }
        for path in sandbox.hostile() {
            let Some(inputs) = asked(name, &path, &sandbox.roots()) else { break };
            for input in inputs {
                operation.accepts(&input).unwrap_or_else(|e| panic!("{name}: {e}: {input}"));
                let answer = operation.run_json(input.clone(), &Alone);
                // What is not there may be gone already, nothing else is fine.
                let fine = match &answer {
                    Ok(value) => value["removed"] == false,
                    Err(error) => !error.message.is_empty(),
                };
                assert!(fine, "{name} {input}: {answer:?}");
                assert_eq!(walk(&sandbox.top), before, "{name} {input}");
            }
        }
        guarded += usize::from(asked(name, "/", &[]).is_some());
    }
    assert!(guarded >= 12, "only {guarded} operations were tried");
}

fn as_nobody() {
    let work = Work::new();
    let program = work.join("tests");
    // The very file, even if another build takes its name meanwhile.
    fs::copy("/proc/self/exe", &program).unwrap();
    let tmp = work.join("tmp");
    fs::create_dir(&tmp).unwrap();
    for (path, mode) in [(work.path(), 0o755), (tmp.as_path(), 0o777), (program.as_path(), 0o755)] {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }
    let output = Command::new("setpriv")
        .args(["--reuid=65534", "--regid=65534", "--clear-groups", "--"])
        .arg(&program)
        .args([
            "--exact",
            "modules::hostile_paths::every_operation_that_changes_data_refuses_what_must_stay",
        ])
        .env("TMPDIR", &tmp)
        .env("HOME", &tmp)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

/// The options with which a destructive module does something to `x.ref`.
fn destructive_options(module: &str) -> &'static [&'static str] {
    match module {
        "CleanData" | "DeleteData" | "UnFlagData" => &["--reffile", "x.ref"],
        "CleanEmptyLDSPaths" => &["--older-than", "0s"],
        "PackData" => &["--reffile", "x.ref", "--delete"],
        "UnPackData" => &["--reffile", "packed.ref", "--delete"],
        "ShowProcesses" => &["--proc", "a-program-for-this-test", "--kill"],
        other => panic!("`{other}` can destroy something: say here with which options"),
    }
}

/// Nothing happens without a yes, the plan can be seen, and what was done, or
/// was tried in vain, is in the audit log.
#[test]
fn every_destructive_module_asks_first_and_is_in_the_audit_log() {
    let cluster = need!(Cluster::of(1).start());
    let work = Work::new();
    let config = cluster.config(&work);
    let disk = "/data1/users/lofareor";
    let folder = cluster.make("node011", &format!("{disk}/L80897"));
    let listed = work.ledama(["list", "--json"]).config(&config).ok().json();
    let mut tried = 0;
    for module in listed.as_array().unwrap() {
        let module = module["name"].as_str().unwrap();
        let facts = work.ledama(["describe", module, "--json"]).config(&config).ok().json();
        // Modules that change a database are asked in its own room, with rows to lose.
        if facts["destructive"] == false || facts["changes"] == "database" {
            continue;
        }
        let options = destructive_options(module);
        tried += 1;
        // Fresh for each: a set, an archive, an empty folder, a process.
        fs::remove_dir_all(&folder).unwrap();
        let sets = observation::sets(&folder, 80897, 0..2, Shape::default());
        let name = observation::name(80897, 0, 0);
        let packed = observation::name(80897, 0, 1) + ".tar";
        let tar = Command::new("tar")
            .current_dir(&folder)
            .args(["-cf", &packed, "--remove-files"])
            .arg(sets[1].file_name().unwrap())
            .status();
        assert!(tar.unwrap().success());
        cluster.make("node011", &format!("{disk}/L80898"));
        work.file("x.ref", format!("{disk}/L80897/{name} ? ? node011 0\n"));
        work.file("packed.ref", format!("{disk}/L80897/{packed} ? ? node011 0\n"));
        let script =
            "bash -c 'exec -a a-program-for-this-test sleep 600' >/dev/null 2>&1 </dev/null &";
        cluster.exec_ok("node011", &["bash", "-c", script]);
        let log = work.join("home/.local/state/ledama/audit.jsonl");
        let _ = fs::remove_file(&log);

        let run = |more: &[&str]| {
            work.ledama(["run", module, "--no-progress"])
                .args(options)
                .args(more)
                .config(&config)
                .run()
                .no_panic()
        };
        let before = walk(&cluster.seen("node011", disk));
        run(&[]).code(2).complains("--yes");
        let shown = run(&["--query"]).code(0);
        assert!(shown.stdout().contains("tasks on node011"), "{module}: {shown}");
        assert_eq!(walk(&cluster.seen("node011", disk)), before, "{module}");
        assert!(!log.exists(), "{module}: nothing was done");

        let done = run(&["--yes"]);
        assert!(done.code == 0 || done.code == 1, "{module}: {done}");
        let text = fs::read_to_string(&log).unwrap_or_default();
        let entry = text
            .lines()
            .next()
            .unwrap_or_else(|| panic!("{module} is not in the audit log; {done}"));
        let entry: Value = serde_json::from_str(entry).unwrap();
        for key in ["time", "user", "host", "run_id", "node", "path", "what", "state"] {
            assert!(
                entry[key].as_str().is_some_and(|text| !text.is_empty()),
                "{module}: {key}: {entry}"
            );
        }
        assert_eq!((&entry["module"], &entry["node"]), (&module.into(), &"node011".into()));
        assert!(entry["bytes"].is_u64(), "{entry}");
    }
    assert!(tried >= 7, "only {tried} modules were tried");
}
