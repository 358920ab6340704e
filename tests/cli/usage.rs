//! What typical mistakes of usage are answered, word for word.

use crate::support::{Work, golden};

/// Runs each line and shows what it says, as a person would see it.
fn session(work: &Work, lines: &[&[&str]]) -> String {
    let mut text = String::new();
    for args in lines {
        let output = work.ledama(*args).run().no_panic();
        text.push_str(&format!("$ ledama {}\n", args.join(" ")));
        text.push_str(&output.stdout());
        text.push_str(&output.stderr);
        text.push_str(&format!("[exit code {}]\n\n", output.code));
    }
    let text = golden::without_times(&text);
    golden::mask(&text, &[(work.path().to_str().unwrap(), "[WORK]")])
}

#[test]
fn unknown_names_are_answered_with_the_nearest() {
    let work = Work::new();
    work.file("ledama.toml", "[[hosts]]\nprefix = \"node\"\nrange = \"1-80\"\nbare = true\n");
    work.file("typo.toml", "[ssh]\nprot = 22\n");
    work.file(
        "x.ref",
        "/data1/users/lofareor/L2013_80897/L80897_SAP000_SB000_uv.MS ? 1 node011 0\n",
    );
    let config = ["--config", "ledama.toml"];
    let with = |more: &[&'static str]| [&config[..], more].concat();
    let lines: Vec<Vec<&str>> = vec![
        vec!["lsit"],
        vec!["run", "CopyDate"],
        vec!["describe", "copydat"],
        vec!["run", "CopyData", "--refile", "x.ref"],
        vec!["run", "CopyData", "--reffile", "x.ref", "--nodeskey", "SAME"],
        vec!["list", "--group", "data managment"],
        vec!["--config", "typo.toml", "config", "check"],
        with(&["run", "CopyData", "--reffile", "x.ref", "--nodes", "noed011"]),
        with(&["run", "CopyData", "--reffile", "x.ref", "--nodes", "node081"]),
        with(&["run", "CopyData", "--reffile", "x.ref", "--nodes", "node011-"]),
        vec!["run", "CopyData"],
        vec!["run", "CompareData", "--reffiles", "x.ref", "--subbands", "3-1"],
        vec!["run", "CheckData", "--inarg", "x.ref", "--acceptperc", "many"],
    ];
    let lines: Vec<&[&str]> = lines.iter().map(Vec::as_slice).collect();
    golden::check("cli/usage.txt", &session(&work, &lines));
}

#[test]
fn lists_are_as_before() {
    let work = Work::new();
    golden::check("cli/list.txt", &session(&work, &[&["list"]]));
    golden::check("cli/help.txt", &session(&work, &[&["--help"], &["run", "--help"]]));
}

#[test]
fn several_mistakes_are_told_at_once() {
    let work = Work::new();
    let output = work
        .ledama(["run", "CheckData", "--acceptperc", "many", "--interval", "none"])
        .run()
        .code(2);
    for word in ["acceptperc", "interval", "inarg"] {
        assert!(output.stderr.contains(word), "nothing about {word}; {output}");
    }
}

#[test]
fn lists_are_documents_for_programs_too() {
    let work = Work::new();
    let list = work.ledama(["list", "--json"]).ok().json();
    assert!(list.to_string().contains("CopyData"), "{list:#}");
    let one = work.ledama(["describe", "CopyData", "--json"]).ok().json();
    let options = one["options"].as_array().unwrap_or_else(|| panic!("no options: {one:#}"));
    assert!(options.iter().any(|option| option["name"] == "reffile"), "{one:#}");
}

#[test]
fn colour_is_for_terminals() {
    let work = Work::new();
    let plain = work.ledama(["run", "NoSuchModule"]).run().code(2);
    assert!(!plain.stderr.contains('\u{1b}'), "{plain}");
    let always = work.ledama(["--color", "always", "run", "NoSuchModule"]).run().code(2);
    assert!(always.stderr.contains('\u{1b}'), "{always}");
}
