//! Which processes are meant: words in the command line, the account, the run.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use ledama_base::operation::{ErrorKind, OperationError};
use ledama_base::rawtext;
use memchr::memmem::Finder;

/// Words of which all must occur in a command line.
#[derive(Debug, Clone)]
pub struct Words(Vec<Word>);

#[derive(Debug, Clone)]
enum Word {
    /// Bytes as they are.
    Literal(Box<Finder<'static>>),
    /// Of the text form, so that a dot means any byte that is no text, too.
    Pattern(regex::Regex),
}

impl Words {
    /// From words in text form; with `regex` each is a regular expression.
    ///
    /// # Errors
    /// Kind `input` for an empty word, which would mean everything, and for a
    /// bad expression.
    pub fn new<S: AsRef<str>>(words: &[S], regex: bool) -> Result<Self, OperationError> {
        let input = |message: String| OperationError::new(ErrorKind::Input, message);
        let word = |word: &S| {
            let word = word.as_ref();
            if word.is_empty() {
                return Err(input("an empty word would mean every process".to_string()));
            }
            if !regex {
                let bytes = rawtext::decode(word);
                return Ok(Word::Literal(Box::new(Finder::new(bytes.as_bytes()).into_owned())));
            }
            regex::Regex::new(word).map(Word::Pattern).map_err(|error| {
                let text = error.to_string();
                let reason = text.lines().last().unwrap_or_default();
                let reason = reason.strip_prefix("error: ").unwrap_or(reason);
                input(format!("`{}` is no regular expression: {reason}", word.escape_debug()))
            })
        };
        Ok(Self(words.iter().map(word).collect::<Result<_, _>>()?))
    }

    /// Whether all of them occur.
    pub fn are_in(&self, line: &[u8]) -> bool {
        self.0.iter().all(|word| match word {
            Word::Literal(finder) => finder.find(line).is_some(),
            Word::Pattern(pattern) => pattern.is_match(&rawtext::encode(OsStr::from_bytes(line))),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    fn found(words: &[&str], line: &[u8]) -> bool {
        Words::new(words, false).unwrap().are_in(line)
    }

    #[test]
    fn words_are_taken_literally_and_all_must_occur() {
        let line = br#"python x.py --name=it's;a "test" $HOME [1]"#;
        for word in ["it's;a", "\"test\"", "$HOME", "[1]", "--name", ".py --n", "'"] {
            assert!(found(&[word], line), "{word}");
        }
        assert!(found(&["python", "test"], line));
        assert!(!found(&["python", "Test"], line));
        assert!(!found(&["x.*y"], line));
        assert!(found(&[], line), "no word, no condition");
        let raw = rawtext::encode(OsStr::from_bytes(b"\xff\xfe"));
        assert!(found(&[&raw], b"a \xff\xfe b") && !found(&[&raw], b"a \xff b"));
    }

    #[test]
    fn expressions_match_bytes() {
        let words = |words: &[&str]| Words::new(words, true);
        assert!(words(&["^py.*x$", "[0-9]{2}"]).unwrap().are_in(b"python \xff 12 x"));
        assert!(!words(&["^x"]).unwrap().are_in(b"python x"));
        let error = words(&["good", "(bad"]).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Input);
        assert_eq!(error.message, "`(bad` is no regular expression: unclosed group");
        assert!(words(&[""]).is_err());
        assert!(Words::new(&["a", ""], false).is_err());
    }

    proptest::proptest! {
        #[test]
        fn any_part_of_a_line_is_found(line: Vec<u8>, from in 0..50usize, length in 1..20usize) {
            let part: Vec<u8> = line.iter().skip(from).take(length).copied().collect();
            if !part.is_empty() {
                let word = rawtext::encode(OsStr::from_bytes(&part));
                proptest::prop_assert!(Words::new(&[word], false).unwrap().are_in(&line));
            }
        }
    }
}
