//! CopyData: copies are the same as their source or are not there, whatever
//! goes wrong, and a second run finishes the job.

mod channels;
mod disk;
mod faults;
mod interrupt;
mod places;
mod scene;
