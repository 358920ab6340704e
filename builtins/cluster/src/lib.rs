//! Plans and what becomes of them: scheduler, transports, worker, journal, report.

pub mod error;
pub mod executor;
pub mod plan;
pub mod protocol;
pub mod report;
pub mod run;
pub mod scheduler;
pub mod transport;
