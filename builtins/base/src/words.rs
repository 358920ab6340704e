//! A command line typed as one text, taken apart into words without a shell.
//!
//! Words are separated and quoted as POSIX says; what a shell would do beyond
//! that (variables, patterns, redirection, several commands) is not done.
//! Where a word could only be meant for that, the text is refused; where a
//! character also makes sense by itself, such as `*`, it is kept and told.

use std::iter::Peekable;
use std::str::Chars;

/// A text taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// The words, without their quotes.
    pub words: Vec<String>,
    /// What a shell would have replaced and is kept as it is, such as `$HOME`
    /// and `*`; each once.
    pub kept: Vec<String>,
}

/// Why a text is no command line without a shell.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SplitError {
    /// A quote without its other end.
    #[error("the quote {quote} in column {column} is not closed")]
    Open {
        /// `'` or `"`.
        quote: char,
        /// Where it stands, from 1.
        column: usize,
    },
    /// A backslash with nothing behind it.
    #[error("there is nothing behind the backslash at the end")]
    Backslash,
    /// Something only a shell can do.
    #[error("only a shell knows {what} (column {column})")]
    Operator {
        /// What stands there, in quotes or words.
        what: String,
        /// Where it stands, from 1.
        column: usize,
    },
    /// `NAME=value` in front of the command.
    #[error("only a shell knows the assignment `{word}` in front of a command")]
    Assignment {
        /// The word.
        word: String,
    },
}

impl SplitError {
    /// What to do.
    pub fn help(&self) -> String {
        match self {
            Self::Open { .. } | Self::Backslash => {
                "close it, or put a backslash before a quote that is meant as it is".to_string()
            }
            Self::Operator { .. } => {
                "put it in quotes if it is meant as it is, or let a shell do it".to_string()
            }
            Self::Assignment { .. } => "put `env` in front of it, or let a shell do it".to_string(),
        }
    }
}

/// Takes a command line apart.
pub fn split(text: &str) -> Result<Split, SplitError> {
    let mut reader =
        Reader { chars: text.chars().peekable(), column: 0, split: Split::empty(), word: None };
    while let Some(c) = reader.next() {
        reader.unquoted(c)?;
    }
    reader.end_word()?;
    Ok(reader.split)
}

/// Characters that separate or connect commands, or start others.
const OPERATORS: [char; 8] = ['|', '&', ';', '<', '>', '(', ')', '`'];

impl Split {
    fn empty() -> Self {
        Self { words: Vec::new(), kept: Vec::new() }
    }

    fn keep(&mut self, what: impl Into<String>) {
        let what = what.into();
        if !self.kept.contains(&what) {
            self.kept.push(what);
        }
    }
}

/// A word being read.
#[derive(Default)]
struct Word {
    text: String,
    /// Whether a part of it so far was in quotes.
    quoted: bool,
    /// Whether it began as `NAME=` outside of quotes.
    assigns: bool,
}

struct Reader<'a> {
    chars: Peekable<Chars<'a>>,
    /// Of the character read last, from 1.
    column: usize,
    split: Split,
    word: Option<Word>,
}

impl Reader<'_> {
    fn next(&mut self) -> Option<char> {
        let c = self.chars.next()?;
        self.column += 1;
        Some(c)
    }

    fn word(&mut self) -> &mut Word {
        self.word.get_or_insert_default()
    }

    fn unquoted(&mut self, c: char) -> Result<(), SplitError> {
        match c {
            ' ' | '\t' => return self.end_word(),
            '\n' => return Err(self.operator("the end of a line")),
            '\'' | '"' => {
                self.word().quoted = true;
                return self.quoted(c);
            }
            '\\' => match self.next() {
                // A line that goes on in the next one.
                Some('\n') => {}
                Some(next) => {
                    let word = self.word();
                    word.quoted = true;
                    word.text.push(next);
                }
                None => return Err(SplitError::Backslash),
            },
            '$' => return self.dollar(false),
            c if OPERATORS.contains(&c) => return Err(self.operator(&format!("`{c}`"))),
            c => {
                let begins = self.word.is_none();
                match c {
                    '*' | '?' | '[' => self.split.keep(c),
                    '~' | '#' if begins => self.split.keep(c),
                    _ => {}
                }
                let word = self.word();
                word.assigns |= c == '=' && !word.quoted && is_variable(&word.text);
                word.text.push(c);
            }
        }
        Ok(())
    }

    fn quoted(&mut self, quote: char) -> Result<(), SplitError> {
        let column = self.column;
        loop {
            match self.next() {
                None => return Err(SplitError::Open { quote, column }),
                Some(c) if c == quote => return Ok(()),
                Some('\\') if quote == '"' => match self.chars.peek() {
                    Some('\n') => drop(self.next()),
                    Some(&c @ ('"' | '\\' | '$' | '`')) => {
                        self.next();
                        self.word().text.push(c);
                    }
                    _ => self.word().text.push('\\'),
                },
                Some('$') if quote == '"' => self.dollar(true)?,
                Some('`') if quote == '"' => return Err(self.operator("`` ` ``")),
                Some(c) => self.word().text.push(c),
            }
        }
    }

    /// A dollar sign outside of single quotes.
    fn dollar(&mut self, quoted: bool) -> Result<(), SplitError> {
        let rest: String = self.chars.clone().take(64).collect();
        let begins = |c: char| c.is_ascii_alphanumeric() || "_{@*#?$!-".contains(c);
        match rest.chars().next() {
            Some('(') => return Err(self.operator("`$(`")),
            Some('\'') if !quoted => return Err(self.operator("`$'`")),
            Some(c) if begins(c) => {
                let name: String =
                    rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
                let name = if name.is_empty() { c.to_string() } else { name };
                self.split.keep(format!("${name}"));
            }
            _ => {}
        }
        self.word().text.push('$');
        Ok(())
    }

    fn end_word(&mut self) -> Result<(), SplitError> {
        let Some(word) = self.word.take() else { return Ok(()) };
        if word.assigns && self.split.words.is_empty() {
            return Err(SplitError::Assignment { word: word.text });
        }
        self.split.words.push(word.text);
        Ok(())
    }

    fn operator(&self, what: &str) -> SplitError {
        SplitError::Operator { what: what.to_string(), column: self.column }
    }
}

fn is_variable(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Replaces keywords in a text, in one go from left to right: what stands in
/// for a keyword is not searched again. Where several begin at one place, the
/// first of the list counts.
pub fn fill(text: &str, keywords: &[(String, String)]) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let found = keywords.iter().find(|(word, _)| !word.is_empty() && rest.starts_with(word));
        if let Some((word, value)) = found {
            filled.push_str(value);
            rest = &rest[word.len()..];
        } else {
            filled.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    filled
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use std::ffi::OsString;

    use super::*;
    use crate::{quote, rawtext};

    fn words(text: &str) -> Vec<String> {
        split(text).unwrap().words
    }

    #[test]
    fn words_are_those_of_a_shell() {
        let table: &[(&str, &[&str])] = &[
            ("", &[]),
            ("  ls \t -l ", &["ls", "-l"]),
            ("a 'b c' \"d e\"", &["a", "b c", "d e"]),
            (r#"'it'\''s' "say \"no\"" "#, &["it's", "say \"no\""]),
            (r#"a"b"'c'd"#, &["abcd"]),
            (r#""" '' x"#, &["", "", "x"]),
            (r"a\ b \' \\", &["a b", "'", "\\"]),
            (r#""a\b \\ \" \$x \`""#, &[r#"a\b \ " $x `"#]),
            ("a\\\nb \"c\\\nd\"", &["ab", "cd"]),
            ("'a\nb' \"c\nd\"", &["a\nb", "c\nd"]),
            ("'|;&<>()' \"|;&<>()\" \\; '`$(x)'", &["|;&<>()", "|;&<>()", ";", "`$(x)"]),
            ("env A=b x y=z --a=b", &["env", "A=b", "x", "y=z", "--a=b"]),
            ("'A=b' x", &["A=b", "x"]),
            ("a#b {c,d} !x", &["a#b", "{c,d}", "!x"]),
            ("\u{e9}\u{ef80} $", &["\u{e9}\u{ef80}", "$"]),
        ];
        for (text, wanted) in table {
            assert_eq!(words(text), *wanted, "{text}");
        }
    }

    #[test]
    fn what_a_shell_would_replace_is_kept_and_told() {
        let kept = |text: &str| split(text).unwrap().kept;
        assert_eq!(kept("echo $HOME \"$HOME\" ${X} '$Y' \\$Z"), ["$HOME", "${"]);
        assert_eq!(kept("ls * a?b [x] ~/x # y~z '*' \"?\""), ["*", "?", "[", "~", "#"]);
        assert_eq!(kept("awk '{ print $1 }' x"), [""; 0]);
        assert_eq!(words("echo $HOME *"), ["echo", "$HOME", "*"]);
    }

    #[test]
    fn what_only_a_shell_can_do_is_refused() {
        let told = |text: &str| split(text).unwrap_err().to_string();
        for (text, what, column) in [
            ("a | b", "`|`", 3),
            ("a > b", "`>`", 3),
            ("a 2>&1", "`>`", 4),
            ("a; b", "`;`", 2),
            ("a && b", "`&`", 3),
            ("(a)", "`(`", 1),
            ("a < b", "`<`", 3),
            ("a `b`", "```", 3),
            ("a $(b)", "`$(`", 3),
            ("a \"$(b)\"", "`$(`", 4),
            ("a \"`b`\"", "`` ` ``", 4),
            ("a $'b'", "`$'`", 3),
            ("a\nb", "the end of a line", 2),
        ] {
            assert_eq!(
                told(text),
                format!("only a shell knows {what} (column {column})"),
                "{text}"
            );
        }
        assert_eq!(told("a 'b"), "the quote ' in column 3 is not closed");
        assert_eq!(told("a \"b'"), "the quote \" in column 3 is not closed");
        assert_eq!(told("a \\"), "there is nothing behind the backslash at the end");
        assert_eq!(
            told("A_1=b x"),
            "only a shell knows the assignment `A_1=b` in front of a command"
        );
    }

    #[test]
    fn keywords_are_replaced_once_everywhere() {
        let pair = |word: &str, value: &str| (word.to_string(), value.to_string());
        let keywords =
            [pair("--MS--", "--FMS--.MS"), pair("--FMS--", "/d/$x y"), pair("--PMS--", "")];
        assert_eq!(fill("a--MS--b--FMS----PMS--c--MS", &keywords), "a--FMS--.MSb/d/$x yc--MS");
        assert_eq!(fill("\u{e9}----MS--", &keywords), "\u{e9}----FMS--.MS");
        assert_eq!(fill("x", &[pair("", "y")]), "x");
    }

    proptest::proptest! {
        #[test]
        fn words_made_safe_for_a_shell_come_back(
            words in proptest::collection::vec("[^\0]{0,12}", 0..6)
        ) {
            let raw: Vec<OsString> = words.iter().map(|word| rawtext::decode(word)).collect();
            let line = rawtext::encode(&quote::shell_line(&raw).unwrap());
            let back = split(&line).unwrap();
            let wanted: Vec<String> = raw.iter().map(|word| rawtext::encode(word)).collect();
            proptest::prop_assert_eq!(back.words, wanted);
            proptest::prop_assert_eq!(back.kept, Vec::<String>::new());
        }

        #[test]
        fn no_text_panics(text: String) {
            if let Ok(split) = split(&text) {
                proptest::prop_assert!(split.words.iter().all(|word| word.len() <= text.len()));
            }
        }
    }
}
