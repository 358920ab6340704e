//! Every script below `tests/scripts/errors` has one mistake; what is said
//! about it stands in `tests/golden/errors`.

use crate::support::run::repository;
use crate::support::{Work, golden};

/// The scripts of an area, by name.
pub(super) fn scripts(area: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> =
        std::fs::read_dir(repository().join("tests/scripts").join(area))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|e| e == "rhai"))
            .map(|path| {
                let name = path.file_stem().unwrap().to_str().unwrap().to_string();
                (name, std::fs::read_to_string(&path).unwrap())
            })
            .collect();
    found.sort();
    found
}

#[test]
fn each_mistake_is_shown_with_its_place() {
    let cases = scripts("errors");
    assert!(cases.len() >= 20, "only {} cases", cases.len());
    let mut failed = Vec::new();
    let host = ledama_config::LocalHost::of_process().name.clone();
    for (name, text) in cases {
        let work = Work::new();
        work.file(
            "lib/library.rhai",
            "fn half(x) { x / 2 }\nfn broken(x) { x.no_such_property }\n",
        );
        work.file("script.rhai", &text);
        let output = work.ledama(["run", "script.rhai"]).run().no_panic();
        let shown = format!("{}{}[exit code {}]\n", output.stdout(), output.stderr, output.code);
        let shown = golden::without_times(&shown);
        let shown = golden::mask(&shown, &[(work.path().to_str().unwrap(), "[WORK]")]);
        let shown =
            shown.replace(&format!("known are {host}, localhost"), "known are [HOST], localhost");
        assert_ne!(output.code, 0, "{name}: {output}");
        assert!(output.stderr.contains("script.rhai:"), "{name}: no place; {output}");
        if let Err(panic) =
            std::panic::catch_unwind(|| golden::check(&format!("errors/{name}.txt"), &shown))
        {
            failed.push((name, panic.downcast_ref::<String>().cloned().unwrap_or_default()));
        }
    }
    assert!(
        failed.is_empty(),
        "{}",
        failed.iter().map(|(n, t)| format!("{n}: {t}\n")).collect::<String>()
    );
}
