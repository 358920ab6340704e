//! Sizes and durations for people.

/// Bytes of a MiB, the unit of sizes in RefFiles.
pub const MIB: u64 = 1024 * 1024;

/// MiB rounded up, as `du -m` does.
pub fn mib(bytes: u64) -> u64 {
    bytes.div_ceil(MIB)
}

/// Bytes of a number of MiB, at most the largest number there is.
pub fn from_mib(mib: u64) -> u64 {
    mib.saturating_mul(MIB)
}

/// `999 B`, `1.5 KiB`, `36.0 TiB`: one decimal from KiB on.
pub fn human_bytes(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    // In tenths, rounded; whole numbers keep 1023.96 from becoming "1024.0".
    let mut unit = 0;
    let mut tenths = (u128::from(bytes) * 10 + 512) / 1024;
    let mut divisor = 1024_u128;
    while tenths >= 10_240 && unit + 1 < UNITS.len() {
        unit += 1;
        divisor *= 1024;
        tenths = (u128::from(bytes) * 10 + divisor / 2) / divisor;
    }
    format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
}

/// `42 s`, `3 min 05 s`, `2 h 07 min`, `3 d 04 h`.
pub fn human_seconds(seconds: u64) -> String {
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    if days > 0 {
        format!("{days} d {:02} h", hours % 24)
    } else if hours > 0 {
        format!("{hours} h {:02} min", minutes % 60)
    } else if minutes > 0 {
        format!("{minutes} min {:02} s", seconds % 60)
    } else {
        format!("{seconds} s")
    }
}

/// A text that is no duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no duration; write a number with s, min, h, d or w, such as `1d`")]
pub struct DurationError(String);

/// Seconds of `90s`, `15min`, `12h`, `1d`, `2w`; a number alone is seconds.
///
/// # Errors
/// The text is none of these, or more than anybody can wait for.
pub fn parse_seconds(text: &str) -> Result<u64, DurationError> {
    let trimmed = text.trim();
    let digits = trimmed.find(|c: char| !c.is_ascii_digit()).unwrap_or(trimmed.len());
    let unit = match trimmed[digits..].trim_start() {
        "" | "s" => Some(1),
        "min" => Some(60),
        "h" => Some(3600),
        "d" => Some(86_400),
        "w" => Some(604_800),
        _ => None,
    };
    let number: Option<u64> = trimmed[..digits].parse().ok();
    number
        .zip(unit)
        .and_then(|(number, unit)| number.checked_mul(unit))
        .ok_or_else(|| DurationError(text.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read() {
        for (text, seconds) in [
            ("0", 0),
            ("90", 90),
            ("90s", 90),
            (" 15 min ", 900),
            ("12h", 43_200),
            ("1d", 86_400),
            ("2w", 1_209_600),
        ] {
            assert_eq!(parse_seconds(text), Ok(seconds), "{text}");
        }
        for text in [
            "",
            "d",
            "1m",
            "-1d",
            "1.5h",
            "1d2h",
            "1 day",
            "99999999999999999999",
            "9999999999999999w",
        ] {
            assert!(parse_seconds(text).is_err(), "{text}");
        }
    }

    #[test]
    fn sizes_are_rounded_up() {
        assert_eq!([mib(0), mib(1), mib(MIB), mib(MIB + 1)], [0, 1, 1, 2]);
        assert_eq!(mib(u64::MAX), 1 << 44);
        assert_eq!(from_mib(2), 2 * MIB);
        assert_eq!(from_mib(u64::MAX), u64::MAX);
    }

    #[test]
    fn sizes_are_readable() {
        let table = [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (1536, "1.5 KiB"),
            (MIB - 1, "1.0 MiB"),
            (MIB * 1024 - 1, "1.0 GiB"),
            (MIB * 1000, "1000.0 MiB"),
            (36 << 40, "36.0 TiB"),
            (u64::MAX, "16.0 EiB"),
        ];
        for (bytes, text) in table {
            assert_eq!(human_bytes(bytes), text, "{bytes}");
        }
    }

    #[test]
    fn durations_are_readable() {
        let table = [
            (0, "0 s"),
            (59, "59 s"),
            (185, "3 min 05 s"),
            (7620, "2 h 07 min"),
            (3 * 86_400 + 4 * 3600 + 59, "3 d 04 h"),
        ];
        for (seconds, text) in table {
            assert_eq!(human_seconds(seconds), text);
        }
    }
}
