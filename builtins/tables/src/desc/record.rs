//! Records and keyword sets in their stored form.
//!
//! A record is a description of its fields followed by their values. A nested
//! record with a description in its parent has its values in line; one
//! without stands as a record of its own. Keyword sets of the 1990s list
//! their fields by type instead.
//!
//! Source: `casacore/casa/Containers/{RecordDesc,RecordRep}.cc`,
//! `casacore/tables/Tables/TableRecordRep.cc`.

use crate::aipsio::Reader;
use crate::data_type::DataType;
use crate::error::Result;
use crate::value::{Field, Record, Value};

const TABLE: i32 = 12;
const RECORD: i32 = 25;

/// How deep records may nest.
const MAX_DEPTH: usize = 32;

/// The description of the fields of a record.
struct RecordDesc {
    fields: Vec<FieldDesc>,
}

struct FieldDesc {
    name: String,
    code: i32,
    nested: Option<RecordDesc>,
    comment: String,
}

/// Reads a record of keywords (`TableRecord`, `Record` or an old keyword set).
pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Record> {
    read_at_depth(reader, 0)
}

fn read_at_depth(reader: &mut Reader<'_>, depth: usize) -> Result<Record> {
    if depth > MAX_DEPTH {
        return Err(reader.corrupt("records are nested too deeply"));
    }
    let (kind, version) = reader.start_any()?;
    let record = match kind.as_str() {
        "TableRecord" | "Record" => {
            let desc = RecordDesc::read(reader, depth)?;
            reader.i32()?;
            values(reader, desc, depth)?
        }
        "ScalarKeywordSet" => keyword_set(reader, version, 0)?,
        "ArrayKeywordSet" => keyword_set(reader, version, 1)?,
        "TableKeywordSet" => keyword_set(reader, version, 2)?,
        other => {
            return Err(
                reader.corrupt(format_args!("holds a {other:?} where a record should stand"))
            );
        }
    };
    reader.end()?;
    Ok(record)
}

impl RecordDesc {
    fn read(reader: &mut Reader<'_>, depth: usize) -> Result<Self> {
        if depth > MAX_DEPTH {
            return Err(reader.corrupt("records are nested too deeply"));
        }
        let version = reader.start("RecordDesc")?;
        let count = reader.count(8)?;
        let mut fields = Vec::with_capacity(count);
        for _ in 0..count {
            let name = reader.string()?;
            let code = reader.i32()?;
            let mut nested = None;
            match code {
                RECORD => nested = Some(Self::read(reader, depth + 1)?),
                TABLE => {
                    reader.raw_string()?;
                }
                13..=24 | 30 => {
                    reader.position_shape()?;
                }
                _ => {}
            }
            let comment = if version > 1 { reader.string()? } else { String::new() };
            fields.push(FieldDesc { name, code, nested, comment });
        }
        reader.end()?;
        Ok(Self { fields })
    }
}

fn values(reader: &mut Reader<'_>, desc: RecordDesc, depth: usize) -> Result<Record> {
    let mut record = Record::new();
    for field in desc.fields {
        let value = match field.nested {
            Some(nested) if nested.fields.is_empty() => {
                Value::Record(read_at_depth(reader, depth + 1)?)
            }
            Some(nested) => Value::Record(values(reader, nested, depth + 1)?),
            None if field.code == TABLE => Value::Table(reader.string()?),
            None => plain(reader, field.code)?,
        };
        record.push(Field { name: field.name, value, comment: field.comment });
    }
    Ok(record)
}

fn plain(reader: &mut Reader<'_>, code: i32) -> Result<Value> {
    match DataType::from_code(code) {
        Some((kind, true)) => Ok(Value::Array(reader.array(kind)?)),
        Some((kind, false)) => reader.scalar(kind),
        None => Err(reader.corrupt(format_args!("a field of the unknown type {code}"))),
    }
}

/// Types of the fields of an old keyword set, in the order of their groups.
const SCALARS: [i32; 8] = [0, 5, 6, 7, 8, 9, 10, 11];
const ARRAYS: [i32; 8] = [13, 18, 19, 20, 21, 22, 23, 24];

/// A keyword set of the years before records: `level` 0 holds scalars,
/// 1 also arrays, 2 also tables.
fn keyword_set(reader: &mut Reader<'_>, version: u32, level: u8) -> Result<Record> {
    let mut order = Vec::new();
    reader.start("Map<String,void>")?;
    let count = reader.count(8)?;
    reader.i32()?;
    reader.string()?;
    for _ in 0..count {
        let name = reader.string()?;
        reader.i32()?;
        order.push((name, reader.string()?));
    }
    reader.end()?;
    for _ in 0..2 {
        // Excluded types and names: only their place matters.
        reader.start_any()?;
        reader.skip_to_end()?;
    }
    let mut found = Record::new();
    let groups = SCALARS.iter().chain(if level > 0 { &ARRAYS[..] } else { &[] });
    for code in groups {
        for _ in 0..reader.count(4)? {
            let name = reader.string()?;
            found.set(name, plain(reader, *code)?);
        }
    }
    if level > 1 {
        for _ in 0..reader.count(8)? {
            let name = reader.string()?;
            found.set(name, Value::Table(reader.string()?));
        }
    }
    if version > 1 && reader.u32()? != 0 {
        return Err(reader.corrupt("nested keyword sets are not supported"));
    }
    let mut record = Record::new();
    for (name, comment) in order {
        if let Some(value) = found.remove(&name) {
            record.push(Field { name, value, comment });
        }
    }
    Ok(record)
}
