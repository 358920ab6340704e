//! Plain values in a script, with the place of each, read from the syntax
//! tree: nothing is executed to learn what a module declares.

use std::collections::BTreeMap;

use rhai::{ASTFlags, ASTNode, Dynamic, Expr, Position, Stmt};

/// A plain value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Literal {
    /// The value.
    pub value: Plain,
    /// Where it begins.
    pub position: Position,
}

/// What can be written without running anything.
#[derive(Debug, Clone, PartialEq)]
pub enum Plain {
    /// `()`
    Nothing,
    /// `true`
    Bool(bool),
    /// `1`
    Int(i64),
    /// `1.5`
    Float(f64),
    /// `"text"`, also glued with `+`
    Text(String),
    /// `[…]`
    Array(Vec<Literal>),
    /// `#{…}`
    Map(Vec<Entry>),
}

/// One entry of a map.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its key.
    pub key: String,
    /// Where the key stands.
    pub position: Position,
    /// Its value.
    pub value: Literal,
}

/// Something that is no plain value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct NotPlain {
    /// What it is, such as "a call of `len`".
    pub what: String,
    /// Where.
    pub position: Position,
}

impl Plain {
    /// What kind of value it is, for messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Bool(_) => "a truth value",
            Self::Int(_) => "a whole number",
            Self::Float(_) => "a number",
            Self::Text(_) => "a text",
            Self::Array(_) => "an array",
            Self::Map(_) => "a map",
        }
    }
}

/// The constants at the outermost level of a script, in order: name, place of
/// the name, and value or what is not plain about it.
pub(super) fn constants(
    statements: &[Stmt],
) -> Vec<(String, Position, Result<Literal, Vec<NotPlain>>)> {
    let mut known: BTreeMap<String, Literal> = BTreeMap::new();
    let mut found = Vec::new();
    for statement in statements {
        let Stmt::Var(parts, flags, _) = statement else { continue };
        if !flags.contains(ASTFlags::CONSTANT) {
            continue;
        }
        let (name, expression, _) = &**parts;
        let mut faults = Vec::new();
        let literal = read(expression, &known, &mut faults);
        let value = match literal {
            Some(literal) if faults.is_empty() => {
                known.insert(name.name.to_string(), literal.clone());
                Ok(literal)
            }
            _ => Err(faults),
        };
        found.push((name.name.to_string(), name.pos, value));
    }
    found
}

/// Reads one expression; what is not plain is added to `faults`.
fn read(
    expression: &Expr,
    known: &BTreeMap<String, Literal>,
    faults: &mut Vec<NotPlain>,
) -> Option<Literal> {
    let position = expression.start_position();
    let value = match expression {
        Expr::Unit(_) => Plain::Nothing,
        Expr::BoolConstant(value, _) => Plain::Bool(*value),
        Expr::IntegerConstant(value, _) => Plain::Int(*value),
        Expr::FloatConstant(value, _) => Plain::Float(**value),
        Expr::StringConstant(value, _) => Plain::Text(value.to_string()),
        Expr::CharConstant(value, _) => Plain::Text(value.to_string()),
        Expr::DynamicConstant(value, _) => match from_dynamic(value, position) {
            Some(value) => value,
            None => return refuse(expression, position, faults),
        },
        Expr::Array(elements, _) => {
            let read: Vec<_> = elements.iter().map(|e| read(e, known, faults)).collect();
            Plain::Array(read.into_iter().collect::<Option<_>>()?)
        }
        Expr::Map(entries, _) => {
            let read: Vec<_> = entries
                .0
                .iter()
                .map(|(key, value)| {
                    let value = read(value, known, faults)?;
                    Some(Entry { key: key.name.to_string(), position: key.pos, value })
                })
                .collect();
            Plain::Map(read.into_iter().collect::<Option<_>>()?)
        }
        Expr::Variable(parts, ..) if parts.2.is_empty() => match known.get(parts.1.as_str()) {
            Some(literal) => literal.value.clone(),
            None => return refuse(expression, position, faults),
        },
        Expr::FnCall(call, _) if call.is_operator_call() => {
            let arguments: Vec<_> = call.args.iter().map(|a| read(a, known, faults)).collect();
            let arguments: Vec<_> = arguments.into_iter().collect::<Option<_>>()?;
            match apply(&call.name, &arguments) {
                Some(value) => value,
                None => return refuse(expression, position, faults),
            }
        }
        _ => return refuse(expression, position, faults),
    };
    Some(Literal { value, position })
}

fn refuse(expression: &Expr, position: Position, faults: &mut Vec<NotPlain>) -> Option<Literal> {
    let what = match expression {
        Expr::FnCall(call, _) if call.is_operator_call() => {
            format!("a computation with `{}`", call.name)
        }
        Expr::FnCall(call, _) | Expr::MethodCall(call, _) => format!("a call of `{}`", call.name),
        Expr::Dot(parts, ..) => match &parts.rhs {
            Expr::MethodCall(call, _) => format!("a call of `{}`", call.name),
            _ => "a property".to_string(),
        },
        Expr::Variable(parts, ..) => format!("the variable `{}`", parts.1),
        Expr::InterpolatedString(..) => "a text with `${…}`".to_string(),
        _ => "an expression".to_string(),
    };
    faults.push(NotPlain { what, position });
    None
}

/// Texts and numbers may be glued with `+`, numbers negated, arrays joined.
fn apply(operator: &str, arguments: &[Literal]) -> Option<Plain> {
    let values: Vec<_> = arguments.iter().map(|a| &a.value).collect();
    match (operator, values.as_slice()) {
        ("+", [Plain::Text(a), Plain::Text(b)]) => Some(Plain::Text(format!("{a}{b}"))),
        ("+", [Plain::Int(a), Plain::Int(b)]) => a.checked_add(*b).map(Plain::Int),
        ("+", [Plain::Array(a), Plain::Array(b)]) => {
            Some(Plain::Array(a.iter().chain(b).cloned().collect()))
        }
        ("*", [Plain::Int(a), Plain::Int(b)]) => a.checked_mul(*b).map(Plain::Int),
        ("-", [Plain::Int(a)]) => a.checked_neg().map(Plain::Int),
        ("-", [Plain::Float(a)]) => Some(Plain::Float(-a)),
        _ => None,
    }
}

/// The parser folds some constants by itself.
fn from_dynamic(value: &Dynamic, position: Position) -> Option<Plain> {
    let literal = |v: &Dynamic| Some(Literal { value: from_dynamic(v, position)?, position });
    if value.is_unit() {
        return Some(Plain::Nothing);
    }
    if let Ok(value) = value.as_bool() {
        return Some(Plain::Bool(value));
    }
    if let Ok(value) = value.as_int() {
        return Some(Plain::Int(value));
    }
    if let Ok(value) = value.as_float() {
        return Some(Plain::Float(value));
    }
    if let Some(value) = value.read_lock::<rhai::Array>() {
        return Some(Plain::Array(value.iter().map(literal).collect::<Option<_>>()?));
    }
    if let Some(value) = value.read_lock::<rhai::Map>() {
        let entries = value.iter().map(|(key, value)| {
            Some(Entry { key: key.to_string(), position, value: literal(value)? })
        });
        return Some(Plain::Map(entries.collect::<Option<_>>()?));
    }
    value.clone().into_string().ok().map(Plain::Text)
}

/// Whether a name is declared with `let` instead of `const`.
pub(super) fn declared_as_variable(statements: &[Stmt], wanted: &str) -> Option<Position> {
    statements.iter().find_map(|statement| match statement {
        Stmt::Var(parts, flags, _)
            if !flags.contains(ASTFlags::CONSTANT) && parts.0.name == wanted =>
        {
            Some(ASTNode::Stmt(statement).position())
        }
        _ => None,
    })
}
