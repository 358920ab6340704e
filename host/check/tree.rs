//! Which function a part of a script belongs to.
//!
//! The syntax tree lists all functions and closures beside each other; a walk
//! visits their statements one after the other. A statement at the root of a
//! walk is told its function by its place.

use rhai::{AST, ASTNode, Position};

/// A function of a script.
pub(super) struct Known {
    pub name: String,
    pub parameters: Vec<String>,
    start: (usize, usize),
    /// Unknown for closures of one expression.
    end: Option<(usize, usize)>,
}

/// All functions of a script, closures included.
pub(super) struct Tree {
    pub functions: Vec<Known>,
}

impl Tree {
    pub(super) fn of(tree: &AST) -> Self {
        let functions = tree
            .iter_fn_def()
            .map(|f| Known {
                name: f.name.to_string(),
                parameters: f.params.iter().map(ToString::to_string).collect(),
                start: pair(f.body.start_position()).unwrap_or_default(),
                end: pair(f.body.end_position()),
            })
            .collect();
        Self { functions }
    }

    /// The function whose body the walk is in; `None` at the outermost level.
    pub(super) fn owner(&self, path: &[ASTNode<'_>]) -> Option<usize> {
        let at = pair(path.first()?.position())?;
        let around = self.functions.iter().enumerate().filter(|(_, f)| match f.end {
            Some(end) => f.start <= at && at <= end,
            None => f.start == at,
        });
        around.max_by_key(|(_, f)| f.start).map(|(index, _)| index)
    }

    /// The function of that name and number of parameters.
    pub(super) fn find(&self, name: &str, parameters: usize) -> Option<usize> {
        self.functions.iter().position(|f| f.name == name && f.parameters.len() == parameters)
    }
}

fn pair(position: Position) -> Option<(usize, usize)> {
    Some((position.line()?, position.position().unwrap_or(0)))
}
