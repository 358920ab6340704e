//! Paths as one word of a line.
//!
//! Columns are separated by blanks, so blanks, control characters, `%` and
//! bytes that are no UTF-8 are written as `%` and two hexadecimal digits; and
//! so is a `#` at the beginning, which would make a comment. All other
//! characters stand for themselves, and old readers see an ordinary path.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use ledama_base::rawtext;

/// Appends a path (text form) as one word.
pub(crate) fn push_path(line: &mut String, path: &str) {
    let plain = |b: u8| b.is_ascii_graphic() && b != b'%';
    if !path.starts_with('#') && path.bytes().all(plain) {
        return line.push_str(path);
    }
    let raw = rawtext::decode(path).into_vec();
    let mut first = true;
    for chunk in raw.utf8_chunks() {
        for c in chunk.valid().chars() {
            if c.is_whitespace() || c.is_control() || c == '%' || (first && c == '#') {
                let mut buffer = [0; 4];
                c.encode_utf8(&mut buffer).bytes().for_each(|b| push_byte(line, b));
            } else {
                line.push(c);
            }
            first = false;
        }
        chunk.invalid().iter().for_each(|&b| push_byte(line, b));
        first = false;
    }
}

fn push_byte(line: &mut String, byte: u8) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    line.push('%');
    for digit in [byte >> 4, byte & 0xF] {
        line.push(char::from(DIGITS[usize::from(digit)]));
    }
}

/// A `%` without two hexadecimal digits behind it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct BadEscape;

/// The path (text form) of a word. A lonely `%` is an error in files that
/// are known to be escaped, and itself in older ones.
pub(crate) fn path_of_word(word: &[u8], escaped: bool) -> Result<Cow<'_, str>, BadEscape> {
    if word.is_ascii()
        && !word.contains(&b'%')
        && let Ok(text) = std::str::from_utf8(word)
    {
        return Ok(Cow::Borrowed(text));
    }
    let mut raw = Vec::with_capacity(word.len());
    let mut rest = word;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        if byte != b'%' {
            raw.push(byte);
        } else if let Some((byte, tail)) = two_digits(tail) {
            raw.push(byte);
            rest = tail;
        } else if escaped {
            return Err(BadEscape);
        } else {
            raw.push(b'%');
        }
    }
    Ok(Cow::Owned(rawtext::encode(OsStr::from_bytes(&raw))))
}

fn two_digits(text: &[u8]) -> Option<(u8, &[u8])> {
    let (digits, rest) = text.split_first_chunk::<2>()?;
    let digit = |b: u8| char::from(b).to_digit(16).and_then(|d| u8::try_from(d).ok());
    Some((digit(digits[0])? << 4 | digit(digits[1])?, rest))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    fn word(path: &str) -> String {
        let mut line = String::new();
        push_path(&mut line, path);
        line
    }

    #[test]
    fn only_what_would_break_the_line_is_escaped() {
        let table = [
            ("/data1/L80897_SB000_uv.MS.dppp", "/data1/L80897_SB000_uv.MS.dppp"),
            ("/a b/c\td", "/a%20b/c%09d"),
            ("/100%", "/100%25"),
            ("#x", "%23x"),
            ("x#", "x#"),
            ("/α;$*'\"", "/α;$*'\""),
            ("/a\u{a0}b\n", "/a%C2%A0b%0A"),
            // The byte FF in text form.
            ("/\u{efff}", "/%FF"),
        ];
        for (path, expected) in table {
            assert_eq!(word(path), expected);
            assert_eq!(path_of_word(expected.as_bytes(), true).unwrap(), path);
        }
    }

    #[test]
    fn a_lonely_percent_is_itself_in_older_files() {
        assert_eq!(path_of_word(b"/100%", false).unwrap(), "/100%");
        assert_eq!(path_of_word(b"/%4", false).unwrap(), "/%4");
        assert_eq!(path_of_word(b"/%zz%20", false).unwrap(), "/%zz ");
        assert_eq!(path_of_word(b"/100%", true), Err(BadEscape));
        assert_eq!(path_of_word(b"/%41", false).unwrap(), "/A");
    }

    proptest::proptest! {
        #[test]
        fn any_path_comes_back(raw: Vec<u8>) {
            let path = rawtext::encode(OsStr::from_bytes(&raw));
            let word = word(&path);
            proptest::prop_assert!(!word.contains(char::is_whitespace));
            proptest::prop_assert!(!word.starts_with('#'));
            proptest::prop_assert_eq!(path_of_word(word.as_bytes(), true).unwrap(), path);
        }
    }
}
