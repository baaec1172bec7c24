//! What every engine of the quarantine has to do.

use std::path::Path;

use model::{DeviceId, SourceId, Timestamp};

use super::{
    Fault, Frame, FrameId, FrameQuery, FrameRow, KeepMax, QuarantineError, QuarantineStore, SqliteQuarantine, Used,
};

/// Opens the engine under test on a folder, new or left by an earlier opening, or open already.
type Open = fn(&Path) -> Box<dyn QuarantineStore>;

fn sqlite(dir: &Path) -> Box<dyn QuarantineStore> {
    Box::new(SqliteQuarantine::open(&dir.join("quarantine.db")).expect("opened"))
}

macro_rules! contract {
    ($engine:ident: $($test:ident)*) => {
        mod $engine {
            $(#[test]
            fn $test() {
                super::$test(super::$engine);
            })*
        }
    };
}

contract! {
    sqlite:
    what_is_added_is_there_after_reopening
    a_second_opening_reads_what_is_there
    frames_are_found_by_what_is_asked
    the_oldest_make_room
    bytes_are_bounded_too
    no_source_takes_the_place_of_others
    what_nobody_sent_has_the_share_of_one
    what_is_settled_goes_or_is_wrong_for_another_reason
    a_query_removes_what_it_finds
    numbers_are_never_given_twice
}

const PLENTY: KeepMax = KeepMax { frames: 1_000, bytes: 1_000_000, source_percent: 100 };

fn at(s: i64) -> Timestamp {
    Timestamp::from_s(1_773_480_000 + s).expect("in range").plus_ms(7)
}

/// A frame of the device of a source, or of nobody.
fn frame(source: u32, size: usize, s: i64) -> Frame {
    Frame {
        at: at(s),
        device: (source != 0).then(|| device(source)),
        source: (source != 0).then_some(SourceId(source)),
        protocol: if source % 2 == 1 { "gt06" } else { "h02" }.to_owned(),
        transport: "tcp".to_owned(),
        peer: "192.0.2.7:5023".to_owned(),
        fault: Fault { offset: 18, kind: "checksum".to_owned(), reason: "checksum is 0001, should be 0002".to_owned() },
        bytes: vec![s as u8; size],
    }
}

fn device(source: u32) -> DeviceId {
    DeviceId::new(&format!("unit-{source}")).expect("valid")
}

fn found(store: &dyn QuarantineStore, query: &FrameQuery) -> Vec<u64> {
    store.frames(query, 100, 0).expect("read").iter().map(|row| row.id.0).collect()
}

fn oldest_first() -> FrameQuery {
    FrameQuery { ascending: true, ..FrameQuery::default() }
}

fn what_is_added_is_there_after_reopening(open: Open) {
    let dir = tempfile::tempdir().expect("folder");
    let frames = [frame(1, 300, 1), Frame { device: Some(device(9)), ..frame(0, 0, 2) }];
    assert_eq!(open(dir.path()).add(&frames, &PLENTY), Ok(0));
    let store = open(dir.path());
    assert_eq!(store.used(), Used { frames: 2, bytes: 300 });
    let [a, b] = frames;
    let mut expected =
        [FrameRow { id: FrameId(1), frame: a, size_bytes: 300 }, FrameRow { id: FrameId(2), frame: b, size_bytes: 0 }];
    assert_eq!(store.frames(&oldest_first(), 9, 300).expect("read"), expected);
    expected[0].frame.bytes.truncate(16);
    assert_eq!(store.frames(&oldest_first(), 9, 16).expect("read"), expected, "with as many bytes as are asked for");
}

fn a_second_opening_reads_what_is_there(open: Open) {
    let dir = tempfile::tempdir().expect("folder");
    let (mut writer, reader) = (open(dir.path()), open(dir.path()));
    writer.add(&[frame(1, 1, 1)], &PLENTY).expect("added");
    assert_eq!(found(&*reader, &oldest_first()), [1]);
}

fn frames_are_found_by_what_is_asked(open: Open) {
    let dir = tempfile::tempdir().expect("folder");
    let mut store = open(dir.path());
    let frames: Vec<_> = [1, 2, 1, 0, 3].into_iter().zip(0..).map(|(source, s)| frame(source, 1, s)).collect();
    store.add(&frames, &PLENTY).expect("added");
    let check = |query: FrameQuery, expected: &[u64]| assert_eq!(found(&*store, &query), expected, "{query:?}");
    let any = FrameQuery::default;
    check(any(), &[5, 4, 3, 2, 1]);
    check(oldest_first(), &[1, 2, 3, 4, 5]);
    check(FrameQuery { id: Some(FrameId(2)), ..any() }, &[2]);
    check(FrameQuery { id: Some(FrameId(u64::MAX)), ..any() }, &[]);
    check(FrameQuery { device: Some(device(1)), ..any() }, &[3, 1]);
    check(FrameQuery { protocol: Some("h02".into()), ..any() }, &[4, 2]);
    check(FrameQuery { since: Some(at(3)), ..any() }, &[5, 4]);
    check(FrameQuery { below: Some(FrameId(3)), ..any() }, &[2, 1]);
    check(FrameQuery { above: Some(FrameId(3)), ..oldest_first() }, &[4, 5]);
    check(FrameQuery { device: Some(device(1)), since: Some(at(1)), ..any() }, &[3]);
    let limited = store.frames(&oldest_first(), 2, 0).expect("read");
    assert_eq!(limited.iter().map(|row| row.id.0).collect::<Vec<_>>(), [1, 2]);
}

fn the_oldest_make_room(open: Open) {
    let dir = tempfile::tempdir().expect("folder");
    let mut store = open(dir.path());
    let keep = KeepMax { frames: 3, ..PLENTY };
    let frames: Vec<_> = (1..=5).map(|s| frame(s as u32, 10, s)).collect();
    assert_eq!(store.add(&frames, &keep), Ok(2));
    assert_eq!(found(&*store, &oldest_first()), [3, 4, 5]);
    // The settings may be lower at the next start.
    let mut store = open(dir.path());
    assert_eq!(store.add(&[frame(9, 10, 9)], &KeepMax { frames: 1, ..PLENTY }), Ok(3));
    assert_eq!((found(&*store, &oldest_first()), store.used()), (vec![6], Used { frames: 1, bytes: 10 }));
}

fn bytes_are_bounded_too(open: Open) {
    let dir = tempfile::tempdir().expect("folder");
    let mut store = open(dir.path());
    let keep = KeepMax { bytes: 100, ..PLENTY };
    assert_eq!(store.add(&[frame(1, 60, 1), frame(2, 20, 2), frame(3, 30, 3)], &keep), Ok(1));
    assert_eq!((found(&*store, &oldest_first()), store.used()), (vec![2, 3], Used { frames: 2, bytes: 50 }));
    assert_eq!(store.add(&[frame(4, 101, 4)], &keep), Ok(1), "what is larger than all that may be kept is not");
    assert_eq!(found(&*store, &oldest_first()), [2, 3], "and costs nobody else");
}

fn no_source_takes_the_place_of_others(open: Open) {
    let dir = tempfile::tempdir().expect("folder");
    let mut store = open(dir.path());
    let keep = KeepMax { frames: 10, bytes: 1_000, source_percent: 30 };
    store.add(&[frame(1, 1, 1), frame(2, 1, 2)], &keep).expect("added");
    let flood: Vec<_> = (0..50).map(|s| frame(7, 1, s)).collect();
    assert_eq!(store.add(&flood, &keep), Ok(47));
    assert_eq!(found(&*store, &oldest_first()), [1, 2, 50, 51, 52]);
    assert_eq!(store.add(&[frame(7, 299, 0)], &keep), Ok(2), "its own make room, also for bytes");
    assert_eq!(found(&*store, &oldest_first()), [1, 2, 52, 53]);
}

fn what_nobody_sent_has_the_share_of_one(open: Open) {
    let dir = tempfile::tempdir().expect("folder");
    let mut store = open(dir.path());
    let keep = KeepMax { frames: 10, bytes: 1_000, source_percent: 20 };
    store.add(&[frame(1, 1, 1)], &keep).expect("added");
    let flood: Vec<_> = (0..9).map(|n| Frame { device: Some(device(100 + n)), ..frame(0, 1, 0) }).collect();
    assert_eq!(store.add(&flood, &keep), Ok(7));
    assert_eq!(found(&*store, &oldest_first()), [1, 9, 10]);
}

fn what_is_settled_goes_or_is_wrong_for_another_reason(open: Open) {
    let dir = tempfile::tempdir().expect("folder");
    let mut store = open(dir.path());
    store.add(&[frame(1, 10, 1), frame(1, 20, 2)], &PLENTY).expect("added");
    let fault = Fault { offset: 3, kind: "truncated".into(), reason: "the content ends too early".into() };
    let faults = [(FrameId(2), fault.clone()), (FrameId(77), fault.clone())];
    store.settle(&[FrameId(1), FrameId(66)], &faults).expect("settled");
    let rows = store.frames(&oldest_first(), 9, 0).expect("read");
    assert!(matches!(&rows[..], [row] if row.id == FrameId(2) && row.frame.fault == fault));
    assert_eq!(store.used(), Used { frames: 1, bytes: 20 });
}

fn a_query_removes_what_it_finds(open: Open) {
    let dir = tempfile::tempdir().expect("folder");
    let mut store = open(dir.path());
    store.add(&[frame(1, 10, 1), frame(2, 20, 2), frame(1, 30, 3)], &PLENTY).expect("added");
    let of_one = FrameQuery { device: Some(device(1)), ..FrameQuery::default() };
    assert_eq!((store.remove(&of_one), store.remove(&of_one)), (Ok(2), Ok(0)));
    assert_eq!((found(&*store, &oldest_first()), store.used()), (vec![2], Used { frames: 1, bytes: 20 }));
    assert_eq!(open(dir.path()).used(), store.used(), "what is counted is what is there");
}

fn numbers_are_never_given_twice(open: Open) {
    let dir = tempfile::tempdir().expect("folder");
    open(dir.path()).add(&[frame(1, 1, 1)], &PLENTY).expect("added");
    open(dir.path()).remove(&FrameQuery::default()).expect("removed");
    let mut store = open(dir.path());
    store.add(&[frame(1, 1, 1)], &PLENTY).expect("added");
    assert_eq!(found(&*store, &oldest_first()), [2]);
}

#[test]
fn a_damaged_row_is_told() {
    let dir = tempfile::tempdir().expect("folder");
    let mut store = sqlite(dir.path());
    store.add(&[frame(1, 1, 1)], &PLENTY).expect("added");
    let file = rusqlite::Connection::open(dir.path().join("quarantine.db")).expect("opened");
    file.execute("UPDATE frames SET device_id = ''", []).expect("changed");
    assert_eq!(
        store.frames(&FrameQuery::default(), 9, 9),
        Err(QuarantineError::Damaged { column: "frames.device_id" })
    );
}
