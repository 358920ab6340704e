//! The options of every module are those its users have known for years:
//! names, letters, types, defaults. `tests/data/options/` has them.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value;

use crate::support::Work;
use crate::support::run::repository;

/// One line of a table.
struct Option<'a> {
    name: &'a str,
    letter: &'a str,
    kind: &'a str,
    default: &'a str,
    required: bool,
}

/// Kinds that take what an option of that type took.
fn kinds(kind: &str) -> &'static [&'static str] {
    match kind {
        "text" => &["text", "list", "path", "choice"],
        "path" => &["path", "reffile"],
        "bool" => &["flag", "list"],
        "int" => &["int"],
        "float" => &["float"],
        "choice" => &["choice"],
        "nodes" => &["nodes"],
        "ints" => &["ints"],
        other => panic!("no type {other}"),
    }
}

/// The default as the manifest tells it; numbers as the table writes them.
fn default(option: &Value) -> String {
    match &option["default"] {
        Value::Null => "-".to_string(),
        Value::String(text) => text.clone(),
        Value::Number(number) if option["kind"] == "float" => {
            format!("{:.1}", number.as_f64().unwrap())
        }
        other => other.to_string(),
    }
}

fn faults(module: &str, expected: &[Option<'_>], work: &Work) -> Vec<String> {
    let described = work.ledama(["describe", module, "--json"]).ok().json();
    let help = work.ledama(["run", module, "--help"]).ok().stdout();
    let options = described["options"].as_array().unwrap();
    let home = work.path().join("home").display().to_string();
    let user = Command::new("id").arg("-un").output().unwrap().stdout;
    let user = String::from_utf8(user).unwrap().trim().to_string();
    let mut faults = Vec::new();
    for want in expected {
        let mut fault = |what: String| faults.push(format!("{module} --{}: {what}", want.name));
        if want.name == "query" {
            if !help.contains(&format!("-{}, --query", want.letter)) {
                fault(format!("no letter {}", want.letter));
            }
            continue;
        }
        let Some(option) = options.iter().find(|o| o["name"] == want.name) else {
            fault("missing".to_string());
            continue;
        };
        if option["short"] != want.letter {
            fault(format!("letter {}, not {}", option["short"], want.letter));
        }
        if !kinds(want.kind).contains(&option["kind"].as_str().unwrap()) {
            fault(format!("kind {}, not {}", option["kind"], want.kind));
        }
        let filled = want.default.replace("{home}", &home).replace("{user}", &user);
        if default(option) != filled {
            fault(format!("default {}, not {filled}", default(option)));
        }
        if option["required"] != want.required {
            fault(format!("required is {}", option["required"]));
        }
    }
    faults
}

#[test]
fn all_modules_have_the_options_they_always_had() {
    let work = Work::new();
    let mut faults_found = Vec::new();
    for file in std::fs::read_dir(repository().join("tests/data/options")).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        let mut modules: BTreeMap<&str, Vec<Option<'_>>> = BTreeMap::new();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let columns: Vec<&str> = line.split('\t').collect();
            let [module, name, letter, kind, default, required, ..] = columns[..] else {
                panic!("{line}");
            };
            let required = required == "yes";
            let option = Option { name, letter, kind, default, required };
            modules.entry(module).or_default().push(option);
        }
        assert!(!modules.is_empty());
        for (module, options) in modules {
            faults_found.extend(faults(module, &options, &work));
        }
    }
    assert!(faults_found.is_empty(), "{}", faults_found.join("\n"));
}
