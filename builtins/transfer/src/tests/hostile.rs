//! Another side that does not keep to the rules: no panic, no large
//! allocation, nothing written outside the part, nothing that gets a name.

use super::*;
use crate::buffer::{Buffer, Pool};
use crate::control::supervised;
use crate::entry::{Entry, Kind, Listing, sample as entry};
use crate::hash::{PIECE, hash_piece};
use crate::link::{Link, Way};
use crate::receive::{Expected, Job, Outcome, Verify, receive};
use crate::send::serve;
use crate::testing::FakeContext;
use crate::wire::{BatchItem, End, Frame, ListWriter, PieceHead, Request, Start, Tag, VERSION};
use ledama_base::operation::ErrorKind;
use proptest::prelude::*;

fn root() -> Entry {
    entry(0, b"", Kind::Folder, 0)
}

fn data(bytes: &[u8]) -> Buffer {
    let mut buffer = Pool::new().take(bytes.len());
    buffer.copy_from_slice(bytes);
    buffer
}

fn list(entries: &[Entry]) -> Vec<Frame> {
    let mut writer = ListWriter::default();
    let mut frames: Vec<_> = entries.iter().filter_map(|e| writer.add(e)).collect();
    frames.push(writer.take());
    frames.push(Frame::new(Tag::ListEnd, Vec::new()));
    frames
}

fn batch(items: &[(u32, &[u8])]) -> Frame {
    let mut head = Vec::new();
    let mut all = Vec::new();
    for (index, content) in items {
        let hash = hash_piece(0, 1, content);
        BatchItem { index: *index, len: content.len(), hash, same: false }.put(&mut head);
        all.extend_from_slice(content);
    }
    Frame { tag: Tag::Batch, head, data: data(&all) }
}

fn piece(index: u32, piece: u64, count: u64, content: &[u8]) -> Frame {
    let value = hash_piece(piece, count, content);
    let segments = vec![(0, content.len())];
    let head = PieceHead { index, piece, value, same: false, segments }.head();
    Frame { tag: Tag::Piece, head, data: data(content) }
}

fn end(entries: &[Entry], hashes: &[[u8; 32]]) -> Frame {
    let listing = Listing { entries: entries.to_vec() };
    End { digest: listing.digest(hashes) }.frame()
}

/// Receives from a sender that says these frames, whatever it hears.
fn receive_from(field: &Field, frames: Vec<Frame>) -> Result<bool, OperationError> {
    let ctx = FakeContext::new("b");
    let target = field.target();
    let job = Job {
        target: &target,
        source_node: "a",
        source: "/source",
        tell_source: false,
        local: None,
        resume: false,
        replace: false,
        fsync: false,
        verify: Verify::Stream,
        keep_part: true,
        margin: 0,
        expected: Expected::default(),
        known_to_differ: false,
    };
    let (mut here, there) = Link::pair();
    here.way = Way::Plain;
    std::thread::scope(|scope| {
        scope.spawn(move || say(there, frames, false));
        supervised(&ctx, |control| {
            receive(here, &job, control).map(|o| matches!(o, Outcome::Received(_)))
        })
    })
}

/// Says these frames and listens until the other side ends; with `hold` the
/// own half stays open that long.
fn say(link: Link, frames: Vec<Frame>, hold: bool) {
    let Link { outlet, mut inlet, .. } = link;
    let ctx = FakeContext::new("x");
    let control = crate::control::Control::new(&ctx);
    std::thread::scope(|scope| {
        let (done, wait) = std::sync::mpsc::channel::<()>();
        scope.spawn(move || {
            let mut outlet = outlet;
            for frame in frames {
                if outlet.send(frame).is_err() {
                    break;
                }
            }
            if hold {
                let _ = wait.recv();
            }
        });
        while let Ok(Some(_)) = inlet.receive(&Pool::new(), &control) {}
        drop(done);
    });
}

/// The frames are refused with a clear error and nothing appears.
fn refused(frames: Vec<Frame>) -> OperationError {
    let field = Field::new();
    fs::write(field.place.path().join("kept"), "x").unwrap();
    let error = receive_from(&field, frames).unwrap_err();
    assert!(!field.target().exists());
    let top = fs::read_dir(field.place.path()).unwrap().count();
    assert_eq!(top, 3, "something was written outside");
    assert_eq!(fs::read(field.place.path().join("kept")).unwrap(), b"x");
    for name in field.beside() {
        assert!(name.starts_with(".set.MS.ledama-part-"), "{name}");
    }
    error
}

fn corrupt(frames: Vec<Frame>) {
    let error = refused(frames);
    assert_eq!(error.kind, ErrorKind::Corrupt, "{error:?}");
}

fn two_files() -> [Entry; 3] {
    [root(), entry(0, b"x", Kind::File, 3), entry(0, b"y", Kind::File, 2)]
}

/// What an honest sender would say.
fn honest() -> Vec<Frame> {
    let entries = two_files();
    let mut frames = list(&entries);
    frames.push(batch(&[(1, b"abc"), (2, b"de")]));
    let hashes = [[0; 32], hash_piece(0, 1, b"abc"), hash_piece(0, 1, b"de")];
    frames.push(end(&entries, &hashes));
    frames
}

#[test]
fn the_honest_one_is_believed() {
    let field = Field::new();
    assert!(receive_from(&field, honest()).unwrap());
    assert_eq!(fs::read(field.target().join("x")).unwrap(), b"abc");
}

#[test]
fn names_cannot_lead_outside() {
    let evil: [&[u8]; 8] =
        [b"..", b".", b"", b"/etc/evil", b"a/b", b"../evil", b"a\0b", &[b'x'; 300]];
    for name in evil {
        for kind in [Kind::File, Kind::Folder, Kind::Link((*b"x").into())] {
            corrupt(list(&[root(), entry(0, name, kind, 0)]));
        }
    }
    // A link first, then something below it, or in its place.
    let outside = || entry(0, b"d", Kind::Link((*b"../..").into()), 0);
    corrupt(list(&[root(), outside(), entry(1, b"kept", Kind::File, 0)]));
    corrupt(list(&[root(), outside(), entry(0, b"d", Kind::Folder, 0)]));
    corrupt(list(&[root(), outside(), entry(0, b"d", Kind::File, 0)]));
    corrupt(list(&[root(), entry(0, b"d", Kind::Folder, 0), entry(0, b"d", Kind::Folder, 0)]));
    corrupt(list(&[entry(0, b"", Kind::Link((*b"/etc").into()), 0)]));
    corrupt(list(&[]));
}

#[test]
fn content_must_be_what_was_announced() {
    let with = |frame: Frame| {
        let mut frames = list(&two_files());
        frames.push(frame);
        frames
    };
    corrupt(with(batch(&[(1, b"abcd")])));
    corrupt(with(batch(&[(1, b"ab")])));
    corrupt(with(batch(&[(0, b"")])));
    corrupt(with(batch(&[(7, b"abc")])));
    corrupt(with(batch(&[(1, b"abc"), (1, b"abc")])));
    corrupt(with(piece(1, 1, 1, b"abc")));
    corrupt(with(piece(1, u64::MAX, 1, b"abc")));
    corrupt(with(piece(1, 0, 1, b"abcd")));
    let mut wrong = batch(&[(1, b"abc")]);
    wrong.data = data(b"abd");
    corrupt(with(wrong));
    let mut wrong = piece(1, 0, 1, b"abc");
    wrong.data = data(b"abd");
    corrupt(with(wrong));
    let mut short = batch(&[(1, b"abc")]);
    short.data = data(b"ab");
    corrupt(with(short));
    let mut long = batch(&[(1, b"abc")]);
    long.data = data(b"abcd");
    corrupt(with(long));
    let same = BatchItem { index: 1, len: 0, hash: hash_piece(0, 1, b"abc"), same: true };
    let mut head = Vec::new();
    same.put(&mut head);
    corrupt(with(Frame::new(Tag::Batch, head)));
    for tag in [Tag::Start, Tag::Requests, Tag::Bye, Tag::ListEnd] {
        corrupt(with(Frame::new(tag, Vec::new())));
    }
}

#[test]
fn the_end_must_fit() {
    let entries = two_files();
    let mut early = list(&entries);
    early.push(end(&entries, &[[0; 32]; 3]));
    corrupt(early);
    let mut other = honest();
    other.pop();
    other.push(end(&entries, &[[0; 32]; 3]));
    corrupt(other);
    let mut cut = honest();
    cut.pop();
    assert_eq!(refused(cut).kind, ErrorKind::Connection);
    let mut garbage = honest();
    garbage.pop();
    garbage.push(Frame::new(Tag::End, vec![1; 31]));
    corrupt(garbage);
}

#[test]
fn pieces_come_once_each() {
    let content = noise(PIECE, 1);
    let entries = [root(), entry(0, b"x", Kind::File, 2 * PIECE as u64)];
    let mut frames = list(&entries);
    frames.extend([piece(1, 0, 2, &content), piece(1, 0, 2, &content)]);
    corrupt(frames);
    let mut frames = list(&entries);
    frames.push(piece(1, 0, 2, &content));
    frames.push(piece(1, 1, 2, &content));
    frames.push(piece(1, 1, 2, &content));
    corrupt(frames);
}

#[test]
fn sizes_of_a_madman_take_no_memory() {
    // 4 EiB in holes: announced as taking no room.
    let huge = Entry { allocated: 0, ..entry(0, b"x", Kind::File, 1 << 62) };
    let mut frames = list(&[root(), huge.clone()]);
    let head = PieceHead {
        index: 1,
        piece: (1 << 42) - 1,
        value: [0; 32],
        same: false,
        segments: Vec::new(),
    };
    frames.push(Frame::new(Tag::Piece, head.head()));
    refused(frames);
    // Announced as taking it: refused before anything is made.
    let dense = Entry { allocated: 1 << 62, ..huge };
    assert_eq!(refused(list(&[root(), dense])).kind, ErrorKind::NoSpace);
}

#[test]
fn last_words_are_not_repeated_at_any_length() {
    let error = OperationError::new(ErrorKind::Changed, "é".repeat(100_000));
    let mut frames = list(&two_files());
    frames.push(Frame::json(Tag::Fail, &error));
    let heard = refused(frames);
    assert_eq!((heard.kind, heard.message.chars().count()), (ErrorKind::Changed, 4096));
    corrupt(vec![Frame::new(Tag::Fail, b"not json".to_vec())]);
}

/// Serves to a receiver that says these frames, whatever it hears.
fn serve_to(field: &Field, frames: Vec<Frame>, hold: bool) -> Result<(), OperationError> {
    let ctx = FakeContext::new("a");
    let source = field.source();
    let (here, there) = Link::pair();
    std::thread::scope(|scope| {
        scope.spawn(move || say(there, frames, hold));
        supervised(&ctx, |control| serve(here, Some(&source), control).map(|_| ()))
    })
}

fn requests(requests: &[Request]) -> Frame {
    let mut head = Vec::new();
    for request in requests {
        request.put(&mut head);
    }
    Frame::new(Tag::Requests, head)
}

fn start() -> Frame {
    Frame::json(Tag::Start, &Start { version: VERSION, source: None })
}

#[test]
fn a_receiver_cannot_ask_for_more_than_the_set() {
    let field = Field::new();
    make_set(&field.source());
    for bad in [
        Request::Files { from: 0, to: 1000 },
        Request::Pieces { index: 1, first: 9, count: 1 },
        Request::Have { index: 0, first: 0, values: vec![[0; 32]] },
    ] {
        let error =
            serve_to(&field, vec![start(), requests(&[bad, Request::End])], true).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Corrupt, "{error:?}");
    }
    let twice = Request::Files { from: 0, to: 5 };
    let error =
        serve_to(&field, vec![start(), requests(&[twice.clone(), twice, Request::End])], true);
    assert_eq!(error.unwrap_err().kind, ErrorKind::Corrupt);
    let few = requests(&[Request::Files { from: 0, to: 2 }, Request::End]);
    assert!(serve_to(&field, vec![start(), few], true).is_err());
    let other = Frame::json(Tag::Start, &Start { version: VERSION + 1, source: None });
    assert_eq!(serve_to(&field, vec![other], true).unwrap_err().kind, ErrorKind::Corrupt);
    assert!(serve_to(&field, vec![requests(&[Request::End])], true).is_err());
    assert!(serve_to(&field, vec![], false).is_err());
}

/// As after a failure of the receiver whose disk was slower than the network.
#[test]
fn a_sender_is_not_held_by_a_receiver_that_has_stopped_reading() {
    use crate::link::Plain;
    use std::net::{Shutdown, TcpListener, TcpStream};
    let field = Field::new();
    fs::create_dir(field.source()).unwrap();
    fs::File::create(field.source().join("large")).unwrap().set_len(1 << 30).unwrap();
    fs::write(field.source().join("large.2"), noise(64 << 20, 1)).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let there = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (here, _) = listener.accept().unwrap();
    let stream = |socket: &TcpStream| {
        let writer = Box::new(Plain(socket.try_clone().unwrap()));
        Link::stream(Box::new(socket.try_clone().unwrap()), writer, Way::Plain)
    };
    let Link { mut outlet, .. } = stream(&there);
    outlet.send(start()).unwrap();
    outlet.send(requests(&[Request::Files { from: 0, to: 3 }, Request::End])).unwrap();
    let ctx = FakeContext::new("a");
    std::thread::scope(|scope| {
        let serving = scope.spawn(|| {
            supervised(&ctx, |control| {
                let socket = here.try_clone().unwrap();
                control.on_stop(move || drop(socket.shutdown(Shutdown::Both)));
                serve(stream(&here), Some(&field.source()), control)
            })
        });
        // Until the network takes no more, not even the bytes with which a
        // sender probes a small window: nothing here reads.
        let (mut before, mut same) = (0, 0);
        while same < 30 {
            let waiting = rustix::io::ioctl_fionread(&there).unwrap();
            same = if waiting > 0 && waiting == before { same + 1 } else { 0 };
            before = waiting;
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        // Ends, but its socket stays open while others of its threads end.
        there.shutdown(Shutdown::Both).unwrap();
        let error = serving.join().unwrap().unwrap_err();
        assert_eq!(error.kind, ErrorKind::Connection, "{error:?}");
    });
    drop(there);
}

fn any_tag() -> impl Strategy<Value = Tag> {
    proptest::sample::select(vec![
        Tag::Start,
        Tag::Requests,
        Tag::Bye,
        Tag::List,
        Tag::ListEnd,
        Tag::Batch,
        Tag::Piece,
        Tag::End,
        Tag::Fail,
    ])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn one_wrong_byte_is_noticed(which in 0usize..5, at: usize, bit in 0u8..8) {
        let mut frames = honest();
        let frame = &mut frames[which % 4];
        let bytes: &mut [u8] =
            if frame.tag == Tag::Batch && at % 2 == 0 { &mut frame.data } else { &mut frame.head };
        if !bytes.is_empty() {
            let at = at / 2 % bytes.len();
            bytes[at] ^= 1 << bit;
        }
        let field = Field::new();
        if let Ok(done) = receive_from(&field, frames) {
            // Times and places on the disk are the only things nobody hashes.
            prop_assert!(done);
            prop_assert_eq!(fs::read(field.target().join("x")).unwrap(), b"abc");
            prop_assert_eq!(fs::read(field.target().join("y")).unwrap(), b"de");
        }
    }

    #[test]
    fn garbage_after_an_honest_beginning(
        keep in 0usize..4,
        tail in proptest::collection::vec(
            (any_tag(), proptest::collection::vec(any::<u8>(), 0..200),
             proptest::collection::vec(any::<u8>(), 0..50)),
            1..6,
        ),
    ) {
        let mut frames = honest();
        frames.truncate(keep);
        for (tag, head, content) in tail {
            let data = if matches!(tag, Tag::Batch | Tag::Piece) { data(&content) } else { Buffer::none() };
            frames.push(Frame { tag, head, data });
        }
        let field = Field::new();
        let _ = receive_from(&field, frames);
        prop_assert_eq!(fs::read_dir(field.place.path()).unwrap().count(), 2);
    }

    #[test]
    fn garbage_from_a_receiver(
        frames in proptest::collection::vec(
            (any_tag(), proptest::collection::vec(0u8..6, 0..80)), 0..5),
    ) {
        let field = Field::new();
        fs::create_dir(field.source()).unwrap();
        fs::write(field.source().join("x"), "abc").unwrap();
        let mut said = vec![start()];
        said.extend(frames.into_iter().map(|(tag, head)| Frame::new(tag, head)));
        let _ = serve_to(&field, said, false);
        prop_assert_eq!(fs::read(field.source().join("x")).unwrap(), b"abc");
    }
}
