//! Prints what a table holds; for a first look while developing.
fn main() {
    let mut bad = 0;
    for path in std::env::args().skip(1) {
        match ledama_tables::Table::open(&path) {
            Ok(table) => println!("{path}: {} rows, {} columns, {} managers", table.nrow(), table.columns().len(), table.managers().len()),
            Err(error) => { bad += 1; println!("FAIL {error}"); }
        }
    }
    println!("{bad} failed");
}
