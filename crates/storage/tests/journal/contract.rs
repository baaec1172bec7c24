//! The contract. Each part takes the way to open an engine in a folder.

use std::fs;
use std::path::Path;

use model::{
    Attributes, EntryKind, EventId, Position, Report, Seq, SourceChange, SourceId, SourceSettings, SourceState,
    SourceValues, Timestamp, attr,
};
use storage::codec::{Saved, content_hash, encode_report, encode_snapshot};
use storage::journal::{Journal, JournalError, Record, ReportKey, Snapshot, StoredReport, flag};
use tempfile::TempDir;

const DAY: i64 = model::MS_PER_DAY;
const A: SourceId = SourceId(1_000_000_001);
const B: SourceId = SourceId(1_000_000_002);
const C: SourceId = SourceId(u32::MAX);

pub(crate) fn at(ms: i64) -> Timestamp {
    Timestamp::from_ms(ms).unwrap()
}

/// A report of `source` at `ms` that differs from others by `odometer`, as it will be stored.
pub(crate) fn stored(seq: u64, source: SourceId, ms: i64, odometer: i64) -> StoredReport {
    let mut position = Position::new(52.5 + odometer as f64 / 1e4, 13.4).unwrap();
    position.set_speed_kmh(63.0);
    let attributes: Attributes = [(attr::HARDWARE_MILEAGE, odometer), (attr::PRIORITY, 1)].into_iter().collect();
    let report =
        Report { time: Some(at(ms)), position: Some(position), events: vec![EventId(11)], archived: false, attributes };
    StoredReport { seq: Seq(seq), source, time: at(ms), received: at(ms + 700), flags: 0, report }
}

pub(crate) fn body(report: &Report) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode_report(report, &mut bytes);
    bytes
}

pub(crate) fn key(stored: &StoredReport) -> ReportKey {
    ReportKey { source: stored.source, time: stored.time, hash: content_hash(&body(&stored.report)) }
}

pub(crate) fn append(journal: &impl Journal, reports: &[StoredReport]) {
    let bodies: Vec<_> = reports.iter().map(|r| body(&r.report)).collect();
    let records: Vec<_> = reports.iter().zip(&bodies).map(|(r, body)| record(r, body)).collect();
    journal.append(&records).unwrap();
}

fn record<'a>(stored: &StoredReport, body: &'a [u8]) -> Record<'a> {
    let StoredReport { seq, received, flags, .. } = *stored;
    Record::Report { key: key(stored), seq, received, flags, body }
}

fn contact(seq: u64, source: SourceId, ms: i64) -> Record<'static> {
    Record::Contact { source, seq: Seq(seq), received: at(ms) }
}

fn checkpoint(journal: &impl Journal, seq: u64) {
    journal.append(&[Record::Checkpoint { seq: Seq(seq) }]).unwrap();
}

pub(crate) fn all<T>(listing: impl Iterator<Item = Result<T, JournalError>>) -> Vec<T> {
    listing.map(Result::unwrap).collect()
}

fn ever(journal: &impl Journal, source: SourceId) -> Vec<StoredReport> {
    all(journal.range(source, Timestamp::MIN, Timestamp::MAX))
}

fn tail_seqs(journal: &impl Journal) -> Vec<u64> {
    all(journal.tail()).iter().map(|t| t.entry.seq.0).collect()
}

fn state(source: SourceId, seq: u64) -> SourceState {
    SourceState {
        source,
        seq: Seq(seq),
        registered: at(5),
        replaced: false,
        last_contact: Some(at(6)),
        last_update: None,
        newest: None,
        connection: model::ConnectionStatus::Idle,
        movement: model::MovementStatus::Stopped,
        movement_update: None,
        idle_since: Some(at(7)),
        track_update: None,
        gps: None,
        ignition: Some((true, at(8))),
        motion: None,
        gsm: None,
        battery: None,
        inputs: Some((3, at(9))),
        outputs: None,
        inputs_count: 2,
        outputs_count: 0,
        additional: Vec::new(),
    }
}

fn saved(source: SourceId, seq: u64) -> Saved {
    let values = SourceValues { version: seq, ..SourceValues::default() };
    Saved { state: state(source, seq), values, settings: Some(SourceSettings::default()) }
}

fn snapshot(journal: &impl Journal, state: &SourceState) {
    let mut bytes = Vec::new();
    let values = SourceValues { version: state.seq.0, ..SourceValues::default() };
    encode_snapshot(state, &values, &SourceSettings::default(), &mut bytes);
    journal.append(&[Record::Snapshot { source: state.source, seq: state.seq, body: &bytes }]).unwrap();
}

/// Opens an engine; the folder goes when the test ends.
struct Opened<J> {
    journal: J,
    dir: TempDir,
}

fn new<J: Journal>(open: &impl Fn(&Path) -> Result<J, JournalError>) -> Opened<J> {
    let dir = tempfile::tempdir().unwrap();
    Opened { journal: open(&dir.path().join("journal")).unwrap(), dir }
}

pub(crate) fn a_new_journal_is_empty<J: Journal>(open: &impl Fn(&Path) -> Result<J, JournalError>) {
    let Opened { journal: j, dir: _dir } = new(open);
    assert_eq!(j.last_seq().unwrap(), Seq(0));
    assert!(!j.contains(&key(&stored(1, A, 0, 0))).unwrap());
    assert_eq!((ever(&j, A), all(j.by_seq(Seq(0))), tail_seqs(&j)), (vec![], vec![], vec![]));
    assert_eq!(all(j.snapshots()), vec![]);
    assert_eq!(j.remove_before(A, Timestamp::MAX, 10).unwrap(), 0);
    j.append(&[]).unwrap();
    assert_eq!(j.last_seq().unwrap(), Seq(0));
}

pub(crate) fn reports_come_back_as_they_went_in<J: Journal>(open: &impl Fn(&Path) -> Result<J, JournalError>) {
    let Opened { journal: j, dir: _dir } = new(open);
    let mut plain = stored(1, A, 1_000, 1);
    plain.flags = flag::LATE;
    let bare = StoredReport {
        report: Report::default(),
        flags: flag::NO_TIME | flag::FUTURE,
        received: at(-5),
        ..stored(u64::MAX >> 1, A, 2_000, 2)
    };
    append(&j, &[plain.clone(), bare.clone()]);
    assert!(j.contains(&key(&plain)).unwrap() && j.contains(&key(&bare)).unwrap());
    assert!(!j.contains(&ReportKey { hash: key(&plain).hash ^ 1, ..key(&plain) }).unwrap());
    assert!(!j.contains(&ReportKey { source: B, ..key(&plain) }).unwrap());
    assert_eq!(ever(&j, A), [plain.clone(), bare.clone()]);
    assert_eq!(all(j.by_seq(Seq(0))), [plain.clone(), bare.clone()]);
    let tail = all(j.tail());
    assert_eq!((tail[0].flags, tail[0].entry.source, tail[0].entry.received), (flag::LATE, A, plain.received));
    assert_eq!(tail[1].entry.kind, EntryKind::Report(Box::new(bare.report)));
    assert_eq!(j.last_seq().unwrap(), Seq(u64::MAX >> 1));
    assert!(j.disk_bytes() > 0);
}

pub(crate) fn a_range_is_one_sources_and_includes_both_ends<J: Journal>(
    open: &impl Fn(&Path) -> Result<J, JournalError>,
) {
    let Opened { journal: j, dir: _dir } = new(open);
    let sources = [(1, A), (2, B), (3, C)];
    let reports: Vec<_> = (0..10)
        .flat_map(|minute| sources.map(|(n, source)| stored(minute * 3 + n, source, minute as i64 * 60_000, 7)))
        .collect();
    append(&j, &reports);
    let check = |source: SourceId, from_ms: i64, to_ms: i64, minutes: &[i64]| {
        let found: Vec<_> = all(j.range(source, at(from_ms), at(to_ms)));
        let found_minutes: Vec<_> = found.iter().map(|r| r.time.ms() / 60_000).collect();
        assert_eq!(found_minutes, minutes, "{source} {from_ms}..={to_ms}");
        assert!(found.iter().all(|r| r.source == source));
    };
    check(A, 60_000, 180_000, &[1, 2, 3]);
    check(B, 60_001, 179_999, &[2]);
    check(C, 540_000, 999_999, &[9]);
    check(A, 60_000, 60_000, &[1]);
    check(A, 60_001, 119_999, &[]);
    check(A, 120_000, 60_000, &[]);
    check(SourceId(0), 0, 999_999, &[]);
    check(SourceId(B.0 + 1), 0, 999_999, &[]);
}

pub(crate) fn times_before_1970_sort_first<J: Journal>(open: &impl Fn(&Path) -> Result<J, JournalError>) {
    let Opened { journal: j, dir: _dir } = new(open);
    let times = [0, -1, 1, Timestamp::MAX.ms() - 700, -DAY, Timestamp::MIN.ms()];
    let reports: Vec<_> = times.iter().zip(1..).map(|(ms, seq)| stored(seq, A, *ms, 0)).collect();
    append(&j, &reports);
    let order: Vec<_> = ever(&j, A).iter().map(|r| r.time.ms()).collect();
    assert_eq!(order, [Timestamp::MIN.ms(), -DAY, -1, 0, 1, Timestamp::MAX.ms() - 700]);
    let around: Vec<_> = all(j.range(A, at(-DAY), at(0))).iter().map(|r| r.seq.0).collect();
    assert_eq!(around, [5, 2, 1]);
}

pub(crate) fn reports_of_one_time_are_all_kept<J: Journal>(open: &impl Fn(&Path) -> Result<J, JournalError>) {
    let Opened { journal: j, dir: _dir } = new(open);
    let mut reports: Vec<_> = (1..=20).map(|n| stored(n, A, 1_000, n as i64)).collect();
    append(&j, &reports);
    reports.sort_by_key(|r| key(r).hash);
    assert_eq!(all(j.range(A, at(1_000), at(1_000))), reports);
}

pub(crate) fn the_newest_come_first_and_from_one_source<J: Journal>(open: &impl Fn(&Path) -> Result<J, JournalError>) {
    let Opened { journal: j, dir: _dir } = new(open);
    let times = [5, -DAY, 3, Timestamp::MAX.ms() - 700, 3, 3, 0, Timestamp::MIN.ms()];
    let reports: Vec<_> = times.iter().zip(1..).map(|(ms, n)| stored(n, A, *ms, n as i64)).collect();
    append(&j, &reports);
    append(&j, &[stored(20, B, 4, 0), stored(21, SourceId(A.0 - 1), 4, 0), stored(22, C, 4, 0)]);
    let mut backwards = ever(&j, A);
    backwards.reverse();
    assert_eq!(backwards.iter().map(|r| r.time.ms()).collect::<Vec<_>>()[1..5], [5, 3, 3, 3]);
    assert_eq!(all(j.newest(A, Timestamp::MAX)), backwards);
    assert_eq!(all(j.newest(A, Timestamp::MAX).take(2)), backwards[..2]);
    assert_eq!(all(j.newest(A, at(4))), backwards[2..], "a wrong clock's reports stand in nobody's way");
    assert_eq!(all(j.newest(A, at(3))), backwards[2..]);
    assert_eq!(all(j.newest(C, Timestamp::MAX)).len(), 1);
    assert_eq!(all(j.newest(SourceId(7), Timestamp::MAX)), []);
    let listing = j.newest(A, Timestamp::MAX);
    append(&j, &[stored(30, A, 6, 0)]);
    assert_eq!(all(listing), backwards, "it shows what was there when it began");
}

pub(crate) fn an_export_is_in_order_of_seq<J: Journal>(open: &impl Fn(&Path) -> Result<J, JournalError>) {
    let Opened { journal: j, dir: _dir } = new(open);
    // The newer an entry the older its time, and seqs with holes.
    let reports: Vec<_> = (1..=50).map(|n| stored(n * 300, [A, B, C][n as usize % 3], -(n as i64), 0)).collect();
    for batch in reports.chunks(7) {
        append(&j, batch);
    }
    assert_eq!(all(j.by_seq(Seq(0))), reports);
    assert_eq!(all(j.by_seq(Seq(10 * 300))), reports[9..]);
    assert_eq!(all(j.by_seq(Seq(10 * 300 + 1))), reports[10..]);
    assert_eq!(all(j.by_seq(Seq(u64::MAX >> 1))), []);
}

pub(crate) fn a_repeat_is_passed_over<J: Journal>(open: &impl Fn(&Path) -> Result<J, JournalError>) {
    let Opened { journal: j, dir: _dir } = new(open);
    let first = stored(1, A, 1_000, 1);
    append(&j, std::slice::from_ref(&first));
    let again = StoredReport { seq: Seq(2), received: at(99_000), flags: flag::LATE, ..first.clone() };
    let new = stored(3, A, 2_000, 1);
    append(&j, &[again, new.clone()]);
    assert_eq!(ever(&j, A), [first.clone(), new.clone()]);
    assert_eq!(all(j.by_seq(Seq(0))), [first, new]);
    assert_eq!(tail_seqs(&j), [1, 3]);
}

pub(crate) fn a_repeat_within_one_append_is_passed_over<J: Journal>(open: &impl Fn(&Path) -> Result<J, JournalError>) {
    let Opened { journal: j, dir: _dir } = new(open);
    let first = stored(1, A, 1_000, 1);
    let again = StoredReport { seq: Seq(2), received: at(99_000), ..first.clone() };
    append(&j, &[first.clone(), again]);
    assert_eq!(all(j.by_seq(Seq(0))), [first]);
}

pub(crate) fn the_tail_starts_behind_the_checkpoint<J: Journal>(open: &impl Fn(&Path) -> Result<J, JournalError>) {
    let Opened { journal: j, dir: _dir } = new(open);
    let change = SourceChange::Settings(SourceSettings { inputs_count: 4, ..SourceSettings::default() });
    j.append(&[Record::Change { source: A, seq: Seq(1), received: at(10), change: &change }, contact(2, A, 20)])
        .unwrap();
    append(&j, &[stored(3, A, 0, 0), stored(4, B, 0, 0)]);
    j.append(&[contact(6, B, 60), contact(5, A, 50)]).unwrap();
    append(&j, &[stored(7, B, 1, 0)]);
    assert_eq!(tail_seqs(&j), [1, 2, 3, 4, 5, 6, 7]);
    let tail = all(j.tail());
    assert_eq!((&tail[0].entry.kind, tail[0].entry.received), (&EntryKind::Change(change), at(10)));
    assert_eq!((&tail[5].entry.kind, tail[5].entry.source), (&EntryKind::Contact, B));
    assert_eq!(j.last_seq().unwrap(), Seq(7));
    checkpoint(&j, 3);
    assert_eq!(tail_seqs(&j), [4, 5, 6, 7]);
    checkpoint(&j, 7);
    assert_eq!(tail_seqs(&j), [0; 0]);
    assert_eq!((ever(&j, A).len(), ever(&j, B).len()), (1, 2), "a checkpoint takes no report away");
    j.append(&[contact(8, C, 80)]).unwrap();
    assert_eq!(tail_seqs(&j), [8]);
}

pub(crate) fn a_checkpoint_never_moves_back<J: Journal>(open: &impl Fn(&Path) -> Result<J, JournalError>) {
    let Opened { journal: j, dir: _dir } = new(open);
    append(&j, &[stored(1, A, 1, 0), stored(2, A, 2, 0), stored(3, A, 3, 0)]);
    checkpoint(&j, 2);
    checkpoint(&j, 1);
    assert_eq!(tail_seqs(&j), [3]);
    j.append(&[Record::Checkpoint { seq: Seq(3) }, Record::Checkpoint { seq: Seq(2) }]).unwrap();
    assert_eq!(tail_seqs(&j), [0; 0]);
}

pub(crate) fn the_newest_snapshot_of_each_source_stays<J: Journal>(open: &impl Fn(&Path) -> Result<J, JournalError>) {
    let Opened { journal: j, dir: _dir } = new(open);
    for (source, seq) in [(C, 1), (A, 2), (B, 3), (A, 4)] {
        snapshot(&j, &state(source, seq));
    }
    let expected =
        [(A, 4), (B, 3), (C, 1)].map(|(source, seq)| Snapshot { source, seq: Seq(seq), saved: saved(source, seq) });
    assert_eq!(all(j.snapshots()), expected);
}

pub(crate) fn the_last_seq_outlives_its_entry<J: Journal>(open: &impl Fn(&Path) -> Result<J, JournalError>) {
    let Opened { journal: j, dir } = new(open);
    append(&j, &[stored(1, A, 1, 0), stored(2, A, 2, 0)]);
    j.append(&[contact(3, A, 3)]).unwrap();
    checkpoint(&j, 3);
    assert_eq!(j.remove_before(A, at(1_000), 10).unwrap(), 2);
    assert_eq!(j.last_seq().unwrap(), Seq(3));
    drop(j);
    let j = open(&dir.path().join("journal")).unwrap();
    assert_eq!(j.last_seq().unwrap(), Seq(3));
}

pub(crate) fn retention_removes_the_oldest_in_steps<J: Journal>(open: &impl Fn(&Path) -> Result<J, JournalError>) {
    let Opened { journal: j, dir: _dir } = new(open);
    let reports: Vec<_> = (0..10).map(|n| stored(n + 1, A, n as i64 * DAY - 3 * DAY, 0)).collect();
    append(&j, &reports);
    let other = stored(11, B, -9 * DAY, 0);
    append(&j, std::slice::from_ref(&other));
    assert_eq!(j.remove_before(A, reports[5].time, 3).unwrap(), 3);
    assert_eq!(ever(&j, A), reports[3..]);
    assert_eq!(j.remove_before(A, reports[5].time, 3).unwrap(), 2);
    assert_eq!(j.remove_before(A, reports[5].time, 3).unwrap(), 0, "the bound itself stays");
    assert_eq!(ever(&j, A), reports[5..]);
    assert_eq!(ever(&j, B), std::slice::from_ref(&other));
    assert!(!j.contains(&key(&reports[0])).unwrap());
    let mut left = reports[5..].to_vec();
    left.push(other);
    assert_eq!(all(j.by_seq(Seq(0))), left, "the order forgets them too");
    assert_eq!(tail_seqs(&j), [6, 7, 8, 9, 10, 11]);
}

pub(crate) fn a_listing_does_not_change_under_the_reader<J: Journal>(open: &impl Fn(&Path) -> Result<J, JournalError>) {
    let Opened { journal: j, dir: _dir } = new(open);
    let before: Vec<_> = (1..=5).map(|n| stored(n, A, n as i64, 0)).collect();
    append(&j, &before);
    let (range, export, tail) = (j.range(A, at(0), at(99)), j.by_seq(Seq(0)), j.tail());
    append(&j, &[stored(6, A, 6, 0)]);
    j.append(&[contact(7, A, 7)]).unwrap();
    checkpoint(&j, 3);
    assert_eq!(j.remove_before(A, at(3), 99).unwrap(), 2);
    assert_eq!((all(range), all(export)), (before.clone(), before));
    assert_eq!(all(tail).len(), 5);
    assert_eq!(tail_seqs(&j), [4, 5, 6, 7]);
}

/// Fills a journal with some of everything; says which reports.
fn fill(j: &impl Journal) -> Vec<StoredReport> {
    let reports: Vec<_> = (1..=500).map(|n| stored(n, [A, B, C][n as usize % 3], n as i64 * 1_000, 0)).collect();
    for batch in reports.chunks(50) {
        append(j, batch);
    }
    snapshot(j, &state(A, 497));
    checkpoint(j, 497);
    j.append(&[contact(501, B, 9)]).unwrap();
    reports
}

fn check_filled(j: &impl Journal, reports: &[StoredReport]) {
    assert_eq!(all(j.by_seq(Seq(0))), reports);
    assert_eq!(tail_seqs(j), [498, 499, 500, 501]);
    assert_eq!(all(j.snapshots()), [Snapshot { source: A, seq: Seq(497), saved: saved(A, 497) }]);
    assert_eq!(j.last_seq().unwrap(), Seq(501));
}

pub(crate) fn a_closed_journal_opens_as_it_was<J: Journal>(open: &impl Fn(&Path) -> Result<J, JournalError>) {
    let Opened { journal: j, dir } = new(open);
    let reports = fill(&j);
    drop(j);
    for _ in 0..2 {
        check_filled(&open(&dir.path().join("journal")).unwrap(), &reports);
    }
}

pub(crate) fn a_journal_that_was_never_closed_opens_as_it_was<J: Journal>(
    open: &impl Fn(&Path) -> Result<J, JournalError>,
) {
    let Opened { journal: j, dir } = new(open);
    let reports = fill(&j);
    let copy = dir.path().join("copy");
    copy_folder(&dir.path().join("journal"), &copy);
    let j = open(&copy).unwrap();
    check_filled(&j, &reports);
    append(&j, &[stored(502, A, 1, 0)]);
    assert_eq!(tail_seqs(&j), [498, 499, 500, 501, 502]);
}

pub(crate) fn a_repeat_is_known_after_a_restart<J: Journal>(open: &impl Fn(&Path) -> Result<J, JournalError>) {
    let Opened { journal: j, dir } = new(open);
    let reports = fill(&j);
    drop(j);
    let j = open(&dir.path().join("journal")).unwrap();
    assert!(reports.iter().all(|r| j.contains(&key(r)).unwrap()));
    drop(j);
    let j = open(&dir.path().join("journal")).unwrap();
    let new = stored(1_001, A, 501_000, 0);
    let again: Vec<_> = reports.iter().cloned().map(|r| StoredReport { seq: Seq(r.seq.0 + 501), ..r }).collect();
    append(&j, &[&again[..], std::slice::from_ref(&new)].concat());
    assert_eq!(all(j.by_seq(Seq(0))), [&reports[..], &[new]].concat());
}

pub(crate) fn a_second_opener_is_refused<J: Journal>(open: &impl Fn(&Path) -> Result<J, JournalError>) {
    let Opened { journal: j, dir } = new(open);
    let refused = open(&dir.path().join("journal")).err();
    assert!(matches!(refused, Some(JournalError::Locked)), "{refused:?}");
    append(&j, &[stored(1, A, 1, 0)]);
    assert_eq!(ever(&j, A).len(), 1);
}

/// Copies a folder as it lies there, as if the machine had stopped.
pub(crate) fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
