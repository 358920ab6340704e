//! Every script below `tests/scripts/<area>` runs: those named `*_fails` end
//! with the error kind of their first line, all others without an error.

use std::path::Path;
use std::process::Command;

use super::errors::scripts;
use crate::support::Work;
use crate::support::run::repository;

#[test]
fn every_script_ends_as_its_name_says() {
    let mut count = 0;
    let mut failed = String::new();
    let areas = std::fs::read_dir(repository().join("tests/scripts")).unwrap();
    for area in areas.map(|entry| entry.unwrap().file_name().into_string().unwrap()) {
        if area == "errors" {
            continue;
        }
        for (name, text) in scripts(&area) {
            count += 1;
            let work = Work::new();
            work.file("script.rhai", &text);
            if area == "ms" {
                tables(&work);
            }
            let output = work.ledama(["run", "script.rhai"]).run().no_panic();
            let good = match text.lines().next().and_then(|line| line.strip_prefix("// kind: ")) {
                Some(kind) if name.ends_with("_fails") => {
                    output.code == 2
                        && output.stderr.contains("script.rhai:")
                        && output.stderr.contains(kind.trim())
                }
                _ => output.code == 0 && !name.ends_with("_fails"),
            };
            if !good {
                failed.push_str(&format!("{area}/{name}: {output}\n"));
            }
        }
    }
    assert!(count > 0, "no scripts found");
    assert!(failed.is_empty(), "{failed}");
}

/// The small tables and solutions of the crates that read them.
fn tables(work: &Work) {
    let run = |program: &str, args: &[&Path]| {
        let status = Command::new(program).args(args).current_dir(work.path()).status();
        assert!(status.unwrap().success(), "{program}");
    };
    let folder = work.join("tables");
    std::fs::create_dir(&folder).unwrap();
    let archive = repository().join("builtins/tables/tests/data/tables/tables.tar.gz");
    run("tar", &[Path::new("xzf"), &archive, Path::new("-C"), &folder]);
    let data = repository().join("builtins/ms/tests/data");
    for name in ["small.h5", "small.parmdb"] {
        run("cp", &[Path::new("-r"), &data.join(name), Path::new(".")]);
    }
}
