//! Each module: what it would do (a plan that must not change by accident) and
//! what it does.

mod check_data;
mod compare_data;
mod copy_data;
mod delete_data;
mod from_path;
mod from_reffile;
pub(crate) mod manifests;
mod ms_info;
