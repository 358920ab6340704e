//! Rows of any table as bytes that mean the same on both back ends: what backups
//! are made of, what is compared, and what is copied from one database to another.
//!
//! A row is its columns in the order of the description, without computed ones; a
//! column is its length (32 bits, -1 for unknown) and its bytes, all big-endian:
//! integers and numbers 8 bytes, flags 1, texts and arrays as they are, lists 8 bytes
//! for each element. So it is nearly what a server reads and writes itself.

mod cells;
mod file;
mod keys;
mod read;
mod sum;
mod write;

#[cfg(test)]
mod tests;

pub(crate) use cells::values;
pub use file::{Contents, Header, RowReader, RowWriter};
pub(crate) use keys::Keys;
pub(crate) use read::{Part, count, read, read_sets};
pub use sum::Sum;
pub(crate) use write::Bulk;

use crate::schema::{Column, Table, Type};

/// The columns of a table that are stored in their own right.
pub(crate) fn columns(table: &Table) -> Vec<&'static Column> {
    table.columns.iter().filter(|column| column.generated.is_none()).collect()
}

/// Bytes as a text of hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        for digit in [byte >> 4, byte & 15] {
            text.push(char::from(b"0123456789abcdef"[usize::from(digit)]));
        }
    }
    text
}

/// The word for a type in files.
pub(crate) fn word(kind: Type) -> &'static str {
    match kind {
        Type::Int64 | Type::Int32 | Type::Int16 | Type::Time => "int",
        Type::Float => "float",
        Type::Bool => "bool",
        Type::Text(_) | Type::Json => "text",
        Type::Floats(_) => "floats",
        Type::Ints(_) => "ints",
        Type::Values => "bytes",
    }
}
