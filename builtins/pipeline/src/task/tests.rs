#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;

use ledama_base::operation::{
    ErrorKind, OperationContext, OperationError, ProgramCall, ProgramEnd, Progress, Stream,
};
use serde_json::{Value, json};

use super::*;

/// Starts programs as a worker does, without its supervision.
pub(super) struct Alone(Mutex<Vec<String>>);

impl Alone {
    pub(super) fn new() -> Self {
        Self(Mutex::default())
    }
}

impl OperationContext for Alone {
    fn node(&self) -> &'static str {
        "node011"
    }
    fn run_id(&self) -> &'static str {
        "run1"
    }
    fn cancelled(&self) -> bool {
        false
    }
    fn progress(&self, _progress: Progress) {}
    fn item(&self, _item: Value) {}
    fn log(&self, line: &str) {
        self.0.lock().unwrap().push(line.to_string());
    }
    fn call(&self, _: &str, _: &str, _: Value) -> Result<Value, OperationError> {
        unreachable!()
    }
    fn program(
        &self,
        call: &ProgramCall,
        hear: &mut dyn FnMut(Stream, &[u8]),
    ) -> Result<ProgramEnd, OperationError> {
        let mut command = Command::new(&call.argv[0]);
        command.args(&call.argv[1..]).envs(&call.env).current_dir(call.folder.as_ref().unwrap());
        let output = command.output().map_err(|e| OperationError::io(&call.argv[0], &e))?;
        hear(Stream::Out, &output.stdout);
        hear(Stream::Err, &output.stderr);
        Ok(match output.status.signal() {
            Some(signal) => ProgramEnd::Signal(signal),
            None => ProgramEnd::Status(output.status.code().unwrap()),
        })
    }
}

struct Scene {
    folder: tempfile::TempDir,
    ctx: Alone,
}

impl Scene {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), ctx: Alone::new() }
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// A task that makes a file by a script of `sh`, whose `$1` is the place of the product.
    fn task(&self, script: &str, more: Value) -> Task {
        let mut task = json!({
            "program": {"key": "sh", "command": ["sh", "-c", script, "sh"]},
            "arguments": [{"fill": "product", "before": ""}],
            "products": [{"path": self.path("it's here/p.txt"), "kind": "file"}],
            "scratch": self.path("scratch"),
        });
        for (key, value) in more.as_object().unwrap() {
            task[key] = value.clone();
        }
        serde_json::from_value(task).unwrap()
    }

    fn run(&self, script: &str, more: Value) -> Result<Answer, OperationError> {
        let result = RunProgram.run(self.task(script, more), &self.ctx);
        let left = |folder: &str| std::fs::read_dir(self.path(folder)).map_or(0, Iterator::count);
        assert_eq!(left("scratch"), 0, "something is left in the scratch folder");
        let places = std::fs::read_dir(self.path("it's here"));
        let parts = places
            .into_iter()
            .flatten()
            .flatten()
            .filter(|entry| entry.file_name().to_string_lossy().contains(".part-run1"));
        assert_eq!(parts.count(), 0, "something is left beside the product");
        result
    }

    fn product(&self) -> String {
        std::fs::read_to_string(self.path("it's here/p.txt")).unwrap_or_default()
    }
}

#[test]
fn a_product_appears_when_it_is_whole_and_tells_how_it_was_made() {
    let scene = Scene::new();
    let answer = scene.run("pwd > \"$1\"; echo said", json!({"capture": true})).unwrap();
    assert_eq!(answer.state, State::Ok);
    assert_eq!(answer.stdout.as_deref(), Some("said\n"));
    assert!(scene.product().starts_with(&scene.path("scratch/run1/p.txt-")), "{}", scene.product());
    let told = std::fs::read(scene.path("it's here/p.txt.provenance.json")).unwrap();
    let told: Value = serde_json::from_slice(&told).unwrap();
    assert_eq!(told["argv"][4], scene.path("it's here/p.txt.part-run1"));
    assert_eq!((&told["node"], &told["run"]), (&json!("node011"), &json!("run1")));
}

#[test]
fn a_failure_leaves_nothing_behind() {
    let scene = Scene::new();
    let cases = [
        ("echo x > \"$1\"; echo why >&2; exit 3", "ended with status 3: why"),
        ("echo x > \"$1\"; kill -9 $$", "killed by signal 9"),
        ("exit 0", "the program has not made it"),
        ("> \"$1\"", "it is empty"),
        ("echo x > \"$1\"; echo 'Error in TaQL command: y' >&2", "it said: Error in TaQL"),
    ];
    let rules = json!({"rules": [{"pattern": "^Error in TaQL", "meaning": "failure"}]});
    for (script, message) in cases {
        let error = scene.run(script, rules.clone()).unwrap_err();
        assert!(error.message.contains(message), "{error}");
        assert_eq!(scene.product(), "");
    }
}

#[test]
fn what_is_there_is_refused_replaced_or_taken() {
    let scene = Scene::new();
    scene.run("echo one > \"$1\"", json!({})).unwrap();
    let error = scene.run("echo two > \"$1\"", json!({})).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Exists);
    let answer = scene.run("echo two > \"$1\"", json!({"resume": true})).unwrap();
    assert_eq!((answer.state, scene.product().as_str()), (State::Skipped, "one\n"));
    let error = scene.run("exit 1", json!({"overwrite": true})).unwrap_err();
    assert_eq!((error.kind, scene.product().as_str()), (ErrorKind::Status, "one\n"));
    scene.run("echo two > \"$1\"", json!({"overwrite": true})).unwrap();
    assert_eq!(scene.product(), "two\n");
    // What an interrupted run has left is told, and removed when asked for.
    std::fs::write(scene.path("it's here/p.txt.part-run0"), "half").unwrap();
    let answer = scene.run("echo x > \"$1\"", json!({"overwrite": true})).unwrap();
    assert!(answer.warnings[0].contains("--clean"), "{:?}", answer.warnings);
    scene.run("echo x > \"$1\"", json!({"overwrite": true, "clean": true})).unwrap();
    assert!(!Path::new(&scene.path("it's here/p.txt.part-run0")).exists());
}

#[test]
fn only_what_such_a_task_makes_is_replaced() {
    let scene = Scene::new();
    let precious = scene.path("L80897/notes");
    std::fs::create_dir_all(&precious).unwrap();
    std::fs::write(scene.path("L80897/text"), "mine").unwrap();
    let make = |kind: &str, name: &str| {
        let products = json!([{"path": scene.path(name), "kind": kind}]);
        let more = json!({"products": products, "overwrite": true});
        scene.run("mkdir \"$1\"; echo x > \"$1/table.dat\"", more)
    };
    for (kind, name) in [
        ("set", "L80897"),
        ("set", "L80897/notes/"),
        ("set", "L80897/text"),
        ("folder", "L80897"),
        ("folder", "L80897/text"),
        ("file", "L80897"),
        ("file", "L80897/notes"),
    ] {
        let error = make(kind, name).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Refused, "{kind} {name}: {error}");
    }
    assert!(Path::new(&precious).is_dir());
    assert_eq!(std::fs::read_to_string(scene.path("L80897/text")).unwrap(), "mine");
    // A prefix is that of files and images; the measurement set is not among its products.
    let images = |name: &str| {
        let product = json!([{"path": scene.path(name), "kind": "prefix", "expect": [".image"]}]);
        let command = "mkdir \"$1.image\"; echo x > \"$1.image/table.dat\"";
        scene.run(command, json!({"products": product, "overwrite": true}))
    };
    std::fs::create_dir_all(scene.path("P.MS/ANTENNA")).unwrap();
    std::fs::write(scene.path("P.MS/ANTENNA/table.dat"), "x").unwrap();
    images("P").unwrap();
    images("P").unwrap();
    assert!(Path::new(&scene.path("P.MS/ANTENNA/table.dat")).is_file());
    std::fs::create_dir(scene.path("P.notes")).unwrap();
    assert_eq!(images("P").unwrap_err().kind, ErrorKind::Refused);
    // What cannot be looked at may be there.
    let error = make("file", "L80897/text/inside").unwrap_err();
    assert_ne!(error.kind, ErrorKind::Exists, "{error}");
    assert!(error.message.contains("inside"), "{error}");
    // A folder of ours, known by what lies beside it.
    make("folder", "image").unwrap();
    std::fs::remove_file(scene.path("image/table.dat")).unwrap();
    make("folder", "image").unwrap();
}

#[test]
fn an_init_file_decides_whether_anything_starts() {
    let scene = Scene::new();
    let with = |init: &str, strict: bool| {
        json!({"program": {
            "key": "sh", "command": ["sh", "-c", "echo \"$GREETING\" > \"$1\"", "a b'c"],
            "init_file": init, "init_strict": strict,
        }, "overwrite": true})
    };
    let good = scene.path("it's init.sh");
    std::fs::write(&good, "export GREETING='hello  you'\nfalse\n").unwrap();
    scene.run("", with(&good, false)).unwrap();
    assert_eq!(scene.product(), "hello  you\n");
    let error = scene.run("", with(&good, true)).unwrap_err();
    assert!(error.message.contains("init-failed") && error.message.contains("status 1"), "{error}");
    let error = scene.run("", with(&scene.path("none.sh"), false)).unwrap_err();
    assert!(error.message.contains("cannot be read"), "{error}");
    let exits = scene.path("exits.sh");
    std::fs::write(&exits, "exit 0\n").unwrap();
    let error = scene.run("", with(&exits, false)).unwrap_err();
    assert!(error.message.contains("ended the shell"), "{error}");
}

#[test]
fn links_keep_odd_paths_from_programs_that_cannot_have_them() {
    let scene = Scene::new();
    let input = scene.path("it's in.txt");
    std::fs::write(&input, "content").unwrap();
    let program = json!({
        "key": "cat", "links": true,
        "command": ["sh", "-c", "case \"$1$2\" in *\\'*) exit 5;; esac; cat \"$1\" > \"$2\"", "sh"],
    });
    let more = json!({
        "program": program,
        "inputs": [{"path": input, "kind": "file"}],
        "arguments": [{"fill": "input"}, {"fill": "product"}],
    });
    scene.run("", more).unwrap();
    assert_eq!(scene.product(), "content");
}

#[test]
fn products_with_a_common_beginning_are_named_together() {
    let scene = Scene::new();
    let more = |expect: &str| json!({"products": [{"path": scene.path("img"), "kind": "prefix", "expect": [expect]}]});
    let script = "echo a > \"$1-image.fits\"; echo b > \"$1-psf.fits\"";
    let error = scene.run(script, more("-model.fits")).unwrap_err();
    assert!(error.message.contains("`-model.fits` is missing"), "{error}");
    let answer = scene.run(script, more("-image.fits")).unwrap();
    let names: Vec<_> = answer.products.iter().map(|facts| facts.path.clone()).collect();
    assert_eq!(names, [scene.path("img-image.fits"), scene.path("img-psf.fits")]);
    assert_eq!(std::fs::read_to_string(&names[1]).unwrap(), "b\n");
    assert!(scene.run(script, more("-image.fits")).unwrap_err().message.contains("exists"));
}

#[test]
fn a_full_disk_is_told_before_anything_starts() {
    let scene = Scene::new();
    let path = scene.path("it's here/p.txt");
    let products = json!([{"path": path, "kind": "file", "bytes": u64::MAX / 4}]);
    let error = scene.run("echo x > \"$1\"", json!({"products": products})).unwrap_err();
    assert_eq!(error.kind, ErrorKind::NoSpace);
}

#[test]
fn a_plan_shows_the_command_line() {
    let scene = Scene::new();
    let mut task = scene.task("x", json!({}));
    task.program.command = vec!["DP3".into()];
    task.program.init_file = Some("/opt/init.sh".into());
    task.scratch = None;
    task.products[0].path = "/data2/a b/x.MS.dppp".into();
    task.arguments = serde_json::from_value(json!([
        "/w/p.parset", {"fill": "product", "before": "msout="},
        {"fill": "threads", "before": "numthreads="}
    ]))
    .unwrap();
    assert_eq!(
        RunProgram::show(&task).unwrap(),
        "DP3 /w/p.parset 'msout=/data2/a b/x.MS.dppp.part-RUN' 'numthreads=THREADS'   (after /opt/init.sh)"
    );
}
