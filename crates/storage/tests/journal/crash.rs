//! What a stopped machine leaves behind, and what the LSM engine makes of it.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use model::{Seq, SourceId};
use storage::journal::{Journal, StoredReport};

use crate::contract::{append, copy_folder, stored};
use crate::lsm;

const BATCH: u64 = 20;
const BATCHES: u64 = 10;
/// What a file system writes at once.
const PAGE: usize = 4_096;

/// The engine's log, and what is in it: it lies there longer than it is, filled up with zeros.
fn log(dir: &Path) -> (PathBuf, Vec<u8>) {
    let log = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|extension| extension == "jnl"))
        .expect("the engine has a log");
    let mut bytes = fs::read(&log).unwrap();
    bytes.truncate(bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1));
    (log, bytes)
}

/// A journal that stopped, and what it had acknowledged.
struct Stopped {
    dir: tempfile::TempDir,
    reports: Vec<StoredReport>,
    log_name: OsString,
    log: Vec<u8>,
    /// Where in the log each append ends.
    ends: Vec<usize>,
}

impl Stopped {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let live = dir.path().join("live");
        let journal = lsm(&live).unwrap();
        let reports: Vec<_> =
            (1..=BATCH * BATCHES).map(|n| stored(n, SourceId(n as u32 % 7), n as i64 * 1_000, 0)).collect();
        let mut ends = Vec::new();
        for batch in reports.chunks(BATCH as usize) {
            append(&journal, batch);
            ends.push(log(&live).1.len());
        }
        let (path, log) = log(&live);
        let log_name = path.file_name().unwrap().to_owned();
        copy_folder(&live, &dir.path().join("rest"));
        fs::remove_file(dir.path().join("rest").join(&log_name)).unwrap();
        Self { dir, reports, log_name, log, ends }
    }

    /// Opens the journal with another log in the place of its own: the first `appends` are there, whole, and nothing
    /// else, and it goes on from there.
    fn check(&self, log: &[u8], appends: usize, what: &str) {
        let torn = self.dir.path().join("torn");
        copy_folder(&self.dir.path().join("rest"), &torn);
        fs::write(torn.join(&self.log_name), log).unwrap();
        let journal = lsm(&torn).unwrap();
        let found: Vec<_> = journal.by_seq(Seq(0)).map(Result::unwrap).collect();
        let expected = &self.reports[..appends * BATCH as usize];
        assert_eq!(found, expected, "{what}");
        assert_eq!(journal.last_seq().unwrap(), Seq(expected.len() as u64), "{what}");
        append(&journal, &self.reports);
        assert_eq!(journal.by_seq(Seq(0)).count(), self.reports.len(), "{what}");
        drop(journal);
        fs::remove_dir_all(&torn).unwrap();
    }
}

/// Wherever the log was cut, what an append had not finished is gone as a whole, and what was finished is all there.
#[test]
fn a_torn_log_holds_whole_appends_only() {
    let stopped = Stopped::new();
    let Stopped { log, ends, .. } = &stopped;
    let cuts = (0..log.len()).step_by(997).chain(ends.iter().flat_map(|end| [end - 1, *end]));
    for (cut, zeros) in cuts.zip([0, 4_096].into_iter().cycle()) {
        let mut left = log[..cut].to_vec();
        left.resize(cut + zeros, 0);
        let finished = ends.iter().filter(|end| **end <= cut).count();
        stopped.check(&left, finished, &format!("cut at {cut}, then {zeros} zeros"));
    }
}

/// The pages of an append that was not finished reach the disk in any order.
#[test]
fn an_append_with_a_hole_never_was() {
    let stopped = Stopped::new();
    let last = stopped.ends[stopped.ends.len() - 2];
    for page in (last / PAGE..stopped.log.len().div_ceil(PAGE)).map(|page| page * PAGE) {
        let mut left = stopped.log.clone();
        left[page.max(last)..(page + PAGE).min(stopped.log.len())].fill(0);
        stopped.check(&left, stopped.ends.len() - 1, &format!("no page at {page}"));
    }
}
