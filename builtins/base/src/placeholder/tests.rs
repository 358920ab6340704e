//! Tests of the templates.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use proptest::prelude::*;

use super::*;

const ROOTS: [&str; 3] = ["/data1/users/grp", "/data2/users/grp", "/data3/users/grp/"];

fn fill(template: &str, source: &str) -> Result<String, FillError> {
    Template::parse(template).unwrap().fill(&DataPath::parse(source), None, &ROOTS)
}

#[test]
fn older_templates_are_filled() {
    let v1 = "/data2/users/grp/pipeline/L2013_80897_001/L80897_SAP000_SB000_uv.MS.dppp";
    let v2 = "/data2/users/grp/pipeline/L80897_002/L80897_SAP000_SB000_uv.MS.dppp";
    let raw = "/data2/users/grp/L80897/L80897_SAP000_SB000_uv.MS";
    let table = [
        ("/data1/users/grp/LXXXX_XXXXX", v1, "/data1/users/grp/pipeline/L2013_80897_001"),
        ("/data1/users/grp/LXXXXX", v2, "/data1/users/grp/pipeline/L80897_002"),
        ("/data3/users/grp/LXXXXX/", v2, "/data3/users/grp/pipeline/L80897_002"),
        ("/data1/users/grp/LXXXXX", raw, "/data1/users/grp/L80897"),
        ("/data1/users/me/LXXXXX", v1, "/data1/users/me/L80897_001"),
        (
            "/data1/users/grp/pipeline/LXXXX_XXXXX_005",
            v1,
            "/data1/users/grp/pipeline/L2013_80897_005",
        ),
        ("/data1/users/grp/pipeline/LXXXXX_005", v1, "/data1/users/grp/pipeline/L80897_005"),
        ("LXXXXX_003", v2, "L80897_003"),
        ("LXXXXX", v2, "L80897_002"),
        // Private data stays where the user wants it.
        ("/data1/users/grp/me/LXXXX_XXXXX", v1, "/data1/users/grp/me/L2013_80897_001"),
        ("/data1/users/group/LXXXXX", v1, "/data1/users/group/L80897_001"),
        ("/data1/users/grp/backup/LXXXXX", v1, "/data1/users/grp/backup/L80897_001"),
        ("/data1/users/grp/XXXX/LXXXX_XXXXX", v1, "/data1/users/grp/2013/L2013_80897_001"),
        // A version is put behind dataset folders only.
        ("/data1/users/me/LXXXXX/sub", v1, "/data1/users/me/L80897/sub"),
        ("/data1/users/me/LXXXXX_test", v1, "/data1/users/me/L80897_test"),
        ("/data1/users/me/XXXX/LXXXXX", v1, "/data1/users/me/XXXX/L80897_001"),
        (
            "/data2/users/grp/pipeline/LXXXX_XXXXX_001",
            v1,
            "/data2/users/grp/pipeline/L2013_80897_001",
        ),
    ];
    for (template, source, expected) in table {
        assert_eq!(fill(template, source).as_deref(), Ok(expected), "{template} {source}");
    }
}

#[test]
fn named_templates_are_filled() {
    let source = "/d/pipeline/L2013_80897_001/L80897_SAP002_SB004_uv.MS.dppp";
    let table = [
        ("/data1/users/grp/{lds}", "/data1/users/grp/L80897_001"),
        ("/data1/users/grp/L{year}_{id}", "/data1/users/grp/L2013_80897_001"),
        ("/data1/users/grp/{lds}_{version}", "/data1/users/grp/L80897_001"),
        ("/data1/users/grp/v{version}/{lds}", "/data1/users/grp/v001/L80897"),
        ("/data1/users/me/{lds}/SAP{beam}/SB{sb}", "/data1/users/me/L80897/SAP002/SB004"),
        ("/x/{name}.d", "/x/L80897_SAP002_SB004_uv.MS.dppp.d"),
        ("/x/{{{id}}}", "/x/{80897}"),
        ("{lds}", "L80897_001"),
        ("/x/{id}", "/x/80897"),
    ];
    for (template, expected) in table {
        assert_eq!(fill(template, source).as_deref(), Ok(expected), "{template}");
    }
}

#[test]
fn folders_without_placeholders_are_themselves() {
    let source = "/d/L80897_001/L80897_SB004.MS.dppp";
    for folder in ["/data1/users/grp/L80897", "/data1/users/grp/XXXX", "L80897", "/a b/é$'\""] {
        assert_eq!(fill(folder, source).as_deref(), Ok(folder));
        assert!(Template::parse(folder).unwrap().is_literal());
    }
    assert_eq!(fill("/a//./b///", source).as_deref(), Ok("/a/b"));
    let template = Template::parse("/a/LXXXX_XXXXX").unwrap();
    assert!(template.needs(Fact::Year) && !template.is_literal());
    assert!(!Template::parse("/a/LXXXXX").unwrap().needs(Fact::Year));
}

#[test]
fn what_the_source_does_not_tell_is_an_error() {
    let unknown = |template: &str, source: &str| match fill(template, source) {
        Err(FillError::Unknown { fact, .. }) => Some(fact),
        _ => None,
    };
    let source = "/d/L80897_001/L80897_SB004.MS";
    assert_eq!(unknown("/data1/users/grp/LXXXX_XXXXX", source), Some(Fact::Year));
    assert_eq!(unknown("/x/LXXXXX", "/d/cal.MS"), Some(Fact::Id));
    assert_eq!(unknown("/x/{lds}", "/d/cal.MS"), Some(Fact::Lds));
    assert_eq!(unknown("/x/{beam}", "/d/L25662"), Some(Fact::Beam));
    assert_eq!(unknown("/x/{sb}", "/d/cal.MS"), Some(Fact::SubBand));
    assert_eq!(unknown("/x/{name}", "/"), Some(Fact::Name));
    assert_eq!(
        fill("/x/{year}", source).unwrap_err().to_string(),
        "/d/L80897_001/L80897_SB004.MS: the year is not known, and the destination needs it"
    );
    // Unless somebody has read it from the data.
    let template = Template::parse("/data1/users/grp/LXXXX_XXXXX").unwrap();
    let folder = template.fill(&DataPath::parse(source), Some(2013), &ROOTS);
    assert_eq!(folder.as_deref(), Ok("/data1/users/grp/L2013_80897_001"));
    assert!(matches!(fill("/x/{name}", "/d/.."), Err(FillError::Component { .. })));
}

#[test]
fn mistakes_are_named_with_their_place() {
    use TemplateFault as F;
    let table = [
        ("", 1, F::Empty),
        ("//", 1, F::Empty),
        ("/x/{yaer}", 4, F::Unknown("yaer".into())),
        ("/x/{}", 4, F::Unknown(String::new())),
        ("/é/{ lds}", 4, F::Unknown(" lds".into())),
        ("/x/a{lds", 5, F::Unclosed),
        ("/x/{lds/y}", 4, F::Unclosed),
        ("/x/a}b", 5, F::Stray),
        ("/x/../y", 4, F::NotPlain),
        ("/x/LXXXXXX", 5, F::TooManyX),
    ];
    for (template, column, fault) in table {
        let error = Template::parse(template).unwrap_err();
        assert_eq!((error.column, error.fault), (column, fault), "{template}");
    }
    let help = |template: &str| Template::parse(template).unwrap_err().help().unwrap();
    assert_eq!(help("{yaer}"), "did you mean `year`?");
    assert_eq!(help("{msname}"), "did you mean `name`?");
    assert!(help("{frequency}").starts_with("placeholders are {lds} {id}"));
}

proptest! {
    #[test]
    fn no_template_panics_or_leaves_its_folder(
        text in "(/|X|XXXX_XXXXX|XXXXX|[{]lds[}]|[{]name[}]|[{]|[}]|[.]|L|é|_001){0,8}",
        source: String,
    ) {
        let Ok(template) = Template::parse(&text) else { return Ok(()) };
        let parsed = DataPath::parse(&source);
        if let Ok(folder) = template.fill(&parsed, Some(2013), &ROOTS) {
            prop_assert_eq!(folder.starts_with('/'), text.starts_with('/'));
            let components: Vec<&str> = folder.trim_start_matches('/').split('/').collect();
            prop_assert!(components.iter().all(|c| !["", ".", ".."].contains(c)));
            prop_assert!(components.len() <= text.split('/').count() + 1);
        }
    }
}
