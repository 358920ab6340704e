//! Completion: what is offered at each place of a line, and that the scripts
//! of the three shells do offer it.

use std::process::Command;

use crate::support::run::program;
use crate::support::skip::skip;
use crate::support::{Output, Work};

/// A module with an option of each kind that completion knows.
const MODULE: &str = r#"
const MODULE = #{
    version: 1, group: "local", access: "user", changes: "nothing",
    summary: "Try what can be completed",
    options: [
        #{ name: "input", short: "i", kind: "reffile", help: "What is read" },
        #{ name: "many", short: "m", kind: "list", of: "reffile", help: "Several" },
        #{ name: "how", short: "w", kind: "choice", choices: #{ fast: "Without looking", "far off": "", "x:y": "" },
           help: "In which way" },
        #{ name: "nodes", short: "u", kind: "nodes", help: "Where" },
        #{ name: "name", kind: "text", required: true, help: "What it is called" },
        #{ name: "dry", kind: "flag", default_value: true, help: "Without water" },
    ],
};
fn process(opts, run) {}
"#;

const CONFIG: &str = r#"
    [[hosts]]
    prefix = "node"
    range = "1-12"
    [[hosts]]
    prefix = "gpu"
    padding = 2
    range = "1-4"
    [[stores]]
    id = "PARTNER"
    host = "partner.example"
"#;

/// Modules beside broken ones, and a few files.
fn place() -> Work {
    let work = Work::new();
    work.file("modules/Offered.rhai", MODULE);
    work.file("modules/Broken.rhai", "const MODULE = #{ version: 1, group: [");
    work.file("modules/Wrong.rhai", "const MODULE = #{ version: 1, nonsense: 2 };");
    work.file("modules/plain.rhai", "print(1);");
    work.file("own.rhai", "print(args);");
    work.file("in.ref", "");
    work.file("odd name.ref", "");
    work.file("ledama.toml", CONFIG);
    work
}

/// The answer to a line, of which the last word is to be completed; in silence.
fn answer(work: &Work, line: &[&str]) -> Vec<(String, String)> {
    let index = line.len().to_string();
    let output: Output = work
        .ledama(["__complete", &index, "ledama"])
        .args(line)
        .config(&work.join("ledama.toml"))
        .ok();
    assert_eq!(output.stderr, "", "{line:?}");
    let pair = |line: &str| {
        let (value, help) = line.split_once('\t').unwrap_or((line, ""));
        (value.to_string(), help.to_string())
    };
    output.stdout().lines().map(pair).collect()
}

fn values(work: &Work, line: &[&str]) -> Vec<String> {
    answer(work, line).into_iter().map(|(value, _)| value).collect()
}

#[test]
fn commands_are_offered_with_their_meaning_but_not_the_hidden_ones() {
    let work = place();
    let all = answer(&work, &[""]);
    let run = all.iter().find(|(value, _)| value == "run").unwrap();
    assert!(run.1.starts_with("Run a module"), "{run:?}");
    assert!(!all.iter().any(|(value, _)| value == "worker" || value.starts_with('_')), "{all:?}");
    assert_eq!(values(&work, &["de"]), ["describe"]);
    assert_eq!(values(&work, &["--color=never", "config", "ch"]), ["check"]);
    assert_eq!(values(&work, &["--color", "al"]), ["always"]);
    assert_eq!(values(&work, &["completions", ""]), ["bash", "zsh", "fish"]);
    assert_eq!(values(&work, &["list", "--gr"]), ["--group"]);
    assert_eq!(values(&work, &["doctor", "--nodes", "gpu01/gp"])[0], "gpu01/gpu01");
    assert_eq!(values(&work, &["nonsense", "", "--x", "--con"]), ["--config"]);
}

#[test]
fn modules_are_offered_whatever_stands_beside_them() {
    let work = place();
    let found = answer(&work, &["run", "o"]);
    assert_eq!(found[0], ("Offered".into(), "Try what can be completed".into()));
    assert_eq!(found[1].0, ":files .rhai");
    for command in ["describe", "check"] {
        assert_eq!(values(&work, &[command, "OFF"])[0], "Offered", "{command}");
    }
    assert_eq!(values(&work, &["check", "Offered", "Bro"])[0], "Broken", "to find its faults");
    assert_eq!(values(&work, &["run", "./"]), [":files .rhai"]);
    assert!(values(&work, &["list", "--group", "l"]).contains(&"local".to_string()));
}

#[test]
fn options_are_offered_until_they_are_given() {
    let work = place();
    let all = values(&work, &["run", "Offered", ""]);
    assert_eq!(all[0], "--name", "the required one first");
    assert!(all.contains(&"--no-dry".to_string()) && all.contains(&"--query".to_string()));
    assert!(!all.contains(&"--dry".to_string()), "it is on anyway");
    assert!(all.iter().all(|value| value.starts_with("--")), "{all:?}");

    assert!(values(&work, &["run", "Offered", "-"]).contains(&"-w".to_string()));
    assert_eq!(values(&work, &["run", "Offered", "--in"]), ["--input"]);
    for given in [&["--input", "x"][..], &["-i", "x"], &["-ix"], &["--input=x"]] {
        let line = [&["run", "Offered"][..], given, &["--in"]].concat();
        assert_eq!(values(&work, &line), [""; 0], "{line:?}");
    }
    let again = ["run", "Offered", "--many", "x", "--ma"];
    assert_eq!(values(&work, &again), ["--many"], "lists grow");
    assert_eq!(values(&work, &["run", "Offered", "--", "--in"]), [""; 0]);
}

#[test]
fn values_are_offered_by_their_kind() {
    let work = place();
    let offered = |words: &[&str]| values(&work, &[&["run", "Offered"][..], words].concat());
    assert_eq!(offered(&["--how", "fa"]), ["fast", "far off"]);
    assert_eq!(offered(&["--how=x"]), ["--how=x:y"]);
    assert_eq!(offered(&["-w", "x"]), ["x:y"]);
    assert_eq!(answer(&work, &["run", "Offered", "--how", "fas"])[0].1, "Without looking");
    assert_eq!(offered(&["--input", ""]), [":files"]);
    assert_eq!(offered(&["--input=o"]), [":files"]);
    assert_eq!(offered(&["--many", "in"]), [":files"]);
    assert_eq!(offered(&["--many", "in.ref,od"]), ["in.ref,odd name.ref", ":nospace"]);
    assert_eq!(offered(&["--many", "x,mod"]), ["x,modules/", ":nospace"]);
    assert_eq!(offered(&["--name", ""]), [""; 0], "any text");
    assert_eq!(offered(&["--report", ""]), [":files"]);
    assert_eq!(offered(&["--color", "n"]), ["never"]);

    assert_eq!(offered(&["--nodes", ""]), ["node", "gpu", "PARTNER"]);
    assert_eq!(offered(&["--nodes", "g"]), ["gpu01", "gpu02", "gpu03", "gpu04", ":nospace"]);
    assert_eq!(offered(&["--nodes", "gpu01/node01"])[0], "gpu01/node010");
    assert_eq!(offered(&["--nodes", "P"]), ["PARTNER"]);
}

#[test]
fn a_script_takes_any_file() {
    let work = place();
    for script in ["./own.rhai", "own.rhai", "plain", "missing"] {
        assert_eq!(values(&work, &["run", script, ""]), [":files"], "{script}");
        assert_eq!(values(&work, &["run", script, "--que"]), ["--query"], "{script}");
    }
}

#[test]
fn options_of_the_line_count() {
    let work = place();
    work.file("elsewhere/Other.rhai", MODULE);
    work.file("other.toml", "[[hosts]]\nprefix = \"other\"\nrange = \"1-2\"");
    assert_eq!(values(&work, &["--modules", "elsewhere", "run", "Ot"])[0], "Other");
    let line = ["--modules=elsewhere", "run", "Other", "--how", "fas"];
    assert_eq!(values(&work, &line), ["fast"]);
    let line = ["--config", "other.toml", "run", "Offered", "--nodes", "ot"];
    assert_eq!(values(&work, &line), ["other001", "other002", ":nospace"]);
}

#[test]
fn nothing_broken_is_heard_of() {
    let work = place();
    work.file("ledama.toml", "[[hosts]]\nnonsense");
    assert_eq!(values(&work, &["run", "Offe"])[0], "Offered");
    assert_eq!(values(&work, &["run", "Broken", "--que"]), ["--query"]);
    work.file("modules/lib/options.rhai", "const OPTIONS = [;");
    assert_eq!(values(&work, &["run", "Offe"])[0], "Offered");
    let beyond = work.ledama(["__complete", "9", "ledama", "run"]).ok();
    assert_eq!(beyond.stderr, "");
}

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

/// What a shell offers when this program stands in its script; `None` where
/// there is no such shell.
fn shell(work: &Work, shell: &[&str], driver: &str, line: &[&str]) -> Option<Vec<String>> {
    Command::new(shell[0]).arg("--version").output().ok()?;
    let script = work.ledama(["completions", shell[0]]).ok().stdout();
    work.file(format!("complete.{}", shell[0]), script);
    let folder = program().parent().unwrap().display().to_string();
    let path = format!("{folder}:{}", std::env::var("PATH").unwrap());
    let output = work
        .ledama(shell[1..].iter().chain(&[driver]).chain(line))
        .program(shell[0])
        .env("PATH", path)
        .config(&work.join("ledama.toml"))
        .run();
    assert_eq!(output.code, 0, "{output}");
    Some(output.stdout().lines().map(|line| line.trim().to_string()).collect())
}

/// What bash offers: the function that was registered is called as bash would,
/// with words cut at `=` and `:`.
fn bash(work: &Work, line: &str) -> Option<Vec<String>> {
    let driver = r#"
        source complete.bash
        spec=$(complete -p ledama) || exit 3
        function=$(sed 's/.*-F \([^ ]*\) .*/\1/' <<< "$spec")
        COMP_LINE=$1
        shift
        COMP_WORDS=("$@")
        COMP_CWORD=$(($# - 1))
        COMP_POINT=${#COMP_LINE}
        COMP_TYPE=9
        "$function" ledama "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}" || true
        printf '%s\n' "${COMPREPLY[@]}"
    "#;
    let cut = line.replace('=', "\n=\n").replace(':', "\n:\n").replace(' ', "\n");
    let mut words: Vec<&str> = cut.split('\n').collect();
    if line.ends_with(['=', ':']) {
        words.pop();
    }
    shell(work, &["bash", "-c"], driver, &[&["bash", line][..], &words].concat())
}

#[test]
fn bash_offers_them() {
    let work = place();
    let Some(found) = bash(&work, "ledama run Off") else { skip!("no bash here") };
    assert_eq!(found, ["Offered"]);
    let offers = |line: &str| bash(&work, line).unwrap();
    assert_eq!(offers("ledama run Offered --in"), ["--input"]);
    assert_eq!(offers("ledama run Offered --how fa"), ["fast", r"far\ off"]);
    assert_eq!(offers("ledama run Offered --how=fas"), ["fast"]);
    assert_eq!(offers("ledama run Offered --how=")[0], "fast");
    assert_eq!(offers("ledama run Offered --how=x:"), ["y"]);
    assert_eq!(offers("ledama run Offered --input od"), ["odd name.ref"]);
    assert_eq!(offers("ledama run Offered --input=in"), ["in.ref"]);
    assert_eq!(offers("ledama run ./o"), ["./own.rhai"]);
    assert_eq!(offers("ledama run mod"), ["modules"]);
}

/// What zsh is told to offer: the completion system itself needs a terminal.
fn zsh(work: &Work, words: &[&str]) -> Option<Vec<String>> {
    let driver = r#"
        compdef() { :; }
        compset() { PREFIX=${PREFIX#*=}; }
        _describe() { print -rl -- ${(P)3}; }
        _files() { print -r -- "files $* for $PREFIX"; }
        source ./complete.zsh
        words=("$@") CURRENT=$# PREFIX=$@[-1]
        _ledama
        true
    "#;
    shell(work, &["zsh", "-f", "-c"], driver, &[&["zsh"][..], words].concat())
}

#[test]
fn zsh_offers_them() {
    let work = place();
    let Some(found) = zsh(&work, &["ledama", "run", "Off"]) else { skip!("no zsh here") };
    assert_eq!(found, ["Offered:Try what can be completed", "files -g *.rhai for Off"]);
    let offers = |words: &[&str]| zsh(&work, words).unwrap();
    assert_eq!(offers(&["ledama", "run", "Offered", "--how", "x"]), [r"x\:y"]);
    assert_eq!(offers(&["ledama", "run", "Offered", "--how=fas"]), ["--how=fast:Without looking"]);
    assert_eq!(offers(&["ledama", "run", "Offered", "--input=in"]), ["files  for in"]);
}

#[test]
fn fish_offers_them() {
    let work = place();
    let driver = "source complete.fish; complete -C $argv[1]";
    let offers = |line: &str| shell(&work, &["fish", "--no-config", "-c"], driver, &[line]);
    let Some(found) = offers("ledama run Off") else { skip!("no fish here") };
    assert_eq!(found, ["Offered\tTry what can be completed"]);
    let offers = |line: &str| offers(line).unwrap();
    assert_eq!(offers("ledama run Offered --how fas"), ["fast\tWithout looking"]);
    assert_eq!(offers("ledama run Offered --how=fas"), ["--how=fast\tWithout looking"]);
    assert_eq!(offers("ledama run ./o"), ["./own.rhai"]);
    assert_eq!(offers("ledama run Offered --input in.r"), ["in.ref"]);
    assert_eq!(offers("ledama run Offered --input=in.r"), ["--input=in.ref"]);
}
