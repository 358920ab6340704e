//! Files made by hand, decoded bit by bit for comparison; and damaged files,
//! which have to end in an error or in values, never in a panic.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod plan;

use proptest::prelude::*;

use self::plan::Plan;
use super::dictionary::dictionary;
use super::header::Distribution;
use crate::buffer::BufferMut;
use crate::data_type::Complex32;
use crate::error::Error;
use crate::part::{AxisPart, Part};

/// The symbol at a place, one bit after the other.
fn symbol(bytes: &[u8], at: usize, bits: u8) -> usize {
    let first = at * usize::from(bits);
    let bit = |at: usize| usize::from(bytes[at / 8] >> (at % 8) & 1);
    (0..usize::from(bits)).map(|place| bit(first + place) << place).sum()
}

fn known_dictionary(plan: &Plan) -> Vec<f32> {
    let distribution = match plan.distribution {
        0 => Distribution::Gaussian,
        1 => Distribution::Uniform,
        2 => Distribution::StudentsT(3.0),
        _ => Distribution::TruncatedGaussian(2.5),
    };
    dictionary(distribution, plan.bits.0)
}

/// What the format says that a value is, computed from the whole file.
#[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
fn expected(
    plan: &Plan,
    file: &[u8],
    dictionary: &[f32],
    row: u64,
    value: usize,
) -> (Complex32, f32) {
    let (data, weights) = plan.sizes();
    let (block, place) = (row / plan.rows_per_block, (row % plan.rows_per_block) as usize);
    if block >= plan.blocks {
        return (Complex32::default(), 0.0);
    }
    let start = plan.header().len() + (block * (data + weights)) as usize;
    let bytes = &file[start..];
    let factor =
        |at: usize| f64::from(f32::from_le_bytes(bytes[at * 4..at * 4 + 4].try_into().unwrap()));
    let (cell, correlations) = (plan.cell(), plan.correlations);
    let correlation = value % correlations;
    let factor = match plan.normalization {
        0 => {
            let (a, b) = plan.pair(row);
            let start = cell + correlation * plan.antennas as usize;
            factor(value) * (factor(start + a) * factor(start + b))
        }
        1 => factor(value) * factor(cell + place * correlations + correlation),
        _ => factor(place),
    };
    let symbols = &bytes[plan.factors() as usize * 4..];
    let number = |at: usize| {
        let symbol = symbol(symbols, (place * cell + value) * 2 + at, plan.bits.0);
        (f64::from(dictionary[symbol]) * factor) as f32
    };
    let weight = plan.bits.1.map_or(0.0, |bits| {
        let symbols = &bytes[data as usize + 4..];
        let symbol = symbol(symbols, place * plan.channels + value / correlations, bits);
        (symbol as f64 * (1234.5 / f64::from((1u32 << bits) - 1))) as f32
    });
    (Complex32::new(number(0), number(1)), weight)
}

fn same(a: f32, b: f32) -> bool {
    a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan())
}

fn plans() -> impl Strategy<Value = Plan> {
    let width = || prop::sample::select(vec![2u8, 3, 4, 6, 8, 10, 12, 16]);
    (
        (width(), prop::option::of(width())),
        (0u8..4, 0u8..3),
        (1usize..12, 1usize..6),
        (1u64..9, 0u64..4, 0u64..20),
        (1u32..6, any::<u64>()),
    )
        .prop_map(|(bits, kinds, cell, rows, others)| Plan {
            // The quantiles of Student's distribution take their time.
            distribution: if bits.0 > 8 && kinds.0 == 2 { 3 } else { kinds.0 },
            bits,
            normalization: kinds.1,
            channels: cell.0,
            correlations: cell.1,
            rows_per_block: rows.0,
            blocks: rows.1,
            nrow: rows.2,
            antennas: others.0,
            seed: others.1,
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Whole rows, single rows and parts have the values of the format.
    #[test]
    fn values_are_those_of_the_format(plan in plans(), skip in 1usize..4, picks in any::<u64>()) {
        let file = plan.file();
        let opened = plan.open(file.clone()).unwrap();
        let dictionary = known_dictionary(&plan);
        let data = opened.data(0..plan.nrow).unwrap();
        let weights = opened.weights(0..plan.nrow).unwrap();
        for (at, value) in data.iter().enumerate() {
            let (known, weight) = expected(&plan, &file, &dictionary, (at / plan.cell()) as u64, at % plan.cell());
            prop_assert!(same(value.re, known.re) && same(value.im, known.im), "{at}: {value} {known}");
            if plan.bits.1.is_some() {
                prop_assert!(same(weights[at], weight), "{at}: {} {weight}", weights[at]);
            }
        }
        for row in (0..plan.nrow).map(|step| step.wrapping_mul(picks | 1) % plan.nrow) {
            let start = usize::try_from(row).unwrap() * plan.cell();
            for (a, b) in opened.data(row..row + 1).unwrap().iter().zip(&data[start..]) {
                prop_assert!(same(a.re, b.re) && same(a.im, b.im));
            }
        }
        let axis = |length: usize, step: usize| {
            let start = usize::try_from(picks).unwrap_or(0) % length;
            AxisPart { start, count: (length - start).div_ceil(step), step }
        };
        for part in [
            Part::new([axis(plan.channels, 1), AxisPart::all(plan.correlations)]),
            Part::new([axis(plan.channels, skip), axis(plan.correlations, skip)]),
            Part::new([AxisPart::all(plan.channels), axis(plan.correlations, skip)]),
        ] {
            let offsets = part.offsets(&[plan.channels, plan.correlations]);
            let count = usize::try_from(plan.nrow).unwrap() * offsets.len();
            let mut values = vec![Complex32::new(-7.0, -7.0); count];
            opened.data.read_part(0..plan.nrow, &part, BufferMut::Complex(&mut values)).unwrap();
            let mut heavy = vec![-7.0; count];
            if let Some(column) = &opened.weights {
                column.read_part(0..plan.nrow, &part, BufferMut::Float(&mut heavy)).unwrap();
            }
            for (at, value) in values.iter().enumerate() {
                let from = at / offsets.len() * plan.cell() + offsets[at % offsets.len()];
                prop_assert!(same(value.re, data[from].re) && same(value.im, data[from].im));
                prop_assert!(opened.weights.is_none() || same(heavy[at], weights[from]));
            }
        }
    }

    /// Damaged headers and blocks give errors or values.
    #[test]
    fn damage_does_no_harm(plan in plans(), flips in prop::collection::vec((any::<u64>(), any::<u8>()), 1..6), cut in any::<u64>(), header in any::<bool>()) {
        let mut file = plan.file();
        let over = if header { plan.header().len() } else { file.len() };
        for (at, byte) in flips {
            file[usize::try_from(at % over as u64).unwrap()] ^= byte;
        }
        if cut % 3 == 0 {
            file.truncate(usize::try_from(cut % file.len() as u64).unwrap());
        }
        if let Ok(opened) = plan.open(file) {
            opened.read_all(plan.nrow);
        }
    }
}

fn plan() -> Plan {
    Plan {
        bits: (10, Some(12)),
        distribution: 3,
        normalization: 0,
        channels: 5,
        correlations: 4,
        rows_per_block: 6,
        blocks: 2,
        nrow: 20,
        antennas: 4,
        seed: 11,
    }
}

fn refusal(file: Vec<u8>) -> String {
    match plan().open(file) {
        Ok(_) => "opened".into(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn every_cut_is_an_error_or_ends_before_the_cut() {
    let (plan, whole) = (plan(), plan().file());
    let (data, weights) = plan.sizes();
    let header = plan.header().len() as u64;
    for length in 0..whole.len() {
        let Ok(opened) = plan.open(whole[..length].to_vec()) else {
            assert!((length as u64) < header);
            continue;
        };
        let over = (length as u64 - header) % (data + weights);
        let rows = (length as u64 - header) / (data + weights) * plan.rows_per_block;
        assert!(opened.data(0..rows).is_ok() && opened.weights(0..rows).is_ok());
        // Rows of which nothing was written are 0, as casacore has it.
        assert_eq!(opened.data(rows..rows + 1).is_ok(), over == 0 || over >= data, "{length}");
        assert_eq!(opened.weights(rows..rows + 1).is_ok(), over == 0 || over == data, "{length}");
    }
}

#[test]
fn wrong_headers_are_named() {
    let file = plan().file();
    let with = |at: usize, bytes: &[u8]| {
        let mut file = file.clone();
        file[at..at + bytes.len()].copy_from_slice(bytes);
        refusal(file)
    };
    // The numbers after a name of two bytes begin at byte 18.
    for (at, bytes, what) in [
        (0, &u32::MAX.to_le_bytes()[..], "cut off"),
        (8, &[3, 0, 0, 0], "holds 3 columns; the table has 2"),
        (12, &u32::MAX.to_le_bytes(), "a name of 4294967295 bytes"),
        (12, &[0, 8, 0, 0], "where 2100 bytes"),
        (18, &u32::MAX.to_le_bytes(), "blocks of"),
        (22, &u32::MAX.to_le_bytes(), "too large"),
        (26, &[0, 0, 0, 0], "blocks of 0 bytes"),
        (30, &[2, 0], "version 2.0"),
        (34, &[0], "symbols of 0 bits"),
        (34, &[64], "symbols of 64 bits"),
        (34, &[5], "symbols of 5 bits"),
        (35, &[17], "symbols of 17 bits"),
        (36, &[4], "distribution of code 4"),
        (37, &[3], "normalization of code 3"),
        (46, &f64::NAN.to_le_bytes(), "cut off at NaN"),
    ] {
        let said = with(at, bytes);
        assert!(said.contains(what) && said.starts_with("table.f0: "), "{at}: {said}");
    }
    let mut students = file.clone();
    students[36] = 2;
    students[38..46].copy_from_slice(&f64::INFINITY.to_le_bytes());
    assert!(refusal(students).contains("inf degrees of freedom"));
    assert!(refusal(Vec::new()).contains("nothing was ever written"));
}

#[test]
fn antennas_beyond_the_count_are_an_error() {
    let plan = plan();
    for wrong in [[0, 4], [-1, 0], [i32::MAX, i32::MIN]] {
        let mut pairs = vec![[0, 1]; 20];
        pairs[8] = wrong;
        let opened = plan.open_with(plan.file(), pairs).unwrap();
        assert!(opened.data(0..8).is_ok() && opened.data(9..20).is_ok());
        let said = opened.data(0..20).unwrap_err();
        assert!(matches!(said, Error::Corrupt { .. }), "{said}");
        assert!(said.to_string().contains("row 8 of column DATA"), "{said}");
        assert!(opened.weights(0..20).is_ok());
    }
}

#[test]
fn a_file_without_blocks_is_all_zero() {
    let mut file = Plan { blocks: 0, ..plan() }.file();
    file[18..30].fill(0);
    let opened = plan().open(file).unwrap();
    assert!(opened.data(0..20).unwrap().iter().all(|value| *value == Complex32::default()));
    assert!(opened.weights(0..20).unwrap().iter().all(|value| *value == 0.0));
}

#[test]
fn threads_may_read_one_column() {
    let plan = Plan { blocks: 4, nrow: 24, ..plan() };
    let opened = plan.open(plan.file()).unwrap();
    let all = opened.data(0..24).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..4u64 {
            let (opened, all) = (&opened, &all);
            scope.spawn(move || {
                for step in 0..200 {
                    let row = (step * 5 + thread * 7) % 24;
                    let start = usize::try_from(row).unwrap() * opened.cell;
                    let one = opened.data(row..row + 1).unwrap();
                    assert!(one.iter().zip(&all[start..]).all(|(a, b)| same(a.re, b.re)));
                }
            });
        }
    });
}
