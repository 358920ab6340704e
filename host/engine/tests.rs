//! Finding, importing and running scripts.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rhai::{Dynamic, Map};

use super::*;
use crate::diagnostic::{Diagnostic, Place, Sources};

/// A folder of scripts, and what they printed.
struct Bench {
    folder: tempfile::TempDir,
    printed: Arc<Printed>,
    setup: Setup,
}

#[derive(Default)]
struct Printed(Mutex<Vec<String>>);

impl Output for Printed {
    fn print(&self, text: &str) {
        self.0.lock().unwrap().push(text.to_string());
    }
    fn debug(&self, text: &str, place: Option<Place>) {
        let place = place.map_or_else(String::new, |p| format!("{}:{}", p.line, p.column));
        self.0.lock().unwrap().push(format!("{place} {text}"));
    }
}

impl Bench {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let printed = Arc::new(Printed::default());
        let setup = Setup {
            operations: 10_000_000,
            ..Setup::new(
                Library::of(&[folder.path().to_path_buf()], false),
                Sources::new(),
                Arc::default(),
                printed.clone(),
                Arc::new(AtomicBool::new(false)),
            )
        };
        Self { folder, printed, setup }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn run(&self, name: &str, call: Call) -> Result<Dynamic, String> {
        let script = self.setup.library.find(name).map_err(|d| self.told(&d))?;
        run(&self.setup, &script, call).map_err(|stop| match stop {
            Stop::Fault(fault) => self.told(&fault),
            Stop::Cancelled => "cancelled".to_string(),
            Stop::Ended(token) => format!("ended with {token}"),
        })
    }

    fn told(&self, fault: &Diagnostic) -> String {
        let folder = format!("{}/", self.folder.path().display());
        fault.render(&self.setup.sources, false).replace(&folder, "")
    }

    fn module(&self, name: &str, options: Map) -> Result<Dynamic, String> {
        self.run(name, Call::Module { options, run: "the run".into() })
    }

    fn script(&self, name: &str, args: &[&str]) -> Result<Dynamic, String> {
        let args = args.iter().map(ToString::to_string).collect();
        self.run(name, Call::Script { args, run: "the run".into() })
    }
}

/// The result of one ad-hoc script.
fn script(text: &str) -> Result<Dynamic, String> {
    let bench = Bench::new(&[("x.rhai", text)]);
    let path = bench.path("x.rhai");
    bench.script(path.to_str().unwrap(), &["a", "b"])
}

#[test]
fn a_module_gets_its_options_and_the_run() {
    let text = "const MODULE = #{};\nconst FACTOR = 3;\n\
                fn process(opts, run) { `${opts.n * global::FACTOR} by ${run}` }";
    let bench = Bench::new(&[("Times.rhai", text)]);
    let options = Map::from([("n".into(), Dynamic::from(2_i64))]);
    assert_eq!(bench.module("times", options).unwrap().to_string(), "6 by the run");
}

#[test]
fn an_ad_hoc_script_gets_its_arguments() {
    assert_eq!(script("let all = args + [run]; all.len()").unwrap().as_int().unwrap(), 3);
    assert_eq!(script("fn f(x) { x + 1 } f(args.len())").unwrap().as_int().unwrap(), 3);
    assert!(script("args = 1;").is_err());
}

#[test]
fn a_module_without_entry_is_a_fault() {
    let bench = Bench::new(&[
        ("None.rhai", "//! x\nconst MODULE = #{};\n"),
        ("One.rhai", "const MODULE = #{};\nfn process(opts) {}"),
    ]);
    let told = ["None", "One"].map(|name| bench.module(name, Map::new()).unwrap_err());
    insta::assert_snapshot!(told.join("\n\n"));
}

#[test]
fn what_is_printed_goes_to_the_run() {
    let bench = Bench::new(&[("x.rhai", "print(1);\nlet a = [\"b\"];\n  debug(a);")]);
    assert!(bench.script(bench.path("x.rhai").to_str().unwrap(), &[]).unwrap().is_unit());
    assert_eq!(*bench.printed.0.lock().unwrap(), ["1", "3:3 [\"b\"]"]);
}

#[test]
fn modules_are_found_along_the_folders_ignoring_case() {
    let bench = Bench::new(&[
        ("a/CopyData.rhai", "1"),
        ("b/copydata.rhai", "2"),
        ("b/CheckData.rhai", "3"),
        ("b/.hidden.rhai", "4"),
        ("b/readme.md", ""),
        ("b/lib/x.rhai", ""),
    ]);
    let folders = [bench.path("a"), bench.path("nowhere"), bench.path("b")];
    let library = Library::of(&folders, false);
    let found = library.find("COPYDATA").unwrap();
    assert_eq!((found.name.as_str(), &*found.text), ("CopyData", "1"));
    assert_eq!(library.modules().keys().collect::<Vec<_>>(), ["CheckData", "CopyData"]);
    assert_eq!(
        library.find(bench.path("b/copydata.rhai").to_str().unwrap()).unwrap().name,
        "copydata"
    );

    let unknown = library.find("CopyDta").unwrap_err();
    assert_eq!(unknown.message, "there is no module `CopyDta`");
    assert_eq!(unknown.help[0], "did you mean `CopyData`?");
    assert!(
        library.find("no/such.rhai").unwrap_err().message.ends_with("No such file or directory")
    );
    assert!(
        library
            .find(bench.path("a/").to_str().unwrap())
            .unwrap_err()
            .message
            .contains("is a folder")
    );
}

#[test]
fn the_program_carries_the_modules() {
    let library = Library::of(&[], true);
    let spot = Spot::Embedded("Any.rhai".to_string());
    let options = library.shared(&spot, "lib/options").unwrap().unwrap();
    assert_eq!(options.label, "<built-in>/lib/options.rhai");
    assert!(options.text.contains("GROUPS"));
    assert!(library.shared_names(&spot).contains(&"lib/options".to_string()));
}

#[test]
fn what_anybody_can_change_is_not_run() {
    let bench = Bench::new(&[("open.rhai", "1"), ("d/inside.rhai", "1")]);
    let mode = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    mode(&bench.path("open.rhai"), 0o666);
    let fault = bench.script(bench.path("open.rhai").to_str().unwrap(), &[]).unwrap_err();
    insta::assert_snapshot!(fault);
    mode(&bench.path("d"), 0o777);
    let inside = bench.path("d/inside.rhai");
    let inside = inside.to_str().unwrap();
    assert!(bench.script(inside, &[]).unwrap_err().contains("can be changed by anybody"));
    // Nobody can replace another's file in a sticky folder.
    mode(&bench.path("d"), 0o1777);
    assert!(bench.script(inside, &[]).is_ok());
}

#[test]
fn a_file_that_is_no_text_is_refused_with_its_line() {
    let bench = Bench::new(&[("x.rhai", "")]);
    fs::write(bench.path("x.rhai"), b"let a = 1;\nlet b = \"\xFF\";").unwrap();
    let fault = bench.script(bench.path("x.rhai").to_str().unwrap(), &[]).unwrap_err();
    assert!(fault.contains("no UTF-8 text") && fault.contains("x.rhai:2"), "{fault}");
}

const IMPORTING: &str =
    "import \"lib/tools\" as tools;\nfn process(opts, run) {\n    tools::twice(opts.x)\n}";

#[test]
fn libraries_are_imported_from_beside_the_script_or_the_folders() {
    let bench = Bench::new(&[
        ("M.rhai", IMPORTING),
        ("lib/tools.rhai", "import \"lib/more\" as more;\nfn twice(x) { more::add(x, x) }"),
        ("lib/more.rhai", "fn add(x, y) { x + y }"),
        ("own/N.rhai", IMPORTING),
        ("own/lib/tools.rhai", "fn twice(x) { -x }"),
        ("far/O.rhai", IMPORTING),
    ]);
    let options = || Map::from([("x".into(), Dynamic::from(4_i64))]);
    let value = |name: &str| bench.module(name, options()).unwrap().as_int().unwrap();
    assert_eq!(value("M"), 8);
    assert_eq!(value(bench.path("own/N.rhai").to_str().unwrap()), -4);
    assert_eq!(value(bench.path("far/O.rhai").to_str().unwrap()), 8);
}

#[test]
fn errors_in_libraries_show_their_own_file_and_the_way_there() {
    let bench = Bench::new(&[
        ("M.rhai", IMPORTING),
        ("lib/tools.rhai", "fn half(x) {\n  x / 0\n}\nfn twice(x) {\n  [x].map(|y| half(y))\n}"),
    ]);
    let options = Map::from([("x".into(), Dynamic::from(4_i64))]);
    insta::assert_snapshot!(bench.module("M", options).unwrap_err());
}

#[test]
fn only_libraries_can_be_imported() {
    let bench = Bench::new(&[
        ("Other.rhai", "const MODULE = #{};"),
        ("lib/module.rhai", "const MODULE = #{};"),
        ("lib/broken.rhai", "fn f( {"),
        ("lib/a.rhai", "import \"lib/b\" as b;"),
        ("lib/b.rhai", "import \"lib/a\" as a;"),
    ]);
    let mut told = Vec::new();
    for name in [
        "Other",
        "../x",
        "/etc/passwd",
        "lib/../Other",
        "lib/",
        "lib/modul",
        "lib/module",
        "lib/broken",
        "lib/a",
    ] {
        fs::write(bench.path("x.rhai"), format!("let a = 1;\nimport \"{name}\" as other;"))
            .unwrap();
        told.push(bench.script(bench.path("x.rhai").to_str().unwrap(), &[]).unwrap_err());
    }
    insta::assert_snapshot!(told.join("\n\n"));
}

#[test]
fn runaway_scripts_stop() {
    assert!(script("loop { }").unwrap_err().contains("runs without end"));
    assert!(script("fn f(n) { f(n + 1) } f(0)").unwrap_err().contains("too deeply"));
    assert!(script("eval(\"1\")").unwrap_err().contains("switched off"));
    // An error caught in a loop must not defeat the limits.
    assert!(script("loop { try { loop {} } catch { } }").unwrap_err().contains("without end"));
}

#[test]
fn deep_calls_work_alike_in_all_builds() {
    let nested = |depth: usize| {
        let text = format!(
            "fn f(n) {{ if n == 0 {{ 0 }} else {{ 1 + {}f(n - 1){} }} }} f({depth})",
            "(".repeat(8),
            ")".repeat(8)
        );
        script(&text)
    };
    assert_eq!(nested(60).unwrap().as_int().unwrap(), 60);
    assert!(nested(70).is_err());
    let deep = format!("let x = {}1{};", "(".repeat(100), ")".repeat(100));
    assert!(script(&deep).unwrap_err().contains("nested too deeply"));
}

#[test]
fn a_script_that_eats_memory_is_stopped() {
    let bench = Bench::new(&[(
        "x.rhai",
        "let a = []; loop { a.push(`${a.len()} xxxxxxxxxxxxxxxxxxxxxx`); }",
    )]);
    let setup = Setup { memory: 30 << 20, operations: 1_000_000_000, ..bench.setup.clone() };
    let script = setup.library.find(bench.path("x.rhai").to_str().unwrap()).unwrap();
    let call = Call::Script { args: Vec::new(), run: Dynamic::UNIT };
    let Err(Stop::Fault(fault)) = run(&setup, &script, call) else { panic!("it went on") };
    assert_eq!(fault.message, "the script takes too much memory");
}

#[test]
fn an_interrupted_script_ends_and_cannot_catch_it() {
    for text in ["loop { try { loop {} } catch { } }", "loop { try { sleep(1000000) } catch { } }"]
    {
        let bench = Bench::new(&[("x.rhai", text)]);
        let setup = Setup { operations: 0, ..bench.setup.clone() };
        let script = setup.library.find(bench.path("x.rhai").to_str().unwrap()).unwrap();
        let cancel = Arc::clone(&setup.cancel);
        let waiting = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(30));
            cancel.store(true, Ordering::Relaxed);
        });
        let call = Call::Script { args: Vec::new(), run: Dynamic::UNIT };
        assert!(matches!(run(&setup, &script, call), Err(Stop::Cancelled)), "{text}");
        waiting.join().unwrap();
    }
}

#[test]
fn typos_fail() {
    for text in
        ["let m = #{ a: 1 }; m.b", "let x = 1; y", "nosuch(1)", "let f = Fn(\"no\"); f.call()"]
    {
        assert!(script(text).is_err(), "{text}");
    }
}

#[test]
fn every_builtin_is_described() {
    let functions = functions::Functions::of(&inspector());
    let bare: Vec<_> = functions
        .iter()
        .filter(|f| !f.standard && f.doc.is_empty())
        .map(functions::Function::signature)
        .collect();
    assert_eq!(bare, Vec::<String>::new(), "exported functions without a doc comment");
    assert!(functions.named("", "split").count() > 0, "the language's own library is known");
    assert!(functions.iter().all(|f| !f.returns.contains("::")), "no Rust paths");
}
