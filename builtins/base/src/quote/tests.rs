//! Tests of the quoting, with real shells.
#![allow(clippy::unwrap_used, clippy::expect_used)]
use super::*;
use proptest::prelude::*;
use std::io::Write;
use std::process::{Command, Stdio};

/// What a shell makes of a line: each word, as `printf` got it.
fn words_of(shell: &str, line: &OsStr) -> Vec<Vec<u8>> {
    let mut child = Command::new(shell)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let script = [b"printf '%s\\0' ", line.as_bytes(), b"\n"].concat();
    child.stdin.take().unwrap().write_all(&script).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let mut words: Vec<Vec<u8>> = output.stdout.split(|b| *b == 0).map(<[u8]>::to_vec).collect();
    words.pop();
    words
}

#[test]
fn words_are_quoted_only_where_needed() {
    let table = [
        ("plain", "plain"),
        ("/data1/L80897_SB001.MS", "/data1/L80897_SB001.MS"),
        ("--mode=775", "--mode=775"),
        ("A=b", "'A=b'"),
        ("", "''"),
        ("a b", "'a b'"),
        ("it's", r"'it'\''s'"),
        ("~", "'~'"),
        ("$HOME;rm *", "'$HOME;rm *'"),
        ("{a,b}", "'{a,b}'"),
        ("#x", "'#x'"),
        ("é", "'é'"),
    ];
    for (word, expected) in table {
        assert_eq!(shell_word(OsStr::new(word)).unwrap(), expected);
    }
    assert_eq!(shell_line(&["chmod", "-R", "a b"]).unwrap(), "chmod -R 'a b'");
}

#[test]
fn a_nul_byte_is_refused() {
    let error = shell_line(&["ok", "a\0b"]).unwrap_err();
    assert_eq!(error.to_string(), r"an argument contains a NUL byte: `a\x00b`");
}

#[test]
fn odd_names_are_shown_as_escapes() {
    assert_eq!(show("/data1/a b/é'\"\\"), "/data1/a b/é'\"\\");
    assert_eq!(show("a\nb\u{1b}[31m\u{202E}x"), r"a\nb\x1b[31m\xe2\x80\xaex");
    let raw = rawtext::encode(OsStr::from_bytes(b"a\xffb"));
    assert_eq!(show(&raw), r"a\xffb");
    assert_eq!(show_command(&["rm", "--", "a b", "x\ny'\\", ""]), r"rm -- 'a b' $'x\ny\'\\' ''");
}

proptest! {
    #[test]
    fn a_shell_gets_any_bytes_unchanged(
        words in proptest::collection::vec(
            proptest::collection::vec(1u8..=255, 0..20), 1..5)
    ) {
        let line = shell_line(&words.iter().map(|w| OsStr::from_bytes(w)).collect::<Vec<_>>());
        prop_assert_eq!(words_of("/bin/sh", &line.unwrap()), words);
    }

    #[test]
    fn a_shell_gets_special_characters_unchanged(
        words in proptest::collection::vec("[\\\\'\"$`!~#&*?;|<>(){}\\[\\] \n\t=a-]{0,12}", 1..5)
    ) {
        let line = shell_line(&words).unwrap();
        let expected: Vec<Vec<u8>> = words.iter().map(|w| w.as_bytes().to_vec()).collect();
        prop_assert_eq!(words_of("/bin/sh", &line), expected);
    }

    #[test]
    fn bash_reads_what_is_shown(
        words in proptest::collection::vec(
            proptest::collection::vec(prop_oneof![1u8..=255, Just(b'\''), Just(b'\\'), Just(b'\n')], 0..12), 1..4)
    ) {
        if !std::path::Path::new("/bin/bash").exists() {
            eprintln!("skipped: there is no bash");
            return Ok(());
        }
        let text: Vec<String> = words.iter().map(|w| rawtext::encode(OsStr::from_bytes(w))).collect();
        let line = show_command(&text);
        prop_assert!(line.chars().all(is_visible));
        prop_assert_eq!(words_of("/bin/bash", OsStr::new(&line)), words);
    }
}
