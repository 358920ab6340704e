//! Each module: what it would do (a plan that must not change by accident) and
//! what it does.

pub(crate) mod manifests;

mod add_imaging_columns;
mod check_data;
mod chmod_data;
mod clean_data;
mod clean_empty;
mod compare_data;
mod copy_data;
mod delete_data;
mod edited_sets;
mod edits;
mod execute_command_on_data;
mod extend_permissions_data;
mod from_path;
mod from_reffile;
mod from_target;
mod hostile_paths;
mod md5sum_data;
mod ms_info;
mod options;
mod pack_data;
mod set_mount;
mod show_processes;
mod unflag_data;
mod unpack_data;
