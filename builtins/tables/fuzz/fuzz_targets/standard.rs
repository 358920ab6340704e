//! Files of the standard, the incremental and the AipsIO manager from any
//! bytes, for tables with columns of every type.
//!
//! The first byte tells which file is replaced. Good first seeds are these
//! files themselves with that byte before them.

#![no_main]

use std::sync::Arc;

use ledama_tables::Table;
use ledama_tables::storage::Memory;
use libfuzzer_sys::fuzz_target;

/// `table.dat`, `table.f0` and `table.f0i` of a table.
type Files = [(&'static str, &'static [u8]); 3];

macro_rules! table {
    ($name:literal) => {
        [
            ("table.dat", include_bytes!(concat!("../tables/", $name, "/table.dat"))),
            ("table.f0", include_bytes!(concat!("../tables/", $name, "/table.f0"))),
            ("table.f0i", include_bytes!(concat!("../tables/", $name, "/table.f0i"))),
        ]
    };
}

const TABLES: [Files; 3] = [table!("standard"), table!("incremental"), table!("aipsio")];

fuzz_target!(|bytes: &[u8]| {
    let Some((choice, bytes)) = bytes.split_first() else {
        return;
    };
    let files = TABLES[usize::from(*choice / 2) % TABLES.len()];
    let replaced = 1 + usize::from(*choice % 2);
    let files = files.into_iter().enumerate().map(|(at, (name, sound))| {
        (name.into(), if at == replaced { bytes.to_vec() } else { sound.to_vec() })
    });
    let Ok(table) = Table::open_in(Arc::new(Memory::new(files))) else {
        return;
    };
    for column in table.columns() {
        if let Ok(column) = table.column(&column.name) {
            let _ = column.digest();
            let _ = column.cell(column.nrow().saturating_sub(1));
        }
    }
});
