//! A printed script does the same as the recipe itself, whatever its values
//! are.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use super::stage::Stage;
use crate::support::run::{Run, program};

/// Runs a printed script under `sh`, in another folder.
fn sh(stage: &Stage, script: &[u8]) -> Run {
    let work = &stage.work;
    std::fs::create_dir_all(work.join("bin")).unwrap();
    let link = work.join("bin/ledama");
    if !work.has("bin/ledama") {
        std::os::unix::fs::symlink(program(), &link).unwrap();
    }
    work.file("script.sh", script);
    let path = format!("{}:/usr/bin:/bin", work.join("bin").display());
    Run::new(work.path(), [work.join("script.sh")])
        .program("sh")
        .env("PATH", path)
        .config(&work.join("ledama.toml"))
        .folder(&work.join("home"))
}

fn clear(stage: &Stage) {
    for name in stage.work.names(".") {
        if Path::new(&name).extension().is_some_and(|e| e == "ref") {
            std::fs::remove_file(stage.work.join(name)).unwrap();
        }
    }
}

#[test]
fn hostile_values_come_through_every_way() {
    let values: [&[u8]; 9] = [
        b"two  words ",
        b"it's \"quoted\"",
        b"$HOME ${x} $(touch oops) `touch oops`",
        b"new\nline",
        b"back\\slash\\",
        b"; touch oops & * ?",
        b"--resume",
        b"latin1 \xe9\xff\x81'",
        "\u{3b1}\u{2609}".as_bytes(),
    ];
    for value in values {
        let stage = Stage::new();
        let mut note = OsString::from("--note=");
        note.push(OsStr::from_bytes(value));
        let made = |way: &str| {
            let read = ["one.ref", "two.ref", "three.ref"].map(|name| stage.work.read(name));
            assert!(!stage.work.has("oops") && !stage.work.has("home/oops"), "{way}");
            clear(&stage);
            read
        };
        stage
            .work
            .ledama(["run", "WriteFile", "-o", "one.ref"])
            .arg(&note)
            .config(&stage.work.join("ledama.toml"))
            .ok();
        let wanted = stage.work.read("one.ref");
        let text = ledama_base::rawtext::encode(OsStr::from_bytes(value));
        assert_eq!(wanted, format!("{text}|false"));
        clear(&stage);
        stage.run(&[]).arg(&note).ok();
        let ran = made("run");
        assert_eq!(ran, [wanted.clone(), wanted, "|false".to_string()]);
        let script = stage.recipe(&["print", "three"]).arg(&note).ok().stdout_bytes;
        sh(&stage, &script).ok();
        assert_eq!(made("sh"), ran, "{}", String::from_utf8_lossy(&script));
    }
}

#[test]
fn odd_folders_and_files_come_through() {
    let stage = Stage::new();
    let odd = stage.work.join("an odd $folder's");
    std::fs::create_dir_all(&odd).unwrap();
    for name in ["modules", "scripts"] {
        std::os::unix::fs::symlink(stage.work.join(name), odd.join(name)).unwrap();
    }
    let first = OsStr::from_bytes(b"-a ~,b \xff.ref");
    std::fs::write(odd.join(first), "").unwrap();
    let mut option = OsString::from("--first=");
    option.push(first);
    let script = stage.recipe(&["print", "three"]).arg(&option).folder(&odd).ok().stdout_bytes;
    let text = String::from_utf8_lossy(&script);
    assert!(text.contains("\ncd '") && text.contains("--output one.ref"), "{text}");
    sh(&stage, &script).ok();
    assert!(odd.join("three.ref").exists());
}

#[test]
fn a_script_stops_at_the_first_failure() {
    let stage = Stage::new();
    stage.work.file("fail-two.ref", "");
    let script = stage.recipe(&["print", "three"]).ok().stdout_bytes;
    let output = sh(&stage, &script).run();
    assert_ne!(output.code, 0, "{output}");
    assert_eq!(stage.made(), ["one.ref"]);
}

#[test]
fn the_configuration_that_was_named_is_kept() {
    let stage = Stage::new();
    stage.work.file("other.toml", "[data]\ngroup = \"others\"\n");
    let output = stage.recipe(&["print", "three", "--config", "other.toml"]).ok();
    let line = format!("export LEDAMA_CONFIG={}\n", stage.work.join("other.toml").display());
    output.says(&line);
}

#[test]
fn printing_leaves_no_trace() {
    let stage = Stage::new();
    let before = stage.everything();
    stage.recipe(&["print", "three"]).ok();
    stage.recipe(&["show", "three"]).ok();
    stage.recipe(&["list"]).ok().says("three").says("genpreproc");
    assert_eq!(stage.everything(), before);
}
