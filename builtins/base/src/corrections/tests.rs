//! Tests of the corrections, with the embedded file and with small ones.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;

fn parse(lines: &str) -> Result<Corrections, CorrectionsError> {
    Corrections::parse(&format!("format = 1\n[observations]\n{lines}"), "site.toml")
}

fn applied(corrections: &Corrections, lds: &str, data: &mut Observation) -> Vec<String> {
    corrections.apply(lds, data).iter().map(ToString::to_string).collect()
}

#[test]
fn the_embedded_file_is_complete() {
    let text = include_str!("../../data/corrections.toml");
    let all = Corrections::parse(text, "x").unwrap();
    assert_eq!(all.len(), 44);
    assert_eq!(all.rows.values().filter(|r| r.project.is_some()).count(), 42);
    assert_eq!(all.rows.values().filter(|r| r.antenna_set.is_some()).count(), 40);
    assert_eq!(Corrections::built_in().len(), 44);
    assert_eq!(Corrections::built_in().sbs_per_beam("25662"), Some(34));
    assert_eq!(Corrections::built_in().sbs_per_beam("22120"), Some(62));
    assert_eq!(Corrections::built_in().sbs_per_beam("22121"), None);
    assert_eq!(Corrections::built_in().observations().next(), Some("L20979"));
}

#[test]
fn only_what_is_missing_is_filled() {
    let built_in = Corrections::built_in();
    let mut data = Observation { project: Some("unknown".into()), ..Observation::default() };
    data.field = Some("M31".into());
    assert_eq!(
        applied(built_in, "L20980", &mut data),
        [
            "L20980: project taken as LEA128 (built-in corrections)",
            "L20980: antenna set taken as HBA_ZERO (built-in corrections)",
        ]
    );
    assert_eq!(data.project.as_deref(), Some("LEA128"));
    assert_eq!(data.field.as_deref(), Some("M31"));
    assert_eq!(data.antenna_set.as_deref(), Some("HBA_ZERO"));
    assert!(applied(built_in, "L20980", &mut data).is_empty());
    assert!(applied(built_in, "L80897", &mut Observation::default()).is_empty());
}

#[test]
fn wrong_times_are_replaced() {
    let old = clock_span("2012-03-12T00:00:00Z", "2012-03-12T01:00:00Z");
    let mut data = Observation { utc: Some(old), mjd_s: Some((1.0, 2.0)), ..Default::default() };
    let told = applied(Corrections::built_in(), "L52037", &mut data);
    assert_eq!(
        told,
        [
            "L52037: time taken as 2012-03-13T02:31:00Z to 2012-03-13T03:01:00Z instead of \
             2012-03-12T00:00:00Z to 2012-03-12T01:00:00Z (built-in corrections)",
            "L52037: time (MJD, s) taken as 4838322659.903987 to 4838324459.616012 instead of \
             1 to 2 (built-in corrections)",
        ]
    );
    assert_eq!(data.utc, Some(clock_span("2012-03-13T02:31:00Z", "2012-03-13T03:01:00Z")));
    assert_eq!(data.mjd_s, Some((4_838_322_659.903_987, 4_838_324_459.616_012)));
}

#[test]
fn a_site_file_is_put_on_top() {
    let site = parse(
        "L20980 = { field = \"\", antenna_set = \"LBA_INNER\", note = \"log book\" }\n\
         L25662 = { sbs_per_beam = 0 }\n\
         L99999 = { sbs_per_beam = 100 }",
    )
    .unwrap();
    let all = Corrections::built_in().clone().merged(site);
    assert_eq!(all.sbs_per_beam("25662"), None);
    assert_eq!(all.sbs_per_beam("99999"), Some(100));
    let mut data = Observation::default();
    assert_eq!(
        applied(&all, "L20980", &mut data),
        [
            "L20980: project taken as LEA128 (built-in corrections and site.toml: log book)",
            "L20980: antenna set taken as LBA_INNER (built-in corrections and site.toml: log book)",
        ]
    );
    assert_eq!(data.field, None);
    assert_eq!(
        all.beam_rule("L99999").unwrap().to_string(),
        "L99999: beam taken as sub-band / 100 (site.toml)"
    );
    assert_eq!(all.beam_rule("L25662"), None);
}

#[test]
fn mistakes_are_reported_together() {
    let error = parse(
        "L123 = { project = \"A\" }\n\
         L12345 = { utc_start = \"2012-03-13T02:31:00Z\" }\n\
         L12346 = { mjd_start = 2.0, mjd_end = 1.0 }\n\
         L12347 = { utc_start = \"yesterday\", utc_end = \"today\" }\n\
         L12348 = { utc_start = \"2012-03-13T02:31:00Z\", utc_end = \"2012-03-13T03:01:00Z\", \
                    mjd_start = 1.0, mjd_end = 2.0 }\n\
         L12349 = { mjd_start = nan, mjd_end = 1.0 }",
    )
    .unwrap_err();
    assert_eq!(error.faults.len(), 6, "{error}");
    assert!(error.to_string().starts_with("site.toml: `L123` is no observation"));
    for text in ["", "format = 2", "format = 1\nmore = 1", "format = 1\n[observations]\nL12345 = 1"]
    {
        assert_eq!(Corrections::parse(text, "x").unwrap_err().faults.len(), 1, "{text}");
    }
    let typo = parse("L12345 = { projekt = \"A\" }").unwrap_err().to_string();
    assert!(typo.contains("line 3") && typo.contains("projekt"), "{typo}");
    let missing = Corrections::load("/nonexistent/x.toml".as_ref()).unwrap_err();
    assert_eq!(missing.file, "/nonexistent/x.toml");
}

fn clock_span(start: &str, end: &str) -> (Timestamp, Timestamp) {
    (start.parse().unwrap(), end.parse().unwrap())
}
