//! Edits that are interrupted, and tables that others use.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use ledama_tables::edit::{Editor, Fill, NewColumn};
use ledama_tables::{DataType, Error, Record, Table, Value};

use super::{WAIT, garbage, python, state, unpack};

/// The edits that are interrupted.
fn edit(kind: usize, path: &Path) {
    let mut editor = Editor::open(path, Duration::from_secs(10)).unwrap();
    let mut row = Record::new();
    row.set("S_string", Value::String("a row more".into()));
    match kind {
        0 => editor.remove_columns(&["S_int", "V_float"]),
        1 => editor.add_column(
            NewColumn::like("NEW", "F_complex", DataType::Complex).copied_from("F_complex"),
        ),
        2 => editor.replace_values("F_boolean", Fill::Zero),
        3 => editor.set_cells("S_string", [(2, Value::String("another text".into()))]),
        _ => editor.append_rows(&[row]),
    }
    .unwrap();
    editor.commit().unwrap();
}

/// Not a test: what the processes run that are killed.
#[test]
fn edit_to_be_killed() {
    let (Some(kind), Some(path)) = (std::env::var_os("EDIT_KIND"), std::env::var_os("EDIT_TABLE"))
    else {
        return;
    };
    edit(kind.to_str().unwrap().parse().unwrap(), Path::new(&path));
}

#[test]
fn a_killed_edit_leaves_the_old_or_the_new_state() {
    let rounds = 25;
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let (mut old_states, mut new_states) = (0, 0);
    for kind in 0..5 {
        for name in ["standard-little.tab", "incremental-big.tab"] {
            let folder = unpack();
            let (path, copy) = (folder.path().join(name), folder.path().join("copy.tab"));
            let fresh = || {
                let _ = std::fs::remove_dir_all(&copy);
                let done = Command::new("cp").arg("-r").arg(&path).arg(&copy).status();
                assert!(done.unwrap().success());
            };
            let old = (state(&path), Table::open(&path).unwrap().nrow());
            fresh();
            let start = std::time::Instant::now();
            run(kind, &copy).wait().unwrap();
            let span = u64::try_from(start.elapsed().as_micros()).unwrap();
            let new = (state(&copy), Table::open(&copy).unwrap().nrow());
            assert!(old != new, "{kind}");
            for _ in 0..rounds / 2 {
                fresh();
                let mut child = run(kind, &copy);
                random ^= random << 13;
                random ^= random >> 7;
                random ^= random << 17;
                std::thread::sleep(Duration::from_micros(random % span));
                child.kill().unwrap();
                child.wait().unwrap();
                let found = (state(&copy), Table::open(&copy).unwrap().nrow());
                if found == old {
                    old_states += 1;
                    edit(kind, &copy);
                    assert_eq!((state(&copy), Table::open(&copy).unwrap().nrow()), new);
                } else {
                    assert_eq!(found, new, "{name}: {kind}");
                    new_states += 1;
                    drop(Editor::open(&copy, Duration::from_secs(10)).unwrap());
                }
                assert!(garbage(&copy).is_empty(), "{:?}", garbage(&copy));
            }
        }
    }
    println!("{old_states} killed before the switch, {new_states} after it");
}

fn run(kind: usize, path: &Path) -> std::process::Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "crashes::edit_to_be_killed"])
        .env("EDIT_KIND", kind.to_string())
        .env("EDIT_TABLE", path)
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
fn a_damaged_neighbour_is_not_lost() {
    let folder = unpack();
    let path = folder.path().join("standard-little.tab");
    let file = std::fs::File::options().write(true).open(path.join("table.f0i")).unwrap();
    file.set_len(40).unwrap();
    let list = || std::fs::read_dir(&path).unwrap().count();
    let (files, dat) = (list(), std::fs::read(path.join("table.dat")).unwrap());
    let mut editor = Editor::open(&path, WAIT).unwrap();
    editor.remove_columns(&["S_int"]).unwrap();
    let error = editor.commit().unwrap_err().to_string();
    assert!(error.contains("table.f0i"), "{error}");
    assert_eq!((list(), std::fs::read(path.join("table.dat")).unwrap()), (files, dat));
}

#[test]
fn a_table_that_casacore_has_open_is_waited_for() {
    let Some(python) = python() else { return };
    let folder = unpack();
    let path = folder.path().join("standard-little.tab");
    let script = "import sys, casacore.tables as ct\n\
        t = ct.table(sys.argv[1], readonly=False, ack=False)\n\
        t.lock()\nprint('ready', flush=True)\nsys.stdin.readline()\n";
    let mut child = Command::new(python)
        .args(["-c", script])
        .arg(&path)
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut output = std::io::BufReader::new(child.stdout.take().unwrap());
    std::io::BufRead::read_line(&mut output, &mut line).unwrap();
    match Editor::open(&path, WAIT).err() {
        Some(Error::Locked { holder, .. }) => {
            assert!(holder.contains(&child.id().to_string()), "{holder}");
        }
        other => panic!("{other:?}"),
    }
    drop(child.stdin.take());
    child.wait().unwrap();
    Editor::open(&path, Duration::from_secs(5)).unwrap();
}
