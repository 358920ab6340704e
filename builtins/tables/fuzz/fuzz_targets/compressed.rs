//! Files of the compressing managers: Sisco and its shapes, StokesI, Uvw and
//! AntennaPair.

#![no_main]

ledama_tables_fuzz::target!("compressed");
