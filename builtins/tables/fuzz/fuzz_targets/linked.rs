//! Tables made of other tables, tables within one file, and `table.lock`.

#![no_main]

ledama_tables_fuzz::target!("linked");
