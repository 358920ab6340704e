//! Writes the first seeds of a target into its corpus:
//! `cargo run --example seeds -- TARGET`.

use std::path::Path;

fn main() -> std::io::Result<()> {
    let Some(target) = std::env::args().nth(1) else {
        return Err(std::io::Error::other("name a target"));
    };
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(&target);
    std::fs::create_dir_all(&corpus)?;
    for (at, seed) in ledama_tables_fuzz::seeds_of(&target).into_iter().enumerate() {
        std::fs::write(corpus.join(format!("sound-{at:02}")), seed)?;
    }
    Ok(())
}
