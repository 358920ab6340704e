//! Steps are done one after the other; nothing is done where something is in
//! the way.

use super::stage::Stage;
use crate::support::run::repository;

#[test]
fn all_steps_are_done_in_their_order() {
    let stage = Stage::new();
    let output = stage.run(&["--note", "hello"]).ok().no_panic().complains("3 of 3 steps are done");
    assert_eq!(stage.made(), ["one.ref", "three.ref", "two.ref"]);
    assert_eq!(stage.work.read("two.ref"), "hello|false");
    let at = |text: &str| output.stderr.find(text).unwrap_or_else(|| panic!("{text}; {output}"));
    assert!(at("step 1 of 3: one") < at("step 2 of 3: two"), "{output}");
    assert!(at("--output") < at("step 2 of 3"), "the command is shown; {output}");
    // Once more: everything is there already.
    let again = stage.run(&["--note", "hello"]).run().code(2);
    assert!(again.stderr.contains("one.ref is there already"), "{again}");
    stage.run(&["--note", "hello", "--resume"]).ok().complains("nothing to do");
}

#[test]
fn a_query_shows_all_and_leaves_no_trace() {
    let stage = Stage::new();
    let before = stage.everything();
    let output = stage.run(&["--query"]).ok();
    assert_eq!(stage.everything(), before);
    assert!(output.stderr.contains("would write one.ref"), "{output}");
    assert!(!output.stderr.contains("would write two.ref"), "its input is not there; {output}");
    assert!(output.stderr.contains("would run when `one` has made what it needs"), "{output}");
    assert!(output.stderr.contains("--output"), "the commands are shown; {output}");
}

#[test]
fn steps_can_be_chosen() {
    let stage = Stage::new();
    let nothing = stage.run(&["--from", "two"]).run().code(2);
    assert!(nothing.stderr.contains("one.ref is not there"), "{nothing}");
    assert!(nothing.stderr.contains("step `one` makes it"), "{nothing}");
    stage.run(&["--only", "one"]).ok();
    assert_eq!(stage.made(), ["one.ref"]);
    stage.run(&["--from", "two"]).ok();
    assert_eq!(stage.made(), ["one.ref", "three.ref", "two.ref"]);
    stage.run(&["--only", "one", "six"]).run().code(2).complains("no step `six`");
    stage.run(&["--from", "tow"]).run().code(2).complains("did you mean `two`?");
    // A step that is named may be done again.
    stage.run(&["--only", "two,three"]).run();
    assert_eq!(stage.made(), ["one.ref", "three.ref", "two.ref"]);
}

#[test]
fn files_that_are_missing_or_in_the_way_stop_it_before_it_begins() {
    let stage = Stage::new();
    let before = stage.everything();
    stage.run(&["--first", "nowhere.ref"]).run().code(2).complains("nowhere.ref is not there");
    assert_eq!(stage.everything(), before);
    stage.work.file("three.ref", "somebody's");
    stage.run(&[]).run().code(2).complains("three.ref is there already");
    assert_eq!(stage.made(), ["three.ref"]);
    assert_eq!(stage.work.read("three.ref"), "somebody's");
}

#[test]
fn options_come_from_files_and_go_there() {
    let stage = Stage::new();
    stage.recipe(&["print", "three", "--note", "saved", "--save-options", "o.toml"]).ok();
    assert!(stage.work.read("o.toml").contains("note = \"saved\""));
    stage.run(&["--options", "o.toml", "--only", "one"]).ok();
    assert_eq!(stage.work.read("one.ref"), "saved|false");
}

#[test]
fn help_and_completion_come_from_the_declaration() {
    let stage = Stage::new();
    for verb in ["run", "print", "show"] {
        let help = stage.recipe(&[verb, "three", "--help"]).ok().says("Text for the files");
        assert!(help.stdout().contains(&format!("Usage: ledama recipe {verb} three")), "{help}");
        assert_eq!(help.stdout().contains("--resume"), verb == "run", "{help}");
    }
    stage
        .recipe(&["list", "--search", "files"])
        .ok()
        .prints("three  Write three files one after the other\n");
    let offered = |words: &[&str]| -> Vec<String> {
        let index = words.len().to_string();
        let output = stage.work.ledama(["__complete", &index, "ledama"]).args(words).ok();
        let lines = output.stdout();
        lines.lines().map(|l| l.split('\t').next().unwrap().to_string()).collect()
    };
    assert_eq!(offered(&["recipe", ""])[..4], ["list", "show", "print", "run"]);
    assert_eq!(offered(&["recipe", "run", "th"]), ["three", ":files .rhai"]);
    assert_eq!(offered(&["recipe", "print", "copya"])[0], "copyandcheck");
    assert_eq!(offered(&["recipe", "run", "three", "--no"]), ["--note", "--no-progress"]);
    assert_eq!(offered(&["recipe", "show", "three", "--res"]), [""; 0]);
    assert_eq!(offered(&["recipe", "run", "three", "--first", ""]), [":files"]);
}

#[test]
fn recipes_are_found_in_the_folders_of_the_configuration() {
    let stage = Stage::new();
    let text = stage
        .work
        .read("scripts/frequent/three.rhai")
        .replace("examples: [\"ledama recipe run three --note x\"],", "");
    stage.work.file("ours/ours.rhai", &text);
    stage.work.file("mine/mine.rhai", &text);
    stage.work.file("mine/genpreproc.rhai", &text);
    stage.work.file("ledama.toml", "[paths]\nrecipes = [\"ours\"]\n");
    let list = stage.recipe(&["list"]).env("LEDAMA_RECIPES", stage.work.join("mine")).ok();
    let names: Vec<String> = list
        .stdout()
        .lines()
        .filter_map(|line| line.split_whitespace().next().map(str::to_string))
        .collect();
    assert_eq!(
        names,
        [
            "copyandcheck",
            "gencopyeor2target",
            "gencopytarget2eor",
            "gengainmovies",
            "genpreproc",
            "mine",
            "ours",
            "processobservation",
            "three"
        ]
    );
    assert_eq!(
        list.stdout().matches("Write three files").count(),
        4,
        "one's own come first; {list}"
    );
    stage.recipe(&["run", "OURS", "--only", "one"]).ok();
}

#[test]
fn what_is_no_recipe_is_told() {
    let stage = Stage::new();
    stage.work.file("plain.rhai", "print(1);");
    let fails = |words: &[&str], message: &str| {
        stage.recipe(words).run().code(2).no_panic().complains(message);
    };
    fails(&["run", "thre"], "did you mean `three`?");
    fails(&["run", "./plain.rhai"], "declares no RECIPE");
    fails(&["run", "./modules/WriteFile.rhai"], "it is a module");
    fails(&["run", "three", "--nonsense"], "unknown option `--nonsense`");
    fails(&["run"], "RECIPE");
    let run = |words: &[&str]| stage.work.ledama(["run"]).args(words).run().code(2);
    run(&["three"]).complains("ledama recipe run three");
    run(&["scripts/frequent/three.rhai"]).complains("is a recipe, not a module");
}

/// What the page about recipes shows is as it says.
#[test]
fn the_recipe_of_the_page_works() {
    let page = std::fs::read_to_string(repository().join("scripts/frequent/README.md")).unwrap();
    let block = page.split("```rhai\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let stage = Stage::new();
    stage.work.file("scripts/frequent/whatchanged.rhai", block);
    stage.work.ledama(["check", "whatchanged"]).ok();
    let words = ["show", "whatchanged", "-i", "data", "-b", "before.ref", "--json"];
    let shown = stage.recipe(&words).ok().json();
    assert_eq!(shown["steps"][1]["after"], serde_json::json!(["list"]));
    let listed = stage.recipe(&["list"]).ok().stdout();
    for name in listed.lines().filter_map(|line| line.split_whitespace().next()) {
        let known =
            ["three", "whatchanged"].contains(&name) || page.contains(&format!("| `{name}` |"));
        assert!(known, "the page does not tell of {name}");
    }
}
