//! Files of digests that are written, cut off, read and compared.

use super::*;

/// Lets a file take the answer of a node over.
fn keep(keeper: &dyn Keep, node: &str, input: DigestInput) -> Result<(), OperationError> {
    let (output, mut items) = run(input)?;
    let mut value = serde_json::to_value(output).unwrap();
    keeper.keep(node, &mut value, &mut items)?;
    assert!(items.is_empty(), "taken");
    Ok(())
}

fn key(node: &str, path: &Path) -> (String, String) {
    (node.to_string(), rawtext::path_text(path))
}

fn output(place: &Place, taken: Taken) -> Result<Output, OperationError> {
    Output::new(&place.output(), Algorithm::Md5, taken)
}

/// A file with the set on two nodes, the second one first.
fn written(place: &Place) -> Digests {
    let set = place.set();
    let writing = output(place, Taken::Refuse).unwrap();
    assert!(!place.output().exists(), "nothing before the first set");
    keep(&writing, "node012", input(&set)).unwrap();
    assert!(!Digests::open(&place.output()).unwrap().is_complete());
    keep(&writing, "node011", input(&set)).unwrap();
    writing.finish(&[key("node011", &set), key("node012", &set)]).unwrap();
    Digests::open(&place.output()).unwrap()
}

#[test]
fn a_file_is_read_as_it_was_written() {
    let place = Place::filled();
    symlink("nowhere", place.set().join("link")).unwrap();
    let digests = written(&place);
    assert!(digests.is_complete());
    let nodes: Vec<&str> = digests.sets().iter().map(|set| &*set.node).collect();
    assert_eq!(nodes, ["node011", "node012"], "in the order asked for");
    let (expected, items) = run(input(&place.set())).unwrap();
    let expected_lines = String::from_utf8(lines(&items).escape_ascii().collect()).unwrap();
    for set in digests.sets() {
        assert_eq!(set.digest, expected.digest);
        assert_eq!(set.path, rawtext::path_text(&place.set()));
        let mut again = Vec::new();
        for member in digests.members(set) {
            line::push(&mut again, &member.content.1, member.content.0, &member.path);
        }
        assert_eq!(String::from_utf8(again.escape_ascii().collect()).unwrap(), expected_lines);
    }
}

#[test]
fn the_form_is_fixed() {
    let place = Place::new();
    place.write(b"b\\", b"x");
    symlink("nowhere", place.set().join("a")).unwrap();
    written(&place);
    let text = fs::read_to_string(place.output()).unwrap();
    let text = text.replace(place.0.path().to_str().unwrap(), "/place");
    let created = text.lines().nth(2).unwrap().to_string();
    assert!(created.starts_with("# created: 20") && created.ends_with('Z'), "{created}");
    let set = |node: &str| {
        format!(
            "# set: {node}:/place/L1_SB000.MS\n\
             7a9f43dbd45bdbc03b4a33b16e2c5b5a @{node}:a\n\
             \\9dd4e461268c8034f5c8564e155c67a6  {node}:b\\\\\n\
             # tree: TREE files=1 links=1 bytes=1\n"
        )
    };
    let nowhere = String::from_utf8(shell(place.0.path(), "printf nowhere | md5sum")).unwrap();
    let tree = format!("{} @a\n\\9dd4e461268c8034f5c8564e155c67a6  b\\\\\n", &nowhere[..32]);
    let tree = algorithm::Sum::of(Algorithm::Md5, tree.as_bytes());
    let expected = format!(
        "# ledama digests 1\n# algorithm: md5\n{created}\n{}{}# complete: 2 sets\n",
        set("node011"),
        set("node012")
    );
    let expected = expected.replace("7a9f43dbd45bdbc03b4a33b16e2c5b5a", &nowhere[..32]);
    assert_eq!(text, expected.replace("TREE", &tree));
}

#[test]
fn a_file_that_is_there_is_kept_unless_something_else_was_asked() {
    let place = Place::filled();
    fs::write(place.output(), "somebody's").unwrap();
    let error = output(&place, Taken::Refuse).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Exists);
    assert!(error.help.unwrap().contains("--overwrite"));
    assert_eq!(output(&place, Taken::Resume).unwrap_err().kind, ErrorKind::Input);
    let nowhere = place.0.path().join("no/such/folder");
    let error = Output::new(&nowhere, Algorithm::Md5, Taken::Refuse).unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotFound);
    let writing = output(&place, Taken::Overwrite).unwrap();
    assert_eq!(fs::read_to_string(place.output()).unwrap(), "somebody's");
    writing.finish(&[key("node011", &place.set())]).unwrap();
    assert_eq!(fs::read_to_string(place.output()).unwrap(), "somebody's", "nothing was done");
    keep(&writing, "node011", input(&place.set())).unwrap();
    assert_eq!(Digests::open(&place.output()).unwrap().sets().len(), 1);
}

#[test]
fn what_an_earlier_run_has_done_is_gone_on_with() {
    let place = Place::filled();
    written(&place);
    let whole = fs::read(place.output()).unwrap();
    let starts: Vec<usize> = String::from_utf8(whole.clone())
        .unwrap()
        .match_indices("# set: ")
        .map(|(at, _)| at)
        .collect();
    let (one, two) = (key("node011", &place.set()), key("node012", &place.set()));
    // Cut off everywhere, as by a crash: whole sets stay.
    for cut in (30..whole.len()).step_by(29).chain([starts[1], whole.len() - 1]) {
        fs::write(place.output(), &whole[..cut]).unwrap();
        let Ok(writing) = output(&place, Taken::Resume) else {
            // Before the algorithm is told there is nothing to go on with.
            assert!(cut < 34, "cut at {cut}");
            continue;
        };
        assert_eq!(writing.has(&one.0, &one.1), cut >= starts[1], "cut at {cut}");
        let left = Digests::open(&place.output()).unwrap();
        assert!(!left.is_complete());
        assert!(output(&place, Taken::Resume).is_err(), "another run has it");
        for (node, path) in [&one, &two] {
            if !writing.has(node, path) {
                keep(&writing, node, input(&place.set())).unwrap();
            }
        }
        assert_eq!(Digests::open(&place.output()).unwrap().sets().len(), 2, "cut at {cut}");
        writing.finish(&[one.clone(), two.clone()]).unwrap();
        let digests = Digests::open(&place.output()).unwrap();
        assert!(digests.is_complete() && digests.sets().len() == 2, "cut at {cut}");
    }
    let other = Output::new(&place.output(), Algorithm::Sha256, Taken::Resume).unwrap_err();
    assert!(other.help.unwrap().contains("--algorithm md5"));
}

#[test]
fn what_lacks_is_told() {
    let place = Place::filled();
    let writing = output(&place, Taken::Refuse).unwrap();
    keep(&writing, "node011", input(&place.set())).unwrap();
    writing.finish(&[key("node011", &place.set()), key("node012", &place.set())]).unwrap();
    let text = fs::read_to_string(place.output()).unwrap();
    assert!(text.lines().last().unwrap().starts_with("# missing: node012:/"), "{text}");
    let digests = Digests::open(&place.output()).unwrap();
    assert!(!digests.is_complete());
    let error = output(&place, Taken::Refuse).unwrap_err();
    assert!(error.message.ends_with("exists and is incomplete"), "{error}");
}

#[test]
fn a_damaged_file_is_refused() {
    let place = Place::filled();
    written(&place);
    let whole = fs::read_to_string(place.output()).unwrap();
    let changes = [
        ("  node011:ab", "  node011:ac", "not as they were written"),
        ("  node011:Z", "  node012:Z", "another node"),
        ("# tree: ", "# tree: 0", "not as they were written"),
        ("digests 1", "digests 2", "version `2`"),
        ("# algorithm: md5", "# algorithm: sha256", "no digest"),
        ("# algorithm: md5", "# algorithm: md4", "no algorithm"),
        ("# complete: 2 sets\n", "# complete: 2 sets\nx\n", "more after the end"),
        ("\\\\slash", "\\slash", "wrong escape"),
        ("# set: node012", "# set: node011", "stands twice"),
        ("# ledama", "# lofar", "no file of digests"),
    ];
    for (from, to, reason) in changes {
        let changed = whole.replacen(from, to, 1);
        assert_ne!(changed, whole, "{from}");
        let error = Digests::parse(changed).unwrap_err();
        assert!(error.reason.contains(reason), "{from}: {error}");
    }
    fs::write(place.output(), b"\xff").unwrap();
    assert_eq!(Digests::open(&place.output()).unwrap_err().kind, ErrorKind::Input);
    assert!(Digests::parse(String::new()).is_err());
}

/// State, node and file of each difference; `.` for a whole set.
fn told(check: &Check) -> Vec<String> {
    check
        .differences()
        .into_iter()
        .map(|d| {
            let file = d.file.unwrap_or_else(|| ".".to_string());
            format!("{} {} {file}", d.state.word(), d.node)
        })
        .collect()
}

#[test]
fn data_that_has_changed_is_told() {
    let place = Place::filled();
    symlink("one", place.set().join("link")).unwrap();
    let known = Arc::new(written(&place));
    let check = Check::here(Arc::clone(&known), &[]);
    assert_eq!(check.tasks().count(), 2);
    keep(&check, "node012", input(&place.set())).unwrap();
    assert_eq!(told(&check), [] as [&str; 0]);
    place.write(b"a.x", b"334");
    place.write(b"new\nline\r", b"x");
    place.write(b"a/new", b"");
    fs::remove_file(place.set().join("Z")).unwrap();
    fs::remove_file(place.set().join("link")).unwrap();
    symlink("other", place.set().join("link")).unwrap();
    fs::remove_file(place.set().join("ab")).unwrap();
    symlink("a.x", place.set().join("ab")).unwrap();
    keep(&check, "node011", input(&place.set())).unwrap();
    assert_eq!(
        told(&check),
        [
            "missing node011 Z",
            "different node011 a.x",
            "extra node011 a/new",
            "different node011 ab",
            "different node011 link",
            "different node011 new\nline\r",
        ]
    );
    let some = Check::here(known, &[key("node012", &place.set()), key("node013", &place.set())]);
    assert_eq!(some.tasks().map(|(node, _)| node).collect::<Vec<_>>(), ["node012"]);
    assert_eq!(told(&some), ["extra node013 ."]);
}

#[test]
fn sets_elsewhere_are_found_by_their_names() {
    let (place, copy) = (Place::filled(), Place::filled());
    let known = Arc::new(written(&place));
    let rows = [key("node020", &copy.set()), key("node020", Path::new("/x/L1_SB001.MS"))];
    let check = Check::elsewhere(Arc::clone(&known), &rows).unwrap();
    keep(&check, "node020", input(&copy.set())).unwrap();
    // One of the two equal sets of the file has no partner.
    assert_eq!(told(&check), ["extra node020 .", "missing node012 ."]);
    copy.write(b"a/z", b"23");
    keep(&check, "node020", input(&copy.set())).unwrap();
    assert_eq!(told(&check)[0], "different node020 a/z");
}

#[test]
fn sets_of_the_same_name_are_told_apart_by_their_folders() {
    let mut text = vec!["# ledama digests 1\n# algorithm: md5\n".to_string()];
    for (k, path) in ["/d/L1_001/x.MS", "/d/L1_002/x.MS", "/e/L1_003/y.MS"].iter().enumerate() {
        let tree = algorithm::Sum::of(Algorithm::Md5, format!("{k:032}  f\n").as_bytes());
        text.push(format!("# set: n:{path}\n{k:032}  n:f\n# tree: {tree}\n"));
    }
    text.push("# complete: 3 sets\n".to_string());
    let known = Arc::new(Digests::parse(text.concat()).unwrap());
    let row = |path: &str| vec![("m".to_string(), path.to_string())];
    let check = Check::elsewhere(Arc::clone(&known), &row("/copy/L1_002/x.MS")).unwrap();
    let missing: Vec<String> = check.differences().into_iter().map(|d| d.path).collect();
    assert_eq!(missing, ["/d/L1_001/x.MS", "/e/L1_003/y.MS"]);
    let error = Check::elsewhere(known, &row("/copy/x.MS")).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Input);
    assert!(error.message.starts_with("several sets named x.MS"), "{error}");
}
