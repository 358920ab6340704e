//! The two names that carry meaning, read by hand because a RefFile has
//! hundreds of thousands of them:
//!
//! * a measurement set `L<id>[_<version>][_SAP<beam>]_SB<sub-band>[_<text>].MS[.dppp]`,
//!   packed as `….tar` (maybe compressed, `….tar.gz` or `….tar.zst`) or `….bvf`, in
//!   the long-term archive with a hash before that;
//! * a dataset folder `L[<year>_]<id>[_<version>]`.
//!
//! Ids have five digits or more, years are 19xx or 20xx: so neither can be
//! taken for the other. Extensions are the same in capitals and small letters.

/// Fewest digits of an observation.
const ID_DIGITS: usize = 5;

/// A single file instead of a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Packed {
    /// A tar archive.
    Tar,
    /// One compressed with gzip.
    TarGz,
    /// One compressed with Zstandard.
    TarZst,
    /// A BVF file.
    Bvf,
}

impl Packed {
    /// By the extension of a name.
    pub fn of(name: &str) -> Option<Self> {
        [Self::Tar, Self::TarGz, Self::TarZst, Self::Bvf].into_iter().find(|packed| {
            let extension = packed.extension();
            let dot = name.len().checked_sub(extension.len() + 1);
            dot.is_some_and(|dot| name.as_bytes()[dot] == b'.')
                && ends_ignoring_case(name, extension)
        })
    }

    /// Whether it must be unpacked to look inside.
    pub fn is_compressed(self) -> bool {
        matches!(self, Self::TarGz | Self::TarZst)
    }

    /// The extension without the dot.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Tar => "tar",
            Self::TarGz => "tar.gz",
            Self::TarZst => "tar.zst",
            Self::Bvf => "bvf",
        }
    }
}

/// What kind of thing a name belongs to, if it is the kind of file it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NameKind {
    /// A measurement set: a folder.
    MeasurementSet,
    /// A packed measurement set: a file.
    Packed,
    /// Not by the convention, but with a sub-band and the extension of a set.
    Loose,
    /// The same, packed.
    LoosePacked,
    /// Anything else.
    Other,
}

/// The parts of a measurement set's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SetName<'a> {
    /// Digits of the observation.
    pub id: &'a str,
    /// Version, which stands there only in some older names.
    pub version: Option<u16>,
    /// Beam.
    pub beam: Option<u16>,
    /// Sub-band.
    pub sub_band: u16,
    /// Which form of packed file it is.
    pub packed: Option<Packed>,
}

impl<'a> SetName<'a> {
    /// The parts of `name` if it follows the convention.
    pub fn parse(name: &'a str) -> Option<Self> {
        let mut scan = Scan { text: name, at: 0 };
        scan.skip("L")?;
        let id = scan.digits(ID_DIGITS, usize::MAX)?;
        // `_SAP` and `_SB` do not begin with a digit, so this decides.
        let version = scan.attempt(|s| {
            s.skip("_")?;
            s.digits(3, 3)
        });
        let beam = scan.attempt(|s| {
            s.skip("_SAP")?;
            s.digits(3, 3)
        });
        scan.skip("_SB")?;
        let sub_band = scan.digits(3, 4)?;
        if scan.skip("_").is_some() {
            scan.skip_while(|b| b != b'.');
        }
        scan.skip_ignoring_case(".ms")?;
        while scan.skip_ignoring_case(".dppp").is_some() {}
        // The hash that long-term archives add.
        scan.attempt(|s| {
            s.skip("_")?;
            let start = s.at;
            s.skip_while(|b| b.is_ascii_hexdigit());
            (s.at > start).then_some(())
        });
        let packed = if scan.skip_ignoring_case(".tar").is_some() {
            if scan.skip_ignoring_case(".gz").is_some() {
                Some(Packed::TarGz)
            } else if scan.skip_ignoring_case(".zst").is_some() {
                Some(Packed::TarZst)
            } else {
                Some(Packed::Tar)
            }
        } else if scan.skip_ignoring_case(".bvf").is_some() {
            Some(Packed::Bvf)
        } else {
            None
        };
        scan.at_end().then_some(Self {
            id,
            version: version.and_then(small),
            beam: beam.and_then(small),
            sub_band: small(sub_band)?,
            packed,
        })
    }

    /// Whether it belongs to another observation or version than its folder.
    pub(super) fn contradicts(&self, folder: &DatasetName<'_>) -> bool {
        let versions = self.version.zip(folder.version);
        self.id != folder.id || versions.is_some_and(|(own, other)| own != other)
    }
}

/// The parts of a dataset folder's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DatasetName<'a> {
    /// Digits of the observation.
    pub id: &'a str,
    /// Year of the observation.
    pub year: Option<u16>,
    /// Version; absent for raw data.
    pub version: Option<u16>,
}

impl<'a> DatasetName<'a> {
    /// The parts of `name` if it follows the convention.
    pub fn parse(name: &'a str) -> Option<Self> {
        let mut scan = Scan { text: name, at: 0 };
        scan.skip("L")?;
        let year = scan.attempt(|s| {
            let year = s.digits(4, 4)?;
            s.skip("_")?;
            (year.starts_with("19") || year.starts_with("20")).then_some(year)
        });
        let id = scan.digits(ID_DIGITS, usize::MAX)?;
        let version = scan.attempt(|s| {
            s.skip("_")?;
            s.digits(3, 3)
        });
        scan.at_end().then_some(Self {
            id,
            year: year.and_then(small),
            version: version.and_then(small),
        })
    }
}

/// Whether a folder of this name can be a measurement set.
pub fn is_measurement_set_name(name: &str) -> bool {
    SetName::parse(name).is_some_and(|set| set.packed.is_none())
}

/// Whether a file of this name can be a packed measurement set.
pub fn is_packed_name(name: &str) -> bool {
    SetName::parse(name).is_some_and(|set| set.packed.is_some())
}

/// Whether a folder of this name is a measurement set when the convention is
/// not insisted on: it has a sub-band and the extension `.MS` or `.dppp`.
pub fn is_loose_name(name: &str) -> bool {
    (ends_ignoring_case(name, ".ms") || ends_ignoring_case(name, ".dppp"))
        && sub_band_text(name).is_some()
}

/// Whether a folder of this name is a dataset folder.
pub fn is_dataset_name(name: &str) -> bool {
    DatasetName::parse(name).is_some()
}

/// Whether a text is `L` and the digits of an observation, and nothing else.
pub fn is_observation_name(text: &str) -> bool {
    DatasetName::parse(text).is_some_and(|d| d.year.is_none() && d.version.is_none())
}

/// What kind of name it is.
pub fn name_kind(name: &str) -> NameKind {
    match SetName::parse(name) {
        Some(SetName { packed: None, .. }) => NameKind::MeasurementSet,
        Some(_) => NameKind::Packed,
        None if is_loose_name(name) => NameKind::Loose,
        None if Packed::of(name).is_some() && sub_band_text(name).is_some() => {
            NameKind::LoosePacked
        }
        None => NameKind::Other,
    }
}

/// The first `SB` with three or four digits in a name, else the first `sb`.
pub(super) fn sub_band_text(name: &str) -> Option<u16> {
    number_after(name, "SB", 3, 4).or_else(|| number_after(name, "sb", 3, 4))
}

/// The first `SAP` with three digits in a name.
pub(super) fn beam_text(name: &str) -> Option<u16> {
    number_after(name, "SAP", 3, 3)
}

fn number_after(name: &str, mark: &str, least: usize, most: usize) -> Option<u16> {
    name.match_indices(mark).find_map(|(at, _)| {
        let mut scan = Scan { text: name, at: at + mark.len() };
        small(scan.digits(least, most)?)
    })
}

/// Whether `text` contains `part`, which is ASCII in small letters.
pub(super) fn contains_ignoring_case(text: &str, part: &str) -> bool {
    text.as_bytes().windows(part.len()).any(|w| w.eq_ignore_ascii_case(part.as_bytes()))
}

fn ends_ignoring_case(text: &str, end: &str) -> bool {
    let (text, end) = (text.as_bytes(), end.as_bytes());
    text.len() >= end.len() && text[text.len() - end.len()..].eq_ignore_ascii_case(end)
}

/// Four digits at most.
fn small(digits: &str) -> Option<u16> {
    digits.parse().ok()
}

/// A place in a text; only ASCII is ever skipped one by one, and
/// [`skip_while`](Self::skip_while) stops at character boundaries because it
/// either takes or leaves all bytes above 0x7F.
struct Scan<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scan<'a> {
    fn rest(&self) -> &'a [u8] {
        &self.text.as_bytes()[self.at..]
    }

    fn at_end(&self) -> bool {
        self.at == self.text.len()
    }

    fn skip(&mut self, part: &str) -> Option<()> {
        self.rest().starts_with(part.as_bytes()).then(|| self.at += part.len())
    }

    fn skip_ignoring_case(&mut self, part: &str) -> Option<()> {
        let next = self.rest().get(..part.len())?;
        next.eq_ignore_ascii_case(part.as_bytes()).then(|| self.at += part.len())
    }

    fn skip_while(&mut self, keep: impl Fn(u8) -> bool) {
        self.at += self.rest().iter().take_while(|b| keep(**b)).count();
    }

    /// All digits that follow, if their number is allowed.
    fn digits(&mut self, least: usize, most: usize) -> Option<&'a str> {
        let start = self.at;
        self.skip_while(|b| b.is_ascii_digit());
        let allowed = (least..=most).contains(&(self.at - start));
        allowed.then(|| &self.text[start..self.at])
    }

    /// Goes back where it was if `part` does not follow.
    fn attempt<T>(&mut self, part: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        let start = self.at;
        let found = part(self);
        if found.is_none() {
            self.at = start;
        }
        found
    }
}
