//! MD5 (RFC 1321), written for speed.
//!
//! Each step of MD5 waits for the one before, so its speed is the length of
//! that chain. Two things make it shorter than in the libraries at hand: the
//! constants come from memory, where the compiler cannot move their addition
//! into the chain, and the two halves of the second function, which share no
//! bits, are added one by one, so that only one of them waits.

#![allow(clippy::many_single_char_names)] // the names of the RFC

/// Bytes taken in one go.
const BLOCK: usize = 64;

/// `floor(2^32 · |sin(i + 1)|)`, RFC 1321 §3.4.
const SINES: [u32; 64] = [
    0xd76a_a478,
    0xe8c7_b756,
    0x2420_70db,
    0xc1bd_ceee,
    0xf57c_0faf,
    0x4787_c62a,
    0xa830_4613,
    0xfd46_9501,
    0x6980_98d8,
    0x8b44_f7af,
    0xffff_5bb1,
    0x895c_d7be,
    0x6b90_1122,
    0xfd98_7193,
    0xa679_438e,
    0x49b4_0821,
    0xf61e_2562,
    0xc040_b340,
    0x265e_5a51,
    0xe9b6_c7aa,
    0xd62f_105d,
    0x0244_1453,
    0xd8a1_e681,
    0xe7d3_fbc8,
    0x21e1_cde6,
    0xc337_07d6,
    0xf4d5_0d87,
    0x455a_14ed,
    0xa9e3_e905,
    0xfcef_a3f8,
    0x676f_02d9,
    0x8d2a_4c8a,
    0xfffa_3942,
    0x8771_f681,
    0x6d9d_6122,
    0xfde5_380c,
    0xa4be_ea44,
    0x4bde_cfa9,
    0xf6bb_4b60,
    0xbebf_bc70,
    0x289b_7ec6,
    0xeaa1_27fa,
    0xd4ef_3085,
    0x0488_1d05,
    0xd9d4_d039,
    0xe6db_99e5,
    0x1fa2_7cf8,
    0xc4ac_5665,
    0xf429_2244,
    0x432a_ff97,
    0xab94_23a7,
    0xfc93_a039,
    0x655b_59c3,
    0x8f0c_cc92,
    0xffef_f47d,
    0x8584_5dd1,
    0x6fa8_7e4f,
    0xfe2c_e6e0,
    0xa301_4314,
    0x4e08_11a1,
    0xf753_7e82,
    0xbd3a_f235,
    0x2ad7_d2bb,
    0xeb86_d391,
];

/// An MD5 digest that is being made.
#[derive(Debug, Clone)]
pub(super) struct Md5 {
    state: [u32; 4],
    /// What has come since the last whole block.
    rest: [u8; BLOCK],
    rest_len: usize,
    bytes: u64,
}

impl Md5 {
    pub(super) fn new() -> Self {
        let state = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476];
        Self { state, rest: [0; BLOCK], rest_len: 0, bytes: 0 }
    }

    pub(super) fn update(&mut self, mut bytes: &[u8]) {
        self.bytes = self.bytes.wrapping_add(bytes.len() as u64);
        if self.rest_len > 0 {
            let (first, others) = bytes.split_at(bytes.len().min(BLOCK - self.rest_len));
            self.rest[self.rest_len..self.rest_len + first.len()].copy_from_slice(first);
            self.rest_len += first.len();
            bytes = others;
            if self.rest_len < BLOCK {
                return;
            }
            compress(&mut self.state, &[self.rest]);
        }
        let (blocks, others) = bytes.as_chunks::<BLOCK>();
        compress(&mut self.state, blocks);
        self.rest[..others.len()].copy_from_slice(others);
        self.rest_len = others.len();
    }

    pub(super) fn finish(mut self) -> [u8; 16] {
        let bits = self.bytes.wrapping_mul(8);
        let mut end = [0; 2 * BLOCK];
        end[..self.rest_len].copy_from_slice(&self.rest[..self.rest_len]);
        end[self.rest_len] = 0x80;
        let len = if self.rest_len < BLOCK - 8 { BLOCK } else { 2 * BLOCK };
        end[len - 8..len].copy_from_slice(&bits.to_le_bytes());
        compress(&mut self.state, end[..len].as_chunks::<BLOCK>().0);
        let mut digest = [0; 16];
        for (place, word) in digest.as_chunks_mut::<4>().0.iter_mut().zip(self.state) {
            *place = word.to_le_bytes();
        }
        digest
    }
}

/// Takes in whole blocks.
fn compress(state: &mut [u32; 4], blocks: &[[u8; BLOCK]]) {
    let t: &[u32; 64] = std::hint::black_box(&SINES);
    let [mut a, mut b, mut c, mut d] = *state;
    for block in blocks {
        let mut x = [0; 16];
        for (word, bytes) in x.iter_mut().zip(block.as_chunks::<4>().0) {
            *word = u32::from_le_bytes(*bytes);
        }
        let before = [a, b, c, d];
        // Four steps of a round: the words of the block are taken `by` apart, from `from` on.
        macro_rules! steps {
            ($mix:expr, $i:expr, $by:expr, $from:expr, $shift:expr) => {
                let at = |i: usize| (x[(i * $by + $from) % 16], t[i]);
                a = $mix(a, b, c, d, at($i)).rotate_left($shift[0]).wrapping_add(b);
                d = $mix(d, a, b, c, at($i + 1)).rotate_left($shift[1]).wrapping_add(a);
                c = $mix(c, d, a, b, at($i + 2)).rotate_left($shift[2]).wrapping_add(d);
                b = $mix(b, c, d, a, at($i + 3)).rotate_left($shift[3]).wrapping_add(c);
            };
        }
        macro_rules! round {
            ($mix:expr, $i:expr, $by:expr, $from:expr, $shift:expr) => {
                steps!($mix, $i, $by, $from, $shift);
                steps!($mix, $i + 4, $by, $from, $shift);
                steps!($mix, $i + 8, $by, $from, $shift);
                steps!($mix, $i + 12, $by, $from, $shift);
            };
        }
        round!(first, 0, 1, 0, [7, 12, 17, 22]);
        round!(second, 16, 5, 1, [5, 9, 14, 20]);
        round!(third, 32, 3, 5, [4, 11, 16, 23]);
        round!(fourth, 48, 7, 0, [6, 10, 15, 21]);
        a = a.wrapping_add(before[0]);
        b = b.wrapping_add(before[1]);
        c = c.wrapping_add(before[2]);
        d = d.wrapping_add(before[3]);
    }
    *state = [a, b, c, d];
}

#[inline]
fn first(a: u32, b: u32, c: u32, d: u32, (x, t): (u32, u32)) -> u32 {
    a.wrapping_add(x).wrapping_add(t).wrapping_add(d ^ (b & (c ^ d)))
}

#[inline]
fn second(a: u32, b: u32, c: u32, d: u32, (x, t): (u32, u32)) -> u32 {
    a.wrapping_add(x).wrapping_add(t).wrapping_add(c & !d).wrapping_add(b & d)
}

#[inline]
fn third(a: u32, b: u32, c: u32, d: u32, (x, t): (u32, u32)) -> u32 {
    a.wrapping_add(x).wrapping_add(t).wrapping_add(b ^ (c ^ d))
}

#[inline]
fn fourth(a: u32, b: u32, c: u32, d: u32, (x, t): (u32, u32)) -> u32 {
    a.wrapping_add(x).wrapping_add(t).wrapping_add(c ^ (b | !d))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::io::Write as _;
    use std::process::{Command, Stdio};

    fn digest(parts: &[&[u8]]) -> [u8; 16] {
        let mut sum = Md5::new();
        for part in parts {
            sum.update(part);
        }
        sum.finish()
    }

    /// The system's own.
    fn judge(bytes: &[u8]) -> String {
        let mut child =
            Command::new("md5sum").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(bytes).unwrap();
        let out = child.wait_with_output().unwrap();
        String::from_utf8(out.stdout[..32].to_vec()).unwrap()
    }

    #[test]
    fn every_length_around_a_block_is_right() {
        let bytes: Vec<u8> = (0..1000u32).map(|k| (k * 7 % 251) as u8).collect();
        for len in [0, 1, 54, 55, 56, 57, 63, 64, 65, 119, 120, 121, 127, 128, 129, 1000] {
            let found = u128::from_be_bytes(digest(&[&bytes[..len]]));
            assert_eq!(format!("{found:032x}"), judge(&bytes[..len]), "{len} bytes");
        }
    }

    proptest::proptest! {
        #[test]
        fn the_parts_do_not_matter(bytes: Vec<u8>, more in 0usize..300, cut in 0usize..400) {
            let bytes = [bytes, vec![b'x'; more]].concat();
            let (first, second) = bytes.split_at(cut.min(bytes.len()));
            proptest::prop_assert_eq!(digest(&[first, second]), digest(&[&bytes]));
        }
    }
}
