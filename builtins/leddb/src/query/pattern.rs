//! Regular expressions that mean the same on both back ends.
//!
//! One back end has POSIX expressions with extras, the other those of the regex
//! crate. What both have is accepted and written in the form that both read alike;
//! the rest is refused before any statement is made.

use std::iter::Peekable;
use std::str::Chars;

use crate::error::{LeddbError, Result};

/// Longest expression, in bytes.
const LONGEST: usize = 1000;
/// Most repetitions that both back ends count.
const MOST_REPEATS: u32 = 255;
/// Bytes of a compiled expression.
const SIZE: usize = 1 << 20;

const CLASSES: [&str; 12] = [
    "alnum", "alpha", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space",
    "upper", "xdigit",
];

/// A checked expression. It matches anywhere in a text; case counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    /// As the user wrote it.
    pub source: String,
    /// As both back ends read it alike.
    pub common: String,
}

impl Pattern {
    /// Checks an expression.
    pub fn parse(source: &str) -> Result<Self> {
        let fail = |reason: &str| {
            LeddbError::Input {
            message: format!("`{source}` is no regular expression for both databases: {reason}"),
            help: Some(
                "use letters, `.`, `[...]`, `(...)`, `|`, `*`, `+`, `?`, `{m,n}`, `^`, `$`, `\\d`, `\\w`, `\\s`; write other signs with `\\` before them"
                    .to_string(),
            ),
        }
        };
        if source.is_empty() {
            return Err(fail("it is empty"));
        }
        if source.len() > LONGEST {
            return Err(fail("it is too long"));
        }
        let mut reader = Reader { rest: source.chars().peekable(), out: String::new() };
        reader.all().map_err(fail)?;
        regex::RegexBuilder::new(&reader.out).size_limit(SIZE).build().map_err(|error| {
            let text = error.to_string();
            fail(text.lines().last().unwrap_or_default().trim())
        })?;
        Ok(Self { source: source.to_string(), common: reader.out })
    }

    /// The expression in the file's words, where a dot is not a line's end unless asked.
    pub(crate) fn for_sqlite(&self) -> String {
        format!("(?s){}", self.common)
    }
}

struct Reader<'t> {
    rest: Peekable<Chars<'t>>,
    out: String,
}

type Step<T = ()> = std::result::Result<T, &'static str>;

impl Reader<'_> {
    fn all(&mut self) -> Step {
        let mut depth = 0_u32;
        // Whether what was read last may be repeated.
        let mut atom = false;
        while let Some(next) = self.rest.next() {
            atom = match next {
                '\0' => return Err("a zero byte"),
                '\\' => self.escape()?,
                '[' => self.bracket()?,
                '(' => {
                    depth += 1;
                    if depth > 20 {
                        return Err("groups are nested too deeply");
                    }
                    self.group()?
                }
                ')' => {
                    depth = depth.checked_sub(1).ok_or("`)` without `(`")?;
                    self.out.push(')');
                    true
                }
                '*' | '+' | '?' | '{' => {
                    if !atom {
                        return Err("a repetition without anything to repeat");
                    }
                    self.repetition(next)?
                }
                '}' => return Err("`}` without `{`"),
                '^' | '$' | '|' => {
                    self.out.push(next);
                    false
                }
                ']' => {
                    self.out.push_str("\\]");
                    true
                }
                other => {
                    self.out.push(other);
                    true
                }
            };
        }
        if depth == 0 { Ok(()) } else { Err("`(` without `)`") }
    }

    fn escape(&mut self) -> Step<bool> {
        let next = self.rest.next().ok_or("`\\` at the end")?;
        match next {
            'd' => self.out.push_str("[0-9]"),
            'D' => self.out.push_str("[^0-9]"),
            'w' => self.out.push_str("[A-Za-z0-9_]"),
            'W' => self.out.push_str("[^A-Za-z0-9_]"),
            's' => self.out.push_str("[ \\t\\n\\r]"),
            'S' => self.out.push_str("[^ \\t\\n\\r]"),
            't' | 'n' | 'r' => self.out.extend(['\\', next]),
            // Ends of words in one of the two.
            '<' | '>' => self.out.push(next),
            sign if sign.is_ascii_punctuation() => self.out.extend(['\\', sign]),
            ' ' => self.out.push(' '),
            _ => return Err("this use of `\\` is not known to both"),
        }
        Ok(true)
    }

    fn group(&mut self) -> Step<bool> {
        if self.rest.peek() == Some(&'?') {
            self.rest.next();
            if self.rest.next() != Some(':') {
                return Err("`(?` is not known to both, except `(?:`");
            }
        }
        self.out.push_str("(?:");
        Ok(false)
    }

    fn repetition(&mut self, sign: char) -> Step<bool> {
        if sign == '{' {
            let mut text = String::new();
            loop {
                match self.rest.next() {
                    Some('}') => break,
                    Some(c) if c.is_ascii_digit() || c == ',' => text.push(c),
                    _ => return Err("`{` begins a repetition such as `{2}` or `{2,5}`"),
                }
            }
            let (least, most) = text.split_once(',').unwrap_or((&text, &text));
            let number = |text: &str| text.parse().ok().filter(|n: &u32| *n <= MOST_REPEATS);
            let least = number(least).ok_or("a repetition begins with a number up to 255")?;
            if !most.is_empty() {
                let most = number(most).ok_or("a repetition ends with a number up to 255")?;
                if most < least {
                    return Err("a repetition ends before it begins");
                }
            }
            self.out.extend(['{']);
            self.out.push_str(&text);
            self.out.push('}');
        } else {
            self.out.push(sign);
        }
        // Whether as much or as little as possible matches is the same to a yes or no.
        if self.rest.peek() == Some(&'?') {
            self.rest.next();
        }
        Ok(false)
    }

    fn bracket(&mut self) -> Step<bool> {
        self.out.push('[');
        if self.rest.peek() == Some(&'^') {
            self.rest.next();
            self.out.push('^');
        }
        let mut first = true;
        loop {
            let next = self.rest.next().ok_or("`[` without `]`")?;
            match next {
                ']' if !first => break,
                '[' => self.class()?,
                _ => self.member(next, first)?,
            }
            first = false;
        }
        self.out.push(']');
        Ok(true)
    }

    /// A name such as `[:digit:]`.
    fn class(&mut self) -> Step {
        if self.rest.next() != Some(':') {
            return Err("write `[` inside brackets as `\\[`");
        }
        let mut name = String::new();
        loop {
            match self.rest.next() {
                Some(':') => break,
                Some(c) if c.is_ascii_lowercase() && name.len() < 8 => name.push(c),
                _ => return Err("a class is such as `[:digit:]`"),
            }
        }
        if self.rest.next() != Some(']') || !CLASSES.contains(&name.as_str()) {
            return Err("a class is such as `[:digit:]`");
        }
        self.out.push_str("[:");
        self.out.push_str(&name);
        self.out.push_str(":]");
        Ok(())
    }

    /// A character, or two with `-` between them.
    fn member(&mut self, next: char, first: bool) -> Step {
        if next == '-' && !first && self.rest.peek() != Some(&']') {
            return Err("write `-` inside brackets first, last or as `\\-`");
        }
        let Some(low) = self.one(next)? else { return Ok(()) };
        let mut ahead = self.rest.clone();
        if ahead.next() != Some('-') || matches!(ahead.next(), None | Some(']')) {
            self.literal(low);
            return Ok(());
        }
        self.rest.next();
        let next = self.rest.next().ok_or("`[` without `]`")?;
        if next == '[' || next == '-' {
            return Err("a range in brackets ends with one character");
        }
        let high = self.one(next)?.ok_or("a range in brackets ends with one character")?;
        if high < low {
            return Err("a range in brackets ends before it begins");
        }
        self.literal(low);
        self.out.push('-');
        self.literal(high);
        Ok(())
    }

    /// One character of a bracket; none, if it stood for many and is written already.
    fn one(&mut self, next: char) -> Step<Option<char>> {
        if next != '\\' {
            return if next == '\0' { Err("a zero byte") } else { Ok(Some(next)) };
        }
        match self.rest.next().ok_or("`\\` at the end")? {
            'd' => self.out.push_str("0-9"),
            'w' => self.out.push_str("A-Za-z0-9_"),
            's' => self.out.push_str(" \\t\\n\\r"),
            't' => return Ok(Some('\t')),
            'n' => return Ok(Some('\n')),
            'r' => return Ok(Some('\r')),
            sign if sign.is_ascii_punctuation() || sign == ' ' => return Ok(Some(sign)),
            _ => return Err("this use of `\\` in brackets is not known to both"),
        }
        Ok(None)
    }

    fn literal(&mut self, one: char) {
        if matches!(one, '\\' | ']' | '[' | '^' | '-' | '&' | '~') {
            self.out.push('\\');
        }
        self.out.push(one);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_both_have_is_accepted() {
        for (source, common) in [
            ("^L\\d+$", "^L[0-9]+$"),
            ("(CS|RS)00[12]HBA", "(?:CS|RS)00[12]HBA"),
            ("a{2,3}?b*", "a{2,3}b*"),
            ("[^]a-c\\d-]", "[^\\]a-c0-9\\-]"),
            ("[[:digit:]_]\\.MS", "[[:digit:]_]\\.MS"),
            ("x]", "x\\]"),
            ("3C 196", "3C 196"),
            ("[&~]", "[\\&\\~]"),
        ] {
            assert_eq!(Pattern::parse(source).unwrap().common, common, "{source}");
        }
    }

    #[test]
    fn what_only_one_has_is_refused() {
        let long = "a".repeat(1001);
        let huge = "(a{255}){255}";
        for source in [
            "",
            "(?i)x",
            "(?=x)",
            "\\1",
            "\\bx",
            "\\mx",
            "a**",
            "^*",
            "*a",
            "(|*a)",
            "a{256}",
            "a{,3}",
            "a{3,2}",
            "a{",
            "{",
            "}",
            "(",
            ")",
            "[",
            "[]",
            "[[a]]",
            "[a-\\d]",
            "[z-a]",
            "[a--b]",
            "[[.a.]]",
            "[[:foo:]]",
            "\\",
            "\\xff",
            "\\pL",
            "***=x",
            "a\0",
            "[a-c-e]",
            &long,
            huge,
        ] {
            assert!(Pattern::parse(source).is_err(), "{source}");
        }
    }
}
