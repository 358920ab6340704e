//! Headers: cards of 80 characters, copied as they are but for single ones.

use std::io::Read;

/// Header and data are filled up to so many bytes.
pub(super) const BLOCK: usize = 2880;
/// Bytes of a card.
const CARD: usize = 80;
/// A header larger than this is none: ten thousand blocks.
const MAX_BYTES: usize = 10_000 * BLOCK;

/// A header without the card END and what fills its last block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    cards: Vec<[u8; CARD]>,
}

/// What is wrong with a header.
pub(super) enum HeaderError {
    /// The system refused.
    Io(std::io::Error),
    /// The content, in a few words.
    Content(String),
}

impl From<std::io::Error> for HeaderError {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error)
    }
}

impl Header {
    /// Reads the header that comes next; `None` at the end of the file, and
    /// where what comes is no header at all.
    ///
    /// `first` is the word that its first card has to begin with.
    pub(super) fn read(file: &mut impl Read, first: &str) -> Result<Option<Self>, HeaderError> {
        let mut cards: Vec<[u8; CARD]> = Vec::new();
        let mut block = [0; BLOCK];
        loop {
            match fill(file, &mut block)? {
                0 if cards.is_empty() => return Ok(None),
                BLOCK => {}
                _ => return Err(HeaderError::Content("the file ends within a header".into())),
            }
            if cards.is_empty() && !block.starts_with(format!("{first:<8}=").as_bytes()) {
                return Ok(None);
            }
            for card in block.as_chunks::<CARD>().0 {
                if card.trim_ascii_end() == b"END" {
                    return Ok(Some(Self { cards }));
                }
                if !card.is_ascii() {
                    return Err(HeaderError::Content("the header is damaged".into()));
                }
                cards.push(*card);
            }
            if cards.len() * CARD > MAX_BYTES {
                return Err(HeaderError::Content("the header has no end".into()));
            }
        }
    }

    /// The bytes with END and filled up.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.cards.concat();
        bytes.extend_from_slice(&card("END"));
        let whole = bytes.len().div_ceil(BLOCK) * BLOCK;
        bytes.resize(whole, b' ');
        bytes
    }

    fn find(&self, key: &str) -> Option<&[u8; CARD]> {
        self.cards.iter().find(|card| is(card, key))
    }

    /// The value of a key as text, without quotes and comment.
    pub(super) fn text(&self, key: &str) -> Option<String> {
        let card = self.find(key)?;
        let value = std::str::from_utf8(&card[10..]).ok()?.trim_start();
        let Some(quoted) = value.strip_prefix('\'') else {
            return Some(value.split('/').next().unwrap_or("").trim().to_string());
        };
        Some(quoted.split('\'').next().unwrap_or("").trim_end().to_string())
    }

    /// The value of a key as a number; `D` is read as `E`.
    pub(super) fn number(&self, key: &str) -> Result<Option<f64>, String> {
        let Some(text) = self.text(key) else { return Ok(None) };
        let number = text.replace(['D', 'd'], "E").parse();
        number.map(Some).map_err(|_| format!("{key} is `{text}`, which is no number"))
    }

    /// The value of a key as a whole number.
    pub(super) fn integer(&self, key: &str) -> Result<Option<i64>, String> {
        let Some(text) = self.text(key) else { return Ok(None) };
        text.parse().map(Some).map_err(|_| format!("{key} is `{text}`, which is no whole number"))
    }

    /// The value of a key that has to be there.
    pub(super) fn needed(&self, key: &str) -> Result<i64, String> {
        self.integer(key)?.ok_or_else(|| format!("{key} is missing"))
    }

    /// The lengths of the axes.
    pub(super) fn axes(&self) -> Result<Vec<u64>, String> {
        let count = self.needed("NAXIS")?;
        if !(0..=999).contains(&count) {
            return Err(format!("NAXIS is {count}"));
        }
        let axis = |k| {
            let length = self.needed(&format!("NAXIS{k}"))?;
            u64::try_from(length).map_err(|_| format!("NAXIS{k} is {length}"))
        };
        (1..=count).map(axis).collect()
    }

    /// Bytes of the data, without what fills the last block.
    pub(super) fn data_bytes(&self) -> Result<u64, String> {
        let axes = self.axes()?;
        if axes.is_empty() {
            return Ok(0);
        }
        let part = |key, default: u64| {
            let value = self.integer(key)?.map_or(Ok(default), u64::try_from);
            value.map_err(|_| format!("{key} is negative"))
        };
        let (extra, groups) = (part("PCOUNT", 0)?, part("GCOUNT", 1)?);
        let width = self.needed("BITPIX")?.unsigned_abs() / 8;
        let count = axes.iter().try_fold(1u64, |count, axis| count.checked_mul(*axis));
        let count = count.and_then(|count| count.checked_add(extra)?.checked_mul(groups));
        count.and_then(|count| count.checked_mul(width)).ok_or_else(|| "the axes are absurd".into())
    }

    /// Gives a key that is there another value, right-aligned as the standard
    /// wants it; the comment stays.
    pub(super) fn set(&mut self, key: &str, value: &str) {
        for card in self.cards.iter_mut().filter(|card| is(card, key)) {
            let comment = std::str::from_utf8(&card[10..]).unwrap_or("").find('/');
            let comment = comment.map_or(Vec::new(), |at| card[10 + at..].to_vec());
            let mut text = format!("{key:<8}= {value:>20}").into_bytes();
            if !comment.is_empty() {
                text.push(b' ');
                text.extend(comment);
            }
            text.resize(CARD, b' ');
            card.copy_from_slice(&text);
        }
    }

    /// Takes the cards of a key out.
    pub(super) fn remove(&mut self, key: &str) {
        self.cards.retain(|card| !is(card, key));
    }

    /// Adds a remark at the end, over several cards if it is long.
    pub(super) fn history(&mut self, text: &str) {
        let clean: String = text.chars().map(|c| if is_printable(c) { c } else { '?' }).collect();
        let mut rest = clean.as_str();
        while !rest.is_empty() {
            let (line, more) = rest.split_at(rest.len().min(CARD - 8));
            self.cards.push(card(&format!("HISTORY {line}")));
            rest = more;
        }
    }
}

fn is_printable(c: char) -> bool {
    (' '..='~').contains(&c)
}

fn is(card: &[u8; CARD], key: &str) -> bool {
    card[..8].trim_ascii_end() == key.as_bytes() && card[8] == b'='
}

fn card(text: &str) -> [u8; CARD] {
    let mut card = [b' '; CARD];
    for (to, from) in card.iter_mut().zip(text.bytes()) {
        *to = from;
    }
    card
}

/// Reads until the buffer is full or the file ends; how many bytes came.
pub(super) fn fill(file: &mut impl Read, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut have = 0;
    while have < buffer.len() {
        match file.read(&mut buffer[have..]) {
            Ok(0) => break,
            Ok(count) => have += count,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(have)
}
