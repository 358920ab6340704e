//! The records of extended headers: `LENGTH KEY=VALUE`, a line each, with
//! values that may hold any byte.

use std::fmt;
use std::io::Write as _;

use super::header::Time;

/// One record.
pub(super) type Record = (Vec<u8>, Vec<u8>);

/// Appends a record.
pub(super) fn put(records: &mut Vec<u8>, key: &str, value: &[u8]) {
    // The length counts its own digits.
    let rest = key.len() + value.len() + 3;
    let digits = |number: usize| number.checked_ilog10().map_or(1, |log| log as usize + 1);
    let mut length = rest + digits(rest);
    if rest + digits(length) != length {
        length = rest + digits(length);
    }
    // Into memory this cannot fail.
    let _ = write!(records, "{length} {key}=");
    records.extend_from_slice(value);
    records.push(b'\n');
}

/// All records of an extended header, in order; nothing if they are damaged.
pub(super) fn read(mut bytes: &[u8]) -> Option<Vec<Record>> {
    let mut records = Vec::new();
    while !bytes.is_empty() {
        // Some writers fill up with NULs.
        if bytes.iter().all(|&byte| byte == 0) {
            break;
        }
        let blank = bytes.iter().take(20).position(|&byte| byte == b' ')?;
        let length: usize = std::str::from_utf8(&bytes[..blank]).ok()?.parse().ok()?;
        let record = bytes.get(blank + 1..length)?;
        let record = record.strip_suffix(b"\n")?;
        let equals = record.iter().position(|&byte| byte == b'=')?;
        records.push((record[..equals].to_vec(), record[equals + 1..].to_vec()));
        bytes = &bytes[length..];
    }
    Some(records)
}

/// A time as a decimal number with as many digits as it needs.
pub(super) fn time_text(time: Time) -> String {
    // Before 1970 the fraction counts the other way.
    let backwards = time.seconds < 0 && time.nanos > 0;
    let seconds = i128::from(time.seconds) + i128::from(backwards);
    let nanos = if backwards { 1_000_000_000 - time.nanos } else { time.nanos };
    let mut text = String::with_capacity(24);
    if backwards && seconds == 0 {
        text.push('-');
    }
    // Into memory this cannot fail.
    let _ = fmt::Write::write_fmt(&mut text, format_args!("{seconds}"));
    if nanos > 0 {
        let _ = fmt::Write::write_fmt(&mut text, format_args!(".{nanos:09}"));
        text.truncate(text.trim_end_matches('0').len());
    }
    text
}

/// The time in such a number; what is finer than a nanosecond is cut off.
pub(super) fn read_time(text: &[u8]) -> Option<Time> {
    let text = std::str::from_utf8(text).ok()?;
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) {
        return None;
    }
    let seconds: i64 = whole.parse().ok()?;
    let nanos: u32 = format!("{fraction:0<9}")[..9].parse().ok()?;
    Some(match (negative, nanos) {
        (false, nanos) => Time { seconds, nanos },
        (true, 0) => Time { seconds: -seconds, nanos: 0 },
        (true, nanos) => Time { seconds: -seconds - 1, nanos: 1_000_000_000 - nanos },
    })
}

/// A whole number in decimal digits.
pub(super) fn read_number(text: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(text).ok()?;
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_length_counts_itself() {
        for length in 0..300 {
            let mut text = Vec::new();
            put(&mut text, "path", &vec![b'\n'; length]);
            let told: usize = std::str::from_utf8(&text[..3])
                .unwrap()
                .split(' ')
                .next()
                .unwrap()
                .parse()
                .unwrap();
            assert_eq!(told, text.len());
            assert_eq!(read(&text).unwrap(), [(b"path".to_vec(), vec![b'\n'; length])]);
        }
    }

    #[test]
    fn times_keep_their_nanoseconds() {
        for (seconds, nanos, text) in [
            (0, 0, "0"),
            (1_356_998_401, 123_456_789, "1356998401.123456789"),
            (1, 500_000_000, "1.5"),
            (-1, 0, "-1"),
            (-2, 500_000_000, "-1.5"),
            (-1, 999_999_999, "-0.000000001"),
        ] {
            let time = Time { seconds, nanos };
            assert_eq!(time_text(time), text);
            assert_eq!(read_time(text.as_bytes()), Some(time));
        }
        assert_eq!(read_time(b"1.12345678999"), Some(Time { seconds: 1, nanos: 123_456_789 }));
        for wrong in ["", "-", "a", "1e5", ".5", "1.2.3", "99999999999999999999", "\u{661}"] {
            assert_eq!(read_time(wrong.as_bytes()), None, "{wrong}");
        }
        assert_eq!(read_number(b"18446744073709551615"), Some(u64::MAX));
        for wrong in [b"+1".as_slice(), b"", b"-1", b" 1", b"18446744073709551616"] {
            assert_eq!(read_number(wrong), None);
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = read(&bytes);
            let _ = read_time(&bytes);
            let _ = read_number(&bytes);
        }
    }
}
