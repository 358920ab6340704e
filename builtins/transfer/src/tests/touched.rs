//! What is done to a source while it is copied: a change of its content is
//! noticed even if its times are put back, anything else is no reason to fail.

use super::*;
use crate::buffer::Pool;
use crate::control::{Control, supervised};
use crate::entry::Time;
use crate::facts::timestamps;
use crate::link::Link;
use crate::send::serve;
use crate::testing::FakeContext;
use crate::wire::{Frame, ListReader, Request, Start, Tag, VERSION};
use ledama_base::operation::ErrorKind;
use rustix::fs::{AtFlags, CWD, utimensat};

/// Takes the whole set, does something to it when all of it has been read,
/// and only then says that this was all. Answers how the sender ends.
fn touched(field: &Field, touch: impl FnOnce(&Path)) -> Result<(), OperationError> {
    let (ctx, other) = (FakeContext::new("a"), FakeContext::new("b"));
    let source = field.source();
    let (here, there) = Link::pair();
    std::thread::scope(|scope| {
        let serving =
            scope.spawn(|| supervised(&ctx, |control| serve(there, Some(&source), control)));
        let Link { mut outlet, mut inlet, .. } = here;
        let (control, pool) = (Control::new(&other), Pool::new());
        let request = |request: Request| {
            let mut head = Vec::new();
            request.put(&mut head);
            Frame::new(Tag::Requests, head)
        };
        outlet.send(Frame::json(Tag::Start, &Start { version: VERSION, source: None })).unwrap();
        let mut list = ListReader::default();
        let mut next = || inlet.expect(&pool, &control).unwrap();
        let listing = loop {
            let frame = next();
            match frame.tag {
                Tag::List => list.read(&frame.head).unwrap(),
                _ => break list.finish().unwrap(),
            }
        };
        outlet.send(request(Request::Files { from: 0, to: listing.len() })).unwrap();
        let mut missing = listing.totals().bytes;
        while missing > 0 {
            missing -= next().data.len() as u64;
        }
        // Clocks of file systems advance with the tick of the kernel only.
        std::thread::sleep(std::time::Duration::from_millis(20));
        touch(&source);
        outlet.send(request(Request::End)).unwrap();
        if next().tag == Tag::End {
            outlet.send(Frame::new(Tag::Bye, Vec::new())).unwrap();
        }
        drop(outlet);
        serving.join().unwrap().map(drop)
    })
}

/// Writes other bytes of the same number and puts the time of change back.
fn rewrite(path: &Path) {
    let facts = fs::metadata(path).unwrap();
    let mut content = fs::read(path).unwrap();
    content[7] ^= 1;
    fs::write(path, content).unwrap();
    let nanos = u32::try_from(facts.mtime_nsec()).unwrap();
    let time = Time { seconds: facts.mtime(), nanos };
    utimensat(CWD, path, &timestamps(time), AtFlags::empty()).unwrap();
}

#[test]
fn further_names_and_modes_that_come_back_are_no_change() {
    let field = Field::new();
    make_set(&field.source());
    // As a backup that saves space does it, for small files and large ones.
    touched(&field, |source| {
        let backup = source.with_file_name("backup");
        fs::create_dir(&backup).unwrap();
        for name in ["table.f0", "table.f1", "SUB/f07"] {
            fs::hard_link(source.join(name), backup.join(name.replace('/', "."))).unwrap();
        }
        let table = source.join("QUALITY/table.f2");
        let mode = fs::metadata(&table).unwrap().permissions();
        fs::set_permissions(&table, fs::Permissions::from_mode(0o600)).unwrap();
        fs::set_permissions(&table, mode).unwrap();
    })
    .unwrap();
}

#[test]
fn content_is_compared_where_the_times_were_put_back() {
    for name in ["table.f0", "SUB/f07"] {
        let field = Field::new();
        make_set(&field.source());
        let error = touched(&field, |source| rewrite(&source.join(name))).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Changed, "{error:?}");
        assert!(error.message.contains(name), "{}", error.message);
    }
}

#[test]
fn another_mode_is_a_change() {
    let field = Field::new();
    make_set(&field.source());
    let error = touched(&field, |source| {
        let table = source.join("table.f0");
        fs::set_permissions(table, fs::Permissions::from_mode(0o644)).unwrap();
    })
    .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Changed, "{error:?}");
}
