//! Arrays survive the way to bytes and back, and only arrays that fit are taken.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use ndarray::{Array2, Array3, s};
use num_complex::Complex64;
use proptest::prelude::*;

use super::*;

fn ramp(channels: usize, times: usize) -> Array3<Complex64> {
    Array3::from_shape_fn((4, channels, times), |(c, f, t)| {
        #[allow(clippy::cast_precision_loss)]
        Complex64::new((100 * c + 10 * f + t) as f64, -0.5)
    })
}

#[test]
fn bytes_are_little_endian_in_c_order() {
    let array = Array2::from_shape_fn((4, 1), |(c, _)| {
        Complex64::new(f64::from(u8::try_from(c).unwrap()), 2.0)
    });
    let (shape, bytes) = encode(&array.view()).unwrap();
    assert_eq!(shape, Shape { channels: 1, times: None });
    assert_eq!(bytes.len(), 64);
    assert_eq!(bytes[..8], [0; 8]);
    assert_eq!(bytes[8..16], [0, 0, 0, 0, 0, 0, 0, 0x40], "2.0");
    assert_eq!(bytes[16..24], [0, 0, 0, 0, 0, 0, 0xF0, 0x3F], "1.0");
}

#[test]
fn views_that_are_not_contiguous_are_encoded_alike() {
    let array = ramp(6, 8);
    let view = array.slice(s![.., ..;2, ..;-1]);
    let (shape, bytes) = encode(&view).unwrap();
    assert_eq!(encode(&view.to_owned().view()).unwrap().1, bytes);
    assert_eq!(decode_times(&bytes, shape).unwrap(), view);
}

#[test]
fn arrays_that_do_not_fit_are_refused() {
    let shape = Shape { channels: 2, times: Some(3) };
    assert_eq!(shape.bytes().unwrap(), 4 * 2 * 3 * 16);
    assert_eq!(decode_times(&[0; 383], shape).unwrap_err().kind(), "input");
    assert!(decode(&[0; 384], shape).is_err());
    assert!(decode_times(&[0; 128], Shape { channels: 2, times: None }).is_err());
    assert!(encode(&Array2::<Complex64>::zeros((3, 1)).view()).is_err());
    assert!(encode(&Array2::<Complex64>::zeros((4, 0)).view()).is_err());
    assert!(Shape { channels: u32::MAX, times: Some(u32::MAX) }.bytes().is_err());
    assert!(Shape::of_columns(2, 1, None).is_err());
    assert!(Shape::of_columns(4, -1, None).is_err());
    assert!(Shape::of_columns(4, 1, Some(0)).is_err());
    assert_eq!(Shape::of_columns(4, 2, Some(3)).unwrap(), shape);
}

#[test]
fn missing_correlations_are_filled() {
    let two = ramp(2, 2).slice(s![..2, .., ..]).to_owned();
    let whole = with_all_correlations(&two.view(), &[0, 3]).unwrap();
    assert_eq!(whole.slice(s![0, .., ..]), two.slice(s![0, .., ..]));
    assert_eq!(whole.slice(s![3, .., ..]), two.slice(s![1, .., ..]));
    assert!(whole.slice(s![1..3, .., ..]).iter().all(|value| is_filler(*value)));
    assert!(with_all_correlations(&two.view(), &[0]).is_err());
    assert!(with_all_correlations(&two.view(), &[0, 4]).is_err());
}

#[test]
fn axes_follow_from_steps() {
    let frequencies = frequencies(150.0, 0.2, 100_000.0, 2);
    assert!((frequencies[0] - 149.95).abs() < 1e-9 && (frequencies[1] - 150.05).abs() < 1e-9);
    assert_eq!(times(10.0, 2.5, 3), [10.0, 12.5, 15.0]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bits_survive(channels in 1_usize..5, times in 1_usize..5, seed in any::<u64>()) {
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            f64::from_bits(state)
        };
        let array = Array3::from_shape_simple_fn((4, channels, times), || Complex64::new(next(), next()));
        let (shape, bytes) = encode(&array.view()).unwrap();
        let back = decode_times(&bytes, shape).unwrap();
        let bits = |array: &Array3<Complex64>| -> Vec<(u64, u64)> {
            array.iter().map(|value| (value.re.to_bits(), value.im.to_bits())).collect()
        };
        prop_assert_eq!(bits(&array), bits(&back));
        prop_assert_eq!(decode_any(&bytes, shape).unwrap().len(), 4 * channels * times);
    }
}
