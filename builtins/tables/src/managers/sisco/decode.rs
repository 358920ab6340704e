//! One spectrum of one baseline and correlation, from what is stored: first
//! along frequency, then along time.
//!
//! Source: `casacore/tables/AlternateMans/Sisco.cc`.

use super::number::{Guess, Number};

/// How numbers are guessed along frequency and along time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Level {
    frequency: Guess,
    time: Guess,
}

impl Level {
    /// The meaning of the level in the head of a file, if it is known; -1,
    /// where nothing is guessed, is none of these.
    pub(super) fn from_code(code: i8) -> Option<Self> {
        let both = |guess| Some(Self { frequency: guess, time: guess });
        match code {
            0 => both(Guess::Same),
            1 => both(Guess::Linear),
            2 => both(Guess::Quadratic),
            3 => both(Guess::Cubic),
            10 => both(Guess::Mean),
            11 => both(Guess::LinearOfThree),
            12 => both(Guess::QuadraticOfFour),
            21 => Some(Self { frequency: Guess::Quadratic, time: Guess::Linear }),
            _ => None,
        }
    }
}

/// Buffers that are used again.
#[derive(Default)]
pub(super) struct Room {
    numbers: Vec<Number>,
    spectrum: Vec<u32>,
}

/// The last spectra of one baseline and correlation, newest first, each with
/// the bits of all real parts and then of all imaginary parts.
#[derive(Debug, Clone, Default)]
pub(super) struct History {
    spectra: Vec<Vec<u32>>,
}

impl History {
    /// The spectrum read last; empty before the first.
    pub(super) fn newest(&self) -> &[u32] {
        self.spectra.first().map_or(&[], Vec::as_slice)
    }

    /// Bytes that it holds.
    pub(super) fn bytes(&self) -> usize {
        self.spectra.iter().map(|spectrum| spectrum.len() * 4 + 24).sum()
    }

    /// Adds the next spectrum. `mantissas` and `exponents` are those of all
    /// real parts and then of all imaginary parts; where there is a history
    /// they are as many as in it.
    pub(super) fn decode(
        &mut self,
        level: Option<Level>,
        mantissas: &[u32],
        exponents: &[i8],
        room: &mut Room,
    ) {
        let Some(level) = level else {
            self.spectra.resize_with(1, Vec::new);
            if let Some(spectrum) = self.spectra.first_mut() {
                spectrum.clear();
                let numbers = mantissas.iter().zip(exponents);
                spectrum.extend(numbers.map(|(m, e)| Number::stored(*m, *e).to_float()));
            }
            return;
        };
        let half = mantissas.len() / 2;
        along_frequency(level.frequency, mantissas, exponents, half, &mut room.numbers);
        along_time(level.time, &room.numbers, &self.spectra, &mut room.spectrum);
        self.spectra.insert(0, std::mem::take(&mut room.spectrum));
        if self.spectra.len() > level.time.order() {
            // Its memory serves the next spectrum.
            room.spectrum = self.spectra.pop().unwrap_or_default();
        }
    }
}

/// Calls a function with a way of guessing that is known when it is compiled,
/// so that the loop inside has no choice left to make.
macro_rules! each_guess {
    ($guess:expr, $name:ident => $body:expr) => {
        match $guess {
            Guess::Same => {
                const $name: Guess = Guess::Same;
                $body
            }
            Guess::Linear => {
                const $name: Guess = Guess::Linear;
                $body
            }
            Guess::Quadratic => {
                const $name: Guess = Guess::Quadratic;
                $body
            }
            Guess::Cubic => {
                const $name: Guess = Guess::Cubic;
                $body
            }
            Guess::Mean => {
                const $name: Guess = Guess::Mean;
                $body
            }
            Guess::LinearOfThree => {
                const $name: Guess = Guess::LinearOfThree;
                $body
            }
            Guess::QuadraticOfFour => {
                const $name: Guess = Guess::QuadraticOfFour;
                $body
            }
        }
    };
}

/// What stands in the history where nothing is known.
const NOTHING: Number = Number { mantissa: 0, exponent: -127, negative: false };

/// Undoes the differences along frequency. The real and the imaginary half
/// know nothing of each other, so both are done at once.
fn along_frequency(
    guess: Guess,
    mantissas: &[u32],
    exponents: &[i8],
    half: usize,
    room: &mut Vec<Number>,
) {
    room.clear();
    room.resize(mantissas.len(), NOTHING);
    let (re, im) = room.split_at_mut(half);
    let (re_mantissas, im_mantissas) = mantissas.split_at(half);
    let (re_exponents, im_exponents) = exponents.split_at(half);
    let mut last = [[NOTHING; 4]; 2];
    let first = guess.order().min(half);
    let step = |last: &mut [Number; 4], number: Number| {
        *last = [number, last[0], last[1], last[2]];
        number
    };
    for at in 0..first {
        let parts = [
            (&mut re[at], re_mantissas[at], re_exponents[at]),
            (&mut im[at], im_mantissas[at], im_exponents[at]),
        ];
        for ((out, mantissa, exponent), last) in parts.into_iter().zip(&mut last) {
            let stored = Number::stored(mantissa, exponent);
            let number = if at == 0 { stored } else { guess.with(at).undo(stored, last) };
            *out = step(last, number);
        }
    }
    let [last_re, last_im] = &mut last;
    each_guess!(guess, GUESS => {
        let re = re.iter_mut().zip(re_mantissas).zip(re_exponents).skip(first);
        let im = im.iter_mut().zip(im_mantissas).zip(im_exponents).skip(first);
        for (((re, re_mantissa), re_exponent), ((im, im_mantissa), im_exponent)) in re.zip(im) {
            let stored = Number::stored(*re_mantissa, *re_exponent);
            *re = step(last_re, GUESS.undo(stored, last_re));
            let stored = Number::stored(*im_mantissa, *im_exponent);
            *im = step(last_im, GUESS.undo(stored, last_im));
        }
    });
}

/// Undoes the differences to the spectra before, newest first.
fn along_time(guess: Guess, numbers: &[Number], spectra: &[Vec<u32>], out: &mut Vec<u32>) {
    out.clear();
    let Some(newest) = spectra.first() else {
        out.extend(numbers.iter().map(|number| number.to_float()));
        return;
    };
    let guess = guess.with(spectra.len());
    let spectrum = |age: usize| {
        if age < guess.order() { spectra.get(age).unwrap_or(newest) } else { newest }
    };
    let (one, two, three, four) = (spectrum(0), spectrum(1), spectrum(2), spectrum(3));
    each_guess!(guess, GUESS => {
        let known = one.iter().zip(two).zip(three.iter().zip(four));
        out.extend(numbers.iter().zip(known).map(|(number, ((one, two), (three, four)))| {
            let last = [*one, *two, *three, *four];
            GUESS.undo(*number, &last.map(Number::of_float)).to_float()
        }));
    });
}
