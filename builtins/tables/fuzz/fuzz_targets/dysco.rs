//! A Dysco file from any bytes, in a table that is described by a real
//! `table.dat`: the input begins with the length of that description, then
//! the description, and the rest is the data file of each of its managers.

#![no_main]

use std::sync::Arc;

use ledama_tables::storage::Memory;
use ledama_tables::{Complex32, DataType, Table};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((length, rest)) = bytes.split_first_chunk() else { return };
    let length = usize::from(u16::from_le_bytes(*length)).min(rest.len());
    let (description, data) = rest.split_at(length);
    let mut files = vec![("table.dat".into(), description.to_vec())];
    files.extend((0..12).map(|at| (format!("table.f{at}").into(), data.to_vec())));
    let Ok(table) = Table::open_in(Arc::new(Memory::new(files))) else {
        return;
    };
    for manager in table.managers().iter().filter(|manager| manager.kind == "DyscoStMan") {
        for column in manager.columns.iter().filter_map(|name| table.column(name).ok()) {
            let rows = 0..column.nrow().min(64);
            let cell = column.shape(0).ok().flatten().unwrap_or_default();
            let values = cell.iter().try_fold(1usize, |all, axis| all.checked_mul(*axis));
            if values.is_none_or(|values| values > 1 << 16) {
                continue;
            }
            match column.data_type() {
                DataType::Complex => drop(column.values::<Complex32>(rows)),
                _ => drop(column.values::<f32>(rows)),
            }
        }
    }
});
