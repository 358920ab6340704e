//! Completion scripts are understood by their shells and know the modules.

use std::process::Command;

use crate::support::Work;
use crate::support::run::program;
use crate::support::skip::skip;

#[test]
fn each_shell_understands_its_script() {
    let work = Work::new();
    for shell in ["bash", "zsh", "fish"] {
        let script = work.ledama(["completions", shell]).ok().stdout();
        assert!(script.contains("ledama"), "{script}");
        let file = work.file(format!("complete.{shell}"), &script);
        if let Ok(done) = Command::new(shell).arg("-n").arg(&file).output() {
            assert!(done.status.success(), "{shell}: {}", String::from_utf8_lossy(&done.stderr));
        }
    }
}

/// What bash offers after these words.
fn offers(words: &[&str]) -> Option<Vec<String>> {
    let work = Work::new();
    let script = work.ledama(["completions", "bash"]).ok().stdout();
    work.file("complete.bash", script);
    // The function that was registered is called as bash would.
    let driver = r#"
        source complete.bash
        spec=$(complete -p ledama) || exit 3
        function=$(sed 's/.*-F \([^ ]*\) .*/\1/' <<< "$spec")
        COMP_WORDS=("$@")
        COMP_CWORD=$(($# - 1))
        COMP_LINE="$*"
        COMP_POINT=${#COMP_LINE}
        COMP_TYPE=9
        "$function" ledama "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}" || true
        printf '%s\n' "${COMPREPLY[@]}"
    "#;
    let folder = program().parent().unwrap().display().to_string();
    let path = format!("{folder}:{}", std::env::var("PATH").unwrap());
    let output = work
        .ledama(["-c", driver, "driver", "ledama"])
        .args(words)
        .program("bash")
        .env("PATH", path)
        .run();
    (output.code != 127).then(|| {
        assert_eq!(output.code, 0, "{output}");
        output.stdout().lines().map(|line| line.trim().to_string()).collect()
    })
}

#[test]
fn modules_and_their_options_are_offered() {
    let Some(modules) = offers(&["run", "Copy"]) else { skip!("no bash here") };
    assert!(modules.iter().any(|word| word.starts_with("CopyData")), "{modules:?}");
    let options = offers(&["run", "CopyData", "--ref"]).unwrap();
    assert!(options.iter().any(|word| word.starts_with("--reffile")), "{options:?}");
    let choices = offers(&["run", "CopyData", "--nodeskey", "USE"]).unwrap();
    assert!(choices.iter().any(|word| word.starts_with("USE_SAME_NODES")), "{choices:?}");
}
