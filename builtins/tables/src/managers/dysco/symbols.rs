//! Symbols packed without gaps, lowest bits first, and the values they become.
//!
//! This is the inner loop of reading Dysco columns. Four symbols are at most
//! 64 bits, so one wide load and four shifts serve four numbers, at any bit
//! at which a row may begin. Widths are constants of the code, so that the
//! compiler sees that no symbol lies beyond the dictionary.
//!
//! Source of the packing: `casacore/tables/Dysco/bytepacker.h`.

/// Bytes that must follow the packed symbols, so that wide loads stay inside.
pub(super) const PADDING: usize = 16;

/// Whether symbols of so many bits exist.
pub(super) fn is_width(bits: u8) -> bool {
    matches!(bits, 2 | 3 | 4 | 6 | 8 | 10 | 12 | 16)
}

/// Runs code with the width as a constant. Other widths were refused when
/// the column was opened.
macro_rules! with_width {
    ($bits:expr, $BITS:ident => $body:expr) => {
        match $bits {
            2 => {
                const $BITS: usize = 2;
                $body
            }
            3 => {
                const $BITS: usize = 3;
                $body
            }
            4 => {
                const $BITS: usize = 4;
                $body
            }
            6 => {
                const $BITS: usize = 6;
                $body
            }
            8 => {
                const $BITS: usize = 8;
                $body
            }
            10 => {
                const $BITS: usize = 10;
                $body
            }
            12 => {
                const $BITS: usize = 12;
                $body
            }
            _ => {
                const $BITS: usize = 16;
                $body
            }
        }
    };
}
pub(super) use with_width;

/// The eight bytes at a place, 0 beyond the end.
#[inline(always)]
#[allow(clippy::inline_always)] // the loop below is compiled twice
fn word(packed: &[u8], at: usize) -> u64 {
    match packed.get(at..).and_then(|rest| rest.first_chunk()) {
        Some(bytes) => u64::from_le_bytes(*bytes),
        None => 0,
    }
}

/// The symbol that begins at a bit.
#[inline]
pub(super) fn symbol<const BITS: usize>(packed: &[u8], bit: usize) -> usize {
    #[allow(clippy::cast_possible_truncation)] // at most 16 bits are left
    let symbol = (word(packed, bit / 8) >> (bit % 8)) as usize;
    symbol & ((1 << BITS) - 1)
}

/// The four symbols that begin at a bit. Those of 16 bits begin at a byte.
#[inline]
fn four<const BITS: usize>(packed: &[u8], bit: usize) -> [usize; 4] {
    let word = word(packed, bit / 8) >> (bit % 8);
    #[allow(clippy::cast_possible_truncation)] // at most 16 bits are left
    std::array::from_fn(|at| (word >> (at * BITS)) as usize & ((1 << BITS) - 1))
}

/// Turns the symbols from a bit on into numbers: real and imaginary part of a
/// value after each other, each times the factors of the value, of which
/// those in `each` repeat after four values.
///
/// The products are made of doubles and then rounded, as the writer's library
/// does it.
pub(super) fn scale<const BITS: usize>(
    packed: &[u8],
    bit: usize,
    dictionary: &[f32],
    factors: (&[f64], &[f64; 4]),
    out: &mut [f32],
) {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("bmi2") {
        #[allow(unsafe_code)]
        // SAFETY: the processor has the instructions for which the function is
        // compiled, as was just asked; beyond that it is safe code.
        return unsafe { scale_wide::<BITS>(packed, bit, dictionary, factors, out) };
    }
    scale_anywhere::<BITS>(packed, bit, dictionary, factors, out);
}

/// The same code for processors that multiply four doubles at once.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi2")]
fn scale_wide<const BITS: usize>(
    packed: &[u8],
    bit: usize,
    dictionary: &[f32],
    factors: (&[f64], &[f64; 4]),
    out: &mut [f32],
) {
    scale_anywhere::<BITS>(packed, bit, dictionary, factors, out);
}

#[inline(always)]
#[allow(clippy::inline_always)] // or it is compiled without those instructions
#[allow(clippy::cast_possible_truncation)] // the rounding to floats
fn scale_anywhere<const BITS: usize>(
    packed: &[u8],
    bit: usize,
    dictionary: &[f32],
    (factors, each): (&[f64], &[f64; 4]),
    out: &mut [f32],
) {
    let Some(dictionary) = dictionary.get(..1 << BITS) else { return };
    let (fours, rest) = factors.as_chunks::<4>();
    let (numbers, last) = out.as_chunks_mut::<8>();
    // Eight symbols are as many bytes as one has bits, so that the bit within
    // a byte at which they begin is the same for all.
    let (mut at, shift) = (bit / 8, bit % 8);
    let value = |word: u64, place: usize| {
        f64::from(dictionary[(word >> (place * BITS)) as usize & ((1 << BITS) - 1)])
    };
    for (factors, out) in fours.iter().zip(numbers) {
        let low = word(packed, at) >> shift;
        // Eight symbols of few bits are in one word.
        let high = if BITS < 8 { low >> (4 * BITS) } else { word(packed, at + BITS / 2) >> shift };
        for place in 0..4 {
            let half = place / 2;
            out[place] = (value(low, place) * (factors[half] * each[half])) as f32;
            let half = half + 2;
            out[place + 4] = (value(high, place) * (factors[half] * each[half])) as f32;
        }
        at += BITS;
    }
    let mut bit = bit + fours.len() * 8 * BITS;
    for ((factor, each), out) in rest.iter().zip(each).zip(last.as_chunks_mut::<2>().0) {
        for out in out {
            let value = f64::from(dictionary[symbol::<BITS>(packed, bit)]);
            *out = (value * (factor * each)) as f32;
            bit += BITS;
        }
    }
}

/// Turns the symbols from a bit on into weights, each repeated for as many
/// correlations.
#[inline]
#[allow(clippy::cast_possible_truncation)] // symbols have 16 bits; weights are rounded
pub(super) fn weigh<const BITS: usize>(
    packed: &[u8],
    bit: usize,
    scale: f64,
    correlations: usize,
    out: &mut [f32],
) {
    let weight = |symbol: usize| (f64::from(symbol as u32) * scale) as f32;
    let mut bit = bit;
    if correlations == 4 {
        let (groups, rest) = out.as_chunks_mut::<16>();
        for group in groups {
            let weights = four::<BITS>(packed, bit).map(weight);
            for (out, weight) in group.as_chunks_mut::<4>().0.iter_mut().zip(weights) {
                *out = [weight; 4];
            }
            bit += 4 * BITS;
        }
        for out in rest.as_chunks_mut::<4>().0 {
            *out = [weight(symbol::<BITS>(packed, bit)); 4];
            bit += BITS;
        }
    } else {
        for out in out.chunks_exact_mut(correlations.max(1)) {
            out.fill(weight(symbol::<BITS>(packed, bit)));
            bit += BITS;
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// Both forms of the loop give what one symbol after the other gives.
        #[test]
        fn all_processors_give_the_same_numbers(
            packed in prop::collection::vec(any::<u8>(), 300),
            width in prop::sample::select(vec![2u8, 3, 4, 6, 8, 10, 12, 16]),
            bit in 0usize..40,
            factors in prop::collection::vec(-1e3f64..1e3, 0..20),
            each in prop::array::uniform4(-1e3f64..1e3),
        ) {
            let bit = if width == 16 { bit / 8 * 8 } else { bit };
            let dictionary: Vec<f32> = (0..1u32 << width).map(|at| (at as f32 - 7.3) * 0.37).collect();
            let bits = usize::from(width);
            let one = |at: usize| -> f32 {
                let symbol = (0..bits)
                    .map(|place| (bit + at * bits + place, place))
                    .map(|(from, place)| usize::from(packed[from / 8] >> (from % 8) & 1) << place)
                    .sum::<usize>();
                (f64::from(dictionary[symbol]) * (factors[at / 2] * each[at / 2 % 4])) as f32
            };
            let expected: Vec<f32> = (0..2 * factors.len()).map(one).collect();
            let (mut any, mut here) = (expected.clone(), expected.clone());
            any.fill(-1.0);
            here.fill(-1.0);
            with_width!(width, BITS => {
                scale_anywhere::<BITS>(&packed, bit, &dictionary, (&factors, &each), &mut any);
                scale::<BITS>(&packed, bit, &dictionary, (&factors, &each), &mut here);
            });
            prop_assert_eq!(&any, &expected);
            prop_assert_eq!(&here, &expected);
        }
    }
}
