//! Reads casacore tables, and edits them safely, in pure Rust.
//!
//! A table is a folder: `table.dat` describes it, one or more files
//! `table.fN…` for each storage manager hold its columns, and sub-tables are
//! folders of their own. This crate knows nothing of any telescope.
//!
//! ```no_run
//! use ledama_tables::{Complex32, Table};
//!
//! let table = Table::open("L80897_SAP000_SB000_uv.MS")?;
//! let times: Vec<f64> = table.column("TIME")?.values(0..table.nrow())?;
//! let data = table.column("DATA")?.array::<Complex32>(0..100)?;
//! println!("{} rows, cells of {:?}", times.len(), &data.shape()[1..]);
//! # Ok::<(), ledama_tables::Error>(())
//! ```
//!
//! Shapes are in C order everywhere: the last axis runs fastest. DATA is
//! `[channel][correlation]`, the reverse of what casacore prints.
//!
//! Reading takes no lock and opens only the files of the columns asked for; a
//! column whose storage manager is not known does not hide the others.

mod aipsio;
mod body;
pub mod buffer;
mod canon;
mod column;
pub mod compare;
mod concatenated;
mod data_type;
mod desc;
pub mod edit;
mod error;
mod guard;
mod info;
mod lock;
mod managers;
mod memory;
mod part;
mod plain;
mod reference;
pub mod storage;
pub mod summary;
mod table;
mod value;

// Part of the interface: cells are its arrays.
pub use ndarray;

pub use buffer::Endian;
pub use canon::Digest;
pub use column::{Column, Run};
pub use data_type::{Complex32, Complex64, DataType, Element};
pub use desc::{ColumnDesc, TableDesc};
pub use error::{Error, Result};
pub use info::TableInfo;
pub use lock::{LockState, Usage, state as lock_state};
pub use managers::Shape;
pub use part::{AxisPart, Part};
pub use table::{Kind, ManagerInfo, Table};
pub use value::{Array, Field, Record, Value};
