//! How the errors of this crate look to scripts.

use super::Explain;
use crate::atomic::AtomicError;
use crate::clock::TimeError;
use crate::corrections::CorrectionsError;
use crate::guard::Refusal;
use crate::nodeset::{NextNodeError, NodeError};
use crate::operation::OperationError;
use crate::placeholder::{FillError, TemplateError};
use crate::quote::QuoteError;
use crate::ranges::{FloatRangeError, RangeError, SlotError};
use crate::words::SplitError;

/// Errors about a text that was typed wrongly.
macro_rules! input_errors {
    ($($error:ty => $help:expr),* $(,)?) => {$(
        impl Explain for $error {
            fn kind(&self) -> String {
                "input".to_string()
            }
            fn message(&self) -> String {
                self.to_string()
            }
            fn help(&self) -> Option<String> {
                ($help)(self)
            }
        }
    )*};
}

input_errors! {
    RangeError => RangeError::help,
    FloatRangeError => FloatRangeError::help,
    SlotError => |_: &SlotError| None,
    NodeError => NodeError::help,
    TimeError => TimeError::help,
    TemplateError => TemplateError::help,
    CorrectionsError => CorrectionsError::help,
    QuoteError => |_: &QuoteError| None,
    SplitError => |error: &SplitError| Some(error.help()),
}

impl Explain for NextNodeError {
    fn kind(&self) -> String {
        "unknown-node".to_string()
    }
    fn message(&self) -> String {
        self.to_string()
    }
    fn help(&self) -> Option<String> {
        self.help()
    }
}

/// Kind `unknown-year`, `unknown-observation` and so on.
impl Explain for FillError {
    fn kind(&self) -> String {
        match self {
            Self::Unknown { fact, .. } => format!("unknown-{}", fact.describe()),
            Self::Component { .. } => "input".to_string(),
        }
    }
    fn message(&self) -> String {
        self.to_string()
    }
    fn help(&self) -> Option<String> {
        self.help()
    }
}

impl Explain for AtomicError {
    fn kind(&self) -> String {
        self.kind().to_string()
    }
    fn message(&self) -> String {
        self.to_string()
    }
    fn help(&self) -> Option<String> {
        self.help()
    }
}

impl Explain for Refusal {
    fn kind(&self) -> String {
        OperationError::from(self.clone()).kind.to_string()
    }
    fn message(&self) -> String {
        self.to_string()
    }
    fn help(&self) -> Option<String> {
        OperationError::from(self.clone()).help
    }
}
