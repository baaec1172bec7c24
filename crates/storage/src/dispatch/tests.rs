//! What every engine of messages and commands has to do.

use std::path::Path;

use model::{Command, CommandId, CommandState, MessageId, MessageStatus, SourceId, Timestamp, UserId};

use super::{
    Bounds, DispatchStore, Message, MessageQuery, NewCommand, NewMessage, Sender, SqliteDispatch, StoreError, Summary,
    Tables,
};

/// Opens the engine under test on a folder, new or left by an earlier opening, or open already.
pub(super) type Open = fn(&Path) -> Box<dyn DispatchStore>;

pub(super) fn sqlite(dir: &Path) -> Box<dyn DispatchStore> {
    Box::new(SqliteDispatch::open(&dir.join("dispatch.db")).expect("opened"))
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

pub(super) use contract;

contract! {
    sqlite:
    a_new_store_is_empty
    what_is_written_is_there_after_reopening
    work_that_fails_leaves_nothing
    a_second_opening_reads_what_is_committed
    messages_are_found_by_time_in_either_order
    lists_are_bounded
    a_repeat_is_known_by_sender_and_guid
    a_status_moves_and_delivery_is_kept
    undelivered_messages_are_those_that_wait
    reading_counts_down
    old_messages_go_and_ids_stay_used
    commands_of_every_kind_come_back
    open_commands_are_those_that_wait
    finished_commands_go
    no_row_has_an_enormous_id
}

pub(super) const OURS: SourceId = SourceId(1_000_000_001);
pub(super) const THEIRS: SourceId = SourceId(1_000_000_002);
const ANN: UserId = UserId(7);
pub(super) const MUCH: Bounds = Bounds { count_max: 100, text_bytes_max: 1_000 };

pub(super) fn at(s: i64) -> Timestamp {
    Timestamp::from_s(1_700_000_000 + s).expect("in range").plus_ms(7)
}

pub(super) fn outgoing(source: SourceId, text: &str, s: i64) -> NewMessage {
    NewMessage {
        source,
        sender: Sender::Office(ANN),
        guid: None,
        text: text.to_owned(),
        submitted: at(s),
        status: MessageStatus::Stored,
    }
}

pub(super) fn incoming(source: SourceId, text: &str, s: i64) -> NewMessage {
    NewMessage { sender: Sender::Driver, status: MessageStatus::Delivered, ..outgoing(source, text, s) }
}

fn command(source: SourceId, command: Command, s: i64) -> NewCommand {
    NewCommand { source, command, submitted: at(s), expires: at(s + 100) }
}

/// Does work that must succeed, and hands out its result.
pub(super) fn with<T>(store: &mut dyn DispatchStore, work: impl Fn(&dyn Tables) -> Result<T, StoreError>) -> T {
    let mut value = None;
    let result = store.transaction(&mut |tables| {
        value = Some(work(tables)?);
        Ok(())
    });
    result.expect("done");
    value.expect("worked")
}

fn all(source: SourceId) -> MessageQuery {
    MessageQuery { source, from: Timestamp::MIN, to: Timestamp::MAX, limit: 100, ascending: true }
}

fn ids(messages: &[Message]) -> Vec<u64> {
    messages.iter().map(|m| m.id.0).collect()
}

fn a_new_store_is_empty(open: Open) {
    let dir = tempfile::tempdir().expect("folder");
    let mut store = open(dir.path());
    assert_eq!(with(&mut *store, |t| t.summaries()), []);
    assert_eq!(with(&mut *store, |t| t.summary(OURS)), Summary::default());
    assert_eq!(with(&mut *store, |t| t.messages(&all(OURS), MUCH)), []);
    assert_eq!(with(&mut *store, |t| t.open_commands(OURS, 10)), []);
}

fn what_is_written_is_there_after_reopening(open: Open) {
    let dir = tempfile::tempdir().expect("folder");
    let mut store = open(dir.path());
    let text = "two\nlines, \u{1F69A} and \"quotes\"";
    let sent = NewMessage { guid: Some("g-1".to_owned()), ..outgoing(OURS, text, 1) };
    let id = with(&mut *store, |t| t.add_message(&sent));
    with(&mut *store, |t| t.add_message(&incoming(OURS, "ok", 2)));
    with(&mut *store, |t| t.add_command(&command(THEIRS, Command::Text("reboot".to_owned()), 3)));
    let check = |store: &mut dyn DispatchStore| {
        let expected = Message {
            id,
            source: OURS,
            sender: Sender::Office(ANN),
            guid: Some("g-1".to_owned()),
            text: text.to_owned(),
            submitted: at(1),
            status: MessageStatus::Stored,
            delivered: None,
            is_read: true,
        };
        assert_eq!(with(store, |t| t.message(id)), Some(expected));
        let ours = Summary { unread_count: 1, undelivered_count: 1, updated: Some(at(2)), open_commands_count: 0 };
        let theirs = Summary { open_commands_count: 1, ..Summary::default() };
        assert_eq!(with(store, |t| t.summaries()), [(OURS, ours), (THEIRS, theirs)]);
        assert_eq!(with(store, |t| t.summary(OURS)), ours);
        assert_eq!(with(store, |t| t.summary(THEIRS)), theirs);
    };
    check(&mut *store);
    drop(store);
    check(&mut *open(dir.path()));
}

fn work_that_fails_leaves_nothing(open: Open) {
    let dir = tempfile::tempdir().expect("folder");
    let mut store = open(dir.path());
    let refused = store.transaction(&mut |tables| {
        tables.add_message(&outgoing(OURS, "a", 1))?;
        assert_eq!(tables.messages(&all(OURS), MUCH)?.len(), 1, "seen within");
        Err(StoreError::Full)
    });
    assert_eq!(refused, Err(StoreError::Full));
    assert_eq!(with(&mut *store, |t| t.messages(&all(OURS), MUCH)), []);
    // And it goes on working.
    with(&mut *store, |t| t.add_message(&outgoing(OURS, "b", 1)));
    assert_eq!(with(&mut *store, |t| t.messages(&all(OURS), MUCH)).len(), 1);
}

fn a_second_opening_reads_what_is_committed(open: Open) {
    let dir = tempfile::tempdir().expect("folder");
    let (mut writer, mut reader) = (open(dir.path()), open(dir.path()));
    let result = writer.transaction(&mut |tables| {
        tables.add_message(&outgoing(OURS, "a", 1))?;
        assert_eq!(with(&mut *reader, |t| t.messages(&all(OURS), MUCH)), [], "not yet committed");
        Ok(())
    });
    assert_eq!(result, Ok(()));
    assert_eq!(with(&mut *reader, |t| t.messages(&all(OURS), MUCH)).len(), 1);
}

fn messages_are_found_by_time_in_either_order(open: Open) {
    let dir = tempfile::tempdir().expect("folder");
    let mut store = open(dir.path());
    for (source, s) in [(OURS, 1), (OURS, 2), (OURS, 2), (THEIRS, 2), (OURS, 4)] {
        with(&mut *store, |t| t.add_message(&outgoing(source, "x", s)));
    }
    let mut check = |from: i64, to: i64, limit: usize, ascending: bool, expected: &[u64]| {
        let query = MessageQuery { source: OURS, from: at(from), to: at(to), limit, ascending };
        assert_eq!(ids(&with(&mut *store, |t| t.messages(&query, MUCH))), expected, "{query:?}");
    };
    check(0, 9, 10, true, &[1, 2, 3, 5]);
    check(0, 9, 10, false, &[5, 3, 2, 1]);
    check(0, 9, 2, true, &[1, 2]);
    check(0, 9, 2, false, &[5, 3]);
    check(2, 2, 10, true, &[2, 3]);
    check(3, 3, 10, true, &[]);
    check(4, 1, 10, true, &[]);
    check(0, 9, 0, true, &[]);
}

fn lists_are_bounded(open: Open) {
    let dir = tempfile::tempdir().expect("folder");
    let mut store = open(dir.path());
    for s in 0..4 {
        with(&mut *store, |t| t.add_message(&outgoing(OURS, "ten bytes.", s)));
    }
    let mut check = |count_max: usize, text_bytes_max: usize, expected: &[u64]| {
        let bounds = Bounds { count_max, text_bytes_max };
        assert_eq!(ids(&with(&mut *store, |t| t.messages(&all(OURS), bounds))), expected, "{bounds:?}");
        assert_eq!(ids(&with(&mut *store, |t| t.undelivered(OURS, MessageId(0), bounds))), expected, "{bounds:?}");
    };
    check(9, 40, &[1, 2, 3, 4]);
    check(3, 40, &[1, 2, 3]);
    check(9, 39, &[1, 2, 3]);
    check(9, 9, &[1]);
    check(0, 40, &[]);
}

fn a_repeat_is_known_by_sender_and_guid(open: Open) {
    let dir = tempfile::tempdir().expect("folder");
    let mut store = open(dir.path());
    let guid = Some("g".to_owned());
    let from_office = NewMessage { guid: guid.clone(), ..outgoing(OURS, "a", 1) };
    let from_driver = NewMessage { guid, ..incoming(OURS, "b", 2) };
    with(&mut *store, |t| t.add_message(&from_office));
    with(&mut *store, |t| t.add_message(&from_driver));
    with(&mut *store, |t| t.add_message(&from_office));
    let another = NewMessage { text: "c".to_owned(), ..from_office.clone() };
    with(&mut *store, |t| t.add_message(&another));
    let mut check = |source: SourceId, author: Option<UserId>, guid: &str, text: &str, expected: Option<u64>| {
        let found = with(&mut *store, |t| t.message_by_guid(source, author, guid, text));
        assert_eq!(found.map(|m| m.id.0), expected, "{source} {author:?} {guid} {text}");
    };
    check(OURS, Some(ANN), "g", "a", Some(3));
    check(OURS, Some(ANN), "g", "c", Some(4));
    check(OURS, Some(ANN), "g", "b", None);
    check(OURS, None, "g", "b", Some(2));
    check(OURS, Some(UserId(8)), "g", "a", None);
    check(THEIRS, None, "g", "b", None);
    check(OURS, None, "G", "b", None);
}

fn a_status_moves_and_delivery_is_kept(open: Open) {
    let dir = tempfile::tempdir().expect("folder");
    let mut store = open(dir.path());
    let id = with(&mut *store, |t| t.add_message(&outgoing(OURS, "a", 1)));
    let steps = [
        (MessageStatus::Pending, 2, None, None),
        (MessageStatus::Delivered, 3, Some(at(3)), Some(at(3))),
        (MessageStatus::Read, 4, Some(at(4)), Some(at(3))),
    ];
    for (status, s, delivered, kept) in steps {
        with(&mut *store, |t| t.set_message_status(id, status, at(s), delivered));
        let found = with(&mut *store, |t| t.message(id)).expect("there");
        assert_eq!((found.status, found.delivered), (status, kept));
        assert_eq!(with(&mut *store, |t| t.summary(OURS)).updated, Some(at(s)));
    }
}

fn undelivered_messages_are_those_that_wait(open: Open) {
    let dir = tempfile::tempdir().expect("folder");
    let mut store = open(dir.path());
    for (s, status) in (1..).zip(MessageStatus::ALL) {
        with(&mut *store, |t| t.add_message(&NewMessage { status, ..outgoing(OURS, "x", s) }));
    }
    with(&mut *store, |t| t.add_message(&outgoing(THEIRS, "x", 9)));
    with(&mut *store, |t| t.add_message(&incoming(OURS, "x", 9)));
    let mut check = |after: u64, limit: usize, expected: &[u64]| {
        let bounds = Bounds { count_max: limit, ..MUCH };
        let found = with(&mut *store, |t| t.undelivered(OURS, MessageId(after), bounds));
        assert_eq!(ids(&found), expected, "after {after}");
    };
    check(0, 10, &[1, 2, 4]);
    check(1, 10, &[2, 4]);
    check(0, 2, &[1, 2]);
    check(4, 10, &[]);
    assert_eq!(with(&mut *store, |t| t.summary(OURS)).undelivered_count, 3);
    let old = with(&mut *store, |t| t.undelivered_since(at(4), 10));
    assert_eq!(ids(&old), [1, 2], "the fourth is not older than itself");
    assert_eq!(with(&mut *store, |t| t.undelivered_since(at(10), 1)).len(), 1);
}

fn reading_counts_down(open: Open) {
    let dir = tempfile::tempdir().expect("folder");
    let mut store = open(dir.path());
    for source in [OURS, OURS, OURS, THEIRS] {
        with(&mut *store, |t| t.add_message(&incoming(source, "x", 1)));
    }
    let mut check = |work: &dyn Fn(&dyn Tables) -> Result<(), StoreError>, ours: u32, theirs: u32| {
        with(&mut *store, |t| work(t));
        let unread = |store: &mut dyn DispatchStore, source| with(store, |t| t.summary(source)).unread_count;
        assert_eq!((unread(&mut *store, OURS), unread(&mut *store, THEIRS)), (ours, theirs));
    };
    check(&|_| Ok(()), 3, 1);
    check(&|t| t.mark_read(MessageId(2)), 2, 1);
    check(&|t| t.mark_read(MessageId(2)), 2, 1);
    check(&|t| t.mark_all_read(OURS), 0, 1);
    assert!(with(&mut *store, |t| t.messages(&all(OURS), MUCH)).iter().all(|m| m.is_read));
}

fn old_messages_go_and_ids_stay_used(open: Open) {
    let dir = tempfile::tempdir().expect("folder");
    let mut store = open(dir.path());
    for (source, s) in [(THEIRS, 1), (OURS, 1), (OURS, 2), (OURS, 3)] {
        with(&mut *store, |t| t.add_message(&incoming(source, "x", s)));
    }
    assert_eq!(with(&mut *store, |t| t.remove_messages(at(3), 2)), [OURS, THEIRS], "two were looked at");
    assert_eq!(ids(&with(&mut *store, |t| t.messages(&all(OURS), MUCH))), [3, 4]);
    assert_eq!(with(&mut *store, |t| t.remove_messages(at(9), 10)), [OURS]);
    assert_eq!(with(&mut *store, |t| t.summaries()), []);
    assert_eq!(with(&mut *store, |t| t.add_message(&incoming(OURS, "x", 5))), MessageId(5));
}

fn commands_of_every_kind_come_back(open: Open) {
    let dir = tempfile::tempdir().expect("folder");
    let mut store = open(dir.path());
    let kinds = [
        Command::Text("setparam 1:0".to_owned()),
        Command::Bytes(vec![0, 0xff, 7]),
        Command::Bytes(Vec::new()),
        Command::Output { number: 255, on: true },
        Command::Output { number: 1, on: false },
    ];
    for (i, kind) in kinds.iter().enumerate() {
        let id = with(&mut *store, |t| t.add_command(&command(OURS, kind.clone(), i as i64)));
        let found = with(&mut *store, |t| t.command(id)).expect("there");
        assert_eq!((found.id, found.source, &found.command), (id, OURS, kind));
        assert_eq!((found.submitted, found.expires), (at(i as i64), at(i as i64 + 100)));
        assert_eq!((found.state, found.changed), (CommandState::Queued, found.submitted));
    }
    let commands: Vec<Command> =
        with(&mut *store, |t| t.open_commands(OURS, 10)).into_iter().map(|c| c.command).collect();
    assert_eq!(commands, kinds);
}

fn open_commands_are_those_that_wait(open: Open) {
    let dir = tempfile::tempdir().expect("folder");
    let mut store = open(dir.path());
    let output = Command::Output { number: 1, on: true };
    for (s, state) in (0..).zip(CommandState::ALL) {
        let id = with(&mut *store, |t| t.add_command(&command(OURS, output.clone(), s)));
        with(&mut *store, |t| t.set_command_state(id, state, at(s + 50)));
        let found = with(&mut *store, |t| t.command(id)).expect("there");
        assert_eq!((found.state, found.changed), (state, at(s + 50)));
    }
    with(&mut *store, |t| t.add_command(&command(THEIRS, output.clone(), 0)));
    let open = |limit| move |t: &dyn Tables| t.open_commands(OURS, limit);
    let ids: Vec<u64> = with(&mut *store, open(10)).iter().map(|c| c.id.0).collect();
    assert_eq!(ids, [1, 2]);
    assert_eq!(with(&mut *store, open(1)).len(), 1);
    assert_eq!(with(&mut *store, |t| t.summary(OURS)).open_commands_count, 2);
    let mut overdue = |s| {
        let found = with(&mut *store, |t| t.overdue_commands(at(s), 10));
        found.iter().map(|c| c.id.0).collect::<Vec<_>>()
    };
    assert_eq!(overdue(99), []);
    assert_eq!(overdue(100), [1, 6]);
    assert_eq!(overdue(101), [1, 6, 2]);
}

fn finished_commands_go(open: Open) {
    let dir = tempfile::tempdir().expect("folder");
    let mut store = open(dir.path());
    for s in 0..4 {
        let id = with(&mut *store, |t| t.add_command(&command(OURS, Command::Text("x".to_owned()), s)));
        if s != 1 {
            with(&mut *store, |t| t.set_command_state(id, CommandState::Confirmed, at(10 + s)));
        }
    }
    let mut left = |before: i64, at_most: usize| {
        with(&mut *store, |t| t.remove_commands(at(before), at_most));
        (1..=4).filter(|id| with(&mut *store, |t| t.command(CommandId(*id))).is_some()).collect::<Vec<_>>()
    };
    assert_eq!(left(10, 10), [1, 2, 3, 4], "none is older than the first");
    assert_eq!(left(99, 1), [2, 3, 4]);
    assert_eq!(left(13, 10), [2, 4], "what waits stays");
}

fn no_row_has_an_enormous_id(open: Open) {
    let dir = tempfile::tempdir().expect("folder");
    let mut store = open(dir.path());
    with(&mut *store, |t| t.add_message(&incoming(OURS, "x", 1)));
    assert_eq!(with(&mut *store, |t| t.message(MessageId(u64::MAX))), None);
    assert_eq!(with(&mut *store, |t| t.undelivered(OURS, MessageId(u64::MAX), MUCH)), []);
    with(&mut *store, |t| t.mark_read(MessageId(u64::MAX)));
    assert_eq!(with(&mut *store, |t| t.summary(OURS)).unread_count, 1);
}

#[test]
fn the_sqlite_file_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().expect("folder");
    let mut store = sqlite(dir.path());
    with(&mut *store, |t| t.add_message(&incoming(OURS, "x", 1)));
    for name in ["dispatch.db", "dispatch.db-wal", "dispatch.db-shm"] {
        let mode = std::fs::metadata(dir.path().join(name)).expect(name).permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[test]
fn a_file_that_is_no_store_is_refused() {
    let dir = tempfile::tempdir().expect("folder");
    let path = dir.path().join("dispatch.db");
    std::fs::write(&path, [7; 4096]).expect("written");
    assert!(matches!(SqliteDispatch::open(&path), Err(StoreError::Open(_))));
    assert!(matches!(SqliteDispatch::open(&dir.path().join("no/such/folder")), Err(StoreError::Open(_))));
}

#[test]
fn the_sqlite_queries_use_their_indexes() {
    let dir = tempfile::tempdir().expect("folder");
    let path = dir.path().join("dispatch.db");
    drop(SqliteDispatch::open(&path).expect("opened"));
    let connection = rusqlite::Connection::open(&path).expect("opened");
    let check = |sql: &str, index: &str| {
        let plan: String =
            connection.query_row(&format!("EXPLAIN QUERY PLAN SELECT {sql}"), [], |row| row.get(3)).expect("a plan");
        assert!(plan.contains(index), "{sql}: {plan}");
    };
    check("1, max(changed_ms) FROM messages WHERE 1 AND source_id = 1", "messages_changed");
    check("count(*) FROM messages WHERE incoming = 1 AND is_read = 0 AND source_id = 1", "messages_unread");
    check(
        "count(*) FROM messages WHERE incoming = 0 AND status IN (0, 1, 3) AND source_id = 1",
        "messages_undelivered",
    );
    check("count(*) FROM commands WHERE state IN (0, 1) AND source_id = 1", "commands_open");
    check("* FROM messages WHERE source_id = 1 AND submitted_ms > 2 ORDER BY submitted_ms, id", "messages_time");
}
