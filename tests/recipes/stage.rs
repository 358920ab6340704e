//! A work folder with a small module and a recipe of three steps made of it:
//! quick, without nodes, and failing on demand.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::support::Work;
use crate::support::run::Run;
use crate::support::tree::{Entry, walk};

/// Writes what it was given into a file. It fails where a file `fail-OUTPUT`
/// is, and waits where `wait-OUTPUT` is, after it has begun.
const MODULE: &str = r#"//! Write a file.
const MODULE = #{
    version: 1, group: "local", summary: "Write a file", changes: "data",
    options: [
        #{ name: "input", short: "i", kind: "list", of: "reffile", help: "Files that must be there" },
        #{ name: "output", short: "o", kind: "path", required: true, help: "File to write" },
        #{ name: "note", kind: "text", help: "Text for the file" },
        #{ name: "resume", kind: "flag", help: "Go on" },
    ],
};
fn process(opts, run) {
    if run.query { run.say(`would write ${names::last(opts.output)}`); return; }
    let folder = names::parent(opts.output);
    let name = names::last(opts.output);
    if run.exists(`${folder}/nothing-${name}`) { run.fail("I shall do nothing"); }
    run.save(`${folder}/begun-${name}`, opts.resume.to_string(), #{ overwrite: true });
    if run.exists(`${folder}/wait-${name}`) { run.pause(600); }
    if run.exists(`${folder}/fail-${name}`) { run.fail("I was told to fail"); }
    run.save(opts.output, `${opts.note}|${opts.resume}`, #{ overwrite: true });
}
"#;

/// Three steps, each with the file of the one before.
const RECIPE: &str = r#"//! Three files.
const RECIPE = #{
    version: 1, summary: "Write three files one after the other", search: ["files"],
    options: [
        #{ name: "note", short: "o", kind: "text", default_value: "none", help: "Text for the files" },
        #{ name: "first", kind: "path", help: "A file that must be there" },
    ],
    examples: ["ledama recipe run three --note x"],
};
fn steps(opts, recipe) {
    let a = recipe.step("one", "WriteFile", #{ input: opts.first, output: "one.ref", note: opts.note }, #{ creates: "one.ref" });
    let b = recipe.step("two", "WriteFile", #{ input: a.file, output: "two.ref", note: opts.note }, #{ creates: "two.ref" });
    recipe.step("three", "WriteFile", #{ input: [a.file, b.file], output: "three.ref" }, #{ creates: "three.ref" });
}
"#;

/// The work folder.
pub(super) struct Stage {
    pub(super) work: Work,
}

impl Stage {
    pub(super) fn new() -> Self {
        let work = Work::new();
        work.file("modules/WriteFile.rhai", MODULE);
        work.file("scripts/frequent/three.rhai", RECIPE);
        work.file("ledama.toml", "[data]\nfree_margin_mib = 0\n");
        Self { work }
    }

    /// `ledama recipe …`.
    pub(super) fn recipe(&self, words: &[&str]) -> Run {
        self.work.ledama(["recipe"]).args(words).config(&self.work.join("ledama.toml"))
    }

    /// `ledama recipe run three …`.
    pub(super) fn run(&self, words: &[&str]) -> Run {
        self.recipe(&["run", "three"]).args(words)
    }

    /// Everything in the work folder, the home included.
    pub(super) fn everything(&self) -> BTreeMap<PathBuf, Entry> {
        walk(self.work.path())
    }

    /// The files that the steps have made.
    pub(super) fn made(&self) -> Vec<String> {
        let mut names = self.work.names(".");
        names.retain(|n| Path::new(n).extension().is_some_and(|e| e == "ref") && !n.contains('-'));
        names
    }

    /// The journals in the state folder.
    pub(super) fn journals(&self) -> Vec<String> {
        let folder = "home/.local/state/ledama/recipes";
        if self.work.has(folder) { self.work.names(folder) } else { Vec::new() }
    }
}
