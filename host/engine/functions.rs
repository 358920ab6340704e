//! Every function a script can call, as data: for `check`, for hints in
//! errors, for the manual and for completion. Read from the engine itself, so
//! it cannot lag behind.

use rhai::Engine;
use serde::Deserialize;
use std::collections::BTreeMap;

use crate::diagnostic::plain_type;

/// Functions the language handles itself; the engine does not list them.
const KEYWORDS: [(&str, usize); 9] = [
    ("print", 1),
    ("debug", 1),
    ("type_of", 1),
    ("Fn", 1),
    ("is_def_var", 1),
    ("is_def_fn", 2),
    ("is_def_fn", 3),
    ("is_shared", 1),
    ("exit", 1),
];

/// Kinds of numbers that scripts do not have.
const OTHER_NUMBERS: [&str; 12] =
    ["i8", "u8", "i16", "u16", "i32", "u32", "u64", "i128", "u128", "f32", "isize", "usize"];

/// Types that belong to the language.
pub const PLAIN_TYPES: [&str; 12] = [
    "int", "float", "text", "bool", "char", "array", "map", "blob", "function", "any", "()",
    "Range",
];

/// One function, getter or setter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// Namespace such as `reffile`; empty for global functions.
    pub namespace: String,
    /// Its name; the property's name for getters and setters.
    pub name: String,
    /// What it is.
    pub role: Role,
    /// Parameters in order, the value a method is called on first.
    pub parameters: Vec<Parameter>,
    /// What it returns, in words of scripts.
    pub returns: String,
    /// Its description, without comment marks.
    pub doc: String,
    /// Whether it can be called without its namespace, as methods are.
    pub global: bool,
    /// Whether it belongs to the language's own library.
    pub standard: bool,
}

/// How a function is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// `f(x)`, `x.f()`.
    Call,
    /// `x.f`.
    Getter,
    /// `x.f = y`.
    Setter,
    /// `x[y]`.
    Indexer,
    /// `x + y` and the like.
    Operator,
}

/// One parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// Its name, if it has one.
    pub name: String,
    /// Its type in words of scripts.
    pub kind: String,
}

impl Function {
    /// `reffile::open(path: text) -> RefFile`, or `file.len -> int` for a getter.
    pub fn signature(&self) -> String {
        let shown = |p: &Parameter| match p.name.as_str() {
            "" => p.kind.clone(),
            name => format!("{name}: {}", p.kind),
        };
        let returns = match self.returns.as_str() {
            "" | "()" => String::new(),
            kind => format!(" -> {kind}"),
        };
        match self.role {
            Role::Getter => {
                let owner = self.parameters.first().map_or("", |p| p.kind.as_str());
                format!("{owner}.{}{returns}", self.name)
            }
            Role::Setter => {
                let owner = self.parameters.first().map_or("", |p| p.kind.as_str());
                let value = self.parameters.get(1).map_or("", |p| p.kind.as_str());
                format!("{owner}.{} = {value}", self.name)
            }
            Role::Call | Role::Operator | Role::Indexer => {
                let (head, parameters) = match self.parameters.split_first() {
                    Some((owner, rest)) if self.is_method() => (format!("{}.", owner.kind), rest),
                    _ if self.namespace.is_empty() => (String::new(), &self.parameters[..]),
                    _ => (format!("{}::", self.namespace), &self.parameters[..]),
                };
                let parameters: Vec<_> = parameters.iter().map(shown).collect();
                format!("{head}{}({}){returns}", self.name, parameters.join(", "))
            }
        }
    }

    /// Whether it is meant to be called as `value.name(…)`: what builtins do
    /// with the handles they give out.
    pub fn is_method(&self) -> bool {
        let plain = |kind: &str| PLAIN_TYPES.contains(&kind);
        self.global
            && !self.standard
            && self.role == Role::Call
            && self.parameters.first().is_some_and(|p| !plain(&p.kind))
    }
}

/// All functions of an engine.
#[derive(Debug, Clone, Default)]
pub struct Functions {
    all: Vec<Function>,
    namespaces: Vec<String>,
    docs: BTreeMap<String, String>,
}

impl Functions {
    /// The functions registered in `engine`, the standard library included.
    pub fn of(engine: &Engine) -> Self {
        // The engine writes this itself; a parse error would be a change of
        // its format, which the tests of this file notice.
        let read = |standard| {
            engine
                .gen_fn_metadata_to_json(standard)
                .ok()
                .and_then(|json| serde_json::from_str::<Module>(&json).ok())
                .unwrap_or_default()
        };
        let ours = read(false);
        let mut functions = Self::default();
        for function in &read(true).functions {
            let standard = !ours.functions.contains(function);
            functions.all.push(function.convert("", standard));
        }
        for (name, module) in ours.modules {
            functions.add_module(&name, &module);
        }
        for (name, arity) in KEYWORDS {
            functions.all.push(keyword(name, arity));
        }
        // The language also serves numbers that no script has.
        functions.all.retain(|f| {
            !f.standard || f.parameters.iter().all(|p| !OTHER_NUMBERS.contains(&p.kind.as_str()))
        });
        // The engine lists functions in the order of its hash tables.
        functions.all.sort_by_cached_key(|f| (f.namespace.clone(), f.name.clone(), f.signature()));
        functions
    }

    /// These functions and more, such as those of a script.
    #[must_use]
    pub fn with(mut self, more: impl IntoIterator<Item = Function>) -> Self {
        self.all.extend(more);
        self
    }

    fn add_module(&mut self, name: &str, module: &Module) {
        self.namespaces.push(name.to_string());
        self.docs.insert(name.to_string(), module.doc.clone());
        self.all.extend(module.functions.iter().map(|f| f.convert(name, false)));
        for (inner, module) in &module.modules {
            self.add_module(&format!("{name}::{inner}"), module);
        }
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Function> {
        self.all.iter()
    }

    /// Names of the namespaces.
    pub fn namespaces(&self) -> impl Iterator<Item = &str> {
        self.namespaces.iter().map(String::as_str)
    }

    /// What a namespace is about.
    pub fn namespace_doc(&self, namespace: &str) -> &str {
        self.docs.get(namespace).map_or("", String::as_str)
    }

    /// Whether anything can be called by this name.
    pub fn has_name(&self, name: &str) -> bool {
        self.all.iter().any(|f| f.role == Role::Call && f.name == name)
    }

    /// The functions that `namespace::name(…)` could mean; for an empty
    /// namespace those that `name(…)` or `x.name(…)` could mean.
    pub fn named<'a>(
        &'a self,
        namespace: &'a str,
        name: &'a str,
    ) -> impl Iterator<Item = &'a Function> {
        self.reachable(namespace).filter(move |f| f.name == name)
    }

    /// All names that could stand instead, for suggestions.
    pub fn names<'a>(&'a self, namespace: &'a str) -> impl Iterator<Item = &'a str> {
        self.reachable(namespace).map(|f| f.name.as_str())
    }

    /// Getters of a type, or of all types.
    pub fn getters<'a>(&'a self, owner: Option<&'a str>) -> impl Iterator<Item = &'a Function> {
        self.all.iter().filter(move |f| {
            f.role == Role::Getter
                && owner.is_none_or(|o| f.parameters.first().is_some_and(|p| p.kind == o))
        })
    }

    fn reachable<'a>(&'a self, namespace: &'a str) -> impl Iterator<Item = &'a Function> {
        self.all.iter().filter(move |f| {
            f.role == Role::Call && (f.namespace == namespace || (namespace.is_empty() && f.global))
        })
    }
}

fn keyword(name: &str, arity: usize) -> Function {
    Function {
        namespace: String::new(),
        name: name.to_string(),
        role: Role::Call,
        parameters: vec![Parameter { name: String::new(), kind: "any".to_string() }; arity],
        returns: String::new(),
        doc: String::new(),
        global: true,
        standard: true,
    }
}

/// The engine's own description of a module.
#[derive(Debug, Default, Deserialize)]
struct Module {
    #[serde(default)]
    doc: String,
    #[serde(default)]
    modules: BTreeMap<String, Module>,
    #[serde(default)]
    functions: Vec<Metadata>,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    namespace: String,
    name: String,
    num_params: usize,
    full_hash: u64,
    #[serde(default)]
    params: Vec<Param>,
    #[serde(default)]
    return_type: String,
    #[serde(default)]
    doc_comments: Vec<String>,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Param {
    #[serde(default)]
    name: Option<String>,
    #[serde(default, rename = "type")]
    kind: Option<String>,
}

impl Metadata {
    fn convert(&self, namespace: &str, standard: bool) -> Function {
        let (role, name) = role(&self.name);
        let mut parameters: Vec<_> = self
            .params
            .iter()
            .map(|p| Parameter {
                name: p.name.clone().unwrap_or_default(),
                kind: plain_type(p.kind.as_deref().unwrap_or("?")),
            })
            .collect();
        // Functions registered without names still have their number of parameters.
        while parameters.len() < self.num_params {
            parameters.push(Parameter { name: String::new(), kind: "any".to_string() });
        }
        Function {
            namespace: namespace.to_string(),
            name: name.to_string(),
            role,
            parameters,
            returns: match self.return_type.as_str() {
                "" => "()".to_string(),
                kind => plain_type(kind),
            },
            doc: doc_text(&self.doc_comments),
            global: namespace.is_empty() || self.namespace == "global",
            standard,
        }
    }
}

fn role(name: &str) -> (Role, &str) {
    if let Some(property) = name.strip_prefix("get$") {
        (Role::Getter, property)
    } else if let Some(property) = name.strip_prefix("set$") {
        (Role::Setter, property)
    } else if name.starts_with("index$") {
        (Role::Indexer, name)
    } else if name.starts_with(|c: char| c.is_alphabetic() || c == '_') {
        (Role::Call, name)
    } else {
        (Role::Operator, name)
    }
}

/// Comment lines without their marks.
pub(crate) fn doc_text(comments: &[impl AsRef<str>]) -> String {
    let mut lines = Vec::new();
    for comment in comments {
        for line in comment.as_ref().lines() {
            let line = line.trim_start();
            let line =
                line.strip_prefix("///").or_else(|| line.strip_prefix("//!")).unwrap_or(line);
            lines.push(line.strip_prefix(' ').unwrap_or(line).trim_end().to_string());
        }
    }
    lines.join("\n").trim().to_string()
}
