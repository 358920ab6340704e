//! DyscoStMan: visibilities and weights compressed with loss.
//!
//! Rows are kept in blocks of one time step each. The values of a block are
//! divided by factors (of antennas, rows or channels) and quantized to a few
//! bits; decoding needs the antennas of each row, which are columns of the
//! same table.
//!
//! Source of the format: `casacore/tables/Dysco/`, A. R. Offringa,
//! Astronomy & Astrophysics 595, A99 (2016).

mod column;
mod dictionary;
mod factors;
mod header;
mod layout;
mod quantile;
mod selection;
mod symbols;
#[cfg(test)]
mod tests;

use std::sync::{Arc, OnceLock};

use column::{Antennas, DyscoColumn, Shared};
use header::Header;
use layout::Layout;

use super::siblings::IntColumns;
use super::{BoundColumn, ColumnReader, Context, Manager, Siblings};
use crate::error::{Error, Result};
use crate::storage::Source;
use crate::value::Record;

/// The columns of one Dysco file.
pub(crate) struct Dysco {
    shared: Arc<Shared>,
    columns: Vec<Arc<DyscoColumn>>,
}

impl Dysco {
    /// Opens the file and reads its header.
    pub(crate) fn open(context: &Context<'_>) -> Result<Self> {
        let antennas = antennas_of(context.siblings.clone());
        Self::of_file(context.open("")?, context.nrow, &context.columns, antennas)
    }

    fn of_file(
        file: Arc<dyn Source>,
        nrow: u64,
        columns: &[BoundColumn<'_>],
        antennas: Antennas,
    ) -> Result<Self> {
        if file.is_empty() {
            return Err(Error::corrupt(file.path(), "is empty: nothing was ever written to it"));
        }
        let header = Header::read(&*file)?;
        let layouts = Layout::of(file.path(), &header, columns)?;
        let Some(stored) = file.len().checked_sub(header.size) else {
            return Err(Error::corrupt(file.path(), "is cut off inside of its header"));
        };
        let over = stored.checked_rem(header.block_size).unwrap_or_default();
        let cut = !layouts.iter().any(|layout| layout.offset == over);
        let dictionary = OnceLock::new();
        let shared = Arc::new(Shared { file, header, nrow, cut, antennas, dictionary });
        let columns = layouts
            .into_iter()
            .map(|layout| Arc::new(DyscoColumn::new(Arc::clone(&shared), layout)))
            .collect();
        Ok(Self { shared, columns })
    }
}

/// The antennas of the rows of a table, opened when first asked for.
fn antennas_of(siblings: Siblings) -> Antennas {
    let columns: OnceLock<Result<IntColumns<2>>> = OnceLock::new();
    Box::new(move |rows, into| {
        let columns = columns.get_or_init(|| siblings.ints(["ANTENNA1", "ANTENNA2"]));
        columns.as_ref().map_err(Clone::clone)?.read(rows, into)
    })
}

impl Manager for Dysco {
    fn column(&self, index: usize) -> Result<Arc<dyn ColumnReader>> {
        match self.columns.get(index) {
            Some(column) => Ok(Arc::clone(column) as Arc<dyn ColumnReader>),
            None => Err(Error::corrupt(self.shared.file.path(), "has fewer columns")),
        }
    }

    fn name(&self) -> &str {
        &self.shared.header.name
    }

    fn settings(&self) -> Record {
        self.shared.header.settings()
    }
}
