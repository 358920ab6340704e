//! The calls of a column against a reader that computes its values.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::float_cmp)]

use std::ops::Range;
use std::sync::Arc;

use ndarray::{ArrayD, IxDyn};
use proptest::prelude::*;

use super::*;
use crate::buffer::BufferMut;
use crate::part::AxisPart;
use crate::value::{Array, Value};

/// Runs of rows with their shapes; the value at a place is a hash of row and place.
#[derive(Debug)]
struct Fake {
    runs: Vec<(u64, Option<Shape>)>,
    grain: u64,
}

fn value(row: u64, at: usize) -> i32 {
    i32::try_from((row * 131 + at as u64) % 65_521).unwrap()
}

impl Fake {
    fn nrow(&self) -> u64 {
        self.runs.iter().map(|(count, _)| count).sum()
    }

    fn find(&self, row: u64) -> (Range<u64>, &Option<Shape>) {
        let mut first = 0;
        for (count, shape) in &self.runs {
            if row < first + count {
                return (first..first + count, shape);
            }
            first += count;
        }
        panic!("row {row} asked for");
    }
}

impl ColumnReader for Fake {
    fn shape(&self, row: u64) -> Result<Option<Shape>> {
        Ok(self.find(row).1.clone())
    }

    fn run(&self, rows: Range<u64>) -> Result<(Option<Shape>, u64)> {
        let (run, shape) = self.find(rows.start);
        Ok((shape.clone(), run.end.min(rows.end) - rows.start))
    }

    fn read(&self, rows: Range<u64>, out: BufferMut<'_>) -> Result<()> {
        let BufferMut::Int(out) = out else { panic!("another type") };
        let shape = self.find(rows.start).1.clone().expect("a cell without a value");
        for row in rows.clone() {
            assert_eq!(self.find(row).1.as_ref(), Some(&shape), "rows of two shapes");
        }
        let cell = shape.iter().product::<usize>();
        assert_eq!(out.len() as u64, (rows.end - rows.start) * cell as u64);
        for (at, out) in out.iter_mut().enumerate() {
            *out = value(rows.start + (at / cell) as u64, at % cell);
        }
        Ok(())
    }

    fn grain(&self, row: u64) -> u64 {
        self.grain - row % self.grain
    }
}

fn column(fake: Fake, scalar: bool) -> Column {
    let desc = ColumnDesc {
        name: "C".into(),
        data_type: DataType::Int,
        scalar,
        ndim: if scalar { 0 } else { -1 },
        shape: None,
        max_length: 0,
        option: 0,
        later: crate::desc::column_desc::Later::default(),
    };
    let table = TableDesc { columns: vec![desc], ..TableDesc::default() };
    let nrow = fake.nrow();
    Column::new(Arc::new(table), 0, nrow, Arc::new(fake))
}

/// What a cell should be.
fn cell(shape: &[usize], row: u64) -> ArrayD<i32> {
    let count = shape.iter().product();
    ArrayD::from_shape_vec(IxDyn(shape), (0..count).map(|at| value(row, at)).collect()).unwrap()
}

fn fakes() -> impl Strategy<Value = Fake> {
    let shape = prop::option::weighted(0.8, prop::collection::vec(0..4usize, 1..4));
    let runs = prop::collection::vec((1..40u64, shape), 0..8);
    (runs, 1..17u64).prop_map(|(runs, grain)| Fake { runs, grain })
}

fn rows_of(nrow: u64, ends: (u64, u64)) -> Range<u64> {
    let (a, b) = (ends.0 % (nrow + 1), ends.1 % (nrow + 1));
    a.min(b)..a.max(b)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn runs_and_chunks_cover_the_rows(fake in fakes(), ends: (u64, u64), bytes in 1..400usize) {
        let shapes: Vec<_> = (0..fake.nrow()).map(|row| fake.find(row).1.clone()).collect();
        let column = column(fake, false);
        let rows = rows_of(column.nrow(), ends);
        let runs: Vec<Run> = column.runs(rows.clone()).collect::<Result<_>>().unwrap();
        let chunks: Vec<Run> = column.chunks(rows.clone(), bytes).collect::<Result<_>>().unwrap();
        for pieces in [&runs, &chunks] {
            let mut next = rows.start;
            for piece in pieces {
                prop_assert_eq!(piece.rows.start, next);
                prop_assert!(piece.rows.end > next);
                for row in piece.rows.clone() {
                    prop_assert_eq!(&shapes[usize::try_from(row).unwrap()], &piece.shape);
                }
                next = piece.rows.end;
            }
            prop_assert_eq!(next, rows.end);
        }
        for chunk in chunks {
            let cell = chunk.shape.iter().flatten().product::<usize>() as u64 * 4;
            let count = chunk.rows.end - chunk.rows.start;
            let fits = count * cell <= bytes as u64 || chunk.shape.is_none();
            prop_assert!(fits || count == 1, "{chunk:?} of {bytes} bytes");
        }
    }

    #[test]
    fn cells_are_those_of_the_reader(fake in fakes(), ends: (u64, u64)) {
        let shapes: Vec<_> = (0..fake.nrow()).map(|row| fake.find(row).1.clone()).collect();
        let column = column(fake, false);
        let rows = rows_of(column.nrow(), ends);
        let expected: Vec<_> = rows
            .clone()
            .map(|row| shapes[usize::try_from(row).unwrap()].as_ref().map(|shape| cell(shape, row)))
            .collect();
        prop_assert_eq!(&column.cells::<i32>(rows.clone()).unwrap(), &expected);
        for (row, expected) in rows.zip(expected) {
            let single = column.cell(row).unwrap();
            prop_assert_eq!(single, expected.map(|array| Value::Array(Array::Int(array))));
        }
    }

    #[test]
    fn chosen_rows_keep_their_order(fake in fakes(), picks: Vec<u64>) {
        prop_assume!(fake.nrow() > 0);
        let column = column(fake, false);
        let rows: Vec<u64> = picks.iter().map(|pick| pick % column.nrow()).collect();
        let chosen = column.select(rows.as_slice()).unwrap();
        let expected: Vec<_> = rows
            .iter()
            .map(|row| column.cells::<i32>(*row..row + 1).unwrap().remove(0))
            .collect();
        prop_assert_eq!(chosen.cells::<i32>(0..chosen.nrow()).unwrap(), expected);
        prop_assert!(column.select(vec![column.nrow()]).is_err());
    }

}

proptest! {
    // Each case reads megabytes.
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn threads_read_the_same(nrow in 1..2000u64, width in 1..100usize, grain in 1..700u64) {
        let shape = vec![width, 2];
        let fake = Fake { runs: vec![(nrow, Some(shape))], grain };
        let column = column(fake, false);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
        let rows = nrow / 7..nrow;
        let parallel = pool.install(|| column.par_array::<i32>(rows.clone())).unwrap();
        prop_assert_eq!(&parallel, &column.array::<i32>(rows.clone()).unwrap());
        let part = Part::new([AxisPart::range(width / 2..width), AxisPart::one(1)]);
        let cut = pool.install(|| column.par_part::<i32>(rows.clone(), &part)).unwrap();
        prop_assert_eq!(&cut, &column.part::<i32>(rows.clone(), &part).unwrap());
        let wanted = parallel.slice(ndarray::s![.., width / 2.., 1..]).into_dyn();
        prop_assert_eq!(cut.view(), wanted);
        let floats = column.as_f64(rows.clone()).unwrap();
        let same = floats.iter().zip(&parallel).all(|(a, b)| *a == f64::from(*b));
        prop_assert!(same && floats.len() == parallel.len());
    }
}

#[test]
fn what_does_not_fit_is_told() {
    let fake = || Fake { runs: vec![(3, Some(vec![2])), (1, None), (2, Some(vec![3]))], grain: 4 };
    let column = column(fake(), false);
    assert!(matches!(column.values::<i32>(0..7), Err(Error::Range { .. })));
    #[allow(clippy::reversed_empty_ranges)]
    let backwards = column.values::<i32>(2..1);
    assert!(matches!(backwards, Err(Error::Range { .. })));
    assert!(matches!(column.values::<f32>(0..1), Err(Error::Type { .. })));
    assert!(matches!(column.values::<i32>(0..4), Err(Error::Shape { .. })));
    assert!(matches!(column.values::<i32>(3..4), Err(Error::Undefined { row: 3, .. })));
    assert!(matches!(column.cell(6), Err(Error::Range { .. })));
    assert!(matches!(column.read_into(0..3, &mut [0i32; 5]), Err(Error::Shape { .. })));
    let mut six = [0i32; 6];
    column.read_into(0..3, &mut six).unwrap();
    assert_eq!(six[2], value(1, 0));
    let part = Part::new([AxisPart::range(1..3)]);
    assert!(matches!(column.part::<i32>(0..3, &part), Err(Error::Range { .. })));
    assert!(column.values::<i32>(6..6).unwrap().is_empty());
    assert_eq!(column.as_i64(4..6).unwrap().len(), 6);
}
