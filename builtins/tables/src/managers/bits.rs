//! Booleans that are packed eight to a byte, lowest bit first.
//!
//! Flags are the second largest data of many tables: eight are taken at once
//! from a table of all bytes.
//!
//! Source: `casacore/casa/Utilities/Conversion.cc`.

/// The booleans of each byte.
static BOOLS: [[bool; 8]; 256] = bools();

const fn bools() -> [[bool; 8]; 256] {
    let mut bools = [[false; 8]; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut bit = 0;
        while bit < 8 {
            bools[byte][bit] = byte >> bit & 1 != 0;
            bit += 1;
        }
        byte += 1;
    }
    bools
}

/// Unpacks one boolean for each place of `out`, from the bit `first` of `bytes` on.
/// Bits beyond the end of `bytes` leave their places as they are.
pub(crate) fn unpack(bytes: &[u8], first: usize, out: &mut [bool]) {
    let mut bytes = bytes.get(first / 8..).unwrap_or_default();
    let mut out = out;
    let skip = first % 8;
    if skip > 0 {
        // The rest of the first byte, so that all that follow are whole.
        let Some((byte, rest)) = bytes.split_first() else { return };
        let count = out.len().min(8 - skip);
        let (head, tail) = std::mem::take(&mut out).split_at_mut(count);
        head.copy_from_slice(&BOOLS[usize::from(*byte)][skip..skip + count]);
        (bytes, out) = (rest, tail);
    }
    for (group, byte) in out.chunks_exact_mut(8).zip(bytes) {
        group.copy_from_slice(&BOOLS[usize::from(*byte)]);
    }
    let whole = out.len() / 8;
    if let Some(byte) = bytes.get(whole) {
        let last = &mut out[whole * 8..];
        last.copy_from_slice(&BOOLS[usize::from(*byte)][..last.len()]);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::unpack;

    #[test]
    fn starts_within_a_byte() {
        let bytes = [0b1010_0110, 0b0000_0011];
        let mut out = [false; 6];
        unpack(&bytes, 5, &mut out);
        assert_eq!(out, [true, false, true, true, true, false]);
        let mut out = [true; 10];
        unpack(&bytes, 0, &mut out);
        let expected = [false, true, true, false, false, true, false, true, true, true];
        assert_eq!(out, expected);
    }

    #[test]
    fn stops_at_the_end() {
        let mut out = [false; 12];
        unpack(&[0xff], 3, &mut out);
        assert_eq!(out.iter().filter(|bit| **bit).count(), 5);
        unpack(&[], 9, &mut out);
    }

    proptest! {
        #[test]
        fn takes_each_bit(bytes: Vec<u8>, first in 0..99usize, count in 0..999usize, old: bool) {
            let mut out = vec![old; count];
            unpack(&bytes, first, &mut out);
            for (at, value) in out.into_iter().enumerate() {
                let bit = first + at;
                let expected = bytes.get(bit / 8).map_or(old, |byte| byte >> (bit % 8) & 1 != 0);
                prop_assert_eq!(value, expected, "bit {}", bit);
            }
        }
    }
}
