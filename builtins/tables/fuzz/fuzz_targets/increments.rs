//! Files of the incremental and of the AipsIO manager.

#![no_main]

ledama_tables_fuzz::target!("increments");
