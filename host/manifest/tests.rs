//! Manifests as scripts write them, good and bad.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod command_line;
mod faults;
mod round_trip;

use std::path::PathBuf;

use ledama_cluster::run::Level;

use super::*;
use crate::diagnostic::Diagnostic;

/// The shared groups that come with ledama.
pub(super) fn groups() -> Groups {
    let text = include_str!("../../modules/lib/options.rhai");
    Groups::read("lib/options.rhai", text).unwrap()
}

pub(super) fn reading(text: &str) -> Reading {
    read("Try", "Try.rhai", text, &groups())
}

/// The manifest of a module with these keys besides the needed ones.
pub(super) fn manifest(keys: &str) -> Manifest {
    let reading = reading(&module(keys));
    assert_eq!(reading.faults, [], "{keys}");
    reading.manifest.unwrap()
}

pub(super) fn module(keys: &str) -> String {
    format!(
        "const MODULE = #{{\nversion: 1, group: \"local\", access: \"web\", summary: \"Try\",\n{keys}\n}};\n\
         fn process(opts, run) {{}}"
    )
}

/// One line per fault: `line:column message | help`.
pub(super) fn told(faults: &[Diagnostic]) -> Vec<String> {
    faults
        .iter()
        .map(|f| {
            let place =
                f.place.as_ref().map_or_else(String::new, |p| format!("{}:{} ", p.line, p.column));
            let help = f.help.first().map_or_else(String::new, |h| format!(" | {h}"));
            format!("{place}{}{help}", f.message)
        })
        .collect()
}

/// A host in the folder `/here` where nodes are `n1` to `n9`.
pub(super) fn facts() -> Facts<'static> {
    Facts {
        folder: PathBuf::from("/here"),
        placeholders: vec![
            ("user", Some("joe".to_string())),
            ("group", Some("eor".to_string())),
            ("home", Some("/home/joe".to_string())),
            ("init_file", None),
        ],
        home: Some(PathBuf::from("/home/joe")),
        nodes: &|text| {
            text.split(['/', ','])
                .map(|n| match n.trim_start_matches('n').parse::<u32>() {
                    Ok(1..=9) => Ok(format!("n{}", n.trim_start_matches('n'))),
                    _ => Err(Refused::new(format!("unknown node `{n}`"))),
                })
                .collect()
        },
    }
}

const FULL: &str = r#"
    //! Copy things about.
    //!
    //! More about it.
    const COMMON = "long " + "help";
    const MODULE = #{
        version: 1,
        group: "data management",
        access: "user",
        summary: "Copy things about",
        changes: "data",
        destructive: true,
        include: ["distribution", "query", "init"],
        defaults: #{ numnodes: 80 },
        letters: #{ initfile: "f" },
        levels: #{ full: #{ numnodes: #{ default_value: 64 } } },
        examples: ["ledama run Try --reffile a.ref"],
        search: ["duplicate"],
        options: [
            #{ name: "reffile", short: "i", kind: "reffile", required: true, help: COMMON },
            #{ name: "mode", short: "k", kind: "choice", choices: #{ A: "the first", B: "" },
               help: "How", category: "advanced" },
            #{ name: "limit", kind: "float", default_value: -1.5, min: -2, max: 10, help: "Limit" },
            #{ name: "verify", kind: "flag", default_value: true, help: "Do not verify" },
            #{ name: "status", kind: "path", default_value: "{home}/logs", access: "full",
               help: "Where" },
        ],
    };
    fn process(opts, run) { whatever is here is not even parsed }
"#;

#[test]
fn a_manifest_is_read_without_looking_at_the_rest_of_the_script() {
    let text = FULL.lines().map(|l| l.strip_prefix("    ").unwrap_or(l)).collect::<Vec<_>>();
    let reading = reading(text.join("\n").trim_start());
    assert_eq!(reading.faults, []);
    let manifest = reading.manifest.unwrap();
    assert_eq!((manifest.group.as_str(), manifest.access), ("data management", Level::User));
    assert_eq!(manifest.description, "More about it.");
    assert_eq!(manifest.destructive, Destructive::Always);
    assert_eq!(manifest.changes, Changes::Data);
    assert_eq!(manifest.host_letters, [HostLetter { name: "query".into(), short: 'q' }]);
    let names: Vec<_> = manifest.options.iter().map(|o| o.name.as_str()).collect();
    assert_eq!(
        names,
        ["reffile", "mode", "limit", "verify", "status", "numprocessors", "numnodes", "initfile"]
    );
    assert_eq!(manifest.option("reffile").unwrap().help, "long help");
    assert_eq!(manifest.option("limit").unwrap().default, Some(RawValue::Float(-1.5)));
    assert_eq!(manifest.option("initfile").unwrap().short, Some('f'));
    assert!(manifest.includes("distribution") && !manifest.includes("logs"));
    let default =
        |level, name: &str| manifest.at_level(level).option(name).unwrap().default.clone().unwrap();
    assert_eq!(default(Level::User, "numnodes"), RawValue::Int(80));
    assert_eq!(default(Level::Full, "numnodes"), RawValue::Int(64));
    let offered = |level| manifest.at_level(level).offered().any(|o| o.name == "status");
    assert!(offered(Level::Full) && !offered(Level::User));
}

#[test]
fn a_script_without_manifest_is_an_ad_hoc_script() {
    let reading = reading("print(args);");
    assert!(!reading.declared && reading.manifest.is_none() && reading.faults.is_empty());
}

#[test]
fn the_description_is_data_too() {
    let manifest = manifest(
        r#"options: [#{ name: "mode", short: "m", kind: "choice", choices: ["A", "B"],
                        default_value: "A", help: "How" },
                     #{ name: "many", kind: "list", of: "path", help: "Which" }]"#,
    );
    let form = describe::form(&manifest);
    assert_eq!(form["fields"][0]["choices"][1]["value"], "B");
    assert_eq!(form["fields"][0]["default"], "A");
    assert_eq!(form["fields"][1]["kind"], "list");
    assert_eq!(form["fields"][1]["of"], "path");
    let json = describe::json(&manifest);
    assert_eq!(json["options"][0]["short"], "m");
    assert_eq!(json["changes"], "nothing");
    insta::assert_snapshot!(describe::text(&manifest));
}
