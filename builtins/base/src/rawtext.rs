//! Any path as text, and back, without loss.
//!
//! Scripts, JSON and the worker protocol carry UTF-8 text only, while a path
//! is any bytes but NUL. Bytes that are no UTF-8 are shown as the private-use
//! characters U+EF80 to U+EFFF (the convention of the MirBSD libc, "OPTU-8"),
//! and so is every byte of a path that really contains one of those
//! characters: the mapping is one to one, and an ordinary path is itself.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

const FIRST: u32 = 0xEF80;
const LAST: u32 = 0xEFFF;

/// The text form of a path or argument.
pub fn encode(raw: &OsStr) -> String {
    let mut text = String::with_capacity(raw.len());
    for chunk in raw.as_bytes().utf8_chunks() {
        for c in chunk.valid().chars() {
            if (FIRST..=LAST).contains(&u32::from(c)) {
                let mut buffer = [0; 4];
                c.encode_utf8(&mut buffer).bytes().for_each(|b| push_byte(&mut text, b));
            } else {
                text.push(c);
            }
        }
        chunk.invalid().iter().for_each(|&b| push_byte(&mut text, b));
    }
    text
}

/// The bytes that [`encode`] made the text from.
pub fn decode(text: &str) -> OsString {
    let mut raw = Vec::with_capacity(text.len());
    for c in text.chars() {
        let code = u32::from(c);
        if (FIRST..=LAST).contains(&code) {
            // The range holds 128 codes, so the low byte is all there is.
            raw.push((code & 0xFF) as u8);
        } else {
            let mut buffer = [0; 4];
            raw.extend_from_slice(c.encode_utf8(&mut buffer).as_bytes());
        }
    }
    OsString::from_vec(raw)
}

/// [`encode`] for paths.
pub fn path_text(path: &Path) -> String {
    encode(path.as_os_str())
}

/// [`decode`] for paths.
pub fn text_path(text: &str) -> PathBuf {
    PathBuf::from(decode(text))
}

fn push_byte(text: &mut String, byte: u8) {
    // `byte` is at least 0x80 here: all bytes of a multi-byte character and
    // all invalid bytes are.
    if let Some(c) = char::from_u32(FIRST - 0x80 + u32::from(byte)) {
        text.push(c);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ordinary_path_is_itself() {
        for text in ["/data1/users/grp", "/a b/c'\"\n", "/α☉", ""] {
            assert_eq!(encode(OsStr::new(text)), text);
            assert_eq!(decode(text), OsString::from(text));
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_come_back(raw: Vec<u8>) {
            let text = encode(OsStr::from_bytes(&raw));
            proptest::prop_assert_eq!(decode(&text).into_vec(), raw);
        }

        #[test]
        fn any_text_of_ours_comes_back(code in FIRST..=LAST) {
            let text = char::from_u32(code).map(String::from).unwrap_or_default();
            let shown = encode(OsStr::new(&text));
            proptest::prop_assert_ne!(&shown, &text);
            proptest::prop_assert_eq!(decode(&shown), OsString::from(text));
        }
    }
}
