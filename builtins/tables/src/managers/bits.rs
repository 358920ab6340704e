//! Booleans that are packed eight to a byte, lowest bit first.
//!
//! Source: `casacore/casa/Utilities/Conversion.cc`.

/// Unpacks one boolean for each place of `out`, from the bit `first` of `bytes` on.
/// Bits beyond the end of `bytes` leave their places as they are.
pub(crate) fn unpack(bytes: &[u8], first: usize, out: &mut [bool]) {
    let bytes = bytes.get(first / 8..).unwrap_or_default();
    let skip = first % 8;
    if skip == 0 {
        for (group, byte) in out.chunks_mut(8).zip(bytes) {
            for (bit, value) in group.iter_mut().enumerate() {
                *value = byte >> bit & 1 != 0;
            }
        }
        return;
    }
    for (at, value) in out.iter_mut().enumerate() {
        let bit = skip + at;
        let Some(byte) = bytes.get(bit / 8) else {
            return;
        };
        *value = byte >> (bit % 8) & 1 != 0;
    }
}

#[cfg(test)]
mod tests {
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
}
