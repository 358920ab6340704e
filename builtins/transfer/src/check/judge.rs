//! The state of one measurement set: what was expected against what is there.

use serde::{Deserialize, Serialize};

/// Bytes in a MiB, the unit of sizes in RefFiles.
const MIB: u64 = 1 << 20;

/// Where a measurement set stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DataState {
    /// There, with the expected size.
    Complete,
    /// Nobody could look.
    Unreachable,
    /// The RefFile does not tell how large it should be.
    UnknownExpected,
    /// Larger than expected.
    Oversize,
    /// Not there at all.
    Missing,
    /// Partly there, and nothing is arriving.
    Incomplete,
    /// Partly there, and growing.
    Transferring,
}

impl DataState {
    /// All states, in the order in which a table lists them.
    pub const ALL: [Self; 7] = [
        Self::Complete,
        Self::Unreachable,
        Self::UnknownExpected,
        Self::Oversize,
        Self::Missing,
        Self::Incomplete,
        Self::Transferring,
    ];

    /// The word that users see.
    pub fn word(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Unreachable => "unreachable",
            Self::UnknownExpected => "unknown-expected",
            Self::Oversize => "oversize",
            Self::Missing => "missing",
            Self::Incomplete => "incomplete",
            Self::Transferring => "transferring",
        }
    }
}

/// How large a set should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Expected {
    /// From the RefFile, MiB rounded up as `du -sm` does.
    pub size_mb: Option<u64>,
    /// Exactly, from the journal of the copy that made it.
    pub bytes: Option<u64>,
}

/// What a node found, as `ms.sizes` answers it.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default)]
pub struct Seen {
    /// Path in text form, as asked.
    pub path: String,
    /// Whether there is anything under that name.
    pub exists: bool,
    /// Blocks on disk, bytes.
    pub size_bytes: u64,
    /// Lengths of the files, bytes.
    pub apparent_bytes: u64,
    /// Lengths of the files of half-made copies beside it, bytes.
    pub part_bytes: u64,
    /// Growth of the set or its half-made copy between two looks, bytes.
    pub growth_bytes: u64,
    /// Time between the two looks, s.
    pub elapsed_s: f64,
    /// Why it could not be measured whole.
    pub error: Option<String>,
}

/// How far a size may be off.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tolerance {
    /// From this percentage of the expected size a set is complete.
    pub accept_percent: f64,
    /// More than this many percent above it, it is oversize.
    pub oversize_percent: f64,
}

/// The verdict on one set.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Verdict {
    /// Where it stands.
    pub state: DataState,
    /// How much of it is there, percent; a complete set has 100.
    pub percent: f64,
    /// What is there, MiB.
    pub size_mb: Option<u64>,
    /// How fast it grows, bytes a second.
    pub bytes_per_second: f64,
}

/// Judges one set; `seen` is `None` when its node did not answer.
pub fn judge(expected: Expected, seen: Option<&Seen>, tolerance: Tolerance) -> Verdict {
    let Some(seen) = seen else { return Verdict::bare(DataState::Unreachable) };
    if seen.error.is_some() && seen.exists {
        return Verdict {
            size_mb: Some(mib(seen.size_bytes)),
            ..Verdict::bare(DataState::Unreachable)
        };
    }
    let speed = if seen.elapsed_s > 0.0 { as_f64(seen.growth_bytes) / seen.elapsed_s } else { 0.0 };
    let size_mb = seen.exists.then(|| mib(seen.size_bytes));
    let present = present_bytes(expected, seen);
    let Some(wanted) = wanted_bytes(expected) else {
        let state = if seen.exists { DataState::UnknownExpected } else { DataState::Missing };
        return Verdict { size_mb, bytes_per_second: speed, ..Verdict::bare(state) };
    };
    let percent = share(present, wanted);
    let state = if seen.exists && percent > 100.0 + tolerance.oversize_percent {
        DataState::Oversize
    } else if seen.exists && percent >= tolerance.accept_percent {
        DataState::Complete
    } else if speed > 0.0 {
        DataState::Transferring
    } else if seen.exists || seen.part_bytes > 0 {
        DataState::Incomplete
    } else {
        DataState::Missing
    };
    let percent = if state == DataState::Complete { 100.0 } else { percent };
    Verdict { state, percent, size_mb, bytes_per_second: speed }
}

impl Verdict {
    fn bare(state: DataState) -> Self {
        Self { state, percent: 0.0, size_mb: None, bytes_per_second: 0.0 }
    }
}

/// What the size of the set is compared with: exact bytes where the journal
/// knows them, else the MiB of the RefFile.
fn wanted_bytes(expected: Expected) -> Option<u64> {
    expected.bytes.or(expected.size_mb.map(|mb| mb * MIB))
}

/// What is there, in the same measure: lengths against lengths, blocks against
/// blocks rounded up to MiB.
fn present_bytes(expected: Expected, seen: &Seen) -> u64 {
    if !seen.exists {
        seen.part_bytes
    } else if expected.bytes.is_some() {
        seen.apparent_bytes
    } else {
        mib(seen.size_bytes) * MIB
    }
}

fn mib(bytes: u64) -> u64 {
    bytes.div_ceil(MIB)
}

/// Percentage of `present` in `wanted`; nothing wanted is all there.
fn share(present: u64, wanted: u64) -> f64 {
    if wanted == 0 {
        return if present == 0 { 100.0 } else { f64::INFINITY };
    }
    as_f64(present) * 100.0 / as_f64(wanted)
}

/// Sizes up to 2^53 bytes (9 PB) are exact.
#[allow(clippy::cast_precision_loss)]
fn as_f64(n: u64) -> f64 {
    n as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXACT: Tolerance = Tolerance { accept_percent: 100.0, oversize_percent: 5.0 };

    fn there(size_mb: u64) -> Seen {
        Seen { exists: true, size_bytes: size_mb * MIB, ..Seen::default() }
    }

    fn expect(size_mb: u64) -> Expected {
        Expected { size_mb: Some(size_mb), bytes: None }
    }

    fn state(expected: Expected, seen: &Seen, tolerance: Tolerance) -> DataState {
        judge(expected, Some(seen), tolerance).state
    }

    #[test]
    fn sizes_decide() {
        assert_eq!(state(expect(100), &there(100), EXACT), DataState::Complete);
        assert_eq!(state(expect(100), &there(99), EXACT), DataState::Incomplete);
        assert_eq!(state(expect(100), &there(104), EXACT), DataState::Complete);
        assert_eq!(state(expect(100), &there(106), EXACT), DataState::Oversize);
        assert_eq!(state(expect(100), &Seen::default(), EXACT), DataState::Missing);
        assert_eq!(state(Expected::default(), &there(1), EXACT), DataState::UnknownExpected);
        assert_eq!(state(Expected::default(), &Seen::default(), EXACT), DataState::Missing);
        assert_eq!(judge(expect(1), None, EXACT).state, DataState::Unreachable);
    }

    #[test]
    fn the_accepted_percentage_is_inclusive() {
        let lenient = Tolerance { accept_percent: 99.0, ..EXACT };
        assert_eq!(state(expect(200), &there(199), lenient), DataState::Complete);
        assert_eq!(state(expect(200), &there(198), lenient), DataState::Complete);
        assert_eq!(state(expect(200), &there(197), lenient), DataState::Incomplete);
    }

    #[test]
    fn a_set_expected_to_be_empty_is_complete_when_empty() {
        assert_eq!(state(expect(0), &there(0), EXACT), DataState::Complete);
        assert_eq!(state(expect(0), &there(1), EXACT), DataState::Oversize);
    }

    #[test]
    fn growth_means_transfer_at_the_measured_speed() {
        let seen = Seen {
            part_bytes: 50 * MIB,
            growth_bytes: 30 * MIB,
            elapsed_s: 15.0,
            ..Seen::default()
        };
        let verdict = judge(expect(100), Some(&seen), EXACT);
        assert_eq!(verdict.state, DataState::Transferring);
        assert!((verdict.percent - 50.0).abs() < 1e-9);
        assert!((verdict.bytes_per_second - 2.0 * 1_048_576.0).abs() < 1e-6);
    }

    #[test]
    fn exact_bytes_win_over_rounded_mib() {
        let expected = Expected { size_mb: Some(10), bytes: Some(9_999_999) };
        let mut seen = there(10);
        seen.apparent_bytes = 9_999_998;
        assert_eq!(state(expected, &seen, EXACT), DataState::Incomplete);
        seen.apparent_bytes = 9_999_999;
        assert_eq!(state(expected, &seen, EXACT), DataState::Complete);
    }

    #[test]
    fn a_set_that_cannot_be_read_is_not_called_complete() {
        let seen = Seen { error: Some("permission denied".into()), ..there(100) };
        assert_eq!(state(expect(100), &seen, EXACT), DataState::Unreachable);
    }
}
