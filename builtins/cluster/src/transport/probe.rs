//! What `ledama doctor` tells about the way to a node: step by step, as data.

use serde::Serialize;

use super::Peer;
use super::failure::{Failure, Trail};

/// The steps to a worker, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// The address of the node is known to the resolver.
    Address,
    /// An sshd answers at its port.
    Port,
    /// The host key is the one in known_hosts.
    HostKey,
    /// A key of ours is accepted.
    Login,
    /// The worker is there, or could be put there, and answers.
    Worker,
    /// It is of this version.
    Version,
    /// Its clock agrees with ours.
    Clock,
}

/// How one step went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// The step.
    pub step: Step,
    /// Whether it went well.
    pub ok: bool,
    /// What was found, or what is wrong.
    pub message: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

/// What was found on the way to one node. Steps after a failed one were not
/// tried and are absent.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Probe {
    /// The node.
    pub node: String,
    /// In order.
    pub checks: Vec<Check>,
    /// What the worker said about itself.
    pub peer: Option<Peer>,
    /// How far its clock is before ours, s.
    pub clock_ahead_s: Option<f64>,
    /// Time until the worker was ready, s.
    pub connect_s: f64,
}

impl Probe {
    /// True when every step went well.
    pub fn ok(&self) -> bool {
        self.checks.iter().all(|check| check.ok)
    }
}

/// A clock that is wrong by more makes times of files and logs misleading, s.
const CLOCK_TOLERANCE_S: f64 = 2.0;

/// The checks that a trail and a failure amount to.
pub(super) fn checks(trail: Trail, failure: Option<&Failure>) -> Vec<Check> {
    let mut checks: Vec<Check> = trail
        .0
        .into_iter()
        .map(|(step, message)| Check { step, ok: true, message, help: None })
        .collect();
    if let Some(failure) = failure {
        checks.retain(|check| check.step != failure.step);
        checks.push(Check {
            step: failure.step,
            ok: false,
            message: failure.message.clone(),
            help: failure.help.clone(),
        });
    }
    checks
}

/// The check of a node's clock, known to `exact_s`.
pub(super) fn clock_check(ahead_s: f64, exact_s: f64) -> Check {
    let ok = ahead_s.abs() <= CLOCK_TOLERANCE_S + exact_s;
    let side = if ahead_s < 0.0 { "behind" } else { "ahead" };
    Check {
        step: Step::Clock,
        ok,
        message: if ok { "agrees".into() } else { format!("{:.1} s {side}", ahead_s.abs()) },
        help: (!ok).then(|| "let an NTP client set the clocks of the node and of this host".into()),
    }
}
