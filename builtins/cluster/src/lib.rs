//! Plans and what becomes of them: scheduler, transports, worker, journal, report.

pub mod error;
pub mod executor;
pub mod journal;
pub mod leases;
pub mod logs;
pub mod noop;
pub mod options;
pub mod plan;
pub mod protocol;
pub mod report;
pub mod run;
pub mod scheduler;
#[cfg(feature = "script")]
pub mod script;
pub mod transport;
mod turns;
pub mod worker;
