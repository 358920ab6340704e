//! Drafts with mistakes, and drafts without.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::check::{self, Checked, Module, Surroundings};
use super::draft::{Draft, Said};
use super::journal::{Header, Journal, Past};
use super::select::Choice;
use super::{digest, print, show};
use crate::diagnostic::{Diagnostic, Place};
use crate::manifest::{self, Facts, Form, Groups, Manifest, RawValue};

const MODULE: &str = r#"
const MODULE = #{ version: 1, group: "local", summary: "Try", changes: "data", destructive: "wipe",
    options: [
        #{ name: "reffile", kind: "reffile", required: true, help: "x" },
        #{ name: "more", kind: "list", of: "reffile", help: "x" },
        #{ name: "out-put", kind: "path", help: "x" },
        #{ name: "text", kind: "text", default_value: "usual", help: "x" },
        #{ name: "count", kind: "int", default_value: 3, min: 1, help: "x" },
        #{ name: "nodes", kind: "nodes", help: "x" },
        #{ name: "wipe", kind: "flag", help: "x" },
        #{ name: "resume", kind: "flag", help: "x" },
    ] };
"#;

fn module(name: &str) -> Module {
    let groups = Groups::read("options.rhai", "const GROUPS = [\"local\"];").unwrap();
    match name {
        "Work" => {
            let reading = manifest::read("Work", "Work.rhai", MODULE, &groups);
            Module::Known(Box::new(reading.manifest.expect("a good module")))
        }
        "Secret" => Module::Hidden(ledama_cluster::run::Level::Full),
        "Broken" => Module::Broken(vec![Diagnostic::error("it is broken")]),
        _ => Module::Unknown(None),
    }
}

fn with_facts<T>(folder: &Path, work: impl FnOnce(&Facts<'_>) -> T) -> T {
    let nodes = |text: &str| Ok(text.split(',').map(str::to_string).collect());
    work(&Facts {
        folder: folder.to_path_buf(),
        placeholders: Vec::new(),
        home: Some(PathBuf::from("/home/me")),
        nodes: &nodes,
    })
}

fn check_in(folder: &Path, steps: Vec<Said>) -> Result<Checked, Vec<String>> {
    let draft = Draft { steps, warnings: Vec::new() };
    let checked =
        with_facts(folder, |facts| check::check(&draft, &Surroundings { facts, module: &module }));
    checked.map_err(|faults| faults.iter().map(told).collect())
}

fn told(fault: &Diagnostic) -> String {
    let more: Vec<_> = fault.notes.iter().chain(&fault.help).cloned().collect();
    let more = if more.is_empty() { String::new() } else { format!(" | {}", more.join(" | ")) };
    format!("{fault}{more}")
}

/// A step at a line of its own.
fn step(line: usize, name: &str, options: &[(&str, &str)]) -> Said {
    Said {
        name: name.to_string(),
        module: "Work".to_string(),
        options: options
            .iter()
            .map(|(name, value)| ((*name).to_string(), RawValue::Text((*value).to_string())))
            .collect(),
        after: Vec::new(),
        needs: Vec::new(),
        creates: Vec::new(),
        place: Some(Place::new("r.rhai", line, 5)),
    }
}

trait More {
    fn creates(self, file: &str) -> Self;
    fn after(self, step: &str) -> Self;
    fn needs(self, file: &str) -> Self;
    fn of(self, module: &str) -> Self;
    fn with(self, option: &str, value: RawValue) -> Self;
}

impl More for Said {
    fn creates(mut self, file: &str) -> Self {
        self.creates.push(file.to_string());
        self
    }
    fn after(mut self, step: &str) -> Self {
        self.after.push(step.to_string());
        self
    }
    fn needs(mut self, file: &str) -> Self {
        self.needs.push(file.to_string());
        self
    }
    fn of(mut self, module: &str) -> Self {
        self.module = module.to_string();
        self
    }
    fn with(mut self, option: &str, value: RawValue) -> Self {
        self.options.push((option.to_string(), value));
        self
    }
}

fn faults(steps: Vec<Said>) -> Vec<String> {
    check_in(Path::new("/w"), steps).unwrap_err()
}

#[test]
fn files_make_the_order() {
    let steps = vec![
        step(1, "a", &[("reffile", "in.ref")]).creates("a.ref").creates("folder"),
        step(2, "b", &[("reffile", "./a.ref"), ("more", "folder/x,y")]).creates("b.ref"),
        step(3, "c", &[("reffile", "z")]).after("a"),
        step(4, "d", &[("any", "folder"), ("other", "b.ref")]).of("Later"),
        step(5, "e", &[("reffile", "z"), ("out_put", "b.ref")]),
    ];
    let checked = check_in(Path::new("/w"), steps).unwrap();
    let after: Vec<Vec<usize>> =
        checked.steps.iter().map(|s| s.after.iter().copied().collect()).collect();
    assert_eq!(after, [vec![], vec![0], vec![0], vec![0, 1], vec![1]]);
    let inputs: Vec<_> =
        checked.steps[1].inputs.iter().map(|i| i.path.display().to_string()).collect();
    assert_eq!(inputs, ["/w/a.ref", "/w/folder/x,y"]);
    assert!(checked.steps[3].options.is_err() && checked.steps[4].options.is_ok());
}

#[test]
fn mistakes_are_told_together_with_their_lines() {
    let found = faults(vec![
        step(1, "a", &[("reffil", "x"), ("count", "0"), ("query", "true")]),
        step(2, "a", &[("reffile", "x")]).creates("x.ref"),
        step(3, "b", &[("reffile", "x")]).creates("./x.ref").after("aa"),
        step(4, "c", &[("reffile", "x")]).of("Broken"),
        step(5, "d", &[]).with("wipe", RawValue::Int(1)),
    ]);
    insta::assert_snapshot!(found.join("\n"));
}

#[test]
fn circles_and_steps_in_the_wrong_order_are_told_once() {
    let x = &[("reffile", "x")];
    assert_eq!(faults(vec![step(1, "a", x).after("a")]), ["r.rhai:1:5: step `a` waits for itself"]);
    let circle = faults(vec![
        step(1, "a", &[("reffile", "c.ref")]),
        step(2, "b", x).after("a"),
        step(3, "c", x).after("b").creates("c.ref"),
    ]);
    assert_eq!(circle.len(), 1, "{circle:?}");
    assert!(circle[0].contains("wait for each other: `a`, `c`, `b`"), "{circle:?}");
    let later =
        faults(vec![step(1, "a", &[("reffile", "b.ref")]), step(2, "b", x).creates("b.ref")]);
    assert_eq!(later.len(), 1, "{later:?}");
    assert!(later[0].starts_with("r.rhai:1:5: step `a` waits for step `b`, which comes later"));
    assert_eq!(
        faults(Vec::new())[0],
        "the recipe says no step | a step is said with `recipe.step(name, module, options)`"
    );
}

#[test]
fn obstacles_are_files_and_modules() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("b.ref"), "").unwrap();
    let steps = vec![
        step(1, "a", &[("reffile", "in.ref")]).creates("a.ref"),
        step(2, "b", &[("reffile", "a.ref")]).creates("b.ref").needs("in.ref"),
        step(3, "c", &[]).of("Later"),
        step(4, "d", &[]).of("Later"),
        step(5, "e", &[]).of("Secret"),
    ];
    let checked = check_in(folder.path(), steps).unwrap();
    let base = format!("{}/", folder.path().display());
    let tell = |chosen: &[usize], begun: &[usize]| -> Vec<String> {
        let (chosen, begun) = (chosen.iter().copied().collect(), begun.iter().copied().collect());
        let found = checked.obstacles(&chosen, &begun);
        found.iter().map(|d| told(d).replace(&base, "")).collect()
    };
    insta::assert_snapshot!(tell(&[0, 1, 2, 3, 4], &[]).join("\n"));
    // A step alone needs what others make.
    assert_eq!(tell(&[1], &[1])[0], "a.ref is not there | step `a` makes it | in step `b`");
    std::fs::write(folder.path().join("in.ref"), "").unwrap();
    assert_eq!(tell(&[0, 1], &[1]), [""; 0]);
    assert_eq!(tell(&[0, 1], &[]).len(), 1);
}

fn recipe() -> Manifest {
    let text = "const RECIPE = #{ version: 1, summary: \"Try it\" };";
    manifest::read_as(Form::Recipe, "try", "try.rhai", text, &Groups::default()).manifest.unwrap()
}

fn script(checked: &Checked, folder: &Path) -> Vec<u8> {
    let recipe = recipe();
    print::script(checked, &print::Frame { recipe: &recipe, folder, environment: Vec::new() })
}

#[test]
fn a_script_says_what_is_run() {
    let steps = vec![
        step(1, "a", &[("reffile", "in.ref"), ("text", "it's $HOME")])
            .with(
                "nodes",
                RawValue::List(["n1", "n2", "n4"].map(|n| RawValue::Text(n.into())).into()),
            )
            .with("wipe", RawValue::Flag(true))
            .creates("a.ref"),
        step(2, "b", &[("reffile", "a.ref"), ("text", "-x"), ("count", "3")])
            .with("nodes", RawValue::List(["n4", "n1"].map(|n| RawValue::Text(n.into())).into())),
        step(3, "c", &[("in_put", "a b"), ("empty", "")])
            .of("Later")
            .with("on", RawValue::Flag(true))
            .with("off", RawValue::Flag(false)),
    ];
    let checked = check_in(Path::new("/w w"), steps).unwrap();
    insta::assert_snapshot!(String::from_utf8(script(&checked, Path::new("/w w"))).unwrap());
    insta::assert_snapshot!(show::table(&checked, Path::new("/w w")));
    assert!(checked.steps[0].asks() && !checked.steps[1].asks());
    assert!(checked.steps[0].resumes() && !checked.steps[2].resumes());
}

/// Every text of a value arrives as one word, in every shell.
mod quoting {
    use std::os::unix::ffi::{OsStrExt, OsStringExt};
    use std::process::Command;

    use ledama_base::rawtext;
    use proptest::prelude::*;

    use super::*;

    fn words_of(shell: &str, script: &[u8]) -> Vec<OsString> {
        let mut text = b"ledama() { for w; do printf '%s\\0' \"$w\"; done; }\n".to_vec();
        text.extend_from_slice(script);
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("script");
        std::fs::write(&file, text).unwrap();
        let output = Command::new(shell).arg(&file).env("HOME", "/nowhere").output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let mut words: Vec<_> = output.stdout.split(|b| *b == 0).collect();
        words.pop();
        words.into_iter().map(|w| OsString::from_vec(w.to_vec())).collect()
    }

    fn arrives(value: &[u8]) {
        let text = rawtext::encode(std::ffi::OsStr::from_bytes(value));
        let known = step(1, "a", &[("text", &text), ("reffile", "x")]);
        let unknown = step(2, "b", &[("text", &text)]).of("Later");
        let checked = check_in(Path::new("/"), vec![known, unknown]).unwrap();
        let wanted: Vec<OsString> =
            checked.steps.iter().flat_map(|s| s.words(Some(Path::new("/")))).collect();
        assert!(wanted.iter().any(|w| w.as_bytes().ends_with(value)), "{value:?}");
        let script = script(&checked, Path::new("/"));
        for shell in ["sh", "bash"] {
            assert_eq!(words_of(shell, &script), wanted, "{shell}: {value:?}");
        }
    }

    #[test]
    fn hostile_values_arrive_as_they_are() {
        let values: [&[u8]; 12] = [
            b"two words",
            b"it's",
            b"\"quoted\"",
            b"$HOME ${HOME} $(id) `id`",
            b"new\nline",
            b"back\\slash\\",
            b"; rm -rf /",
            b"* ? [a]",
            b"-rf",
            b"latin1 \xe9\xff'\x81\x88",
            "\u{3b1}\u{2609}\u{ef81}".as_bytes(),
            b"!! # & | < > ~",
        ];
        values.into_iter().for_each(arrives);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

        #[test]
        fn any_bytes_arrive(value in proptest::collection::vec(1_u8..=255, 1..30)) {
            arrives(&value);
        }
    }
}

#[test]
fn steps_are_chosen_by_name() {
    let x = &[("reffile", "x")];
    let steps = ["a", "b", "c", "d"].map(|name| step(1, name, x)).to_vec();
    let checked = check_in(Path::new("/w"), steps).unwrap();
    let chosen = |from: Option<&str>, only: &[&str]| {
        let only = only.iter().map(ToString::to_string).collect();
        let choice = Choice { from: from.map(str::to_string), only };
        choice.of(&checked).map(|s| s.into_iter().collect::<Vec<_>>())
    };
    assert_eq!(chosen(None, &[]).unwrap(), [0, 1, 2, 3]);
    assert_eq!(chosen(Some("c"), &[]).unwrap(), [2, 3]);
    assert_eq!(chosen(None, &["d", "a"]).unwrap(), [0, 3]);
    assert_eq!(chosen(Some("b"), &["a", "c"]).unwrap(), [2]);
    let faults = chosen(Some("x"), &["bb"]).unwrap_err();
    assert_eq!(faults.len(), 2);
    assert_eq!(faults[0].message, "there is no step `x`");
}

#[test]
fn what_decides_about_a_run_changes_its_digest() {
    let make = |text: &str| {
        check_in(Path::new("/w"), vec![step(1, "a", &[("reffile", "x"), ("text", text)])]).unwrap()
    };
    let options = serde_json::json!({ "a": 1 });
    let of = |text: &str, name: &str, folder: &str| {
        digest(name, &options, Path::new(folder), &make(text))
    };
    let first = of("t", "r", "/w");
    assert_eq!(first, of("t", "r", "/w"));
    assert_eq!(first.len(), 64);
    for other in [of("u", "r", "/w"), of("t", "s", "/w"), of("t", "r", "/v")] {
        assert_ne!(first, other);
    }
    let other = serde_json::json!({ "a": 2 });
    assert_ne!(first, digest("r", &other, Path::new("/w"), &make("t")));
}

mod journals {
    use std::io::Write as _;

    use super::*;

    fn header() -> Header {
        let steps = vec!["a".to_string(), "b".to_string()];
        Header::new("r", Path::new("/w"), "d".repeat(64), serde_json::json!({}), steps)
    }

    #[test]
    fn a_journal_tells_what_was_done() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sub/r.jsonl");
        assert_eq!(Past::read(&path).unwrap(), None);
        let mut journal = Journal::open(&path, &header(), None).unwrap();
        assert!(!Past::read(&path).unwrap().unwrap().is_unfinished());
        journal.begin("a").unwrap();
        // As after a kill: begun, no end.
        let past = Past::read(&path).unwrap().unwrap();
        assert!(past.is_unfinished() && past.has_begun("a") && !past.is_done("a"));
        journal.end("a", 0).unwrap();
        journal.begin("b").unwrap();
        journal.end("b", 1).unwrap();
        let past = Past::read(&path).unwrap().unwrap();
        assert!(past.is_unfinished() && past.is_done("a") && !past.is_done("b"));
        // Nobody else may write meanwhile.
        let busy = Journal::open(&path, &header(), Some(&past)).unwrap_err();
        assert!(busy.message.contains("another process"), "{busy}");
        drop(journal);
        let mut journal = Journal::open(&path, &header(), Some(&past)).unwrap();
        journal.begin("b").unwrap();
        journal.end("b", 0).unwrap();
        assert!(!Past::read(&path).unwrap().unwrap().is_unfinished());
    }

    #[test]
    fn a_step_that_did_nothing_leaves_nothing_to_go_on_with() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("r.jsonl");
        let mut journal = Journal::open(&path, &header(), None).unwrap();
        journal.begin("a").unwrap();
        journal.end("a", 2).unwrap();
        assert!(!Past::read(&path).unwrap().unwrap().is_unfinished());
    }

    #[test]
    fn a_line_that_was_cut_off_does_not_count() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("r.jsonl");
        let mut journal = Journal::open(&path, &header(), None).unwrap();
        journal.begin("a").unwrap();
        journal.end("a", 0).unwrap();
        drop(journal);
        let whole = std::fs::read(&path).unwrap();
        for end in 0..whole.len() {
            std::fs::write(&path, &whole[..end]).unwrap();
            let past = Past::read(&path).unwrap();
            assert!(past.is_none_or(|past| !past.is_done("a")), "{end}");
        }
        std::fs::write(&path, &whole).unwrap();
        let mut file = std::fs::OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(b"{\"record\":\"beg").unwrap();
        let past = Past::read(&path).unwrap().unwrap();
        let mut journal = Journal::open(&path, &header(), Some(&past)).unwrap();
        journal.begin("b").unwrap();
        assert!(Past::read(&path).unwrap().unwrap().has_begun("b"));
    }

    #[test]
    fn other_files_are_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        for text in
            ["somebody's\n", "no end", "{\"record\":\"begin\",\"step\":\"a\",\"time\":\"\"}\n"]
        {
            std::fs::write(&path, text).unwrap();
            let fault = Past::read(&path).unwrap_err();
            assert!(fault.message.contains("no journal"), "{fault}");
            assert!(Journal::open(&path, &header(), None).is_err());
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        }
    }
}
