//! Pixels: what stands in the file to physical values, and those to 32-bit
//! floats.

/// How pixels stand in a file.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Pixels {
    kind: Kind,
    /// What integers are multiplied with, then added to.
    scale: f64,
    zero: f64,
    /// The integer that means "no value".
    blank: Option<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    U8,
    I16,
    I32,
    I64,
    F32,
    F64,
}

/// What was seen among the new pixels.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Seen {
    /// The smallest and the largest finite number.
    pub(super) range: Option<(f32, f32)>,
    /// Pixels without value.
    pub(super) blank: u64,
    /// Numbers that 32 bits cannot hold; they become infinite.
    pub(super) too_large: u64,
}

impl Pixels {
    /// Pixels with this BITPIX, BSCALE, BZERO and BLANK.
    pub(super) fn new(bits: i64, scale: f64, zero: f64, blank: Option<i64>) -> Option<Self> {
        let kind = match bits {
            8 => Kind::U8,
            16 => Kind::I16,
            32 => Kind::I32,
            64 => Kind::I64,
            -32 => Kind::F32,
            -64 => Kind::F64,
            _ => return None,
        };
        // BLANK is for integers only.
        let blank = blank.filter(|_| bits > 0);
        Some(Self { kind, scale, zero, blank })
    }

    /// Bytes of one.
    pub(super) fn width(&self) -> usize {
        match self.kind {
            Kind::U8 => 1,
            Kind::I16 => 2,
            Kind::I32 | Kind::F32 => 4,
            Kind::I64 | Kind::F64 => 8,
        }
    }

    /// Multiplies whole pixels and appends them as big-endian 32-bit floats.
    pub(super) fn scale(&self, bytes: &[u8], factor: f64, out: &mut Vec<u8>, seen: &mut Seen) {
        match self.kind {
            Kind::U8 => self.integers(bytes, |[b]: [u8; 1]| i64::from(b), factor, out, seen),
            Kind::I16 => {
                self.integers(bytes, |b| i64::from(i16::from_be_bytes(b)), factor, out, seen);
            }
            Kind::I32 => {
                self.integers(bytes, |b| i64::from(i32::from_be_bytes(b)), factor, out, seen);
            }
            Kind::I64 => self.integers(bytes, i64::from_be_bytes, factor, out, seen),
            Kind::F32 => {
                for bytes in bytes.as_chunks::<4>().0 {
                    let value = f32::from_be_bytes(*bytes);
                    // The bits of a NaN may mean something to somebody.
                    let value = if value.is_nan() {
                        value
                    } else {
                        single(self.physical(value.into()) * factor)
                    };
                    seen.push(value, f32::from_be_bytes(*bytes).is_finite(), out);
                }
            }
            Kind::F64 => {
                for bytes in bytes.as_chunks::<8>().0 {
                    let value = f64::from_be_bytes(*bytes);
                    seen.push(single(self.physical(value) * factor), value.is_finite(), out);
                }
            }
        }
    }

    fn integers<const N: usize>(
        &self,
        bytes: &[u8],
        integer: impl Fn([u8; N]) -> i64,
        factor: f64,
        out: &mut Vec<u8>,
        seen: &mut Seen,
    ) {
        for bytes in bytes.as_chunks::<N>().0 {
            let stored = integer(*bytes);
            // More than 53 bits do not fit into the result anyway.
            #[allow(clippy::cast_precision_loss)]
            let value = if self.blank == Some(stored) {
                f32::NAN
            } else {
                single(self.physical(stored as f64) * factor)
            };
            seen.push(value, true, out);
        }
    }

    fn physical(&self, stored: f64) -> f64 {
        self.zero + self.scale * stored
    }
}

/// The nearest 32-bit float; too large a number becomes infinite.
#[allow(clippy::cast_possible_truncation)]
fn single(value: f64) -> f32 {
    value as f32
}

impl Seen {
    fn push(&mut self, value: f32, was_finite: bool, out: &mut Vec<u8>) {
        if value.is_nan() {
            self.blank += 1;
        } else if value.is_finite() {
            let (low, high) = self.range.unwrap_or((value, value));
            self.range = Some((low.min(value), high.max(value)));
        } else if was_finite {
            self.too_large += 1;
        }
        out.extend_from_slice(&value.to_be_bytes());
    }
}
