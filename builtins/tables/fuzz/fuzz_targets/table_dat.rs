//! The description of a table (AipsIO, records, storage managers) from any
//! bytes. No other file is there, so that every storage manager is asked to
//! open with what the description says and must fail in good order.

#![no_main]

use std::sync::Arc;

use ledama_tables::Table;
use ledama_tables::storage::Memory;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let files = [("table.dat".into(), bytes.to_vec())];
    if let Ok(table) = Table::open_in(Arc::new(Memory::new(files))) {
        ledama_tables_fuzz::read(&table);
    }
});
