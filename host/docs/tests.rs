//! Pages of an example module and of the real builtins.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;

use super::*;

/// A host with few options.
fn host(command: clap::Command) -> clap::Command {
    let heading = "Run options";
    let query = clap::Arg::new("query").long("query").action(clap::ArgAction::SetTrue);
    let report = clap::Arg::new("report").long("report").value_name("FILE");
    command
        .about("words of the host")
        .arg(query.help("Change nothing").help_heading(heading))
        .arg(report.help("Write a report").help_heading(heading))
}

fn example() -> Manifest {
    let options = include_str!("../../modules/lib/options.rhai");
    let groups = Groups::read("lib/options.rhai", options).unwrap();
    let text = r#"//! Move things.
//!
//! Moves them far | wide.
const MODULE = #{
    version: 1, group: "data management", summary: "Move things", changes: "data", destructive: true,
    include: ["distribution", "query"],
    levels: #{ full: #{ numnodes: #{ default_value: 80 } } },
    examples: ["ledama run Move --from a.ref --query"],
    options: [
        #{ name: "from", short: "i", kind: "reffile", required: true, help: "What | which" },
        #{ name: "how", kind: "choice", choices: #{ FAST: "at once", SLOW: "" }, default_value: "FAST", help: "How" },
        #{ name: "check", short: "c", kind: "flag", default_value: true, help: "Do not check" },
        #{ name: "share", kind: "float", min: 0, max: 1, help: "How much", access: "full", category: "advanced" },
    ],
};"#;
    manifest::read("Move", "Move.rhai", text, &groups).manifest.unwrap()
}

#[test]
fn the_page_of_a_module_tells_everything() {
    insta::assert_snapshot!(module_page(&example(), &host).text);
}

#[test]
fn the_man_page_of_a_module_is_made_from_its_command() {
    let page = man_page(&example(), &host);
    assert_eq!(page.path.to_str().unwrap(), "man/ledama-run-Move.1");
    for part in [".TH", "Move things", "\\-\\-no\\-check", "\\-\\-query", "at once"] {
        assert!(page.text.contains(part), "{part} in\n{}", page.text);
    }
}

#[test]
fn the_builtins_are_described_in_words_of_scripts() {
    let functions = Functions::of(&inspector());
    let pages = builtins::pages(&functions);
    let names = pages.iter().find(|p| p.path.ends_with("builtins/names.md")).unwrap();
    assert!(names.text.contains("names::parse(path: text) -> map"), "{}", names.text);
    let run = pages.iter().find(|p| p.path.ends_with("builtins/run.md")).unwrap();
    assert!(
        run.text.contains("## Type Run") && run.text.contains("Run.say(text: text)"),
        "{}",
        run.text
    );
    let definitions = definitions::page(&functions).text;
    for page in pages.iter().map(|p| p.text.as_str()).chain([definitions.as_str()]) {
        for word in ["EvalAltResult", "ImmutableString", "&mut", "i64", "Dynamic"] {
            assert!(!page.contains(word), "{word} in\n{page}");
        }
    }
}

#[test]
fn definitions_are_written_in_the_language() {
    let text = definitions::page(&Functions::of(&inspector())).text;
    assert!(text.contains("module names {"), "{text}");
    assert!(text.contains("    fn parse(path: string) -> map;"), "{text}");
    assert!(text.contains("fn get user(run: Run) -> string;"), "{text}");
}

#[test]
fn pages_are_written_compared_and_removed() {
    let folder = tempfile::tempdir().unwrap();
    let page = |name: &str, text: &str| Page::markdown(format!("modules/{name}.md"), text);
    let pages = [page("A", "# A"), page("B", "# B")];
    assert_eq!(check(folder.path(), &pages).len(), 2);
    assert_eq!(write(folder.path(), &pages).unwrap().len(), 2);
    assert_eq!(check(folder.path(), &pages), []);
    assert_eq!(write(folder.path(), &pages).unwrap(), Vec::<std::path::PathBuf>::new());

    fs::write(folder.path().join("modules/mine.md"), "written by hand").unwrap();
    let fewer = [page("A", "# A\n\nnew")];
    let told: Vec<_> = check(folder.path(), &fewer)
        .iter()
        .map(|d| d.message.replace(&folder.path().display().to_string(), ""))
        .collect();
    assert_eq!(
        told,
        ["/modules/A.md is out of date", "/modules/B.md describes what no longer exists"]
    );
    write(folder.path(), &fewer).unwrap();
    assert!(!folder.path().join("modules/B.md").exists());
    assert!(folder.path().join("modules/mine.md").exists());
}

#[test]
fn the_whole_manual_can_be_made() {
    let command = clap::Command::new("ledama").about("x").subcommand(clap::Command::new("list"));
    let inputs = Inputs::of_program(command).unwrap();
    let pages = pages(&inputs, &host);
    assert!(pages.iter().any(|p| p.path.ends_with("man/ledama-list.1")));
    assert!(pages.iter().any(|p| p.path.ends_with("modules/README.md")));
    let mut paths: Vec<_> = pages.iter().map(|p| &p.path).collect();
    paths.sort();
    paths.dedup();
    assert_eq!(paths.len(), pages.len(), "two pages with the same place");
}

#[test]
fn functions_of_shared_scripts_are_described() {
    let file = |name: &str, text: &str| ScriptFile {
        name: name.to_string(),
        label: format!("lib/{name}.rhai"),
        spot: Spot::Embedded(format!("lib/{name}.rhai")),
        text: text.into(),
    };
    let text = "//! Words.\n\n/// Says it.\n/// Twice.\nfn say(x, y) { x }\nprivate fn own() { [1].map(|x| x) }";
    let page = libraries::page(&[file("words", text), file("bare", "const A = 1;")]).unwrap();
    insta::assert_snapshot!(page.text);
    assert_eq!(libraries::page(&[file("bare", "const A = 1;")]), None);
}
