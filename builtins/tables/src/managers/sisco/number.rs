//! Floats taken apart into sign, mantissa and exponent, and the guesses at
//! the next of them from which Sisco stores only the difference.
//!
//! The guesses wrap around in 32 bits exactly as those of the writer do: a
//! guess that went wrong there must go wrong here in the same way.
//!
//! Sources: `casacore/tables/AlternateMans/{BitFloat,Sisco}.h`.

/// A float taken apart; the mantissa may be longer than that of a float.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Number {
    pub(super) mantissa: u32,
    pub(super) exponent: i8,
    pub(super) negative: bool,
}

/// The bit that floats leave out.
const LEADING: u32 = 0x0080_0000;

/// Guesses that reach these bits are taken as being far off.
const FAR_OFF: u32 = 0xfe00_0000;

/// Whether numbers of this exponent are added: not infinities, NaN, zeros
/// and numbers too small for their full precision.
#[inline]
pub(super) fn is_ordinary(exponent: i8) -> bool {
    exponent > -127
}

/// The lowest byte.
#[inline]
fn byte(number: u32) -> u8 {
    number.to_le_bytes()[0]
}

impl Number {
    #[inline]
    fn zero(exponent: i8) -> Self {
        Self { mantissa: 0, exponent, negative: false }
    }

    /// Takes a mantissa with its sign in the highest bit, as it is stored.
    #[inline]
    pub(super) fn stored(mantissa: u32, exponent: i8) -> Self {
        Self { mantissa: mantissa & 0x7fff_ffff, exponent, negative: mantissa >> 31 != 0 }
    }

    /// Takes a float apart, given its bits.
    #[inline]
    pub(super) fn of_float(bits: u32) -> Self {
        let leading = if bits << 1 == 0 { 0 } else { LEADING };
        Self {
            mantissa: bits & 0x007f_ffff | leading,
            exponent: byte(bits >> 23).wrapping_sub(127).cast_signed(),
            negative: bits >> 31 != 0,
        }
    }

    /// The bits of the float.
    #[inline]
    pub(super) fn to_float(self) -> u32 {
        let (mut mantissa, mut exponent) = (self.mantissa, self.exponent.cast_unsigned());
        let sign = u32::from(self.negative) << 31;
        if is_ordinary(self.exponent) && mantissa & !0x007f_ffff != LEADING {
            if mantissa == 0 {
                return sign;
            }
            let zeros = mantissa.leading_zeros();
            if zeros < 8 {
                mantissa >>= 8 - zeros;
            } else {
                mantissa <<= zeros - 8;
            }
            exponent = exponent.wrapping_add(8).wrapping_sub(byte(zeros));
        }
        mantissa & 0x007f_ffff | u32::from(exponent.wrapping_add(127)) << 23 | sign
    }

    /// Adds a number of the same exponent.
    #[inline]
    pub(super) fn plus(self, other: Self) -> Self {
        if self.negative == other.negative {
            return Self { mantissa: self.mantissa.wrapping_add(other.mantissa), ..self };
        }
        let (mantissa, below) = self.mantissa.overflowing_sub(other.mantissa);
        Self {
            mantissa: if below { mantissa.wrapping_neg() } else { mantissa },
            exponent: self.exponent,
            negative: self.negative ^ below,
        }
    }

    #[inline]
    fn minus(self, other: Self) -> Self {
        self.plus(other.negated())
    }

    #[inline]
    fn negated(self) -> Self {
        Self { negative: !self.negative, ..self }
    }

    #[inline]
    fn times(self, factor: u32) -> Self {
        Self { mantissa: self.mantissa.wrapping_mul(factor), ..self }
    }

    #[inline]
    fn over(self, divisor: u32) -> Self {
        Self { mantissa: self.mantissa / divisor, ..self }
    }

    #[inline]
    fn is_ordinary(self) -> bool {
        is_ordinary(self.exponent)
    }

    /// The number with another exponent; `None` where it would not fit.
    #[inline]
    fn with_exponent(self, exponent: i8) -> Option<Self> {
        let up = i32::from(self.exponent) - i32::from(exponent);
        let mantissa = match up {
            0 => self.mantissa,
            1..=7 => self.mantissa << up,
            8.. => return None,
            -24..0 => self.mantissa >> -up,
            _ => 0,
        };
        Some(Self { mantissa, exponent, negative: self.negative })
    }

    /// Zero in place of a guess that is far off.
    #[inline]
    fn near(self) -> Self {
        if self.mantissa & FAR_OFF == 0 { self } else { Self::zero(self.exponent) }
    }
}

/// A way of guessing the next number from those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Guess {
    /// The last one.
    Same,
    /// On the line through two.
    Linear,
    /// On the parabola through three.
    Quadratic,
    /// On the cubic through four.
    Cubic,
    /// The mean of two.
    Mean,
    /// On the line nearest to three.
    LinearOfThree,
    /// On the parabola nearest to four.
    QuadraticOfFour,
}

impl Guess {
    /// How many numbers it looks at.
    pub(super) fn order(self) -> usize {
        match self {
            Self::Same => 1,
            Self::Linear | Self::Mean => 2,
            Self::Quadratic | Self::LinearOfThree => 3,
            Self::Cubic | Self::QuadraticOfFour => 4,
        }
    }

    /// The way that is taken while there are only `known` numbers (one at least).
    pub(super) fn with(self, known: usize) -> Self {
        if known >= self.order() {
            return self;
        }
        match known {
            0 | 1 => Self::Same,
            2 => Self::Linear,
            _ => Self::Quadratic,
        }
    }

    /// Guesses a number of a known exponent; `last[0]` is the one before it.
    pub(super) fn guess(self, last: &[Number; 4], exponent: i8) -> Number {
        match self {
            Self::Same => same(last[0], exponent),
            Self::Linear | Self::Mean => self.of_two(last[0], last[1], exponent),
            Self::Quadratic | Self::LinearOfThree => {
                self.of_three(last[0], last[1], last[2], exponent)
            }
            Self::Cubic | Self::QuadraticOfFour => self.of_four(last, exponent),
        }
    }

    fn of_two(self, one: Number, two: Number, exponent: i8) -> Number {
        if !one.is_ordinary() {
            return same(two, exponent);
        }
        if !two.is_ordinary() {
            return same(one, exponent);
        }
        let matched = (one.with_exponent(exponent), two.with_exponent(exponent));
        let (Some(one), Some(two)) = matched else {
            return Number::zero(exponent);
        };
        match self {
            Self::Mean => one.plus(two).over(2).near(),
            _ => one.times(2).minus(two).near(),
        }
    }

    fn of_three(self, one: Number, two: Number, three: Number, exponent: i8) -> Number {
        if !one.is_ordinary() {
            return same(two, exponent);
        }
        if !two.is_ordinary() {
            return same(one, exponent);
        }
        if !three.is_ordinary() {
            return Self::Linear.of_two(one, two, exponent);
        }
        let Some(matched_three) = three.with_exponent(exponent) else {
            return Self::Linear.of_two(one, two, exponent);
        };
        let Some(matched_two) = two.with_exponent(exponent) else {
            return same(one, exponent);
        };
        let Some(matched_one) = one.with_exponent(exponent) else {
            return same(two, exponent);
        };
        match self {
            Self::LinearOfThree => {
                let three = matched_three.negated().times(2);
                matched_one.times(4).plus(matched_two).plus(three).over(3).near()
            }
            _ => matched_one.times(3).minus(matched_two.times(3)).plus(matched_three).near(),
        }
    }

    fn of_four(self, last: &[Number; 4], exponent: i8) -> Number {
        let [one, two, three, four] = *last;
        if !one.is_ordinary() {
            return same(two, exponent);
        }
        if !two.is_ordinary() {
            return same(one, exponent);
        }
        if !three.is_ordinary() {
            return Self::Linear.of_two(one, two, exponent);
        }
        let fewer = || Self::Quadratic.of_three(one, two, three, exponent);
        if !four.is_ordinary() {
            return fewer();
        }
        let Some(matched_four) = four.with_exponent(exponent) else {
            return fewer();
        };
        let Some(matched_three) = three.with_exponent(exponent) else {
            return Self::Linear.of_two(one, two, exponent);
        };
        let Some(matched_two) = two.with_exponent(exponent) else {
            return same(one, exponent);
        };
        let Some(matched_one) = one.with_exponent(exponent) else {
            return same(two, exponent);
        };
        match self {
            Self::QuadraticOfFour => matched_one
                .times(9)
                .minus(matched_two.times(3))
                .minus(matched_three.times(5))
                .plus(matched_four.times(3))
                .over(4)
                .near(),
            _ => matched_one
                .times(4)
                .minus(matched_two.times(6))
                .plus(matched_three.times(4))
                .minus(matched_four)
                .near(),
        }
    }
}

/// The last number again, unless it is more than twice as large.
fn same(last: Number, exponent: i8) -> Number {
    if !last.is_ordinary() {
        return Number::zero(exponent);
    }
    match i32::from(last.exponent) - i32::from(exponent) {
        0 => last,
        1 => Number { mantissa: last.mantissa << 1, exponent, ..last }.near(),
        2.. => Number::zero(exponent),
        up @ -24..0 => Number { mantissa: last.mantissa >> -up, exponent, ..last },
        _ => Number::zero(exponent),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn floats_come_back(bits: u32) {
            prop_assert_eq!(Number::of_float(bits).to_float(), bits);
        }

        /// What a writer stores (the number less its guess) gives the number back.
        #[test]
        fn differences_are_undone(bits: u32, last: [u32; 4], which in 0..7usize) {
            let guess = [
                Guess::Same, Guess::Linear, Guess::Quadratic, Guess::Cubic,
                Guess::Mean, Guess::LinearOfThree, Guess::QuadraticOfFour,
            ][which];
            let number = Number::of_float(bits);
            if number.is_ordinary() {
                let last = last.map(Number::of_float);
                let expected = guess.guess(&last, number.exponent);
                let stored = number.minus(expected);
                prop_assert_eq!(stored.plus(expected).to_float(), bits);
            }
        }
    }

    #[test]
    fn guesses_follow_their_curves() {
        let last = [5.0f32, 3.0, 2.0, 1.5].map(|value| Number::of_float(value.to_bits()));
        let value = |guess: Guess| f32::from_bits(guess.guess(&last, 2).to_float());
        assert!((value(Guess::Same) - 5.0).abs() < 1e-6);
        assert!((value(Guess::Linear) - 7.0).abs() < 1e-6);
        assert!((value(Guess::Mean) - 4.0).abs() < 1e-6);
        assert!((value(Guess::Quadratic) - 8.0).abs() < 1e-6);
        assert!((value(Guess::Cubic) - 8.5).abs() < 1e-6);
        assert!((value(Guess::LinearOfThree) - 19.0 / 3.0).abs() < 1e-5);
        assert!((value(Guess::QuadraticOfFour) - 7.625).abs() < 1e-5);
    }

    #[test]
    fn a_long_mantissa_becomes_a_float() {
        let number = Number { mantissa: 0x0180_0000, exponent: 0, negative: true };
        assert_eq!(number.to_float(), (-3.0f32).to_bits());
        let number = Number { mantissa: 0x0000_0003, exponent: 23, negative: false };
        assert_eq!(number.to_float(), 3.0f32.to_bits());
    }
}
