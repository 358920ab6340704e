//! The one place where text is made safe for a POSIX shell.
//!
//! sshd hands the command it receives to the account's shell, so arguments
//! have to be quoted there, and commands are shown to users in a form they
//! can paste. Nothing else in this program builds shell text.

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use crate::rawtext;

/// An argument that no command line can carry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an argument contains a NUL byte: `{word}`")]
pub struct QuoteError {
    /// The argument as [`show`] shows it.
    pub word: String,
}

/// A line for a POSIX shell that means exactly these words.
///
/// Each word is either plain or in single quotes, inside which no character
/// is special. Any bytes are carried but NUL, which is refused.
pub fn shell_line<S: AsRef<OsStr>>(words: &[S]) -> Result<OsString, QuoteError> {
    let mut line = Vec::new();
    for word in words {
        if !line.is_empty() {
            line.push(b' ');
        }
        push_word(&mut line, word.as_ref())?;
    }
    Ok(OsString::from_vec(line))
}

/// [`shell_line`] of one word.
pub fn shell_word(word: &OsStr) -> Result<OsString, QuoteError> {
    shell_line(&[word])
}

fn push_word(line: &mut Vec<u8>, word: &OsStr) -> Result<(), QuoteError> {
    let bytes = word.as_bytes();
    if bytes.contains(&0) {
        return Err(QuoteError { word: show(&rawtext::encode(word)).into_owned() });
    }
    if is_plain(bytes) {
        line.extend_from_slice(bytes);
        return Ok(());
    }
    line.push(b'\'');
    for &byte in bytes {
        match byte {
            // The quote itself: close, an escaped quote, open again.
            b'\'' => line.extend_from_slice(br"'\''"),
            _ => line.push(byte),
        }
    }
    line.push(b'\'');
    Ok(())
}

/// Whether no shell sees anything special in a word. `NAME=value` is special
/// where a command should stand, an option or path with `=` never is.
fn is_plain(bytes: &[u8]) -> bool {
    let option = bytes.starts_with(b"-") || bytes.starts_with(b"/");
    !bytes.is_empty()
        && bytes.iter().all(|&b| {
            b.is_ascii_alphanumeric() || b"_-./:,@+%".contains(&b) || (b == b'=' && option)
        })
}

/// Arguments in text form as a line that can be read and pasted into bash.
/// Control characters and odd bytes are shown as escapes in `$'…'`.
pub fn show_command<S: AsRef<str>>(words: &[S]) -> String {
    let shown: Vec<String> = words.iter().map(|word| show_word(word.as_ref())).collect();
    shown.join(" ")
}

/// One word of [`show_command`].
fn show_word(word: &str) -> String {
    if is_plain(word.as_bytes()) {
        return word.to_string();
    }
    let escaped = show(word);
    if escaped == word {
        return format!("'{}'", word.replace('\'', r"'\''"));
    }
    let mut shown = String::from("$'");
    for c in word.chars() {
        match c {
            '\\' => shown.push_str(r"\\"),
            '\'' => shown.push_str(r"\'"),
            _ => push_shown(&mut shown, c),
        }
    }
    shown.push('\'');
    shown
}

/// A path or other text for a message: control characters, invisible ones and
/// bytes that are no text become escapes such as `\n` and `\xff`, so that a
/// name cannot forge a line or recolour a terminal. Ordinary text is itself.
pub fn show(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_visible) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    text.chars().for_each(|c| push_shown(&mut shown, c));
    Cow::Owned(shown)
}

fn push_shown(shown: &mut String, c: char) {
    match c {
        '\n' => shown.push_str(r"\n"),
        '\r' => shown.push_str(r"\r"),
        '\t' => shown.push_str(r"\t"),
        _ if is_visible(c) => shown.push(c),
        _ => {
            let mut buffer = [0; 4];
            for byte in rawtext::decode(c.encode_utf8(&mut buffer)).as_bytes() {
                // Writing to a String cannot fail.
                let _ = write!(shown, r"\x{byte:02x}");
            }
        }
    }
}

/// False for control characters, for those that change the direction of
/// writing or have no width, and for bytes in text form (see `rawtext`).
fn is_visible(c: char) -> bool {
    !c.is_control()
        && !matches!(u32::from(c),
            0x00AD | 0x061C | 0x180E | 0x200B..=0x200F | 0x2028..=0x202E | 0x2060..=0x206F
            | 0xEF80..=0xEFFF | 0xFEFF | 0xFFF9..=0xFFFB | 0xE0000..=0xE007F)
}
