//! Options saved, or repeated by a command line, are the same options.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;
use std::process::Command;

use proptest::prelude::*;

use super::command_line::parse_os;
use super::*;

fn options() -> Manifest {
    manifest(
        r#"options: [
            #{ name: "output", short: "o", kind: "path", default_value: "x", help: "x" },
            #{ name: "text", short: "t", kind: "text", default_value: "a b", help: "x" },
            #{ name: "number", short: "n", kind: "int", default_value: 3, help: "x" },
            #{ name: "size", short: "s", kind: "float", default_value: 1, help: "x" },
            #{ name: "nodes", short: "u", kind: "nodes", default_value: "1,2", help: "x" },
            #{ name: "subbands", short: "b", kind: "ints", default_value: [1, 2], help: "x" },
            #{ name: "verify", short: "v", kind: "flag", default_value: true, help: "x" },
            #{ name: "force", short: "f", kind: "flag", help: "x" },
            #{ name: "exclude", short: "e", kind: "list", default_value: ["q"], help: "x" },
            #{ name: "mode", short: "m", kind: "choice", choices: ["A", "B C"], default_value: "A", help: "x" },
        ]"#,
    )
}

/// Any word a shell can carry.
fn word() -> impl Strategy<Value = OsString> {
    proptest::collection::vec(1..=255_u8, 0..12).prop_map(OsString::from_vec)
}

fn command_line() -> impl Strategy<Value = Vec<OsString>> {
    let valued = |name: &'static str, value: BoxedStrategy<OsString>| {
        proptest::option::of(value.prop_map(move |v| {
            let mut word = OsString::from(format!("--{name}="));
            word.push(v);
            vec![word]
        }))
    };
    let text = |s: &'static str| s.prop_map(OsString::from).boxed();
    let flag = |name: &'static str| proptest::option::of(Just(vec![OsString::from(name)]));
    (
        valued("output", word().boxed()),
        valued("text", word().boxed()),
        valued("number", any::<i64>().prop_map(|n| n.to_string().into()).boxed()),
        valued("size", (-1e300..1e300_f64).prop_map(|n| n.to_string().into()).boxed()),
        valued("nodes", text("n[1-9]([,/][1-9]){0,3}")),
        valued("subbands", text("[0-9]{1,3}(,[0-9]-1[0-9])?")),
        flag("--no-verify"),
        flag("-f"),
        valued("exclude", text("[a-c\\\\ é-]{1,5}(,[a-c\\\\,]{1,3}x){0,2}")),
        valued("mode", text("A|B C")),
    )
        .prop_map(|(a, b, c, d, e, f, g, h, i, j)| {
            [a, b, c, d, e, f, g, h, i, j].into_iter().flatten().flatten().collect()
        })
}

fn values(options: &Options) -> Vec<Option<Value>> {
    options.settings.iter().map(|s| s.value.clone()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn a_repeated_command_line_gives_the_same_values(words in command_line()) {
        let manifest = options();
        let Ok(first) = parse_os(&manifest, words) else { return Ok(()) };
        let again = parse_os(&manifest, rerun::arguments(&first)).unwrap();
        prop_assert_eq!(values(&again), values(&first));
    }

    #[test]
    fn a_saved_file_gives_the_same_values(words in command_line()) {
        let manifest = options();
        let Ok(first) = parse_os(&manifest, words) else { return Ok(()) };
        let text = file::write(&first);
        let raw = file::parse(&manifest, Path::new("o.toml"), &text).unwrap();
        let again = resolve(&manifest, &raw, &facts()).unwrap();
        prop_assert_eq!(values(&again), values(&first), "{}", text);
    }
}

#[test]
fn a_shell_reads_the_line_as_it_was_meant() {
    let odd = [
        &b"a b"[..],
        b"$HOME",
        b"'",
        b"\"",
        b"`x`",
        b"\\",
        b"\xFF'\\ \n",
        b"-x",
        b"*",
        b"!!",
        b"a;b",
    ];
    for raw in odd {
        let mut word = OsString::from("--text=");
        word.push(OsString::from_vec(raw.to_vec()));
        let options = parse_os(&options(), vec![word]).unwrap();
        let script = format!("ledama() {{ printf '%s\\0' \"$@\"; }}; {}", rerun::line(&options));
        let output = Command::new("bash").arg("-c").arg(script).output().unwrap();
        let words: Vec<OsString> = output
            .stdout
            .strip_suffix(b"\0")
            .unwrap()
            .split(|b| *b == 0)
            .map(|w| OsString::from_vec(w.to_vec()))
            .collect();
        assert_eq!(words[2..], rerun::arguments(&options), "{raw:?}");
        assert_eq!(words[1].as_bytes(), b"Try");
    }
}

#[test]
fn the_default_is_neither_saved_nor_repeated() {
    let words = ["--number=3", "--output", "./x", "--nodes", "n1/2", "--verify", "--exclude", "q"];
    let same = parse_os(&options(), words.iter().map(OsString::from).collect()).unwrap();
    assert_eq!(rerun::arguments(&same), Vec::<OsString>::new());
    assert_eq!(rerun::line(&same), "ledama run Try");
    assert_eq!(file::write(&same).lines().filter(|l| !l.starts_with('#')).count(), 0);
}

#[test]
fn a_file_of_options_is_read_with_places() {
    let manifest = options();
    let text = "# mine\nnumber = 7\nexclude = [\"a,b\", \"c\"]\nforce = true\nnodes = \"3\"\n";
    let raw = file::parse(&manifest, Path::new("o.toml"), text).unwrap();
    let options = resolve(&manifest, &raw, &facts()).unwrap();
    assert_eq!(options.int("number"), Some(7));
    assert_eq!(options.value("exclude"), Some(&Value::List(vec!["a,b".into(), "c".into()])));
    assert_eq!(options.setting("force").unwrap().origin, Origin::File("o.toml".into()));

    let typed = RawOptions::default();
    let mut over = typed.clone();
    over.set("number", RawValue::Text("8".into()), Origin::CommandLine, None);
    let both = resolve(&manifest, &over.over(raw), &facts()).unwrap();
    assert_eq!((both.int("number"), both.flag("force")), (Some(8), true));

    let wrong = file::parse(&manifest, Path::new("o.toml"), "\nnumbre = 7\nsize = { a = 1 }\n");
    assert_eq!(
        told(&wrong.unwrap_err()),
        [
            "2:1 `Try` has no option `numbre` | did you mean `number`?",
            "3:1 the value of `size` is a table or a date | put it in quotes",
        ]
    );
    let raw = file::parse(&manifest, Path::new("o.toml"), "\n\nnumber = \"x\"\n").unwrap();
    let faults = resolve(&manifest, &raw, &facts()).unwrap_err();
    assert_eq!(faults[0].to_string(), "o.toml:3: `--number`: `x` is not a whole number");
    let broken = file::parse(&manifest, Path::new("o.toml"), "a = 1\nb = = 2\n").unwrap_err();
    assert_eq!(broken[0].place.as_ref().unwrap().line, 2);
}
