//! Where functions begin and end, so that a place tells the function it is in.

use rhai::{AST, Position};

/// A function of a script.
pub(super) struct Known {
    pub name: String,
    pub parameters: Vec<String>,
    start: (usize, usize),
    end: (usize, usize),
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
                end: pair(f.body.end_position()).unwrap_or((usize::MAX, 0)),
            })
            .collect();
        Self { functions }
    }

    /// The innermost function around a place.
    pub(super) fn around(&self, position: Position) -> Option<usize> {
        let at = pair(position)?;
        let around = self.functions.iter().enumerate().filter(|(_, f)| f.start <= at && at <= f.end);
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
