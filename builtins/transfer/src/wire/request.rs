//! What the receiver asks for.

use super::Malformed;
use super::bytes::Cursor;
use crate::hash::Hash;

/// One wish of the receiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Request {
    /// All files among these entries, whole.
    Files {
        /// First index.
        from: u32,
        /// Index after the last.
        to: u32,
    },
    /// Some pieces of a file.
    Pieces {
        /// The file.
        index: u32,
        /// First piece.
        first: u64,
        /// How many.
        count: u64,
    },
    /// Pieces of a file that are there already: send those that are different.
    Have {
        /// The file.
        index: u32,
        /// First piece.
        first: u64,
        /// Their values.
        values: Vec<Hash>,
    },
    /// There will be no more requests.
    End,
}

const FILES: u8 = 1;
const PIECES: u8 = 2;
const HAVE: u8 = 3;
const END: u8 = 4;

/// Most values in one [`Request::Have`].
pub(crate) const MAX_HAVE: usize = 1024;

impl Request {
    /// Appends the request to the head of a frame.
    pub(crate) fn put(&self, head: &mut Vec<u8>) {
        match self {
            Self::Files { from, to } => {
                head.push(FILES);
                head.extend_from_slice(&from.to_le_bytes());
                head.extend_from_slice(&to.to_le_bytes());
            }
            Self::Pieces { index, first, count } => {
                head.push(PIECES);
                head.extend_from_slice(&index.to_le_bytes());
                head.extend_from_slice(&first.to_le_bytes());
                head.extend_from_slice(&count.to_le_bytes());
            }
            Self::Have { index, first, values } => {
                head.push(HAVE);
                head.extend_from_slice(&index.to_le_bytes());
                head.extend_from_slice(&first.to_le_bytes());
                let count = u16::try_from(values.len()).unwrap_or(u16::MAX);
                head.extend_from_slice(&count.to_le_bytes());
                for value in values {
                    head.extend_from_slice(value);
                }
            }
            Self::End => head.push(END),
        }
    }

    /// All requests of a frame.
    pub(crate) fn parse(head: &[u8]) -> Result<Vec<Self>, Malformed> {
        let mut cursor = Cursor::new(head);
        let mut requests = Vec::new();
        while !cursor.is_empty() {
            requests.push(match cursor.u8()? {
                FILES => Self::Files { from: cursor.u32()?, to: cursor.u32()? },
                PIECES => Self::Pieces {
                    index: cursor.u32()?,
                    first: cursor.u64()?,
                    count: cursor.u64()?,
                },
                HAVE => {
                    let (index, first) = (cursor.u32()?, cursor.u64()?);
                    let count = usize::from(cursor.u16()?);
                    if count > MAX_HAVE {
                        return Err(Malformed("a request"));
                    }
                    let values = (0..count).map(|_| cursor.hash()).collect::<Result<_, _>>()?;
                    Self::Have { index, first, values }
                }
                END => Self::End,
                _ => return Err(Malformed("a request")),
            });
        }
        Ok(requests)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_come_back() {
        let requests = vec![
            Request::Files { from: 1, to: 9 },
            Request::Pieces { index: 3, first: 5, count: 1 << 40 },
            Request::Have { index: 4, first: 0, values: vec![[1; 32], [2; 32]] },
            Request::End,
        ];
        let mut head = Vec::new();
        for request in &requests {
            request.put(&mut head);
        }
        assert_eq!(Request::parse(&head), Ok(requests));
        head.pop();
        head.push(9);
        assert!(Request::parse(&head).is_err());
    }
}
