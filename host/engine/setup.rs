//! A strict engine: typos fail, runaway scripts stop, nothing is evaluated
//! from text.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use ledama_config::model::Config;
use rhai::packages::{Package, StandardPackage};
use rhai::{
    Dynamic, Engine, EvalAltResult, FLOAT, INT, Module, OptimizationLevel, Position, Shared,
};

use super::builtins;
use super::library::{Library, Spot};
use super::resolver::Resolver;
use crate::diagnostic::{Place, Sources};
use crate::manifest::syntax::EXPRESSION_DEPTH;

/// The language's own library, built once for all engines.
static STANDARD: LazyLock<Shared<Module>> =
    LazyLock::new(|| StandardPackage::new().as_shared_module());

/// Operations of a script when the configuration names no limit.
pub const OPERATIONS: u64 = 1_000_000_000;

/// How deeply functions may call each other; small enough for the stack of a
/// debug build, so that both kinds of builds fail alike.
const CALL_DEPTH: usize = 64;

/// Memory a script may add to the process, bytes.
///
/// The engine can limit the sizes of arrays and maps itself, but then every
/// `push` measures the whole array again (40 000 take 10 s instead of 0.05 s).
pub const MEMORY: u64 = 4 << 30;

/// How many operations pass between two looks at the memory.
const MEMORY_PERIOD: u64 = 1 << 14;

/// What a script prints.
pub trait Output: Send + Sync {
    /// A line of `print`.
    fn print(&self, text: &str);
    /// A line of `debug`, with its place.
    fn debug(&self, text: &str, place: Option<Place>);
}

/// Surroundings of an engine.
#[derive(Clone)]
pub struct Setup {
    /// Where imported files come from.
    pub library: Library,
    /// Gathers the texts of all files, for errors.
    pub sources: Sources,
    /// Operations after which a script is stopped.
    pub operations: u64,
    /// Bytes of memory after which it is stopped.
    pub memory: u64,
    /// What builtins know about machines and stores.
    pub config: Arc<Config>,
    /// Hears `print` and `debug`.
    pub output: Arc<dyn Output>,
    /// Ends the script when set.
    pub cancel: Arc<AtomicBool>,
}

/// Why the host itself ended a script; scripts cannot catch it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The run was interrupted.
    Cancelled,
    /// The script took too much memory.
    OutOfMemory,
}

impl Setup {
    /// Surroundings with the limits of the house.
    pub fn new(
        library: Library,
        sources: Sources,
        config: Arc<Config>,
        output: Arc<dyn Output>,
        cancel: Arc<AtomicBool>,
    ) -> Self {
        let operations = config.limits.script_operations.unwrap_or(OPERATIONS);
        Self { library, sources, operations, memory: MEMORY, config, output, cancel }
    }

    /// An engine for the script at `spot`.
    pub fn engine(&self, spot: &Spot) -> Engine {
        let mut engine = bare();
        builtins::register(&mut engine);
        ledama_config::script::attach(&mut engine, Arc::clone(&self.config));
        engine.set_max_operations(self.operations);
        let resolver = Resolver::new(self.library.clone(), spot.clone(), self.sources.clone());
        engine.set_module_resolver(resolver);
        let output = Arc::clone(&self.output);
        engine.on_print(move |text| output.print(text));
        let output = Arc::clone(&self.output);
        engine.on_debug(move |text, source, position| {
            output.debug(text, Place::of(source.unwrap_or("?"), position));
        });
        let cancel = Arc::clone(&self.cancel);
        let slept = Arc::clone(&self.cancel);
        #[allow(clippy::cast_precision_loss)] // nobody sleeps that long
        engine.register_fn("sleep", move |seconds: INT| sleep(seconds as FLOAT, &slept));
        let slept = Arc::clone(&self.cancel);
        engine.register_fn("sleep", move |seconds: FLOAT| sleep(seconds, &slept));
        let guard = MemoryGuard::new(self.memory);
        engine.on_progress(move |operations| {
            if cancel.load(Ordering::Relaxed) {
                return Some(Dynamic::from(Ended::Cancelled));
            }
            if operations.is_multiple_of(MEMORY_PERIOD) && guard.exceeded() {
                return Some(Dynamic::from(Ended::OutOfMemory));
            }
            None
        });
        engine
    }
}

/// An engine that knows every builtin, to look at scripts without running them.
pub fn inspector() -> Engine {
    let mut engine = bare();
    builtins::register(&mut engine);
    engine
}

/// The language's own `sleep` could not be interrupted.
fn sleep(seconds: FLOAT, cancel: &AtomicBool) -> Result<(), Box<EvalAltResult>> {
    const NAP: Duration = Duration::from_millis(50);
    let mut left = Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX);
    while !left.is_zero() {
        if cancel.load(Ordering::Relaxed) {
            let token = Dynamic::from(Ended::Cancelled);
            return Err(Box::new(EvalAltResult::ErrorTerminated(token, Position::NONE)));
        }
        let nap = left.min(NAP);
        std::thread::sleep(nap);
        left -= nap;
    }
    Ok(())
}

/// The language with strict settings, without builtins.
fn bare() -> Engine {
    let mut engine = Engine::new_raw();
    engine.register_global_module(STANDARD.clone());
    // Optimizing moves the places of values, and planning needs no speed.
    engine.set_optimization_level(OptimizationLevel::None);
    engine.set_strict_variables(true);
    engine.set_fail_on_invalid_map_property(true);
    engine.set_max_call_levels(CALL_DEPTH);
    engine.set_max_expr_depths(EXPRESSION_DEPTH, EXPRESSION_DEPTH);
    engine.disable_symbol("eval");
    engine
}

/// Watches how much the process grows.
struct MemoryGuard {
    limit: u64,
    start: AtomicU64,
}

impl MemoryGuard {
    fn new(limit: u64) -> Self {
        Self { limit, start: AtomicU64::new(u64::MAX) }
    }

    fn exceeded(&self) -> bool {
        let Some(now) = resident_bytes() else { return false };
        let start = self.start.fetch_min(now, Ordering::Relaxed).min(now);
        now - start > self.limit
    }
}

/// Memory of this process; `None` where there is no `/proc`.
fn resident_bytes() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = text.split(' ').nth(1)?.parse().ok()?;
    Some(pages * rustix::param::page_size() as u64)
}
