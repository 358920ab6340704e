//! The table of data products that the observatory's catalogue shows, as text.

use super::{Listed, fields, lines, show};

/// Fields of a row; lines with another number are headings and remarks.
const FIELDS: usize = 12;

/// One data product of the catalogue.
#[derive(Debug, Clone, PartialEq)]
pub struct CatalogueRow {
    /// Number of its line, from 1.
    pub line: usize,
    /// Name of the measurement set.
    pub name: String,
    /// Id of the data product, if it is a number.
    pub product_id: Option<i64>,
    /// Central frequency, MHz.
    pub central_frequency: f64,
}

/// Reads a table of data products: of lines with twelve fields between blanks the
/// first is the name, the third the id, the eleventh the central frequency in MHz.
pub fn catalogue(text: &[u8]) -> Listed<CatalogueRow> {
    let mut list = Listed::default();
    for (line, content) in lines(text) {
        let fields = fields(content);
        let word = |k: usize| fields.get(k).map(|field| show(field));
        let (Some(name), Some(id), Some(frequency)) = (word(0), word(2), word(10)) else {
            list.ignore(line, content);
            continue;
        };
        if fields.len() != FIELDS {
            list.ignore(line, content);
            continue;
        }
        let product_id = id.parse::<i64>().ok();
        match frequency.parse::<f64>().ok().filter(|mhz| mhz.is_finite() && *mhz > 0.0) {
            Some(central_frequency) => {
                list.rows.push(CatalogueRow { line, name, product_id, central_frequency });
            }
            // The heading of the table may have as many words as a row.
            None if product_id.is_none() => list.ignore(line, content),
            None => list.fault(line, format!("`{frequency}` is no frequency in MHz")),
        }
    }
    list
}
