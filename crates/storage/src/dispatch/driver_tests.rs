//! What every engine has to do with what drivers send and are given.

use std::path::Path;

use model::{DriverEventKind, SourceId, Timestamp};

use super::tests::{MUCH, OURS, Open, THEIRS, at, contract, incoming, outgoing, sqlite, with};
use super::{Bounds, FileId, FilesUsed, ImageKind, NewDriverEvent, NewFile, ServiceDraft, ServiceState, StoreError};

contract! {
    sqlite:
    events_come_back_by_guid_time_and_arrival
    a_guid_is_used_once_by_a_source
    services_come_back_and_are_found_by_their_whole_id
    files_are_counted_and_go
    messages_that_moved_lately_are_found
}

fn event(guid: &str, s: i64, kind: DriverEventKind) -> NewDriverEvent {
    NewDriverEvent { guid: guid.to_owned(), at: at(s), position: Some((-90.0, 180.0)), kind }
}

fn form(fields_count: usize) -> DriverEventKind {
    // Labels may repeat, and their order is not the alphabet's.
    let fields = (0..fields_count).map(|n| (format!("label {}", 9 - n % 5), n.to_string())).collect();
    DriverEventKind::Form { name: "f".to_owned(), fields }
}

fn events_come_back_by_guid_time_and_arrival(open: Open) {
    let dir = tempfile::tempdir().expect("folder");
    let mut store = open(dir.path());
    let mut added = Vec::new();
    for (s, fields_count) in [(3, 11), (1, 0), (2, 3)] {
        let new = event(&s.to_string(), s, form(fields_count));
        added.push(with(&mut *store, |t| t.add_driver_event(OURS, &new, at(10 - s))));
    }
    with(&mut *store, |t| t.add_driver_event(THEIRS, &event("1", 1, form(1)), at(20)));
    assert_eq!(added.iter().map(|event| event.id).collect::<Vec<_>>(), [1, 2, 3]);
    let by_time = [&added[1], &added[2], &added[0]];
    let mut check = |from: i64, to: i64, bounds: Bounds, expected: &[&model::DriverEvent]| {
        let found = with(&mut *store, |t| t.driver_events(OURS, at(from), at(to), bounds));
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{from} to {to}, {bounds:?}");
    };
    check(0, 9, MUCH, &by_time);
    check(2, 3, MUCH, &by_time[1..]);
    check(0, 9, Bounds { count_max: 2, ..MUCH }, &by_time[..2]);
    check(0, 9, Bounds { text_bytes_max: 1, ..MUCH }, &by_time[..1]);
    for event in &added {
        let found = with(&mut *store, |t| t.driver_event_by_guid(OURS, &event.guid));
        assert_eq!(found.as_ref(), Some(event));
    }
    assert_eq!(with(&mut *store, |t| t.driver_event_by_guid(THEIRS, "2")), None);
    let mut since = |s, limit| {
        let found = with(&mut *store, |t| t.driver_events_since(at(s), limit));
        found.into_iter().map(|(source, event)| (source, event.id)).collect::<Vec<_>>()
    };
    assert_eq!(since(8, 9), [(OURS, 2), (OURS, 3), (THEIRS, 4)]);
    assert_eq!(since(0, 2), [(OURS, 2), (THEIRS, 4)], "the newest");
    with(&mut *store, |t| t.remove_driver_events(at(20), 2));
    let left = with(&mut *store, |t| t.driver_events(OURS, Timestamp::MIN, Timestamp::MAX, MUCH));
    assert_eq!(left, [added[1].clone()], "the two that came first are gone");
}

fn a_guid_is_used_once_by_a_source(open: Open) {
    let dir = tempfile::tempdir().expect("folder");
    let mut store = open(dir.path());
    let new = event("g", 1, form(2));
    with(&mut *store, |t| t.add_driver_event(OURS, &new, at(1)));
    with(&mut *store, |t| t.add_driver_event(THEIRS, &new, at(1)));
    let again = store.transaction(&mut |t| t.add_driver_event(OURS, &new, at(2)).map(|_| ()));
    assert!(matches!(again, Err(StoreError::Engine(_))), "{again:?}");
}

fn services_come_back_and_are_found_by_their_whole_id(open: Open) {
    let dir = tempfile::tempdir().expect("folder");
    let mut store = open(dir.path());
    let draft = ServiceDraft {
        title: "a".to_owned(),
        address: "b".to_owned(),
        position: Some((1.5, -2.5)),
        note: "c".to_owned(),
        due: Some(at(9)),
    };
    let first = with(&mut *store, |t| t.add_service(OURS, &draft, at(1)));
    let second = with(&mut *store, |t| t.add_service(OURS, &ServiceDraft::default(), at(2)));
    let theirs = with(&mut *store, |t| t.add_service(THEIRS, &draft, at(2)));
    assert!(first.id < second.id && second.id < theirs.id);
    assert_eq!(first.id, format!("{:08x}{:016x}", at(1).ms() / 1_000, 1));
    drop(store);
    let mut store = open(dir.path());
    for service in [&first, &second, &theirs] {
        assert_eq!(with(&mut *store, |t| t.service(&service.id)).as_ref(), Some(service));
    }
    let elsewhen = format!("{}{}", &second.id[..8], &first.id[8..]);
    for id in [&elsewhen, "", "1", &first.id.to_uppercase().replace('0', "A"), &format!("{}0", first.id)] {
        assert_eq!(with(&mut *store, |t| t.service(id)), None, "{id:?}");
    }
    let mut changed = first.clone();
    (changed.draft, changed.state, changed.changed) = (ServiceDraft::default(), ServiceState::Visited, at(5));
    with(&mut *store, |t| t.put_service(&changed));
    assert_eq!(with(&mut *store, |t| t.services(OURS, 9)), [changed.clone(), second.clone()]);
    assert_eq!(with(&mut *store, |t| t.services(OURS, 1)).len(), 1);
    changed.is_removed = true;
    with(&mut *store, |t| t.put_service(&changed));
    assert_eq!(with(&mut *store, |t| t.services(OURS, 9)), [second]);
    assert_eq!(with(&mut *store, |t| t.services_count(OURS)), 1);
    with(&mut *store, |t| t.remove_services(at(5), 9));
    assert_eq!(with(&mut *store, |t| t.service(&first.id)), Some(changed), "taken back no earlier");
    with(&mut *store, |t| t.remove_services(at(6), 9));
    assert_eq!(with(&mut *store, |t| t.service(&first.id)), None);
    assert_eq!(with(&mut *store, |t| t.services_count(OURS)), 1);
}

fn files_are_counted_and_go(open: Open) {
    let dir = tempfile::tempdir().expect("folder");
    let mut store = open(dir.path());
    let mut add = |source: SourceId, guid: &str, bytes: &[u8], s: i64| {
        let file = NewFile { source, guid, kind: ImageKind::Webp, bytes, kept: at(s) };
        with(&mut *store, |t| t.add_file(&file))
    };
    let ids = [add(OURS, "a", &[0, 255, 7], 1), add(OURS, "b", &[], 2), add(THEIRS, "a", &[1], 3)];
    assert_eq!(ids, [FileId(1), FileId(2), FileId(3)]);
    let file = with(&mut *store, |t| t.file(FileId(1))).expect("there");
    assert_eq!((file.source, file.kind, &file.bytes[..]), (OURS, ImageKind::Webp, &[0, 255, 7][..]));
    assert_eq!(with(&mut *store, |t| t.file_source(FileId(3))), Some(THEIRS));
    assert_eq!(with(&mut *store, |t| t.file_by_guid(OURS, "b")), Some(FileId(2)));
    assert_eq!(with(&mut *store, |t| t.file_by_guid(THEIRS, "b")), None);
    assert_eq!(with(&mut *store, |t| t.files_used(OURS)), FilesUsed { count: 2, bytes: 3 });
    with(&mut *store, |t| t.remove_files(at(3), 1));
    assert_eq!(with(&mut *store, |t| t.files_used(OURS)), FilesUsed { count: 1, bytes: 0 });
    with(&mut *store, |t| t.remove_files(at(3), 9));
    assert_eq!(with(&mut *store, |t| t.files_used(OURS)), FilesUsed::default());
    assert_eq!(with(&mut *store, |t| t.files_used(THEIRS)).count, 1);
}

fn messages_that_moved_lately_are_found(open: Open) {
    let dir = tempfile::tempdir().expect("folder");
    let mut store = open(dir.path());
    for s in 1..=3 {
        with(&mut *store, |t| t.add_message(&outgoing(OURS, "x", s)));
    }
    with(&mut *store, |t| t.add_message(&outgoing(THEIRS, "x", 4)));
    with(&mut *store, |t| t.add_message(&incoming(OURS, "x", 5)));
    let (id, pending) = (model::MessageId(1), model::MessageStatus::Pending);
    with(&mut *store, |t| t.set_message_status(id, pending, at(6), None));
    let mut since = |s, limit| {
        let found = with(&mut *store, |t| t.moved_since(at(s), limit));
        found.into_iter().map(|(message, changed)| (message.id.0, changed)).collect::<Vec<_>>()
    };
    assert_eq!(since(3, 9), [(3, at(3)), (4, at(4)), (1, at(6))]);
    assert_eq!(since(3, 2), [(4, at(4)), (1, at(6))]);
    let mut stored = |source: Option<SourceId>, limit| {
        let found = with(&mut *store, |t| t.stored_messages(source, limit));
        found.iter().map(|m| m.id.0).collect::<Vec<_>>()
    };
    assert_eq!(stored(Some(OURS), 9), [2, 3]);
    assert_eq!(stored(Some(OURS), 1), [2]);
    assert_eq!(stored(None, 9), [2, 3, 4]);
}

#[test]
fn the_new_sqlite_queries_use_their_indexes() {
    let dir = tempfile::tempdir().expect("folder");
    drop(sqlite(dir.path()));
    let connection = rusqlite::Connection::open(Path::new(dir.path()).join("dispatch.db")).expect("opened");
    for (sql, index) in [
        ("* FROM messages WHERE changed_ms >= 1 AND incoming = 0 ORDER BY changed_ms DESC LIMIT 2", "messages_moved"),
        ("* FROM messages WHERE source_id = 1 AND incoming = 0 AND status IN (0, 1) ORDER BY id", "messages_stored"),
        ("* FROM messages WHERE incoming = 0 AND status IN (0, 1) ORDER BY source_id, id", "messages_stored"),
        ("* FROM driver_events WHERE source_id = 1 AND guid = 'a'", "driver_events_guid"),
        ("* FROM driver_events WHERE source_id = 1 AND at_ms BETWEEN 1 AND 2 ORDER BY at_ms, id", "driver_events_time"),
        ("* FROM driver_events WHERE received_ms >= 1 ORDER BY received_ms DESC", "driver_events_received"),
        ("count(*), sum(size_bytes) FROM files WHERE source_id = 1", "COVERING INDEX files_size"),
        ("* FROM services WHERE source_id = 1 AND is_removed = 0", "services_source"),
    ] {
        let explain = format!("EXPLAIN QUERY PLAN SELECT {sql}");
        let plan: String = connection.query_row(&explain, [], |row| row.get(3)).expect("a plan");
        assert!(plan.contains(index), "{sql}: {plan}");
    }
}
