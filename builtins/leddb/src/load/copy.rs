//! Diagnostic rows for a server: the binary form of `COPY`, which needs no
//! statement for each row and no text for each number.

use std::ops::ControlFlow;

use super::diagnostics::{DiagRow, Diagnostics, Field};
use crate::ddl::{list, quoted};
use crate::error::{LeddbError, Result};
use crate::store::Transaction;

const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0";

/// Bytes sent at once: little enough for the server to work while the next are made.
const PIECE: usize = 1 << 17;

pub(super) fn copy(
    tx: &mut Transaction,
    kind: Diagnostics,
    set: i64,
    stamp: Option<i64>,
    rows: &mut dyn Iterator<Item = Result<DiagRow<'_>>>,
) -> Result<u64> {
    let Some(first) = rows.next() else {
        return Ok(0);
    };
    let mut rows = std::iter::once(first).chain(rows);
    let text = format!(
        "COPY {} ({}) FROM STDIN (FORMAT binary)",
        quoted(kind.table().name),
        list(kind.columns())
    );
    let mut begun = false;
    tx.copy(&text, |buffer| {
        if !begun {
            begun = true;
            buffer.extend_from_slice(SIGNATURE);
            buffer.extend_from_slice(&[0; 8]);
        }
        while buffer.len() < PIECE {
            let Some(row) = rows.next() else {
                buffer.extend_from_slice(&(-1_i16).to_be_bytes());
                return Ok(ControlFlow::Break(()));
            };
            write(buffer, &row?.fields(set, stamp, kind))?;
        }
        Ok(ControlFlow::Continue(()))
    })
}

fn write(buffer: &mut Vec<u8>, fields: &[Field<'_>]) -> Result<()> {
    let too_long =
        |_| LeddbError::Array { reason: "a row is too large for the server".to_string() };
    let count = i16::try_from(fields.len()).map_err(too_long)?;
    buffer.extend_from_slice(&count.to_be_bytes());
    for field in fields {
        let number;
        let bytes: &[u8] = match field {
            Field::Long(value) => {
                number = value.to_be_bytes();
                &number
            }
            Field::Float(value) => {
                number = value.to_be_bytes();
                &number
            }
            Field::Word(value) => &value.to_be_bytes(),
            Field::Short(value) => &value.to_be_bytes(),
            Field::Text(text) => text.as_bytes(),
            Field::Bytes(bytes) => bytes,
            Field::Nothing(_) => {
                buffer.extend_from_slice(&(-1_i32).to_be_bytes());
                continue;
            }
        };
        let length = i32::try_from(bytes.len()).map_err(too_long)?;
        buffer.extend_from_slice(&length.to_be_bytes());
        buffer.extend_from_slice(bytes);
    }
    Ok(())
}
