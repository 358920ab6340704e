//! Tests of the path parser: known paths, odd ones, and an independent
//! reading of the two names by regular expressions.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::sync::LazyLock;

use proptest::prelude::*;
use regex::Regex;

use super::*;

/// Id, year, version, sub-band, beam, raw.
type Facts<'a> = (Option<&'a str>, Option<u16>, u16, Option<u16>, Option<u16>, bool);

fn facts(path: &str) -> Facts<'_> {
    let p = DataPath::parse(path);
    (p.id, p.year, p.version(), p.sub_band, p.beam, p.raw)
}

#[test]
fn known_paths_are_read() {
    let table: &[(&str, Facts<'_>)] = &[
        (
            "/data1/users/grp/L2011_35008/L35008_SB100_uv.MS",
            (Some("35008"), Some(2011), 0, Some(100), Some(0), true),
        ),
        (
            "/data1/users/grp/pipeline/L2011_35008_001/L35008_SAP000_SB100_uv.MS.dppp",
            (Some("35008"), Some(2011), 1, Some(100), Some(0), false),
        ),
        (
            "/data1/users/grp/pipeline/L35008_002/L35008_SB001_uv.MS.dppp",
            (Some("35008"), None, 2, Some(1), Some(0), false),
        ),
        (
            "L80897_001/L80897_SAP001_SB244_uv.MS",
            (Some("80897"), None, 1, Some(244), Some(1), true),
        ),
        ("/a/L80897/L80897_003_SB001.MS", (Some("80897"), None, 3, Some(1), Some(0), true)),
        ("/data/L2013_80897_003", (Some("80897"), Some(2013), 3, None, Some(0), true)),
        ("L80897_002", (Some("80897"), None, 2, None, Some(0), true)),
        (
            "/data1/users/Luc/L80897_001/L80897_SB001.MS",
            (Some("80897"), None, 1, Some(1), Some(0), true),
        ),
        ("/x/LOFAR/L12345/L12345_SB001.MS", (Some("12345"), None, 0, Some(1), Some(0), true)),
        ("/data/SB003/L80897_SB004.MS", (Some("80897"), None, 0, Some(4), Some(0), true)),
        ("L80897_SB1000_uv.MS", (Some("80897"), None, 0, Some(1000), Some(0), true)),
        (
            "/a/L2011_25662/L25662_SB100_uv.MS",
            (Some("25662"), Some(2011), 0, Some(100), Some(2), true),
        ),
        ("/a/L25662/L25662_SB243_uv.MS", (Some("25662"), None, 0, Some(243), Some(7), true)),
        ("/a/L22120/L22120_SB100_uv.MS", (Some("22120"), None, 0, Some(100), Some(1), true)),
        ("/x/lofar/sb012.ms", (None, None, 0, Some(12), Some(0), true)),
        ("/a/b/", (None, None, 0, None, Some(0), true)),
        // The rule needs a sub-band.
        ("/a/L25662", (Some("25662"), None, 0, None, None, true)),
        ("/a/L25662/notes.txt", (Some("25662"), None, 0, None, None, true)),
        // The name has a beam, so no rule is needed.
        ("/a/L25662/L25662_SAP005_SB243_uv.MS", (Some("25662"), None, 0, Some(243), Some(5), true)),
        // Ids are five digits or more, with zeros in front kept.
        ("/a/L2010_07127/L07127_SB000.MS", (Some("07127"), Some(2010), 0, Some(0), Some(0), true)),
        ("/a/L1234_001/L1234_SB000.MS", (None, None, 0, Some(0), Some(0), true)),
        ("/a/L2013_001", (None, None, 0, None, Some(0), true)),
        ("/a/L1813_80897", (None, None, 0, None, Some(0), true)),
        ("/a/L20131_001", (Some("20131"), None, 1, None, Some(0), true)),
        ("/a/L80897_1", (None, None, 0, None, Some(0), true)),
        ("/a/L80897_0011", (None, None, 0, None, Some(0), true)),
        // The nearest folder counts, the name's version only without one there.
        (
            "/L11111_001/L22222_002/x/L22222_SB001.MS",
            (Some("22222"), None, 2, Some(1), Some(0), true),
        ),
        ("/L80897_002/L80897_003_SB001.MS", (Some("80897"), None, 2, Some(1), Some(0), true)),
        // Texts of a name that does not follow the convention.
        ("/a/cal_SAP002_SB010_x", (None, None, 0, Some(10), Some(2), true)),
        ("/a/SB12_SB00001_SB013.dppp", (None, None, 0, Some(13), Some(0), false)),
        ("", (None, None, 0, None, Some(0), true)),
        ("/", (None, None, 0, None, Some(0), true)),
        ("///", (None, None, 0, None, Some(0), true)),
    ];
    for (path, expected) in table {
        assert_eq!(facts(path), *expected, "{path}");
    }
}

#[test]
fn names_and_parents_are_those_of_the_file_system() {
    let table = [
        ("/a/b/", "/a/b", "/a", "b"),
        ("/x/b/b", "/x/b/b", "/x/b", "b"),
        ("/b", "/b", "/", "b"),
        ("b", "b", "", "b"),
        ("b//", "b", "", "b"),
        ("/a//b", "/a//b", "/a", "b"),
        ("//b", "//b", "/", "b"),
        ("/", "/", "/", ""),
        ("//", "/", "/", ""),
        ("", "", "", ""),
        ("/a/\u{EF80}é", "/a/\u{EF80}é", "/a", "\u{EF80}é"),
    ];
    for (text, path, parent, name) in table {
        let p = DataPath::parse(text);
        assert_eq!((p.path, p.parent, p.name), (path, parent, name), "{text}");
    }
    assert_eq!(join("/a", "b"), "/a/b");
    assert_eq!(join("/", "b"), "/b");
    assert_eq!(join("", "b"), "b");
}

#[test]
fn the_dataset_folder_is_found() {
    let p = DataPath::parse("/d/pipeline/L2013_80897_001/sub/L80897_SB001.MS");
    assert_eq!(p.dataset, Some("/d/pipeline/L2013_80897_001"));
    assert_eq!(p.dataset_name(), Some("L2013_80897_001"));
    assert!(!p.is_dataset());
    assert_eq!(p.lds().as_deref(), Some("L80897"));
    let d = DataPath::parse("/d/L80897/");
    assert_eq!((d.dataset, d.is_dataset()), (Some("/d/L80897"), true));
    assert_eq!(d.kind(), NameKind::Other);
    assert_eq!(DataPath::parse("/d/x").dataset, None);
    assert_eq!(sub_band_name(4), "SB004");
}

#[test]
fn kinds_of_names_are_told_apart() {
    use NameKind as K;
    let table = [
        ("L80897_SB001.MS", K::MeasurementSet),
        ("L80897_SAP000_SB001_uv.MS", K::MeasurementSet),
        ("L80897_SAP000_SB001_uv.MS.dppp", K::MeasurementSet),
        ("L80897_SAP000_SB001_uv.ms.DPPP.dppp", K::MeasurementSet),
        ("L80897_003_SAP000_SB001_a b'\"$.MS", K::MeasurementSet),
        ("L80897_SB001_uv.MS_1a2b3c4d", K::MeasurementSet),
        ("L80897_SAP000_SB001_uv.MS.tar", K::Packed),
        ("L80897_SAP000_SB001_uv.MS.dppp.BVF", K::Packed),
        ("L80897_SAP000_SB001_uv.MS_1a2b3c4D.tar", K::Packed),
        ("L80897_SAP000_SB001_uv.MS.dppp_1a2b.tar", K::Packed),
        ("sb012.ms", K::Loose),
        ("L80897_SB001.x.MS", K::Loose),
        ("L80897_SB00001.MS", K::Other),
        ("cal_SB012.dppp", K::Loose),
        ("cal_SB012.tar", K::LoosePacked),
        ("L80897_SB001.MS.vds", K::Other),
        ("L80897_SB001.MS.tar.gz", K::Packed),
        ("L80897_SAP000_SB001_uv.MS.dppp_1a2b.TAR.zst", K::Packed),
        ("cal_SB012.tar.zst", K::LoosePacked),
        ("L80897_SB001.MS.gz", K::Other),
        ("L80897_SB001.MS.tar.xz", K::Other),
        ("L80897_SB001.MS_", K::Other),
        ("L80897_SB001.MS_xyz.tar", K::LoosePacked),
        ("SB_params", K::Other),
        ("lisbon_ms", K::Other),
        ("MS", K::Other),
        (".ms", K::Other),
        ("L80897", K::Other),
        ("XL80897_SB001.MSX", K::Other),
    ];
    for (name, kind) in table {
        assert_eq!(name_kind(name), kind, "{name}");
        assert_eq!(is_measurement_set_name(name), kind == K::MeasurementSet, "{name}");
        assert_eq!(is_packed_name(name), kind == K::Packed, "{name}");
    }
    assert!(is_observation_name("L80897") && !is_observation_name("L2013_80897"));
    assert!(!is_observation_name("L80897_001") && !is_observation_name("80897"));
    assert!(is_dataset_name("L2013_80897_001") && !is_dataset_name("L2013_80897_001 "));
    assert_eq!(DataPath::parse("x.TAR").packed, Some(Packed::Tar));
    assert_eq!(DataPath::parse("x.tar.Gz").packed, Some(Packed::TarGz));
    assert_eq!(DataPath::parse("x.tar.zst").packed.map(Packed::extension), Some("tar.zst"));
    assert_eq!(["tar", "xtar", "é.tar.g", ".gz"].map(Packed::of), [None; 4]);
    assert_eq!(DataPath::parse("x.bvf").packed.map(Packed::extension), Some("bvf"));
}

#[test]
fn contradictions_are_told_and_the_folder_is_believed() {
    let p = DataPath::parse("/a/L80897_002/L80898_003_SB001.MS");
    assert_eq!((p.id, p.version()), (Some("80897"), 2));
    assert_eq!(
        p.warnings(),
        [
            "/a/L80897_002/L80898_003_SB001.MS: the name says L80898; \
             the folder `L80897_002` is believed",
            "/a/L80897_002/L80898_003_SB001.MS: the name says version 3; \
             the folder `L80897_002` is believed",
        ]
    );
    for fine in ["/a/L80897/L80897_003_SB001.MS", "/a/L80897_003/L80897_SB001.MS", "/a/b", ""] {
        assert!(DataPath::parse(fine).warnings().is_empty(), "{fine}");
    }
}

#[test]
fn beams_follow_the_given_corrections() {
    let text = "format = 1\n[observations]\nL80897 = { sbs_per_beam = 100 }";
    let own = Corrections::parse(text, "x").unwrap();
    let p = DataPath::parse_with("/a/L80897/L80897_SB244.MS", &own);
    assert_eq!((p.beam, p.beam_from_rule), (Some(2), true));
    let p = DataPath::parse_with("/a/L25662/L25662_SB243.MS", &own);
    assert_eq!((p.beam, p.beam_from_rule), (Some(0), false));
}

static SET: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?s)^L([0-9]{5,})(?:_([0-9]{3}))?(?:_SAP([0-9]{3}))?_SB([0-9]{3,4})(?:_[^.]*)?\.(?i:MS)(?:\.(?i:dppp))*(?:_[0-9A-Fa-f]+)?(\.(?i:tar(?:\.(?:gz|zst))?|bvf))?$",
    )
    .unwrap()
});
static DATASET: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^L(?:((?:19|20)[0-9]{2})_)?([0-9]{5,})(?:_([0-9]{3}))?$").unwrap()
});

fn check_against_expressions(name: &str) -> Result<(), TestCaseError> {
    let group = |c: &regex::Captures<'_>, i| c.get(i).map(|m| m.as_str().to_string());
    let expected = SET
        .captures(name)
        .map(|c| (group(&c, 1), group(&c, 2), group(&c, 3), group(&c, 4), c.get(5).is_some()));
    let read = SetName::parse(name).map(|s| {
        let width = SET.captures(name).map_or(3, |c| c[4].len());
        (
            Some(s.id.to_string()),
            s.version.map(|v| format!("{v:03}")),
            s.beam.map(|b| format!("{b:03}")),
            Some(format!("{:0width$}", s.sub_band)),
            s.packed.is_some(),
        )
    });
    prop_assert_eq!(read, expected, "{}", name);
    let expected = DATASET.captures(name).map(|c| (group(&c, 1), group(&c, 2), group(&c, 3)));
    let read = DatasetName::parse(name).map(|d| {
        let version = d.version.map(|v| format!("{v:03}"));
        (d.year.map(|y| y.to_string()), Some(d.id.to_string()), version)
    });
    prop_assert_eq!(read, expected, "{}", name);
    Ok(())
}

/// Pieces of real names in any order, so that many are nearly right.
fn likely_name() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("L".to_string()),
        "[0-9]{1,6}",
        Just("_".to_string()),
        Just("_SAP".to_string()),
        Just("_SB".to_string()),
        Just("sb".to_string()),
        "_[0-9]{3}",
        Just("2013_".to_string()),
        "(?i)\\.ms",
        "(?i)\\.dppp",
        "(?i)\\.(tar|bvf)",
        "_[0-9a-fA-F]{1,4}",
        "[a-zé._\n]{0,3}",
    ];
    proptest::collection::vec(piece, 0..9).prop_map(|pieces| pieces.concat())
}

/// Names by the convention, at times with one letter changed.
fn good_name() -> impl Strategy<Value = String> {
    let name = "L[0-9]{5,6}(_[0-9]{3})?(_SAP[0-9]{3})?_SB[0-9]{3,4}(_[a-z _]{0,4})?\\.MS(\\.dppp){0,2}(_[0-9a-f]{3})?(\\.tar)?";
    (name, any::<prop::sample::Index>(), proptest::option::of(any::<char>())).prop_map(
        |(name, place, change)| match change {
            Some(c) => {
                let mut letters: Vec<char> = name.chars().collect();
                let at = place.index(letters.len());
                letters[at] = c;
                letters.into_iter().collect()
            }
            None => name,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn names_are_read_as_the_expressions_say(name in prop_oneof![likely_name(), good_name()]) {
        check_against_expressions(&name)?;
    }

    #[test]
    fn dataset_folders_are_read_as_the_expressions_say(
        name in "L((19|20|18)[0-9]{2}_)?[0-9]{3,7}(_[0-9]{2,4})?"
    ) {
        check_against_expressions(&name)?;
    }

    #[test]
    fn no_text_panics(path: String) {
        let p = DataPath::parse(&path);
        prop_assert!(path.starts_with(p.path));
        prop_assert!(p.path.ends_with(p.name) && p.path.starts_with(p.parent));
        prop_assert!(!p.name.contains('/'));
        let _ = (p.warnings(), p.lds(), p.version(), p.dataset_name());
    }

    #[test]
    fn no_bytes_panic(raw: Vec<u8>) {
        use std::os::unix::ffi::OsStrExt;
        let text = crate::rawtext::encode(std::ffi::OsStr::from_bytes(&raw));
        let _ = DataPath::parse(&text).warnings();
    }

    #[test]
    fn no_likely_path_panics(
        names in proptest::collection::vec(prop_oneof![likely_name(), good_name(), Just(String::new())], 0..5)
    ) {
        let path = names.join("/");
        let p = DataPath::parse(&path);
        let _ = p.warnings();
        // What was read does not depend on slashes at the end.
        let slashed = format!("{path}//");
        if !p.name.is_empty() {
            prop_assert_eq!(DataPath::parse(&slashed), p);
        }
    }
}
