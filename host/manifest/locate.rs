//! Finds the end of a constant in a script without parsing the script, so
//! that listing a hundred modules parses a hundred manifests and not a
//! hundred programs. Positions stay those of the whole file, because only
//! what follows is cut off.

/// The text up to the end of `const name = …;` at the outermost level; `None`
/// if there is no such constant or its end is not found.
pub(super) fn up_to_constant<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let mut scanner = Scanner { text: text.as_bytes(), at: 0 };
    let mut depth = 0_usize;
    let mut previous: &[u8] = b"";
    let mut inside = false;
    while let Some(token) = scanner.next_token() {
        match token {
            b"{" | b"[" | b"(" => depth += 1,
            b"}" | b"]" | b")" => depth = depth.checked_sub(1)?,
            b";" if inside && depth == 0 => return text.get(..scanner.at),
            word if depth == 0 && !inside && word == name.as_bytes() && previous == b"const" => {
                inside = true;
            }
            _ => {}
        }
        previous = token;
    }
    None
}

/// Whether a text that was typed must go on: it ends inside of brackets, of a
/// comment or of a text that may span lines, with an operator, or with the
/// description of a function that is yet to come.
pub(crate) fn is_unfinished(text: &str) -> bool {
    const OPERATORS: &[u8] = b"=+-*/%&|^<>,.:?!";
    if text.trim_end().lines().last().is_some_and(|line| line.trim_start().starts_with("///")) {
        return true;
    }
    let mut scanner = Scanner { text: text.as_bytes(), at: 0 };
    let mut depth = 0_i64;
    let mut last: &[u8] = b"";
    while let Some(token) = scanner.next_token() {
        match token {
            b"{" | b"[" | b"(" => depth += 1,
            b"}" | b"]" | b")" => depth -= 1,
            _ => {}
        }
        last = token;
    }
    match text.as_bytes().get(scanner.at) {
        // A text in plain quotes ends on its line: that is a mistake, not a pause.
        Some(b'"' | b'\'') => false,
        Some(_) => true,
        None => depth > 0 || matches!(last, [symbol] if OPERATORS.contains(symbol)),
    }
}

/// Where the text in quotes begins (with its quote) that is still open at the end.
pub(crate) fn open_text(text: &str) -> Option<usize> {
    let mut scanner = Scanner { text: text.as_bytes(), at: 0 };
    while scanner.next_token().is_some() {}
    matches!(text.as_bytes().get(scanner.at), Some(b'"' | b'`')).then_some(scanner.at)
}

/// Splits a script into words, single symbols and whole texts, leaving out
/// blanks and comments.
struct Scanner<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Scanner<'a> {
    fn next_token(&mut self) -> Option<&'a [u8]> {
        loop {
            let rest = self.text.get(self.at..)?;
            let first = *rest.first()?;
            if first.is_ascii_whitespace() {
                self.at += 1;
            } else if rest.starts_with(b"//") {
                self.at += rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
            } else if rest.starts_with(b"/*") {
                self.at += block_comment(rest)?;
            } else {
                break;
            }
        }
        let rest = self.text.get(self.at..)?;
        let length = match rest.first()? {
            b'"' => quoted(rest, b'"')?,
            b'\'' => quoted(rest, b'\'')?,
            b'`' => backquoted(rest)?,
            b'#' if raw_hashes(rest) > 0 => raw_text(rest)?,
            b if b.is_ascii_alphanumeric() || *b == b'_' => {
                rest.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count()
            }
            _ => 1,
        };
        let token = rest.get(..length)?;
        self.at += length;
        Some(token)
    }
}

/// Block comments nest.
fn block_comment(rest: &[u8]) -> Option<usize> {
    let mut depth = 0_usize;
    let mut at = 0;
    loop {
        match rest.get(at..at + 2)? {
            b"/*" => {
                depth += 1;
                at += 2;
            }
            b"*/" => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => at += 1,
        }
    }
}

/// Length of a text with escapes, quotes included.
fn quoted(rest: &[u8], quote: u8) -> Option<usize> {
    let mut at = 1;
    loop {
        match *rest.get(at)? {
            b'\\' => at += 2,
            b if b == quote => return Some(at + 1),
            _ => at += 1,
        }
    }
}

/// Length of a text in backquotes; `${…}` inside is skipped with its brackets.
fn backquoted(rest: &[u8]) -> Option<usize> {
    let mut at = 1;
    loop {
        match *rest.get(at)? {
            b'`' if rest.get(at + 1) == Some(&b'`') => at += 2,
            b'`' => return Some(at + 1),
            b'$' if rest.get(at + 1) == Some(&b'{') => {
                let mut inner = Scanner { text: rest.get(at + 2..)?, at: 0 };
                let mut depth = 1;
                while depth > 0 {
                    match inner.next_token()? {
                        b"{" => depth += 1,
                        b"}" => depth -= 1,
                        _ => {}
                    }
                }
                at += 2 + inner.at;
            }
            _ => at += 1,
        }
    }
}

/// How many `#` open a raw text such as `#"…"#`; 0 if it is none.
fn raw_hashes(rest: &[u8]) -> usize {
    let count = rest.iter().take_while(|b| **b == b'#').count();
    if rest.get(count) == Some(&b'"') { count } else { 0 }
}

/// Length of a raw text, hashes included.
fn raw_text(rest: &[u8]) -> Option<usize> {
    let hashes = raw_hashes(rest);
    let mut at = hashes + 1;
    loop {
        let end = rest.get(at..)?.iter().position(|b| *b == b'"')? + at + 1;
        let closing = rest.get(end..)?.iter().take_while(|b| **b == b'#').count();
        if closing >= hashes {
            return Some(end + hashes);
        }
        at = end;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_ends_with_the_constant() {
        let cases = [
            "const MODULE = #{ a: 1 };",
            "//! const MODULE = 1;\nconst MODULE = #{ a: [1, #{ b: \"};\" }] };",
            "/* const MODULE = 1; /* nested */ */ const X = 1; const MODULE = #{ a: `};${ \"}\" }` };",
            "fn f() { const MODULE = 2; }\nconst MODULE = #{ a: #\"\"};\"#, b: 'x' };",
            "const MODULE = #{ a: \"\\\"};\" };",
        ];
        for case in cases {
            let text = format!("{case}\nfn process(opts, run) {{ const MODULE = 1; }}");
            assert_eq!(up_to_constant(&text, "MODULE"), Some(case), "{case}");
        }
    }

    #[test]
    fn what_has_no_end_is_not_found() {
        for text in [
            "",
            "const MODULE = #{ a: 1 }",
            "let MODULE = 1;",
            "const MODULES = 1;",
            "}}",
            "\"",
            "`${",
            "/*",
        ] {
            assert_eq!(up_to_constant(text, "MODULE"), None, "{text}");
        }
    }

    #[test]
    fn a_text_goes_on_until_its_brackets_are_closed() {
        for text in [
            "f(",
            "let x = [1,",
            "fn f(x) {",
            "if a { b } else {",
            "let x =",
            "1 +",
            "a.b.",
            "/* a",
            "`a\nb",
            "#\"a\nb",
            "f(`${ a }",
            "#{ a: `b}` ",
            "x && // what?",
            "/// About f",
        ] {
            assert!(is_unfinished(text), "{text}");
        }
        for text in [
            "",
            "f()",
            "let x = [1];",
            "fn f(x) { x }",
            "\"a",
            "'a",
            "f(\"a(\")",
            "x // f(",
            ")(",
            "f())",
            "`a(`",
            "/* ( */ 1",
            "#{ a: 1 }",
            "\"=\"",
            "#\"(\"#",
        ] {
            assert!(!is_unfinished(text), "{text}");
        }
    }

    #[test]
    fn an_open_text_is_found() {
        assert_eq!(open_text("f(\"a\", \"b"), Some(7));
        assert_eq!(open_text("f(`a"), Some(2));
        for text in ["", "f(\"a\"", "// \"a", "'a", "/* \""] {
            assert_eq!(open_text(text), None, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in "[a-zMODULE{}\\[\\]()\"'`#$/*; =\\\\\n]{0,60}") {
            let _ = up_to_constant(&text, "MODULE");
            let _ = (is_unfinished(&text), open_text(&text));
        }
    }
}
