//! A module written by following the scaffold runs, without building anything.

use crate::support::Work;

#[test]
fn the_scaffold_is_complete() {
    let work = Work::new();
    work.ledama(["new", "MyModule", "--group", "data management"]).ok();
    let file = work.join("modules/MyModule.rhai");
    assert!(file.exists(), "{:?}", work.names("."));
    work.ledama(["check", "modules/MyModule.rhai"]).ok();
    work.ledama(["list"]).ok().says("MyModule");
    work.ledama(["describe", "MyModule"]).ok();
    work.ledama(["run", "MyModule", "--help"]).ok();
    // It is not overwritten.
    std::fs::write(&file, "// mine\n").unwrap();
    work.ledama(["new", "MyModule", "--group", "data management"]).run().code(2);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "// mine\n");
}

#[test]
fn impossible_names_are_refused() {
    let work = Work::new();
    for name in ["my module", "../x", "CopyData", "", "9lives"] {
        let output = work.ledama(["new", name, "--group", "data management"]).run().no_panic();
        assert_eq!(output.code, 2, "{name:?}: {output}");
    }
}
