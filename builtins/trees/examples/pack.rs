//! Packs sets, or unpacks archives, as the operations `trees.pack` and
//! `trees.unpack` do on a node, and nothing besides: what the benchmarks measure.
//!
//!     pack pack|pack-reread|pack-delete|unpack|unpack-delete OUTPUT COMPRESSION ROOT PATH...

use std::process::ExitCode;

use ledama_base::operation::{ErrorKind, Operation, OperationContext, OperationError, Progress};
use ledama_trees::archive::{Compression, Pack, PackInput, Unpack, UnpackInput};
use serde_json::Value;

struct Alone;

#[allow(clippy::unnecessary_literal_bound)] // the signatures of the trait
impl OperationContext for Alone {
    fn node(&self) -> &str {
        "here"
    }
    fn run_id(&self) -> &str {
        "example"
    }
    fn cancelled(&self) -> bool {
        false
    }
    fn progress(&self, _: Progress) {}
    fn item(&self, _: Value) {}
    fn log(&self, _: &str) {}
    fn call(&self, node: &str, operation: &str, _: Value) -> Result<Value, OperationError> {
        let message = format!("{operation} on {node}: there is only this process");
        Err(OperationError::new(ErrorKind::Internal, message))
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [verb, output, compression, root, paths @ ..] = &arguments[..] else {
        eprintln!("usage: pack VERB OUTPUT COMPRESSION ROOT PATH...");
        return ExitCode::from(2);
    };
    let compression = match compression.as_str() {
        "gz" => Compression::Gz,
        "zst" => Compression::Zst,
        _ => Compression::None,
    };
    let delete = verb.ends_with("-delete");
    let mut bytes = 0;
    for path in paths {
        let (path, output, roots) = (path.clone(), Some(output.clone()), vec![root.clone()]);
        let done = if verb.starts_with("un") {
            let input = UnpackInput { path, output, roots, delete, ..UnpackInput::default() };
            Unpack.run(input, &Alone).map(|output| output.bytes)
        } else {
            let reread = verb.ends_with("-reread");
            let pack = PackInput { path, output, roots, ..PackInput::default() };
            let input = PackInput { compression, reread, delete, ..pack };
            Pack.run(input, &Alone).map(|output| output.bytes)
        };
        match done {
            Ok(length) => bytes += length,
            Err(error) => {
                eprintln!("{error}");
                return ExitCode::FAILURE;
            }
        }
    }
    println!("{bytes}");
    ExitCode::SUCCESS
}
