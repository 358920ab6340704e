//! The written manual is that of the program, and the page about writing
//! modules tells the truth.

use crate::support::Work;
use crate::support::run::repository;
use crate::support::tree::walk;

#[test]
fn the_manual_is_up_to_date() {
    let work = Work::new();
    work.ledama(["docs", "--check"]).folder(repository()).ok();
}

#[test]
fn every_page_has_a_plain_name() {
    for page in walk(&repository().join("docs/builtins")).into_keys() {
        let name = page.to_string_lossy();
        let plain = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
        assert!(name.chars().all(plain), "the page {name} shows how a type is held in Rust");
    }
}

#[test]
fn a_changed_manual_is_noticed() {
    let work = Work::new();
    copy(&repository().join("docs"), &work.join("docs"));
    work.ledama(["docs", "--check"]).ok();
    let page = walk(&work.join("docs"))
        .into_keys()
        .find(|name| name.file_name().is_some_and(|name| name == "CopyData.md"))
        .expect("a page about CopyData");
    let page = work.join("docs").join(page);
    let text = std::fs::read_to_string(&page).unwrap();
    std::fs::write(&page, text.replacen("measurement sets", "something else", 1)).unwrap();
    let stale = work.join("docs/man/ledama-list.1");
    std::fs::remove_file(&stale).unwrap();
    let output = work.ledama(["docs", "--check"]).run().code(1).no_panic();
    for name in ["CopyData.md", "ledama-list.1"] {
        assert!(output.stderr.contains(name), "nothing about {name}; {output}");
    }
    work.ledama(["docs", "--write"]).ok();
    work.ledama(["docs", "--check"]).ok();
    assert_eq!(std::fs::read_to_string(&page).unwrap(), text);
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    let done = std::process::Command::new("cp").arg("-a").arg(from).arg(to).status().unwrap();
    assert!(done.success());
}

#[test]
fn every_module_of_the_page_about_writing_modules_runs() {
    let text = std::fs::read_to_string(repository().join("modules/README.md")).unwrap();
    let mut count = 0;
    for block in text.split("```rhai\n").skip(1).filter_map(|rest| rest.split("```").next()) {
        if !block.contains("const MODULE") {
            continue;
        }
        count += 1;
        // Its own name, if its examples tell it.
        let name = block
            .split("ledama run ")
            .nth(1)
            .and_then(|rest| rest.split_whitespace().next())
            .unwrap_or("FromThePage");
        let work = Work::new();
        let file = format!("modules/{name}.rhai");
        work.file(&file, block);
        work.ledama(["check", &file]).ok();
        work.ledama(["list"]).ok().says(name);
        work.ledama(["run", name, "--help"]).ok();
    }
    assert!(count > 0, "no whole module in modules/README.md");
}
