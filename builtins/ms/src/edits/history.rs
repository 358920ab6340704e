//! Rows of the HISTORY table, by which a set tells what was done to it.

use ledama_base::clock;
use ledama_tables::edit::Editor;
use ledama_tables::ndarray::Array1;
use ledama_tables::{Array, ColumnDesc, DataType, Record, Result, Value};

/// Name of the table.
pub(super) const TABLE: &str = "HISTORY";

/// The application of all our rows.
const APPLICATION: &str = "ledama";

/// What was done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Entry {
    /// In one sentence.
    pub(super) message: String,
    /// Names and values of what was asked for and found.
    pub(super) parameters: Vec<(String, String)>,
}

impl Entry {
    pub(super) fn new(message: impl Into<String>, operation: &str) -> Self {
        Self { message: message.into(), parameters: vec![("operation".into(), operation.into())] }
    }

    pub(super) fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.parameters.push((name.into(), value.to_string()));
        self
    }
}

/// Appends the row of an edit.
///
/// Columns are those of the definition of the measurement set, version 2; one
/// that a table lacks, or has with another type, is left out.
pub(super) fn append(editor: &mut Editor, entry: &Entry) -> Result<()> {
    let parameters = entry.parameters.iter().map(|(name, value)| format!("{name}={value}"));
    let values = [
        ("TIME", Value::Double(clock::to_mjd_s(clock::now()))),
        ("OBSERVATION_ID", Value::Int(0)),
        ("OBJECT_ID", Value::Int(0)),
        ("MESSAGE", text(&entry.message)),
        ("PRIORITY", text("INFO")),
        ("ORIGIN", text(&format!("{APPLICATION} {}", env!("CARGO_PKG_VERSION")))),
        ("APPLICATION", text(APPLICATION)),
        // An array without values cannot be stored.
        ("CLI_COMMAND", texts(vec![APPLICATION.into()])),
        ("APP_PARAMS", texts(parameters.collect())),
    ];
    let mut row = Record::new();
    for (name, value) in values {
        let fits = |column: &&ColumnDesc| column.name == name && takes(column, &value);
        if editor.table().columns().iter().any(|column| fits(&column)) {
            row.set(name, value);
        }
    }
    editor.append_rows(&[row])
}

fn takes(column: &ColumnDesc, value: &Value) -> bool {
    let (data_type, scalar) = match value {
        Value::Double(_) => (DataType::Double, true),
        Value::Int(_) => (DataType::Int, true),
        Value::String(_) => (DataType::String, true),
        _ => (DataType::String, false),
    };
    column.data_type == data_type && column.scalar == scalar
}

fn text(text: &str) -> Value {
    Value::String(text.into())
}

fn texts(texts: Vec<String>) -> Value {
    Value::Array(Array::String(Array1::from_vec(texts).into_dyn()))
}
