//! The operation `monitor.processes`: what runs on a node, selected.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::time::{Duration, Instant};

use ledama_base::clock::utc_text;
use ledama_base::operation::{
    Effect, ErrorKind, Operation, OperationContext, OperationError, RUN_ID_VARIABLE,
};
use ledama_base::{quote, rawtext};
use serde::{Deserialize, Serialize};

use super::accounts::{Names, uid_of};
use super::family::Family;
use super::identity::{Clock, Identity, boot_id};
use super::protect::Protection;
use super::rates::{self, Reading};
use super::select::Words;
use super::table::{self, Process};

/// Lists processes of a node.
#[derive(Debug, Clone, Copy, Default)]
pub struct List;

/// Which ones. Dead processes, threads of the kernel and the own processes of
/// the run (worker, launching program, what they came from and have started)
/// are never listed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ListInput {
    /// Words in text form that must all occur in the command line.
    pub words: Vec<String>,
    /// The words are regular expressions.
    pub regex: bool,
    /// Only what this run of ledama has started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_id: Option<String>,
    /// Only those of this account, a name or a number; of the own one if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Those of all accounts.
    pub all_accounts: bool,
    /// How long to watch the use of the processor, milliseconds; with 0 it is
    /// the mean since the start of a process.
    pub interval_ms: u64,
    /// The launching program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub launcher: Option<Identity>,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ListOutput {
    /// With it and the number and start of a process that process can be meant
    /// again (see [`Identity`]).
    pub boot_id: String,
    /// By number.
    pub processes: Vec<ProcessInfo>,
}

/// A process as it is shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProcessInfo {
    /// Its number.
    pub pid: i32,
    /// When it started, in clock ticks since the node did.
    pub start_ticks: u64,
    /// When it started, UTC.
    pub started: String,
    /// Seconds since then.
    pub elapsed_s: u64,
    /// The account that started it.
    pub uid: u32,
    /// Its whole name; the number where it has none.
    pub user: String,
    /// The letter of its state: `R` running, `S` sleeping, `D` in the kernel, `T` stopped.
    pub state: char,
    /// Number of its parent.
    pub parent: i32,
    /// Threads.
    pub threads: u64,
    /// Percent of one hardware thread.
    pub cpu_percent: f64,
    /// Processor time since its start, seconds.
    pub cpu_s: f64,
    /// Resident memory, bytes.
    pub memory_bytes: u64,
    /// The same in percent of the memory of the node.
    pub memory_percent: f64,
    /// The run of ledama that started it, as far as the account may know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_id: Option<String>,
    /// Its command line, ready to be shown: control characters are escaped.
    pub command: String,
    /// Its arguments in text form.
    pub arguments: Vec<String>,
    /// Why it can never be ended, if so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stays: Option<String>,
}

impl Operation for List {
    const NAME: &'static str = "monitor.processes";
    const VERB: &'static str = "list processes of";
    const EFFECT: Effect = Effect::Reads;
    type Input = ListInput;
    type Output = ListOutput;

    fn run(
        &self,
        input: ListInput,
        ctx: &dyn OperationContext,
    ) -> Result<ListOutput, OperationError> {
        let all = table::processes();
        let family = Family::new(input.launcher.as_ref()).among(&all);
        let processes = chosen(&input, all, &family, ctx)?;
        Ok(ListOutput { boot_id: boot_id(), processes })
    }
}

/// The wanted ones of all processes, without the family.
pub(super) fn chosen(
    input: &ListInput,
    all: Vec<Process>,
    family: &HashSet<i32>,
    ctx: &dyn OperationContext,
) -> Result<Vec<ProcessInfo>, OperationError> {
    let wanted = Wanted::new(input)?;
    let mut chosen = Vec::new();
    for process in all {
        if family.contains(&process.pid) || !wanted.is(&process) {
            continue;
        }
        let run_id = run_of(process.pid);
        if input.run_id.is_none() || input.run_id == run_id {
            chosen.push((process, run_id));
        }
    }
    let before: Vec<Option<Reading>> =
        chosen.iter().map(|(process, _)| Reading::of(process.pid)).collect();
    if !chosen.is_empty() {
        pause(Duration::from_millis(input.interval_ms), ctx)?;
    }
    let (clock, memory) = (Clock::read(), table::memory_bytes());
    let mut show = Show { clock, memory, names: Names::default() };
    let shown = chosen.into_iter().zip(before).filter_map(|((process, run_id), before)| {
        // What has ended meanwhile is no longer there to be shown.
        let after = Reading::of(process.pid).filter(|after| {
            after.stat.start_ticks == process.stat.start_ticks && !after.stat.is_dead()
        })?;
        let rate = before.filter(|_| input.interval_ms > 0);
        Some(show.process(&process, run_id, rate.as_ref(), &after))
    });
    Ok(shown.collect())
}

/// The conditions but the run, which costs another file for each process.
struct Wanted {
    words: Words,
    /// No account: all of them.
    uid: Option<u32>,
}

impl Wanted {
    fn new(input: &ListInput) -> Result<Self, OperationError> {
        if input.run_id.as_deref() == Some("") {
            return Err(OperationError::new(ErrorKind::Input, "an empty text is no id of a run"));
        }
        let words = Words::new(&input.words, input.regex)?;
        let uid = match &input.account {
            _ if input.all_accounts => None,
            Some(account) => Some(uid_of(account)?),
            None => Some(rustix::process::getuid().as_raw()),
        };
        Ok(Self { words, uid })
    }

    fn is(&self, process: &Process) -> bool {
        !process.stat.kernel
            && !process.stat.is_dead()
            && self.uid.is_none_or(|uid| uid == process.uid)
            && self.words.are_in(&process.command_line())
    }
}

fn run_of(pid: i32) -> Option<String> {
    let value = table::started_with(pid, RUN_ID_VARIABLE)?;
    Some(rawtext::encode(OsStr::from_bytes(&value)))
}

/// Waits, but not longer than anybody waits for the answer.
fn pause(time: Duration, ctx: &dyn OperationContext) -> Result<(), OperationError> {
    const NAP: Duration = Duration::from_millis(50);
    let end = Instant::now() + time;
    loop {
        ctx.check()?;
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(());
        }
        std::thread::sleep(left.min(NAP));
    }
}

/// Makes numbers ready for people.
struct Show {
    clock: Clock,
    memory: u64,
    names: Names,
}

impl Show {
    fn process(
        &mut self,
        process: &Process,
        run_id: Option<String>,
        before: Option<&Reading>,
        after: &Reading,
    ) -> ProcessInfo {
        let stat = &after.stat;
        let elapsed = self.clock.elapsed(stat.start_ticks);
        let cpu = self.clock.seconds(stat.cpu_ticks);
        let ticks_per_second = 1.0 / self.clock.seconds(1);
        let mean = if elapsed > 0.0 { 100.0 * cpu / elapsed } else { 0.0 };
        let rate = before.and_then(|before| rates::cpu_percent(before, after, ticks_per_second));
        let page = u64::try_from(rustix::param::page_size()).unwrap_or(4096);
        let memory = stat.resident_pages.saturating_mul(page);
        #[allow(clippy::cast_precision_loss)] // a share
        let share = if self.memory > 0 { 100.0 * memory as f64 / self.memory as f64 } else { 0.0 };
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // not negative
        let elapsed_s = elapsed as u64;
        let text = |bytes: &[u8]| rawtext::encode(OsStr::from_bytes(bytes));
        ProcessInfo {
            pid: process.pid,
            start_ticks: stat.start_ticks,
            started: utc_text(self.clock.time_of(stat.start_ticks)),
            elapsed_s,
            uid: process.uid,
            user: self.names.of(process.uid),
            state: char::from(stat.state),
            parent: stat.parent,
            threads: stat.threads,
            cpu_percent: tenths(rate.unwrap_or(mean)),
            cpu_s: (cpu * 100.0).round() / 100.0,
            memory_bytes: memory,
            memory_percent: tenths(share),
            run_id,
            command: quote::show(&text(&process.command_line())).into_owned(),
            arguments: process.arguments.iter().map(|word| text(word)).collect(),
            stays: Protection::of(process).map(|why| why.to_string()),
        }
    }
}

fn tenths(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}
