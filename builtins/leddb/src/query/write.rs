//! Results as text, written as they come: for people, for other programs.

use std::ops::ControlFlow;

use serde_json::{Map, Value as Json};

use super::format;
use super::plan::Plan;
use crate::error::{LeddbError, Result};
use crate::schema::pseudo::PseudoColumn;
use crate::store::{Transaction, Value};

/// Rows whose widths a table is made for.
const MEASURED: usize = 1000;
/// Widest column of a table; wider cells push the others.
const WIDEST: usize = 80;
/// Bytes that are gathered before they are written.
const GATHERED: usize = 64 << 10;

/// How a result is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Columns for people.
    Table,
    /// Comma-separated values with a line of headers.
    Csv,
    /// A list of objects; numbers in full.
    Json,
    /// Ids in one line, between commas.
    Ids,
}

impl Form {
    /// The form of that name.
    pub fn named(name: &str) -> Result<Self> {
        match name {
            "table" => Ok(Self::Table),
            "csv" => Ok(Self::Csv),
            "json" => Ok(Self::Json),
            "ids" => Ok(Self::Ids),
            other => Err(LeddbError::Input {
                message: format!("`{other}` is no form of a result"),
                help: Some("forms are table, csv, json and ids".to_string()),
            }),
        }
    }
}

/// Writes what it is given; whether it wants more.
pub type Sink<'s> = &'s mut dyn FnMut(&[u8]) -> Result<ControlFlow<()>>;

impl Plan {
    /// Writes the rows in order, at most so many; how many were written.
    pub fn write(
        &self,
        tx: &mut Transaction,
        form: Form,
        most: Option<u64>,
        sink: Sink<'_>,
    ) -> Result<u64> {
        if form == Form::Ids {
            return self.showing(vec![self.table.id()]).write_rows(tx, form, most, sink);
        }
        self.write_rows(tx, form, most, sink)
    }

    fn write_rows(
        &self,
        tx: &mut Transaction,
        form: Form,
        most: Option<u64>,
        sink: Sink<'_>,
    ) -> Result<u64> {
        let mut writer = Writer::new(form, &self.columns);
        let mut stopped = false;
        if most != Some(0) {
            self.stream_some(tx, true, most, |row| {
                writer.row(&row);
                if writer.out.len() < GATHERED {
                    return Ok(ControlFlow::Continue(()));
                }
                let next = sink(&writer.out)?;
                writer.out.clear();
                stopped = next.is_break();
                Ok(next)
            })?;
        }
        if !stopped {
            writer.end();
            let _ = sink(&writer.out)?;
        }
        Ok(writer.count)
    }
}

struct Writer<'p> {
    form: Form,
    columns: &'p [&'static PseudoColumn],
    out: Vec<u8>,
    count: u64,
    /// The first rows of a table, until its widths are known.
    waiting: Vec<Vec<String>>,
    widths: Option<Vec<usize>>,
}

impl<'p> Writer<'p> {
    fn new(form: Form, columns: &'p [&'static PseudoColumn]) -> Self {
        let mut writer =
            Self { form, columns, out: Vec::new(), count: 0, waiting: Vec::new(), widths: None };
        match form {
            Form::Csv => {
                let headers: Vec<_> = columns.iter().map(|one| one.header.to_string()).collect();
                writer.csv(&headers);
            }
            Form::Json => writer.out.extend_from_slice(b"["),
            Form::Table | Form::Ids => {}
        }
        writer
    }

    fn row(&mut self, row: &[Value]) {
        let texts = |columns: &[&'static PseudoColumn]| -> Vec<String> {
            columns.iter().zip(row).map(|(column, value)| format::text(column, value)).collect()
        };
        match self.form {
            Form::Csv => {
                let cells = texts(self.columns);
                self.csv(&cells);
            }
            Form::Json => {
                let object: Map<String, Json> = self
                    .columns
                    .iter()
                    .zip(row)
                    .map(|(column, value)| (column.header.to_string(), format::json(value)))
                    .collect();
                self.out.extend_from_slice(if self.count == 0 { b"\n" } else { b",\n" });
                self.out.extend_from_slice(Json::Object(object).to_string().as_bytes());
            }
            Form::Ids => {
                if self.count > 0 {
                    self.out.push(b',');
                }
                let id = texts(self.columns).swap_remove(0);
                self.out.extend_from_slice(id.as_bytes());
            }
            Form::Table => {
                let cells = texts(self.columns);
                if self.widths.is_some() {
                    self.line(&cells);
                } else {
                    self.waiting.push(cells);
                    if self.waiting.len() >= MEASURED {
                        self.measure();
                    }
                }
            }
        }
        self.count += 1;
    }

    fn end(&mut self) {
        match self.form {
            Form::Json => {
                self.out.extend_from_slice(if self.count > 0 { b"\n]\n" } else { b"]\n" });
            }
            Form::Ids => self.out.push(b'\n'),
            Form::Table if self.widths.is_none() => self.measure(),
            Form::Table | Form::Csv => {}
        }
    }

    /// Fixes the widths of a table and writes what has waited for them.
    fn measure(&mut self) {
        let headers: Vec<String> = self.columns.iter().map(|one| one.header.to_string()).collect();
        let waiting = std::mem::take(&mut self.waiting);
        let width = |at: usize| {
            let cells = waiting.iter().map(|row| &row[at]).chain([&headers[at]]);
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0).min(WIDEST)
        };
        self.widths = Some((0..headers.len()).map(width).collect());
        for row in std::iter::once(&headers).chain(&waiting) {
            self.line(row);
        }
    }

    fn line(&mut self, cells: &[String]) {
        let widths = self.widths.as_deref().unwrap_or_default();
        let mut line = String::new();
        for (cell, width) in cells.iter().zip(widths) {
            let clean: String =
                cell.chars().map(|c| if c.is_control() { '?' } else { c }).collect();
            line.push_str(&clean);
            let pad = width.saturating_sub(clean.chars().count()) + 2;
            line.extend(std::iter::repeat_n(' ', pad));
        }
        self.out.extend_from_slice(line.trim_end().as_bytes());
        self.out.push(b'\n');
    }

    fn csv(&mut self, cells: &[String]) {
        for (at, cell) in cells.iter().enumerate() {
            if at > 0 {
                self.out.push(b',');
            }
            let special = |c: char| matches!(c, ',' | '"' | '\n' | '\r');
            if cell.contains(special) || cell.starts_with(' ') || cell.ends_with(' ') {
                self.out.extend_from_slice(format!("\"{}\"", cell.replace('"', "\"\"")).as_bytes());
            } else {
                self.out.extend_from_slice(cell.as_bytes());
            }
        }
        self.out.push(b'\n');
    }
}
