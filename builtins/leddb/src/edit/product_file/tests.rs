//! Descriptions of products in both forms.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use proptest::prelude::*;

use super::*;

fn lines(text: &str) -> Vec<usize> {
    read(text).unwrap_err().iter().map(|fault| fault.line).collect()
}

fn step(order: i64, name: &str, description: Option<&str>, files: &[&str]) -> Step {
    Step {
        order,
        app_name: name.into(),
        description: description.map(Into::into),
        files: files.iter().map(ToString::to_string).collect(),
    }
}

const OLDER: &str = "\
# free comments
GENERAL_DESCRIPTION = 3 channel calibrated set, a = b # not a comment
MAIN_USER = someuser

IS_FLAGGED = True
  IS_AVERAGED=True
IS_CALIBRATED = False
IS_DIRECTION_DEPENDENT_CAL = None
IS_DIRECTION_INDEPENDENT_CAL = perhaps

ORDER = 1
APP_NAME = REORDER
DESCRIPTION = first ORDER fit

ORDER = 0
APP_NAME = NDPPP
DESCRIPTION = None
FILES = /p/ndppp.parset, /p/flag.strategy,

ORDER = 2
#APP_NAME = BBS
FILES = /p/x
";

#[test]
fn the_older_form_is_read_exactly() {
    let file = read(OLDER).unwrap();
    assert_eq!(
        file.product,
        Properties {
            general_description: Some("3 channel calibrated set, a = b # not a comment".into()),
            main_user: Some("someuser".into()),
            is_flagged: Some(true),
            is_averaged: Some(true),
            is_calibrated: Some(false),
            is_direction_dependent_cal: None,
            is_direction_independent_cal: None,
        }
    );
    assert_eq!(
        file.steps,
        [
            step(0, "NDPPP", None, &["/p/ndppp.parset", "/p/flag.strategy"]),
            step(1, "REORDER", Some("first ORDER fit"), &[]),
            step(2, "", None, &["/p/x"]),
        ]
    );
    assert_eq!(read(OLDER).unwrap(), file, "nothing stays from the file before");
}

#[test]
fn all_faults_of_the_older_form_are_told_at_once() {
    let text = "\
MAIN_USER = a
MAIN_USER = b
IS_FLAGED = True
FILES = /x
no value
ORDER = one
APP_NAME = of a lost step
ORDER = 1
APP_NAME = ok
APP_NAME = twice
ORDER = 1
ORDER = 2
GENERAL_DESCRIPTION = late
APP_NAME = a name that is much too long
";
    assert_eq!(lines(text), [2, 3, 4, 5, 6, 10, 11, 13, 14]);
    assert_eq!(read("").unwrap(), ProductFile::default());
}

#[test]
fn the_native_form_is_read() {
    let text = "\
# remark
version = 1
[product]
general_description = \"a = b # c\"
is_flagged = false
[[step]]
order = 3
app_name = \"BBS\"
[[step]]
order = 1
app_name = \"NDPPP\"
description = \"two\\nlines\"
files = [\"/p/a,b.parset\"]
";
    let file = read(text).unwrap();
    assert_eq!(file.product.general_description.as_deref(), Some("a = b # c"));
    assert_eq!(file.product.is_flagged, Some(false));
    assert_eq!(
        file.steps,
        [step(1, "NDPPP", Some("two\nlines"), &["/p/a,b.parset"]), step(3, "BBS", None, &[])]
    );
}

#[test]
fn faults_of_the_native_form_have_lines() {
    assert_eq!(lines("[product]\nmain_user = 5\n"), [2]);
    assert_eq!(lines("[product]\nmain_user = \"x\"\nflagged = true\n"), [3]);
    assert_eq!(
        lines("version = 2\n[product]\nmain_user = \"aaaaaaaaaaaaaaaaaaaaaaaaa\"\n"),
        [1, 3]
    );
    let step = "[[step]]\norder = 1\napp_name = \"a\"\n";
    assert_eq!(lines(&format!("{step}{step}[[step]]\norder = -1\napp_name = \"b\"\n")), [5, 8]);
    assert_eq!(lines("[[step]]\norder = 1\n").len(), 1);
}

#[test]
fn without_steps_there_is_an_example() {
    let text = write(&["Product 5".into()], &Properties::default(), &[]);
    assert!(text.starts_with("# Product 5\nversion = 1\n"), "{text}");
    assert!(text.contains("#[[step]]\n#order = 1\n#app_name = \"BBS\"\n"), "{text}");
    assert_eq!(read(&text).unwrap(), ProductFile::default());
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(
        description in proptest::option::of("\\PC{1,30}"),
        odd in "[\\x00-\\x7f]{1,20}",
        flag in proptest::option::of(any::<bool>()),
        names in proptest::collection::vec("\\PC{1,20}", 0..4),
        off in any::<bool>(),
    ) {
        let product = Properties {
            general_description: description,
            is_averaged: flag,
            ..Properties::default()
        };
        let steps: Vec<Entry> = (0..).zip(&names).map(|(order, name)| Entry {
            step: Step {
                order,
                app_name: name.clone(),
                description: Some(odd.clone()),
                files: vec![name.clone(), odd.clone()],
            },
            off,
            notes: vec![odd.clone(), name.clone()],
        }).collect();
        let text = write(std::slice::from_ref(&odd), &product, &steps);
        let file = read(&text).map_err(|faults| TestCaseError::fail(format!("{faults:?}\n{text}")))?;
        prop_assert_eq!(file.product, product);
        let expected: Vec<Step> = if off { Vec::new() } else { steps.into_iter().map(|entry| entry.step).collect() };
        prop_assert_eq!(file.steps, expected);
    }

    #[test]
    fn no_text_is_too_strange(text in "[ -~\n]{0,200}") {
        let _ = read(&text);
        let _ = read(&format!("version = 1\n{text}"));
        let _ = read(&format!("MAIN_USER = x\n{text}"));
    }
}
