//! The line of one file: `hash  name`, as `md5sum` and its kin print it.
//!
//! Names that hold a backslash or the end of a line are escaped as there: the
//! line begins with a backslash, and the name has `\\`, `\n` and `\r`. A link
//! inside a set has `@` in the place of the second blank, which no such
//! program takes for a file; its hash is that of the path it points to.

/// What a line is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    Link,
}

/// A line taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line<'a> {
    pub(super) hash: &'a str,
    pub(super) kind: Kind,
    /// As it stands in the line.
    pub(super) name: &'a str,
    pub(super) escaped: bool,
}

impl Kind {
    fn separator(self) -> &'static str {
        match self {
            Self::File => "  ",
            Self::Link => " @",
        }
    }
}

/// Adds a line with its end.
pub(super) fn push(lines: &mut Vec<u8>, hash: &str, kind: Kind, name: &[u8]) {
    let escaped = name.iter().any(|byte| matches!(byte, b'\\' | b'\n' | b'\r'));
    if escaped {
        lines.push(b'\\');
    }
    lines.extend_from_slice(hash.as_bytes());
    lines.extend_from_slice(kind.separator().as_bytes());
    if escaped {
        escape(lines, name);
    } else {
        lines.extend_from_slice(name);
    }
    lines.push(b'\n');
}

/// Takes a line without its end apart, if it is one of hashes of that length.
pub(super) fn split(line: &str, digits: usize) -> Option<Line<'_>> {
    let (escaped, rest) = match line.strip_prefix('\\') {
        Some(rest) => (true, rest),
        None => (false, line),
    };
    let (hash, rest) = rest.split_at_checked(digits)?;
    let hexadecimal = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let (kind, name) = [Kind::File, Kind::Link]
        .into_iter()
        .find_map(|kind| Some((kind, rest.strip_prefix(kind.separator())?)))?;
    hash.bytes().all(hexadecimal).then_some(Line { hash, kind, name, escaped })
}

/// Adds a name with its backslashes and ends of lines escaped.
pub(super) fn escape(text: &mut Vec<u8>, name: &[u8]) {
    for &byte in name {
        match byte {
            b'\\' => text.extend_from_slice(br"\\"),
            b'\n' => text.extend_from_slice(br"\n"),
            b'\r' => text.extend_from_slice(br"\r"),
            _ => text.push(byte),
        }
    }
}

/// What was escaped; nothing if it was not.
pub(super) fn unescape(text: &str) -> Option<String> {
    let mut name = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        name.push(match c {
            '\\' => match chars.next()? {
                '\\' => '\\',
                'n' => '\n',
                'r' => '\r',
                _ => return None,
            },
            other => other,
        });
    }
    Some(name)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const HASH: &str = "d41d8cd98f00b204e9800998ecf8427e";

    fn line(kind: Kind, name: &[u8]) -> String {
        let mut lines = Vec::new();
        push(&mut lines, HASH, kind, name);
        String::from_utf8(lines).unwrap()
    }

    #[test]
    fn lines_are_those_of_md5sum() {
        assert_eq!(line(Kind::File, b"a b"), format!("{HASH}  a b\n"));
        assert_eq!(line(Kind::File, b"a\\b\nc\r"), format!("\\{HASH}  a\\\\b\\nc\\r\n"));
        assert_eq!(line(Kind::Link, b" x"), format!("{HASH} @ x\n"));
    }

    #[test]
    fn what_is_no_line_is_refused() {
        let upper = HASH.to_uppercase();
        for text in ["", "x", HASH, &format!("{HASH} x"), &format!("{upper}  x"), "é"] {
            assert_eq!(split(text, 32), None, "{text}");
        }
        assert_eq!(split(&format!("{HASH}  x"), 64), None);
        assert_eq!(unescape("a\\x"), None);
        assert_eq!(unescape("a\\"), None);
    }

    proptest::proptest! {
        #[test]
        fn any_name_comes_back(name in "\\PC*|[a\\\\\n\r@ ]{0,8}", link: bool) {
            let kind = if link { Kind::Link } else { Kind::File };
            let text = line(kind, name.as_bytes());
            let text = text.strip_suffix('\n').unwrap();
            proptest::prop_assert!(!text.contains('\n'));
            let found = split(text, 32).unwrap();
            proptest::prop_assert_eq!((found.hash, found.kind), (HASH, kind));
            let back = if found.escaped { unescape(found.name) } else { Some(found.name.into()) };
            proptest::prop_assert_eq!(back, Some(name));
        }
    }
}
