//! Headers of the tiled managers from any bytes, with sound data files.
//!
//! The first byte tells which header is replaced. Good first seeds are the
//! headers themselves with that byte before them.

#![no_main]

use std::sync::Arc;

use ledama_tables::Table;
use ledama_tables::storage::Memory;
use libfuzzer_sys::fuzz_target;

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_bytes!(concat!("../tables/tiled/", $name)).as_slice())),*]
    };
}

/// The headers come first.
const HEADERS: usize = 3;
const FILES: [(&str, &[u8]); 8] = files![
    "table.f0",
    "table.f1",
    "table.f2",
    "table.dat",
    "table.f0_TSM0",
    "table.f1_TSM1",
    "table.f1_TSM2",
    "table.f2_TSM0",
];

fuzz_target!(|bytes: &[u8]| {
    let Some((choice, bytes)) = bytes.split_first() else {
        return;
    };
    let replaced = usize::from(*choice) % HEADERS;
    let files = FILES.into_iter().enumerate().map(|(at, (name, sound))| {
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
