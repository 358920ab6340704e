//! Sets the modes of trees as the operation `trees.chmod` does on a node, and
//! nothing besides: what the benchmarks measure.
//!
//!     chmod MODE ROOT TREE...

use std::process::ExitCode;

use ledama_base::operation::{Operation, OperationContext, OperationError, Progress};
use ledama_trees::permissions::{Chmod, ChmodInput};
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
    fn item(&self, item: Value) {
        eprintln!("{item}");
    }
    fn log(&self, _: &str) {}
    fn call(&self, node: &str, operation: &str, _: Value) -> Result<Value, OperationError> {
        let message = format!("{operation} on {node}: there is only this process");
        Err(OperationError::new(ledama_base::operation::ErrorKind::Internal, message))
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [mode, root, trees @ ..] = &arguments[..] else {
        eprintln!("usage: chmod MODE ROOT TREE...");
        return ExitCode::from(2);
    };
    let (mut changed, mut unchanged) = (0, 0);
    for tree in trees {
        let input = ChmodInput {
            path: tree.clone(),
            roots: vec![root.clone()],
            mode: Some(mode.clone()),
            recursive: true,
            ..ChmodInput::default()
        };
        match Chmod.run(input, &Alone) {
            Ok(output) => {
                changed += output.changed;
                unchanged += output.unchanged;
            }
            Err(error) => {
                eprintln!("{error}");
                return ExitCode::FAILURE;
            }
        }
    }
    println!("{changed} {unchanged}");
    ExitCode::SUCCESS
}
