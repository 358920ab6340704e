//! Edits of tables: all or nothing, whatever happens meanwhile.
//!
//! No data file is changed in place. What is new is written beside the old
//! files, under numbers that no storage manager has had; then one rename of
//! `table.dat` switches from the old state to the new one, and the old files
//! are removed. A reader, also casacore's, sees either state; a crash leaves
//! at most files that no `table.dat` mentions, which the next edit removes.

mod object;
mod table_dat;
