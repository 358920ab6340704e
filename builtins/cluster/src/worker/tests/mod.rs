//! The worker as the host sees it: messages in, messages out.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod commands;
mod ends;
mod host;
mod init_files;
mod operations;
