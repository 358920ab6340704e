//! Tests of the node list grammar.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use proptest::prelude::*;

use super::parse::*;
use super::{NodeSet, fold, fold_plain};
use crate::host_group::HostGroup;
use crate::ranges::RangeFault;

struct Site {
    groups: Vec<HostGroup>,
    stores: Vec<StoreName>,
    extra: Vec<String>,
}

impl Site {
    fn new() -> Self {
        let group = |prefix: &str, padding, last| HostGroup {
            prefix: prefix.into(),
            padding,
            first: 1,
            last,
            bare: prefix == "node",
        };
        let store = |token: &str, id: &str, remote| StoreName {
            token: token.into(),
            id: id.into(),
            remote,
        };
        Self {
            groups: vec![
                group("node", 3, 80),
                group("nodegpu", 1, 4),
                group("lofareor", 2, 4),
                group("lce", 3, 72),
                group("lse", 3, 60),
                group("gpu-node", 2, 9),
            ],
            stores: vec![
                store("ARCHIVE_PROC", "ARCHIVE_PROC", true),
                store("TARGET_E_EOR", "ARCHIVE_PROC", true),
                store("ARCHIVE_RAW", "ARCHIVE_RAW", true),
                store("CLUSTER", "CLUSTER", false),
                store("EoR", "CLUSTER", false),
            ],
            extra: vec!["localhost".into(), "front-end.example.org".into()],
        }
    }

    fn grammar(&self) -> NodeGrammar<'_> {
        NodeGrammar { groups: &self.groups, stores: &self.stores, extra: &self.extra }
    }

    fn read(&self, text: &str) -> Result<String, NodeError> {
        Ok(self.grammar().parse_with_duplicates(text)?.names.join(" "))
    }
}

#[test]
fn all_forms_are_read() {
    let site = Site::new();
    let table = [
        ("node1,2,3,4,6-8", "node001 node002 node003 node004 node006 node007 node008"),
        ("1,10-12", "node001 node010 node011 node012"),
        ("node001-node003", "node001 node002 node003"),
        ("lce1,2,5-6/lse1,3,57", "lce001 lce002 lce005 lce006 lse001 lse003 lse057"),
        ("lofareor1-3", "lofareor01 lofareor02 lofareor03"),
        ("node1..5..2", "node001 node003 node005"),
        ("node1..node5..2", "node001 node003 node005"),
        ("ARCHIVE_PROC", "ARCHIVE_PROC"),
        ("TARGET_E_EOR", "ARCHIVE_PROC"),
        ("ARCHIVE_PROC/node1", "ARCHIVE_PROC node001"),
        ("node1/node1", "node001 node001"),
        ("node[011-013]", "node011 node012 node013"),
        ("node011-013", "node011 node012 node013"),
        ("node[011-012,020]", "node011 node012 node020"),
        (" node[ 11 - 12 , 20 ] , node1 ", "node011 node012 node020 node001"),
        ("node[1-2],5", "node001 node002 node005"),
        ("1,lse2,lse3-lse4", "lse001 lse002 lse003 lse004"),
        ("nodegpu1,2/node1", "nodegpu1 nodegpu2 node001"),
        ("gpu-node1-gpu-node3", "gpu-node01 gpu-node02 gpu-node03"),
        ("gpu-node[1..3..2]", "gpu-node01 gpu-node03"),
        ("node0011", "node011"),
        ("localhost", "localhost"),
        ("front-end.example.org/localhost,node1", "front-end.example.org localhost node001"),
    ];
    for (text, expected) in table {
        assert_eq!(site.read(text).as_deref(), Ok(expected), "{text}");
    }
}

#[test]
fn mistakes_are_named_with_their_place() {
    use NodeFault as F;
    let site = Site::new();
    let outside = || F::OutsideGroup { machines: "node001 to node080".to_string() };
    let table = [
        ("", "", 1, F::Empty),
        ("lse1/", "", 6, F::Empty),
        ("node1,,2", "", 7, F::Empty),
        ("node079,lofareor01", "lofareor01", 9, F::MixedPrefixes { first: "node".into() }),
        ("EoR", "EoR", 1, F::StoreOfCluster),
        ("ARCHIVE_PROC,ARCHIVE_RAW", "ARCHIVE_PROC", 1, F::StoreInList),
        ("node1,ARCHIVE_RAW", "ARCHIVE_RAW", 7, F::StoreInList),
        ("node1000", "node1000", 1, outside()),
        ("node1/node0", "node0", 7, outside()),
        ("1-4294967295", "1-4294967295", 1, outside()),
        ("node[1,70-90]", "70-90", 8, outside()),
        ("node[1,2-1]", "2-1", 8, F::Range(RangeFault::Reversed)),
        ("node[]", "", 6, F::Range(RangeFault::Empty)),
        ("node3-1", "node3-1", 1, F::Range(RangeFault::Reversed)),
        ("node[1-3", "node[1-3", 1, F::Brackets),
        ("node1-3]", "node1-3]", 1, F::Brackets),
        ("node[1]-3", "node[1]-3", 1, F::Brackets),
        ("node[[1]]", "node[[1]]", 1, F::Brackets),
        ("[1-3]", "[1-3]", 1, F::Unknown),
        ("node", "node", 1, F::Unknown),
        ("αβ/nod011", "αβ", 1, F::Unknown),
        ("1/nod011", "nod011", 3, F::Unknown),
        ("node1,nod2", "nod2", 7, F::Unknown),
    ];
    for (text, part, column, fault) in table {
        let error = site.grammar().parse(text).unwrap_err();
        assert_eq!(
            (error.part.as_str(), error.column, &error.fault),
            (part, column, &fault),
            "{text}"
        );
    }
    let lonely = NodeGrammar::default();
    assert_eq!(lonely.parse("1").unwrap_err().fault, F::NoBareGroup);
    assert!(lonely.parse("node1").unwrap_err().help().unwrap().contains("no host groups"));
}

#[test]
fn the_nearest_names_are_offered() {
    let site = Site::new();
    let help = |text: &str| site.grammar().parse(text).unwrap_err().help().unwrap_or_default();
    assert_eq!(help("nod011-13"), "did you mean `node011-13`?");
    assert_eq!(help("archive_proc"), "did you mean `ARCHIVE_PROC`?");
    assert_eq!(help("localhos"), "did you mean `localhost`?");
    assert!(help("xyzzy").starts_with("known are node, nodegpu, lofareor"));
    assert_eq!(
        site.grammar().parse("1/nod011").unwrap_err().to_string(),
        "`nod011` at column 3 of the node list: no host group, store or host has this name"
    );
}

#[test]
fn repeated_names_are_removed_and_reported() {
    let site = Site::new();
    let list = site.grammar().parse("node1-3/node2,3,2/lse1").unwrap();
    assert_eq!(list.names, ["node001", "node002", "node003", "lse001"]);
    assert_eq!(list.repeated, ["node002", "node003"]);
    assert_eq!(list.warning().unwrap(), "named more than once and taken once: node[002-003]");
    assert_eq!(site.grammar().parse("node1").unwrap().warning(), None);
    let twice = site.grammar().parse("TARGET_E_EOR/ARCHIVE_PROC").unwrap();
    assert_eq!(twice.names, ["ARCHIVE_PROC"]);
}

proptest! {
    #[test]
    fn no_text_panics(text: String) {
        let _ = Site::new().grammar().parse(&text);
    }

    #[test]
    fn no_text_of_its_alphabet_panics(text in "(node|lse|[0-9,/.\\[\\] -]|α){0,10}") {
        let _ = Site::new().grammar().parse(&text);
    }

    #[test]
    fn folded_sets_are_read_back(
        indices in proptest::collection::vec((0..3usize, 1..=4u32), 1..10),
        large in proptest::collection::vec(1..=80u32, 0..40),
    ) {
        let site = Site::new();
        let names = indices.iter().map(|(g, i)| site.groups[*g].name(*i));
        let set: NodeSet = names.chain(large.iter().map(|i| site.groups[0].name(*i))).collect();
        for text in [fold(set.names()), fold_plain(set.names())] {
            let read = site.grammar().parse(&text).unwrap();
            prop_assert_eq!(read.set().sorted(), set.sorted());
            prop_assert!(read.repeated.is_empty());
        }
    }
}
