#![allow(clippy::unwrap_used)]

use super::describe::{degrees_text, hours_text};
use super::group::{By, GroupError, Groups, Member, file_names, group};

fn member(node: &str, beam: u16, sub_band: u16) -> Member {
    let name = format!("L80897_SAP{beam:03}_SB{sub_band:03}_uv.MS");
    Member {
        node: node.into(),
        path: format!("/data1/users/lofareor/L2013_80897/{name}"),
        name,
        lds: Some("L80897".into()),
        beam: Some(beam),
        sub_band: Some(sub_band),
    }
}

/// Two sub-bands of a beam on one node, two of another on two others.
fn sets() -> Vec<Member> {
    [("node011", 0, 0), ("node011", 0, 1), ("node012", 1, 2), ("lofareor01", 1, 3)]
        .map(|(node, beam, sub_band)| member(node, beam, sub_band))
        .into()
}

fn shown(groups: &Groups) -> Vec<String> {
    let one = |group: &super::group::Group| format!("{}: {:?}", group.what, group.members);
    groups.groups.iter().map(one).collect()
}

fn grouped(word: &str, lists: &str) -> Vec<String> {
    shown(&group(&sets(), &By::parse(word, lists).unwrap()).unwrap())
}

#[test]
fn every_keyword_makes_its_groups() {
    assert_eq!(grouped("NO_KEYWORD", ""), ["all: [0, 1, 2, 3]"]);
    assert_eq!(grouped("GDS_PER_BEAM", ""), ["beam 0: [0, 1]", "beam 1: [2, 3]"]);
    let turns = ["turn 0: [0, 2, 3]", "turn 1: [1]"];
    assert_eq!(grouped("1_SB_PER_NODE_IN_EACH_GDS", ""), turns);
    assert_eq!(grouped("NO_KEYWORD", "0-1/2"), ["sub-bands 0,1: [0, 1]", "sub-bands 2: [2]"]);
    assert_eq!(grouped("node", ""), ["lofareor01: [3]", "node011: [0, 1]", "node012: [2]"]);
    assert_eq!(grouped("lds", ""), ["L80897: [0, 1, 2, 3]"]);
    assert_eq!(grouped("all", ""), grouped("NO_KEYWORD", ""));
    assert_eq!(grouped("list", "3"), ["sub-bands 3: [3]"]);
}

#[test]
fn four_sub_bands_on_each_of_62_nodes_are_four_groups() {
    let all: Vec<Member> =
        (0..248).map(|k| member(&format!("node{:03}", 11 + k % 62), 0, k)).collect();
    let groups = group(&all, &By::Turn).unwrap().groups;
    assert_eq!(groups.iter().map(|group| group.members.len()).collect::<Vec<_>>(), [62; 4]);
}

#[test]
fn sets_of_a_group_are_sorted_and_unknown_ones_come_last() {
    let mut all = sets();
    all.reverse();
    all[0].sub_band = None;
    all[0].beam = None;
    assert_eq!(shown(&group(&all, &By::All).unwrap()), ["all: [3, 2, 1, 0]"]);
    let error = group(&all, &By::Beam).unwrap_err();
    assert!(matches!(error, GroupError::Unknown { what: "beam", count: 1, .. }), "{error}");
}

#[test]
fn empty_and_odd_lists_are_told() {
    let error = group(&sets(), &By::parse("NO_KEYWORD", "7").unwrap()).unwrap_err();
    assert_eq!(error.to_string(), "no set has one of the sub-bands 7");
    let groups = group(&sets(), &By::parse("list", "0-1,9/1-2").unwrap()).unwrap();
    let told = ["no set has the sub-bands 9", "sub-bands 1 are in several groups"];
    assert_eq!(groups.warnings, told);
    assert!(By::parse("list", "").is_err());
    assert!(By::parse("beam", "1").is_err());
    assert!(By::parse("list", "1//2").is_err());
    let error = By::parse("beams", "").unwrap_err();
    assert!(error.help().unwrap().contains("beam"), "{error:?}");
    assert_eq!(group(&[], &By::All).unwrap_err(), GroupError::Nothing);
}

#[test]
fn names_are_told_by_place() {
    let names = |sets: &[&[&str]], older| {
        let sets: Vec<Vec<&str>> = sets.iter().map(|set| set.to_vec()).collect();
        file_names(&sets, "calc", "gds", older)
    };
    assert_eq!(names(&[&["a", "b"]], false), ["calc.gds"]);
    assert_eq!(names(&[&["a", "b"]], true), ["calc.gds"]);
    assert_eq!(names(&[&["a"]], false), ["calc.gds"]);
    assert_eq!(names(&[&["a.MS"]], true), ["a.MS.gds"]);
    assert_eq!(names(&[&["a", "b"], &["c.MS"]], false), ["calc_000.gds", "calc_001.gds"]);
    assert_eq!(names(&[&["a", "b"], &["c.MS"]], true), ["calc000.gds", "c.MS.gds"]);
}

#[test]
fn angles_are_rounded_once() {
    assert_eq!(hours_text(0.0), "00:00:00.000000");
    assert_eq!(hours_text(-1e-15), "00:00:00.000000");
    assert_eq!(hours_text(std::f64::consts::PI), "12:00:00.000000");
    assert_eq!(hours_text(-std::f64::consts::FRAC_PI_2), "18:00:00.000000");
    assert_eq!(degrees_text(-std::f64::consts::FRAC_PI_2), "-090.00.00.000000");
    assert_eq!(degrees_text(0.5), "+028.38.52.403124");
}
