//! The contract of a native operation.
//!
//! An operation is a named function with typed input and output that runs
//! *on the node that holds the data*, inside `ledama worker`. Each area crate
//! defines its own; the host gathers them in one [`Registry`] that the worker,
//! local execution and the tests share. The trait stands in this lowest crate
//! so that areas below `cluster` can define operations without knowing how
//! they are distributed.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Environment variable with the id of the run, in everything a worker starts.
pub const RUN_ID_VARIABLE: &str = "LEDAMA_RUN_ID";

/// What an operation may do to its node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Looks only; a dry run executes it for real.
    Reads,
    /// Looks only, but at so much that a dry run shows it and stops.
    ReadsMuch,
    /// Changes data; a dry run shows it and stops.
    Changes,
}

/// Why an operation or a command failed, in a form that scripts and the
/// journal can test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ErrorKind {
    /// The input is wrong; trying again cannot help.
    Input,
    /// The file or folder is not there.
    NotFound,
    /// Something is in the way that must not be overwritten.
    Exists,
    /// The account may not do this.
    Permission,
    /// The disk is full, or would be.
    NoSpace,
    /// The file system is mounted read-only.
    ReadOnly,
    /// The source changed while it was read.
    Changed,
    /// What arrived is not what was sent.
    Corrupt,
    /// A guard refused the action (see `guard`).
    Refused,
    /// The node, its worker or a channel to it was lost. The only kind that is retried.
    Connection,
    /// The time allowed for the task ran out.
    TimeOut,
    /// The run was interrupted.
    Cancelled,
    /// A command ended with a status that its result rule calls a failure.
    Status,
    /// Any other input or output error.
    Io,
    /// A fault of this program.
    Internal,
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::Input => "input",
            Self::NotFound => "not-found",
            Self::Exists => "exists",
            Self::Permission => "permission",
            Self::NoSpace => "no-space",
            Self::ReadOnly => "read-only",
            Self::Changed => "changed",
            Self::Corrupt => "corrupt",
            Self::Refused => "refused",
            Self::Connection => "connection",
            Self::TimeOut => "time-out",
            Self::Cancelled => "cancelled",
            Self::Status => "status",
            Self::Io => "io",
            Self::Internal => "internal",
        };
        f.write_str(text)
    }
}

/// The failure of one operation: what, where, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct OperationError {
    /// The class of the failure.
    pub kind: ErrorKind,
    /// What happened and to which file; one sentence without a final dot.
    pub message: String,
    /// What the user can do, when there is something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

impl OperationError {
    /// A failure of the given kind.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), help: None }
    }

    /// The same failure with advice.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The failure of a system call on `what` (a path in text form, see `rawtext`).
    pub fn io(what: impl fmt::Display, error: &std::io::Error) -> Self {
        use std::io::ErrorKind as K;
        let kind = match error.kind() {
            K::NotFound => ErrorKind::NotFound,
            K::PermissionDenied => ErrorKind::Permission,
            K::AlreadyExists => ErrorKind::Exists,
            K::StorageFull | K::QuotaExceeded => ErrorKind::NoSpace,
            K::ReadOnlyFilesystem => ErrorKind::ReadOnly,
            _ => ErrorKind::Io,
        };
        Self::new(kind, format!("{what}: {}", describe_io(error)))
    }
}

/// The text of a system error without Rust's "(os error N)".
fn describe_io(error: &std::io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error ") {
        Some(at) => text[..at].to_string(),
        None => text,
    }
}

/// How far a task is, in units of its own (bytes for transfers).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Progress {
    /// Done so far.
    pub done: u64,
    /// All there is to do; 0 when unknown.
    pub total: u64,
}

/// A program that an operation starts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProgramCall {
    /// Program and arguments in text form (see `rawtext`).
    pub argv: Vec<String>,
    /// Working folder; the home folder if absent.
    pub folder: Option<String>,
    /// Added to the environment.
    pub env: BTreeMap<String, String>,
}

/// Which of its two streams a program has written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

/// How a program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProgramEnd {
    /// With this status.
    Status(i32),
    /// By this signal.
    Signal(i32),
}

/// What a running operation may ask of its surroundings.
///
/// The context is shared by all threads of one operation.
pub trait OperationContext: Sync {
    /// The node it runs on, by its configured name.
    fn node(&self) -> &str;

    /// The id of the run it belongs to; names of temporary files contain it.
    fn run_id(&self) -> &str;

    /// True once the run was interrupted or the task timed out: return
    /// [`ErrorKind::Cancelled`] soon and clean up what is half done.
    fn cancelled(&self) -> bool;

    /// Reports progress; cheap, may be called often (it is thinned out).
    fn progress(&self, progress: Progress);

    /// Sends one element of a large result at once instead of with the
    /// output; the report lists them in order. Blocks while the host is slow.
    fn item(&self, item: Value);

    /// Writes a line to the log of the task, if it has one.
    fn log(&self, line: &str);

    /// Runs another operation on another node through the launching host and
    /// waits for its output. Used by transfers to start their sending side;
    /// it does not count against the limits of that node. When this task is
    /// cancelled, so is the called one.
    fn call(&self, node: &str, operation: &str, input: Value) -> Result<Value, OperationError>;

    /// Starts a program, shows `hear` what it says as it comes, also in the log
    /// of the task, and waits for its end. When the task is cancelled, the
    /// program and all that it has started is stopped; its end is then told
    /// as that of any other.
    ///
    /// # Errors
    /// When it cannot be started; also where the surroundings start no programs.
    fn program(
        &self,
        call: &ProgramCall,
        _hear: &mut dyn FnMut(Stream, &[u8]),
    ) -> Result<ProgramEnd, OperationError> {
        let program = call.argv.first().map_or("", String::as_str);
        Err(OperationError::new(ErrorKind::Internal, format!("`{program}` cannot be started here")))
    }

    /// [`ErrorKind::Cancelled`] if [`cancelled`](Self::cancelled), for use with `?`.
    fn check(&self) -> Result<(), OperationError> {
        if self.cancelled() {
            return Err(OperationError::new(ErrorKind::Cancelled, "interrupted"));
        }
        Ok(())
    }
}

/// A native function that runs on a node.
pub trait Operation: Send + Sync + 'static {
    /// Area and verb, such as `ms.scan`.
    const NAME: &'static str;
    /// Whether it changes anything.
    const EFFECT: Effect;
    /// What it does to what its task is about, as a plan tells it: `delete`.
    const VERB: &'static str = Self::NAME;
    /// What it is told. Unknown fields should be refused (`deny_unknown_fields`).
    type Input: Serialize + DeserializeOwned + Send;
    /// What it answers.
    type Output: Serialize + DeserializeOwned + Send;

    /// What it does in one line, as a plan tells it, where verb and label of
    /// the task do not tell enough.
    fn show(_input: &Self::Input) -> Option<String> {
        None
    }

    /// Does the work. Must not print and must not exit the process.
    fn run(
        &self,
        input: Self::Input,
        ctx: &dyn OperationContext,
    ) -> Result<Self::Output, OperationError>;
}

/// Takes over what tasks answer, one by one as they end: answers that are too
/// large to be held until the end of a run, or that must outlive an
/// interruption.
pub trait Keep: Send + Sync {
    /// Takes what a task that is done has answered. What is left in `value`
    /// and `items` goes into the report; an error makes the task a failed one.
    fn keep(
        &self,
        node: &str,
        value: &mut Value,
        items: &mut Vec<Value>,
    ) -> Result<(), OperationError>;
}

/// An [`Operation`] behind JSON, as the worker sees it.
pub trait ErasedOperation: Send + Sync {
    /// See [`Operation::NAME`].
    fn name(&self) -> &'static str;
    /// See [`Operation::EFFECT`].
    fn effect(&self) -> Effect;
    /// See [`Operation::VERB`].
    fn verb(&self) -> &'static str;
    /// Decodes the input, runs, encodes the output.
    fn run_json(&self, input: Value, ctx: &dyn OperationContext) -> Result<Value, OperationError>;
    /// What it would do, as a plan tells it; see [`Operation::show`].
    fn show(&self, input: &Value) -> Option<String>;
    /// Checks that `input` would be accepted, without running anything.
    fn accepts(&self, input: &Value) -> Result<(), OperationError>;
}

impl<O: Operation> ErasedOperation for O {
    fn name(&self) -> &'static str {
        O::NAME
    }

    fn effect(&self) -> Effect {
        O::EFFECT
    }

    fn verb(&self) -> &'static str {
        O::VERB
    }

    fn run_json(&self, input: Value, ctx: &dyn OperationContext) -> Result<Value, OperationError> {
        let input = decode::<O>(input)?;
        let output = self.run(input, ctx)?;
        serde_json::to_value(output).map_err(|e| {
            OperationError::new(ErrorKind::Internal, format!("result of `{}`: {e}", O::NAME))
        })
    }

    fn show(&self, input: &Value) -> Option<String> {
        O::show(&decode::<O>(input.clone()).ok()?)
    }

    fn accepts(&self, input: &Value) -> Result<(), OperationError> {
        decode::<O>(input.clone()).map(drop)
    }
}

fn decode<O: Operation>(input: Value) -> Result<O::Input, OperationError> {
    serde_json::from_value(input).map_err(|e| {
        OperationError::new(ErrorKind::Input, format!("input of operation `{}`: {e}", O::NAME))
    })
}

/// All operations this program knows, by name.
#[derive(Default)]
pub struct Registry {
    operations: BTreeMap<&'static str, Box<dyn ErasedOperation>>,
}

impl Registry {
    /// An empty registry.
    pub fn new() -> Self {
        Self::default()
    }

    /// The registry with one more operation.
    #[must_use]
    pub fn with<O: Operation>(mut self, operation: O) -> Self {
        self.operations.insert(O::NAME, Box::new(operation));
        self
    }

    /// The operation of that name.
    pub fn get(&self, name: &str) -> Option<&dyn ErasedOperation> {
        self.operations.get(name).map(AsRef::as_ref)
    }

    /// All names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.operations.keys().copied()
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.operations.keys()).finish()
    }
}
