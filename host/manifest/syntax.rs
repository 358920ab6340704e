//! From the text of a script to its literal constants.

use std::sync::LazyLock;

use rhai::{AST, Engine, OptimizationLevel, ParseErrorType, Position, Stmt};

use super::literal::{self, Literal, NotPlain};
use super::locate;
use super::reader::Faults;
use crate::diagnostic::{Diagnostic, Functions, parse_error};

/// Knows the grammar and nothing else: no builtin, no file.
static GRAMMAR: LazyLock<Engine> = LazyLock::new(|| {
    let mut engine = Engine::new_raw();
    // Without optimizing, every value keeps its own place.
    engine.set_optimization_level(OptimizationLevel::None);
    engine.set_max_expr_depths(EXPRESSION_DEPTH, EXPRESSION_DEPTH);
    engine
});

/// How deeply expressions may be nested, in debug and release builds alike.
pub(crate) const EXPRESSION_DEPTH: usize = 64;

/// The constants of a file.
pub(super) struct Constants {
    found: Vec<(String, Position, Result<Literal, Vec<NotPlain>>)>,
    variable: Option<Position>,
}

/// Parses a whole file and reads its constants.
pub(super) fn constants(file: &str, text: &str) -> Result<Constants, Vec<Diagnostic>> {
    parse(text, "").map_err(|(kind, position)| {
        vec![parse_error(&kind, position, file, text, &Functions::default())]
    })
}

/// The constants of a file up to `name`, without parsing what follows; faults
/// of the syntax after it are not noticed.
pub(super) fn constants_up_to(
    file: &str,
    text: &str,
    name: &'static str,
) -> Result<Constants, Vec<Diagnostic>> {
    if let Some(head) = locate::up_to_constant(text, name)
        && let Ok(constants) = parse(head, name)
    {
        return Ok(constants);
    }
    parse(text, name).map_err(|(kind, position)| {
        vec![parse_error(&kind, position, file, text, &Functions::default())]
    })
}

/// Whether a script declares a constant or variable of that name at its
/// outermost level.
pub(crate) fn declares(tree: &AST, name: &str) -> bool {
    tree.statements().iter().any(|s| matches!(s, Stmt::Var(parts, ..) if parts.0.name == name))
}

fn parse(text: &str, name: &str) -> Result<Constants, (ParseErrorType, Position)> {
    let tree = GRAMMAR.compile(text).map_err(|e| (e.err_type().clone(), e.position()))?;
    let statements = tree.statements();
    Ok(Constants {
        found: literal::constants(statements),
        variable: literal::declared_as_variable(statements, name),
    })
}

impl Constants {
    /// The value of a constant. If it is not plain, that is a fault.
    pub(super) fn get(&self, name: &str, faults: &mut Faults) -> Option<&Literal> {
        let (_, _, value) = self.found.iter().find(|(n, ..)| n == name)?;
        match value {
            Ok(literal) => Some(literal),
            Err(not_plain) => {
                for fault in not_plain {
                    faults.add(
                        Diagnostic::error(format!(
                            "{name} must be written as plain values, here is {}",
                            fault.what
                        ))
                        .help("write the value itself; nothing is run to read it"),
                        fault.position,
                    );
                }
                None
            }
        }
    }

    /// Whether there is such a constant, plain or not.
    pub(super) fn has(&self, name: &str) -> bool {
        self.found.iter().any(|(n, ..)| n == name)
    }

    /// Where the name stands as a variable instead.
    pub(super) fn variable(&self) -> Option<Position> {
        self.variable
    }
}
