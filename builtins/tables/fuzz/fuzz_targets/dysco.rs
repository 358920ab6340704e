//! A Dysco file and its table.

#![no_main]

ledama_tables_fuzz::target!("dysco");
