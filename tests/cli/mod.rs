//! The command line: what each sub-command answers, and how it ends.

mod codes;
mod completions;
mod config;
mod cron;
mod db;
mod ms;
mod new;
mod options;
mod repl;
mod search;
mod usage;
