//! Headers and tiles of the tiled managers.

#![no_main]

ledama_tables_fuzz::target!("tiled");
