//! Files of the standard manager, of its array file and of its texts.

#![no_main]

ledama_tables_fuzz::target!("standard");
