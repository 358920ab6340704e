#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;

const TEMPLATE: &str = "\
# averages
msin = old
msout=old2
msinfo = 3
 msin=indented   # wins
msin.startchan=0
msout.datacolumn = DATA
# msin comment
steps = [flag, 'avg']
flag.type=preflagger
avg.type = averager
avg.freqstep = 4
";

#[test]
fn keys_are_exact_and_all_else_stays() {
    let mut parset = Parset::parse(TEMPLATE).unwrap();
    assert_eq!(parset.text(), TEMPLATE);
    assert_eq!(parset.get("msin").unwrap(), "indented");
    parset.set("msin", "/net/node011/a b.MS");
    parset.set("msout", "/x");
    let text = parset.text();
    assert!(!text.contains("old") && text.contains(" msin='/net/node011/a b.MS'   # wins\n"));
    assert!(text.contains("msinfo = 3\n") && text.contains("msout=/x\n"));
    assert!(text.contains("# msin comment\n"));
    let found = parset.findings();
    assert_eq!(found.errors, ["`msinfo` is no key of DP3 (did you mean `msin`?)"]);
    assert!(found.warnings.is_empty(), "{found:?}");
    assert_eq!(parset.steps(), ["flag", "avg"]);
}

#[test]
fn values_keep_their_meaning_through_quotes() {
    for text in ["/a b", "it's", "say \"x\"", "#1", "plain", "[a,b]", "", "ä b#c", "a,b"] {
        let mut parset = Parset::default();
        parset.set("msout", text);
        let again = Parset::parse(&parset.text()).unwrap();
        assert_eq!(again.get("msout").unwrap(), text);
    }
    let parset =
        Parset::parse("a='x # y' # z\nb = [ 1, '2,3' , [4,5]]\nc = one\\\n two\n").unwrap();
    assert_eq!(parset.get("a").unwrap(), "x # y");
    assert_eq!(parset.list("b"), ["1", "2,3", "[4,5]"]);
    assert_eq!(parset.keys(), ["a", "b", "c"]);
    assert_eq!(parset.list("none"), [""; 0]);
}

#[test]
fn what_is_no_parset_is_told_with_its_line() {
    assert_eq!(Parset::parse("a=1\nb='x").unwrap_err(), ParsetError::Quote { line: 2 });
    for bad in ["word", "two words = 3", "= 3", "a += 3"] {
        let error = Parset::parse(bad).unwrap_err();
        assert!(matches!(error, ParsetError::NoAssignment { line: 1, .. }), "{bad}");
    }
    let found = Parset::parse("msin.nchn=3\nstepps=[a]\nx.y=1\n").unwrap().findings();
    assert_eq!(found.errors.len(), 3, "{found:?}");
    assert_eq!(found.warnings, ["`x.y` belongs to no step"]);
    let found = Parset::parse("steps=[averagr]").unwrap().findings();
    assert!(found.warnings[0].contains("`averager`"), "{found:?}");
}

#[test]
fn channels_of_the_output() {
    let rule = |text: &str| Parset::parse(text).unwrap().channel_rule();
    let first = rule(
        "msin.startchan=nchan/32\nmsin.nchan=nchan*30/32\nsteps=[a]\na.type=averager\na.freqstep=4",
    );
    let first = first.unwrap();
    assert_eq!(first.channels(64), Some(15));
    // Scaled to eight channels: the edges are less than one channel.
    assert_eq!(first.channels(8), Some(2));
    let edges =
        rule("msin.startchan=nchan/8\nmsin.nchan=nchan*6/8\nsteps=[average]\naverage.freqstep=2");
    assert_eq!(edges.unwrap().channels(8), Some(3));
    assert_eq!(rule("steps=[]").unwrap().channels(8), Some(8));
    assert_eq!(rule("steps=[demixer]"), None);
    assert_eq!(rule("steps=[a]\na.type=averager\na.freqresolution=48kHz"), None);
    let odd = ChannelRule { start: "x".into(), count: "0".into(), factors: vec![] };
    assert_eq!(odd.channels(8), None);
}

proptest::proptest! {
    #[test]
    fn any_value_comes_back(value in "[ -~ä]{0,20}") {
        proptest::prop_assume!(!(value.contains('\'') && value.contains('"')));
        proptest::prop_assume!(value.trim() == value && !value.ends_with('\\'));
        // Texts that are values with quotes of their own, or lists, are such.
        proptest::prop_assume!(!value.starts_with(['\'', '"', '[']));
        let mut parset = Parset::parse("a = 1\nb = 2 # c\n").unwrap();
        parset.set("b", &value);
        let again = Parset::parse(&parset.text()).unwrap();
        proptest::prop_assert_eq!(again.get("b").unwrap(), value);
        proptest::prop_assert_eq!(again.get("a").unwrap(), "1");
    }
}

#[test]
fn the_templates_of_the_recipes_lead_from_64_channels_to_one() {
    let folder =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/frequent/templates");
    let template = |name: &str| {
        let parset = Parset::parse(&std::fs::read_to_string(folder.join(name)).unwrap()).unwrap();
        let found = parset.findings();
        assert!(found.errors.is_empty() && found.warnings.is_empty(), "{name}: {found:?}");
        parset
    };
    let mut channels = 64;
    for (name, left) in [("avg64to15.parset", 15), ("avg15to3.parset", 3), ("avg3to1.parset", 1)] {
        channels = template(name).channel_rule().unwrap().channels(channels).unwrap();
        assert_eq!(channels, left, "{name}");
    }
    let gaincal = template("gaincal.parset").channel_rule().unwrap();
    assert_eq!(gaincal.channels(3), Some(3));
}
