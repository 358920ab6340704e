//! Layouts of the first versions of the manager, which no table of today has.

#![allow(clippy::unwrap_used)]

use std::path::Path;

use super::*;
use crate::aipsio::MAGIC;
use crate::storage::{Folder, Memory};

/// An object of that type and version.
fn object(kind: &str, version: u32, body: &[u8]) -> Vec<u8> {
    let kind = [words(&[u32::try_from(kind.len()).unwrap()]), kind.into()].concat();
    let length = 4 + kind.len() + 4 + body.len();
    [words(&[u32::try_from(length).unwrap()]), kind, words(&[version]), body.to_vec()].concat()
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_be_bytes()).collect()
}

fn fixed(object: Vec<u8>, rows: u32, kind: DataType, shape: Shape, scalar: bool) -> Result<Fixed> {
    let bytes: Arc<[u8]> = [words(&[MAGIC]), object].concat().into();
    let mut reader = Reader::new(Path::new("table.f0"), &bytes);
    Fixed::read(&mut reader, &bytes, rows, kind, shape, scalar)
}

#[test]
fn reads_scalars_in_pieces() {
    // Two rows, then the rest; before each piece stands the number of its values.
    let body = words(&[5, 2, 2, 10, 11, 0, 3, 12, 13, 14]);
    let column =
        fixed(object("StManColumnAipsIO", 2, &body), 5, DataType::Int, vec![], true).unwrap();
    let mut out = [0; 3];
    column.read_rows(&(1..4), BufferMut::Int(&mut out)).unwrap();
    assert_eq!(out, [11, 12, 13]);
    assert!(column.read_rows(&(3..6), BufferMut::Int(&mut out)).is_none());
    let bools = [words(&[12, 3, 3]), vec![0b101], words(&[9, 9]), vec![1, 1]].concat();
    let column =
        fixed(object("StManColumnAipsIO", 2, &bools), 12, DataType::Bool, vec![], true).unwrap();
    let mut out = [false; 12];
    column.read_rows(&(0..12), BufferMut::Bool(&mut out)).unwrap();
    assert_eq!(out.map(u8::from), [1, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1]);
}

#[test]
fn reads_arrays_of_the_first_version() {
    // Each row has the number of its values before them.
    let shape = object("IPosition", 1, &words(&[1, 2]));
    let column = object("StManColumnAipsIO", 1, &words(&[2, 2, 2, 20, 21, 2, 22, 23]));
    let body = [words(&[5]), shape, words(&[2]), column].concat();
    let column =
        fixed(object("StManColumnArrayAipsIO", 1, &body), 2, DataType::Int, vec![2], false)
            .unwrap();
    let mut out = [0; 4];
    column.read_rows(&(0..2), BufferMut::Int(&mut out)).unwrap();
    assert_eq!(out, [20, 21, 22, 23]);
}

#[test]
fn refuses_other_numbers_of_rows() {
    let body = words(&[2, 3, 3, 1, 2, 3]);
    let column =
        |rows| fixed(object("StManColumnAipsIO", 2, &body), rows, DataType::Int, vec![], true);
    assert!(column(2).is_err());
    assert!(column(3).is_err());
}

#[test]
fn places_may_be_long() {
    let body = words(&[3, 0, 16, LONG_PLACE, 1, 2, 0]);
    let inner = object("StManColumnAipsIO", 2, &body);
    let bytes = object("StManColumnIndArrayAipsIO", 2, &[words(&[5, 0]), inner].concat());
    let bytes = [words(&[MAGIC]), bytes].concat();
    let folder: Arc<dyn Folder> = Arc::new(Memory::new([]));
    let file = |number| Arc::new(ArrayFile::new(&folder, format!("{number:?}"), Endian::Big));
    let mut reader = Reader::new(Path::new("table.f0"), &bytes);
    let Cells::Indirect(_, places) = indirect(&mut reader, 3, file).unwrap() else {
        panic!("not in an array file")
    };
    assert_eq!(*places, [16, (1 << 32) + 2, 0]);
}
