//! Operators of conditions.

use std::fmt;

use ledama_base::suggest;

use crate::error::{LeddbError, Result};

/// How a column is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Op {
    /// The same.
    Equal,
    /// Not the same.
    Differs,
    /// Less.
    Less,
    /// Greater.
    Greater,
    /// Less or the same.
    AtMost,
    /// Greater or the same.
    AtLeast,
    /// Matches a regular expression somewhere; case counts.
    Matches,
    /// Does not match it.
    MatchesNot,
    /// One of a list.
    In,
    /// None of a list.
    NotIn,
    /// Unknown.
    IsNull,
    /// Known.
    IsNotNull,
}

impl Op {
    /// All of them, with their texts.
    pub const ALL: [(Self, &'static str); 12] = [
        (Self::Equal, "="),
        (Self::Differs, "!="),
        (Self::Less, "<"),
        (Self::Greater, ">"),
        (Self::AtMost, "<="),
        (Self::AtLeast, ">="),
        (Self::Matches, "~"),
        (Self::MatchesNot, "!~"),
        (Self::In, "in"),
        (Self::NotIn, "not in"),
        (Self::IsNull, "is null"),
        (Self::IsNotNull, "is not null"),
    ];

    /// Its text.
    pub fn text(self) -> &'static str {
        Self::ALL[self as usize].1
    }

    /// The operator of that text; words in any case.
    pub fn parse(text: &str) -> Result<Self> {
        let wanted = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let found = Self::ALL.iter().find(|(_, text)| text.eq_ignore_ascii_case(&wanted));
        found.map(|(op, _)| *op).ok_or_else(|| LeddbError::Input {
            message: format!("`{text}` is no operator"),
            help: Some(Self::help(&wanted)),
        })
    }

    fn help(wanted: &str) -> String {
        let known = Self::ALL.map(|(_, text)| text);
        suggest::did_you_mean(wanted, known)
            .unwrap_or_else(|| format!("operators are {}", known.join("  ")))
    }

    /// The operator that a text begins with, and the rest of the text.
    pub(super) fn leading(text: &str) -> Option<(Self, &str)> {
        const SIGNS: [(&str, Op); 8] = [
            ("!=", Op::Differs),
            ("!~", Op::MatchesNot),
            ("<=", Op::AtMost),
            (">=", Op::AtLeast),
            ("=", Op::Equal),
            ("<", Op::Less),
            (">", Op::Greater),
            ("~", Op::Matches),
        ];
        let sign = SIGNS.iter().find_map(|(sign, op)| Some((*op, text.strip_prefix(sign)?)));
        sign.or_else(|| {
            const WORDS: [(&[&str], Op); 4] = [
                (&["is", "not", "null"], Op::IsNotNull),
                (&["is", "null"], Op::IsNull),
                (&["not", "in"], Op::NotIn),
                (&["in"], Op::In),
            ];
            WORDS.iter().find_map(|(words, op)| Some((*op, after_words(text, words)?)))
        })
    }

    /// Whether it takes no value.
    pub const fn is_bare(self) -> bool {
        matches!(self, Self::IsNull | Self::IsNotNull)
    }

    /// Whether it takes a list.
    pub const fn takes_list(self) -> bool {
        matches!(self, Self::In | Self::NotIn)
    }

    /// Whether it takes a regular expression.
    pub const fn takes_pattern(self) -> bool {
        matches!(self, Self::Matches | Self::MatchesNot)
    }
}

/// What follows these words, if the text begins with them.
fn after_words<'t>(text: &'t str, words: &[&str]) -> Option<&'t str> {
    let mut rest = text;
    for word in words {
        rest = rest.trim_start();
        let head = rest.get(..word.len())?;
        let tail = &rest[word.len()..];
        if !head.eq_ignore_ascii_case(word) || tail.starts_with(|c: char| c.is_alphanumeric()) {
            return None;
        }
        rest = tail;
    }
    Some(rest)
}

impl fmt::Display for Op {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(self.text())
    }
}
