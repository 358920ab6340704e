//! The description of a table (AipsIO, records, storage managers) from any
//! bytes. No other file is there, so that every storage manager is asked to
//! open with what the description says and must fail in good order.

#![no_main]

use std::sync::Arc;

use ledama_tables::Table;
use ledama_tables::storage::Memory;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let files = [("table.dat".into(), bytes.to_vec())];
    let Ok(table) = Table::open_in(Arc::new(Memory::new(files))) else {
        return;
    };
    let _ = table.managers();
    for keyword in table.subtables() {
        let _ = table.subtable(keyword);
    }
    for column in table.columns() {
        if let Ok(column) = table.column(&column.name)
            && column.nrow() > 0
        {
            let _ = column.cell(0);
            let _ = column.cell(column.nrow() - 1);
        }
    }
});
