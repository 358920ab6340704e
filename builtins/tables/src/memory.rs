//! Memory for large results.
//!
//! The system hands out fresh memory in pages of 4 KiB, each at the price of
//! an interruption; for a column of a gigabyte that is most of the time that
//! reading takes. Where it can, it is asked for pages of 2 MiB.

use bytemuck::Zeroable;

/// Bytes of a large page on the common machines.
const LARGE_PAGE: usize = 2 << 20;

/// Results from this size on are worth asking: at least one large page lies
/// in each of them.
const WORTH: usize = 2 * LARGE_PAGE;

/// Memory for so many values, all zero and not touched yet; `None` where
/// there is not enough.
pub(crate) fn zeroed<T: Zeroable>(count: usize) -> Option<Vec<T>> {
    let mut values = bytemuck::allocation::try_zeroed_vec(count).ok()?;
    if size_of_val(&values[..]) >= WORTH {
        in_large_pages(&mut values);
    }
    Some(values)
}

/// Asks for large pages for memory that has not been touched yet. They are a
/// matter of speed alone, so that it is no matter whether the system agrees.
#[cfg(target_os = "linux")]
#[allow(unsafe_code)]
fn in_large_pages<T>(values: &mut [T]) {
    use rustix::mm::{Advice, madvise};

    let start = values.as_mut_ptr().cast::<u8>();
    let before = start.align_offset(LARGE_PAGE);
    let Some(inside) = size_of_val(values).checked_sub(before) else { return };
    let length = inside / LARGE_PAGE * LARGE_PAGE;
    let first = start.wrapping_add(before).cast();
    // SAFETY: the range begins and ends inside of the slice, which is borrowed
    // for writing and nobody else sees. This advice leaves addresses, contents
    // and rights of memory as they are.
    let _ = unsafe { madvise(first, length, Advice::LinuxHugepage) };
}

#[cfg(not(target_os = "linux"))]
fn in_large_pages<T>(_values: &mut [T]) {}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn memory_is_zero_and_may_be_written_whatever_its_size() {
        for count in [0, 1, 1000, WORTH / 8 - 1, WORTH / 8, WORTH / 8 + 1, 3 * WORTH / 8 + 77] {
            let mut values = zeroed::<u64>(count).unwrap();
            assert_eq!(values.len(), count);
            assert!(values.iter().all(|value| *value == 0));
            for (at, value) in values.iter_mut().enumerate() {
                *value = at as u64;
            }
            let sum = values.iter().map(|value| u128::from(*value)).sum::<u128>();
            let count = count as u128;
            assert_eq!(sum, count * count.saturating_sub(1) / 2);
        }
        assert!(zeroed::<u64>(usize::MAX / 8).is_none());
    }

    #[test]
    fn untouched_memory_stays_zero_between_others() {
        let before = vec![7u8; 1 << 20];
        let mut values = zeroed::<u8>(WORTH + 12345).unwrap();
        let after = vec![9u8; 1 << 20];
        values[LARGE_PAGE] = 1;
        assert_eq!(values.iter().filter(|value| **value != 0).count(), 1);
        assert!(before.iter().all(|value| *value == 7) && after.iter().all(|value| *value == 9));
    }
}
