//! Guesses without branches, for the numbers that most are.
//!
//! What [`Guess::guess`] decides step by step comes out the same in plain
//! arithmetic as long as nothing wraps around. That is checked at the end
//! with one branch, which a processor foresees; noise would make it miss
//! those of the steps all the time.

// The loops over channels need these inside, with the guess known.
#![allow(clippy::inline_always)]

use super::number::{Guess, Number, is_ordinary};

/// Guesses from here on, of either sign, are taken as being far off.
const FAR_OFF: i64 = 1 << 25;

/// Furthest that a mantissa is moved up and down.
const UP: i32 = 7;
const DOWN: i32 = 24;

impl Guess {
    /// The weights of the numbers, newest first, and the divisor.
    #[inline(always)]
    fn weights(self) -> ([i64; 4], i64) {
        match self {
            Self::Same => ([1, 0, 0, 0], 1),
            Self::Linear => ([2, -1, 0, 0], 1),
            Self::Quadratic => ([3, -3, 1, 0], 1),
            Self::Cubic => ([4, -6, 4, -1], 1),
            Self::Mean => ([1, 1, 0, 0], 2),
            Self::LinearOfThree => ([4, 1, -2, 0], 3),
            Self::QuadraticOfFour => ([9, -3, -5, 3], 4),
        }
    }

    /// The stored difference with its guess added; `last[0]` is the number
    /// before it.
    #[inline(always)]
    pub(super) fn undo(self, stored: Number, last: &[Number; 4]) -> Number {
        let (weights, divisor) = self.weights();
        let mut sum = 0;
        let mut size = 0;
        let mut unusual = !is_ordinary(stored.exponent);
        for (number, weight) in last.iter().zip(weights).take(self.order()) {
            let up = i32::from(number.exponent) - i32::from(stored.exponent);
            let moved = up + DOWN;
            unusual |= !is_ordinary(number.exponent) | !(0..=DOWN + UP).contains(&moved);
            // Mantissas have 32 bits, so this leaves one of 64 bits free.
            let mantissa = (u64::from(number.mantissa) << (moved & 31)) >> DOWN;
            let mantissa = mantissa.cast_signed();
            sum += weight * if number.negative { -mantissa } else { mantissa };
            size += weight.abs() * mantissa;
        }
        // With `size` below 32 bits no step of the sum was longer.
        unusual |= size >> 32 != 0;
        if unusual || self == Self::Same {
            return self.undo_in_steps(stored, last);
        }
        let guess = sum / divisor;
        let guess = if guess.abs() < FAR_OFF { guess } else { 0 };
        let mantissa = i64::from(stored.mantissa);
        let sum = guess + if stored.negative { -mantissa } else { mantissa };
        Number {
            // The sum of one of 31 bits and one of 25.
            mantissa: u32::try_from(sum.unsigned_abs()).unwrap_or(u32::MAX),
            exponent: stored.exponent,
            negative: if sum == 0 { stored.negative } else { sum < 0 },
        }
    }

    #[inline(always)]
    fn undo_in_steps(self, stored: Number, last: &[Number; 4]) -> Number {
        if is_ordinary(stored.exponent) {
            stored.plus(self.guess(last, stored.exponent))
        } else {
            stored
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn number() -> impl Strategy<Value = Number> {
        let mantissa =
            prop_oneof![0x0080_0000..0x0100_0000u32, 0..0x0001_0000u32, 0..0x8000_0000u32];
        let exponent = prop_oneof![4 => -3..4i8, 1 => any::<i8>()];
        (mantissa, exponent, any::<bool>()).prop_map(|(mantissa, exponent, negative)| Number {
            mantissa,
            exponent,
            negative,
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]
        #[test]
        fn nothing_differs_from_the_steps(
            stored in number(), last in [number(), number(), number(), number()],
        ) {
            for guess in [
                Guess::Same, Guess::Linear, Guess::Quadratic, Guess::Cubic,
                Guess::Mean, Guess::LinearOfThree, Guess::QuadraticOfFour,
            ] {
                let quick = guess.undo(stored, &last);
                let steps = guess.undo_in_steps(stored, &last);
                // The sign of a zero plays no part later.
                if steps.mantissa != 0 {
                    prop_assert_eq!(quick, steps, "{:?}", guess);
                } else {
                    prop_assert_eq!(quick.mantissa, 0);
                }
            }
        }
    }
}
