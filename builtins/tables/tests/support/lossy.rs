//! Columns that are stored with a loss are decoded with floats, so that two
//! readers may differ in the last bits: their canonical bytes are compared
//! value by value.

/// The first difference beyond the tolerance between two canonical streams
/// of arrays of 32-bit floats (or of pairs of them); `parts` is the number of
/// floats in a value.
pub(crate) fn difference(ours: &[u8], known: &[u8], parts: usize) -> Option<String> {
    let (mut ours, mut known) = (ours, known);
    let mut row = 0;
    while !known.is_empty() {
        let (Some(a), Some(b)) = (cell(&mut ours, parts), cell(&mut known, parts)) else {
            return Some(format!("row {row}: cut off"));
        };
        if a.0 != b.0 {
            return Some(format!("row {row}: shape {:?}, should be {:?}", a.0, b.0));
        }
        let largest =
            b.1.iter().filter(|value| value.is_finite()).fold(0f32, |m, v| m.max(v.abs()));
        for (at, (a, b)) in a.1.iter().zip(&b.1).enumerate() {
            let near = (a - b).abs() <= 1e-6 * largest;
            if !(near || a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan()) {
                return Some(format!("row {row}: float {at} is {a}, should be {b}"));
            }
        }
        row += 1;
    }
    (!ours.is_empty()).then(|| format!("{} bytes too many", ours.len()))
}

type Cell = (Option<Vec<u64>>, Vec<f32>);

fn cell(bytes: &mut &[u8], parts: usize) -> Option<Cell> {
    let (defined, rest) = bytes.split_first()?;
    *bytes = rest;
    if *defined == 0 {
        return Some((None, Vec::new()));
    }
    let ndim = u32::from_le_bytes(take(bytes)?);
    let shape: Vec<u64> =
        (0..ndim).map(|_| take(bytes).map(u64::from_le_bytes)).collect::<Option<_>>()?;
    let count = shape.iter().product::<u64>() * parts as u64;
    let values = (0..count).map(|_| take(bytes).map(f32::from_le_bytes)).collect::<Option<_>>()?;
    Some((Some(shape), values))
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (head, rest) = bytes.split_first_chunk::<N>()?;
    *bytes = rest;
    Some(*head)
}
