//! Mistakes in a recipe are told with file and line before anything happens.

use super::stage::Stage;
use crate::support::golden;

const HEAD: &str = "const RECIPE = #{ version: 1, summary: \"Try\" };\nfn steps(opts, recipe) {\n";

fn told(name: &str, body: &str) {
    let stage = Stage::new();
    stage.work.file("bad.rhai", format!("{HEAD}{body}\n}}\n"));
    let before = stage.everything();
    for verb in ["run", "print", "show"] {
        let output = stage.recipe(&[verb, "./bad.rhai"]).run().code(2).no_panic().prints("");
        let folder = stage.work.path().display().to_string();
        let text = golden::mask(&output.stderr, &[(&folder, "[WORK]")]);
        golden::check(&format!("recipes/{name}.txt"), &text);
    }
    assert_eq!(stage.everything(), before);
}

#[test]
fn unknown_options_and_values() {
    told(
        "options",
        "    recipe.step(\"a\", \"WriteFile\", #{ output: \"x\", nonsense: 1, yes: true });\n\
         \x20   recipe.step(\"b\", \"WriteFile\", #{ notte: \"x\" });\n\
         \x20   recipe.step(\"c\", \"WriteFile\", #{ output: 5, resume: \"maybe\" });",
    );
}

#[test]
fn circles() {
    told(
        "circle",
        "    recipe.step(\"a\", \"WriteFile\", #{ output: \"x\", input: \"c.ref\" });\n\
         \x20   recipe.step(\"b\", \"WriteFile\", #{ output: \"y\" }, #{ after: \"a\" });\n\
         \x20   recipe.step(\"c\", \"WriteFile\", #{ output: \"c.ref\" }, #{ after: \"b\", creates: \"c.ref\" });",
    );
}

#[test]
fn unknown_steps_and_doubled_names() {
    told(
        "names",
        "    recipe.step(\"list\", \"WriteFile\", #{ output: \"x\" }, #{ after: \"lits\", creates: \"x\" });\n\
         \x20   recipe.step(\"list\", \"WriteFile\", #{ output: \"x\" }, #{ creates: \"x\" });",
    );
}

#[test]
fn mistakes_of_the_call_itself() {
    told("name", "    recipe.step(\"two words\", \"WriteFile\", #{});");
    told("relation", "    recipe.step(\"a\", \"WriteFile\", #{}, #{ create: \"x\" });");
    told("value", "    recipe.step(\"a\", \"WriteFile\", #{ output: recipe });");
    told("nofile", "    let a = recipe.step(\"a\", \"WriteFile\", #{});\n    a.file");
    told("nothing", "");
    told("failed", "    recipe.fail(\"no\", \"say yes\");");
}

#[test]
fn an_unknown_module_is_told_by_all_and_run_by_none() {
    let stage = Stage::new();
    stage
        .work
        .file("bad.rhai", format!("{HEAD}recipe.step(\"a\", \"WriteFle\", #{{ x: 1 }});\n}}\n"));
    let text = "there is no module `WriteFle`\n  --> ./bad.rhai:3:8";
    stage.recipe(&["run", "./bad.rhai"]).run().code(2).complains(&format!("error: {text}"));
    for verb in ["print", "show"] {
        let output =
            stage.recipe(&[verb, "./bad.rhai"]).ok().complains(&format!("warning: {text}"));
        assert!(output.stderr.contains("did you mean `WriteFile`?"), "{output}");
    }
    stage.work.ledama(["check", "bad.rhai"]).ok().complains("did you mean `WriteFile`?");
}

#[test]
fn the_check_finds_what_is_written_out() {
    let stage = Stage::new();
    let body =
        "recipe.step(\"a\", \"WriteFile\", #{ outptu: opts.x });\nrecipe.stop();\nnonsense(1);";
    stage.work.file("bad.rhai", format!("{HEAD}{body}\n}}\n"));
    let output = stage.work.ledama(["check", "bad.rhai"]).run().code(1);
    for text in ["bad.rhai:3:34", "`output`", "there is no option `x`", "`.stop`", "`nonsense`"] {
        assert!(output.stderr.contains(text), "{text}; {output}");
    }
    // All recipes are checked with all modules.
    let all = stage.work.ledama(["check"]).run();
    assert!(!all.stderr.contains("three.rhai"), "{all}");
    stage.work.file("scripts/frequent/worse.rhai", format!("{HEAD}nonsense();\n}}\n"));
    stage.work.ledama(["check"]).run().code(1).complains("worse.rhai:3");
}

#[test]
fn a_step_that_loses_something_needs_an_answer_beforehand() {
    let stage = Stage::new();
    let text = stage.work.read("modules/WriteFile.rhai");
    stage.work.file(
        "modules/WriteFile.rhai",
        text.replace("changes: \"data\",", "changes: \"data\", destructive: \"resume\","),
    );
    let body = "recipe.step(\"a\", \"WriteFile\", #{ output: \"a.ref\" });\n\
                recipe.step(\"b\", \"WriteFile\", #{ output: \"b.ref\", resume: true });";
    stage.work.file("ask.rhai", format!("{HEAD}{body}\n}}\n"));
    stage.recipe(&["run", "./ask.rhai"]).run().code(2).complains("--yes");
    assert_eq!(stage.made(), [""; 0]);
    stage.recipe(&["run", "./ask.rhai", "--yes"]).ok();
    assert_eq!(stage.made(), ["a.ref", "b.ref"]);
}
